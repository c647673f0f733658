"""How long to wait before the next attempt: full jitter, growing, for ever."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Backoff"]


class Backoff:
    """Waits drawn evenly from 0 to a ceiling that doubles from `min_s` to `max_s`.

    Full jitter: after a broker's restart a fleet that lost its connections in
    the same instant comes back spread out, instead of knocking in step.
    `random` gives numbers of [0, 1).
    """

    def __init__(self, min_s: float, max_s: float, random: Callable[[], float]) -> None:
        self._random = random
        self._ceiling_s = min_s
        self.limit(min_s, max_s)

    def limit(self, min_s: float, max_s: float) -> None:
        """Other limits from the next wait on.  Raises ValueError when they make no sense."""
        if not 0 < min_s <= max_s:
            raise ValueError(f"back-off from {min_s} s to {max_s} s makes no sense")
        self._min_s = min_s
        self._max_s = max_s
        self._ceiling_s = min(max(self._ceiling_s, min_s), max_s)

    def next_s(self) -> float:
        """Seconds to wait now; the next call draws from twice the range."""
        ceiling_s = self._ceiling_s
        self._ceiling_s = min(ceiling_s * 2, self._max_s)
        return self._random() * ceiling_s

    def slow(self) -> None:
        """Go to the longest range at once: a refusal will not pass by itself in a second."""
        self._ceiling_s = self._max_s

    def reset(self) -> None:
        """Begin again with the shortest range, after a connection that held."""
        self._ceiling_s = self._min_s
