"""Makes data/testdata/options: files of every orientation and damaged files, with
what Pillow makes of them under ImageOps.exif_transpose and LOAD_TRUNCATED_IMAGES.

    pip install pillow==13.0.0 numpy
    python options.py GOLDEN/images OUT
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps

TAG = 0x0112
TRUNCATED = ["jpg_trunc_50pct.jpg", "jpg_prog_trunc_50pct.jpg", "png_trunc_50pct.png", "png_interlaced_trunc_50pct.png",
             "gif_trunc_50pct.gif", "bmp_trunc_50pct.bmp", "tiff_trunc_50pct.tif"]
XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="%d"/></x:xmpmeta>'


def row(path, option):
    image = Image.open(path)
    if option == "orient":
        image = ImageOps.exif_transpose(image)
    image = image.convert("RGB")
    return dict(file=path.name, option=option, width=image.width, height=image.height,
                sha256=hashlib.sha256(image.tobytes()).hexdigest())


def main(golden, out):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[:5, :7]
    pixels = np.stack([30 * x, 50 * y, 255 - 20 * (x + y)], axis=2).astype(np.uint8)
    image = Image.fromarray(pixels)
    rows = []
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[TAG] = orientation
        for ending, options in {"jpg": dict(quality=95), "png": {}, "webp": dict(lossless=True), "tif": {}}.items():
            path = out / f"orientation{orientation}.{ending}"
            image.save(path, exif=exif, **options)
            rows.append(row(path, "orient"))
    for ending in "jpg", "webp":
        path = out / f"xmp8.{ending}"
        image.save(path, xmp=(XMP % 8).encode(), **(dict(lossless=True) if ending == "webp" else {}))
        rows.append(row(path, "orient"))
    for frames, options in (2, {}), (3, dict(default_image=True)):
        path = out / f"animation{frames}_cut.png"
        image.save(path, save_all=True, append_images=[Image.fromarray(255 - pixels)] * (frames - 1), **options)
        path.write_bytes(path.read_bytes()[:-30])  # within the last frame
        rows.append(row(path, "none"))
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    for name in TRUNCATED:
        shutil.copyfile(Path(golden) / "images" / name, out / name)
        rows.append(row(out / name, "truncated"))
    (out / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
