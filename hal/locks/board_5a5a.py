"""Boards of 24 locks whose frames begin 5A 5A (see hal/framing/board_5a5a.py): they can be told to open, no
more.

Nobody knows how they answer or tell a state.  Every pulse that left is UNKNOWN and every door reads
UNKNOWN, so a station needs them to be watched otherwise; `online` says that the port is open, since nothing
says more.
"""

from __future__ import annotations

from hal.errors import DeviceOffline
from hal.framing import board_5a5a as frames
from hal.interfaces import LockBoard, LockFeedback, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.locks.line_board import Ask, LineBoard
from hal.locks.options import board_options
from hal.locks.setup import Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "Board5A5A", "make"]

KIND = "5a5a"
FAMILY = Family(addresses=(0, frames.MAX_BOARD), first=1, last=frames.LOCKS)


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """No options but the common ones, of which the time-outs have no use here."""
    with board_options(board) as options:
        return Board5A5A(board_setup(board, line, owner, turn, FAMILY, options))


class Board5A5A(LineBoard[None]):
    """A `LockBoard` without feedback."""

    @property
    def online(self) -> bool:
        """True while the port is open."""
        return self.setup.line.online

    def unlock_ask(self, number: int) -> Ask[None, PulseResult]:
        """Never answered."""
        return Ask(frames.encode_unlock(self.info.address, number), None, _NoReplies(), lambda frame: None)

    async def read_feedback(self, deadline: float) -> tuple[LockFeedback, ...]:
        """UNKNOWN of every channel; DeviceOffline while the port is away."""
        if not self.setup.line.online:
            raise DeviceOffline(self.setup.device, f"{self.info.port} is not open")
        return (LockFeedback.UNKNOWN,) * self.info.channels


class _NoReplies:
    def feed(self, data: bytes) -> tuple[None, ...]:
        return ()
