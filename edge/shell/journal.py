"""The durable journal: every fact once, in order, chained, on stable storage before anybody acts on it.

One SQLite file in WAL mode with `synchronous=FULL` and one writer.  The
journal is also the outbox: "still to send" is the acknowledged cursor, moved
by the backend's own acknowledgement.  The first write that fails stops the
journal for good (fail-stop): a station that cannot record must not act.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar

from edge.core.events import Event
from edge.shell import journal_file as jf
from edge.shell.blocking import Blocking
from edge.shell.clock import Clock
from edge.shell.envelope import EnvelopeError, Fact, Stamp, StationIdentity, decode_event, encode_event
from edge.shell.ids import uuid7
from edge.shell.journal_file import ChainBreak, JournalFailed
from edge.shell.journal_trim import JournalTrim

__all__ = [
    "FOLD_PAGE",
    "MAX_BATCH",
    "MAX_BODY_BYTES",
    "ChainBreak",
    "Fact",
    "Journal",
    "JournalFailed",
    "Loaded",
    "Record",
    "StationIdentity",
]

MAX_BATCH: Final = 1_000
"""Facts of one transaction: far above any decision; a commit stays under a tenth of a second."""

MAX_BODY_BYTES: Final = 64 * 1024
"""One record.  The largest fact (a start with 500 doors) takes 12 kB; brokers allow 128 kB and more."""

FOLD_PAGE: Final = 250
"""Facts a fold has in memory at once: some 300 kB, and 16 MB if each were as large as may be."""

SNAPSHOTS_KEPT: Final = 2
"""The last one and the one before it, should the last turn out to be unreadable."""

TAIL_CHECKED: Final = 1_000
"""Records whose chain is walked at every opening: more than a torn write reaches, in some milliseconds."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Record:
    """A recorded fact.  `body` is the exact JSON to publish; `happened_ms` is wall time.

    `body` is empty when it was taken out (see `edge.shell.journal_trim`); `hash` stands for it then.
    """

    seq: int
    id: str
    type: str
    happened_ms: int
    body: bytes
    hash: bytes = b""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Where a start begins to fold: a snapshot, if any, of all up to `snapshot_seq`; `page` has what follows.

    `is_base`: the snapshot is the state kept when records left, in the form of `journal_trim.decode_base`.
    """

    snapshot: bytes | None
    snapshot_seq: int
    is_base: bool = False


class Journal:
    """The open journal of one station, made by `Journal.open`; coroutines are safe from several tasks."""

    def __init__(
        self, path: Path, identity: StationIdentity, clock: Clock, blocking: Blocking, lock: jf.LockFile
    ) -> None:
        """Not public: see `Journal.open`."""
        self.path = path
        self.identity = identity
        self._clock = clock
        self._blocking = blocking
        self._lock = lock
        self._writer = jf.connect(path)
        self._reader = self._writer
        self._failure: JournalFailed | None = None
        self._genesis = jf.genesis_hash(identity)
        self._head = 0
        self._head_hash = self._genesis
        self._acknowledged = 0
        self._boots = 0
        self._boot_id = str(uuid.uuid4())
        self._grown = asyncio.Event()

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], identity: StationIdentity, clock: Clock, blocking: Blocking
    ) -> Journal:
        """Open or create the journal, check it and count the boot.  Blocks: for start-up only.

        Raises JournalFailed when another process holds it, when it is another
        station's or of another schema, when it is damaged or its chain broken.
        """
        file = Path(path).absolute()
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = jf.LockFile(file)
        except OSError as error:
            raise JournalFailed(file, f"cannot be locked: {error}") from error
        try:
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            journal = cls(file, identity, clock, blocking, lock)
            journal._start()
        except (OSError, sqlite3.Error) as error:
            lock.release()
            raise JournalFailed(file, str(error)) from error
        except JournalFailed:
            lock.release()
            raise
        return journal

    # --- facts about the journal; no I/O -------------------------------------

    @property
    def head(self) -> int:
        """Sequence of the last durable record; 0 when there is none."""
        return self._head

    @property
    def acknowledged(self) -> int:
        """Everything up to here is stored durably by the backend."""
        return self._acknowledged

    @property
    def boot_id(self) -> str:
        """A UUID made at this opening; part of every record."""
        return self._boot_id

    @property
    def session_number(self) -> int:
        """How often this journal was opened, from 1: orders births and deaths of the station."""
        return self._boots

    @property
    def pruned(self) -> int:
        """Records up to here have left; 0 when none has."""
        return self._trim.pruned

    @property
    def shed(self) -> int:
        """How many records had their body taken out at the bound of the disk, since the journal began."""
        return self._trim.shed

    @property
    def failure(self) -> JournalFailed | None:
        """What stopped the journal, or None while it accepts appends."""
        return self._failure

    # --- writing ---------------------------------------------------------------

    async def append(self, batch: Sequence[Fact]) -> list[Record]:
        """Record all of `batch` or nothing, in order, durable when this returns.

        Raises JournalFailed when the file cannot be written (the journal then
        refuses for ever) and ValueError, with nothing written, for a batch
        over `MAX_BATCH` or a body over `MAX_BODY_BYTES`.  A cancelled caller
        does not learn the outcome; the batch may well be recorded.
        """
        if len(batch) > MAX_BATCH:
            raise ValueError(f"{len(batch)} facts in one batch, at most {MAX_BATCH} are allowed")
        if not batch:
            return []
        facts = tuple(batch)
        try:
            return await self._blocking.run(lambda: self._append(facts))
        finally:
            self._grown.set()

    async def save_snapshot(self, seq: int, body: bytes) -> None:
        """Keep `body` as the state after record `seq`; older snapshots but one are dropped.

        Raises ValueError when `seq` is not between 0 and the head.
        """
        if not 0 <= seq <= self._head:
            raise ValueError(f"snapshot of {seq}, the head is {self._head}")
        await self._blocking.run(lambda: self._save_snapshot(seq, body))

    async def acknowledge(self, seq: int) -> None:
        """Move the cursor forward, durably; a lower or equal `seq` changes nothing.

        Raises ValueError beyond the head: nobody can have stored what was never written.
        """
        if seq > self._head:
            raise ValueError(f"acknowledgement of {seq}, the head is {self._head}")
        if seq > self._acknowledged:
            await self._blocking.run(lambda: self._acknowledge(seq))

    async def trim(self, step: Callable[[JournalTrim], _T]) -> _T:
        """One step of what leaves the journal, behind the appends already handed over."""
        return await self._blocking.run(lambda: step(self._trim))

    # --- reading ---------------------------------------------------------------

    def load(self, *, use_snapshot: bool = True) -> Loaded:
        """Where a start begins.  Blocks.

        `use_snapshot=False` goes back to the beginning (after an upgrade), or to the base if some have left.
        """
        body, seq = self._newest_snapshot() if use_snapshot else (None, 0)
        is_base = seq < self._trim.base
        if is_base:
            body, seq = self._base()
        return Loaded(body, seq, is_base)

    def page(self, after_seq: int) -> list[tuple[int, Event, int, int | None]]:
        """The next `FOLD_PAGE` facts after `after_seq`: seq, event, happened_ms, monotonic_ms.

        Empty at the end.  Blocks.  Raises JournalFailed for a record that cannot be decoded: a fold with
        holes would be a wrong state.
        """
        events = []
        for record in self.read(after_seq, FOLD_PAGE):
            try:
                envelope, event = decode_event(record.body)
            except EnvelopeError as error:
                raise JournalFailed(self.path, f"record {record.seq}: {error}") from error
            events.append((record.seq, event, record.happened_ms, envelope.monotonic_ms))
        return events

    def read(self, after_seq: int, limit: int) -> list[Record]:
        """At most `limit` records after `after_seq`, in order.  Blocks on the file; works after a failure."""
        try:
            rows = self._reader.execute(
                "SELECT seq, id, type, happened_ms, body, hash FROM events WHERE seq>? ORDER BY seq LIMIT ?",
                (after_seq, limit),
            ).fetchall()
        except sqlite3.Error as error:
            raise JournalFailed(self.path, f"cannot be read: {error}") from error
        return [Record(*row) for row in rows]

    async def fetch(self, after_seq: int, limit: int) -> list[Record]:
        """`read` on the worker thread, behind the appends already handed over."""
        return await self._blocking.run(lambda: self.read(after_seq, limit))

    async def grown(self, after_seq: int) -> None:
        """Return once the head is beyond `after_seq`.  For one waiting task."""
        while self._head <= after_seq:
            self._grown.clear()
            await self._grown.wait()

    def verify(self, full: bool = False) -> ChainBreak | None:
        """The first broken link of the last `TAIL_CHECKED` records (or of all there are); blocks."""
        after = 0 if full else max(0, self._head - TAIL_CHECKED)
        try:
            return jf.find_break(self._reader, self._genesis, after_seq=after, head=self._head)
        except sqlite3.Error as error:
            raise JournalFailed(self.path, f"cannot be read: {error}") from error

    async def close(self) -> None:
        """Finish what was handed over, close the file and give up the lock."""
        await self._blocking.run(self._close)

    # --- on the worker thread ----------------------------------------------------

    def _append(self, facts: tuple[Fact, ...]) -> list[Record]:
        rows: list[tuple[int, str, str, int, bytes, bytes, bytes]] = []
        seq, prev = self._head, self._head_hash
        recorded_ms, clock_state = self._clock.wall_ms(), self._clock.state()
        for fact in facts:
            seq += 1
            stamp = Stamp(seq, uuid7(recorded_ms), recorded_ms, self._boot_id, clock_state)
            body = encode_event(self.identity, fact, stamp)
            if len(body) > MAX_BODY_BYTES:
                raise ValueError(
                    f"{fact.event.type} takes {len(body)} bytes, at most {MAX_BODY_BYTES} are allowed"
                )
            digest = jf.chain_hash(prev, body)
            rows.append((seq, stamp.id, fact.event.type, fact.happened_ms, body, prev, digest))
            prev = digest
        with self._transaction():
            self._writer.executemany("INSERT INTO events VALUES(?,?,?,?,?,?,?)", rows)
            jf.write_meta(self._writer, "head", str(seq))
        self._head, self._head_hash = seq, prev
        return [Record(*row[:5], hash=row[6]) for row in rows]

    def _save_snapshot(self, seq: int, body: bytes) -> None:
        with self._transaction():
            self._writer.execute(
                "INSERT OR REPLACE INTO snapshots VALUES(?,?,?)", (seq, body, sha256(body).digest())
            )
            self._writer.execute(
                "DELETE FROM snapshots WHERE seq NOT IN"
                " (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?)",
                (SNAPSHOTS_KEPT,),
            )

    def _acknowledge(self, seq: int) -> None:
        # Looked at again: two acknowledgements may have been queued in either order.
        if seq <= self._acknowledged:
            return
        with self._transaction():
            jf.write_meta(self._writer, "acknowledged", str(seq))
        self._acknowledged = seq

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """BEGIN to COMMIT around the body; an error of the file stops the journal."""
        if self._failure is not None:
            raise JournalFailed(self.path, f"stopped earlier: {self._failure.cause}")
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            yield
            self._writer.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            self._failure = JournalFailed(self.path, f"{type(error).__name__}: {error}")
            _log.critical("%s; no further fact is accepted", self._failure)
            self._rollback()
            raise self._failure from error
        except BaseException:  # whatever ends it, nothing of a half transaction stays; it goes on
            self._rollback()
            raise

    def _rollback(self) -> None:
        # SQLite rolls back by itself after some errors (disk full); asking again would be an error too.
        # Should the rollback fail, the next opening does it: nothing uncommitted is ever read back.
        with suppress(sqlite3.Error):
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")

    def _start(self) -> None:
        jf.prepare(self._writer, self.path, self.identity)
        self._reader = jf.connect(self.path, read_only=True)
        self._trim = self._open_trim()
        self._head = self._meta_number("head")
        self._acknowledged = self._meta_number("acknowledged")
        found = self.verify()
        if found is not None:
            raise JournalFailed(self.path, f"the chain is broken at {found}")
        if self._acknowledged > self._head:
            raise JournalFailed(
                self.path, f"acknowledged up to {self._acknowledged}, but ends at {self._head}"
            )
        row = self._writer.execute("SELECT hash FROM events WHERE seq=?", (self._head,)).fetchone()
        self._head_hash = jf.pruned(self._writer, self._genesis)[1] if row is None else bytes(row[0])
        self._boots = self._meta_number("boots") + 1
        with self._transaction():
            jf.write_meta(self._writer, "boots", str(self._boots))
            jf.write_meta(self._writer, "boot_id", self._boot_id)

    def _meta_number(self, key: str) -> int:
        value = jf.read_meta(self._writer, key)
        if value is None or not value.isdecimal():
            raise JournalFailed(self.path, f"meta {key!r} is {value!r}, not a number")
        return int(value)

    def _open_trim(self) -> JournalTrim:
        try:
            return JournalTrim(self.path, self._writer, self._transaction, self._genesis)
        except ValueError as error:
            raise JournalFailed(self.path, str(error)) from error

    def _base(self) -> tuple[bytes, int]:
        base = jf.read_base(self._reader)
        assert base is not None, "the trim knows of it"
        return base[1], base[0]

    def _newest_snapshot(self) -> tuple[bytes | None, int]:
        rows = self._reader.execute("SELECT seq, body, hash FROM snapshots ORDER BY seq DESC").fetchall()
        for seq, body, digest in rows:
            if seq <= self._head and sha256(body).digest() == digest:
                return body, seq
            _log.warning("journal %s: the snapshot of %d is damaged and passed over", self.path, seq)
        return None, 0

    def _close(self) -> None:
        self._reader.close()
        self._writer.close()
        self._lock.release()
