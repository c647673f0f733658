"""Module darkness of matrix symbols other than QR to the C library's readers, under the sanitisers."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.native.c_program import CProgram

OK, FORMAT, CHECKSUM, BAD_ARGUMENT, LIMIT = 0, 2, 3, 5, 8
ECI_NONE, ECI_KANJI = -1, -2

DATA_MATRIX, AZTEC, RMQR, MAXICODE = 0, 1, 2, 3
"""Readers, by their place in plane_reader.c."""

MOST_SEGMENTS = 32
"""BC_MAX_SEGMENTS of the library."""
_ANSWER = struct.Struct(f"=I7If4s48s{2 * MOST_SEGMENTS}iI")


@dataclass(frozen=True)
class Content:
    """What a symbol says."""

    symbology: int
    version: int
    ec_level: str
    reader_init: bool
    append: tuple[int, int, str]
    ec_used: float
    identifier: str
    segments: tuple[tuple[int, int], ...]
    payload: bytes


class PlaneReader(CProgram):
    """The program of plane_reader.c, running; use as a context manager."""

    SOURCE = Path(__file__).with_suffix(".c")

    def read(self, kind: int, darkness: npt.NDArray[np.uint8]) -> tuple[int, Content | None]:
        """Status and content of rows by columns of modules, 0 light to 255 dark."""
        rows, columns = darkness.shape
        self._stdin.write(struct.pack("=III", kind, columns, rows) + darkness.tobytes())
        self._stdin.flush()
        status, symbology, version, level, init, index, count, segment_n, *rest = _ANSWER.unpack(
            self._receive(_ANSWER.size)
        )
        payload = self._receive(rest[-1])
        if status != OK:
            return status, None
        ec_used, identifier, append_id, *segments = rest[:-1]
        return status, Content(
            symbology=symbology,
            version=version,
            ec_level=chr(level) if level else "",
            reader_init=bool(init),
            append=(index, count, append_id.split(b"\0")[0].decode("ascii")),
            ec_used=ec_used,
            identifier=identifier.rstrip(b"\0").decode("ascii"),
            segments=tuple((segments[2 * i], segments[2 * i + 1]) for i in range(segment_n)),
            payload=payload,
        )
