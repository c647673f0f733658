"""What Modbus relay boards have in common: feedback by function 02, exception replies, the version register.

The feedback contacts hang on the board's own inputs, on those of an input board at another address of the
line (`inputs_address`), or nowhere (`inputs = "none"`: every door reads UNKNOWN).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from hal.errors import DeviceOffline, DeviceRefused
from hal.framing.modbus_rtu import ModbusParser, WriteCoilPdu, encode
from hal.interfaces import LockFeedback, PulseResult
from hal.locks.line_board import Ask, Contacts, LineBoard
from hal.locks.options import Options
from hal.locks.setup import BoardSetup
from hal.transport.late_replies import ReplyKey

__all__ = ["MAX_ADDRESS", "Inputs", "ModbusBoard", "inputs_option"]

MAX_ADDRESS = 255
"""Modbus ends at 247, these boards at 255; 0 means "whoever is on the bus" and is never used."""
MAX_INPUT = 255
ERROR_BIT = 0x80
MAY_HAVE_ACTED = frozenset({4, 5})
"""Modbus exceptions "device failure" (while doing it) and "acknowledge" (still doing it); the others come
before."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where the contacts are read: `count` inputs of unit `address` from `first` on, channel 1 at `skip`."""

    address: int
    first: int
    count: int
    skip: int = 0


def inputs_option(options: Options, setup: BoardSetup, *, usual: str = "own") -> Inputs | None:
    """The options `inputs` (`own` or `none`), `inputs_address` (1..255, default: the board's own) and
    `first_input` (0..255, default: as many inputs before it as relays before channel 1's)."""
    source = options.choice("inputs", usual, ("own", "none"))
    address = options.integer("inputs_address", setup.info.address, 1, MAX_ADDRESS)
    first = options.integer("first_input", setup.skip, 0, MAX_INPUT)
    if source == "none" and address == setup.info.address:
        return None
    return Inputs(address, first, setup.info.channels)


class ModbusBoard(LineBoard[ModbusPDU]):
    """A board of relays; how they give a pulse is its kind's."""

    def __init__(self, setup: BoardSetup, inputs: Inputs | None) -> None:
        super().__init__(setup)
        self._inputs = inputs
        self.skip = inputs.skip if inputs is not None else 0

    def shape_of(self, frame: ModbusPDU) -> ReplyKey:
        """Unit and function."""
        return (frame.dev_id, frame.function_code & ~ERROR_BIT)

    def question(self, request: ModbusPDU, accept: Callable[[ModbusPDU], bool]) -> Ask[ModbusPDU, ModbusPDU]:
        """`request`, answered by what `accept` takes or by the unit's exception reply to it."""
        shape = (request.dev_id, request.function_code)

        def answer(pdu: ModbusPDU) -> ModbusPDU | None:
            fits = (pdu.dev_id, pdu.function_code & ~ERROR_BIT) == shape
            return pdu if fits and (pdu.isError() or accept(pdu)) else None

        return Ask(encode(request), shape, ModbusParser(), answer)

    def write_coil(self, number: int, value: int) -> Ask[ModbusPDU, PulseResult]:
        """Function 05, answered by its own echo."""
        unit = self.info.address
        asked = self.question(
            WriteCoilPdu(unit, address=number, value=value),
            lambda pdu: isinstance(pdu, WriteCoilPdu) and (pdu.address, pdu.value) == (number, value),
        )

        def answer(pdu: ModbusPDU) -> PulseResult | None:
            reply = asked.answer(pdu)
            if reply is None:
                return None
            if not reply.isError():
                return PulseResult.ACKNOWLEDGED
            return PulseResult.UNKNOWN if reply.exception_code in MAY_HAVE_ACTED else PulseResult.REFUSED

        return Ask(asked.request, asked.shape, asked.parser, answer)

    def feedback_ask(self) -> Ask[ModbusPDU, Contacts]:
        """Function 02; a contact is closed where an input is 1."""
        assert self._inputs is not None
        unit, first, count = self._inputs.address, self._inputs.first, self._inputs.count
        padded = -(-count // 8) * 8
        asked = self.question(
            ReadDiscreteInputsRequest(dev_id=unit, address=first, count=count),
            lambda pdu: len(pdu.bits) == padded,
        )

        def answer(pdu: ModbusPDU) -> Contacts | None:
            reply = asked.answer(pdu)
            return None if reply is None else [bool(bit) for bit in self._unless_error(reply).bits]

        return Ask(asked.request, asked.shape, asked.parser, answer)

    async def read_feedback(self, deadline: float) -> tuple[LockFeedback, ...]:
        """All channels, channel 1 first; UNKNOWN without asking where no inputs are wired."""
        if self._inputs is None:
            if not self.setup.line.online:
                raise DeviceOffline(self.setup.device, f"{self.info.port} is not open")
            return (LockFeedback.UNKNOWN,) * self.info.channels
        return await super().read_feedback(deadline)

    async def read_register(self, register: int, deadline: float) -> int:
        """One holding register of the board."""
        asked = self.question(
            ReadHoldingRegistersRequest(dev_id=self.info.address, address=register, count=1),
            lambda pdu: len(pdu.registers) == 1,
        )
        reply = await self.transact(asked, self.setup.read_timeout_s, deadline)
        return int(self._unless_error(reply).registers[0])

    def _unless_error(self, reply: ModbusPDU) -> ModbusPDU:
        if reply.isError():
            raise DeviceRefused(self.setup.device, f"Modbus exception {reply.exception_code}")
        return reply
