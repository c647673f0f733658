"""LC-tech style Modbus modules of 1, 2, 4 or 8 relays with opto-coupled inputs (9600 8N1, address 255 as
sold).

Relays 0000h.. by function 05 with FF00h and 0000h, timed by the driver; inputs by function 02, which must be
asked for eight whatever the module has.  Source: two published descriptions of these modules that agree.
"""

from __future__ import annotations

from hal.interfaces import LockBoard
from hal.locks.feedback import SolenoidTurn
from hal.locks.modbus_board import MAX_ADDRESS, Inputs, inputs_option
from hal.locks.modbus_switched import SwitchedRelayBoard
from hal.locks.options import board_options
from hal.locks.setup import Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "make"]

KIND = "modbus-lctech"
FAMILY = Family(addresses=(1, MAX_ADDRESS), first=0, last=7)
ON = 0xFF00
INPUTS_ASKED = 8


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """Options besides the common ones: `inputs`, `inputs_address`, `first_input` (see modbus_board)."""
    with board_options(board) as options:
        setup = board_setup(board, line, owner, turn, FAMILY, options)
        inputs = inputs_option(options, setup)
        if inputs is not None and inputs.address == board.address:
            if inputs.first + board.channels > INPUTS_ASKED:
                raise options.wrong("first_input", f"{inputs.first} + channels is past {INPUTS_ASKED} inputs")
            inputs = Inputs(inputs.address, 0, INPUTS_ASKED, skip=inputs.first)
        return SwitchedRelayBoard(setup, inputs, on=ON)
