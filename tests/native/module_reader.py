"""Module darkness and Reed–Solomon blocks to the C library's inner functions, under the sanitisers."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from tests.native.c_program import CProgram

OK, FORMAT, CHECKSUM, BAD_ARGUMENT, LIMIT = 0, 2, 3, 5, 8
QR, MICRO_QR = 1 << 12, 1 << 13

ECI_NONE, ECI_KANJI = -1, -2

MOST_SEGMENTS = 32
"""BC_MAX_SEGMENTS of the library."""
_ANSWER = struct.Struct(f"=II8Bf4s{2 * MOST_SEGMENTS}iI")


@dataclass(frozen=True)
class Content:
    """What a symbol says."""

    symbology: int
    version: int
    ec_level: str
    mirrored: bool
    append: tuple[int, int, int]
    ec_used: float
    identifier: str
    segments: tuple[tuple[int, int], ...]
    payload: bytes


class ModuleReader(CProgram):
    """The program of module_reader.c, running; use as a context manager."""

    SOURCE = Path(__file__).with_suffix(".c")

    def read(self, darkness: bytes, size: int, *, micro: bool = False) -> tuple[int, Content | None]:
        """Status and content of size * size modules, 0 light to 255 dark, row by row."""
        assert len(darkness) == size * size
        self._stdin.write(struct.pack("=II", micro, size) + darkness)
        self._stdin.flush()
        status, symbology, version, level, mirrored, *rest = _ANSWER.unpack(self._receive(_ANSWER.size))
        payload = self._receive(rest[-1])
        if status != OK:
            return status, None
        index, count, parity, segment_n, _, ec_used, identifier, *segments = rest[:-1]
        return status, Content(
            symbology=symbology,
            version=version,
            ec_level=chr(level) if level else "",
            mirrored=bool(mirrored),
            append=(index, count, parity),
            ec_used=ec_used,
            identifier=identifier.rstrip(b"\0").decode("ascii"),
            segments=tuple((segments[2 * i], segments[2 * i + 1]) for i in range(segment_n)),
            payload=payload,
        )

    def correct(self, codewords: bytes, ec_n: int, erasures: bytes = b"") -> tuple[bool, int, bytes]:
        """Whether the block could be corrected, how many errors were outside the erasures, and the block."""
        request = struct.pack("=IIII", 2, len(codewords), ec_n, len(erasures))
        self._stdin.write(request + codewords + erasures)
        self._stdin.flush()
        _, corrected, errors = struct.unpack("=III", self._receive(12))
        return bool(corrected), errors, self._receive(len(codewords))
