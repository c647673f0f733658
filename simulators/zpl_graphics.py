"""The data of a ^GF field: hexadecimal with Zebra's run lengths, B64, Z64 or raw bytes.

Bit 7 of each byte is the leftmost dot and 1 is black.  Sources: ZPL II
Programming Guide 45541L, ^GF and "Alternative Data Compression Scheme";
docs.zebra.com, "ZB64 Encoding".
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Final

__all__ = ["Graphic", "GraphicError", "decode_graphic"]

MAX_GRAPHIC_BYTES: Final = 2_000_000
"""A 300 dpi page of 200 x 300 mm has 1.05 MB; a field that claims more is damaged."""

_HEX: Final = b"0123456789ABCDEF"
_FILLER: Final = frozenset(b" \t\r\n")


class GraphicError(ValueError):
    """The field cannot be drawn; a printer leaves it out."""


@dataclass(frozen=True, slots=True)
class Graphic:
    """Dots of one field: `rows` rows of `row_bytes` bytes."""

    row_bytes: int
    data: bytes

    @property
    def rows(self) -> int:
        """Height in dots."""
        return len(self.data) // self.row_bytes

    @property
    def width(self) -> int:
        """Width in dots, a multiple of 8."""
        return self.row_bytes * 8


def decode_graphic(params: bytes) -> Graphic:
    """The dots of `^GF` parameters `a,b,c,d,data`; data that is too short is filled with white."""
    parts = params.split(b",", 4)
    if len(parts) != 5:
        raise GraphicError("^GF needs four parameters and data")
    form = parts[0].strip().upper()
    try:
        total, row_bytes = int(parts[2]), int(parts[3])
    except ValueError as error:
        raise GraphicError(f"^GF counts are no numbers: {parts[1:4]!r}") from error
    if row_bytes <= 0 or total <= 0 or total > MAX_GRAPHIC_BYTES:
        raise GraphicError(f"^GF of {total} bytes in rows of {row_bytes}")
    raw = _raw(form, parts[4], total, row_bytes)
    # A field may end in the middle of a row; the rest of that row is white.
    whole = -(-total // row_bytes) * row_bytes
    return Graphic(row_bytes, raw[:total].ljust(whole, b"\0"))


def _raw(form: bytes, data: bytes, total: int, row_bytes: int) -> bytes:
    if form == b"B":
        return data
    if form != b"A":
        raise GraphicError(f"^GF{form.decode('latin-1')}: only A and B are known to this printer")
    text = data.strip()
    if text.startswith((b":B64:", b":Z64:")):
        return _encoded(text, total)
    return _hex(text, total, row_bytes)


def _encoded(text: bytes, total: int) -> bytes:
    kind, payload, check = text[1:4], *_payload_and_check(text[5:])
    if binascii.crc_hqx(payload, 0) != check:
        raise GraphicError("the CRC of the graphic is wrong")
    try:
        raw = base64.b64decode(payload, validate=True)
        if kind == b"B64":
            return raw
        unpacker = zlib.decompressobj()
        return unpacker.decompress(raw, total)
    except (binascii.Error, zlib.error) as error:
        raise GraphicError(f"the graphic cannot be unpacked: {error}") from error


def _payload_and_check(text: bytes) -> tuple[bytes, int]:
    """CRC-16/XMODEM over the base64 text, four hex digits behind a colon."""
    payload, colon, check = text.rpartition(b":")
    try:
        if not colon or len(check) != 4:
            raise ValueError("no CRC")
        return payload, int(check, 16)
    except ValueError as error:
        raise GraphicError("the graphic ends without a CRC") from error


def _hex(text: bytes, total: int, row_bytes: int) -> bytes:
    """Hex digits; G-Y repeat the next one 1-19 times, g-z 20-400; `,` `!` fill a row, `:` repeats it."""
    row_digits = row_bytes * 2
    wanted = -(-total // row_bytes) * row_digits
    digits = bytearray()
    repeat = 0
    for byte in text:
        if len(digits) >= wanted:
            break
        if byte in _FILLER:
            continue
        if 0x47 <= byte <= 0x59:
            repeat += byte - 0x46
        elif 0x67 <= byte <= 0x7A:
            repeat += (byte - 0x66) * 20
        elif byte in b",!":
            digits += (b"0" if byte == 0x2C else b"F") * (row_digits - len(digits) % row_digits)
        elif byte == 0x3A:
            digits += digits[-row_digits:] if len(digits) >= row_digits else b"0" * row_digits
        else:
            digit = bytes((byte,)).upper()
            if digit not in _HEX:
                raise GraphicError(f"{digit!r} is no hex digit")
            digits += digit * min(max(1, repeat), wanted)
            repeat = 0
    del digits[wanted:]
    if len(digits) % 2:
        digits += b"0"
    return bytes.fromhex(digits.decode("ascii"))
