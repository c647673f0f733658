"""Builds the extension `native._barcode` (cffi, API mode) from include/ and src/.

`setup.py` runs this file by name, so it imports nothing of this project, and
setuptools wants the paths relative to the project's root.
"""

from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent.parent
NATIVE = ROOT / "native"


def relative(pattern: str) -> list[str]:
    """Files under native/ that match, as setuptools names them."""
    return sorted(path.relative_to(ROOT).as_posix() for path in NATIVE.glob(pattern))


def code_flags() -> list[str]:
    """What of native/cflags changes the code.

    The warnings are for the library's own sources, which tools/check_native.sh
    and the tests compile with all of them; cffi's generated file meets few.
    """
    flags = (NATIVE / "cflags").read_text(encoding="utf-8").split()
    return [flag for flag in flags if not flag.startswith("-W")]


ffibuilder = FFI()
ffibuilder.cdef((NATIVE / "barcode.cdef.h").read_text(encoding="utf-8"))
ffibuilder.set_source(
    "native._barcode",
    '#include "bc.h"',
    sources=relative("src/*.c"),
    include_dirs=["native/include", "native/src"],
    depends=[*relative("include/*.h"), *relative("src/*.h"), "native/barcode.cdef.h", "native/cflags"],
    extra_compile_args=code_flags(),
)
