"""Compares cairn predict --imagenet with Keras's decode_predictions on photos.

    go build -o cairn ./cmd/cairn
    python tools/keras/decode.py ./cairn GOLDEN/network FOLDER PHOTO...

For each network FOLDER gets a full-size .h5 file with top, as Keras's own files of
2018 have it, with the closed-form weights of the network cases. Keras loads it;
cairn weights import makes a folder of it. Both see the same photos, from the file.
Classes, their order and probabilities must agree. The classes' IDs are invented:
the index is another file in FOLDER, which both read.
"""
import json
import os
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.dont_write_bytecode = True

import keras
import numpy as np
from keras.src.applications import imagenet_utils
from keras.utils import img_to_array, load_img

MODELS = {"ResNet50V2": "resnet_v2", "DenseNet121": "densenet", "VGG16": "vgg16"}
# Largest error of a probability, relative and absolute: section 4 of the README of
# the network cases.
RELATIVE, ABSOLUTE = 1e-4, 1e-8


def make_h5(network, model, path):
    if not os.path.exists(path):
        subprocess.run([sys.executable, "-B", "make_h5.py", "full", model, "alpha", path, "--top"],
                       cwd=os.path.join(network, "tools"), stdout=subprocess.DEVNULL, check=True)


def make_index(path):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "..", "..", "weights", "efficientnetlite0", "classes.txt")) as f:
        names = f.read().split()
    with open(path, "w") as f:
        json.dump({str(i): ["n%08d" % i, name] for i, name in enumerate(names)}, f)


def by_keras(model, h5, photo):
    """Yields what Keras's decode_predictions gives, all classes."""
    net = getattr(keras.applications, model)(weights=None)
    net.load_weights(h5)
    module = getattr(keras.applications, MODELS[model])
    for path in photo:
        x = img_to_array(load_img(path, target_size=(224, 224)))[None]
        yield module.decode_predictions(net.predict(module.preprocess_input(x), verbose=0), top=1000)[0]


def by_cairn(cairn, model, h5, folder, index, photo):
    weights = os.path.join(folder, "weights")
    print(subprocess.run([cairn, "weights", "import", h5, "--out", weights], stdout=subprocess.PIPE, text=True, check=True).stdout, end="")
    out = subprocess.run([cairn, "predict", "--imagenet", model.lower(), "--weights", weights, "--classes", index, "--top", "0", "--json",
                          *photo], stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in out.splitlines():
        yield [(c["id"], c["class"], c["probability"]) for c in json.loads(line)["classes"]]


def compare(want, got):
    """Returns what is wrong, or nothing, and the largest error over what is allowed."""
    if len(want) != len(got) or {w[:2] for w in want} != {g[:2] for g in got}:
        return "other classes", 0
    p = {w[0]: float(w[2]) for w in want}
    allowed = lambda v: RELATIVE * v + ABSOLUTE
    worst = max(abs(g[2] - p[g[0]]) / allowed(p[g[0]]) for g in got)
    # Classes may change places only where Keras's own values are within twice the error.
    for w, g in zip(want, got):
        if w[0] != g[0] and abs(float(w[2]) - p[g[0]]) > 2 * allowed(float(w[2])):
            return "%s in the place of %s" % (g[1], w[1]), worst
    if [w[0] for w in want[:5]] != [g[0] for g in got[:5]]:
        return "another order of the first five", worst
    return "a probability" if worst > 1 else "", worst


def main(cairn, network, folder, *photos):
    print("keras %s, %s" % (keras.__version__, keras.backend.backend()))
    folder, cairn = os.path.abspath(folder), os.path.abspath(cairn)
    index = os.path.join(folder, "imagenet_class_index.json")
    make_index(index)
    with open(index) as f:
        imagenet_utils.CLASS_INDEX = json.load(f)
    failed = 0
    for model in MODELS:
        h5 = os.path.join(folder, model.lower() + "_top.h5")
        make_h5(network, model, h5)
        ours = by_cairn(cairn, model, h5, folder, index, photos)
        for photo, want, got in zip(photos, by_keras(model, h5, photos), ours, strict=True):
            wrong, worst = compare(want, got)
            same = sum(w[0] == g[0] for w, g in zip(want, got))
            failed += wrong != ""
            print("%-4s %s %s: %s; %d of 1000 places, worst probability %.2g of what is allowed" % (
                "FAIL" if wrong else "ok", model, os.path.basename(photo), wrong or "same classes", same, worst), flush=True)
            for w, g in zip(want[:3], got):
                print("       %s %-28s %.9f   %s %-28s %.9f" % (*w, *g))
    return failed > 0


sys.exit(main(*sys.argv[1:]))
