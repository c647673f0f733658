"""Which sighting is which thing: one decision over all of a frame at once.

What is carried along moves alike, and a frame whose time is a little off is
off for everything in it.  So a frame is explained as a whole: for a few
guesses of the frame's delay (and, while nothing is known of the belt, of its
velocity) each content's sightings are assigned to its paths at the least total
cost, and the guess that explains most is taken.  Two things with one content
keep apart and in order that way, also while one of them is not read.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Final, NamedTuple

from native.track_assign import assign
from native.track_motion import Place

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from native.track_motion import Belt, Motion

__all__ = ["CLOCK_SD_S", "MAX_DELAY_S", "Extent", "Known", "Match", "Seen", "match"]

CLOCK_SD_S: Final = 0.003
"""How far a frame's time is off, one standard deviation: ±5 ms evenly spread."""

_GUESS_SD_S: Final = 0.001
"""How far off a guess of a frame's delay is."""

_DELAY_COST_S: Final = 0.006
"""A guess of this delay costs as much as one thing that is off by a standard deviation."""

MAX_DELAY_S: Final = 0.013
"""No frame's time is taken to be off by more: ±5 ms, and what the paths' own time is off by."""

_JOLT_PX, _LEAST_JOLT_PX = 10.0, 4.0
"""That everything was jolted so far costs as much as one thing off by a standard deviation; less is noise."""

_GATE: Final = 16.0
"""Four standard deviations: what strays further is another thing."""

_ASIDE_COST, _CARRIED_COST, _ANY_COST = 2.0, 8.0, 6.0
"""What other explanations of a young path cost: nothing carries it; the belt does; it moves somehow."""

_WAY_PX: Final = 120.0
"""That new things have come so far costs as much as one that is off by a standard deviation."""

_ACROSS: Final = 0.15
"""A path's variance across its way, as a share of that along it."""

_TURN_COST: Final = 20.0
"""That the belt has another speed than is known: more than one thing gains, less than two do."""

_OVERLAP: Final = 1.0
"""Nearer to a symbol's middle, as a share of its half sides, no other symbol's middle can be."""

_ROUGH_COST: Final = 9.0

_SLOW_PX_S: Final = 50.0
"""Things standing move by no more, one standard deviation."""

_MOST_SHIFTS, _MOST_SPEEDS = 6, 10
"""Guesses tried in one frame."""


class Extent(NamedTuple):
    """What a symbol covers: the direction it is read in, and half its length and height, px."""

    along_x: float
    along_y: float
    half_length: float
    half_height: float

    def inside(self, dx: float, dy: float) -> float:
        """How far from the middle a point is: 0 there, 1 at the border."""
        along = abs(dx * self.along_x + dy * self.along_y) / (self.half_length or 1.0)
        across = abs(dy * self.along_x - dx * self.along_y) / (self.half_height or 1.0)
        return max(along, across)


class Known(NamedTuple):
    """A thing that may be seen again."""

    key: Hashable
    motion: Motion
    extent: Extent
    aside: tuple[float, float] | None = None
    """The velocity it has if it is not another thing but one seen before, that nothing carries."""


class Seen(NamedTuple):
    """What a frame shows: what it says, where, and what it covers."""

    key: Hashable
    place: Place
    extent: Extent
    sharp: bool
    """Measured well at every side."""


class Pair(NamedTuple):
    """`known` was seen as `seen`; `fresh` when its velocity did not lead there."""

    known: int
    seen: int
    fresh: bool
    rough: bool
    """It overlaps, which no other symbol can, but its middle is not where it should be."""


class _Cost(NamedTuple):
    value: float
    fresh: bool = False
    rough: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """How a frame is explained."""

    delay_s: float
    """The frame was taken so much later than it says."""
    jolt_px: float
    """How far all is off that no delay explains: speeds have changed.  0 if it may be chance."""
    clock_sd_s: float
    """How far off that may be."""
    pairs: list[Pair]


class _Shift(NamedTuple):
    """How a whole frame is off: it was taken later, or what carries everything was jolted, px."""

    delay_s: float
    jolt_x: float
    jolt_y: float
    cost: float

    def far_from(self, other: _Shift, motion: Motion) -> bool:
        """Whether it makes more than two pixels of difference."""
        late = abs(self.delay_s - other.delay_s) * hypot(motion.vx, motion.vy)
        return late + abs(self.jolt_x - other.jolt_x) + abs(self.jolt_y - other.jolt_y) > 2


class _Guess(NamedTuple):
    shift: _Shift
    velocity: tuple[float, float] | None
    """What young things move at; None where the belt is known, or nobody is young."""
    cost: float


