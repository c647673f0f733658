"""Boards whose frames begin with "WKLY" (see hal/framing/wkly.py), of 12 or 24 locks."""

from __future__ import annotations

from collections.abc import Callable

from hal.errors import DeviceRefused
from hal.framing import wkly as frames
from hal.interfaces import LockBoard, LockFeedback, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.locks.line_board import Ask, Contacts, LineBoard
from hal.locks.options import board_options
from hal.locks.pushed import Pushes
from hal.locks.setup import BoardSetup, Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.late_replies import ReplyKey
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "WklyBoard", "make"]

KIND = "wkly"
FAMILY = Family(
    addresses=(0, frames.MAX_BOARD),
    first=0,
    last=frames.MAX_CHANNELS,
    max_channels=frames.MAX_CHANNELS,
)
FIRST_CHANNEL = 1
"""Sources disagree whether channels are numbered from 0 or from 1."""


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """Options besides the common ones: `first_channel` is 1 (default) or 0 and shifts the numbers, not the
    locks; `push_feedback` (default true) takes states that the board sends unasked."""
    with board_options(board) as options:
        setup = board_setup(board, line, owner, turn, FAMILY, options, first=FIRST_CHANNEL)
        if setup.first_channel > 1:
            raise options.wrong("first_channel", f"{setup.first_channel} is neither 0 nor 1")
        return WklyBoard(setup, pushes=options.flag("push_feedback", default=True))


class WklyBoard(LineBoard[frames.Frame]):
    """A `LockBoard` and `FeedbackPusher`."""

    def __init__(self, setup: BoardSetup, *, pushes: bool = True) -> None:
        super().__init__(setup)
        self.skip = 0
        self._pushed = Pushes(setup)
        if pushes:
            parser = frames.parser()
            setup.line.listen(lambda data: self._hear(parser.feed(data)))

    def on_feedback(self, told: Callable[[int, LockFeedback], None]) -> None:
        """Call `told(channel, feedback)` for every state the board sends by itself."""
        self._pushed.subscribe(told)

    def shape_of(self, frame: frames.Frame) -> ReplyKey:
        """Board and command."""
        return (frame.board, frame.command)

    def unlock_ask(self, number: int) -> Ask[frames.Frame, PulseResult]:
        """82; status FF is REFUSED."""
        board = self.info.address

        def answer(frame: frames.Frame) -> PulseResult | None:
            mine = (frame.board, frame.command) == (board, frames.UNLOCK)
            if not mine or frame.data[:1] != bytes((number,)):
                return None
            return PulseResult.ACKNOWLEDGED if frame.done else PulseResult.REFUSED

        request = frames.encode_unlock(board, number)
        return Ask(request, (board, frames.UNLOCK), frames.parser(), answer)

    def feedback_ask(self) -> Ask[frames.Frame, Contacts]:
        """84: one state byte a channel."""
        board = self.info.address

        def answer(frame: frames.Frame) -> Contacts | None:
            if (frame.board, frame.command) != (board, frames.READ_ALL):
                return None
            if not frame.done:
                raise DeviceRefused(self.setup.device, "the board cannot read its states")
            states = frame.data[1:]
            if len(states) != frame.data[0] or len(states) < self.locks_read:
                return None
            return [frames.state(byte) for byte in states]

        return Ask(frames.encode_read_all(board), (board, frames.READ_ALL), frames.parser(), answer)

    def _hear(self, heard: list[frames.Frame]) -> None:
        for frame in heard:
            is_change = frame.command == frames.CHANGED and len(frame.data) == 2
            if is_change and frame.board == self.info.address:
                self._pushed.tell(frame.data[0], frames.state(frame.data[1]))
