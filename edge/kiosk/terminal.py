"""What the touch screen's server needs of the station, and nothing more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from edge.core.inputs import Tap
from edge.core.view import View

__all__ = ["StationFace", "Terminal"]


class StationFace(msgspec.Struct, frozen=True):
    """How the station introduces itself; the help line `phone` is on every screen and never empty."""

    name: str
    address: str
    phone: str

    def __post_init__(self) -> None:
        """Refuse a station without a help line: ValueError."""
        if not self.phone.strip():
            raise ValueError("a station must show a help line: phone is empty")


class Terminal(Protocol):
    """One station seen from its screen.  All methods belong to the event loop that owns the station."""

    def view(self) -> View:
        """Return what to show now; `seconds_left` is as of this call."""
        ...

    def watch(self) -> AsyncIterator[View]:
        """Yield the present view, then one for each change; a slow reader gets the latest only."""
        ...

    async def tap(self, tap: Tap) -> bool:
        """Decide one touch: True when the station acted, False when it refused.

        By then `view` shows what came of it.
        """
        ...
