"""Reading a journal beside the service, or a copy of one: nothing is written, locked or counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from edge.core.events import EVENT_TYPES
from edge.shell import journal_file as jf
from edge.shell.envelope import StationIdentity, encode_shed
from edge.shell.journal_file import ChainBreak, JournalFailed

__all__ = ["Choice", "Entry", "JournalReader", "open_reader"]

PAGE: Final = 500
"""Records read at a time: half a megabyte, and the service's writer is never kept waiting."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which records: by sequence, by wall time (milliseconds), and by type (`ph.parcel.*`; empty is all)."""

    after_seq: int = 0
    up_to_seq: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    types: tuple[str, ...] = ()

    def takes(self, type_: str, happened_ms: int) -> bool:
        """Whether a record of this type and time is chosen."""
        if self.since_ms is not None and happened_ms < self.since_ms:
            return False
        if self.until_ms is not None and happened_ms >= self.until_ms:
            return False
        return not self.types or any(fnmatchcase(type_, glob) for glob in self.types)


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: `body` is the CloudEvent as it is published; `reduced`: its content was taken out."""

    seq: int
    id: str
    type: str
    happened_ms: int
    body: bytes
    reduced: bool


class JournalReader:
    """See `open_reader`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection
        tenant, station = (jf.read_meta(connection, key) or "" for key in ("tenant", "station"))
        self.identity = StationIdentity(tenant, station)

    @property
    def head(self) -> int:
        """Sequence of the last record."""
        return int(jf.read_meta(self._db, "head") or "0")

    @property
    def first(self) -> int:
        """Sequence of the first record still here."""
        return jf.pruned(self._db, jf.genesis_hash(self.identity))[0] + 1

    def entries(self, choice: Choice) -> Iterator[Entry]:
        """The chosen records that are there now, in order."""
        after = choice.after_seq
        while True:
            rows = self._db.execute(
                "SELECT seq, id, type, happened_ms, body, hash FROM events WHERE seq>? ORDER BY seq LIMIT ?",
                (after, PAGE),
            ).fetchall()
            for seq, id_, type_, happened_ms, body, digest in rows:
                if choice.up_to_seq is not None and seq > choice.up_to_seq:
                    return
                if choice.takes(type_, happened_ms):
                    told = body or encode_shed(self.identity, seq, id_, type_, happened_ms, digest)
                    yield Entry(seq, id_, type_, happened_ms, told, not body)
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def find_break(self, seen: Callable[[int], None]) -> ChainBreak | None:
        """The first broken link of the whole chain; `seen` is called with the sequence reached."""
        genesis = jf.genesis_hash(self.identity)
        return jf.find_break(self._db, genesis, after_seq=0, head=self.head, seen=seen, may_leave=_may_leave)

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """All that is read in the block is of one moment, whatever the service writes or trims meanwhile."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.rollback()

    def happened_ms(self, seq: int) -> int | None:
        """When record `seq` happened, or None when it is not there."""
        row = self._db.execute("SELECT happened_ms FROM events WHERE seq=?", (seq,)).fetchone()
        return None if row is None else int(row[0])

    def hash_of(self, seq: int) -> str:
        """The hash of record `seq` in hex; "" when it is not there."""
        row = self._db.execute("SELECT hash FROM events WHERE seq=?", (seq,)).fetchone()
        return "" if row is None else bytes(row[0]).hex()

    def count_reduced(self) -> int:
        """Records whose content was taken out."""
        return int(self._db.execute("SELECT count(*) FROM events WHERE body=x''").fetchone()[0])


def _may_leave(type_: str) -> bool:
    """True when records of this type may lose their content; of a type of other software nobody can say."""
    form = EVENT_TYPES.get(type_)
    return form is None or form.telemetry or form.classification == "personal"


@contextmanager
def open_reader(path: Path) -> Iterator[JournalReader]:
    """A journal for reading, in use or not.  Raises JournalFailed for one that cannot be read."""
    if not path.is_file():
        raise JournalFailed(path, "no such file")
    connection = None
    try:
        connection = _connect(path)
        if int(connection.execute("PRAGMA application_id").fetchone()[0]) != jf.APPLICATION_ID:
            raise JournalFailed(path, "is an SQLite file, but no journal")
        yield JournalReader(path, connection)
    except (sqlite3.Error, ValueError) as error:
        raise JournalFailed(path, f"cannot be read: {error}") from error
    finally:
        if connection is not None:
            connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    """Read-only; a copy in a folder that cannot be written has no room for SQLite's index of the log."""
    uri = path.absolute().as_uri()
    connection = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=jf.BUSY_TIMEOUT_S)
    try:
        connection.execute("SELECT count(*) FROM meta").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            # Without its index SQLite would pass over what was written last, and say nothing.
            raise JournalFailed(
                path, f"what was written last is in {log.name}; copy both into a folder that can be written"
            ) from None
        connection = sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True)
    return connection
