"""Measures cairn against other engines in alternating rounds and prints a table in Markdown.

    python bench.py [--models resnet50v2:331 …] [--engines onnxruntime openvino tensorflow] [--batch 1] [--threads 2]
                    [--rounds 5] [--runs 15] [--quiet 0] [--kernel auto] [--cairn PATH] [--tensorflow PYTHON]

Each round measures each engine once, in turns, in a process of its own: some runs to warm up, then --runs that count.
Times are medians over rounds of a round's median; a ratio is the median over rounds of the rival's time divided by
cairn's in the same round, so that it survives a machine that gets slower or faster in between.

--quiet GFLOPS measures the machine's peak before and after each measurement, of every engine, and repeats those where it
was below, so that other work on the machine does not count as an engine's. Rounds without a quiet time are left out.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def parse():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", nargs="+", default=["resnet50v2:331", "densenet121:331", "vgg16:331", "efficientnetlite0:224"])
    p.add_argument("--engines", nargs="+", default=["onnxruntime", "openvino"])
    p.add_argument("--batch", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--runs", type=int, default=15)
    p.add_argument("--quiet", type=float, default=0, help="GFLOP/s of all threads that the machine must have to give")
    p.add_argument("--kernel", default="auto")
    p.add_argument("--cairn", help="the built command; otherwise it is built")
    p.add_argument("--tensorflow", default=sys.executable, help="the Python that has TensorFlow")
    return p.parse_args()


def output(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=HERE).stdout


def cairn(a, model, size, batch, runs):
    command = [a.cairn, "bench", "--model", model, "--size", size, "--batch", batch, "--threads", a.threads,
               "--rounds", runs, "--kernel", a.kernel, "--json"]
    return json.loads(output([str(c) for c in command]))


def peak(a):
    """Returns the GFLOP/s that the machine has to give now."""
    r = cairn(a, "efficientnetlite0", 32, 1, 1)
    return min(r["peak_gflops_before"], r["peak_gflops_after"])


def quietly(a, engine, model, size, onnx):
    """Measures until the machine was quiet before and after, or gives up."""
    for _ in range(30):
        before = a.quiet and peak(a)
        if before < a.quiet:
            time.sleep(2)
            continue
        result = measure(a, engine, model, size, onnx)
        if not a.quiet or peak(a) >= a.quiet:
            return result
        print("disturbed:", engine, result, file=sys.stderr, flush=True)
    print("no quiet time for", engine, file=sys.stderr)
    return dict(measure(a, engine, model, size, onnx), disturbed=True)


def measure(a, engine, model, size, onnx):
    if engine == "cairn":
        return cairn(a, model, size, a.batch, a.runs)
    python = a.tensorflow if engine == "tensorflow" else sys.executable
    command = [python, "engines.py", engine, model, size, a.batch, a.threads, a.runs, onnx]
    return json.loads(output([str(c) for c in command]).splitlines()[-1])


def compare(a, model, size, folder):
    """Returns for each engine the list of its measurements, one a round, and how many rounds were left out."""
    onnx = os.path.join(folder, model + ".onnx")
    import networks
    networks.save(model, onnx, size, a.batch)
    engines = ["cairn"] + [e for e in a.engines if e != "tensorflow" or model != "efficientnetlite0"]
    rounds = []
    for i in range(a.rounds):
        rounds.append({})
        for j in range(len(engines)):
            engine = engines[(i + j) % len(engines)]
            rounds[-1][engine] = quietly(a, engine, model, size, onnx)
            print(model, i, engine, rounds[-1][engine], file=sys.stderr, flush=True)
    os.remove(onnx)
    quiet = [r for r in rounds if not any("disturbed" in m for m in r.values())] or rounds
    return {e: [r[e] for r in quiet] for e in engines}, len(rounds) - len(quiet)


def row(model, size, results):
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
        lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
        versions = [output([a.cairn, "version"]).strip()]
        left_out = 0
        for spec in a.models:
            model, size = spec.split(":")
            results, out = compare(a, model, int(size), folder)
            left_out += out
            versions += ["%s %s" % (e, r[-1]["version"]) for e, r in results.items() if e != "cairn"]
            cells, gflops, peaks = row(model, int(size), results)
            cells += ["–"] * (len(head) - 2 - len(cells)) + [gflops, peaks]
            lines.append("| " + " | ".join(cells) + " |")
    print("CPU: %s, %d threads, batch %d. %d rounds of %d runs. %s.\n" % (
        cpu(), a.threads, a.batch, a.rounds, a.runs, "; ".join(dict.fromkeys(versions))))
    print("\n".join(lines))
    if left_out:
        print("\n%d of %d rounds were disturbed and are left out." % (left_out, a.rounds * len(a.models)))


if __name__ == "__main__":
    main()
