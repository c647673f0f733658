"""A Modbus RTU relay board whose relays drive locks and whose inputs read their feedback.

Modelled on the Waveshare "Modbus RTU Relay (D)" as its wiki describes
protocol V2, with 8 to 32 channels:

    address | function | ... | CRC low | CRC high      (Modbus RTU, 9600 8N1)

    relays   0x0000+n   01 05 0F    05 takes FF00 on, 0000 off, 5500 toggle; 0x00FF is all relays
    flash on 0x0200+n   05          on now, off after value x 100 ms, timed by the board
    flash off 0x0400+n  05          off now, on after value x 100 ms
    inputs   0x0000+n   02          1 = contact closed
    mode     0x1000+n   03 06 10    0 normal; the modes that let inputs drive relays are refused here
    UART     0x2000     03 06       high byte parity, low byte baud code; in force after the reply
    address  0x4000     03 06       1..255; in force after the reply
    version  0x8000     03          V2.00 = 0x00C8

Quirk: address 0 is answered like the board's own, with the board's own.
Silence answers a wrong CRC and a foreign address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from simulators.faults import FaultMenu
from simulators.world import World

__all__ = ["ModbusRelayBoard", "Refusal", "crc16"]

MAX_CHANNELS: Final = 32
MAX_FRAME: Final = 256
"""Modbus over Serial Line V1.02, 2.5.1: an RTU frame has at most 256 bytes."""

STALE_S: Final = 0.1
"""Bytes this much older than the next are no part of its frame.  The standard says 3.5 characters;
a pty on a busy machine is less punctual."""

ILLEGAL_FUNCTION: Final = 1
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3

ALL_RELAYS: Final = 0x00FF
FLASH_ON: Final = 0x0200
FLASH_OFF: Final = 0x0400
MODE: Final = 0x1000
UART: Final = 0x2000
ADDRESS: Final = 0x4000
VERSION: Final = 0x8000

ON: Final = 0xFF00
OFF: Final = 0x0000
TOGGLE: Final = 0x5500
MAX_FLASH: Final = 0x7FFF
FLASH_UNIT_MS: Final = 100

_BAUD_CODES: Final = (4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 128_000, 256_000)
_FIXED_LENGTH: Final = 8
_KNOWN: Final = frozenset({0x01, 0x02, 0x03, 0x05, 0x06})
_COUNTED: Final = frozenset({0x0F, 0x10})


class Refusal(Exception):
    """The request gets an exception reply."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS (reflected 0x8005, start 0xFFFF); sent low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


