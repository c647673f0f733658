"""Counting and limiting what is refused, so that a flood fills neither journal nor log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from edge.shell.clock import Clock

__all__ = ["Refusals", "TokenBucket"]

REPORTS_PER_S: Final = 1.0
"""Refusals journaled in the long run: 86,400 a day at most, some 50 MB."""

REPORT_BURST: Final = 10
"""Refusals journaled in full before the limit bites: enough to see what a test or an attack looks like."""

DETAIL_MAX: Final = 200
"""Characters of a refusal's detail; the rest of a hostile message is not worth keeping."""


class TokenBucket:
    """Lets `burst` through at once and `per_s` in the long run, on the monotonic clock."""

    def __init__(self, clock: Clock, per_s: float, burst: int) -> None:
        self._clock = clock
        self._per_s = per_s
        self._burst = float(burst)
        self._tokens = float(burst)
        self._at_s = clock.monotonic()

    def take(self) -> bool:
        """True when one more may pass now."""
        now_s = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Refusals:
    """Counts every refusal by reason; hands on at most one a second (burst of ten) to `report`."""

    def __init__(self, clock: Clock, report: Callable[[str, str, str, str], None]) -> None:
        self._bucket = TokenBucket(clock, REPORTS_PER_S, REPORT_BURST)
        self._report = report
        self.counts: Counter[str] = Counter()

    def refuse(self, source: str, reason: str, detail: str, document: str = "") -> None:
        """`source` says where it came from (a topic), `reason` is a short fixed word.

        `document` is the digest of what may come again as it is.
        """
        self.counts[reason] += 1
        if self._bucket.take():
            self._report(source, reason, detail[:DETAIL_MAX], document)
