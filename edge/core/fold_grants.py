"""Facts about offline grants applied to the state: spent, revoked, in doubt, counted as forged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from edge.core import attempts, grant_book
from edge.core import grant_events as ev
from edge.core.event_base import EventBase
from edge.core.model import State

__all__ = ["FORGED", "TABLE"]

FORGED = frozenset({"malformed", "unknown-issuer", "bad-signature"})
"""Refusals of grants that count as wrong attempts: no issuer ever wrote such a thing for this station."""

_replace = msgspec.structs.replace


def _grant_used(state: State, e: ev.GrantUsed, at_ms: int) -> State:
    book = grant_book.used(state.grants, e.grant, e.expires_at_ms, at_ms, spent=e.single_use, clock=e.clock)
    return _replace(state, grants=book)


def _grant_refused(state: State, e: ev.GrantRefused, at_ms: int) -> State:
    if e.reason not in FORGED:
        return state
    return _replace(state, attempts=attempts.counted(state.attempts, ["station"], state.elapsed_ms))


def _grants_learned(state: State, e: ev.GrantsLearned, at_ms: int) -> State:
    book = grant_book.learned(
        state.grants,
        spent=e.spent,
        revoked=e.revoked,
        epoch=e.epoch,
        part=e.part,
        forgotten_ms=e.forgotten_ms,
        at_ms=at_ms,
        clock=e.clock,
    )
    return _replace(state, grants=book)


def _grants_doubted(state: State, e: ev.GrantsDoubted, at_ms: int) -> State:
    return _replace(state, grants=grant_book.doubted(state.grants, e.before_ms, e.ask, e.mark))


def _grants_differ(state: State, e: ev.GrantsDiffer, at_ms: int) -> State:
    return _replace(state, grants=grant_book.differs(state.grants, e.ask))


def _grants_confirmed(state: State, e: ev.GrantsConfirmed, at_ms: int) -> State:
    return _replace(state, grants=grant_book.confirmed(state.grants))


TABLE: dict[type[EventBase], Callable[[State, Any, int], State]] = {
    ev.GrantUsed: _grant_used,
    ev.GrantRefused: _grant_refused,
    ev.GrantsLearned: _grants_learned,
    ev.GrantsDoubted: _grants_doubted,
    ev.GrantsDiffer: _grants_differ,
    ev.GrantsConfirmed: _grants_confirmed,
}
