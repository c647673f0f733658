"""Counting wrong attempts and locking out: per code, per staff id and per station.

Counters live in the state, hence in the journal: switching the station off
and on does not clear them.  All times are station time (`edge.core.elapsed`),
so neither does setting its clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from edge.core.model import AttemptCounter, Rules

__all__ = [
    "ATTEMPT_WINDOW_MS",
    "COUNTERS_KEPT",
    "LOCKOUT_MEMORY_MS",
    "cleared",
    "counted",
    "locked",
    "locked_for_ms",
    "lockout_ms",
]

ATTEMPT_WINDOW_MS = 600_000
"""Failures further apart than 10 min are no series: a guesser at that pace needs centuries for one code."""

LOCKOUT_MEMORY_MS = 24 * 3_600_000
"""A lock-out longer ago does not lengthen the next: else honest mistakes of months would add up to hours."""

COUNTERS_KEPT = 2_000
"""More counters than parcels and staff a station can have; the oldest goes first."""

Counters = dict[str, AttemptCounter]


def counted(counters: Mapping[str, AttemptCounter], keys: Sequence[str], now_ms: int) -> Counters:
    """One more failure at `now_ms` for each key; a series older than the window starts anew."""
    new = dict(counters)
    for key in keys:
        old = new.pop(key, AttemptCounter())
        fresh = now_ms - old.first_ms > ATTEMPT_WINDOW_MS
        new[key] = msgspec.structs.replace(
            old,
            failures=1 if fresh else old.failures + 1,
            first_ms=now_ms if fresh or old.failures == 0 else old.first_ms,
            lockouts=0 if now_ms - old.locked_to_ms > LOCKOUT_MEMORY_MS else old.lockouts,
        )
    while len(new) > COUNTERS_KEPT:
        del new[next(iter(new))]
    return new


def locked(counters: Mapping[str, AttemptCounter], key: str, until_ms: int) -> Counters:
    """The counter is locked until `until_ms`; its series ends and the next lock-out will be longer."""
    old = counters.get(key, AttemptCounter())
    return {
        **counters,
        key: AttemptCounter(failures=0, first_ms=0, locked_to_ms=until_ms, lockouts=old.lockouts + 1),
    }


def cleared(counters: Mapping[str, AttemptCounter], key: str) -> Counters:
    """Without `key`: a success ends its series and its lock-outs."""
    return {k: v for k, v in counters.items() if k != key}


def locked_for_ms(counters: Mapping[str, AttemptCounter], key: str, now_ms: int) -> int:
    """How long until `key` is accepted again; 0 if it is accepted now."""
    counter = counters.get(key)
    return max(0, counter.locked_to_ms - now_ms) if counter is not None else 0


def lockout_ms(counter: AttemptCounter, rules: Rules) -> int:
    """How long the next lock-out is: `lockout_s`, doubled by each one before, at most `max_lockout_s`."""
    # The exponent is capped so that the product stays a sane float before min() looks at it.
    seconds = min(rules.lockout_s * 2 ** min(counter.lockouts, 20), rules.max_lockout_s)
    return int(seconds * 1000)
