#!/usr/bin/env bash
# Makes PTX of the kernels, for go generate -tags gpu ./internal/cuda. Needs clang-16
# and nothing of NVIDIA's. Other versions write other text, which would hide what a
# change of a kernel did: so it must be 16.0.6, Debian's package clang-16.
set -euo pipefail
cd "$(dirname "$0")/../../internal/cuda/kernels"

version=$(clang-16 --version 2>/dev/null | sed -n 's/.*clang version \([0-9.]*\).*/\1/p') || true
if [ "$version" != 16.0.6 ]; then
    echo "ptx: want clang-16 16.0.6, got ${version:-none}; Debian has it: apt-get install clang-16" >&2
    exit 1
fi

# make NAME ARCHITECTURE: NAME_ARCHITECTURE.ptx of NAME.cu. Products and sums fuse where
# the source has both in one expression, never in the driver: its versions would give
# different bits.
make() {
    clang-16 -x cuda --cuda-device-only --cuda-gpu-arch="$2" -nocudainc -nocudalib -O3 -ffp-contract=on -S "$1.cu" -o "$1_$2.ptx.part"
    mv "$1_$2.ptx.part" "$1_$2.ptx"
}
make fp32 sm_70
make fp32 sm_80
make tf32 sm_80 # its instructions are not in sm_70
