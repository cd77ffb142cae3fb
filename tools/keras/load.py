"""Shows that Keras loads the .h5 files that cairn writes.

    go run ./tools/closedform -h5 -out FOLDER ResNet50V2 DenseNet121
    go run ./tools/closedform -h5 -top -out FOLDER_TOP ResNet50V2 DenseNet121
    python tools/keras/load.py GOLDEN/network FOLDER FOLDER_TOP

model.load_weights reads each file, and predictions are compared with the
recorded ones within their tolerances (README of the network cases, section 4):
features and float64, probabilities and Keras's own.
"""
import glob
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.dont_write_bytecode = True

import keras
import numpy as np

# Largest error and rms of errors, as shares of the features' rms.
FEATURES = {"ResNet": (5e-5, 1e-5), "DenseNet": (2e-5, 4e-6)}


def cases(network, top):
    """Recorded runs of whole networks, largest pictures last."""
    runs = []
    for path in glob.glob(os.path.join(network, "goldens", "*", "runs.jsonl")):
        with open(path) as f:
            runs += [dict(json.loads(line), dir=os.path.dirname(path)) for line in f]
    return sorted((r for r in runs if r["kind"] == ("top" if top else "layers")), key=lambda r: r["h"] * r["w"])


def check(run, path, cf):
    top = run["kind"] == "top"
    model = getattr(keras.applications, run["model"])(
        weights=None, include_top=top, input_shape=(run["h"], run["w"], 3), pooling=None if top else "avg")
    model.load_weights(path)
    x = cf.preprocess(cf.batch(run["seed"], run["images"], run["h"], run["w"]), run["preprocess"])
    got = model.predict(x, verbose=0).astype(np.float64)
    name = os.path.join(run["dir"], run["tag"])
    if top:
        want = np.load(name + ".probs.npy").astype(np.float64)
        share = np.max(np.abs(got - want) / (1e-4 * want + 1e-8))
        return share <= 1, "largest error of a probability is %.2g of what is allowed" % share
    want = np.load(name + ".features64.npy")
    rms = np.sqrt(np.mean(want ** 2))
    most, mean = np.max(np.abs(got - want)) / rms, np.sqrt(np.mean((got - want) ** 2)) / rms
    allowed = next(v for k, v in FEATURES.items() if run["model"].startswith(k))
    return most <= allowed[0] and mean <= allowed[1], "max/rms %.2g of %.0e, rms/rms %.2g of %.0e" % (most, allowed[0], mean, allowed[1])


def main(network, folder, folder_top):
    sys.path.insert(0, os.path.join(network, "tools"))
    import closedform as cf
    print("keras %s, %s" % (keras.__version__, keras.backend.backend()))
    checked = failed = 0
    for where, top in (folder, False), (folder_top, True):
        for run in cases(network, top):
            path = os.path.join(where, run["model"].lower() + ".h5")
            if not os.path.exists(path):
                continue
            ok, text = check(run, path, cf)
            checked, failed = checked + 1, failed + (not ok)
            print("%-4s %s %dx%d%s: %s" % ("ok" if ok else "FAIL", run["model"], run["h"], run["w"], " top" if top else "", text), flush=True)
    print("%d of %d runs agree" % (checked - failed, checked))
    return failed > 0 or checked == 0


sys.exit(main(*sys.argv[1:]))
