"""Compares the time of decoding and resizing a photo in Pillow and cairn, in alternating rounds.

    pip install pillow==13.0.0
    go build -o speed ./tools/pixels/speed
    python tools/pixels/speed.py ./speed PHOTO [SIZE]
"""

import io
import os
import statistics
import subprocess
import sys
import time

from PIL import Image

ROUNDS, RUNS = 15, 20


def pillow(raw, size, by):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        photo = Image.open(io.BytesIO(raw))
        if photo.mode != "RGB":  # as keras.utils.load_img does
            photo = photo.convert("RGB")
        photo.load()
        if by is not None:
            photo.resize((size, size), by)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main(program, photo, size=224):
    size = int(size)
    raw = open(photo, "rb").read()
    print(f"{os.path.basename(photo)} to {size}x{size}, ms, median of {ROUNDS} rounds of {RUNS}")
    print(f"{'':10} {'Pillow':>8} {'cairn, 1 core':>14} {'2 cores':>8} {'ratios':>6}")
    for name in "decode", "nearest", "bilinear", "bicubic", "lanczos":
        cairn = [subprocess.Popen([program, photo, name, str(size)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  env=os.environ | {"GOMAXPROCS": str(n)}) for n in (1, 2)]
        rounds = []
        for _ in range(ROUNDS + 1):
            row = [pillow(raw, size, getattr(Image, name.upper(), None))]
            for p in cairn:
                p.stdin.write(f"{RUNS}\n")
                p.stdin.flush()
                row.append(float(p.stdout.readline()))
            rounds.append(row)
        for p in cairn:
            p.stdin.close()
            p.wait()
        rounds = rounds[1:]  # the first one warms up
        a, b, c = (statistics.median(column) for column in zip(*rounds))
        # Ratios within a round, since the machine's speed changes between them.
        one, two = (statistics.median(r[i] / r[0] for r in rounds) for i in (1, 2))
        print(f"{name:10} {a:8.3f} {b:14.3f} {c:8.3f} {one:6.2f} {two:5.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
