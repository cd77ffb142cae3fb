"""Compares reading a weight file by cairn and by h5py, in turns.

    go build -o readh5 ./tools/keras/readh5
    python tools/keras/speed.py ./readh5 MODEL FILE.h5 [ROUNDS]

Prints the median of both in milliseconds, their ratio, whether the values are
the same, and the bytes that cairn allocated over those of the tensors.
"""
import hashlib
import statistics
import subprocess
import sys
import time

import h5py
import numpy as np


def text(s):
    return s.decode() if isinstance(s, bytes) else s


def read(path):
    with h5py.File(path, "r") as f:
        g = f["model_weights"] if "model_weights" in f else f
        return [np.asarray(g[text(layer)][text(w)])
                for layer in g.attrs["layer_names"] for w in g[text(layer)].attrs["weight_names"]]


def main(binary, model, path, rounds="15"):
    cmd = [binary, "-model", model] + (["-top"] if "_top" in path else []) + [path]
    ours = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    times, theirs, allocated, values = [], [], 0, None
    for i in range(int(rounds) + 2):
        values = None
        start = time.perf_counter()
        values = read(path)
        took = (time.perf_counter() - start) * 1e3
        ours.stdin.write("\n")
        ours.stdin.flush()
        ms, allocated = ours.stdout.readline().split()
        if i >= 2:  # two to warm up
            theirs.append(took)
            times.append(float(ms))
    ours.stdin.close()
    digest, size = ours.stdout.read().split()
    want = hashlib.sha256()
    for v in values:
        want.update(np.ascontiguousarray(v, "<f4").tobytes())
    a, b = statistics.median(times), statistics.median(theirs)
    print("%s: cairn %.1f ms (best %.1f), h5py %.1f ms (best %.1f), ratio %.2f; %s; %.2f times the tensors' %d bytes allocated"
          % (path, a, min(times), b, min(theirs), a / b, "same values" if digest == want.hexdigest() else "OTHER VALUES",
             int(allocated) / int(size), int(size)))


main(*sys.argv[1:])
