#!/usr/bin/env bash
# Builds the fake driver: build.sh FOLDER makes FOLDER/libcuda.so.1. Needs g++ on x86-64.
set -euo pipefail
to=$1
from=$(cd "$(dirname "$0")" && pwd)/driver
mkdir -p "$to"
work=$(mktemp -d "$to/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
flags=(-std=gnu++17 -O2 -march=native -ffp-contract=fast -fPIC -fvisibility=hidden -Wall -Wno-unknown-pragmas -Wno-psabi -Wno-attributes)
for part in fibers memory kernels kernels_tf32; do
    g++ "${flags[@]}" -c "$from/$part.cc" -o "$work/$part.o" &
done
g++ "${flags[@]}" -fvisibility=default -c "$from/driver.cc" -o "$work/driver.o" &
for _ in 1 2 3 4 5; do wait -n; done
g++ -shared -Wl,-soname,libcuda.so.1 "$work"/*.o -o "$work/libcuda.so.1"
mv "$work/libcuda.so.1" "$to/libcuda.so.1"
