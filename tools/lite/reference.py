#!/usr/bin/env python3
"""Write the reference features of the embedded weights for the Go tests, by a forward pass in float64 numpy.

    python reference.py WEIGHTS OUT

WEIGHTS is the folder weights of this repository, with efficientnetliteN/params.zip; OUT becomes
backbones/testdata/lite: cases.json and one .npy a case. The pictures are drawn here by a rule that the
Go test repeats, so that no photo is needed.
"""
import json
import sys
from pathlib import Path

import numpy as np

from check import features, load

CASES = [  # net, height, width
    (0, 224, 224), (0, 64, 96), (0, 33, 45),
    (1, 240, 240), (1, 97, 66),
]


def picture(height, width):
    """RGB bytes [height, width, 3]: three ramps of different direction, broken by an exclusive or."""
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    return np.stack([(3 * x + y) % 256, (x ^ y) % 256, (5 * y + 255 - x % 256) % 256], -1).astype(np.uint8)


def main(weights, out):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, height, width in CASES:
        net, params = load(Path(weights) / f"efficientnetlite{number}" / "params.zip")
        params = {name: values.astype(np.float64) for name, values in params.items()}
        got = features(net, params, (picture(height, width).astype(np.float64) - 127) / 128)
        name = f"lite{number}_{height}x{width}.npy"
        np.save(out / name, got)
        rows.append({"net": number, "height": height, "width": width, "file": name})
        print(name, got.dtype, got.shape, "rms", np.sqrt(np.mean(got**2)))
    (out / "cases.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
