#!/usr/bin/env bash
# All checks that read the code without running it: tools/lint.sh FOLDER...  Runs each, then says which failed.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()

check() {
    echo "== $*"
    "$@" || failed+=("$*")
}

check .venv/bin/ruff check --quiet "$@"
check .venv/bin/ruff format --quiet --check "$@"
check .venv/bin/mypy --strict --no-error-summary "$@"
check .venv/bin/lint-imports --no-logo --no-cache
check tools/check_native.sh
check .venv/bin/pigeonhole contract --check

if [ ${#failed[@]} -gt 0 ]; then
    printf 'failed: %s\n' "${failed[@]}"
    exit 1
fi
