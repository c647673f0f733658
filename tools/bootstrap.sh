#!/usr/bin/env bash
# Makes this checkout ready: tools/bootstrap.sh demo|test
#
#   demo   what runs the service and the simulators
#   test   that, and what tests, lints and measures them
#
# Everything goes into .venv beside this folder.  What has been done is left
# alone, quickly and without a word; all output goes to stderr, because a
# caller's stdout may be data.  PYTHON chooses the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."
exec 1>&2 < /dev/null

readonly profile=${1:-test}
case $profile in
    demo) extras=sim ;;
    test) extras=sim,test,dev ;;
    *)
        echo "usage: $0 demo|test"
        exit 2
        ;;
esac

readonly font=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

say() { echo "set-up: $*"; }

has_library() { /sbin/ldconfig -p 2> /dev/null | grep -F "$1" > /dev/null; }

has() { command -v "$1" > /dev/null || [ -x "/usr/sbin/$1" ]; }

# Interpreters to try, best guess first.
pythons() { echo ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; }

# Can make environments and compile extensions: Debian packs venv and Python.h apart.
is_whole() {
    "$1" -c '
import ensurepip, os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' 2> /dev/null
}

# The name of the first interpreter that will do; fails without one.
find_python() {
    local name
    for name in $(pythons); do
        if is_new_enough "$name" && is_whole "$name"; then
            echo "$name"
            return
        fi
    done
    return 1
}

# Debian's packages that make an interpreter whole, or bring one, one a line.
python_packages() {
    local name
    for name in $(pythons); do
        if is_new_enough "$name"; then
            "$name" -c 'import sys; print("python{0}.{1}-venv\npython{0}.{1}-dev".format(*sys.version_info))'
            return
        fi
    done
    printf '%s\n' python3 python3-venv python3-dev
}

# Debian's names of what is needed and missing, one a line.
missing_packages() {
    find_python > /dev/null || python_packages
    has "${CC:-cc}" || printf '%s\n' gcc libc6-dev
    [ -e "$font" ] || echo fonts-noto-cjk
    if [ "$profile" = test ]; then
        has mosquitto || echo mosquitto
        has chromium || echo chromium
        has nm || echo binutils
    fi
}

# The same for what the profile can do without: the demo falls back to nats-server, from PyPI, and the benchmarks
# leave out a decoder to compare with.
wished_packages() {
    if [ "$profile" = test ]; then
        has_library libzbar.so.0 || echo libzbar0
    else
        has mosquitto || echo mosquitto
    fi
}

apt_install() {
    say "installing with apt-get: $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q -y update > /dev/null && apt-get -q -y install --no-install-recommends "$@" > /dev/null
}

install_packages() {
    local needed wished
    mapfile -t needed < <(missing_packages)
    mapfile -t wished < <(wished_packages)
    [ $((${#needed[@]} + ${#wished[@]})) -gt 0 ] || return 0

    if [ "$(id -u)" -eq 0 ] && has apt-get; then
        if [ ${#wished[@]} -gt 0 ] && ! apt_install "${wished[@]}"; then
            say "going on without: ${wished[*]}"
        fi
        if [ ${#needed[@]} -gt 0 ] && ! apt_install "${needed[@]}"; then
            say "apt-get could not install: ${needed[*]}"
            exit 1
        fi
    elif [ ${#needed[@]} -gt 0 ]; then
        say "this machine lacks something that needs its administrator.  On Debian or Ubuntu, run"
        say "    sudo apt-get install ${needed[*]} ${wished[*]}"
        say "and then the same command again.  (Elsewhere: Python 3.11 with headers, a C compiler,"
        say "the fonts Noto Sans CJK in $font$([ "$profile" = demo ] || echo ', mosquitto, chromium'))"
        exit 1
    fi
}

# A name for the state of pyproject.toml, which alone decides about dependencies.
requirements_state() { sha256sum < pyproject.toml; }

# The same for every file that decides what the extension becomes.
build_state() {
    cat pyproject.toml setup.py native/build_ffi.py native/*.h native/cflags native/src/* native/include/* | sha256sum
}

build_requirements() {
    .venv/bin/python -c '
import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")'
}

# pip, with its words kept for when it fails.
pip_install() {
    local log
    log=$(mktemp)
    if ! .venv/bin/python -m pip install --disable-pip-version-check --no-input -q "$@" > "$log" 2>&1; then
        cat "$log"
        rm -f "$log"
        say "pip could not install the packages above (network, or a mirror to be named in PIP_INDEX_URL?)"
        exit 1
    fi
    rm -f "$log"
}

has_requirements() { [ "$(cat ".venv/.requirements-$profile" 2> /dev/null)" = "$(requirements_state)" ]; }

install_python_packages() {
    local python requirements
    if ! .venv/bin/python -c 'import pip' 2> /dev/null; then
        python=$(find_python)
        say "making .venv with $("$python" --version)"
        "$python" -m venv .venv
    fi
    if has_requirements; then
        say "building the C extension anew"
        pip_install --no-build-isolation --no-deps -e .
    else
        say "installing Python packages ($extras), some minutes the first time"
        mapfile -t requirements < <(build_requirements)
        pip_install "${requirements[@]}"
        pip_install --no-build-isolation -e ".[$extras]"
        requirements_state > .venv/.requirements-demo
        [ "$profile" = demo ] || requirements_state > ".venv/.requirements-$profile"
    fi
    build_state > .venv/.built
}

is_current() {
    has_requirements && [ "$(cat .venv/.built 2> /dev/null)" = "$(build_state)" ] \
        && [ -e native/_barcode.abi3.so ] && .venv/bin/python -c '' 2> /dev/null
}

install_packages
if ! is_current; then
    mkdir -p .venv
    exec 9> .venv/.lock
    flock 9 # two makes at once: the second waits and then finds everything done
    is_current || install_python_packages
fi
