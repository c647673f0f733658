"""The carrier's durable store: every fact of every station exactly once, in order (SQLite).

A batch is one transaction: facts, the messages they call for, and nothing
else.  When `ingest` returns, what it reports as stored survives a power cut.
Callable from any thread; one lock serialises access.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from simulators.backend_messages import Deposit, Message

__all__ = ["BackendStore", "Fact", "Ingested", "StoredCommand", "StoredEvent"]

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS events (
    source TEXT NOT NULL, sequence INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
    subject TEXT NOT NULL, happened TEXT NOT NULL, stored_ms INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (source, sequence), UNIQUE (source, id)) STRICT;
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, source TEXT NOT NULL, sequence INTEGER NOT NULL, body TEXT NOT NULL,
    UNIQUE (source, sequence)) STRICT;
CREATE TABLE IF NOT EXISTS deposits (
    source TEXT NOT NULL, parcel TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (source, parcel)) STRICT;
CREATE TABLE IF NOT EXISTS parcels (parcel TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS commands (
    id TEXT PRIMARY KEY, station TEXT NOT NULL, verb TEXT NOT NULL, expires_ms INTEGER NOT NULL,
    body BLOB NOT NULL, result TEXT) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as it arrived: `source` is its CloudEvents source, `event` the decoded `body`."""

    source: str
    sequence: int
    event: Mapping[str, Any]
    body: bytes


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One stored fact.  `body` is byte for byte what the station published; `stored_ms` is wall time."""

    source: str
    sequence: int
    id: str
    type: str
    subject: str
    happened: str
    stored_ms: int
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        """The fact's own fields."""
        data: dict[str, Any] = json.loads(self.body)["data"]
        return data


@dataclass(frozen=True, slots=True)
class StoredCommand:
    """A command sent and not yet answered for good."""

    id: str
    station: str
    verb: str
    expires_ms: int
    body: bytes


@dataclass(slots=True)
class Ingested:
    """What one batch came to.  `conflicts` says, in words, where two different facts claim one place."""

    stored: list[StoredEvent] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    duplicates: int = 0
    gaps: int = 0
    conflicts: list[str] = field(default_factory=list)


Compose = Callable[[Fact], Message | None]


