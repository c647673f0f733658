"""Whether the station is ready, degraded or updating, told without flapping."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge.core.jobs import running_job
from edge.core.model import State
from edge.shell.clock import Clock
from edge.shell.messages import PresenceState

__all__ = ["DISK_LOW_BYTES", "HOLD_S", "Condition", "PresenceWatch", "problems"]

HOLD_S: Final = 30.0
"""A problem is told at once and stays told until it was away for so long: whatever flaps, presence changes at
most twice a problem in this time."""

DISK_LOW_BYTES: Final = 200_000_000
"""Free space of the journal's file system below which somebody should look: some weeks of facts."""

REASON_MAX: Final = 200
"""Characters of the reason; the rest of the devices is in the facts."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What presence says of a station that is connected; `reason` lists the problems, empty when ready."""

    state: PresenceState
    reason: str


READY: Final = Condition("ready", "")


def problems(state: State, clock_state: str, disk_free_bytes: int | None) -> frozenset[str]:
    """What is wrong now, a word each: devices by their names, `clock`, `disk`.  An unknown disk is no problem
    of its own: the journal stops the station when it cannot write."""
    found = set(state.lost_devices)
    if clock_state == "unset":
        found.add("clock")
    if disk_free_bytes is not None and disk_free_bytes < DISK_LOW_BYTES:
        found.add("disk")
    return frozenset(found)


class PresenceWatch:
    """Remembers when each problem was last seen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen_s: dict[str, float] = {}

    def look(self, now: Iterable[str], state: State) -> Condition:
        """The condition to tell, with the problems seen `now`."""
        now_s = self._clock.monotonic()
        self._seen_s = {what: at_s for what, at_s in self._seen_s.items() if now_s - at_s < HOLD_S}
        self._seen_s |= dict.fromkeys(now, now_s)
        job = running_job(state)
        if job is not None and job.kind == "update":
            return Condition("updating", str(job.parameters.get("version", "")))
        if self._seen_s:
            return Condition("degraded", ", ".join(sorted(self._seen_s))[:REASON_MAX])
        return READY
