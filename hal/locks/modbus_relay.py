"""Waveshare "Modbus RTU Relay" boards with inputs ("(D)"), and boards that copy them.

Unlock pulse: function 05 "flash on", timed by the board.  Feedback: function 02, input n beside relay n.
Source: Waveshare wiki, "Modbus RTU Relay" and "Modbus RTU Relay (D)", protocol V2.  The inputs must be in
normal mode (register 1000h + n = 0), otherwise they switch the relays.
"""

from __future__ import annotations

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from hal.errors import DeviceOffline, DeviceRefused, NoAnswer
from hal.framing.modbus_flash import FLASH_ON_BASE, FLASH_UNIT_MS, FlashOnPdu, flash_units
from hal.interfaces import BoardInfo, LockFeedback, PulseResult
from hal.locks.feedback import Polarity, SolenoidTurn
from hal.transport.modbus_bus import Accept, ModbusBus
from hal.transport.trace import RingTrace

__all__ = ["KIND", "MAX_ADDRESS", "MAX_CHANNELS", "ModbusRelayBoard"]

KIND = "modbus-relay"
MAX_ADDRESS = 255
"""Modbus ends at 247, these boards at 255; 0 means "whoever is on the bus" and is never used."""
MAX_CHANNELS = 32
"""The largest board of the family."""

PULSE_REPLY_TIMEOUT_S = 1.0
"""Common in the field; the reply itself takes 10 ms at 9600 baud."""
READ_REPLY_TIMEOUT_S = 0.5
"""Shorter, since a read may be asked again: a dead board must not hold the bus while another is to open a
door."""
VERSION_REGISTER = 0x8000
MAY_HAVE_ACTED = frozenset({4, 5})
"""Modbus exceptions "device failure" (while doing it) and "acknowledge" (still doing it); the others come
before."""


class ModbusRelayBoard:
    """A `LockBoard`.  `pulse_ms` (1..3000) is rounded up to the board's 100 ms; ValueError outside."""

    def __init__(
        self, info: BoardInfo, bus: ModbusBus, turn: SolenoidTurn, *, pulse_ms: int, polarity: Polarity
    ) -> None:
        self.info = info
        self._bus = bus
        self._turn = turn
        self._units = flash_units(pulse_ms)
        self._polarity = polarity
        self._device = f"{info.kind}@{info.port}#{info.address}"
        self._answered = False

    @property
    def online(self) -> bool:
        """True while the last transaction with this board was answered."""
        return self._answered and self._bus.online

    @property
    def trace(self) -> RingTrace:
        """The last bytes of the bus."""
        return self._bus.trace

    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        """Send one unlock pulse on `channel` (1…n), exactly once."""
        if not 1 <= channel <= self.info.channels:
            raise ValueError(f"channel {channel} is not in 1..{self.info.channels}")
        request = FlashOnPdu(self.info.address, address=FLASH_ON_BASE + channel - 1, value=self._units)

        def echoes(pdu: ModbusPDU) -> bool:
            return isinstance(pdu, FlashOnPdu) and (pdu.address, pdu.value) == (
                request.address,
                request.value,
            )

        try:
            async with self._turn.take(self._units * FLASH_UNIT_MS / 1000, deadline):
                reply = await self._bus.ask(
                    self._device, request, echoes, reply_timeout_s=PULSE_REPLY_TIMEOUT_S, deadline=deadline
                )
        except (DeviceOffline, TimeoutError):
            return PulseResult.NOT_SENT
        except NoAnswer:
            self._answered = False
            return PulseResult.UNKNOWN
        self._answered = True
        if not reply.isError():
            return PulseResult.ACKNOWLEDGED
        return PulseResult.UNKNOWN if reply.exception_code in MAY_HAVE_ACTED else PulseResult.REFUSED

    async def read_feedback(self, deadline: float) -> tuple[LockFeedback, ...]:
        """All channels, channel 1 first."""
        wanted = self.info.channels
        request = ReadDiscreteInputsRequest(dev_id=self.info.address, address=0, count=wanted)
        padded = -(-wanted // 8) * 8
        reply = await self._ask(request, lambda pdu: len(pdu.bits) == padded, deadline)
        return tuple(self._polarity.feedback(bool(bit)) for bit in reply.bits[:wanted])

    async def version(self, deadline: float) -> str | None:
        """The board's software version, such as `2.00`."""
        request = ReadHoldingRegistersRequest(dev_id=self.info.address, address=VERSION_REGISTER, count=1)
        reply = await self._ask(request, lambda pdu: len(pdu.registers) == 1, deadline)
        return f"{reply.registers[0] / 100:.2f}"

    async def _ask(self, request: ModbusPDU, accept: Accept, deadline: float) -> ModbusPDU:
        try:
            reply = await self._bus.ask(
                self._device, request, accept, reply_timeout_s=READ_REPLY_TIMEOUT_S, deadline=deadline
            )
        except NoAnswer:
            self._answered = False
            raise
        self._answered = True
        if reply.isError():
            raise DeviceRefused(self._device, f"Modbus exception {reply.exception_code}")
        return reply