class BackendStore:
    """Opens or creates `path`.  Any sqlite3.Error of a call means that nothing of that call was stored."""

    def __init__(self, path: Path) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")  # NORMAL loses committed rows on power loss
        self._db.executescript(_TABLES)
        # SQLite takes a bare column from the row of the maximum.
        rows = self._db.execute("SELECT source, max(sequence), id FROM events GROUP BY source").fetchall()
        self._last: dict[str, int] = {source: sequence for source, sequence, _ in rows}
        self._newest: dict[str, tuple[int, str]] = {source: (sequence, id_) for source, sequence, id_ in rows}

    def close(self) -> None:
        """Close the file; the store is unusable afterwards."""
        with self._lock:
            self._db.close()

    def last_sequence(self, source: str) -> int:
        """The highest sequence stored for `source` with all before it, 0 when nothing is."""
        return self._last.get(source, 0)

    def newest(self, source: str) -> tuple[int, str]:
        """Sequence and id of the last fact stored for `source` with all before it; 0 and "" for none."""
        return self._newest.get(source, (0, ""))

    @property
    def sources(self) -> list[str]:
        """Every station that has facts here."""
        return sorted(self._last)

    def ingest(self, facts: Sequence[Fact], now_ms: int, compose: Compose) -> Ingested:
        """Store what continues its source's sequence, with the messages it calls for, in one transaction."""
        result = Ingested()
        with self._lock:
            last = dict(self._last)
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for fact in facts:
                    self._one(fact, now_ms, compose, last, result)
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._newest |= {event.source: (event.sequence, event.id) for event in result.stored}
            self._last = last
        return result

    def _one(self, fact: Fact, now_ms: int, compose: Compose, last: dict[str, int], result: Ingested) -> None:
        head = last.get(fact.source, 0)
        if fact.sequence <= head:
            result.duplicates += 1
            row = self._fetch_one(
                "SELECT id FROM events WHERE source=? AND sequence=?", (fact.source, fact.sequence)
            )
            if row is None or row[0] != fact.event["id"]:
                result.conflicts.append(
                    f"{fact.source}: sequence {fact.sequence} is told as two different facts"
                )
            return
        if fact.sequence > head + 1:
            result.gaps += 1
            return
        event = StoredEvent(
            source=fact.source,
            sequence=fact.sequence,
            id=fact.event["id"],
            type=fact.event["type"],
            subject=str(fact.event.get("subject") or "station"),
            happened=fact.event["time"],
            stored_ms=now_ms,
            body=fact.body,
        )
        if self._db.execute(
            "SELECT 1 FROM events WHERE source=? AND id=?", (event.source, event.id)
        ).fetchone():
            result.conflicts.append(
                f"{fact.source}: fact {event.id} is told again as sequence {fact.sequence}"
            )
            return
        self._insert(event, compose(fact), result)
        last[fact.source] = fact.sequence

    def _insert(self, event: StoredEvent, message: Message | None, result: Ingested) -> None:
        self._db.execute(
            "INSERT INTO events(source, sequence, id, type, subject, happened, stored_ms, body)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (
                event.source,
                event.sequence,
                event.id,
                event.type,
                event.subject,
                event.happened,
                event.stored_ms,
                event.body,
            ),
        )
        result.stored.append(event)
        if message is None:
            return
        if message.kind == "deposited":
            self._keep_deposit(event, message)
        self._db.execute(
            "INSERT INTO messages(source, sequence, body) VALUES (?,?,?)",
            (event.source, event.sequence, json.dumps(message.to_dict(), ensure_ascii=False)),
        )
        result.messages.append(message)

    def _keep_deposit(self, event: StoredEvent, message: Message) -> None:
        known = {
            "parcel": message.parcel,
            "tracking_code": message.tracking_code,
            "compartment_number": message.compartment_number,
        }
        self._db.execute(
            "INSERT OR REPLACE INTO deposits(source, parcel, body) VALUES (?,?,?)",
            (event.source, message.parcel, json.dumps(known)),
        )

    def deposit(self, source: str, parcel: str) -> Deposit | None:
        """The last deposit of `parcel` at the station `source`."""
        row = self._fetch_one("SELECT body FROM deposits WHERE source=? AND parcel=?", (source, parcel))
        return Deposit(**json.loads(row[0])) if row else None

    def events(self, source: str | None = None, after: int = 0, limit: int = -1) -> list[StoredEvent]:
        """Stored facts in order, of one source or (`source` None) of all, after sequence `after`."""
        return self._events(
            "WHERE (? IS NULL OR source=?) AND sequence>? ORDER BY source, sequence LIMIT ?",
            (source, source, after, limit),
        )

    def of_types(self, types: Collection[str]) -> list[StoredEvent]:
        """Stored facts of these types, by source and sequence."""
        marks = ",".join("?" * len(types))
        return self._events(f"WHERE type IN ({marks}) ORDER BY source, sequence", types)

    def recent(self, limit: int) -> list[StoredEvent]:
        """The facts stored last, oldest of them first."""
        return self._events("ORDER BY rowid DESC LIMIT ?", (limit,))[::-1]

    def _events(self, rest: str, values: Iterable[object]) -> list[StoredEvent]:
        query = f"SELECT source, sequence, id, type, subject, happened, stored_ms, body FROM events {rest}"
        with self._lock:
            return [StoredEvent(*row) for row in self._db.execute(query, tuple(values))]

    def count(self) -> int:
        """How many facts are stored."""
        row = self._fetch_one("SELECT count(*) FROM events", ())
        return int(row[0]) if row else 0

    def messages(self, limit: int = -1) -> list[Message]:
        """Messages in the order they were composed; the last `limit` of them."""
        with self._lock:
            rows = self._db.execute(
                "SELECT body FROM messages ORDER BY number DESC LIMIT ?", (limit,)
            ).fetchall()
        return [Message(**json.loads(row[0])) for row in reversed(rows)]

    def keep_parcel(self, parcel: Mapping[str, Any]) -> None:
        """Remember an announced parcel (with the recipient's real phone: this is the carrier's own store)."""
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO parcels(parcel, body) VALUES (?,?)",
                (parcel["parcel_id"], json.dumps(dict(parcel), ensure_ascii=False)),
            )

    def parcel(self, parcel: str) -> dict[str, Any] | None:
        """An announced parcel by id."""
        row = self._fetch_one("SELECT body FROM parcels WHERE parcel=?", (parcel,))
        return json.loads(row[0]) if row else None

    def parcels(self) -> list[dict[str, Any]]:
        """All announced parcels in the order they were first announced or changed."""
        with self._lock:
            return [json.loads(row[0]) for row in self._db.execute("SELECT body FROM parcels ORDER BY rowid")]

    def keep_command(self, command: StoredCommand) -> None:
        """Remember a command before it is sent, so that a restarted backend goes on asking for its result."""
        with self._lock:
            self._db.execute(
                "INSERT INTO commands(id, station, verb, expires_ms, body) VALUES (?,?,?,?,?)",
                (command.id, command.station, command.verb, command.expires_ms, command.body),
            )

    def finish_command(self, id_: str, result: str) -> None:
        """Record the final result of a command; the first one stands."""
        with self._lock:
            self._db.execute("UPDATE commands SET result=? WHERE id=? AND result IS NULL", (result, id_))

    def settle_command(self, id_: str, result: str) -> None:
        """Record the station's own word on a command that was given up as unknown."""
        with self._lock:
            self._db.execute(
                "UPDATE commands SET result=? WHERE id=? AND (result IS NULL OR result='unknown')",
                (result, id_),
            )

    def unfinished_commands(self) -> list[StoredCommand]:
        """Commands without a final result."""
        query = "SELECT id, station, verb, expires_ms, body FROM commands WHERE result IS NULL ORDER BY rowid"
        with self._lock:
            return [StoredCommand(*row) for row in self._db.execute(query)]

    def _fetch_one(self, query: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        with self._lock:
            row: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
        return row
