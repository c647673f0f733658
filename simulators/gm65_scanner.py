"""A Grow GM65 (GM805, GM812, GM861) module: zone bytes behind a serial frame.

Host frames are 7E 00, type, length, zone address, data, CRC-16 (polynomial
1021, start 0) over type to data; AB CD in place of the CRC is taken unchecked.
Answers begin with 02 00, to a sign of life with 03 00.  A frame with a wrong
CRC, an unknown type or a zone that is not there is not answered at all.  Scans
come bare, with a tail of CR, CR LF, TAB or nothing by zone 0060, or framed as
03, length, data when zone 0060 is 81.  (GM65 user manual, "Serial port".)
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from simulators.faults import FaultMenu
from simulators.scanner_base import SendingScanner

__all__ = ["Gm65Scanner", "crc"]

ZONES: Final = 0x100
DELIVERED: Final = {
    0x00: 0xD6,
    0x05: 0x0A,
    0x06: 0xC8,
    0x0D: 0xA0,
    0x2A: 0x39,
    0x2B: 0x01,
    0x2C: 0x02,
    0x60: 1,
}
TAILS: Final = {0x00: b"\r", 0x20: b"\r\n", 0x40: b"\t", 0x60: b""}
FRAMED: Final = 0x81
RESET: Final = 0x50
USER_RESTORE: Final = 0x55
USER_SAVE: Final = 0x56
SLEEP: Final = 0xA5
UNCHECKED: Final = b"\xab\xcd"


def crc(body: bytes) -> bytes:
    """Polynomial 1021, start 0, high byte first."""
    rest = 0
    for byte in body:
        rest ^= byte << 8
        for _ in range(8):
            rest = (rest << 1 ^ 0x1021 if rest & 0x8000 else rest << 1) & 0xFFFF
    return rest.to_bytes(2, "big")


def _zones() -> bytearray:
    zones = bytearray(ZONES)
    for zone, value in DELIVERED.items():
        zones[zone] = value
    return zones


class Gm65Scanner(SendingScanner):
    """One module.  `name` is the target of its faults."""

    def __init__(
        self,
        path: str | Path,
        suffix: bytes = b"\r",
        aim: bool = True,
        *,
        name: str = "scanner",
        baud: int = 9600,
        faults: FaultMenu | None = None,
        bytewise: bool = False,
    ) -> None:
        """`suffix` is one of the module's tails; delivered reading continuously, with LED, sound and light.

        ValueError for a tail it cannot send.
        """
        super().__init__(path, name=name, baud=baud, faults=faults, bytewise=bytewise)
        flags = {tail: bits for bits, tail in TAILS.items()}
        if suffix not in flags:
            raise ValueError(f"a GM65 ends its scans with CR, CR LF, TAB or nothing, not {suffix!r}")
        self.zones = _zones()
        self.zones[0x60] = flags[suffix] | 1
        self.zones[0xD0] = 0x80 if aim else 0
        self.flash = bytes(self.zones)
        self.user = bytes(self.zones)
        self.asleep = False
        self._buffer = bytearray()

    @property
    def triggered(self) -> bool:
        """True while one read is under way by command."""
        return bool(self.zones[0x02] & 1)

    @property
    def reading(self) -> bool:
        """Awake, and continuous, inductive or triggered."""
        return not self.asleep and (self.zones[0x00] & 3 in (2, 3) or self.triggered)

    def powered_on(self) -> None:
        """Back to the flash."""
        self.zones, self.asleep = bytearray(self.flash), False
        self.zones[0x02] = 0
        self._buffer.clear()

    def message(self, data: bytes, identifier: str) -> bytes:
        """Identifier, data and tail, or a frame; a good read ends the trigger."""
        self.zones[0x02] &= ~1
        text = (f"]{identifier}".encode("ascii") if self.zones[0xD0] == 0x80 else b"") + data
        flags = self.zones[0x60]
        if flags == FRAMED:
            return b"\x03" + len(text).to_bytes(2, "big") + text
        return text + (TAILS[flags & 0x60] if flags & 1 else b"")

    def heard(self, data: bytes) -> None:
        """Frames: what is none is passed over."""
        self._buffer += data
        while len(self._buffer) >= 2:
            if self._buffer[:2] != b"\x7e\x00":
                del self._buffer[0]
                continue
            if len(self._buffer) < 6:
                return
            kind, length = self._buffer[2], self._buffer[3]
            total = 6 + length + 2
            if kind not in (7, 8, 9, 10):
                del self._buffer[:2]
                continue
            if len(self._buffer) < total:
                return
            frame = bytes(self._buffer[:total])
            del self._buffer[:total]
            if frame[-2:] in (UNCHECKED, crc(frame[2:-2])):
                self._take(kind, int.from_bytes(frame[4:6], "big"), frame[6:-2])

    def _take(self, kind: int, zone: int, data: bytes) -> None:
        if self.faults.strike("scanner_refuses", self.name) is not None:
            return
        if self.asleep and not (kind == 8 and zone == 0xD9):
            return
        if kind == 10:
            self._answer(b"\x00", head=0x03)
        elif kind == 9:
            self.flash = bytes(self.zones)
            self._answer(b"\x00")
        elif kind == 7 and len(data) == 1 and zone + data[0] <= ZONES:
            self._answer(bytes(self.zones[zone : zone + data[0]]))
        elif kind == 8 and data and zone + len(data) <= ZONES:
            self._answer(b"\x00")
            self._write(zone, data)

    def _write(self, zone: int, data: bytes) -> None:
        if zone == 0xD9:
            self._power(data[0])
            return
        was_reading = self.reading
        self.zones[zone : zone + len(data)] = data
        if self.reading and not was_reading:
            self.look()

    def _power(self, value: int) -> None:
        if value == RESET:
            self.zones = _zones()
        elif value == USER_RESTORE:
            self.zones = bytearray(self.user)
        elif value == USER_SAVE:
            self.user = bytes(self.zones)
        elif value in (SLEEP, 0):
            self.asleep = value == SLEEP

    def _answer(self, data: bytes, head: int = 0x02) -> None:
        body = bytes((0, len(data))) + data
        check = crc(body)
        start = bytes((head, 0)) + body
        self.reply(start + check, start + bytes((check[0] ^ 0x55, check[1])))
