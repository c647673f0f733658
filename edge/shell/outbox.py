"""Journaled facts to the backend: in order, again and again, until it says that it has stored them.

A PUBACK only says that a broker has the message in memory.  What moves the
cursor is the backend's own acknowledgement on `ack/events`; everything after
the cursor may be sent any number of times, and falls as a duplicate by
`source` and `id`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from edge.shell.clock import Clock
from edge.shell.connection import Connection, ConnectionLost, Outgoing, PublishRefused
from edge.shell.envelope import SHED_TYPE, encode_shed
from edge.shell.journal import Journal, Record
from edge.shell.messages import Ack

__all__ = ["WINDOW", "Outbox"]

WINDOW: Final = 64
"""Facts sent beyond the cursor.  Enough to fill a 300 ms round trip at 200 facts a second; so few that a
rewind repeats 50 kB, and that a day's backlog does not pile up in the broker while the backend is away."""

READ_AHEAD: Final = 256
"""Facts read from the file at once, some 200 kB: a backlog is not read one fact for each acknowledgement."""

REWIND_AFTER_S: Final = 10.0
"""Without acknowledgement for so long, with something outstanding, all after the cursor is sent again."""

REWIND_MAX_S: Final = 300.0
"""Each fruitless rewind doubles the wait up to here: a backend away costs 64 duplicates each 5 minutes."""

PUBACK_TIMEOUT_S: Final = 60.0
"""A broker that answers pings but acknowledges nothing for so long is left for a new connection."""

CURSOR_SAVE_S: Final = 1.0
"""The cursor is saved at most so often: each saving syncs the disk, and a lost one only repeats facts."""

_log = logging.getLogger(__name__)
_ACK: Final = msgspec.json.Decoder(Ack)


