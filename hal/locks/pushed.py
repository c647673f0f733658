"""States that a board sends by itself, and who wants to hear of them."""

from __future__ import annotations

from collections.abc import Callable

from hal.interfaces import LockFeedback
from hal.locks.setup import BoardSetup

__all__ = ["Pushes"]


class Pushes:
    """The subscribers of one board."""

    def __init__(self, setup: BoardSetup) -> None:
        self._setup = setup
        self._told: list[Callable[[int, LockFeedback], None]] = []

    def subscribe(self, told: Callable[[int, LockFeedback], None]) -> None:
        """Call `told(channel, feedback)` for every state that comes."""
        self._told.append(told)

    def tell(self, number: int, contact_closed: bool | None) -> None:
        """Lock `number`, as on the wire, was reported; locks that are no channel are passed over."""
        channel = number - self._setup.first_channel + 1
        if 1 <= channel <= self._setup.info.channels:
            feedback = self._setup.polarity.feedback(contact_closed)
            for told in self._told:
                told(channel, feedback)
