"""A Zebra or Symbol scanner that speaks the Simple Serial Interface.

Packets are length, opcode, source (04 host, 00 decoder), status, data and the
16-bit two's complement of the sum, high byte first; the length counts all but
the check.  Written from Zebra's Simple Serial Interface Programmer's Guide:
what the host sends with a wrong check is answered CMD_NAK 01, an unknown
opcode CMD_NAK 02; a decoder packet that is not acknowledged is sent again,
marked by status bit 0, and given up after three times.

A scanner fresh from the factory sends bare text: only after parameter EEh is 1
are scans packets.  In host mode (parameter 8Ah is 8) it reads between
START_SESSION and STOP_SESSION or a good read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from simulators.faults import FaultMenu
from simulators.scanner_base import SerialPortScanner

__all__ = ["SsiScanner", "checked"]

HOST: Final = 4
DECODER: Final = 0
RESENT: Final = 1
MORE: Final = 2
MOST_DATA: Final = 251
SENDS: Final = 3
HALF_PACKET_S: Final = 0.3
"""So long after its last byte a packet without its end is refused."""

ACK: Final = 0xD0
NAK: Final = 0xD1
DECODE_DATA: Final = 0xF3
RESEND_PLEASE: Final = 1
NOT_KNOWN: Final = 2
DENIED: Final = 6

TRIGGER_MODE: Final = 0x8A
GOOD_BEEP: Final = 0x38
PACKETS: Final = 0xEE
DEFAULTS: Final = {TRIGGER_MODE: 7, GOOD_BEEP: 1, PACKETS: 0}

TYPES: Final = {
    "A0": 0x01,
    "A4": 0x13,
    "C0": 0x03,
    "C1": 0x0F,
    "E0": 0x0B,
    "E4": 0x0A,
    "F0": 0x02,
    "G0": 0x07,
    "I0": 0x06,
    "L0": 0x11,
    "Q1": 0x1C,
    "Q3": 0x1C,
    "d1": 0x1B,
    "d2": 0x1B,
    "e0": 0x30,
    "z0": 0x2D,
}
"""DECODE_DATA's bar code types of the symbologies that can be held before it; others are sent as Code 128."""


def checked(body: bytes) -> bytes:
    """A packet with its check."""
    return body + (0x10000 - sum(body) & 0xFFFF).to_bytes(2, "big")


