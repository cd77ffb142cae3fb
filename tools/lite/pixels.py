#!/usr/bin/env python3
"""Write Pillow's pixels of the photos of features-lite, for compare.

    python pixels.py GOLDEN PHOTOS OUT

GOLDEN is the folder of features-lite, PHOTOS the folder of its JPEG files. OUT/SIZE.npy becomes uint8
[photos, SIZE, SIZE, 3], decoded and resized as Keras's load_img does (nearest). Photos are for research
only: keep OUT out of the repository.
"""
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from check import SIZES


def main(golden, photos, out):
    items = json.loads((Path(golden) / "images.json").read_text())["items"]
    Path(out).mkdir(parents=True, exist_ok=True)
    for size in SIZES.values():
        rows = []
        for item in items:
            photo = Image.open(Path(photos) / f"{item['id']}.jpg").convert("RGB")
            pixels = np.asarray(photo.resize((size, size), Image.NEAREST))
            if pixels.sum() != item["pixel_sum"][str(size)]:
                raise SystemExit(f"{item['id']}: the sum of the pixels differs, is this another JPEG decoder?")
            rows.append(pixels)
        np.save(Path(out) / f"{size}.npy", np.stack(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
