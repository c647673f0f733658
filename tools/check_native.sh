#!/usr/bin/env bash
# Compiles the C library, its tests and its fuzz targets with every warning of native/cflags as an error and writes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t flags < native/cflags
for source in native/src/*.c native/ctests/*.c native/fuzz/*.c tests/native/*.c; do
    "${CC:-cc}" "${flags[@]}" -O2 -Inative/include -Inative/src -c "$source" -o /dev/null
done