class SsiScanner(SerialPortScanner):
    """One scanner.  `name` is the target of its faults."""

    def __init__(
        self,
        path: str | Path,
        *,
        aim: bool = True,
        name: str = "scanner",
        baud: int = 9600,
        faults: FaultMenu | None = None,
        bytewise: bool = False,
        response_s: float = 2.0,
        revision: str = "SIM-SSI-1.0",
        repeats_type: bool = False,
    ) -> None:
        """`repeats_type`: every packet of a long scan begins with its type, not only the first."""
        super().__init__(path, name=name, baud=baud, faults=faults, bytewise=bytewise)
        self.parameters = dict(DEFAULTS)
        self.kept = dict(DEFAULTS)
        self.beeps = 0
        self.leds = 0
        self.aiming = False
        self.session = False
        self.enabled = True
        self.gave_up = 0
        self._aim = aim
        self._response_s = response_s
        self._revision = revision
        self._repeats_type = repeats_type
        self._buffer = bytearray()
        self._last_command = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._half: asyncio.TimerHandle | None = None

    @property
    def reading(self) -> bool:
        """Enabled, and in host mode only within a session."""
        return self.enabled and (self.parameters[TRIGGER_MODE] != 8 or self.session)

    def powered_on(self) -> None:
        """Back to what was set permanently."""
        self.parameters = dict(self.kept)
        self.session, self.enabled, self.leds, self.aiming = False, True, 0, False
        self._buffer.clear()

    async def deliver(self, data: bytes, identifier: str) -> None:
        """Send a scan, packet by packet; a good read ends the session."""
        text = (f"]{identifier}".encode("ascii") if self._aim else b"") + data
        self.session = False
        if not self.parameters[PACKETS]:
            await self.put(text, scan=True)
            return
        for status, part in self._parts(TYPES.get(identifier, 0x03), text):
            if not await self._send_acknowledged(DECODE_DATA, status, part):
                self.gave_up += 1
                return

    def heard(self, data: bytes) -> None:
        """Packets of the host."""
        self._buffer += data
        if self._half is not None:
            self._half.cancel()
            self._half = None
        while self._buffer:
            length = self._buffer[0]
            if length < 4:
                del self._buffer[0]
                continue
            if len(self._buffer) < length + 2:
                self._half = asyncio.get_running_loop().call_later(HALF_PACKET_S, self._half_packet)
                return
            packet = bytes(self._buffer[: length + 2])
            if checked(packet[:-2]) != packet:
                # Where the next packet begins is anybody's guess after a wrong length.
                self._buffer.clear()
                self._say(NAK, bytes((RESEND_PLEASE,)))
                return
            del self._buffer[: length + 2]
            self._take(packet[:-2])

    def _half_packet(self) -> None:
        self._buffer.clear()
        self._say(NAK, bytes((RESEND_PLEASE,)))

    def _take(self, packet: bytes) -> None:
        opcode, source, status, data = packet[1], packet[2], packet[3], packet[4:]
        if source != HOST:
            return
        if opcode in (ACK, NAK):
            self._acknowledged(packet)
            return
        again = status & RESENT and packet[:3] + data == self._last_command
        self._last_command = packet[:3] + data
        if self.faults.strike("scanner_refuses", self.name) is not None:
            self._say(NAK, bytes((DENIED,)))
        elif opcode == 0xA3:
            self._say(0xA4, self._revision.encode("ascii"))
        elif again or self._act(opcode, status, data):
            self._say(ACK)
        else:
            self._say(NAK, bytes((NOT_KNOWN,)))

    def _act(self, opcode: int, status: int, data: bytes) -> bool:
        """Carry a command out; False when it is none or its data make no sense."""
        if opcode == 0xE4:
            self.session = True
            self.look()
        elif opcode == 0xE5:
            self.session = False
        elif opcode in (0xE9, 0xEA):
            self.enabled = opcode == 0xE9
        elif opcode in (0xC4, 0xC5):
            self.aiming = opcode == 0xC5
        elif opcode == 0xE6 and len(data) == 1:
            self.beeps += 1
        elif opcode in (0xE7, 0xE8) and len(data) == 1:
            self.leds = self.leds | data[0] if opcode == 0xE7 else self.leds & ~data[0]
        elif opcode == 0xC6 and len(data) >= 3:
            return self._set(data[1:], bool(status & 8))
        else:
            return False
        return True

    def _set(self, pairs: bytes, permanent: bool) -> bool:
        numbers, values = pairs[::2], pairs[1::2]
        if len(numbers) != len(values) or any(number >= 0xF0 for number in numbers):
            return False
        for number, value in zip(numbers, values, strict=True):
            self.parameters[number] = value
            if permanent:
                self.kept[number] = value
        return True

    def _say(self, opcode: int, data: bytes = b"") -> None:
        packet = checked(bytes((4 + len(data), opcode, DECODER, 0)) + data)
        self.reply(packet, packet[:-1] + bytes((packet[-1] ^ 0x55,)))

    def _acknowledged(self, packet: bytes) -> None:
        if self.faults.strike("scanner_deaf_to_ack", self.name) is not None:
            return
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(packet)

    def _parts(self, kind: int, text: bytes) -> Iterator[tuple[int, bytes]]:
        """Status and data of each packet of a scan."""
        head = bytes((kind,))
        room = MOST_DATA - 1
        cuts = list(range(0, max(len(text), 1), room))
        for index, start in enumerate(cuts):
            typed = head if index == 0 or self._repeats_type else b""
            yield (MORE if index < len(cuts) - 1 else 0), typed + text[start : start + room]

    async def _send_acknowledged(self, opcode: int, status: int, data: bytes) -> bool:
        for attempt in range(SENDS):
            marked = status | (RESENT if attempt else 0)
            packet = checked(bytes((4 + len(data), opcode, DECODER, marked)) + data)
            if self.faults.strike("scanner_garbled", self.name) is not None:
                packet = packet[:-1] + bytes((packet[-1] ^ 0x55,))
            self._answer = asyncio.get_running_loop().create_future()
            await self.put(packet, scan=True)
            try:
                answer = await asyncio.wait_for(self._answer, self._response_s)
            except TimeoutError:
                continue
            if answer[1] == ACK:
                return True
        return False
