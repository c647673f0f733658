#!/usr/bin/env bash
# Fuzzes the C library: tools/fuzz.sh [TARGET...], all of native/fuzz without one.
#
# Each target runs FUZZ_SECONDS (600) under clang's libFuzzer with the address
# and undefined behaviour sanitisers, from the committed corpus and from what
# earlier runs found in build/fuzz/corpus; then one line says how it went.  What
# broke an invariant lies in build/fuzz/found: make it pass, then keep it in
# native/corpus/<target>.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly seconds=${FUZZ_SECONDS:-600} out=build/fuzz clang=${CLANG:-clang}

if ! command -v "$clang" > /dev/null; then
    echo "fuzzing needs clang with its libFuzzer.  On Debian or Ubuntu: sudo apt-get install clang" >&2
    exit 1
fi

mapfile -t code_flags < <(grep -v '^-W' native/cflags)
readonly flags=("${code_flags[@]}" -g -O1 -fno-omit-frame-pointer
    -fsanitize=address,undefined -fno-sanitize-recover=all -Inative/include -Inative/src)

# The number behind a word of libFuzzer's last status line.
last() { grep -o "$1: [0-9]*" "$2" | tail -1 | grep -o '[0-9]*$' || echo 0; }

fuzz() {
    local target=$1 log=$out/$1.log verdict=ok
    mkdir -p "$out/corpus/$target" "native/corpus/$target"
    if ! ASAN_OPTIONS=detect_leaks=0 "$out/$target" -max_total_time="$seconds" -max_len=4096 -timeout=20 \
        -artifact_prefix="$out/found/$target-" "$out/corpus/$target" "native/corpus/$target" > "$log" 2>&1; then
        verdict="FAILED: see $log and $(grep -o "$out/found/[^ ]*" "$log" | tail -1)"
    fi
    printf '%-22s %9s runs  %6s edges  %5s inputs  %s\n' "$target" \
        "$(grep -o '^Done [0-9]*' "$log" | tail -1 | grep -o '[0-9]*$' || echo '?')" "$(last cov "$log")" \
        "$(find "$out/corpus/$target" -type f | wc -l)" "$verdict"
    [ "$verdict" = ok ]
}

if [ $# -eq 0 ]; then
    mapfile -t targets < <(basename -s .c -a native/fuzz/fuzz_*.c)
else
    targets=("$@")
fi
# All are built before any runs, so that editing meanwhile mixes nothing.
rm -rf "$out/lib" # objects of sources that are gone
mkdir -p "$out/lib" "$out/found"
for source in native/src/*.c; do
    object=$out/lib/$(basename "$source" .c).o
    "$clang" "${flags[@]}" -fsanitize=fuzzer-no-link -c "$source" -o "$object"
done
for target in "${targets[@]}"; do
    "$clang" "${flags[@]}" -fsanitize=fuzzer "native/fuzz/$target.c" "$out"/lib/*.o -o "$out/$target"
done

failed=0
for target in "${targets[@]}"; do
    fuzz "$target" || failed=1
done
exit $failed
