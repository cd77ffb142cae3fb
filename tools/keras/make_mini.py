"""Makes the files of weights/testdata/h5.

    python tools/keras/make_mini.py GOLDEN/network weights/testdata/h5

Takes a part of the good and damaged files of the network cases, gzipped, and
saves the same model of ten layers by Keras 3 in its own formats.
"""
import gzip
import json
import os
import shutil
import sys
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.dont_write_bytecode = True

import h5py
import keras

PART = """good good_vlen good_latest good_gzip good_model good_keras3 float16 bigendian nan int32 wrong_shape missing_layer
    extra_layer missing_weight swapped_layers dangling_weight_name dangling_layer_name softlink_cycle external_link hardlink_cycle
    huge_chunked overflow_dim data_past_eof html trunc_tail btree_self continuation_self snod_name_offset attr_count gcol_size
    gzip_corrupt""".split()


def store(path, data):
    with open(path + ".gz", "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0, filename="") as z:
        z.write(data)


def mini(cf, manifest, seed):
    x = inputs = keras.Input((8, 8, 3), name="input_layer")
    for layer in manifest["layers"][1:]:
        name, shape = layer["name"], layer["weights"][0]["shape"] if layer["weights"] else None
        x = {
            "ZeroPadding2D": lambda: keras.layers.ZeroPadding2D(name=name),
            "Conv2D": lambda: keras.layers.Conv2D(shape[3], shape[:2], use_bias=len(layer["weights"]) == 2, name=name),
            "BatchNormalization": lambda: keras.layers.BatchNormalization(name=name),
            "Activation": lambda: keras.layers.Activation("relu", name=name),
            "GlobalAveragePooling2D": lambda: keras.layers.GlobalAveragePooling2D(name=name),
            "Dense": lambda: keras.layers.Dense(shape[1], name=name),
        }[layer["cls"]]()(x)
    model = keras.Model(inputs, x)
    for layer in manifest["layers"]:
        model.get_layer(layer["name"]).set_weights([cf.weight_of(seed, w) for w in layer["weights"]])
    return model


def main(network, out):
    sys.path.insert(0, os.path.join(network, "tools"))
    import closedform as cf
    broken = os.path.join(network, "h5", "broken")
    with open(os.path.join(broken, "broken.json")) as f:
        table = json.load(f)
    rows = [r for r in table["files"] if r["file"][:-3] in PART]
    shutil.copyfile(os.path.join(broken, table["manifest"]), os.path.join(out, table["manifest"]))
    for r in rows:
        with open(os.path.join(broken, r["file"]), "rb") as f:
            store(os.path.join(out, r["file"]), f.read())
    with open(os.path.join(broken, table["manifest"])) as f:
        model = mini(cf, json.load(f), table["seed"])
    with tempfile.TemporaryDirectory() as tmp:
        path = lambda name: os.path.join(tmp, name)
        model.save(path("mini.keras"))
        model.save(path("mini_model.h5"))
        model.save_weights(path("mini.weights.h5"))
        shutil.copyfile(path("mini.weights.h5"), path("mini_unnamed.weights.h5"))
        with h5py.File(path("mini_unnamed.weights.h5"), "r+") as f:  # as older versions wrote
            f.visititems(lambda _, o: o.attrs.pop("name", None) and None)
        with zipfile.ZipFile(path("mini.keras")) as src, zipfile.ZipFile(path("mini_deflated.keras"), "w", zipfile.ZIP_DEFLATED) as dst:
            for n in src.namelist():
                dst.writestr(n, src.read(n))
        for name in sorted(os.listdir(tmp)):
            with open(path(name), "rb") as f:
                store(os.path.join(out, name), f.read())
            rows.append(dict(file=name, must="accept", writer="keras " + keras.__version__))
    with open(os.path.join(out, "broken.json"), "w") as f:
        f.write('{"manifest":"%s","seed":"%s","top":true,"files":[\n' % (table["manifest"], table["seed"])
                + ",\n".join(json.dumps(r) for r in rows) + "\n]}\n")


main(*sys.argv[1:])
