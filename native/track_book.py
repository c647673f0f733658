"""The book of what is in view: who was seen before, who is new, whom to believe, who has left."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from native.symbol import Point
from native.track_match import Known, Match, Seen, match
from native.track_motion import Belt, Motion, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from native.symbol import Symbol
    from native.track_sighting import Sighting

__all__ = ["Book", "Entry", "Track"]


_FIRST_CLOCK_SD_S: Final = 0.005
"""A velocity from two frames has nothing to tell how far off their times are, so the worst is taken."""

_LATE_S, _LATE_FRAMES = 0.004, 3
"""No clock seems so late in so many frames in a row: speeds have changed."""

_OTHERWISE: Final = 0.25
"""Share of the belt's speed: more than heights make."""

_STRANGE_FRAMES: Final = 5
"""Frames in which nothing moves as it should before all that is known of speed is forgotten."""


@dataclass(frozen=True, slots=True)
class Track:
    """One physical symbol, as far as it has been seen."""

    id: int
    """From 1, never given twice."""
    symbol: Symbol
    """As the latest frame that shows it does."""
    first_seen_s: float
    last_seen_s: float
    frames: int
    """That show it; a sum of frames counts once."""


class Box(NamedTuple):
    """What a symbol covers, px."""

    left: float
    top: float
    right: float
    bottom: float


class Entry:
    """A line of the book."""

    __slots__ = (
        "against", "away_s", "breadth_px", "extent", "first_s", "frames", "instead", "key",
        "last_s", "motion", "number", "reach", "symbol", "told", "weak",
    )  # fmt: skip

    def __init__(self, sighting: Sighting, motion: Motion, at_s: float) -> None:
        self.key = sighting.key
        self.number = 0
        """0 until it is told."""
        self.motion = motion
        self.first_s = at_s
        self.frames = 0
        self.weak = True
        self.told = False
        self.against = 0
        """Sightings of something else at its place."""
        self.instead: Entry | None = None
        """What it may be, moving in a way of its own: seen once, and not where the belt would have it now."""
        self.away_s: float | None = None
        """Since when it is thought to be outside the picture."""
        self.note(sighting, at_s)

    def note(self, sighting: Sighting, at_s: float) -> None:
        """It was seen."""
        self.symbol, self.last_s, self.breadth_px = sighting.symbol, at_s, sighting.breadth_px
        self.frames += 1
        self.weak = self.weak and sighting.weak
        self.away_s = None
        x, y = sighting.place.x, sighting.place.y
        xs, ys = [p.x - x for p in self.symbol.corners], [p.y - y for p in self.symbol.corners]
        self.reach = Box(min(xs), min(ys), max(xs), max(ys))
        self.extent = sighting.extent

    @property
    def believed(self) -> bool:
        """Whether enough frames agree, over those that disagree."""
        return self.frames >= (2 if self.weak else 1) + self.against

    @property
    def aside(self) -> tuple[float, float] | None:
        """Its velocity if it is what it may be instead of another thing."""
        if self.instead is None:
            return None
        now, before = self.motion, self.instead.motion
        dt = max(now.at_s - before.at_s, 1e-3)
        return (now.x - before.x) / dt, (now.y - before.y) / dt

    def box(self, at_s: float) -> Box:
        """Where it is thought to be."""
        place = self.motion.ahead(at_s)
        reach = self.reach
        return Box(place.x + reach.left, place.y + reach.top, place.x + reach.right, place.y + reach.bottom)

    def track(self) -> Track:
        """What is told of it."""
        return Track(self.number, self.symbol, self.first_s, self.last_s, self.frames)


