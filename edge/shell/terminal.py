"""The kiosk's view of the station: taps in, views out, with a limit on how fast a finger can be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from edge.core.inputs import Tap
from edge.core.view import View
from edge.shell.clock import Clock
from edge.shell.refusals import TokenBucket
from edge.shell.station import Station

__all__ = ["StationTerminal"]

TAPS_PER_S: Final = 10.0
"""Faster than any finger, as digits stay in the page; a script cannot fill the journal with refusals."""

TAP_BURST: Final = 20
"""Taps that may come at once, for example after a page reconnects."""


class StationTerminal:
    """Implements `edge.kiosk.terminal.Terminal` on a `Station`."""

    def __init__(self, station: Station, clock: Clock) -> None:
        self._station = station
        self._bucket = TokenBucket(clock, TAPS_PER_S, TAP_BURST)

    def view(self) -> View:
        """See `Terminal.view`."""
        return self._station.view()

    def watch(self) -> AsyncIterator[View]:
        """See `Terminal.watch`."""
        return self._station.views()

    async def tap(self, tap: Tap) -> bool:
        """See `Terminal.tap`; False as well when taps come too fast."""
        if not self._bucket.take():
            return False
        decision = await self._station.submit(tap)
        return decision is not None and not decision.refused
