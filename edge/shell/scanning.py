"""Scans made inputs: every read of every scanner, without the echo of a symbol held a moment too long."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from edge.core.inputs import Input, Scan, ScanUnusable
from edge.shell.clock import Clock
from edge.shell.refusals import TokenBucket
from hal.interfaces import RefusedScan, Scanner
from hal.scanners.repeats import Repeats

__all__ = ["REPEAT_WINDOW_S", "Scanning"]

REPEAT_WINDOW_S: Final = 0.5
"""The same text within this time is the same symbol still in the window: scanners repeat after 0.3–0.5 s.
A scanner's `repeat_window_ms` says otherwise."""

UNUSABLE_PER_S: Final = 1.0
"""Unusable scans recorded in the long run: a noisy line yields hundreds a second and must be shed."""

UNUSABLE_BURST: Final = 10
"""Recorded in full before the limit bites: every one of a person's tries."""

_log = logging.getLogger(__name__)


class Scanning:
    """All scanners of the station.

    `offer` returns False when the station refuses under a flood; `refused`
    counts those, `unrecorded` unusable scans beyond what is worth a record.
    """

    def __init__(
        self,
        scanners: Mapping[str, Scanner],
        offer: Callable[[Input], bool],
        clock: Clock,
        windows_s: Mapping[str, float] | None = None,
    ) -> None:
        """`windows_s` is the time of repetition by scanner, REPEAT_WINDOW_S for those not in it."""
        self._scanners = scanners
        self._windows_s = windows_s or {}
        self._offer = offer
        self._unusable = TokenBucket(clock, UNUSABLE_PER_S, UNUSABLE_BURST)
        self.refused = 0
        self.unrecorded = 0

    async def run(self) -> None:
        """Listen for ever."""
        async with asyncio.TaskGroup() as group:
            for scanner in self._scanners.values():
                group.create_task(self._listen(scanner), name=f"scanner {scanner.id}")

    async def _listen(self, scanner: Scanner) -> None:
        repeats = Repeats(self._windows_s.get(scanner.id, REPEAT_WINDOW_S))
        async for read in scanner.scans():
            if isinstance(read, RefusedScan):
                self._unusable_scan(ScanUnusable(scanner.id, read.reason, read.length))
                continue
            if not repeats.again(read):
                self._hand_in(Scan(scanner.id, read.text, read.identifier))

    def _unusable_scan(self, item: ScanUnusable) -> None:
        if self._unusable.take():
            self._hand_in(item)
        else:
            self.unrecorded += 1

    def _hand_in(self, item: Input) -> None:
        if not self._offer(item):
            self.refused += 1
            _log.warning("scan refused: too many inputs wait (%d so far)", self.refused)