class Outbox:
    """Sends what the journal holds beyond the cursor.  One `run` at a time; all on the loop's thread."""

    def __init__(self, journal: Journal, clock: Clock, refused: Callable[[str, str], None]) -> None:
        """`refused` is told of each refused acknowledgement or fact: a short fixed word and a detail."""
        self._journal = journal
        self._clock = clock
        self._refused = refused
        self._acknowledged = journal.acknowledged
        self._saved_s = clock.monotonic()
        self._sent = self._acknowledged
        self._run = 0
        self._without_puback = 0
        self._puback_s = 0.0
        self._ahead: deque[Record] = deque()
        self._ids: dict[int, str] = {}
        self._claim: Ack | None = None
        self._turn = asyncio.Event()
        self._patience_s = REWIND_AFTER_S
        self._progress_s = 0.0
        self.rewinds = 0
        self.lost_up_to = 0
        """The highest acknowledged sequence of a fact that this journal does not hold."""

    @property
    def acknowledged(self) -> int:
        """The backend has stored all up to here; the journal's durable cursor follows within a second."""
        return self._acknowledged

    def on_ack(self, payload: bytes) -> None:
        """A message on `ack/events`.  Never raises; what makes no sense is refused and counted."""
        try:
            ack = _ACK.decode(payload)
        except msgspec.MsgspecError as error:
            self._refused("bad-ack", str(error))
            return
        if ack.sequence > self._journal.head:
            # The backend has facts this journal never wrote: it was set back, or the ids are shared.
            self.lost_up_to = max(self.lost_up_to, ack.sequence)
            self._refused("ack-beyond-head", f"{ack.sequence}, the head is {self._journal.head}")
        elif ack.sequence <= self._acknowledged:
            return
        elif ack.id is None:
            self._stored(ack.sequence)
        elif ack.sequence in self._ids:
            self._judge(ack, self._ids[ack.sequence])
        else:
            self._claim = ack
            self._turn.set()

    async def _look_at_claim(self) -> None:
        """An acknowledgement of a fact sent before this start: the file tells whether it is ours."""
        ack, self._claim = self._claim, None
        if ack is None or ack.sequence <= self._acknowledged:
            return
        record = next(iter(await self._journal.fetch(ack.sequence - 1, 1)), None)
        self._judge(ack, record.id if record is not None else "")

    def _judge(self, ack: Ack, own_id: str) -> None:
        if ack.id == own_id:
            self._stored(ack.sequence)
        else:
            # The journal was set back or replaced: what is stored there under this number is another fact.
            self.lost_up_to = max(self.lost_up_to, ack.sequence)
            self._refused("ack-of-another-journal", f"fact {ack.sequence} is {own_id}, not {ack.id}")

    def _stored(self, sequence: int) -> None:
        if sequence <= self._acknowledged:
            return
        self._acknowledged = sequence
        self._ids = {sent: id_ for sent, id_ in self._ids.items() if sent > sequence}
        self._patience_s = REWIND_AFTER_S
        self._progress_s = self._clock.monotonic()
        self._turn.set()

    async def run(self, connection: Connection) -> None:
        """Send over `connection` until cancelled.  Raises ConnectionLost, and the journal's JournalFailed."""
        self._sent = self._acknowledged
        self._run += 1
        self._without_puback = 0
        self._patience_s = REWIND_AFTER_S
        self._progress_s = self._clock.monotonic()
        growth = asyncio.create_task(self._watch_growth(), name="outbox growth")
        try:
            while True:
                self._turn.clear()
                await self._look_at_claim()
                await self._save_cursor()
                await self._send(connection)
                self._look_at_time()
                await self._pause()
        finally:
            growth.cancel()

    async def save(self) -> None:
        """Make the cursor durable now, for a clean stop."""
        await self._journal.acknowledge(self._acknowledged)

    async def _watch_growth(self) -> None:
        seen = self._acknowledged
        while True:
            await self._journal.grown(seen)
            seen = self._journal.head
            self._turn.set()

    async def _save_cursor(self) -> None:
        due = self._clock.monotonic() - self._saved_s >= CURSOR_SAVE_S
        if due and self._acknowledged > self._journal.acknowledged:
            await self._journal.acknowledge(self._acknowledged)
            self._saved_s = self._clock.monotonic()

    async def _send(self, connection: Connection) -> None:
        self._sent = max(self._sent, self._acknowledged)
        while (room := self._room()) > 0:
            if not self._ahead or self._ahead[0].seq != self._sent + 1:
                self._ahead = deque(await self._journal.fetch(self._sent, READ_AHEAD))
            if not self._ahead:
                return
            if self._sent <= self._acknowledged:
                self._progress_s = self._clock.monotonic()
            for _ in range(min(room, len(self._ahead))):
                record = self._ahead.popleft()
                self._publish(connection, record)
                self._sent = record.seq

    def _room(self) -> int:
        """How many facts may go out now: bounded towards the backend and towards the broker."""
        return min(self._acknowledged + WINDOW - self._sent, WINDOW - self._without_puback)

    def _publish(self, connection: Connection, record: Record) -> None:
        identity = self._journal.identity
        body, type_ = record.body, record.type
        if not body:
            type_ = SHED_TYPE
            body = encode_shed(identity, record.seq, record.id, record.type, record.happened_ms, record.hash)
        area = type_.split(".")[1]
        message = Outgoing(f"{identity.root}/evt/{area}", body, correlation=record.id)
        if self._without_puback == 0:
            self._puback_s = self._clock.monotonic()
        self._without_puback += 1
        self._ids[record.seq] = record.id
        run = self._run
        connection.publish(message).add_done_callback(lambda done: self._published(run, record, done))

    def _published(self, run: int, record: Record, done: asyncio.Future[None]) -> None:
        if run != self._run or done.cancelled() or isinstance(done.exception(), ConnectionLost):
            return
        self._without_puback -= 1
        self._puback_s = self._clock.monotonic()
        self._turn.set()
        if isinstance(done.exception(), PublishRefused):
            # It stays beyond the cursor and is sent again with the next rewind.
            self._refused("publish-refused", f"fact {record.seq} ({record.type}): {done.exception()}")

    def _look_at_time(self) -> None:
        now_s = self._clock.monotonic()
        if self._without_puback:
            if now_s - self._puback_s >= PUBACK_TIMEOUT_S:
                raise ConnectionLost(f"no PUBACK for {PUBACK_TIMEOUT_S:g} s")
        elif self._sent > self._acknowledged and now_s - self._progress_s >= self._patience_s:
            self.rewinds += 1
            self._sent = self._acknowledged
            self._patience_s = min(self._patience_s * 2, REWIND_MAX_S)
            self._progress_s = now_s
            self._turn.set()

    async def _pause(self) -> None:
        """Until there is something to do: growth, an acknowledgement, or time."""
        try:
            async with asyncio.timeout(CURSOR_SAVE_S):
                await self._turn.wait()
        except TimeoutError:
            return
