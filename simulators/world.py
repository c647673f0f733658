"""Physics of a cabinet: latches, doors, coils and the parcels behind the doors.  No bytes.

A lock is a spring-loaded hook held by a pawl.  A pulse pulls the pawl; the
hook turns and pushes the door open a moment later.  The feedback switch senses
the hook, so a stuck door reads "locked" however often its pawl was pulled.
Pushed shut, the door turns the hook back and the pawl drops in.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from simulators.faults import ActiveFault, FaultMenu
from simulators.plan import CabinetPlan, CompartmentPlan

__all__ = ["Door", "Latch", "SimParcel", "World", "WorldError", "WorldEvent"]

SPRING_MS: Final = 60
"""From the start of a pulse to a door that stands open."""

PULL_IN_MS: Final = 15
"""A shorter pulse does not lift the pawl: a solenoid's armature needs about this long to move."""

COIL_LIMIT_S: Final = 10.0
"""Energised seconds a lock solenoid of 10 % duty bears before its thermal cut-out opens."""

COIL_COOLS_S_PER_S: Final = 0.1
"""Energised seconds of heat given off per second: 10 % duty."""

EVENTS_KEPT: Final = 20_000
"""A day of a busy station is about 2,000 parcels of some eight events; older ones are dropped."""


class Latch(StrEnum):
    """The pawl: holding the hook, or out of its way."""

    ENGAGED = "engaged"
    RELEASED = "released"


class Door(StrEnum):
    """The panel."""

    OPEN = "open"
    CLOSED = "closed"


class WorldError(RuntimeError):
    """Hands tried what physics does not allow."""


@dataclass(frozen=True, slots=True)
class SimParcel:
    """A thing with a label.  `owner` is whom it is for: the judge of right and wrong hands."""

    tracking_code: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class WorldEvent:
    """Something that happened, at `at_s` on the world's monotonic clock."""

    at_s: float
    kind: str
    compartment: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Lock:
    """One compartment's moving parts.  `moved_at_s` is when the contact last changed."""

    plan: CompartmentPlan
    line: str
    contact_closed_means: str
    latch: Latch = Latch.ENGAGED
    door: Door = Door.CLOSED
    parcels: list[SimParcel] = field(default_factory=list)
    pulses: int = 0
    energised_since_s: float | None = None
    off_timer: asyncio.TimerHandle | None = None
    spring_timer: asyncio.TimerHandle | None = None
    trip_timer: asyncio.TimerHandle | None = None
    heat_s: float = 0.0
    heat_at_s: float = 0.0
    tripped: bool = False
    held_by_fault: bool = False
    moved_at_s: float = float("-inf")


