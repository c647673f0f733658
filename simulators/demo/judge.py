"""The verdict of a run, from the simulated world, the backend's store and the journal file: never from the
service's own word."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.backend import Backend
from simulators.backend_store import StoredEvent
from simulators.demo.journeys import Journey
from simulators.demo.people import Tally
from simulators.demo.service import Service
from simulators.demo.station_file import Rehearsal
from simulators.world import World, WorldEvent

__all__ = ["Witness", "judge", "percentile"]


class Witness:
    """Watches the world during the run: what was put together, and how long a right code took to the lock."""

    def __init__(self, world: World, tally: Tally) -> None:
        self._world = world
        self._tally = tally
        self.double_allocated = 0
        self.unlock_s: list[tuple[float, str]] = []
        self.pulses = 0
        world.subscribe(self._see)

    @property
    def misdelivered(self) -> int:
        """Parcels in the hands of somebody who is not their owner."""
        return sum(parcel.owner != who for who, parcel in self._tally.carried_off)

    @property
    def left_inside(self) -> int:
        """Parcels still behind doors."""
        return sum(len(self._world.parcels(c.id)) for c in self._world.plan.compartments)

    def _see(self, event: WorldEvent) -> None:
        if event.kind == "put":
            owners = {p.owner for p in self._world.parcels(event.compartment)}
            self.double_allocated += len(owners) > 1
        elif event.kind == "pulse":
            self.pulses += 1
            self._see_pulse(event)

    def _see_pulse(self, event: WorldEvent) -> None:
        """The first pulse on its parcel's compartment ends the time of a right code."""
        for parcel in self._world.parcels(event.compartment):
            given = self._tally.code_given_s.pop(parcel.tracking_code, None)
            if given is not None:
                self.unlock_s.append((float(event.detail["frame_at_s"]) - given, event.compartment))


@dataclass(frozen=True, slots=True)
class _Journaled:
    sequences: list[int]
    ids: dict[int, str]


def _read_journal(path: Path) -> _Journaled:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT seq, id FROM events ORDER BY seq").fetchall()
    finally:
        connection.close()
    return _Journaled([seq for seq, _ in rows], dict(rows))


def percentile(values: list[float], share: float) -> float | None:
    """The nearest-rank percentile, or None without values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def judge(
    journeys: list[Journey],
    witness: Witness,
    backend: Backend,
    service: Service,
    rehearsal: Rehearsal,
    broker: str,
    seconds: float,
) -> dict[str, Any]:
    """All numbers of a run, JSON-ready.  Call it after the service has stopped."""
    journal = _read_journal(rehearsal.journal)
    stored = [e for e in backend.stored if e.source.endswith(f":{rehearsal.station['id']}")]
    by_sequence = {e.sequence: e.id for e in stored}
    acknowledged = backend.last_sequence(str(rehearsal.station["id"]))
    lost = [s for s in journal.sequences if by_sequence.get(s) != journal.ids[s]]
    duplicated = len(stored) - len({e.id for e in stored})
    unaccounted = [j for j in journeys if not _accounted(j, stored)]
    ends: dict[str, int] = {}
    for journey in journeys:
        ends[journey.end] = ends.get(journey.end, 0) + 1
    unlock_ms = [s * 1000 for s, _ in witness.unlock_s]
    slowest = max(witness.unlock_s, default=(0.0, ""))
    return {
        "journeys": len(journeys),
        "completed": sum(1 for j in journeys if j.end in ("picked-up", "recalled")),
        "misdelivered": witness.misdelivered,
        "double_allocated": witness.double_allocated,
        "events": {
            "journaled": len(journal.sequences),
            "acknowledged": acknowledged,
            "lost": len(lost),
            "duplicated": duplicated,
            "contiguous": journal.sequences == list(range(1, len(journal.sequences) + 1)),
        },
        "restarts": service.kills,
        "unasked_ends": service.unasked_ends,
        "unlock_ms": {
            "p50": _rounded(percentile(unlock_ms, 0.50)),
            "p99": _rounded(percentile(unlock_ms, 0.99)),
            "samples": len(unlock_ms),
            "slowest": {"compartment": slowest[1], "ms": _rounded(slowest[0] * 1000)},
        },
        "ends": ends,
        "unaccounted": len(unaccounted),
        "pulses": {"seen": witness.pulses, "recorded": _count(stored, "ph.door.unlock-requested.v1")},
        "left_inside": witness.left_inside,
        "backend": {
            "duplicates_dropped": backend.duplicates_dropped,
            "gaps": backend.gaps,
            "contract_violations": backend.violation_count,
            "messages": len(backend.messages),
        },
        "broker": broker,
        "seconds": round(seconds, 1),
    }


def _accounted(journey: Journey, stored: list[StoredEvent]) -> bool:
    """Completed, or refused with a reason the backend has on record."""
    if journey.end in ("picked-up", "recalled"):
        return True
    return journey.end.startswith("refused") and any(
        e.type == "ph.parcel.rejected.v1" and e.data.get("parcel") == journey.parcel_id for e in stored
    )


def _count(stored: list[StoredEvent], type_: str) -> int:
    return sum(e.type == type_ for e in stored)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
