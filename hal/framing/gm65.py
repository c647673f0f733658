"""Frames of Grow GM65, GM805, GM812 and GM861 modules, among scans that come outside any frame.

    host    7E 00 | type | len | addr_high addr_low | data…           | crc_high crc_low
    module  02 00 | 00   | len | data…                                 | crc_high crc_low
    alive   03 00 | 00   | 01  | 00                                    | crc_high crc_low
    scan    03 | len_high len_low | data…      only where "protocol output" is on (zone 0060 is 81)

Types: 07 read zone bytes (len 1, data is how many), 08 write, 09 save all to flash, 0A sign of life.  The
check is CRC-16/XMODEM over everything between head and check; a host may send AB CD instead of it.  (GM65
user manual, "Serial port instruction"; the same in 7 open drivers.)
"""

from __future__ import annotations

import binascii

from hal.framing.scan_line import MAX_PAYLOAD_BYTES, LineRead, LineRefused, ScanLineParser, read_payload
from hal.framing.scanner_reply import CommandReply, Item, MixedParser
from hal.framing.steps import Discard, Found, NeedMore, Step

__all__ = [
    "ALIVE",
    "DONE",
    "ZONE_AIM",
    "ZONE_BAUD",
    "ZONE_MODE",
    "ZONE_POWER",
    "ZONE_TRIGGER",
    "encode_heartbeat",
    "encode_read",
    "encode_save",
    "encode_write",
    "parser",
]

ZONE_MODE = 0x0000
"""Bit 7 LED of a read, bit 6 sound, bits 5-4 aimer, 3-2 light, 1-0: 00 button, 01 command, 10 continuous."""
ZONE_TRIGGER = 0x0002
ZONE_BAUD = 0x002A
ZONE_AIM = 0x00D0
ZONE_POWER = 0x00D9
_READ, _WRITE, _SAVE, _HEARTBEAT = 0x07, 0x08, 0x09, 0x0A
_UNCHECKED = b"\xab\xcd"
DONE = b"\x02\x00"
"""The body of the reply to a write or a save: head and the only data byte."""
ALIVE = b"\x03\x00"
"""The body of the answer to a sign of life."""
_REPLY_HEAD_BYTES, _CRC_BYTES = 4, 2


def encode_read(zone: int, count: int = 1, *, checksum: bool = True) -> bytes:
    """Ask for `count` zone bytes from `zone`."""
    return _encode(_READ, 1, zone, bytes((count,)), checksum)


def encode_write(zone: int, data: bytes, *, checksum: bool = True) -> bytes:
    """Set zone bytes from `zone`; not kept without power."""
    return _encode(_WRITE, len(data), zone, data, checksum)


def encode_save(*, checksum: bool = True) -> bytes:
    """Keep all zone bytes without power."""
    return _encode(_SAVE, 1, 0, b"\x00", checksum)


def encode_heartbeat(*, checksum: bool = True) -> bytes:
    """Ask for a sign of life."""
    return _encode(_HEARTBEAT, 1, 0, b"\x00", checksum)


def _encode(kind: int, length: int, zone: int, data: bytes, checksum: bool) -> bytes:
    body = bytes((kind, length)) + zone.to_bytes(2, "big") + data
    return b"\x7e\x00" + body + (_crc(body) if checksum else _UNCHECKED)


def _crc(body: bytes) -> bytes:
    return binascii.crc_hqx(body, 0).to_bytes(2, "big")


def parser(lines: ScanLineParser, suffix: bytes, aim: bool) -> MixedParser:
    """Scans and replies of a stream.  A reply's body is its first head byte and its data."""

    def step(buffer: bytes) -> Step[LineRead | LineRefused | CommandReply]:
        if buffer[0] not in (0x02, 0x03):
            return Discard(1)
        if len(buffer) < 3:
            return NeedMore(3)
        if buffer[1:3] == b"\x00\x00":
            return _reply_step(buffer)
        return _scan_step(buffer, aim) if buffer[0] == 0x03 else Discard(1)

    return MixedParser(lines, suffix, step, look_bytes=3 + 3 + MAX_PAYLOAD_BYTES)


def _reply_step(buffer: bytes) -> Step[Item]:
    if len(buffer) < _REPLY_HEAD_BYTES:
        return NeedMore(_REPLY_HEAD_BYTES)
    total = _REPLY_HEAD_BYTES + buffer[3] + _CRC_BYTES
    if len(buffer) < total:
        return NeedMore(total)
    if _crc(buffer[2 : total - _CRC_BYTES]) != buffer[total - _CRC_BYTES : total]:
        # With a wrong length in it a scan behind it would lose its head: rather all of it is refused.
        return Discard(1)
    return Found(CommandReply(True, buffer[:1] + buffer[4 : total - _CRC_BYTES]), total)


def _scan_step(buffer: bytes, aim: bool) -> Step[Item]:
    length = int.from_bytes(buffer[1:3], "big")
    if length > MAX_PAYLOAD_BYTES + 3:
        return Discard(1)
    if len(buffer) < 3 + length:
        return NeedMore(3 + length)
    return Found(read_payload(buffer[3 : 3 + length], aim=aim), 3 + length)