class ModbusRelayBoard:
    """One board.  `wiring` maps channels, from 1, to compartments of `world`."""

    def __init__(
        self,
        address: int,
        channels: int,
        wiring: Mapping[int, str],
        world: World,
        *,
        board_id: str = "",
        faults: FaultMenu | None = None,
        baud: int = 9600,
        version: int = 0x00C8,
    ) -> None:
        if not 1 <= address <= 255:
            raise ValueError(f"address {address} is not in 1..255")
        if not 1 <= channels <= MAX_CHANNELS:
            raise ValueError(f"{channels} channels are not in 1..{MAX_CHANNELS}")
        self.board_id = board_id or f"modbus-{address}"
        self.own_address = address
        self.baud = baud
        self.channels = channels
        self.frames = 0
        self._world = world
        self._faults = faults or world.faults
        self._wiring = dict(wiring)
        self._version = version
        self._parity_code = 0
        self._relays = [False] * channels
        self._timers: list[asyncio.TimerHandle | None] = [None] * channels
        self._heard = bytearray()
        self._heard_at_s = 0.0
        self._powered = True
        self._transmit: Callable[[bytes], None] = lambda _reply: None
        self._after_reply: list[Callable[[], None]] = []

    @property
    def address(self) -> int:
        """The address it listens to: a fault may have moved the switch."""
        moved = self._faults.find("wrong_address", self.board_id)
        return int(moved.params["address"]) if moved is not None else self.own_address

    @property
    def relays(self) -> tuple[bool, ...]:
        """Which relays are on, channel 1 first."""
        return tuple(self._relays)

    def attach(self, transmit: Callable[[bytes], None]) -> None:
        """`transmit(reply)` puts a reply on the line."""
        self._transmit = transmit

    def power_off(self) -> None:
        """All relays drop."""
        for channel in range(self.channels):
            self.switch(channel, False)
        self._heard.clear()
        self._powered = False

    def power_on(self) -> None:
        """All relays off, nothing heard yet."""
        self._powered = True

    def hear(self, data: bytes, at_s: float) -> None:
        """Bytes from the line, complete at `at_s`; frames may come split, joined, or after garbage."""
        if not self._powered:
            return
        if at_s - self._heard_at_s > STALE_S:
            self._heard.clear()
        self._heard_at_s = at_s
        self._heard += data
        while (frame := self._next_frame()) is not None:
            self._handle(frame, at_s)

    # Frames out of the stream.

    def _next_frame(self) -> bytes | None:
        """Take the first whole frame with a right CRC; what came before it was no frame."""
        for start in range(len(self._heard)):
            length = self._length_at(start)
            if length is None or start + length > len(self._heard):
                continue
            frame = bytes(self._heard[start : start + length])
            if crc16(frame[:-2]) == int.from_bytes(frame[-2:], "little"):
                del self._heard[: start + length]
                return frame
        del self._heard[:-MAX_FRAME]
        return None

    def _length_at(self, start: int) -> int | None:
        """Length of a request that begins here; None when none can, or too little is here to tell."""
        if start + 1 >= len(self._heard):
            return None
        function = self._heard[start + 1]
        if function in _COUNTED:
            return 9 + self._heard[start + 6] if start + 6 < len(self._heard) else None
        # A function no board knows still gets its exception: its frame is taken as one of the usual length.
        return _FIXED_LENGTH if function in _KNOWN or 0 < function < 0x80 else None

    def _handle(self, frame: bytes, at_s: float) -> None:
        if frame[0] not in (0, self.address):
            return
        self.frames += 1
        function, body = frame[1], frame[2:-2]
        try:
            reply = bytes((function,)) + self._perform(function, body, at_s)
        except Refusal as refusal:
            reply = bytes((function | 0x80, refusal.code))
        self._reply(reply)

    def _reply(self, pdu: bytes) -> None:
        address = self.address
        if self._faults.strike("foreign_reply", self.board_id) is not None:
            address = address % 247 + 1
        reply = bytes((address,)) + pdu
        self._transmit(reply + crc16(reply).to_bytes(2, "little"))
        for change in self._after_reply:
            change()
        self._after_reply.clear()

    # What requests do.

    def _perform(self, function: int, body: bytes, at_s: float) -> bytes:
        at, value = int.from_bytes(body[0:2], "big"), int.from_bytes(body[2:4], "big")
        if function == 0x01:
            return self.bits(at, value, self.channels, lambda channel: self._relays[channel])
        if function == 0x02:
            return self.read_inputs(at, value)
        if function == 0x03:
            return self._read_registers(at, value)
        if function == 0x05:
            self.write_coil(at, value, at_s)
        elif function == 0x06:
            self.write_register(at, value)
        elif function == 0x0F:
            self.write_coils(at, value, body[5:], at_s)
        elif function == 0x10:
            self._write_registers(at, value, body[5:])
        else:
            raise Refusal(ILLEGAL_FUNCTION)
        return body[:4]

    def read_inputs(self, first: int, count: int) -> bytes:
        """The answer to function 02; Refusal."""
        return self.bits(first, count, self.channels, self.input_closed)

    def bits(self, first: int, count: int, there_are: int, read: Callable[[int], bool]) -> bytes:
        """Byte count and bits of a reply; Refusal when not all are there."""
        if count == 0:
            raise Refusal(ILLEGAL_VALUE)
        if first + count > there_are:
            raise Refusal(ILLEGAL_ADDRESS)
        bits = sum(1 << index for index in range(count) if read(first + index))
        length = (count + 7) // 8
        return bytes((length,)) + bits.to_bytes(length, "little")

    def input_closed(self, channel: int) -> bool:
        """Input `channel`, from 0: a closed contact."""
        compartment = self._wiring.get(channel + 1)
        return compartment is not None and self._world.contact_closed(compartment)

    def _read_registers(self, first: int, count: int) -> bytes:
        if not 1 <= count <= 125:
            raise Refusal(ILLEGAL_VALUE)
        values = [self.register(first + index) for index in range(count)]
        return bytes((2 * count,)) + b"".join(value.to_bytes(2, "big") for value in values)

    def register(self, at: int) -> int:
        """A holding register; Refusal."""
        if at == UART:
            return self._parity_code << 8 | _BAUD_CODES.index(self.baud)
        if at == ADDRESS:
            return self.address
        if at == VERSION:
            return self._version
        if MODE <= at < MODE + self.channels:
            return 0
        raise Refusal(ILLEGAL_ADDRESS)

    def write_register(self, at: int, value: int) -> None:
        """Function 06; Refusal."""
        if at == ADDRESS:
            if not 1 <= value <= 255:
                raise Refusal(ILLEGAL_VALUE)
            self._after_reply.append(lambda: self._set_address(value))
        elif at == UART:
            parity, code = value >> 8, value & 0xFF
            if parity > 2 or code >= len(_BAUD_CODES):
                raise Refusal(ILLEGAL_VALUE)
            self._after_reply.append(lambda: self._set_uart(parity, _BAUD_CODES[code]))
        elif MODE <= at < MODE + self.channels:
            if value != 0:
                raise Refusal(ILLEGAL_VALUE)
        else:
            raise Refusal(ILLEGAL_ADDRESS)

    def _set_address(self, address: int) -> None:
        self.own_address = address

    def _set_uart(self, parity_code: int, baud: int) -> None:
        self._parity_code, self.baud = parity_code, baud

    def _write_registers(self, first: int, count: int, data: bytes) -> None:
        if count == 0 or len(data) != 2 * count:
            raise Refusal(ILLEGAL_VALUE)
        if not (first >= MODE and first + count <= MODE + self.channels):
            raise Refusal(ILLEGAL_ADDRESS)
        if any(data):
            raise Refusal(ILLEGAL_VALUE)

    def write_coils(self, first: int, count: int, data: bytes, at_s: float) -> None:
        """Function 0F; Refusal."""
        if count == 0 or len(data) != (count + 7) // 8:
            raise Refusal(ILLEGAL_VALUE)
        if first + count > self.channels:
            raise Refusal(ILLEGAL_ADDRESS)
        bits = int.from_bytes(data, "little")
        for index in range(count):
            self.switch(first + index, bool(bits >> index & 1), at_s)

    def write_coil(self, at: int, value: int, at_s: float) -> None:
        """Function 05; Refusal."""
        if at == ALL_RELAYS:
            for channel in range(self.channels):
                self._set(channel, value, at_s)
            return
        group, channel = at & 0xFF00, at & 0x00FF
        if group not in (0, FLASH_ON, FLASH_OFF) or channel >= self.channels:
            raise Refusal(ILLEGAL_ADDRESS)
        if group == 0:
            self._set(channel, value, at_s)
            return
        if not 1 <= value <= MAX_FLASH:
            raise Refusal(ILLEGAL_VALUE)
        after_ms = value * FLASH_UNIT_MS
        if group == FLASH_ON:
            self._flash_on(channel, after_ms, at_s)
        else:
            self.switch(channel, False)
            self._later(channel, after_ms, True)

    # Relays.

    def _set(self, channel: int, value: int, at_s: float) -> None:
        if value not in (ON, OFF, TOGGLE):
            raise Refusal(ILLEGAL_VALUE)
        self.switch(channel, value == ON or (value == TOGGLE and not self._relays[channel]), at_s)

    def switch(self, channel: int, on: bool, at_s: float | None = None) -> None:
        """Hold a relay on or let it go; ends a flash of it."""
        self._forget_timer(channel)
        compartment = self._wiring.get(channel + 1)
        if compartment is not None and on and not self._relays[channel]:
            self._world.coil_on(compartment, at_s)
        elif compartment is not None and not on and self._relays[channel]:
            self._world.coil_off(compartment)
        self._relays[channel] = on

    def _flash_on(self, channel: int, for_ms: int, at_s: float) -> None:
        compartment = self._wiring.get(channel + 1)
        if compartment is not None:
            self._world.pulse(compartment, for_ms, at_s)
        self._forget_timer(channel)
        self._relays[channel] = True
        self._later(channel, for_ms, False)

    def _later(self, channel: int, after_ms: int, on: bool) -> None:
        loop = asyncio.get_running_loop()
        self._timers[channel] = loop.call_later(after_ms / 1_000, self.switch, channel, on)

    def _forget_timer(self, channel: int) -> None:
        timer = self._timers[channel]
        if timer is not None:
            timer.cancel()
        self._timers[channel] = None
