"""Measures cairn against other engines in turns and prints a table in Markdown.

    python bench.py [--models resnet50v2:331 …] [--engines onnxruntime openvino tensorflow] [--batch 1] [--threads 2]
                    [--turns 20] [--runs 5] [--most 100] [--quiet 0.93] [--kernel auto] [--cairn PATH] [--tensorflow PYTHON]

Each engine has a process of its own, which sleeps but for its runs. A turn is some runs of each engine, of which the
median counts, in an order that rotates, with a look at the machine's peak of bare multiply-adds before and after. A turn counts if all of these
peaks were at least --quiet of the best one, so that what else the machine does is not taken for an engine's slowness.
Times are medians over such turns, and a ratio is the median over turns of the rival's time divided by cairn's.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def parse():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", nargs="+", default=["resnet50v2:331", "densenet121:331", "vgg16:331", "efficientnetlite0:224"])
    p.add_argument("--engines", nargs="+", default=["onnxruntime", "openvino"])
    p.add_argument("--batch", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--turns", type=int, default=20, help="quiet turns that are wanted")
    p.add_argument("--runs", type=int, default=5, help="runs of each engine in a turn, after one to warm up")
    p.add_argument("--most", type=int, default=100, help="turns after which it ends all the same")
    p.add_argument("--quiet", type=float, default=0.93, help="share of the best peak that a turn must have throughout")
    p.add_argument("--kernel", default="auto")
    p.add_argument("--cairn", help="the built command; otherwise it is built")
    p.add_argument("--tensorflow", default=sys.executable, help="the Python that has TensorFlow")
    return p.parse_args()


class Engine:
    """A process that runs a network when it is told to."""

    def __init__(self, command):
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE)
        while self.read() != "ready":
            pass

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("%s ended with status %s" % (self.process.args, self.process.wait()))
        return line.strip()

    def ask(self, line):
        print(line, file=self.process.stdin, flush=True)
        return float(self.read())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def start(a, name, model, size, onnx):
    if name == "cairn":
        return Engine([a.cairn, "bench", "--model", model, "--size", size, "--batch", a.batch, "--threads", a.threads,
                       "--kernel", a.kernel, "--turns"])
    python = a.tensorflow if name == "tensorflow" else sys.executable
    return Engine([python, "engines.py", name, model, size, a.batch, a.threads, onnx])


def turn(engines, first, runs):
    """Returns the milliseconds of each engine and all peaks meanwhile."""
    names = list(engines)
    names = names[first % len(names):] + names[:first % len(names)]
    peaks, took = [engines["cairn"].ask("peak")], {}
    for name in names:
        time.sleep(0.02)  # threads of the one before stop looking for work
        times = [engines[name].ask("run") for _ in range(1 + runs)]
        took[name] = statistics.median(times[1:])
        peaks.append(engines["cairn"].ask("peak"))
    return took, peaks


def compare(a, model, size, folder):
    """Returns the turns that count, each the milliseconds of every engine, the number of all turns and all peaks."""
    import networks
    onnx = os.path.join(folder, model + ".onnx")
    networks.save(model, onnx, size, a.batch)
    names = ["cairn"] + [e for e in a.engines if e != "tensorflow" or model != "efficientnetlite0"]
    engines = {name: start(a, name, model, size, onnx) for name in names}
    turns, quiet = [], []
    while len(quiet) < a.turns and len(turns) < a.most:
        turns.append(turn(engines, len(turns), a.runs))
        print(model, json.dumps(turns[-1]), file=sys.stderr, flush=True)
        best = max(max(peaks) for _, peaks in turns)
        quiet = [t for t in turns if min(t[1]) >= a.quiet * best]
    for e in engines.values():
        e.close()
    os.remove(onnx)
    print("%s: %d of %d turns were quiet, best peak %.0f GFLOP/s" % (model, len(quiet), len(turns), best), file=sys.stderr, flush=True)
    if not quiet:
        raise SystemExit("%s: the machine was never quiet" % model)
    return [took for took, _ in quiet], len(turns), best


def row(model, size, turns, tried, peak):
    def times(engine):
        return [t[engine] for t in turns]

    def of(values, form):
        return form % (statistics.median(values), min(values))

    own = times("cairn")
    cells = ["%s %d" % (model, size), of(own, "%.1f (%.1f)")]
    for engine in turns[0]:
        if engine != "cairn":
            q = [t / o for t, o in zip(times(engine), own)]
            low, _, high = statistics.quantiles(q, n=4) if len(q) > 1 else q * 3
            cells += [of(times(engine), "%.1f (%.1f)"), "%.2f (%.2f to %.2f)" % (statistics.median(q), low, high),
                      "%.2f" % (min(times(engine)) / min(own))]
    return cells, ["%d of %d" % (len(turns), tried), "%.0f" % peak]


def cpu():
    try:
        with open("/proc/cpuinfo") as f:
            info = dict(line.split(":", 1) for line in f if ":" in line)
        info = {k.strip(): v.strip() for k, v in info.items()}
        return "%s (family %s, model %s)" % (info["model name"], info["cpu family"], info["model"])
    except (OSError, KeyError):
        return platform.processor() or "unknown"


def version(a, engine):
    if engine == "cairn":
        return subprocess.run([a.cairn, "version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    python = a.tensorflow if engine == "tensorflow" else sys.executable
    return subprocess.run([python, "engines.py", engine, "version"], check=True, stdout=subprocess.PIPE, text=True, cwd=HERE).stdout.strip()


def main():
    a = parse()
    with tempfile.TemporaryDirectory() as folder:
        if not a.cairn:
            a.cairn = os.path.join(folder, "cairn")
            subprocess.run(["go", "build", "-o", a.cairn, "./cmd/cairn"], check=True, cwd=os.path.join(HERE, "..", ".."))
        a.cairn = os.path.abspath(a.cairn)
        print("CPU: %s, %d threads, batch %d. %s.\n" % (
            cpu(), a.threads, a.batch, "; ".join(version(a, e) for e in ["cairn"] + a.engines)))
        head = ["network", "cairn, ms"]
        for e in a.engines:
            head += [e + ", ms", "÷ cairn", "best ÷ best"]
        head += ["turns", "peak, GFLOP/s"]
        print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head), flush=True)
        for spec in a.models:
            model, size = spec.split(":")
            cells, more = row(model, int(size), *compare(a, model, int(size), folder))
            cells += ["–"] * (len(head) - len(more) - len(cells)) + more
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
