#!/usr/bin/env bash
# What a person with a GPU runs: all tests of the CUDA part on the real driver, large
# pictures too, then the table of speeds with its goals. Needs go, gcc and the driver;
# gets cuda.h by setup.sh if there is none.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CGO_ENABLED=1

if ! echo '#include <cuda.h>' | gcc -E ${CGO_CFLAGS-} -I/usr/local/cuda/include - >/dev/null 2>&1; then
    exports=$(tools/cuda/setup.sh)
    eval "$exports"
fi
doctor=$(go run -tags gpu ./cmd/cairn doctor)
echo "$doctor"
if ! grep -q '^cuda:0' <<<"$doctor"; then
    echo "check: no GPU to check" >&2
    exit 1
fi
go test -tags gpu -count=1 -timeout 30m ./internal/cuda -args -real "$@"
go test -tags gpu -count=1 -timeout 30m -v -run '^TestSpeed$' ./internal/cuda -args -real "$@"
