"""ESC/POS: a raster page on a receipt printer, its real-time status, and how its answers are told apart.

    page      1B 40 · 1D 61 FF · 1D 76 30 00 xL xH yL yH <x*y bytes> … · 1D 56 42 00 · 1D 61 00 · 1D 72 01
              x bytes a row, y rows, bit 7 leftmost, 1 is black; a row of one byte feeds white paper
    answers   one byte each, told apart by fixed bits:
              DLE EOT n (10 04 n)   0xx1xx10   (b AND 93h) = 12h
              GS r 1    (1D 72 01)  0xx0xxxx   (b AND 90h) = 00h, in its turn behind what was sent before
              status back (1D 61)   0xx1xx00 0xx0xxxx 0xx0xxxx 0xx0xxxx, whenever something changes
              XON/XOFF              11 and 13

Sources: Epson TM-U220, TM-L60II and TM-T88III, Citizen CT-S2000 and CBM1000, Bixolon SRP-350, Custom TG02H.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hal.framing.ink_bands import ink_bands
from hal.interfaces import PrinterFlag, PrinterStatus, Raster

__all__ = [
    "ASK_END",
    "ASK_REAL_TIME",
    "MAX_RASTER_BYTES",
    "RESYNCHRONISE",
    "Answer",
    "AnswerKind",
    "Answers",
    "encode_page",
    "parse_automatic_status",
    "parse_real_time",
]

ASK_REAL_TIME = tuple(bytes((0x10, 0x04, n)) for n in (1, 2, 3, 4))
"""DLE EOT 1 to 4: printer, cause of offline, cause of error, roll paper."""
ASK_END = b"\x1dr\x01"
"""GS r 1 is answered in its turn: its answer says that all before it has been carried out."""

INITIALISE = b"\x1b@"
TELL_CHANGES = b"\x1da\xff"
TELL_NO_CHANGES = b"\x1da\x00"
FEED_AND_CUT = b"\x1dVB\x00"

_XON_XOFF = b"\x11\x13"

MAX_RASTER_BYTES = 4096
"""Of one GS v 0: so much, at most, a printer waits for when a job broke off within one."""

RESYNCHRONISE = b"\x00" * MAX_RASTER_BYTES + INITIALISE + TELL_NO_CHANGES
"""Ends a raster that broke off; outside of one a NUL means nothing."""


class AnswerKind(Enum):
    """What a printer's bytes are."""

    REAL_TIME = "real-time"
    QUEUED = "queued"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a byte, or four of automatic status."""

    kind: AnswerKind
    data: bytes


class Answers:
    """Cuts a printer's stream into answers; `noise` counts bytes that fit none, XON and XOFF aside."""

    def __init__(self) -> None:
        self.noise = 0
        self._automatic = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        """Every answer that `data` completes."""
        found: list[Answer] = []
        for byte in data:
            if byte & 0x93 == 0x12:
                # May come between the bytes of automatic status.
                found.append(Answer(AnswerKind.REAL_TIME, bytes((byte,))))
            elif byte & 0x93 == 0x10:
                self._automatic[:] = (byte,)
            elif byte & 0x90:
                self.noise += byte not in _XON_XOFF
            elif self._automatic:
                self._automatic.append(byte)
                if len(self._automatic) == 4:
                    found.append(Answer(AnswerKind.AUTOMATIC, bytes(self._automatic)))
                    self._automatic.clear()
            else:
                found.append(Answer(AnswerKind.QUEUED, bytes((byte,))))
        return found


def encode_page(page: Raster, *, cut: bool = True) -> bytes:
    """A page as GS v 0 bands, white ones a byte wide; `cut` feeds to the cutter and cuts.

    Changes are told by the printer itself meanwhile, since it must not be asked.  GS r 1 at the end asks to
    be told when it is done.  ValueError as `check_page`.
    """
    parts, at = [INITIALISE, TELL_CHANGES], 0
    for band in ink_bands(page, MAX_RASTER_BYTES, from_left=True):
        parts += [*_white(band.top - at), raster(band.row_bytes, band.data)]
        at = band.top + band.height
    parts += _white(page.height_dots - at)
    if cut:
        parts.append(FEED_AND_CUT)
    return b"".join([*parts, TELL_NO_CHANGES, ASK_END])


def _white(rows: int) -> list[bytes]:
    """White paper as a raster of one byte a row: exact to the dot on every model, unlike feed commands."""
    return [raster(1, bytes(min(MAX_RASTER_BYTES, rows - at))) for at in range(0, rows, MAX_RASTER_BYTES)]


def raster(row_bytes: int, data: bytes) -> bytes:
    """One GS v 0 in normal size."""
    height = len(data) // row_bytes
    return b"\x1dv0\x00" + row_bytes.to_bytes(2, "little") + height.to_bytes(2, "little") + data


def parse_real_time(answers: bytes) -> PrinterStatus:
    """The bytes answered to DLE EOT 1 to 4, in this order.

    Offline without a cause named is UNKNOWN; "recovers by itself" with the cover open is only the cover.
    """
    printer, offline, error, paper = answers
    flags: set[PrinterFlag] = set()
    if offline & 0x04:
        flags.add(PrinterFlag.HEAD_OPEN)
    if offline & 0x20 or paper & 0x60:
        flags.add(PrinterFlag.PAPER_OUT)
    elif paper & 0x0C:
        flags.add(PrinterFlag.PAPER_LOW)
    flags |= _errors(error, cover_open=bool(offline & 0x04))
    if offline & 0x08 or printer & 0x40:
        flags.add(PrinterFlag.BUSY)  # paper is being fed by the button
    named = flags - {PrinterFlag.PAPER_LOW}
    if (printer & 0x28 or offline & 0x40) and not named:
        flags.add(PrinterFlag.UNKNOWN)
    return PrinterStatus(frozenset(flags), None)


def parse_automatic_status(data: bytes) -> PrinterStatus:
    """The four bytes of automatic status back; reserved bits are not looked at."""
    first, second, third, _ = data
    flags: set[PrinterFlag] = set()
    if first & 0x20:
        flags.add(PrinterFlag.HEAD_OPEN)
    if third & 0x0C:
        flags.add(PrinterFlag.PAPER_OUT)
    elif third & 0x03:
        flags.add(PrinterFlag.PAPER_LOW)
    flags |= _errors(second, cover_open=bool(first & 0x20))
    if first & 0x40:
        flags.add(PrinterFlag.BUSY)
    if first & 0x08 and not flags - {PrinterFlag.PAPER_LOW}:
        flags.add(PrinterFlag.UNKNOWN)
    return PrinterStatus(frozenset(flags), None)


def _errors(value: int, *, cover_open: bool) -> set[PrinterFlag]:
    """The bits that DLE EOT 3 and byte 2 of automatic status share."""
    flags: set[PrinterFlag] = set()
    if value & 0x0C:  # 04 mechanical or black mark, 08 cutter
        flags.add(PrinterFlag.JAM)
    if value & 0x20:
        flags.add(PrinterFlag.UNKNOWN)
    if value & 0x40 and not cover_open:
        flags.add(PrinterFlag.OVER_TEMPERATURE)
    return flags