class World:
    """The cabinet's metal.  One event loop; times are seconds of `clock`, by default the loop's own."""

    def __init__(
        self,
        plan: CabinetPlan,
        *,
        clock: Callable[[], float] | None = None,
        faults: FaultMenu | None = None,
        spring_ms: int = SPRING_MS,
    ) -> None:
        self.plan = plan
        self.faults = faults or FaultMenu()
        self.events: deque[WorldEvent] = deque(maxlen=EVENTS_KEPT)
        self.max_energised = 0
        self.max_energised_by_line: dict[str, int] = {each.id: 0 for each in plan.lines}
        self._clock = clock
        self._spring_s = spring_ms / 1_000
        self._watchers: list[Callable[[WorldEvent], None]] = []
        boards = {each.id: each for each in plan.boards}
        self._locks = {
            each.id: _Lock(each, boards[each.board].line, boards[each.board].contact_closed_means)
            for each in plan.compartments
        }
        self.faults.subscribe(self._fault_changed)

    # What boards do and see.

    def pulse(self, compartment_id: str, ms: float, at_s: float | None = None) -> None:
        """Energise the coil for `ms`; a new pulse on a live coil starts its time again.

        `at_s` is when the last byte of the command was on the wire, for the record.
        """
        lock = self._lock(compartment_id)
        lock.pulses += 1
        self._emit("pulse", lock, ms=ms, frame_at_s=self.now() if at_s is None else at_s)
        self._energise(lock, pulls=ms >= PULL_IN_MS)
        lock.off_timer = asyncio.get_running_loop().call_later(ms / 1_000, self._de_energise, lock)

    def coil_on(self, compartment_id: str, at_s: float | None = None) -> None:
        """Energise the coil until `coil_off`: what a relay does that nobody times."""
        lock = self._lock(compartment_id)
        lock.pulses += 1
        self._emit("coil_held", lock, frame_at_s=self.now() if at_s is None else at_s)
        self._energise(lock, pulls=True)

    def coil_off(self, compartment_id: str) -> None:
        """Take the coil's power away; nothing happens when it has none."""
        self._de_energise(self._lock(compartment_id))

    def is_energised(self, compartment_id: str) -> bool:
        """True while the coil has power."""
        return self._lock(compartment_id).energised_since_s is not None

    def contact_closed(self, compartment_id: str) -> bool:
        """The raw feedback contact as the board sees it, after the cabinet maker's wiring and its faults."""
        lock = self._lock(compartment_id)
        stuck = self.faults.find("feedback_stuck", compartment_id)
        if stuck is not None:
            return bool(stuck.params["closed"])
        if self.faults.find("contact_flaps", compartment_id) is not None:
            return self.faults.rng.random() < 0.5
        closed = (lock.door is Door.CLOSED) == (lock.contact_closed_means == "locked")
        bounce = self.faults.find("contact_bounce", compartment_id)
        if bounce is not None and (self.now() - lock.moved_at_s) * 1_000 < bounce.params["for_ms"]:
            return self.faults.rng.random() < 0.5
        return closed

    # What hands do and see.

    def close_door(self, compartment_id: str) -> bool:
        """Push the door shut; False when it does not catch (power on the coil, or a worn latch)."""
        lock = self._lock(compartment_id)
        if lock.door is Door.CLOSED:
            return True
        held_open = self.faults.find("door_forced", compartment_id) is not None
        if (
            held_open
            or lock.energised_since_s is not None
            or self.faults.strike("latch_slips", compartment_id)
        ):
            self._emit("did_not_catch", lock)
            return False
        lock.door, lock.latch = Door.CLOSED, Latch.ENGAGED
        lock.moved_at_s = self.now()
        self._emit("closed", lock, parcels=[each.tracking_code for each in lock.parcels])
        return True

    def force_open(self, compartment_id: str) -> None:
        """Open the door without the coil: a key, a crowbar, a child."""
        lock = self._lock(compartment_id)
        if lock.door is Door.CLOSED:
            self._open(lock, "forced")

    def put(self, compartment_id: str, parcel: SimParcel) -> None:
        """Lay a parcel inside; WorldError when the door is shut."""
        lock = self._lock(compartment_id)
        if lock.door is Door.CLOSED:
            self._emit("refused", lock, act="put", tracking_code=parcel.tracking_code)
            raise WorldError(f"{compartment_id}: the door is closed, nothing can be put in")
        lock.parcels.append(parcel)
        self._emit("put", lock, tracking_code=parcel.tracking_code, owner=parcel.owner)

    def take(self, compartment_id: str, owner: str | None = None) -> list[SimParcel]:
        """Take out what is inside, all of it or one owner's; WorldError when the door is shut."""
        lock = self._lock(compartment_id)
        if lock.door is Door.CLOSED:
            self._emit("refused", lock, act="take", owner=owner)
            raise WorldError(f"{compartment_id}: the door is closed, nothing can be taken out")
        taken = [each for each in lock.parcels if owner is None or each.owner == owner]
        lock.parcels = [each for each in lock.parcels if each not in taken]
        for each in taken:
            self._emit("taken", lock, tracking_code=each.tracking_code, owner=each.owner, by=owner)
        return taken

    def door_is_open(self, compartment_id: str) -> bool:
        """True while the door is not shut."""
        return self._lock(compartment_id).door is Door.OPEN

    def latch(self, compartment_id: str) -> Latch:
        """Where the pawl is."""
        return self._lock(compartment_id).latch

    def parcels(self, compartment_id: str) -> list[SimParcel]:
        """What lies inside, seen through walls."""
        return list(self._lock(compartment_id).parcels)

    def pulses(self, compartment_id: str) -> int:
        """How often the coil was given power."""
        return self._lock(compartment_id).pulses

    def open_doors(self) -> list[str]:
        """Compartments whose doors stand open."""
        return [each.plan.id for each in self._locks.values() if each.door is Door.OPEN]

    # What watchers see.

    def now(self) -> float:
        """The world's monotonic seconds."""
        return self._clock() if self._clock is not None else asyncio.get_running_loop().time()

    def heat_s(self, compartment_id: str) -> float:
        """The coil's heat as energised seconds not yet given off."""
        return self._heat(self._lock(compartment_id))

    def subscribe(self, watcher: Callable[[WorldEvent], None]) -> Callable[[], None]:
        """Call `watcher` at each event, in the loop; returns what ends the subscription."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def note(self, kind: str, compartment_id: str, **detail: Any) -> None:
        """Put a board's own observation into the log."""
        self._emit(kind, self._lock(compartment_id), **detail)

    def to_dict(self) -> dict[str, Any]:
        """The whole cabinet, JSON-ready."""
        return {
            "station": self.plan.station_id,
            "name": self.plan.name,
            "at_s": self.now(),
            "max_energised": self.max_energised,
            "banks": [{"id": each.id, "name": each.name} for each in self.plan.banks],
            "compartments": [self._compartment_dict(each) for each in self._locks.values()],
        }

    def _compartment_dict(self, lock: _Lock) -> dict[str, Any]:
        plan = lock.plan
        return {
            "id": plan.id,
            "number": plan.number,
            "bank": plan.bank,
            "size": plan.size,
            "board": plan.board,
            "channel": plan.channel,
            "floor_mm": plan.floor_mm,
            "door": lock.door.value,
            "latch": lock.latch.value,
            "energised": lock.energised_since_s is not None,
            "heat_s": round(self._heat(lock), 3),
            "tripped": lock.tripped,
            "pulses": lock.pulses,
            "parcels": [{"tracking_code": each.tracking_code, "owner": each.owner} for each in lock.parcels],
            "faults": [each.name for each in self._faults_of(plan.id)],
        }

    def _faults_of(self, compartment_id: str) -> list[ActiveFault]:
        return [each for each in self.faults.active(compartment_id) if each.kind.target == "compartment"]

    # Metal.

    def _energise(self, lock: _Lock, *, pulls: bool) -> None:
        now_s = self.now()
        self._heat(lock)
        if lock.off_timer is not None:
            lock.off_timer.cancel()
            lock.off_timer = None
        if lock.energised_since_s is None:
            lock.energised_since_s = now_s
            self._count_energised(lock)
        if lock.tripped or self.faults.find("coil_hot", lock.plan.id) is not None:
            self._emit("coil_too_hot", lock, heat_s=round(lock.heat_s, 3))
            return
        self._arm_trip(lock)
        if pulls and lock.door is Door.CLOSED and not self.faults.strike("jammed_latch", lock.plan.id):
            self._release(lock)

    def _release(self, lock: _Lock) -> None:
        lock.latch = Latch.RELEASED
        lock.held_by_fault = self.faults.strike("door_stuck", lock.plan.id) is not None
        if lock.spring_timer is None:
            loop = asyncio.get_running_loop()
            lock.spring_timer = loop.call_later(self._spring_s, self._spring, lock)

    def _spring(self, lock: _Lock) -> None:
        lock.spring_timer = None
        if lock.door is Door.OPEN:
            return
        if not lock.held_by_fault:
            self._open(lock, "pulse")
        elif lock.energised_since_s is None:
            self._drop_pawl(lock)

    def _open(self, lock: _Lock, cause: str) -> None:
        lock.door, lock.latch = Door.OPEN, Latch.RELEASED
        lock.moved_at_s = self.now()
        self._emit("opened", lock, cause=cause)

    def _de_energise(self, lock: _Lock) -> None:
        if lock.energised_since_s is None:
            return
        self._heat(lock)
        lock.energised_since_s = None
        for timer in (lock.off_timer, lock.trip_timer):
            if timer is not None:
                timer.cancel()
        lock.off_timer = lock.trip_timer = None
        if lock.door is Door.CLOSED and lock.spring_timer is None:
            self._drop_pawl(lock)

    def _drop_pawl(self, lock: _Lock) -> None:
        if lock.latch is Latch.RELEASED:
            lock.latch = Latch.ENGAGED
            self._emit("door_stayed", lock)

    def _count_energised(self, lock: _Lock) -> None:
        live = [each for each in self._locks.values() if each.energised_since_s is not None]
        on_line = sum(each.line == lock.line for each in live)
        self.max_energised = max(self.max_energised, len(live))
        self.max_energised_by_line[lock.line] = max(self.max_energised_by_line[lock.line], on_line)
        if len(live) > 1:
            self._emit("overlap", lock, together=[each.plan.id for each in live])

    def _heat(self, lock: _Lock) -> float:
        """Bring the coil's heat up to now; a tripped cut-out carries no current, resets at half the limit."""
        now_s = self.now()
        elapsed_s = now_s - lock.heat_at_s
        lock.heat_at_s = now_s
        if lock.energised_since_s is not None and not lock.tripped:
            lock.heat_s += elapsed_s
        else:
            lock.heat_s = max(0.0, lock.heat_s - elapsed_s * COIL_COOLS_S_PER_S)
        if lock.tripped and lock.heat_s < COIL_LIMIT_S / 2:
            lock.tripped = False
            if lock.energised_since_s is not None:
                self._arm_trip(lock)
        return lock.heat_s

    def _arm_trip(self, lock: _Lock) -> None:
        if lock.trip_timer is not None:
            lock.trip_timer.cancel()
        left_s = max(0.0, COIL_LIMIT_S - lock.heat_s)
        lock.trip_timer = asyncio.get_running_loop().call_later(left_s, self._trip, lock)

    def _trip(self, lock: _Lock) -> None:
        self._heat(lock)
        lock.trip_timer = None
        lock.tripped = True
        self._emit("coil_tripped", lock, heat_s=round(lock.heat_s, 3))
        if lock.door is Door.CLOSED and lock.spring_timer is None:
            self._drop_pawl(lock)

    def _fault_changed(self, fault: ActiveFault, began: bool) -> None:
        """A door let go while its pawl is still pulled springs open at once; a forced one opens at once."""
        lock = self._locks.get(fault.target)
        if lock is not None and began and fault.name == "door_forced":
            self.force_open(fault.target)
        if lock is None or began or fault.name != "door_stuck" or fault.left is not None:
            return
        lock.held_by_fault = False
        if lock.latch is Latch.RELEASED and lock.door is Door.CLOSED and lock.spring_timer is None:
            self._open(lock, "let go")

    def _lock(self, compartment_id: str) -> _Lock:
        try:
            return self._locks[compartment_id]
        except KeyError:
            raise WorldError(f"there is no compartment {compartment_id!r}") from None

    def _emit(self, kind: str, lock: _Lock, **detail: Any) -> None:
        event = WorldEvent(self.now(), kind, lock.plan.id, detail)
        self.events.append(event)
        for watcher in list(self._watchers):
            watcher(event)