class Book:
    """All entries, and the belt they teach.  `at_s` never goes back."""

    def __init__(
        self, width: int, height: int, *, most: int, max_px_per_s: float, grace_s: float, patience_s: float
    ) -> None:
        self._width, self._height = width, height
        self._most = most
        self._max_px_per_s = max_px_per_s
        self._grace_s, self._patience_s = grace_s, patience_s
        self._number = 0
        self.belt = Belt(max_px_per_s)
        self.entries: list[Entry] = []
        self._strange = 0
        self._late = 0
        """Frames in a row that seem late, less than 0 if they seem early."""
        self.full = False
        """A sighting was left out, for want of room."""

    def resize(self, width: int, height: int) -> None:
        """Pictures have another size from now on."""
        self._width, self._height = width, height

    def see(self, sightings: Sequence[Sighting], at_s: float) -> list[Entry]:
        """What one frame shows, or after that what sums with it do; who is told by it."""
        self.full = False
        fresh = [entry for entry in self.entries if entry.last_s < at_s]
        known = [Known(entry.key, entry.motion, entry.extent, entry.aside) for entry in fresh]
        seen = [Seen(s.key, s.place, s.extent, s.sharp) for s in sightings]
        found = match(known, seen, at_s, self.belt, self._max_px_per_s)
        noted, changes = [], []
        again = any(entry.last_s == at_s for entry in self.entries)
        now_s = at_s + found.delay_s if again else self._now(found, at_s)
        for pair in found.pairs:
            entry, sighting = fresh[pair.known], sightings[pair.seen]
            before = entry.motion.vx, entry.motion.vy
            if pair.fresh:
                entry.motion.restart(now_s, sighting.place, _FIRST_CLOCK_SD_S)
            elif pair.rough:
                _meet_roughly(entry.motion, sighting, now_s, found.clock_sd_s)
            else:
                entry.motion.meet(now_s, sighting.place, found.clock_sd_s)
                changes.append((entry.motion.vx - before[0], entry.motion.vy - before[1], *before))
            self._settle(entry, pair.fresh)
            entry.note(sighting, at_s)
            noted.append(entry)
        self._carry(changes, at_s)
        taken = {pair.seen for pair in found.pairs}
        left = [sighting for i, sighting in enumerate(sightings) if i not in taken]
        self._mistrust(left, bool(changes), at_s)
        self.belt.learn([entry.motion for entry in noted if entry.motion.sightings > 1], at_s)
        noted += self._enter(left, at_s, now_s, found.clock_sd_s)
        self._weigh(noted, at_s)
        return self._tell()

    def unheard(self, sightings: Sequence[Sighting], around_px: float, at_s: float) -> list[Sighting]:
        """What sums tell, without what has been told from thereabouts: a sum shows what was there before."""
        told = [(entry, entry.motion.ahead(at_s)) for entry in self.entries if entry.told]
        return [
            sighting
            for sighting in sightings
            if not any(
                entry.key == sighting.key
                and hypot(place.x - sighting.place.x, place.y - sighting.place.y) <= around_px
                for entry, place in told
            )
        ]

    def leave(self, at_s: float) -> list[Entry]:
        """Who of those told is gone."""
        gone = [entry for entry in self.entries if self._left(entry, at_s)]
        if gone:
            self.entries = [entry for entry in self.entries if entry not in gone]
        return [entry for entry in gone if entry.told]

    def clear(self) -> list[Entry]:
        """Everything ends; who of it was told."""
        told = [entry for entry in self.entries if entry.told]
        self.entries = []
        self.belt = Belt(self._max_px_per_s)
        return told

    def _carry(self, changes: list[tuple[float, float, float, float]], at_s: float) -> None:
        """What those seen show of the belt's speed holds for those not seen."""
        if not changes:
            return
        n = len(changes)
        dvx, dvy, vx, vy = (sum(change[i] for change in changes) / n for i in range(4))
        for entry in self.entries:
            motion = entry.motion
            alike = hypot(motion.vx - vx, motion.vy - vy) <= 0.25 * hypot(vx, vy)
            if entry.last_s < at_s and alike:
                motion.hurry(dvx, dvy)

    def _now(self, found: Match, at_s: float) -> float:
        """When the frame was taken.  Clocks are late by turns; what goes on being late is slower."""
        delay, jolt = found.delay_s, found.jolt_px
        late = delay > _LATE_S if self._late > 0 else delay < -_LATE_S
        self._late = (self._late + 1 if delay > 0 else self._late - 1) if late else (delay > 0) - (delay < 0)
        slower = abs(self._late) >= _LATE_FRAMES
        for entry in self.entries if slower or jolt else ():
            motion = entry.motion
            off = jolt + (abs(delay) * hypot(motion.vx, motion.vy) if slower else 0.0)
            motion.shake(off / max(at_s - motion.at_s, 1e-2))
        return at_s + (delay / 2 if slower else delay)

    def _mistrust(self, left: list[Sighting], explained: bool, at_s: float) -> None:
        """Forgets the belt when it explains nothing, frame after frame, of what may be explained."""
        waiting = {entry.key for entry in self.entries if entry.motion.sightings == 1 and entry.last_s < at_s}
        if explained:
            self._strange = 0
        elif any(sighting.key in waiting for sighting in left):
            self._strange += 1
        if self._strange < _STRANGE_FRAMES:
            return
        self._strange = 0
        self.belt.forget()
        for entry in self.entries:
            if entry.motion.young:
                entry.motion.unsure(self.belt.speed_sd(at_s))

    def _enter(self, sightings: list[Sighting], at_s: float, now_s: float, clock_sd: float) -> list[Entry]:
        new = []
        for sighting in sightings:
            if sighting.weak and sighting.cut:
                continue
            if len(self.entries) >= self._most and not self._make_room(at_s):
                self.full = True
                break
            known = self.belt.known(at_s)
            velocity = self._carried_at(at_s) if known else (0.0, 0.0)
            drift = clock_sd**2 * (velocity[0] ** 2 + velocity[1] ** 2)
            place = sighting.place._replace(variance=sighting.place.variance + drift)
            motion = Motion(now_s, place, velocity, self.belt.speed_sd(at_s))
            entry = Entry(sighting, motion, at_s)
            if known:
                entry.instead = self._seen_once(entry, now_s)
                entry.against += entry.instead is not None
            self.entries.append(entry)
            new.append(entry)
        return new

    def _carried_at(self, at_s: float) -> tuple[float, float]:
        """What a new thing moves at: as the belt, unless what is seen beside it moves quite otherwise."""
        belt = self.belt.vx, self.belt.vy
        motions = [e.motion for e in self.entries if e.last_s == at_s and not e.motion.young]
        if not motions:
            return belt
        beside = median(motion.vx for motion in motions), median(motion.vy for motion in motions)
        off = hypot(beside[0] - belt[0], beside[1] - belt[1])
        return beside if off > _OTHERWISE * hypot(*belt) else belt

    def _seen_once(self, new: Entry, now_s: float) -> Entry | None:
        """What the new one may be: one of its content, seen once, that could have come there."""
        for old in reversed(self.entries):
            dt = now_s - old.motion.at_s
            if old.key != new.key or old.motion.sightings > 1 or dt <= 0:
                continue
            if hypot(new.motion.x - old.motion.x, new.motion.y - old.motion.y) <= self._max_px_per_s * dt:
                return old
        return None

    def _settle(self, entry: Entry, moves_aside: bool) -> None:
        """A second sighting says what a new entry is: another thing on the belt, or one seen before."""
        old, entry.instead = entry.instead, None
        if old is None:
            return
        entry.against -= 1
        if moves_aside and old in self.entries and old.motion.sightings == 1:
            entry.number, entry.told = old.number, old.told
            entry.first_s, entry.frames = old.first_s, entry.frames + old.frames
            self.entries.remove(old)

    def _make_room(self, at_s: float) -> bool:
        """Drops the untold entry not seen for longest; told ones stay."""
        spare = [entry for entry in self.entries if not entry.told and entry.last_s < at_s]
        if not spare:
            return False
        self.entries.remove(min(spare, key=lambda entry: entry.last_s))
        return True

    def _weigh(self, noted: list[Entry], at_s: float) -> None:
        """Sightings of different contents at one place speak against each other."""
        doubted = [entry for entry in self.entries if not entry.told]
        for entry in doubted:
            for other in self.entries:
                if other is entry or other.key == entry.key or not _overlap(entry, other, at_s):
                    continue
                if entry.frames == 1 and entry.last_s == at_s:
                    entry.against += other.frames
                elif other.last_s == at_s and other in noted:
                    entry.against += 1

    def _tell(self) -> list[Entry]:
        told = [entry for entry in self.entries if not entry.told and entry.believed]
        for entry in told:
            self._number += 1
            entry.number, entry.told = self._number, True
        return told

    def _left(self, entry: Entry, at_s: float) -> bool:
        if entry.last_s == at_s:
            return False
        unread = at_s - entry.last_s
        if unread > (self._patience_s if entry.told else self._patience_s / 4):
            return True
        box = entry.box(at_s)
        inside = box.left >= 0 and box.top >= 0 and box.right <= self._width and box.bottom <= self._height
        if inside:
            entry.away_s = None
            return False
        if entry.away_s is None:
            entry.away_s = at_s
        return at_s - entry.away_s > self._grace_s


