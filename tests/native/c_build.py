"""How the tests compile and run C."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
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


def sanitised_library() -> Path:
    """The C library under the address and undefined behaviour sanitisers, as an archive to link with.

    It takes most of a minute to compile, so it is kept in build/ under a name
    made of everything that goes into it: the first process that asks makes it,
    the others wait.
    """
    inputs = [*SOURCES, *sorted(NATIVE.glob("src/*.h")), *sorted(NATIVE.glob("include/*.h"))]
    digest = hashlib.sha256(run(CC, "--version").encode() + " ".join(sanitised_flags()).encode())
    for path in inputs:
        digest.update(path.name.encode() + path.read_bytes())
    folder = NATIVE.parent / "build" / "sanitised" / digest.hexdigest()[:16]
    library = folder / "libbc.a"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not library.exists():
            _archive(folder, library)
    return library


def _archive(folder: Path, library: Path) -> None:
    def compiled(source: Path) -> Path:
        to = folder / f"{source.stem}.o"
        run(CC, *sanitised_flags(), *INCLUDES, "-c", source, "-o", to)
        return to

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compiled, SOURCES))
    unfinished = folder / "unfinished.a"
    run("ar", "rcs", unfinished, *objects)
    unfinished.rename(library)
