"""Modbus boards beside the Waveshare relay board: LC-tech style modules, STM8 relay boards, input boards.

    LC-tech   relays 0x0000+n   05 with FF00 / 0000, 0F; inputs by 02, asked for eight at once; no flash
    STM8      relays 0x0001+n   05 with 0100 / 0000; address at 0x4000; no inputs, no flash
    inputs    0x0000+n          02; nothing to switch

Sources: CSDN 112915034 and an artisan discussion (LC-tech), TG9541's gist, a pastebin and mb_gate (STM8).
What they do not show (other functions and registers) is refused here as Modbus refuses it.
"""

from __future__ import annotations

from typing import Final

from simulators.modbus_relay import (
    ADDRESS,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    OFF,
    ON,
    ModbusRelayBoard,
    Refusal,
)

__all__ = ["LcTechBoard", "ModbusInputBoard", "Stm8Board"]

STM8_ON: Final = 0x0100
STM8_FIRST: Final = 0x0001
STM8_VERSIONS: Final = frozenset({0x0004, 0x0008, 0x0010, 0x0020})
LCTECH_INPUTS: Final = 8


class LcTechBoard(ModbusRelayBoard):
    """One module of 1 to 8 relays; sold with address 255."""

    def read_inputs(self, first: int, count: int) -> bytes:
        """Eight inputs or none."""
        if (first, count) != (0, LCTECH_INPUTS):
            raise Refusal(ILLEGAL_VALUE)
        return self.bits(first, count, LCTECH_INPUTS, self.input_closed)

    def write_coil(self, at: int, value: int, at_s: float) -> None:
        """On and off, and nothing that times itself."""
        if at >= self.channels:
            raise Refusal(ILLEGAL_ADDRESS)
        if value not in (ON, OFF):
            raise Refusal(ILLEGAL_VALUE)
        self.switch(at, value == ON, at_s)

    def write_register(self, at: int, value: int) -> None:
        """No register is described."""
        raise Refusal(ILLEGAL_ADDRESS)

    def register(self, at: int) -> int:
        """No register is described."""
        raise Refusal(ILLEGAL_ADDRESS)


class Stm8Board(ModbusRelayBoard):
    """One board of four relays, numbered from 1."""

    def read_inputs(self, first: int, count: int) -> bytes:
        """It has none."""
        raise Refusal(ILLEGAL_FUNCTION)

    def write_coil(self, at: int, value: int, at_s: float) -> None:
        """0100 is on, 0 off; FF00 is neither."""
        if not STM8_FIRST <= at < STM8_FIRST + self.channels:
            raise Refusal(ILLEGAL_ADDRESS)
        if value not in (STM8_ON, OFF):
            raise Refusal(ILLEGAL_VALUE)
        self.switch(at - STM8_FIRST, value == STM8_ON, at_s)

    def write_coils(self, first: int, count: int, data: bytes, at_s: float) -> None:
        """Not described."""
        raise Refusal(ILLEGAL_FUNCTION)

    def write_register(self, at: int, value: int) -> None:
        """The address and nothing else."""
        if at != ADDRESS:
            raise Refusal(ILLEGAL_ADDRESS)
        super().write_register(at, value)

    def register(self, at: int) -> int:
        """The address and four version registers."""
        if at in STM8_VERSIONS:
            return 1
        if at == ADDRESS:
            return self.address
        raise Refusal(ILLEGAL_ADDRESS)


class ModbusInputBoard(ModbusRelayBoard):
    """A board of inputs only, beside relay boards that have none.  Its wiring maps inputs, from 1."""

    def write_coil(self, at: int, value: int, at_s: float) -> None:
        """It has no relays."""
        raise Refusal(ILLEGAL_FUNCTION)

    def write_coils(self, first: int, count: int, data: bytes, at_s: float) -> None:
        """It has no relays."""
        raise Refusal(ILLEGAL_FUNCTION)