def _meet_roughly(motion: Motion, sighting: Sighting, now_s: float, clock_sd: float) -> None:
    """It is not where it should be: it has changed its speed or, if that can be, was measured badly."""
    guess, seen = motion.ahead(now_s), sighting.place
    off = hypot(seen.x - guess.x, seen.y - guess.y)
    if sighting.sharp:
        motion.shake(off / max(now_s - motion.at_s, 1e-2))
        motion.meet(now_s, seen, clock_sd)
    else:
        motion.meet(now_s, seen._replace(variance=seen.variance + off**2), clock_sd)


def _overlap(one: Entry, other: Entry, at_s: float) -> bool:
    """Whether the middle of one lies within the other."""
    a, b = one.motion.ahead(at_s), other.motion.ahead(at_s)
    near = max(_radius(one), _radius(other))
    if abs(a.x - b.x) > near or abs(a.y - b.y) > near:
        return False
    return _covers(one, a, b) or _covers(other, b, a)


def _radius(entry: Entry) -> float:
    reach = entry.reach
    return max(-reach.left, -reach.top, reach.right, reach.bottom)


def _covers(entry: Entry, place: Place, other: Place) -> bool:
    """Whether a place lies in the entry's quadrilateral, moved to where the entry is thought to be."""
    corners = entry.symbol.corners
    middle = Point(sum(p.x for p in corners) / 4, sum(p.y for p in corners) / 4)
    x, y = other.x - place.x + middle.x, other.y - place.y + middle.y
    sides = [
        (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)
        for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)
    ]
    return all(side >= 0 for side in sides) or all(side <= 0 for side in sides)


def doubt_px(place: Place) -> float:
    """How far off a place may be: three standard deviations."""
    return 3 * sqrt(place.variance)