def match(
    known: Sequence[Known], seen: Sequence[Seen], at_s: float, belt: Belt, max_px_per_s: float
) -> Match:
    """Pairs of things and sightings of one content; each at most once, those left out have none."""
    groups = _groups(known, seen)
    if not groups:
        return Match(0.0, 0.0, CLOCK_SD_S, [])
    frame = _Frame(known, seen, groups, at_s, belt, max_px_per_s)
    best_cost, best = float("inf"), list[Pair]()
    for guess in frame.guesses():
        cost, pairs = frame.explain(guess)
        if cost < best_cost:
            best_cost, best = cost, pairs
    return frame.settled(best)


def _groups(known: Sequence[Known], seen: Sequence[Seen]) -> list[tuple[list[int], list[int]]]:
    """The numbers of paths and of sightings by content, where there are both."""
    paths: dict[Hashable, list[int]] = defaultdict(list)
    for i, thing in enumerate(known):
        paths[thing.key].append(i)
    spots: dict[Hashable, list[int]] = defaultdict(list)
    for i, sighting in enumerate(seen):
        if sighting.key in paths:
            spots[sighting.key].append(i)
    return [(paths[key], spots[key]) for key in spots]


@dataclass(frozen=True, slots=True)
class _Frame:
    known: Sequence[Known]
    seen: Sequence[Seen]
    groups: list[tuple[list[int], list[int]]]
    at_s: float
    belt: Belt
    max_px_per_s: float

    def guesses(self) -> list[_Guess]:
        """The explanations to try, the plainest first."""
        speeds: list[tuple[tuple[float, float] | None, float]] = [(None, 0.0)]
        change = 0.0
        if self.belt.known(self.at_s):
            if any(not self.known[path].motion.young for paths, _ in self.groups for path in paths):
                return [_Guess(shift, None, shift.cost) for shift in self._shifts()]
            change = _TURN_COST
        speeds += [((vx, vy), change + cost) for vx, vy, cost in self._speeds()]
        return [
            _Guess(shift, velocity, cost + shift.cost)
            for shift in self._shifts()
            for velocity, cost in speeds
        ]

    def explain(self, guess: _Guess) -> tuple[float, list[Pair]]:
        """The cost of the frame under a guess, and who is whom."""
        total, pairs = guess.cost, []
        for paths, spots in self.groups:
            table = [[self._cost(path, spot, guess) for spot in spots] for path in paths]
            plain = [[cost.value for cost in row] for row in table]
            matched = assign(plain, _GATE)
            total += _GATE * min(len(paths), len(spots))
            for i, j in matched:
                total += plain[i][j] - _GATE
                pairs.append(Pair(paths[i], spots[j], table[i][j].fresh, table[i][j].rough))
        return total, pairs

    def settled(self, pairs: list[Pair]) -> Match:
        """With the frame's delay as all that was matched says together."""
        along, weight = 0.0, 1 / CLOCK_SD_S**2
        for pair in pairs:
            motion = self.known[pair.known].motion
            if pair.fresh or pair.rough:
                continue
            guess, spot = motion.ahead(self.at_s), self.seen[pair.seen].place
            doubt = guess.variance + spot.variance
            along += (motion.vx * (spot.x - guess.x) + motion.vy * (spot.y - guess.y)) / doubt
            weight += (motion.vx**2 + motion.vy**2) / doubt
        delay = max(-MAX_DELAY_S, min(MAX_DELAY_S, along / weight))
        return Match(delay, self._jolt(pairs, delay), weight**-0.5, pairs)

    def _jolt(self, pairs: list[Pair], delay_s: float) -> float:
        """How far all that was matched is off together, px, when that is more than can be by chance."""
        off_x = off_y = doubt = 0.0
        steady = [pair for pair in pairs if not pair.fresh]
        for pair in steady:
            guess = self.known[pair.known].motion.ahead(self.at_s + delay_s)
            spot = self.seen[pair.seen].place
            off_x += (spot.x - guess.x) / len(steady)
            off_y += (spot.y - guess.y) / len(steady)
            doubt += (guess.variance + spot.variance) / len(steady)
        off = hypot(off_x, off_y)
        return off if off > 3 * doubt**0.5 + 1 else 0.0

    def _cost(self, path: int, spot: int, guess: _Guess) -> _Cost:
        """What it costs that this is that, `_GATE` or more if it cannot be."""
        motion, place = self.known[path].motion, self.seen[spot].place
        at_s = self.at_s + guess.shift.delay_s
        dt = at_s - motion.at_s
        hazy = place.variance + (_GUESS_SD_S**2) * (motion.vx**2 + motion.vy**2)
        place = place._replace(variance=hazy)
        there = motion.ahead(at_s)
        there = there._replace(x=there.x + guess.shift.jolt_x, y=there.y + guess.shift.jolt_y)
        belt_known = self.belt.known(self.at_s)
        own = _Cost(_strain(there, place))
        if belt_known and motion.vx**2 + motion.vy**2 > _SLOW_PX_S**2:
            own = _Cost(own.value + _strain_across(motion, there, place))
        if motion.sightings > 1 or belt_known:
            dx, dy = place.x - there.x, place.y - there.y
            far = min(self.known[path].extent.inside(dx, dy), self.seen[spot].extent.inside(dx, dy))
            if far < _OVERLAP and own.value > _ROUGH_COST + far:
                fresh = motion.sightings == 1 and self.seen[spot].sharp
                own = _Cost(_ROUGH_COST + far, fresh=fresh, rough=not fresh)
        if not motion.young:
            return own
        loose = motion.sightings == 1 and motion.speed_sd > self.max_px_per_s / 6
        best = _Cost(own.value + _ANY_COST, fresh=True) if loose else own
        last = motion.ahead(motion.at_s)
        options = []
        if loose:
            options.append((0.0, 0.0, _SLOW_PX_S, 0.0))
        aside = self.known[path].aside
        if aside is not None:
            options.append((*aside, _SLOW_PX_S + 0.1 * hypot(*aside), _ASIDE_COST))
        if belt_known and (loose or motion.sightings > 1):
            sd = self.belt.speed_sd(self.at_s)
            options.append((self.belt.vx, self.belt.vy, sd, 0.0 if loose else _CARRIED_COST))
        if guess.velocity is not None and motion.sightings == 1:
            vx, vy = guess.velocity
            options.append((vx, vy, _SLOW_PX_S + 0.03 * hypot(vx, vy), 0.0))
        for vx, vy, sd, extra in options:
            there = Place(last.x + vx * dt, last.y + vy * dt, last.variance + (sd * dt) ** 2)
            cost = _strain(there, place) + extra
            if cost < best.value:
                best = _Cost(cost, fresh=True)
        return best

    def _shifts(self) -> list[_Shift]:
        """None, and what makes one sighting lie just where its path leads, the likeliest first."""
        found = [_Shift(0.0, 0.0, 0.0, 0.0)]
        for paths, spots in self.groups:
            for path in paths:
                motion = self.known[path].motion
                guess = motion.ahead(self.at_s)
                for spot in spots:
                    shift = _shift(motion, guess, self.seen[spot].place)
                    if shift is not None and all(shift.far_from(other, motion) for other in found):
                        found.append(shift)
        return sorted(found, key=lambda shift: shift.cost)[:_MOST_SHIFTS]

    def _speeds(self) -> list[tuple[float, float, float]]:
        """The velocities that make one new thing be one sighting, and their costs: far ways are doubtful."""
        found = []
        for paths, spots in self.groups:
            for path in paths:
                motion = self.known[path].motion
                dt = self.at_s - motion.at_s
                if motion.sightings > 1 or dt <= 0:
                    continue
                for spot in spots:
                    place = self.seen[spot].place
                    velocity = (place.x - motion.x) / dt, (place.y - motion.y) / dt
                    if hypot(*velocity) <= self.max_px_per_s:
                        way = hypot(place.x - motion.x, place.y - motion.y)
                        found.append((*velocity, (way / _WAY_PX) ** 2))
        return sorted(found, key=lambda velocity: velocity[2])[:_MOST_SPEEDS]


