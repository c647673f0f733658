"""Waveshare "Modbus RTU Relay" boards of 8, 16 and 32 channels, with inputs ("(D)") or an input board beside
them, and boards that copy them.

Unlock pulse: function 05 "flash on", timed by the board in steps of 100 ms, rounded up.  Feedback: function
02, input n beside relay n.  Source: Waveshare wiki, "Modbus RTU Relay" and "Modbus RTU Relay (D)", protocol
V2.  The inputs must be in normal mode (register 1000h + n = 0), otherwise they switch the relays.
"""

from __future__ import annotations

from pymodbus.pdu import ModbusPDU

from hal.framing.modbus_rtu import FLASH_ON_BASE, flash_units
from hal.interfaces import LockBoard, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.locks.line_board import Ask
from hal.locks.modbus_board import MAX_ADDRESS, ModbusBoard, inputs_option
from hal.locks.options import board_options
from hal.locks.setup import Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "ModbusRelayBoard", "make"]

KIND = "modbus-relay"
FAMILY = Family(addresses=(1, MAX_ADDRESS), first=0, last=31)
"""Relays 0..31: the largest board of the family.  Hosts in the field wait 1 s; the reply itself takes 10
ms."""
VERSION_REGISTER = 0x8000


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """Options besides the common ones: `inputs`, `inputs_address`, `first_input` (see modbus_board)."""
    with board_options(board) as options:
        setup = board_setup(board, line, owner, turn, FAMILY, options)
        return ModbusRelayBoard(setup, inputs_option(options, setup))


class ModbusRelayBoard(ModbusBoard):
    """A `LockBoard` whose pulses are timed by the board."""

    def unlock_ask(self, number: int) -> Ask[ModbusPDU, PulseResult]:
        """Relay on now, off by itself."""
        return self.write_coil(FLASH_ON_BASE + number, flash_units(self.setup.pulse_ms))

    async def version(self, deadline: float) -> str | None:
        """The board's software version, such as `2.00`."""
        return f"{await self.read_register(VERSION_REGISTER, deadline) / 100:.2f}"
