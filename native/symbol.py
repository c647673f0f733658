"""What the decoder found: plain values that outlive the image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

__all__ = ["Point", "Result", "StructuredAppend", "Symbol"]


class Point(NamedTuple):
    """A place in the image in pixels; the top left pixel's middle is 0.5, 0.5."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class StructuredAppend:
    """A part of a text that is spread over several symbols."""

    index: int
    """Which part, from 0."""
    count: int
    """How many parts there are; 0 where the part does not say, as PDF417's need not."""
    id: str
    """What all parts share: parts that differ in it do not belong together.  QR: the XOR of all bytes of the
    whole text, in decimal; Data Matrix: the file identification, in decimal; Aztec: a name of the sender's,
    empty where the symbol names none; MaxiCode: empty; PDF417: the file identification, three digits a
    codeword."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One printed symbol, read and checked."""

    text: str
    """The content as text, made as `native.payload_text` says; U+FFFD stands for bytes that are none."""
    data: bytes
    """The content as bytes, without check characters and shifts; FNC1 between fields is GS (0x1D)."""
    format: str
    """A name of `Symbology`, such as `Code128`."""
    identifier: str
    """The AIM symbology identifier (ISO/IEC 15424), such as `]C1` for GS1-128."""
    corners: tuple[Point, Point, Point, Point]
    """The symbol's own top left, top right, bottom right and bottom left, wherever they lie in the image."""
    rotation_deg: float
    """The reading direction, clockwise from the image's x axis, -180 to 180."""
    module_px: float
    """The size of a module in pixels."""
    ec_used: float
    """The share of the error correction that was spent, 0 to 1; 0 where there is none."""
    eci: int | None
    """The ECI assignment number the symbol said (the last of several), None if it said none."""
    add_on: str | None
    """The 2 or 5 digits beside an EAN or UPC symbol, such as a magazine's issue; None without.  `text` is
    the article's number alone."""
    mirrored: bool
    inverted: bool
    """Light on dark."""
    version: int | None
    """QR 1 to 40, Micro QR 1 to 4, rMQR 1 (R7x43) to 32 (R17x139), Data Matrix 1 to 48, Aztec's layers,
    MaxiCode's mode, 2 to 6, MicroPDF417 1 to 34; None for others."""
    ec_level: str | None
    """QR's `L`, `M`, `Q` or `H`, PDF417's `0` to `8`; None where there is none."""
    size: tuple[int, int] | None
    """Columns and rows of a matrix symbol, in modules; of PDF417 modules across and rows of symbol
    characters; None for linear ones."""
    reader_init: bool
    """The symbol sets readers up: its content is no data."""
    structured_append: StructuredAppend | None

    def placed(self, left: float, top: float, scale: float = 1.0) -> Symbol:
        """The same symbol in a picture that shows this one from left, top on, shrunk to 1 / `scale`."""
        a, b, c, d = (Point(left + p.x / scale, top + p.y / scale) for p in self.corners)
        return replace(self, corners=(a, b, c, d), module_px=self.module_px / scale)


@dataclass(frozen=True, slots=True)
class Result:
    """All that one look at an image gave."""

    symbols: list[Symbol]
    stopped_by: Literal["max_symbols", "work"] | None
    """None: everything there was to try was tried.  `max_symbols`: that many were found; there may be more.
    `work`: the bound was met that keeps any image's cost in proportion to its pixels; there may be more."""

    @property
    def complete(self) -> bool:
        """Whether the look ended by itself, not by a bound."""
        return self.stopped_by is None
