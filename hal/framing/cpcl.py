"""CPCL: a raster page as one session, and the status bytes of mobile printers.

    session   ! 0 hdpi vdpi height 1 · PAGE-WIDTH w · CG wBytes h x y <raw bytes> … · FORM · PRINT
              every line ends CR LF; the raw bytes of CG are counted; EG is the same in hex; 1 is black
    ESC h     1B 68 -> one byte of bits     ESC i   1B 69 -> one byte more, not on every model
    ESC v     1B 76 -> model and firmware, ended by NUL

Status is answered outside a session only.  Sources: Zebra CPCL manual section 11, Brother RJ-3035B CPCL
reference, HCC POS80B manual.
"""

from __future__ import annotations

from hal.framing.ink_bands import Band, ink_bands
from hal.interfaces import PrinterFlag, PrinterStatus, Raster

__all__ = [
    "ASK_IDENTITY",
    "ASK_MORE",
    "ASK_STATUS",
    "CLEAR_RESET",
    "MAX_GRAPHIC_BYTES",
    "RESYNCHRONISE",
    "encode_page",
    "parse_identity",
    "parse_more",
    "parse_status",
    "was_reset",
]

ASK_STATUS = b"\x1bh"
ASK_MORE = b"\x1bi"
ASK_IDENTITY = b"\x1bv"
CLEAR_RESET = b"\x1bN"

MAX_GRAPHIC_BYTES = 4096
"""Of one CG: so much, at most, a printer waits for when a job broke off within one."""

RESYNCHRONISE = b"\x00" * MAX_GRAPHIC_BYTES + b"\r\nABORT\r\n"
"""Ends a CG that broke off and its session, without printing it; outside of one it means nothing."""

_RESOLUTIONS = {8: 200, 12: 300, 24: 600}
"""Dots per millimetre to what CPCL calls the resolution."""

_STATUS_BITS: dict[int, PrinterFlag] = {
    0x01: PrinterFlag.BUSY,
    0x02: PrinterFlag.PAPER_OUT,
    0x04: PrinterFlag.HEAD_OPEN,
}
"""Bit 3, battery low, prints all the same; bit 4 tells of a reset, see `was_reset`."""

_MORE_BITS: dict[int, PrinterFlag] = {
    0x80: PrinterFlag.RIBBON_OUT,
    0x40: PrinterFlag.PAPER_LOW,
    0x20: PrinterFlag.LABEL_NOT_TAKEN,
    0x10: PrinterFlag.JAM,
}
_RESET_BIT = 0x10


def encode_page(page: Raster, *, to_gap: bool = True) -> bytes:
    """One session that prints `page` once; `to_gap` feeds to the next label behind it.

    ValueError as `check_page` and for a resolution CPCL has no number for.
    """
    resolution = _RESOLUTIONS.get(page.dots_per_mm)
    if resolution is None:
        raise ValueError(f"CPCL knows no {page.dots_per_mm} dots per mm")
    graphics = [graphic(band) for band in ink_bands(page, MAX_GRAPHIC_BYTES)]
    head = f"! 0 {resolution} {resolution} {page.height_dots} 1\r\nPAGE-WIDTH {page.width_dots}\r\n"
    end = b"FORM\r\nPRINT\r\n" if to_gap else b"PRINT\r\n"
    return b"".join([head.encode("ascii"), *graphics, end])


def graphic(band: Band, *, as_hex: bool = False) -> bytes:
    """One CG command, or EG with `as_hex`."""
    name, data = ("EG", band.data.hex().upper().encode("ascii")) if as_hex else ("CG", band.data)
    place = f"{name} {band.row_bytes} {band.height} {band.left_bytes * 8} {band.top} ".encode("ascii")
    return place + data + b"\r\n"


def parse_status(value: int) -> PrinterStatus:
    """The answer to ESC h."""
    return PrinterStatus(frozenset(flag for bit, flag in _STATUS_BITS.items() if value & bit), None)


def was_reset(value: int) -> bool:
    """True when an answer to ESC h says that the printer restarted since ESC N: what it had is lost."""
    return bool(value & _RESET_BIT)


def parse_more(value: int) -> frozenset[PrinterFlag]:
    """The answer to ESC i."""
    return frozenset(flag for bit, flag in _MORE_BITS.items() if value & bit)


def parse_identity(data: bytes) -> str | None:
    """The answer to ESC v; None until its NUL has come, or when it is no text."""
    text, ended, _ = data.partition(b"\x00")
    name = text.decode("ascii", "replace").strip()
    return name if ended and name.isprintable() and name else None
