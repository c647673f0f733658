"""How long to wait between attempts to reach a link: doubling to a cap, for ever."""

from __future__ import annotations

__all__ = ["FIRST_WAIT_S", "LONGEST_WAIT_S", "Backoff"]

FIRST_WAIT_S = 0.2
"""A re-plugged adapter has its node after about this long."""
LONGEST_WAIT_S = 5.0
"""A technician who plugs a cable in should not wait longer for a sign of life; opening a port costs
nothing."""


class Backoff:
    """0.2 s, 0.4 s … 5 s; no jitter, since a local port has no other contender."""

    def __init__(self) -> None:
        self._next_s = FIRST_WAIT_S

    def next_wait_s(self) -> float:
        """The wait before the next attempt."""
        wait_s = self._next_s
        self._next_s = min(wait_s * 2, LONGEST_WAIT_S)
        return wait_s

    def reset(self) -> None:
        """The link came up."""
        self._next_s = FIRST_WAIT_S