def _shift(motion: Motion, guess: Place, seen: Place) -> _Shift | None:
    """A delay, and a jolt for what is left, from a path to a sighting; None if it is too far."""
    dx, dy = seen.x - guess.x, seen.y - guess.y
    speed2 = motion.vx**2 + motion.vy**2
    delay = 0.0
    if speed2 > _SLOW_PX_S**2:
        delay = max(-MAX_DELAY_S, min(MAX_DELAY_S, (motion.vx * dx + motion.vy * dy) / speed2))
        dx, dy = dx - delay * motion.vx, dy - delay * motion.vy
    far = hypot(dx, dy)
    if far < _LEAST_JOLT_PX:
        dx = dy = far = 0.0
    cost = (delay / _DELAY_COST_S) ** 2 + (far / _JOLT_PX) ** 2
    return _Shift(delay, dx, dy, cost) if cost < _GATE else None


def _strain(guess: Place, seen: Place) -> float:
    """How far a sighting lies off, squared, in standard deviations."""
    return ((guess.x - seen.x) ** 2 + (guess.y - seen.y) ** 2) / (guess.variance + seen.variance)


def _strain_across(motion: Motion, guess: Place, seen: Place) -> float:
    """What lying beside the way costs besides: the speed of what a belt carries is in doubt, its way less."""
    dx, dy = seen.x - guess.x, seen.y - guess.y
    across2 = (dx * motion.vy - dy * motion.vx) ** 2 / (motion.vx**2 + motion.vy**2)
    return across2 * (1 / (_ACROSS * guess.variance + seen.variance) - 1 / (guess.variance + seen.variance))
