"""Boards of the "8A / 80" family on RS-485 (see hal/framing/board_8a80.py for the frames).

Any valid 8A reply of this board and lock means ACKNOWLEDGED.  Its state byte is the feedback contact a moment
after the pulse, which says "opened" or "not opened" by the lock's wiring; but doors that stick or spring open
late make it a guess, and the poll of the feedback that follows every pulse tells the same thing surely.
"""

from __future__ import annotations

from hal.errors import DeviceOffline, NoAnswer
from hal.framing import board_8a80 as frames
from hal.interfaces import BoardInfo, LockFeedback, PulseResult
from hal.locks.feedback import Polarity, SolenoidTurn
from hal.transport.line_owner import LineOwner
from hal.transport.trace import RingTrace

__all__ = ["KIND", "Board8A80"]

KIND = "8a80"
UNLOCK_REPLY_TIMEOUT_S = 0.8
"""Hosts in the field wait 750 to 800 ms; some boards answer an unlock only after the pulse."""
READ_REPLY_TIMEOUT_S = 0.5
"""Shorter, since a read may be asked again: a dead board must not hold the line while another is to open a
door."""


class Board8A80:
    """A `LockBoard`.  The pulse is timed by the board's own setting (300 ms as delivered); `pulse_ms` is how
    long the supply is taken to be in use.  `answers_8a` False is for boards that never answer an unlock."""

    def __init__(
        self,
        info: BoardInfo,
        line: LineOwner,
        turn: SolenoidTurn,
        *,
        pulse_ms: int,
        polarity: Polarity,
        answers_8a: bool = True,
    ) -> None:
        self.info = info
        self._line = line
        self._turn = turn
        self._pulse_s = pulse_ms / 1000
        self._polarity = polarity
        self._answers_8a = answers_8a
        self._device = f"{info.kind}@{info.port}#{info.address}"
        self._answered = False

    @property
    def online(self) -> bool:
        """True while the last transaction with this board was answered."""
        return self._answered and self._line.online

    @property
    def trace(self) -> RingTrace:
        """The last bytes of the line."""
        return self._line.trace

    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        """Send one unlock pulse on `channel` (1…n), exactly once.

        UNKNOWN from a board with `answers_8a` False is the rule and does not make it offline.
        """
        if not 1 <= channel <= self.info.channels:
            raise ValueError(f"channel {channel} is not in 1..{self.info.channels}")
        request = frames.encode_unlock(self.info.address, channel)
        try:
            async with self._turn.take(self._pulse_s, deadline):
                if not self._answers_8a:
                    await self._line.send_only(self._device, request, deadline)
                    return PulseResult.UNKNOWN
                await self._await_unlock_reply(request, channel, deadline)
        except (DeviceOffline, TimeoutError):
            return PulseResult.NOT_SENT
        except NoAnswer:
            self._answered = not self._answers_8a and self._answered
            return PulseResult.UNKNOWN
        self._answered = True
        return PulseResult.ACKNOWLEDGED

    async def read_feedback(self, deadline: float) -> tuple[LockFeedback, ...]:
        """All channels, channel 1 first."""
        wanted = self.info.channels
        key = (self.info.address, frames.HEAD_READ)
        parser = frames.BoardParser(frames.contacts_reply_length(wanted))

        def collect(data: bytes) -> tuple[bool, ...] | None:
            for frame in parser.feed(data):
                if isinstance(frame, frames.ContactsReply) and frame.board == self.info.address:
                    return frame.contacts_closed
                self._note_late(frame)
            return None

        try:
            contacts = await self._line.transact(
                self._device,
                frames.encode_read_all(self.info.address),
                collect,
                key=key,
                reply_timeout_s=READ_REPLY_TIMEOUT_S,
                deadline=deadline,
            )
        except NoAnswer:
            self._answered = False
            raise
        self._answered = True
        return tuple(self._polarity.feedback(closed) for closed in contacts[:wanted])

    async def version(self, deadline: float) -> str | None:
        """None: the family has no such question that its boards agree on."""
        return None

    async def _await_unlock_reply(self, request: bytes, channel: int, deadline: float) -> None:
        parser = frames.BoardParser()

        def collect(data: bytes) -> frames.BoardReply | None:
            for frame in parser.feed(data):
                if not isinstance(frame, frames.BoardReply):
                    continue
                if (frame.head, frame.board, frame.lock) == (frames.HEAD_UNLOCK, self.info.address, channel):
                    return frame
                self._note_late(frame)
            return None

        await self._line.transact(
            self._device,
            request,
            collect,
            key=(self.info.address, frames.HEAD_UNLOCK),
            reply_timeout_s=UNLOCK_REPLY_TIMEOUT_S,
            deadline=deadline,
        )

    def _note_late(self, frame: frames.BoardReply | frames.ContactsReply) -> None:
        head = frame.head if isinstance(frame, frames.BoardReply) else frames.HEAD_READ
        self._line.late_reply((frame.board, head))
