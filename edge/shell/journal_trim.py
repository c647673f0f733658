"""What leaves the journal, in small steps on the journal's own thread.

Three things leave: whole records behind the backend's acknowledgement and the
retention time; the bodies of personal facts earlier than that; and, at the
bound of the disk, the bodies of telemetry.  A body that is taken out leaves its
two hashes, so the chain stays whole; a record that leaves is the new beginning
of the chain, whose hash is kept.  Before anything leaves, the state folded up
to there is kept (`base`), so that the rest can still be folded.

Nothing here decides about time or urgency: see `edge.shell.upkeep`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from edge.core.events import EVENT_TYPES
from edge.core.fold import apply
from edge.core.model import State
from edge.shell import journal_file as jf
from edge.shell.clock import RELEASE_FLOOR_MS
from edge.shell.envelope import EnvelopeError, decode_event

__all__ = ["STEP", "JournalTrim", "Usage", "decode_base"]

STEP: Final = 200
"""Records a step looks at, folds or changes: some 5 ms of its thread: a live door may wait so long."""

VACUUM_PAGES: Final = 64
"""Pages given back to the file system in a step: 256 kB, some milliseconds."""

_PERSONAL: Final = tuple(name for name, type_ in EVENT_TYPES.items() if type_.classification == "personal")
_TELEMETRY: Final = tuple(name for name, type_ in EVENT_TYPES.items() if type_.telemetry)


@dataclass(frozen=True, slots=True)
class Usage:
    """`used` bytes of the journal hold something, `free` bytes the file system has for everybody."""

    used: int
    free: int


class JournalTrim:
    """The steps.  Each is one short transaction, or none; all block and belong to the journal's thread.

    A crash between any two leaves a journal that loads, verifies and goes on.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        transaction: Callable[[], AbstractContextManager[None]],
        genesis: bytes,
    ) -> None:
        self._path = path
        self._db = connection
        self._transaction = transaction
        self._genesis = genesis
        base = jf.read_base(connection)
        self.base = 0 if base is None else base[0]
        self.pruned, _ = jf.pruned(connection, genesis)
        self.reduced = self._number("reduced")
        self.shed_to = self._number("shed_to")
        self.shed = self._number("shed")
        self._folded: tuple[int, State] | None = None

    def usage(self) -> Usage:
        """What the journal and its disk hold.  Raises OSError when the disk cannot be asked."""
        pages, free, size = (
            int(self._db.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        disk = os.statvfs(self._path.parent)
        return Usage((pages - free) * size, disk.f_bavail * disk.f_frsize)

    def older_than(self, after: int, before_ms: int, now_ms: int, limit: int) -> tuple[int | None, int, bool]:
        """The last record of the next `STEP` after `after`, up to `limit`, that is older than `before_ms`.

        Returns it (or None), how far it looked, and whether to ask again from there.  A record whose clock
        was unset or ran ahead of `now_ms` is as old as the first one after it whose clock did not.
        """
        rows = self._db.execute(
            "SELECT seq, happened_ms FROM events WHERE seq>? AND seq<=? ORDER BY seq LIMIT ?",
            (after, limit, STEP),
        ).fetchall()
        found = None
        for seq, happened_ms in rows:
            if before_ms <= happened_ms <= now_ms:
                return found, seq, False
            if RELEASE_FLOOR_MS <= happened_ms < before_ms:
                found = seq
        return found, rows[-1][0] if rows else after, len(rows) == STEP

    def hash_of(self, seq: int) -> str:
        """The hash of record `seq` in hex, or "" when it is not there."""
        row = self._db.execute("SELECT hash FROM events WHERE seq=?", (seq,)).fetchone()
        return "" if row is None else bytes(row[0]).hex()

    def fold_to(self, target: int) -> bool:
        """Fold the next `STEP` records towards `target`; at the target keep the state as base.

        Returns whether there is more to do.  Raises EnvelopeError for a record that cannot be folded.
        """
        if target <= self.base:
            return False
        seq, state = self._folded or self._from_base()
        rows = self._db.execute(
            "SELECT seq, happened_ms, body FROM events WHERE seq>? AND seq<=? ORDER BY seq LIMIT ?",
            (seq, target, STEP),
        ).fetchall()
        for _, happened_ms, body in rows:
            envelope, event = decode_event(body)
            state = apply(state, event, happened_ms, envelope.monotonic_ms)
        reached = rows[-1][0] if rows else seq
        self._folded = (reached, state)
        if reached < target and rows:
            return True
        self._keep_base(reached, state)
        return False

    def prune(self, up_to: int) -> int:
        """Let at most `STEP` records up to `up_to` leave, none beyond the base; returns how many did."""
        last = min(up_to, self.base, self.pruned + STEP)
        if last <= self.pruned:
            return 0
        digest = self.hash_of(last)
        with self._transaction():
            count = self._db.execute("DELETE FROM events WHERE seq<=?", (last,)).rowcount
            jf.write_meta(self._db, "pruned", f"{last} {digest}")
        self.pruned = last
        return count

    def reduce(self, up_to: int) -> int:
        """Take the bodies of personal facts among the next `STEP` records out; returns how far it came.

        `up_to` bounds it, as does the base.
        """
        last = min(up_to, self.base, max(self.reduced, self.pruned) + STEP)
        if last > self.reduced:
            with self._transaction():
                self._empty(_PERSONAL, max(self.reduced, self.pruned), last)
                jf.write_meta(self._db, "reduced", str(last))
            self.reduced = last
        return self.reduced

    def shed_step(self) -> int:
        """Take the bodies of telemetry among the next `STEP` records out, none beyond the base.

        Returns how far it came; `shed` counts what was taken out since the journal began.
        """
        first = max(self.shed_to, self.pruned)
        last = min(self.base, first + STEP)
        if last > first:
            with self._transaction():
                shed = self.shed + self._empty(_TELEMETRY, first, last)
                jf.write_meta(self._db, "shed", str(shed))
                jf.write_meta(self._db, "shed_to", str(last))
            self.shed, self.shed_to = shed, last
        return last

    def give_back(self) -> bool:
        """Return free pages to the file system; True when more may be free.

        Without effect on files made before the second schema: what they have free is used again.
        """
        self._db.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()
        vacuum = int(self._db.execute("PRAGMA auto_vacuum").fetchone()[0])
        return vacuum == 2 and int(self._db.execute("PRAGMA freelist_count").fetchone()[0]) > VACUUM_PAGES

    def _empty(self, types: tuple[str, ...], after: int, last: int) -> int:
        marks = ",".join("?" * len(types))
        return self._db.execute(
            f"UPDATE events SET body=x'' WHERE seq>? AND seq<=? AND body<>x'' AND type IN ({marks})",
            (after, last, *types),
        ).rowcount

    def _from_base(self) -> tuple[int, State]:
        base = jf.read_base(self._db)
        return (0, State()) if base is None else (base[0], decode_base(base[1]))

    def _keep_base(self, seq: int, state: State) -> None:
        body = msgspec.json.encode(state)
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO base(only, seq, body, hash) VALUES(1,?,?,?)",
                (seq, body, sha256(body).digest()),
            )
        self.base, self._folded = seq, None

    def _number(self, key: str) -> int:
        return int(jf.read_meta(self._db, key) or "0")


def decode_base(body: bytes) -> State:
    """A kept state, written by this software or by older: fields it did not know have their defaults.

    Raises EnvelopeError when it cannot be read as a state at all.
    """
    try:
        return msgspec.json.decode(body, type=State)
    except msgspec.MsgspecError as error:
        raise EnvelopeError(f"the state kept for what has left cannot be read: {error}") from error
