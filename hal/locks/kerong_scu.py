"""KERONG SCU units of one lock (see hal/framing/kerong_scu.py); known from one open driver and unverified.

The answers to a status request and to an unlock look alike, so the two share their late replies.
"""

from __future__ import annotations

from hal.errors import DeviceRefused
from hal.framing import kerong_scu as frames
from hal.interfaces import LockBoard, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.locks.line_board import Ask, Contacts, LineBoard
from hal.locks.options import board_options
from hal.locks.setup import BoardSetup, Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.late_replies import ReplyKey
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "KerongScuBoard", "make"]

KIND = "kerong-scu"
FAMILY = Family(addresses=(0, frames.MAX_UNIT), first=0, last=0)


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """Options besides the common ones: `pad` (default true) ends a request by 00; `check` (default true)
    compares the sum in byte 6 of a reply."""
    with board_options(board) as options:
        setup = board_setup(board, line, owner, turn, FAMILY, options)
        padded, check = options.flag("pad", default=True), options.flag("check", default=True)
        return KerongScuBoard(setup, padded=padded, check=check)


class KerongScuBoard(LineBoard[frames.Reply]):
    """A `LockBoard` of one channel."""

    def __init__(self, setup: BoardSetup, *, padded: bool, check: bool) -> None:
        super().__init__(setup)
        self._padded = padded
        self._check = check

    def shape_of(self, frame: frames.Reply) -> ReplyKey:
        """The unit: nothing tells its replies apart."""
        return (frame.unit, 0)

    def unlock_ask(self, number: int) -> Ask[frames.Reply, PulseResult]:
        """REFUSED when the unit reports no success."""

        def answer(frame: frames.Reply) -> PulseResult | None:
            if frame.unit != self.info.address:
                return None
            return PulseResult.ACKNOWLEDGED if frame.success else PulseResult.REFUSED

        request = frames.encode_unlock(self.info.address, padded=self._padded)
        return Ask(request, (self.info.address, 0), frames.parser(check=self._check), answer)

    def feedback_ask(self) -> Ask[frames.Reply, Contacts]:
        """The one contact."""

        def answer(frame: frames.Reply) -> Contacts | None:
            if frame.unit != self.info.address:
                return None
            if not frame.success:
                raise DeviceRefused(self.setup.device, "the unit reports no success")
            return (frame.closed,)

        request = frames.encode_status(self.info.address, padded=self._padded)
        return Ask(request, (self.info.address, 0), frames.parser(check=self._check), answer)
