"""A C program beside a test module that hands requests to the library's inner functions, one answer each."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import IO, ClassVar, Self

from tests.native.c_build import NO_LEAK_CHECK, compile_sanitised
from tests.support.patience import PATIENCE_S


class CProgram:
    """The program of SOURCE, running under the sanitisers; use as a context manager.

    Requests and answers are bytes in the machine's own form: both ends are on it.
    """

    SOURCE: ClassVar[Path]

    def __init__(self, binary: Path) -> None:
        self._process = subprocess.Popen(
            [binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=NO_LEAK_CHECK
        )

    @classmethod
    def build(cls, library: Path, folder: Path) -> Self:
        """The program, linked with the sanitised library."""
        binary = folder / cls.SOURCE.stem
        compile_sanitised(cls.SOURCE, library, binary)
        return cls(binary)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stdin.close()
        self._process.wait(timeout=PATIENCE_S)

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _receive(self, count: int) -> bytes:
        assert self._process.stdout is not None
        answer = self._process.stdout.read(count)
        assert len(answer) == count, "the program has ended: see its words on stderr"
        return answer
