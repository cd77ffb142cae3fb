"""Times an epoch of Keras's fit and of cairn's head.Train on the same machine.

The head of the tutorial, Dropout 0.7 and Dense softmax, under Adam with batches
of 128, on drawn features. Rounds of both take turns, each in a process of its
own; an epoch's time is the median of a round's epochs after the first, which
holds Keras's tracing.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
KERAS = """
import json, os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np, tensorflow as tf, keras
rows, width, classes, epochs, threads = map(int, sys.argv[1:])
tf.config.threading.set_intra_op_parallelism_threads(threads)
rng = np.random.default_rng(1)
x = np.maximum(rng.standard_normal((rows, width), dtype=np.float32), 0)
y = keras.utils.to_categorical(rng.integers(0, classes, rows), classes)
model = keras.Sequential([keras.Input((width,)), keras.layers.Dropout(0.7), keras.layers.Dense(classes, activation="softmax")])
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
seconds = []
class Clock(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None): self.start = time.perf_counter()
    def on_epoch_end(self, epoch, logs=None): seconds.append(time.perf_counter() - self.start)
model.fit(x, y, batch_size=128, epochs=epochs, verbose=0, callbacks=[Clock()])
print(json.dumps(seconds))
"""


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--keras", default=sys.executable, help="a Python that has tensorflow-cpu 2.21.0 and keras 3.15.1")
    p.add_argument("--rows", type=int, default=10222)
    p.add_argument("--width", type=int, default=3072)
    p.add_argument("--classes", type=int, default=120)
    p.add_argument("--epochs", type=int, default=11, help="of a round")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--before", default="", help="command that each round is run through, such as a lock")
    a = p.parse_args()

    program = HERE / "trainhead" / ("trainhead" + (".exe" if os.name == "nt" else ""))
    subprocess.run(["go", "build", "-o", program, "."], cwd=HERE / "trainhead", check=True)
    sizes = [str(v) for v in (a.rows, a.width, a.classes, a.epochs, a.threads)]
    engines = {"Keras": [a.keras, "-c", KERAS, *sizes], "cairn": [str(program), *sizes]}
    environment = dict(os.environ, GOMAXPROCS=str(a.threads))
    medians = {name: [] for name in engines}
    for _ in range(a.rounds):
        for name, command in engines.items():
            out = subprocess.run([*a.before.split(), *command], env=environment, check=True, capture_output=True, text=True).stdout
            seconds = json.loads(out.strip().splitlines()[-1])[1:]
            medians[name].append(statistics.median(seconds))
            print(f"{name:6} {medians[name][-1]:.3f} s an epoch (fastest {min(seconds):.3f})", file=sys.stderr)

    ratios = [k / c for k, c in zip(medians["Keras"], medians["cairn"])]
    print(f"{a.rows} × {a.width} features, {a.classes} classes, {a.threads} threads, {a.rounds} rounds of {a.epochs} epochs\n")
    print("| | s an epoch, median | lowest | highest |\n| --- | ---: | ---: | ---: |")
    for name, m in medians.items():
        print(f"| {name} | {statistics.median(m):.3f} | {min(m):.3f} | {max(m):.3f} |")
    print(f"| Keras ÷ cairn | {statistics.median(ratios):.2f} | {min(ratios):.2f} | {max(ratios):.2f} |")


if __name__ == "__main__":
    main()
