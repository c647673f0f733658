"""Debouncing lock feedback: a level counts when two samples in a row agree."""

from __future__ import annotations

from typing import Final

from edge.core.model import DoorState
from hal.interfaces import LockFeedback

__all__ = ["SAMPLES_TO_BELIEVE", "Debouncer", "door_of"]

SAMPLES_TO_BELIEVE: Final = 2
"""Contacts bounce for 10–50 ms, polls are further apart than that: two equal samples are no bounce."""

_DOORS: Final = {
    LockFeedback.LOCKED: DoorState.CLOSED,
    LockFeedback.UNLOCKED: DoorState.OPEN,
    LockFeedback.UNKNOWN: DoorState.UNKNOWN,
}


def door_of(feedback: LockFeedback) -> DoorState:
    """The door as its lock tells it: a locked latch holds a closed door."""
    return _DOORS[feedback]


class Debouncer:
    """The believed level of one door."""

    def __init__(self) -> None:
        self.level = DoorState.UNKNOWN
        self._candidate = DoorState.UNKNOWN
        self._seen = 0

    def sample(self, level: DoorState) -> bool:
        """Take one sample; True when the believed level changed by it."""
        if level is self._candidate:
            self._seen += 1
        else:
            self._candidate, self._seen = level, 1
        if level is self.level or self._seen < SAMPLES_TO_BELIEVE:
            return False
        self.level = level
        return True
