"""The journal's file: schema, exclusive lock, and the checks made when it is opened.

Knows SQL and hashes, no event.  `edge.shell.journal` is the only user.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from edge.shell.envelope import SEQUENCE_DIGITS, StationIdentity

__all__ = [
    "ChainBreak",
    "JournalFailed",
    "LockFile",
    "chain_hash",
    "connect",
    "find_break",
    "genesis_hash",
    "prepare",
    "pruned",
    "read_base",
    "read_meta",
    "write_meta",
]

SCHEMA_VERSION: Final = 2
"""2 added `base`: the state at the point up to which records may have left."""

APPLICATION_ID: Final = 0x50484A31
"""`PHJ1` in SQLite's header, so that another database is not taken for a journal."""

BUSY_TIMEOUT_S: Final = 5.0
"""How long to wait for a lock of a foreign tool; readers of WAL do not block the writer."""

QUICK_CHECK_MAX_BYTES: Final = 32 * 1024 * 1024
"""Files up to this size get SQLite's page check at every opening: about 0.1 s of the 2 s a boot may take."""

VERIFY_PAGE: Final = 1_000
"""Records fetched at a time when the chain is walked, so that memory stays at a few megabytes."""

_SCHEMA: Final = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE events(
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    happened_ms INTEGER NOT NULL,
    body BLOB NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TABLE snapshots(seq INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
"""

_BASE: Final = """
CREATE TABLE base(only INTEGER PRIMARY KEY CHECK(only = 1), seq INTEGER NOT NULL, body BLOB NOT NULL,
    hash BLOB NOT NULL) STRICT;
"""


class JournalFailed(Exception):
    """The journal cannot be trusted or written.  `path` is the file, `cause` says what happened."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"journal {path}: {cause}")
        self.path = path
        self.cause = cause


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """The first record that does not follow from the one before it."""

    seq: int
    reason: str
    id: str | None = None
    """Of the record found in its place, where there is one."""

    def __str__(self) -> str:
        return f"record {self.seq}: {self.reason}"


class LockFile:
    """An exclusive advisory lock beside the journal; the kernel drops it however the process dies."""

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(journal.name + ".lock")
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise JournalFailed(journal, f"in use by process {holder}") from error
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give the lock up; the file stays, so that nobody locks a file already unlinked."""
        os.close(self._fd)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with explicit transactions, every commit on stable storage before it returns."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA trusted_schema=OFF")
    if not read_only:
        # Of a new file: pages of records that leave go back to the file system.  WAL writes the first page.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    connection.execute("PRAGMA journal_mode=WAL")
    # In WAL mode NORMAL would leave a commit in the page cache until the next
    # checkpoint: a power cut then takes back what was already acted upon.
    connection.execute("PRAGMA synchronous=FULL")
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    return connection


def genesis_hash(identity: StationIdentity) -> bytes:
    """What stands in for the hash before the first record: differs between stations."""
    return hashlib.sha256(f"pigeonhole-journal/1\0{identity.tenant}\0{identity.station}".encode()).digest()


def chain_hash(prev_hash: bytes, body: bytes) -> bytes:
    """SHA-256 over the previous record's hash and this record's body."""
    return hashlib.sha256(prev_hash + body).digest()


def read_meta(connection: sqlite3.Connection, key: str) -> str | None:
    """The value of `key`, or None."""
    row = connection.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
    return None if row is None else str(row[0])


def write_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Set `key`; part of the transaction that is open."""
    connection.execute(
        "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value=excluded.value",
        (key, value),
    )


def prepare(
    connection: sqlite3.Connection, path: Path, identity: StationIdentity, *, read_only: bool = False
) -> None:
    """Create the schema in a new file, or check that an old one is sound and this station's.

    A file of schema 1 is brought to this one, unless `read_only`.  Raises JournalFailed otherwise.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if version == 0 and tables == 0:
        _create(connection, path, identity)
        return
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if application != APPLICATION_ID:
        raise JournalFailed(path, "is an SQLite file, but no journal")
    if version == 1 and not read_only:
        _upgrade(connection)
        version = SCHEMA_VERSION
    if version not in (1, SCHEMA_VERSION):
        raise JournalFailed(path, f"has schema {version}, this software writes {SCHEMA_VERSION}")
    owner = (read_meta(connection, "tenant"), read_meta(connection, "station"))
    if owner != (identity.tenant, identity.station):
        raise JournalFailed(
            path, f"belongs to {owner[0]}/{owner[1]}, not {identity.tenant}/{identity.station}"
        )
    if path.stat().st_size <= QUICK_CHECK_MAX_BYTES:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise JournalFailed(path, f"is damaged: {verdict}")


def _upgrade(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_BASE)
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _create(connection: sqlite3.Connection, path: Path, identity: StationIdentity) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in (_SCHEMA + _BASE).split(";"):
        if statement.strip():
            connection.execute(statement)
    for key, value in (
        ("tenant", identity.tenant),
        ("station", identity.station),
        ("boots", "0"),
        ("boot_id", ""),
        ("acknowledged", "0"),
        ("head", "0"),
    ):
        write_meta(connection, key, value)
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    connection.execute("COMMIT")
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read_base(connection: sqlite3.Connection) -> tuple[int, bytes] | None:
    """The state up to which records may have left: its sequence and body.  None when nothing ever left.

    Raises ValueError when it is damaged: without it the records cannot be folded any more.
    """
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name='base'").fetchone():
        return None
    row = connection.execute("SELECT seq, body, hash FROM base").fetchone()
    if row is None:
        return None
    if hashlib.sha256(row[1]).digest() != row[2]:
        raise ValueError(f"the state kept of record {row[0]} is damaged")
    return int(row[0]), bytes(row[1])


class _Names(msgspec.Struct, frozen=True):
    """The attributes of a body that the table repeats in columns."""

    id: str
    type: str
    sequence: str


def pruned(connection: sqlite3.Connection, genesis: bytes) -> tuple[int, bytes]:
    """Up to which record all have left, and that record's hash; 0 and `genesis` when none has."""
    text = read_meta(connection, "pruned")
    if text is None:
        return 0, genesis
    seq, _, digest = text.partition(" ")
    return int(seq), bytes.fromhex(digest)


def find_break(
    connection: sqlite3.Connection,
    genesis: bytes,
    *,
    after_seq: int,
    head: int,
    seen: Callable[[int], None] = lambda seq: None,
) -> ChainBreak | None:
    """Walk the chain from the record after `after_seq` to `head`; None when every link holds.

    The record at `after_seq` is taken on trust (0 stands for the genesis, or for the point up to which
    records have left).  A record whose body was taken out has its two hashes, and only they are checked.
    `seen` is told the sequence reached, once a page.
    """
    expected, prev = pruned(connection, genesis)
    if after_seq > expected:
        row = connection.execute("SELECT hash FROM events WHERE seq=?", (after_seq,)).fetchone()
        if row is None:
            return ChainBreak(after_seq, "is missing")
        expected, prev = after_seq, bytes(row[0])
    names = msgspec.json.Decoder(_Names)
    for seq, id_, type_, body, prev_hash, hash_ in _rows(connection, expected):
        expected += 1
        reason = _fault(expected, (seq, id_, type_), body, names)
        if reason is None and prev_hash != prev:
            reason = "the hash noted of the record before it is not that record's"
        if reason is None and body and hash_ != chain_hash(prev, body):
            reason = "the hash does not follow from the body and the record before it"
        if reason is not None:
            return ChainBreak(expected, reason, id_)
        prev = hash_
        if expected % VERIFY_PAGE == 0:
            seen(expected)
    if expected != head:
        return ChainBreak(
            min(expected, head) + 1, f"the file ends at {expected}, its head is noted as {head}"
        )
    return None


def _fault(
    expected: int, columns: tuple[int, str, str], body: bytes, names: msgspec.json.Decoder[_Names]
) -> str | None:
    seq, id_, type_ = columns
    if seq != expected:
        return f"is missing; {seq} follows"
    if not body:
        return None
    try:
        told = names.decode(body)
    except msgspec.MsgspecError:
        return "the body is no record"
    if (told.id, told.type, told.sequence) != (id_, type_, f"{seq:0{SEQUENCE_DIGITS}d}"):
        return "the columns and the body differ"
    return None


def _rows(
    connection: sqlite3.Connection, after_seq: int
) -> Iterator[tuple[int, str, str, bytes, bytes, bytes]]:
    while True:
        page = connection.execute(
            "SELECT seq, id, type, body, prev_hash, hash FROM events WHERE seq>? ORDER BY seq LIMIT ?",
            (after_seq, VERIFY_PAGE),
        ).fetchall()
        if not page:
            return
        yield from page
        after_seq = page[-1][0]
