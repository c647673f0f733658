"""TSPL / TSPL2: a raster page as one label, and the two status questions.

    label     SIZE w mm,h mm · GAP 3 mm,0 mm · CLS · BITMAP x,y,widthBytes,height,0,<raw bytes> … · PRINT 1,1
              every line ends CR LF; the raw bytes of BITMAP are counted, not ended
    ESC ! ?   1B 21 3F -> one byte of bits
    ESC ! S   1B 21 53 -> 02 s1 s2 s3 s4 03 0D 0A, each s 40h or more
    ~!T       model name, CR LF

In a BITMAP of TSC 0 is black; several clones have it the other way round.  Sources: TSC TTP-244 Plus manual
p. 85 (status), Gprinter GP-2120T manual p. 34 (ESC ! ?), Brother TD-4420TN FBPL reference p. 98 (ESC ! S).
"""

from __future__ import annotations

import re
from enum import StrEnum

from hal.framing.ink_bands import Band, ink_bands
from hal.interfaces import PrinterFlag, PrinterStatus, Raster

__all__ = [
    "ASK_MODEL",
    "ASK_STATUS",
    "ASK_STATUS_BYTE",
    "MAX_BITMAP_BYTES",
    "RESYNCHRONISE",
    "Media",
    "encode_page",
    "parse_status",
    "parse_status_byte",
]

ASK_STATUS_BYTE = b"\x1b!?"
ASK_STATUS = b"\x1b!S"
ASK_MODEL = b"~!T\r\n"

MAX_BITMAP_BYTES = 4096
"""Of one BITMAP: so much, at most, a printer waits for when a job broke off within one."""

RESYNCHRONISE = b"\x00" * MAX_BITMAP_BYTES + b"\r\nCLS\r\n"
"""Ends a BITMAP that broke off and forgets it.  Where none was under way it is a line that means nothing."""

_INVERTED = bytes(0xFF ^ byte for byte in range(256))

_STATUS = re.compile(rb"\x02([\x40-\x7f]{4})\x03\r\n")

_STATUS_BITS: dict[int, frozenset[PrinterFlag]] = {
    0x01: frozenset({PrinterFlag.HEAD_OPEN}),
    0x02: frozenset({PrinterFlag.JAM}),
    0x04: frozenset({PrinterFlag.PAPER_OUT}),
    0x08: frozenset({PrinterFlag.RIBBON_OUT}),
    0x10: frozenset({PrinterFlag.PAUSED}),
    0x20: frozenset({PrinterFlag.BUSY}),
    0x40: frozenset({PrinterFlag.HEAD_OPEN}),  # the cover
    # "Over or under temperature or another error", as the model likes.
    0x80: frozenset({PrinterFlag.OVER_TEMPERATURE, PrinterFlag.UNKNOWN}),
}

_MESSAGES: dict[int, PrinterFlag | None] = {
    0x40: None,
    0x60: PrinterFlag.PAUSED,
    0x42: PrinterFlag.BUSY,  # backing the label
    0x43: PrinterFlag.BUSY,  # cutting
    0x45: None,  # printer error: s3 and s4 name it
    0x46: PrinterFlag.BUSY,  # form feed
    0x4B: PrinterFlag.PAUSED,  # waiting for the print key
    0x4C: PrinterFlag.LABEL_NOT_TAKEN,
    0x50: PrinterFlag.BUSY,  # printing a batch
    0x57: PrinterFlag.BUSY,  # imaging
}
_ERROR_MESSAGE = 0x45

_BITS: tuple[dict[int, PrinterFlag | None], ...] = (
    {0x08: PrinterFlag.BUFFER_FULL, 0x01: PrinterFlag.PAPER_LOW, 0x02: None},  # 02: ribbon low (Brother)
    {
        0x01: PrinterFlag.OVER_TEMPERATURE,  # print head
        0x02: PrinterFlag.OVER_TEMPERATURE,  # motor
        0x04: PrinterFlag.UNKNOWN,  # head error
        0x08: PrinterFlag.JAM,  # cutter
        0x10: PrinterFlag.UNKNOWN,  # out of memory
    },
    {
        0x01: PrinterFlag.PAPER_OUT,
        0x02: PrinterFlag.JAM,
        0x04: PrinterFlag.RIBBON_OUT,
        0x08: PrinterFlag.JAM,  # ribbon
        0x20: PrinterFlag.HEAD_OPEN,
    },
)
"""The bits of s2, s3 and s4 above their base 40h; they combine."""


class Media(StrEnum):
    """How the printer finds the next label."""

    GAP = "gap"
    MARK = "mark"
    CONTINUOUS = "continuous"


def encode_page(page: Raster, *, media: Media = Media.GAP, gap_mm: int = 3, black_bit: int = 0) -> bytes:
    """One label that prints `page` once; what it does not set stays as the printer was set up.

    `gap_mm` is the gap between labels or the height of the mark; `black_bit` what is black in a BITMAP.  The
    job begins with an empty line: a clone that does not know ESC ! S would read it as the head of the next.
    ValueError as `check_page`.
    """
    width, height = (_mm(dots, page.dots_per_mm) for dots in (page.width_dots, page.height_dots))
    between = {
        Media.GAP: f"GAP {gap_mm} mm,0 mm",
        Media.MARK: f"BLINE {gap_mm} mm,0 mm",
        Media.CONTINUOUS: "GAP 0,0",
    }[media]
    head = f"\r\nSIZE {width},{height}\r\n{between}\r\nCLS\r\n".encode("ascii")
    bitmaps = (bitmap(band, black_bit) for band in ink_bands(page, MAX_BITMAP_BYTES))
    return b"".join([head, *bitmaps, b"PRINT 1,1\r\n"])


def bitmap(band: Band, black_bit: int = 0) -> bytes:
    """One BITMAP command in mode 0 (overwrite)."""
    data = band.data if black_bit else band.data.translate(_INVERTED)
    head = f"BITMAP {band.left_bytes * 8},{band.top},{band.row_bytes},{band.height},0,".encode("ascii")
    return head + data + b"\r\n"


def parse_status_byte(value: int) -> PrinterStatus:
    """The answer to ESC ! ?; bits 6 and 7 are options."""
    flags = [flags for bit, flags in _STATUS_BITS.items() if value & bit]
    return PrinterStatus(frozenset().union(*flags), None)


def parse_status(data: bytes) -> PrinterStatus | None:
    """The first answer to ESC ! S within `data`; None when there is none."""
    match = _STATUS.search(data)
    if match is None:
        return None
    message, *groups = match.group(1)
    told: set[PrinterFlag | None] = {_MESSAGES.get(message, PrinterFlag.UNKNOWN)}
    for value, bits in zip(groups, _BITS, strict=True):
        told |= {bits.get(1 << bit, PrinterFlag.UNKNOWN) for bit in range(6) if value & 1 << bit}
    flags = frozenset(flag for flag in told if flag is not None)
    if message == _ERROR_MESSAGE and not flags:
        flags = frozenset({PrinterFlag.UNKNOWN})
    return PrinterStatus(flags, None)


def _mm(dots: int, dots_per_mm: int) -> str:
    return f"{dots / dots_per_mm:.3f}".rstrip("0").rstrip(".") + " mm"
