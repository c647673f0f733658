"""STM8 boards of 4 relays with a function 05 of their own (9600 8N1).

Coils are numbered from 0001h and switched on by 0100h, off by 0; timed by the driver.  No source shows
inputs: `inputs` is `none` unless an input board is named by `inputs_address`.  Source: two published
descriptions of these boards and a driver, which agree on coils and values; they list four version registers
without a format.
"""

from __future__ import annotations

from hal.interfaces import LockBoard
from hal.locks.feedback import SolenoidTurn
from hal.locks.modbus_board import MAX_ADDRESS, inputs_option
from hal.locks.modbus_switched import SwitchedRelayBoard
from hal.locks.options import board_options
from hal.locks.setup import Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "make"]

KIND = "modbus-stm8"
FAMILY = Family(addresses=(1, MAX_ADDRESS), first=1, last=4)
ON = 0x0100


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """Options besides the common ones: `inputs` (here `none` by default), `inputs_address`, `first_input`
    (see modbus_board)."""
    with board_options(board) as options:
        setup = board_setup(board, line, owner, turn, FAMILY, options)
        return SwitchedRelayBoard(setup, inputs_option(options, setup, usual="none"), on=ON)
