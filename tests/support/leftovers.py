"""What the tests of a file started and did not end: it would work on beside the tests of other files."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

__all__ = ["nothing_left_behind"]

ENDS_WITHIN_S = 10.0
"""What was told to end may still be about it when the test is over."""


def _threads() -> dict[int | None, str]:
    return {each.ident: f"thread {each.name}" for each in threading.enumerate()}


def _children() -> dict[int | None, str]:
    """Processes of this one that run (Linux only: reads /proc)."""
    found: dict[int | None, str] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # 4242 (name) S 4200 ...: the name may hold blanks and brackets, the parent is second behind it.
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            continue  # it has ended
        if int(parent) == os.getpid() and words:  # no words: ended, and nobody has asked for its exit code
            found[int(entry.name)] = f"process {os.fsdecode(words)[:120]}"
    return found


def _left(threads: dict[int | None, str], children: dict[int | None, str]) -> list[str]:
    new = [name for ident, name in _threads().items() if ident not in threads]
    return new + [name for pid, name in _children().items() if pid not in children]


@pytest.fixture(scope="module", autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fails a file after whose last test threads or processes run on that it started."""
    threads, children = _threads(), _children()
    yield
    until_s = time.monotonic() + ENDS_WITHIN_S
    while (left := _left(threads, children)) and time.monotonic() < until_s:
        time.sleep(0.01)  # no test waits here
    assert not left, f"left behind: {left}"
