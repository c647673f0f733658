"""The symbologies the decoder reads, one bit each, and their names for people and files."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag
from typing import Final

__all__ = ["GROUPS", "Symbology", "parse_symbologies"]


class Symbology(IntFlag):
    """What to look for; join with `|`.  The numbers are those of bc.h, fixed for ever."""

    Code128 = 1 << 0
    """ISO/IEC 15417, GS1-128 among it."""
    EAN13 = 1 << 1
    """ISO/IEC 15420, add-ons among it, as for the next three."""
    EAN8 = 1 << 2
    UPCA = 1 << 3
    UPCE = 1 << 4
    ITF = 1 << 5
    """ISO/IEC 16390, ITF-14 among it."""
    Code39 = 1 << 6
    """ISO/IEC 16388."""
    Code93 = 1 << 7
    Codabar = 1 << 8
    DataBar = 1 << 9
    """ISO/IEC 24724: omnidirectional, truncated and stacked."""
    DataBarLimited = 1 << 10
    DataBarExpanded = 1 << 11
    """And expanded stacked."""
    QRCode = 1 << 12
    """ISO/IEC 18004."""
    MicroQR = 1 << 13
    DataMatrix = 1 << 14
    """ISO/IEC 16022 ECC 200, and the rectangles of ISO/IEC 21471."""
    Aztec = 1 << 15
    """ISO/IEC 24778: compact, full range and runes."""
    PDF417 = 1 << 16
    """ISO/IEC 15438, truncated ones among it."""
    MicroPDF417 = 1 << 17
    """ISO/IEC 24728."""
    MaxiCode = 1 << 18
    """ISO/IEC 16023, modes 2 to 6."""
    rMQR = 1 << 19
    """ISO/IEC 23941: rectangular Micro QR."""

    RETAIL = EAN13 | EAN8 | UPCA | UPCE
    LINEAR = RETAIL | Code128 | ITF | Code39 | Code93 | Codabar | DataBar | DataBarLimited | DataBarExpanded
    MATRIX = QRCode | MicroQR | DataMatrix | Aztec | MaxiCode | rMQR
    STACKED = PDF417 | MicroPDF417
    ALL = LINEAR | MATRIX | STACKED


GROUPS: Final = {
    "linear": Symbology.LINEAR,
    "matrix": Symbology.MATRIX,
    "stacked": Symbology.STACKED,
    "retail": Symbology.RETAIL,
    "all": Symbology.ALL,
}

_ONE_NAME: Final = {str(member.name): member for member in Symbology}


def parse_symbologies(names: str | Iterable[str]) -> Symbology:
    """The symbologies of a list such as `"Code128, ean-13, matrix"`, or of its parts.

    Capitals, hyphens, underscores and spaces do not count.  Raises ValueError
    that names what is unknown, and what is known.
    """
    parts = names.split(",") if isinstance(names, str) else list(names)
    known = {_plain(name): member for name, member in (_ONE_NAME | GROUPS).items()}
    chosen = Symbology(0)
    for part in parts:
        member = known.get(_plain(part))
        if member is None:
            raise ValueError(
                f"unknown symbology {part.strip()!r}; known are {', '.join(_ONE_NAME)} "
                f"and the groups {', '.join(GROUPS)}"
            )
        chosen |= member
    return chosen


def _plain(name: str) -> str:
    return name.lower().translate({ord(char): None for char in "-_ "})
