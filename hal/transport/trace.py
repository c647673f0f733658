"""The last bytes of a link, for diagnostics."""

from __future__ import annotations

import asyncio
from collections import deque

from hal.interfaces import TraceLine

__all__ = ["MAX_BURSTS", "MAX_BURST_BYTES", "RingTrace"]

MAX_BURSTS = 256
"""A minute or so of polling on one line: enough to see what led to a fault."""
MAX_BURST_BYTES = 256
"""Longer than any lock-board frame; of a label or a huge scan only the beginning is kept."""


class RingTrace:
    """A `WireTrace` that forgets the oldest burst."""

    def __init__(self) -> None:
        self._lines: deque[TraceLine] = deque(maxlen=MAX_BURSTS)

    def add(self, direction: str, data: bytes) -> None:
        """Record a burst now; `direction` is `>` or `<`.  Must run inside the loop."""
        if data:
            at_s = asyncio.get_running_loop().time()
            self._lines.append(TraceLine(at_s, direction, bytes(data[:MAX_BURST_BYTES])))

    def lines(self) -> tuple[TraceLine, ...]:
        """Oldest first."""
        return tuple(self._lines)
