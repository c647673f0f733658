"""What the state remembers of commands: their answers, openings by command, and doors still to open.

Records are dropped, the oldest first, beyond `COMMANDS_KEPT` and after
`COMMANDS_KEPT_MS`.  What is dropped leaves its mark in `forgotten_before_ms`,
and no command issued until then is executed any more: a duplicate is answered
from its record or refused, never executed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from edge.core import events as ev
from edge.core.model import Bulk, CommandRecord, State

__all__ = [
    "COMMANDS_KEPT",
    "COMMANDS_KEPT_MS",
    "FUTURE_MS",
    "OPENINGS_MS",
    "command_progress",
    "command_received",
    "command_result",
    "count_opening",
    "cut_bulk",
    "mark_actuated",
    "oldest_answered",
]

COMMANDS_KEPT: Final = 10_000
"""Commands remembered for their duplicates: a day of one command each 8 s, some 3 MB of memory."""

COMMANDS_KEPT_MS: Final = 7 * 86_400_000
"""As long as a broker keeps a command for a station that is away (session expiry, docs/contract)."""

FUTURE_MS: Final = 600_000
"""How far ahead of the station's clock a command's own time may push the mark when it is forgotten.

More than any clock skew that is tolerated.  One of a clock gone wild must not shut out all others; a set
clock refuses its duplicates by themselves, and while ours is not set it is not forgotten.
"""

OPENINGS_MS: Final = 3_600_000
"""Openings by command are counted over an hour of station time (`edge.core.elapsed`)."""

MAX_OPENINGS: Final = 10_000
"""Bounds the count of an hour, whatever the rules allow: a lock that takes 0.4 s opens 9,000 times."""

_replace = msgspec.structs.replace


def command_received(state: State, e: ev.CommandReceived, at_ms: int) -> State:
    """Accepted: a duplicate is answered so until there is a result."""
    record = CommandRecord(
        id=e.command,
        verb=e.verb,
        result="accepted",
        reply_to=e.reply_to,
        correlation_id=e.correlation_id,
        at_ms=at_ms,
        issued_at_ms=e.issued_at_ms or at_ms,
    )
    if e.compartments:
        state = _replace(state, bulk=Bulk(e.command, tuple(e.compartments)))
    return _remember(state, record, at_ms)


def command_progress(state: State, e: ev.CommandProgress, at_ms: int) -> State:
    """One door less to open."""
    bulk = state.bulk
    if bulk is None or bulk.command != e.command:
        return state
    return _replace(
        state,
        bulk=_replace(
            bulk,
            waiting=tuple(c for c in bulk.waiting if c != e.compartment),
            doors={**bulk.doors, e.compartment: e.outcome},
            error=bulk.error or e.error,
        ),
    )


def command_result(state: State, e: ev.CommandResult, at_ms: int) -> State:
    """The answer from now on."""
    known = state.commands.get(e.command)
    record = CommandRecord(
        id=e.command,
        verb=e.verb,
        result=e.result,
        reply_to=e.reply_to,
        correlation_id=e.correlation_id,
        error=e.error,
        detail=e.detail,
        at_ms=known.at_ms if known is not None else at_ms,
        issued_at_ms=known.issued_at_ms if known is not None else e.issued_at_ms or at_ms,
        doors=e.doors,
        compartment=e.compartment,
    )
    if state.bulk is not None and state.bulk.command == e.command:
        state = _replace(state, bulk=None)
    return _remember(state, record, at_ms)


def mark_actuated(state: State, command: str) -> State:
    """The pulse of a command was acknowledged: its duplicates hear so."""
    known = state.commands.get(command)
    if known is None or known.final:
        return state
    return _replace(state, commands={**state.commands, command: _replace(known, result="actuated")})


def cut_bulk(state: State) -> State:
    """After a start no further door of an `open-many` is opened."""
    return state if state.bulk is None else _replace(state, bulk=_replace(state.bulk, cut=True))


def count_opening(state: State, command: str) -> State:
    """A door is unlocked for `command`."""
    state = _replace(state, opens_at_ms=_counted(state.opens_at_ms, state.elapsed_ms))
    if state.bulk is not None and state.bulk.command == command:
        state = _replace(state, bulk_at_ms=_counted(state.bulk_at_ms, state.elapsed_ms))
    return state


def _counted(openings: tuple[int, ...], now_ms: int) -> tuple[int, ...]:
    recent = [each for each in openings if now_ms - each < OPENINGS_MS]
    return (*recent[1 - MAX_OPENINGS :], now_ms)


def oldest_answered(commands: Mapping[str, CommandRecord]) -> CommandRecord | None:
    """The record that is dropped next; what is under way is never dropped."""
    return next((each for each in commands.values() if each.final), None)


def _remember(state: State, record: CommandRecord, at_ms: int) -> State:
    commands, mark = {**state.commands, record.id: record}, state.forgotten_before_ms
    for oldest in state.commands.values():
        if not oldest.final or oldest.id == record.id:
            continue
        ahead = oldest.issued_at_ms > at_ms + FUTURE_MS
        if len(commands) <= COMMANDS_KEPT and (ahead or at_ms - oldest.at_ms <= COMMANDS_KEPT_MS):
            break
        del commands[oldest.id]
        mark = mark if ahead else max(mark, oldest.issued_at_ms)
    return _replace(state, commands=commands, forgotten_before_ms=mark)
