"""The C library by itself: its own tests under the sanitisers, and what its objects ask of the system."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.native.c_build import (
    CC,
    INCLUDES,
    NATIVE,
    NO_LEAK_CHECK,
    SANITISED,
    SOURCES,
    compile_sanitised,
    flags,
    run,
)

LIBC_ALLOWED = {"memcmp", "memcpy", "memmove", "memset"}
"""Pure functions that a compiler may put in by itself; nothing that allocates, prints or keeps state."""

CPU_ALLOWED = {"__cpu_model", "_GLOBAL_OFFSET_TABLE_"}
"""What `__builtin_cpu_supports` looks at: written once by the compiler's runtime at load time."""


@pytest.mark.parametrize("test", sorted(NATIVE.glob("ctests/*.c")), ids=lambda path: path.stem)
def test_c_test_passes_under_the_sanitisers(test: Path, sanitised_library: Path, tmp_path: Path) -> None:
    binary = tmp_path / test.stem
    compile_sanitised(test, sanitised_library, binary)

    run(binary)  # raises on a sanitiser's report as on a failed expectation


def test_sanitisers_are_awake(tmp_path: Path) -> None:
    """A read one past the end ends the program: otherwise the tests above prove less than they say."""
    broken = tmp_path / "broken.c"
    broken.write_text(
        "#include <stdlib.h>\n"
        "int main(int argc, char **argv)\n"
        "{ (void)argv; char *volatile p = calloc(4, 1); return p[argc + 3]; }\n",
        encoding="utf-8",
    )
    binary = tmp_path / "broken"
    run(CC, *SANITISED, broken, "-o", binary)

    done = subprocess.run([binary], capture_output=True, text=True, check=False, env=NO_LEAK_CHECK)

    assert done.returncode != 0
    assert "heap-buffer-overflow" in done.stderr


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_objects_need_nothing_of_the_system(source: Path, tmp_path: Path) -> None:
    """No allocation, no output, no state of libc: only the library itself and plain memory moves."""
    compiled = tmp_path / "source.o"
    run(CC, *flags(), "-O2", *INCLUDES, "-c", source, "-o", compiled)

    wanted = {line.split()[-1] for line in run("nm", "-u", compiled).splitlines()}

    assert {name for name in wanted if not name.startswith("bc_")} <= LIBC_ALLOWED | CPU_ALLOWED


def test_objects_keep_no_writable_data(tmp_path: Path) -> None:
    """No globals: every function may run in any thread."""
    for source in SOURCES:
        compiled = tmp_path / f"{source.stem}.o"
        run(CC, *flags(), "-O2", *INCLUDES, "-c", source, "-o", compiled)

        lines = run("objdump", "--section-headers", "--wide", compiled).splitlines()
        sizes = {
            line.split()[1]: int(line.split()[2], 16)
            for line in lines
            if " CONTENTS" in line or " ALLOC" in line
        }

        # .data.rel.ro holds constants with addresses in them: read-only once the loader has put them in.
        writable = {
            name for name, size in sizes.items() if size and name.startswith((".data", ".bss", "COMMON"))
        }
        assert all(name.startswith(".data.rel.ro") for name in writable), (source, writable)


def test_tools_the_checks_need_are_there() -> None:
    """A missing `nm` would otherwise look like a failing library."""
    assert shutil.which("nm")
    assert shutil.which("objdump")
    assert shutil.which(CC)
