"""Counting frames and their latency in a memory that does not grow."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["Latencies", "Tally"]

SMALLEST_MS: Final = 0.01
STEPS_A_DECADE: Final = 115
"""2 % apart."""
DECADES: Final = 8
"""Up to a quarter of an hour."""


class Latencies:
    """Quantiles of milliseconds, to 2 %."""

    def __init__(self) -> None:
        self._counts = [0] * (STEPS_A_DECADE * DECADES + 1)
        self.count = 0

    def add(self, ms: float) -> None:
        """One more; what lies outside the scale counts at its end."""
        step = math.log10(max(ms, SMALLEST_MS) / SMALLEST_MS) * STEPS_A_DECADE
        self._counts[min(round(step), len(self._counts) - 1)] += 1
        self.count += 1

    def quantile(self, share: float) -> float | None:
        """The latency that `share` of all do not exceed; None without any."""
        wanted = max(1, math.ceil(share * self.count))
        passed = 0
        for step, count in enumerate(self._counts):
            passed += count
            if passed >= wanted:
                return float(SMALLEST_MS * 10 ** (step / STEPS_A_DECADE))
        return None


class Tally:
    """What came of the frames since `begun_s`."""

    def __init__(self, begun_s: float, dropped: int = 0) -> None:
        """`dropped` is the camera's count at the beginning."""
        self.begun_s = begun_s
        self.frames = 0
        self.cut = 0
        self.reads = 0
        self.latencies = Latencies()
        self._dropped = dropped

    def add(self, latency_ms: float, reads: int, *, cut: bool) -> None:
        """A frame was looked at."""
        self.frames += 1
        self.reads += reads
        self.cut += cut
        self.latencies.add(latency_ms)

    def facts(self, now_s: float, dropped: int, visible: int) -> dict[str, int | float | None]:
        """The keys of a status line; `dropped` is the camera's count now."""
        seconds = max(now_s - self.begun_s, 1e-9)
        return {
            "seconds": round(seconds, 3),
            "frames": self.frames,
            "fps": round(self.frames / seconds, 2),
            "latency_p50_ms": _rounded(self.latencies.quantile(0.50)),
            "latency_p99_ms": _rounded(self.latencies.quantile(0.99)),
            "dropped": dropped - self._dropped,
            "cut": self.cut,
            "reads": self.reads,
            "visible": visible,
        }


def _rounded(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 2)
