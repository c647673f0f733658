"""Boards of the "8A / 80" family on RS-485 (see hal/framing/board_8a80.py for the frames).

Any valid 8A reply of this board and lock means ACKNOWLEDGED.  Its state byte is the feedback contact a moment
after the pulse, which says "opened" or "not opened" by the lock's wiring; but doors that stick or spring open
late make it a guess, and the poll of the feedback that follows every pulse tells the same thing surely.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hal.framing import board_8a80 as frames
from hal.interfaces import LockBoard, LockFeedback, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.locks.line_board import Ask, Contacts, LineBoard
from hal.locks.options import board_options
from hal.locks.pushed import Pushes
from hal.locks.setup import BoardSetup, Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.late_replies import ReplyKey
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "Board8A80", "make"]

KIND = "8a80"
FAMILY = Family(
    addresses=(1, frames.MAX_BOARD_ADDRESS),
    first=1,
    last=frames.MAX_LOCKS,
    unlock_timeout_ms=800,
)
"""Hosts in the field wait 750 to 800 ms; some boards answer an unlock only after the pulse."""
PUSH_HEADS = frozenset({0x81, 0x82})
"""Unsolicited state: 81, or 82 on boards of the 2024 document."""


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """Options besides the common ones: `timed_open` (default false) sends `pulse_ms`, rounded up to whole
    seconds, with each unlock (boards of the 2021 document only); `group_order`, `high-first` (default; all
    sources) or `low-first`, of the state bytes of read-all; `push_feedback` (default true) takes unsolicited
    state frames."""
    with board_options(board) as options:
        setup = board_setup(board, line, owner, turn, FAMILY, options)
        seconds = -(-board.pulse_ms // 1000) if options.flag("timed_open", default=False) else None
        if seconds is not None:
            longer_s = setup.unlock_timeout_s + seconds
            setup = replace(setup, pulse_ms=seconds * 1000, unlock_timeout_s=longer_s)
        return Board8A80(
            setup,
            answers_8a=board.answers_8a,
            seconds=seconds,
            low_group_first=options.choice("group_order", "high-first", ("high-first", "low-first"))
            == "low-first",
            pushes=options.flag("push_feedback", default=True),
        )


class Board8A80(LineBoard[frames.AnyReply]):
    """A `LockBoard` and `FeedbackPusher`.  The pulse is timed by the board's own setting (300 ms as
    delivered) unless `seconds` are sent.  `answers_8a` False is for boards that never answer an unlock."""

    def __init__(
        self,
        setup: BoardSetup,
        *,
        answers_8a: bool = True,
        seconds: int | None = None,
        low_group_first: bool = False,
        pushes: bool = True,
    ) -> None:
        super().__init__(setup)
        self._answers_8a = answers_8a
        self._seconds = seconds
        self._low_group_first = low_group_first
        self._pushed = Pushes(setup)
        if pushes:
            parser = frames.BoardParser(frames.contacts_reply_length(self.locks_read))
            setup.line.listen(lambda data: self._hear(parser.feed(data)))

    def on_feedback(self, told: Callable[[int, LockFeedback], None]) -> None:
        """Call `told(channel, feedback)` for every state the board sends by itself."""
        self._pushed.subscribe(told)

    def shape_of(self, frame: frames.AnyReply) -> ReplyKey:
        """Board and head."""
        head = frame.head if isinstance(frame, frames.BoardReply) else frames.HEAD_READ
        return (frame.board, head)

    def unlock_ask(self, number: int) -> Ask[frames.AnyReply, PulseResult]:
        """8A, answered by 8A of this lock."""
        address = self.info.address
        wanted = (frames.HEAD_UNLOCK, address, number)

        def answer(frame: frames.AnyReply) -> PulseResult | None:
            is_it = isinstance(frame, frames.BoardReply) and (frame.head, frame.board, frame.lock) == wanted
            return PulseResult.ACKNOWLEDGED if is_it else None

        return Ask(
            frames.encode_unlock(address, number, self._seconds),
            (address, frames.HEAD_UNLOCK) if self._answers_8a else None,
            frames.BoardParser(),
            answer,
        )

    def feedback_ask(self) -> Ask[frames.AnyReply, Contacts]:
        """80 of lock 0: all."""
        address = self.info.address

        def answer(frame: frames.AnyReply) -> Contacts | None:
            if not isinstance(frame, frames.ContactsReply) or frame.board != address:
                return None
            return frame.low_group_first() if self._low_group_first else frame.contacts_closed

        return Ask(
            frames.encode_read_all(address),
            (address, frames.HEAD_READ),
            frames.BoardParser(frames.contacts_reply_length(self.locks_read)),
            answer,
        )

    def _hear(self, heard: list[frames.AnyReply]) -> None:
        for frame in heard:
            if isinstance(frame, frames.ContactsReply):
                continue
            if frame.head in PUSH_HEADS and frame.board == self.info.address:
                self._pushed.tell(frame.lock, frame.contact_closed)
