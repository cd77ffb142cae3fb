"""Makes internal/jpeg/testdata/cmyk: progressive CMYK files, whole and without their last scans, with the hash of what Pillow 13 decodes.

    pip install pillow==13.0.0 numpy
    python tools/pixels/cmyk.py internal/jpeg/testdata/cmyk
"""

import hashlib
import io
import json
import os
import sys

import numpy
from PIL import Image


def picture(width, height, seed):
    rng = numpy.random.default_rng(seed)
    x, y = numpy.meshgrid(numpy.arange(width), numpy.arange(height))
    planes = [128 + 127 * numpy.sin(x / rng.uniform(5, 60) + y / rng.uniform(5, 60)) for _ in range(4)]
    return Image.fromarray(numpy.stack(planes, -1).astype(numpy.uint8), "CMYK")


def cut(raw, scans):
    """The file up to its first scans, and an end marker."""
    at = 0
    for _ in range(scans + 1):
        at = raw.index(b"\xff\xda", at + 2)
    return raw[:at] + b"\xff\xd9"


def main(folder):
    os.makedirs(folder, exist_ok=True)
    files = {}
    for name, size, options in (
        ("full", (421, 307), {}),
        ("chroma_half", (420, 301), {"subsampling": 2}),
        ("narrow", (3, 500), {}),
        ("small", (17, 9), {}),
    ):
        out = io.BytesIO()
        picture(*size, len(name)).save(out, "JPEG", quality=60, progressive=True, **options)
        files[name] = out.getvalue()
    for scans in 1, 3, 6:
        files[f"small_{scans}"] = cut(files["small"], scans)
        files[f"narrow_{scans}"] = cut(files["narrow"], scans)
    with open(os.path.join(folder, "decode.jsonl"), "w") as rows:
        for name, raw in files.items():
            with open(os.path.join(folder, name + ".jpg"), "wb") as file:
                file.write(raw)
            image = Image.open(io.BytesIO(raw))
            rgb = image.convert("RGB")
            row = {"file": name + ".jpg", "format": "JPEG", "pil_mode": image.mode, "progressive": True, "width": rgb.width, "height": rgb.height,
                   "sha256": hashlib.sha256(rgb.tobytes()).hexdigest()}
            rows.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
