"""The state as a journal tells it: the newest snapshot this release can read, and the facts after it.

A start after a change of the release, or of the state's form, folds all there
are behind the kept base: 90 days of facts and more.  They are read and folded
page by page, so that memory does not grow with the journal, and a fold that
takes long says in the log how far it is.
"""

from __future__ import annotations

import logging
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from typing import Final

import msgspec

from edge.core.fold import apply
from edge.core.model import State
from edge.shell.clock import Clock
from edge.shell.envelope import EnvelopeError
from edge.shell.journal import Journal, JournalFailed, Loaded
from edge.shell.journal_trim import decode_base

__all__ = ["PROGRESS_EVERY_S", "load_state", "to_snapshot"]

PROGRESS_EVERY_S: Final = 2.0
"""How often a long fold is told of, from the first time on: a start that takes less says nothing."""

_log = logging.getLogger(__name__)


def load_state(journal: Journal, clock: Clock) -> tuple[State, int]:
    """The state, and the sequence of the snapshot or base it was built on (0 for none).  Blocks.

    Raises JournalFailed when a record or the base cannot be read.
    """
    loaded = journal.load()
    known = None if loaded.is_base or loaded.snapshot is None else _from_snapshot(loaded.snapshot)
    if known is None:
        if loaded.snapshot is not None and not loaded.is_base:
            # A snapshot is a shortcut; the events are the truth.
            _log.warning("snapshot %d is of another version, folding all events", loaded.snapshot_seq)
            loaded = journal.load(use_snapshot=False)
        known = _base_of(journal, loaded)
    return _fold(journal, clock, known, loaded.snapshot_seq), loaded.snapshot_seq


def _fold(journal: Journal, clock: Clock, state: State, after_seq: int) -> State:
    first, due_s = after_seq, clock.monotonic() + PROGRESS_EVERY_S
    while page := journal.page(after_seq):
        for _, event, happened_ms, monotonic_ms in page:
            state = apply(state, event, happened_ms, monotonic_ms)
        after_seq = page[-1][0]
        now_s = clock.monotonic()
        if now_s >= due_s:
            due_s = now_s + PROGRESS_EVERY_S
            _log.info("folding the journal: %d of %d records", after_seq - first, journal.head - first)
    return state


def _base_of(journal: Journal, loaded: Loaded) -> State:
    if not loaded.is_base or loaded.snapshot is None:
        return State()
    try:
        return decode_base(loaded.snapshot)
    except EnvelopeError as error:
        raise JournalFailed(journal.path, str(error)) from error


class _Snapshot(msgspec.Struct, frozen=True):
    """`form` tells states of other software apart that would decode all the same, with facts missing."""

    form: str
    state: msgspec.Raw


@cache
def _form() -> str:
    """The release that folded and the fields of its state: between releases only these tell."""
    schema = msgspec.json.encode(msgspec.json.schema(State), order="deterministic")
    return f"{version('pigeonhole')}/{sha256(schema).hexdigest()[:16]}"


def to_snapshot(state: State) -> bytes:
    """`state` as `load_state` reads it back, as long as the same release does."""
    return msgspec.json.encode(_Snapshot(_form(), msgspec.Raw(msgspec.json.encode(state))))


def _from_snapshot(body: bytes) -> State | None:
    """The state, or None when other software wrote it."""
    try:
        snapshot = msgspec.json.decode(body, type=_Snapshot)
        return msgspec.json.decode(snapshot.state, type=State) if snapshot.form == _form() else None
    except msgspec.MsgspecError:
        return None
