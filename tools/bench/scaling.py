"""Measures cairn against itself in turns: batch 8 against batch 1, one thread against two, pinned workers against others.

    python scaling.py [--models resnet50v2:331 densenet121:331] [--turns 10] [--cairn PATH]

A turn is the median of some runs of each, in processes of their own. Printed are medians over turns, with the quartiles.
"""
import argparse
import os
import statistics
import subprocess
import tempfile
import time

import bench


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", nargs="+", default=["resnet50v2:331", "densenet121:331"])
    p.add_argument("--turns", type=int, default=10)
    p.add_argument("--cairn", help="the built command; otherwise it is built")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not a.cairn:
            a.cairn = os.path.join(folder, "cairn")
            subprocess.run(["go", "build", "-o", a.cairn, "./cmd/cairn"], check=True, cwd=os.path.join(bench.HERE, "..", ".."))
        a.cairn = os.path.abspath(a.cairn)
        print("| network | batch 8, a photo ÷ batch 1 | 1 thread ÷ 2 | pinned ÷ not |\n| --- | --- | --- | --- |")
        for spec in a.models:
            model, size = spec.split(":")

            def start(batch=1, threads=2, *more):
                return bench.Engine([a.cairn, "bench", "--turns", "--model", model, "--size", size, "--batch", batch, "--threads", threads, *more])

            engines = {"one": start(), "eight": start(batch=8), "alone": start(threads=1), "pinned": start(1, 2, "--pin")}
            runs = {"one": 8, "eight": 2, "alone": 4, "pinned": 8}
            turns = []
            names = list(engines)
            for i in range(a.turns):
                took = {}
                for name in names[i % 4:] + names[:i % 4]:
                    time.sleep(0.02)
                    engines[name].ask("run")
                    took[name] = statistics.median(engines[name].ask("run") for _ in range(runs[name]))
                turns.append(took)
            for e in engines.values():
                e.close()
            cells = [quartiles(turns, "eight", "one", 8), quartiles(turns, "alone", "one"), quartiles(turns, "pinned", "one")]
            print("| %s %s | %s |" % (model, size, " | ".join(cells)), flush=True)


def quartiles(turns, over, under, scale=1):
    q = statistics.quantiles([t[over] / t[under] / scale for t in turns], n=4)
    return "%.2f (%.2f to %.2f)" % (q[1], q[0], q[2])


if __name__ == "__main__":
    main()
