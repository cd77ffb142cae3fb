"""Measures cairn against other engines in alternating rounds and prints a table in Markdown.

    python bench.py [--models resnet50v2:331 …] [--engines onnxruntime openvino] [--batch 1] [--threads 2]
                    [--rounds 5] [--runs 15] [--kernel auto] [--cairn PATH]

Each round measures each engine once, in turns, in a process of its own: some runs to warm up, then --runs that count.
Times are medians over rounds of a round's median; a ratio is the median over rounds of the rival's time divided by
cairn's in the same round, so that it survives a machine that gets slower or faster in between.
"""
import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = {"onnxruntime": "onnxruntime", "openvino": "openvino", "tensorflow": "tensorflow-cpu"}


def parse():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", nargs="+", default=["resnet50v2:331", "densenet121:331", "vgg16:331", "efficientnetlite0:224"])
    p.add_argument("--engines", nargs="+", default=["onnxruntime", "openvino"])
    p.add_argument("--batch", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--runs", type=int, default=15)
    p.add_argument("--kernel", default="auto")
    p.add_argument("--cairn", help="the built command; otherwise it is built")
    return p.parse_args()


def output(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=HERE).stdout


def measure(a, engine, model, size, onnx):
    if engine == "cairn":
        command = [a.cairn, "bench", "--model", model, "--size", size, "--batch", a.batch, "--threads", a.threads,
                   "--rounds", a.runs, "--kernel", a.kernel, "--json"]
    else:
        command = [sys.executable, "engines.py", engine, model, size, a.batch, a.threads, a.runs, onnx]
    return json.loads(output([str(c) for c in command]).splitlines()[-1])


def compare(a, model, size, folder):
    """Returns for each engine the list of its measurements, one a round."""
    onnx = os.path.join(folder, model + ".onnx")
    import networks
    networks.save(model, onnx, size, a.batch)
    engines = ["cairn"] + [e for e in a.engines if e != "tensorflow" or model != "efficientnetlite0"]
    results = {e: [] for e in engines}
    for i in range(a.rounds):
        for j in range(len(engines)):
            engine = engines[(i + j) % len(engines)]
            results[engine].append(measure(a, engine, model, size, onnx))
            print(model, i, engine, results[engine][-1], file=sys.stderr, flush=True)
    os.remove(onnx)
    return results


def row(model, size, batch, results):
    own = [r["median_ms"] for r in results["cairn"]]
    peaks = [r[k] for r in results["cairn"] for k in ("peak_gflops_before", "peak_gflops_after")]
    cells = ["%s %d" % (model, size), "%.1f (%.1f)" % (statistics.median(own), min(r["best_ms"] for r in results["cairn"]))]
    for engine, rounds in results.items():
        if engine == "cairn":
            continue
        times = [r["median_ms"] for r in rounds]
        ratios = [t / o for t, o in zip(times, own)]
        cells.append("%.1f (%.1f)" % (statistics.median(times), min(r["best_ms"] for r in rounds)))
        cells.append("%.2f (%.2f to %.2f)" % (statistics.median(ratios), min(ratios), max(ratios)))
    gflops = statistics.median(r["gflops"] for r in results["cairn"])
    return cells, "%.0f" % gflops, "%.0f to %.0f" % (min(peaks), max(peaks))


def cpu():
    try:
        with open("/proc/cpuinfo") as f:
            info = dict(line.split(":", 1) for line in f if ":" in line)
        info = {k.strip(): v.strip() for k, v in info.items()}
        return "%s (family %s, model %s)" % (info["model name"], info["cpu family"], info["model"])
    except (OSError, KeyError):
        return platform.processor() or "unknown"


def main():
    a = parse()
    with tempfile.TemporaryDirectory() as folder:
        if not a.cairn:
            a.cairn = os.path.join(folder, "cairn")
            subprocess.run(["go", "build", "-o", a.cairn, "./cmd/cairn"], check=True, cwd=os.path.join(HERE, "..", ".."))
        a.cairn = os.path.abspath(a.cairn)
        head = ["network", "cairn, ms"]
        for e in a.engines:
            head += [e + ", ms", "÷ cairn"]
        head += ["cairn, GFLOP/s", "peak meanwhile"]
        print("CPU: %s, %d threads, batch %d. %d rounds of %d runs. %s; %s.\n" % (
            cpu(), a.threads, a.batch, a.rounds, a.runs, output([a.cairn, "version"]).strip(),
            ", ".join("%s %s" % (e, importlib.metadata.version(PACKAGES[e])) for e in a.engines)))
        print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
        for spec in a.models:
            model, size = spec.split(":")
            results = compare(a, model, int(size), folder)
            cells, gflops, peaks = row(model, int(size), a.batch, results)
            cells += ["–"] * (len(head) - 2 - len(cells)) + [gflops, peaks]
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
