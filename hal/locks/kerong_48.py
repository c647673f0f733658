"""KERONG CU48 boards and their variant with command codes 60 and 61 (see hal/framing/kerong_48.py).

A CU48 never answers an unlock: a pulse that left is UNKNOWN, and the poll tells what became of it.  The
variant answers; it is known from one open driver and unverified.
"""

from __future__ import annotations

from hal.framing import kerong_48 as frames
from hal.interfaces import LockBoard, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.locks.line_board import Ask, Contacts, LineBoard
from hal.locks.options import board_options
from hal.locks.setup import BoardSetup, Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.late_replies import ReplyKey
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "KIND_60", "KerongCu48Board", "make", "make_60"]

KIND = "kerong-cu48"
KIND_60 = "kerong-cu60"
FAMILY = Family(addresses=(0, frames.MAX_BOARD), first=0, last=frames.LOCKS - 1)


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """A CU48; no options but the common ones."""
    return _make(board, line, owner, turn, frames.CU48)


def make_60(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """The variant; no options but the common ones."""
    return _make(board, line, owner, turn, frames.CU60)


def _make(
    board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn, codes: frames.Codes
) -> LockBoard:
    with board_options(board) as options:
        return KerongCu48Board(board_setup(board, line, owner, turn, FAMILY, options), codes)


class KerongCu48Board(LineBoard[frames.Reply]):
    """A `LockBoard` of either variant."""

    def __init__(self, setup: BoardSetup, codes: frames.Codes) -> None:
        super().__init__(setup)
        self._codes = codes

    def shape_of(self, frame: frames.Reply) -> ReplyKey:
        """Board and command."""
        is_status = isinstance(frame, frames.Status)
        return (frame.board, self._codes.status if is_status else self._codes.unlock)

    def unlock_ask(self, number: int) -> Ask[frames.Reply, PulseResult]:
        """Answered by the variant only."""
        board = self.info.address

        def answer(frame: frames.Reply) -> PulseResult | None:
            return PulseResult.ACKNOWLEDGED if frame == frames.Opened(board, number) else None

        shape = None if self._codes.opened is None else (board, self._codes.unlock)
        return Ask(self._codes.encode_unlock(board, number), shape, self._codes.parser(), answer)

    def feedback_ask(self) -> Ask[frames.Reply, Contacts]:
        """All 48 locks."""
        board = self.info.address

        def answer(frame: frames.Reply) -> Contacts | None:
            return frame.locked if isinstance(frame, frames.Status) and frame.board == board else None

        return Ask(
            self._codes.encode_status(board), (board, self._codes.status), self._codes.parser(), answer
        )
