#!/usr/bin/env python3
"""Compare a weight folder or params.zip with the reference features, by a forward pass in numpy.

    python check.py GOLDEN PHOTOS WEIGHTS [ROWS]

GOLDEN is the folder of features-lite, PHOTOS the folder of its JPEG files, WEIGHTS what convert.py wrote,
ROWS how many photos (4). Prints the largest difference over the rms of the reference features.
"""
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from convert import HEAD, NETS, blocks

SIZES = {0: 224, 1: 240, 2: 260}  # pixels
EPSILON = 1e-3


def same(x, kernel, stride):
    """Patches of x [H, W, C] under TensorFlow's SAME padding: kernel*kernel views [H', W', C]."""
    pads = []
    for n in x.shape[:2]:
        total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
        pads.append((total // 2, total - total // 2))
    out = [-(-n // stride) for n in x.shape[:2]]
    x = np.pad(x, pads + [(0, 0)])
    for i in range(kernel):
        for j in range(kernel):
            yield i, j, x[i:i + (out[0] - 1) * stride + 1:stride, j:j + (out[1] - 1) * stride + 1:stride]


def conv(x, w, stride=1):
    return sum(patch @ w[i, j] for i, j, patch in same(x, w.shape[0], stride))


def depthwise(x, w, stride):
    return sum(patch * w[i, j, :, 0] for i, j, patch in same(x, w.shape[0], stride))


def features(net, params, photo):
    def norm(layer, x):
        scale = params[layer + "/gamma"] / np.sqrt(params[layer + "/moving_variance"] + EPSILON)
        return (x - params[layer + "/moving_mean"]) * scale + params[layer + "/beta"]

    def relu6(x):
        return np.clip(x, 0, 6)

    x = relu6(norm("stem_bn", conv(photo, params["stem_conv/kernel"], 2)))
    for b in blocks(net):
        y = x
        if b.expand != 1:
            y = relu6(norm(b.name + "_expand_bn", conv(y, params[b.name + "_expand_conv/kernel"])))
        y = relu6(norm(b.name + "_bn", depthwise(y, params[b.name + "_dwconv/kernel"], b.stride)))
        y = norm(b.name + "_project_bn", conv(y, params[b.name + "_project_conv/kernel"]))
        x = x + y if b.stride == 1 and b.inputs == b.outputs else y
    x = relu6(norm("top_bn", conv(x, params["top_conv/kernel"])))
    return x.mean((0, 1))


def load(weights):
    """The net and its parameters, widened to float32."""
    root = zipfile.Path(weights) if weights.suffix == ".zip" else weights
    manifest = json.loads((root / "manifest.json").read_text())
    params = {}
    for p in manifest["parameters"]:
        with (root / p["file"]).open("rb") as f:
            params[p["name"]] = np.lib.format.read_array(f).astype(np.float32)
    net = next(n for n in NETS if manifest["model"] == f"EfficientNetLite{n.number}")
    return net, params


def main(golden, photos, weights, rows=4):
    net, params = load(Path(weights))
    size = SIZES[net.number]
    want = np.load(Path(golden) / "features.npy")[:, HEAD * net.number:HEAD * (net.number + 1)]
    items = json.loads((Path(golden) / "images.json").read_text())["items"]
    rms = np.sqrt(np.mean(want.astype(np.float64) ** 2))
    worst = 0.0
    for row in range(int(rows)):
        photo = Image.open(Path(photos) / f"{items[row]['id']}.jpg").convert("RGB").resize((size, size), Image.NEAREST)
        pixels = np.asarray(photo)
        if pixels.sum() != items[row]["pixel_sum"][str(size)]:
            raise SystemExit(f"row {row}: sum of the pixels differs, is this another JPEG decoder?")
        got = features(net, params, (pixels.astype(np.float32) - 127) / 128)
        worst = max(worst, np.abs(got - want[row]).max())
    print(f"{weights}: {rows} photos, largest difference {worst:.2e}, rms {rms:.3f}, ratio {worst / rms:.2e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
