"""Station time: for how long the station is known to have run, whatever was done to the wall clock.

What must last (a lock-out) and what is counted per hour (openings by command)
follows this time.  Each fact tells the machine's monotonic clock; what lies
between two of its readings has passed for certain, also while the service was
down.  A smaller reading than the last one is of a machine that was started
again, and then nothing is known to have passed: a power cut may make a
lock-out longer, and nothing makes it shorter.
"""

from __future__ import annotations

from edge.core.model import State

__all__ = ["elapsed_ms"]


def elapsed_ms(state: State, at_ms: int, monotonic_ms: int | None) -> int:
    """Station time in milliseconds, at wall time `at_ms` and at `monotonic_ms`; it never goes back.

    Without a reading (facts of software that told none) the wall clock is all there is: its steps forward
    count, those back do not.
    """
    if monotonic_ms is None:
        passed_ms = at_ms - state.last_event_at_ms if state.last_event_at_ms else 0
    elif state.monotonic_ms is None:
        passed_ms = 0
    else:
        passed_ms = monotonic_ms - state.monotonic_ms
    return state.elapsed_ms + max(0, passed_ms)
