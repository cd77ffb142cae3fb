"""Makes the full-size files of the network cases and reads them with cairn.

    go build -o readh5 ./tools/keras/readh5
    python tools/keras/full.py ./readh5 GOLDEN/network FOLDER

FOLDER gets 16 files, 1.1 GB; those that are there are taken. Each is the same
ResNet50V2 or DenseNet121 in other clothes: names, strings, storage, version of
the format. The SHA-256 of all values must be the recorded one.
"""
import json
import os
import subprocess
import sys


def main(binary, network, folder):
    tools = os.path.join(network, "tools")
    failed = 0
    with open(os.path.join(network, "h5", "full_size_hashes.jsonl")) as f:
        rows = [json.loads(line) for line in f]
    for row in rows:
        args = row["args"]
        path = os.path.abspath(os.path.join(folder, "_".join(a.lstrip("-") for a in args) + ".h5"))
        if not os.path.exists(path):
            subprocess.run([sys.executable, "-B", "make_h5.py", "full", *args[:2], path, *args[2:]], cwd=tools,
                           stdout=subprocess.DEVNULL, check=True)
        cmd = [binary, "-model", args[0].lower()] + (["-top"] if "--top" in args else []) + [path]
        out = subprocess.run(cmd, input="\n", capture_output=True, text=True)
        got = out.stdout.split()
        ok = out.returncode == 0 and got[2] == row["tensors_sha256"]
        failed += not ok
        print("%-4s %s %s" % ("ok" if ok else "FAIL", " ".join(args), ("%s ms" % got[0]) if ok else out.stderr.strip()), flush=True)
    print("%d of %d files give the recorded values" % (len(rows) - failed, len(rows)))
    return failed > 0


sys.exit(main(*sys.argv[1:]))
