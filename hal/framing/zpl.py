"""ZPL II: a raster page as one label format, and the three questions a driver asks a printer.

    label     ^XA ^PWw ^LLh ^FOx,y ^GFA,b,c,d,:Z64:base64(zlib):crc ^FS ^PQ1,0,1,N ^XZ
    answers   STX text ETX CR LF; three of them to ~HS, one to ~HQES and to ~HI

b is the length of the data text from the first colon to the CRC, c the bytes of the image, d the bytes of a
row; bit 7 is the leftmost dot, 1 is black.  The CRC is CRC-16/XMODEM over the base64 text. Source: Zebra ZPL
II Programming Guide (^GF p. 160, ~HI p. 169, ~HS p. 171, ^PQ p. 244) and docs.zebra.com (ZB64 encoding, ~HS,
~HQES).
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass

from hal.framing.ink_bands import Band, ink_bands
from hal.interfaces import PrinterFlag, PrinterStatus, Raster

__all__ = [
    "ASK_ERRORS",
    "ASK_HOST_STATUS",
    "ASK_IDENTITY",
    "CANCEL_PARTIAL",
    "HOST_STATUS_FRAMES",
    "ReplyFrames",
    "encode_page",
    "parse_errors",
    "parse_host_status",
    "parse_identity",
]

ASK_HOST_STATUS = b"~HS\r\n"
ASK_ERRORS = b"~HQES\r\n"
ASK_IDENTITY = b"~HI\r\n"
CANCEL_PARTIAL = b"~JX\r\n"
"""Forgets a format that is half received; formats that are whole go on."""
HOST_STATUS_FRAMES = 3
MAX_REPLY_BYTES = 1024
"""The longest answer used here (~HQES) has about 100 bytes."""
MAX_GRAPHIC_BYTES = 74_000
"""^GF parameters b and c have five digits, and base64 makes four bytes of three; a larger page goes out in
bands."""
MIN_GAP_ROWS = 64
"""White paper costs next to nothing in Z64, a field of its own some 60 bytes."""

_STX, _ETX = 0x02, 0x03
_XON_XOFF = b"\x11\x13"
_ERRORS = re.compile(r"ERRORS:\s+([01])\s+([0-9A-Fa-f]{8})\s+([0-9A-Fa-f]{8})")
_HOST_STATUS_FIELDS = (12, 11, 2)

_GROUP_1_FLAGS: dict[int, PrinterFlag] = {
    0x0000_0001: PrinterFlag.PAPER_OUT,
    0x0000_0002: PrinterFlag.RIBBON_OUT,
    0x0000_0004: PrinterFlag.HEAD_OPEN,
    0x0000_0008: PrinterFlag.JAM,
    0x0000_0010: PrinterFlag.OVER_TEMPERATURE,
    0x0000_0020: PrinterFlag.OVER_TEMPERATURE,
    0x0000_1000: PrinterFlag.JAM,
    0x0000_2000: PrinterFlag.JAM,
    0x0000_4000: PrinterFlag.JAM,
    0x0000_8000: PrinterFlag.JAM,
    0x0001_0000: PrinterFlag.PAUSED,
    0x0002_0000: PrinterFlag.JAM,
}
"""~HQES ERRORS group 1, bit by bit: nibble 1 media, ribbon, head, cutter; 2 temperatures; 4 paper path; 5
pause and retract time-out.  Any other bit is an error without a common name."""


def encode_page(page: Raster) -> bytes:
    """One label that prints `page` once.  ValueError when `rows` does not fit the stated size."""
    head = f"^XA^PW{page.width_dots}^LL{page.height_dots}".encode("ascii")
    bands = ink_bands(page, MAX_GRAPHIC_BYTES, min_gap_rows=MIN_GAP_ROWS)
    return b"".join([head, *map(_graphic_field, bands), b"^PQ1,0,1,N^XZ"])


def _graphic_field(band: Band) -> bytes:
    text = base64.b64encode(zlib.compress(band.data, level=9))
    data = b":Z64:%s:%04X" % (text, binascii.crc_hqx(text, 0))
    at = (band.left_bytes * 8, band.top)
    return b"^FO%d,%d^GFA,%d,%d,%d,%s^FS" % (*at, len(data), len(band.data), band.row_bytes, data)


class ReplyFrames:
    """Cuts a printer's stream into answers: skips to STX, collects to ETX.

    `flow_control` strips XON and XOFF (serial links).  An answer past MAX_REPLY_BYTES is dropped whole.
    """

    def __init__(self, flow_control: bool = False) -> None:
        self._strip = _XON_XOFF if flow_control else b""
        self._frame: bytearray | None = None

    def feed(self, data: bytes) -> list[str]:
        """Every answer that `data` completes, without STX and ETX; bytes beyond ASCII become U+FFFD."""
        frames: list[str] = []
        for byte in data:
            if byte == _STX:
                self._frame = bytearray()
            elif self._frame is None or byte in self._strip:
                continue
            elif byte == _ETX:
                frames.append(self._frame.decode("ascii", "replace"))
                self._frame = None
            elif len(self._frame) >= MAX_REPLY_BYTES:
                self._frame = None
            else:
                self._frame.append(byte)
        return frames


@dataclass(frozen=True, slots=True)
class _Rule:
    line: int
    position: int
    flag: PrinterFlag


_HOST_STATUS_RULES = (
    _Rule(0, 1, PrinterFlag.PAPER_OUT),
    _Rule(0, 2, PrinterFlag.PAUSED),
    _Rule(0, 5, PrinterFlag.BUFFER_FULL),
    _Rule(0, 6, PrinterFlag.UNKNOWN),  # communication diagnostics: it would print our bytes as a hex dump
    _Rule(0, 7, PrinterFlag.BUSY),  # half a format is being received
    _Rule(0, 9, PrinterFlag.UNKNOWN),  # configuration memory corrupt
    _Rule(0, 11, PrinterFlag.OVER_TEMPERATURE),
    _Rule(1, 2, PrinterFlag.HEAD_OPEN),
    _Rule(1, 3, PrinterFlag.RIBBON_OUT),
    _Rule(1, 7, PrinterFlag.LABEL_NOT_TAKEN),
)
"""~HS: fields b c f g h j l of line 1 and o p t of line 2.  Under-temperature (k) prints all the same."""


def parse_host_status(frames: list[str]) -> PrinterStatus | None:
    """The three answers to ~HS as conditions; None when they are not that.

    `queued` is formats in the receive buffer (eee) plus labels left in the batch (u).
    """
    lines = [frame.strip().split(",") for frame in frames]
    if tuple(len(line) for line in lines) != _HOST_STATUS_FIELDS:
        return None
    if not all(field.strip().isdecimal() for line in lines[:2] for field in line):
        return None
    flags = {rule.flag for rule in _HOST_STATUS_RULES if int(lines[rule.line][rule.position]) != 0}
    queued = int(lines[0][4]) + int(lines[1][8])
    if queued:
        flags.add(PrinterFlag.BUSY)
    return PrinterStatus(frozenset(flags), queued)


def parse_errors(frame: str) -> PrinterStatus | None:
    """The answer to ~HQES as conditions, `queued` unknown; None when it is not that.  Warnings are not
    conditions."""
    match = _ERRORS.search(frame)
    if match is None:
        return None
    group_2, group_1 = int(match.group(2), 16), int(match.group(3), 16)
    flags = {flag for bit, flag in _GROUP_1_FLAGS.items() if group_1 & bit}
    unnamed = group_1 & ~sum(_GROUP_1_FLAGS)
    if group_2 or unnamed or (match.group(1) == "1" and not flags):
        flags.add(PrinterFlag.UNKNOWN)
    return PrinterStatus(frozenset(flags), None)


def parse_identity(frame: str) -> str | None:
    """The answer to ~HI as "model firmware" (`ZD420-203dpi V84.20.18Z`); None when it is not that."""
    fields = [field.strip() for field in frame.split(",")]
    identity_fields = 4
    if len(fields) < identity_fields or not fields[0] or not fields[2].isdecimal():
        return None
    return f"{fields[0]} {fields[1]}"
