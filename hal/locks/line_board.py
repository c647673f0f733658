"""What every lock board on a line does alike; a family adds its frames.

A family subclasses `LineBoard` and says what it asks (`unlock_ask`, `feedback_ask`), how frames are found
in the stream (the parser in each `Ask`) and who answers how (`shape_of`).  Turns, time-outs, late replies
and the meaning of silence are here, once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from hal.errors import DeviceOffline, DeviceRefused, NoAnswer
from hal.interfaces import BoardInfo, LockFeedback, PulseResult, WireTrace
from hal.locks.setup import BoardSetup
from hal.transport.late_replies import ReplyKey

__all__ = ["Ask", "Contacts", "LineBoard"]

F = TypeVar("F")
F_co = TypeVar("F_co", covariant=True)
T = TypeVar("T")

Contacts = Sequence[bool | None]
"""Feedback contacts from the board's first lock on: closed, open, or None for one the board cannot read.
Where a document speaks of doors or hooks and not of contacts, "closed" is its word for locked or shut."""


class Parser(Protocol[F_co]):
    """Frames of a stream."""

    def feed(self, data: bytes) -> Sequence[F_co]:
        """Every frame that `data` completes."""
        ...


@dataclass(frozen=True, slots=True)
class Ask(Generic[F, T]):
    """One request.  `shape` is who would answer and how, None when nobody ever does; `answer` says what a
    frame means as its answer, None when it is none (it may raise DeviceRefused).  `repeatable`: a late
    answer to the same request is as good as a fresh one, so it may be asked again at once."""

    request: bytes
    shape: ReplyKey | None
    parser: Parser[F]
    answer: Callable[[F], T | None]
    repeatable: bool = False


class LineBoard(ABC, Generic[F]):
    """A `LockBoard` but for its frames.  The pulse is timed by the board: `pulse_ms` of its settings is how
    long the supply is taken to be in use, and is sent only where the family says so."""

    def __init__(self, setup: BoardSetup) -> None:
        self.setup = setup
        self.info: BoardInfo = setup.info
        self.skip = setup.skip
        """So many contacts of a reading come before channel 1's."""
        self.silences = 0
        """How often the board did not answer: what it was told before may be gone with its power."""
        self._answered = False

    @abstractmethod
    def shape_of(self, frame: F) -> ReplyKey:
        """Which request `frame` answers: board address and function."""
        ...

    @abstractmethod
    def unlock_ask(self, number: int) -> Ask[F, PulseResult]:
        """How lock `number` (as on the wire) is opened."""
        ...

    @abstractmethod
    def feedback_ask(self) -> Ask[F, Contacts]:
        """How all contacts are read."""
        ...

    @property
    def online(self) -> bool:
        """True while the last transaction with this board was answered."""
        return self._answered and self.setup.line.online

    @property
    def trace(self) -> WireTrace:
        """The last bytes of the line."""
        return self.setup.line.trace

    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        """Send one unlock pulse on `channel` (1…n), exactly once.

        UNKNOWN from a board that never answers an unlock is the rule and does not make it offline.
        """
        ask = self.unlock_ask(self.setup.wire_number(channel))
        try:
            async with self.setup.turn.take(self.setup.pulse_ms / 1000, deadline):
                if ask.shape is None:
                    await self.setup.line.send_only(
                        self.setup.device, ask.request, deadline, self.setup.gap_s
                    )
                    return PulseResult.UNKNOWN
                return await self.transact(ask, self.setup.unlock_timeout_s, deadline)
        except (DeviceOffline, TimeoutError):
            return PulseResult.NOT_SENT
        except NoAnswer:
            return PulseResult.UNKNOWN

    async def read_feedback(self, deadline: float) -> tuple[LockFeedback, ...]:
        """All channels, channel 1 first."""
        contacts = await self.transact(self.feedback_ask(), self.setup.read_timeout_s, deadline)
        wired = contacts[self.skip : self.skip + self.info.channels]
        return tuple(self.setup.polarity.feedback(contact) for contact in wired)

    async def version(self, deadline: float) -> str | None:
        """None: the protocol has no such question."""
        return None

    async def transact(self, ask: Ask[F, T], reply_timeout_s: float, deadline: float) -> T:
        """Ask once and return the answer.  Raises DeviceOffline, NoAnswer, or what `answer` raises."""
        if ask.shape is None:
            raise ValueError("nobody answers this")

        def collect(data: bytes) -> T | None:
            for frame in ask.parser.feed(data):
                answer = ask.answer(frame)
                if answer is not None:
                    return answer
                self.setup.line.late_reply(self.shape_of(frame))
            return None

        try:
            answer = await self.setup.line.transact(
                self.setup.device,
                ask.request,
                collect,
                key=None if ask.repeatable else ask.shape,
                reply_timeout_s=reply_timeout_s,
                deadline=deadline,
                gap_s=self.setup.gap_s,
            )
        except NoAnswer:
            self._answered = False
            self.silences += 1
            raise
        except DeviceRefused:
            self._answered = True
            raise
        self._answered = True
        return answer

    @property
    def locks_read(self) -> int:
        """How many contacts a reading must have, from the board's first lock on."""
        return self.skip + self.info.channels
