"""Looking into a station's journal while the service is down: nothing is recorded, no boot is counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from edge.core.fold import apply
from edge.core.model import State
from edge.shell import journal_file as jf
from edge.shell.envelope import EnvelopeError, StationIdentity, decode_event
from edge.shell.journal_file import JournalFailed
from edge.shell.journal_trim import decode_base

__all__ = ["held_state"]


@contextmanager
def held_state(journal: Path, identity: StationIdentity) -> Iterator[State]:
    """The state the journal tells, and the journal's lock for as long as the block lasts: no service starts
    meanwhile.  A station that never ran has an empty state, and no file is made for it.

    Raises JournalFailed when a service has it, when it is another station's or cannot be read.  Folds every
    record, some 50,000 a second.
    """
    if not journal.exists():
        yield State()
        return
    try:
        lock = jf.LockFile(journal)
    except OSError as error:
        raise JournalFailed(journal, f"cannot be locked: {error}") from error
    try:
        yield _fold(journal, identity)
    finally:
        lock.release()


def _fold(journal: Path, identity: StationIdentity) -> State:
    try:
        with closing(jf.connect(journal, read_only=True)) as connection:
            jf.prepare(connection, journal, identity, read_only=True)
            base = jf.read_base(connection)
            after, state = (0, State()) if base is None else (base[0], decode_base(base[1]))
            for seq, happened_ms, body in connection.execute(
                "SELECT seq, happened_ms, body FROM events WHERE seq>? ORDER BY seq", (after,)
            ):
                try:
                    envelope, event = decode_event(body)
                except EnvelopeError as error:
                    raise JournalFailed(journal, f"record {seq}: {error}") from error
                state = apply(state, event, happened_ms, envelope.monotonic_ms)
    except (ValueError, sqlite3.Error) as error:
        raise JournalFailed(journal, f"cannot be read: {error}") from error
    return state
