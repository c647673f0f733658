"""Fresh identifiers."""

from __future__ import annotations

import os

__all__ = ["uuid7"]


def uuid7(wall_ms: int, random: bytes | None = None) -> str:
    """A UUID of version 7 (RFC 9562, section 5.7) in canonical text.

    `wall_ms` are milliseconds since 1970 UTC (48 bits); `random` is ten bytes
    to use in place of the operating system's, for tests.  Ids of one
    millisecond are in no order; the journal's sequence is what orders facts.
    """
    noise = int.from_bytes(os.urandom(10) if random is None else random, "big")
    value = (wall_ms & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (noise >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | noise & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
