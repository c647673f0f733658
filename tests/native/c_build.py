"""How the tests compile and run C."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

NATIVE = Path(__file__).resolve().parents[2] / "native"
SOURCES = sorted(NATIVE.glob("src/*.c"))
INCLUDES = [f"-I{NATIVE / 'include'}", f"-I{NATIVE / 'src'}"]
CC = os.environ.get("CC", "cc")

SANITISED = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

NO_LEAK_CHECK = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
"""The library allocates nothing, and the leak check needs ptrace, which containers often forbid."""


def run(*command: str | Path) -> str:
    """What the command prints; it must succeed."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, env=NO_LEAK_CHECK
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def flags() -> list[str]:
    return (NATIVE / "cflags").read_text(encoding="utf-8").split()


def sanitised_flags() -> list[str]:
    """Those that change the code, and the sanitisers.

    The warnings are for the code as it ships: checks that the sanitisers put in
    take stack and hide from the compiler which numbers are small.
    """
    return [flag for flag in flags() if not flag.startswith("-W")] + SANITISED


def compile_sanitised(source: Path, library: Path, binary: Path, *others: Path) -> None:
    """A program of one file, or some, and the library."""
    run(CC, *sanitised_flags(), *INCLUDES, source, *others, library, "-o", binary)


def build_sanitised_library(folder: Path) -> Path:
    for source in SOURCES:
        run(CC, *sanitised_flags(), *INCLUDES, "-c", source, "-o", folder / f"{source.stem}.o")
    library = folder / "libbc.a"
    run("ar", "rcs", library, *sorted(folder.glob("*.o")))
    return library
