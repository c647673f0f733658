"""KERONG CU12 boards (see hal/framing/kerong_12.py); known from one open project and unverified.

An unlock is answered: success is ACKNOWLEDGED, "time-out" may have pulled the coil and is UNKNOWN, the other
results are REFUSED.
"""

from __future__ import annotations

from hal.errors import DeviceRefused
from hal.framing import kerong_12 as frames
from hal.interfaces import LockBoard, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.locks.line_board import Ask, Contacts, LineBoard
from hal.locks.options import board_options
from hal.locks.setup import Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.late_replies import ReplyKey
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "KerongCu12Board", "make"]

KIND = "kerong-cu12"
FAMILY = Family(addresses=(0, frames.MAX_BOARD), first=0, last=frames.LOCKS - 1)
RESULTS = {frames.SUCCESS: PulseResult.ACKNOWLEDGED, frames.TIMED_OUT: PulseResult.UNKNOWN}


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """No options but the common ones."""
    with board_options(board) as options:
        return KerongCu12Board(board_setup(board, line, owner, turn, FAMILY, options))


class KerongCu12Board(LineBoard[frames.Reply]):
    """A `LockBoard`."""

    def shape_of(self, frame: frames.Reply) -> ReplyKey:
        """Board and command."""
        return (frame.board, frame.command)

    def unlock_ask(self, number: int) -> Ask[frames.Reply, PulseResult]:
        """81, answered for this lock."""
        board = self.info.address

        def answer(frame: frames.Reply) -> PulseResult | None:
            if (frame.board, frame.command, frame.lock) != (board, frames.UNLOCK, number):
                return None
            return RESULTS.get(frame.ask, PulseResult.REFUSED)

        request = frames.encode_unlock(board, number)
        return Ask(request, (board, frames.UNLOCK), frames.parser(), answer)

    def feedback_ask(self) -> Ask[frames.Reply, Contacts]:
        """80, answered by two bytes."""
        board = self.info.address

        def answer(frame: frames.Reply) -> Contacts | None:
            if (frame.board, frame.command) != (board, frames.STATUS):
                return None
            if frame.ask != frames.SUCCESS:
                raise DeviceRefused(self.setup.device, f"status answered by {frame.ask:02X}")
            return frame.locked() if len(frame.data) * 8 >= self.locks_read else None

        return Ask(frames.encode_status(board), (board, frames.STATUS), frames.parser(), answer)
