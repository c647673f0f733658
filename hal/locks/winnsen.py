"""Winnsen boards of sixteen locks (see hal/framing/winnsen.py).

Their frames have no check.  A reply counts only with the right length, end, function, station and lock; a
bit error in the two bytes that are left may still pass for another state, which the debouncing of whoever
polls must bear.  "Cooling down" (result 02) is REFUSED; 00, not opened, is UNKNOWN, since the coil may have
been pulled.
"""

from __future__ import annotations

from hal.framing import winnsen as frames
from hal.interfaces import LockBoard, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.locks.line_board import Ask, Contacts, LineBoard
from hal.locks.options import board_options
from hal.locks.setup import BoardSetup, Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.late_replies import ReplyKey
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "WinnsenBoard", "make"]

KIND = "winnsen"
FAMILY = Family(
    addresses=(0, frames.MAX_STATION),
    first=1,
    last=frames.LOCKS,
    unlock_timeout_ms=3000,
)
"""Hosts wait 3 s for an unlock; a read is answered at once."""


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """Options besides the common ones: `failure_means`, `unknown` (default: the coil may have been pulled) or
    `refused`, for the unlock result 00."""
    with board_options(board) as options:
        setup = board_setup(board, line, owner, turn, FAMILY, options)
        means = options.choice("failure_means", "unknown", ("unknown", "refused"))
        return WinnsenBoard(setup, failure=PulseResult(means))


class WinnsenBoard(LineBoard[frames.Reply]):
    """A `LockBoard`."""

    def __init__(self, setup: BoardSetup, *, failure: PulseResult) -> None:
        super().__init__(setup)
        self._results = {
            frames.OPENED: PulseResult.ACKNOWLEDGED,
            frames.NOT_OPENED: failure,
            frames.COOLING: PulseResult.REFUSED,
        }

    def shape_of(self, frame: frames.Reply) -> ReplyKey:
        """Station and function."""
        return (frame.station, frame.function)

    def unlock_ask(self, number: int) -> Ask[frames.Reply, PulseResult]:
        """05, answered by 85 for this lock; a result that is none of the known is garbage."""
        station = self.info.address

        def answer(frame: frames.Reply) -> PulseResult | None:
            if (frame.function, frame.station, frame.first) != (frames.UNLOCKED, station, number):
                return None
            return self._results.get(frame.second)

        request = frames.encode_unlock(station, number)
        return Ask(request, (station, frames.UNLOCKED), frames.parser(), answer)

    def feedback_ask(self) -> Ask[frames.Reply, Contacts]:
        """02 of all sixteen."""
        station = self.info.address

        def answer(frame: frames.Reply) -> Contacts | None:
            mine = (frame.function, frame.station) == (frames.POLLED, station)
            return frame.closed() if mine else None

        return Ask(frames.encode_poll(station), (station, frames.POLLED), frames.parser(), answer)
