"""KERONG KR-CU16 boards: sixteen locks, five-byte frames (see hal/framing/kerong_16.py).

An unlock has no mandatory answer: a pulse that left is UNKNOWN, and the poll of the hooks tells what became
of it.  A status that some firmware sends by itself when a hook moves is as true as one that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable

from hal.errors import DeviceOffline, NoAnswer
from hal.framing import kerong_16 as frames
from hal.interfaces import LockBoard, LockFeedback, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.locks.line_board import Ask, Contacts, LineBoard
from hal.locks.options import board_options
from hal.locks.pushed import Pushes
from hal.locks.setup import BoardSetup, Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.late_replies import ReplyKey
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "KerongCu16Board", "make"]

KIND = "kerong-cu16"
FAMILY = Family(addresses=(0, frames.MAX_BOARD), first=0, last=frames.LOCKS - 1)


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """Options besides the common ones: `push_feedback` (default true) takes states that some firmware sends
    when a hook moves; `set_unlock_time` (default false) writes `pulse_ms`, rounded up to 10 ms, into the
    board before the first pulse, and again after it was silent."""
    with board_options(board) as options:
        setup = board_setup(board, line, owner, turn, FAMILY, options)
        return KerongCu16Board(
            setup,
            set_unlock_time=options.flag("set_unlock_time", default=False),
            pushes=options.flag("push_feedback", default=True),
        )


class KerongCu16Board(LineBoard[frames.AnyReply]):
    """A `LockBoard` and `FeedbackPusher`.  Its own unlock time counts unless `set_unlock_time`."""

    def __init__(self, setup: BoardSetup, *, set_unlock_time: bool = False, pushes: bool = True) -> None:
        super().__init__(setup)
        self._time_ms = -(-setup.pulse_ms // frames.TIME_UNIT_MS) * frames.TIME_UNIT_MS
        self._set_unlock_time = set_unlock_time
        self._time_set_after: int | None = None
        """How often the board had been silent when its time was set; None before."""
        self._pushed = Pushes(setup)
        self._last: tuple[bool, ...] | None = None
        if pushes:
            parser = frames.parser()
            setup.line.listen(lambda data: self._hear(parser.feed(data)))

    def on_feedback(self, told: Callable[[int, LockFeedback], None]) -> None:
        """Call `told(channel, feedback)` for every hook that a status shows moved: the frame that the board
        sends by itself looks like the answer to a question."""
        self._pushed.subscribe(told)

    def _hear(self, heard: list[frames.AnyReply]) -> None:
        for frame in heard:
            if not isinstance(frame, frames.Status) or frame.board != self.info.address:
                continue
            before, self._last = self._last, frame.locked
            for number, locked in enumerate(frame.locked):
                if before is not None and locked != before[number]:
                    self._pushed.tell(number, locked)

    def shape_of(self, frame: frames.AnyReply) -> ReplyKey:
        """Board and kind of reply."""
        return (frame.board, frames.STATUS if isinstance(frame, frames.Status) else frames.TIME)

    def unlock_ask(self, number: int) -> Ask[frames.AnyReply, PulseResult]:
        """31, never answered."""
        request = frames.encode_unlock(self.info.address, number)
        return Ask(request, None, frames.parser(), lambda frame: None)

    def feedback_ask(self) -> Ask[frames.AnyReply, Contacts]:
        """30, answered by 35."""

        def answer(frame: frames.AnyReply) -> Contacts | None:
            mine = isinstance(frame, frames.Status) and frame.board == self.info.address
            return frame.locked if mine and isinstance(frame, frames.Status) else None

        shape = (self.info.address, frames.STATUS)
        return Ask(frames.encode_read(self.info.address), shape, frames.parser(), answer)

    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        """Send one unlock pulse.  NOT_SENT also when the board did not confirm the time that was to be
        set."""
        self.setup.wire_number(channel)
        if self._set_unlock_time and self._time_set_after != self.silences:
            try:
                is_set = await self._set_time(deadline)
            except (NoAnswer, DeviceOffline):
                is_set = False
            if not is_set:
                return PulseResult.NOT_SENT
            self._time_set_after = self.silences
        return await super().pulse(channel, deadline)

    async def _set_time(self, deadline: float) -> bool:
        """Write the unlock time and read it back: no source says whether writing is answered."""
        board = self.info.address
        write = frames.encode_set_time(board, self._time_ms)
        await self.setup.line.send_only(self.setup.device, write, deadline, self.setup.gap_s)

        def answer(frame: frames.AnyReply) -> int | None:
            return frame.ms if isinstance(frame, frames.UnlockTime) and frame.board == board else None

        ask = Ask(frames.encode_ask_time(board), (board, frames.TIME), frames.parser(), answer)
        return await self.transact(ask, self.setup.read_timeout_s, deadline) == self._time_ms
