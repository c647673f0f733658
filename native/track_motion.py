"""How things move through pictures: one path with its doubt, and the belt that carries most of them.

Pure arithmetic: no clock, no pixels.  A path is a constant velocity with a
little unrest; its doubt is the same along both axes, so three numbers hold it.
Where a path goes is told for a time, never for a frame, so frames may be
missed and come unevenly.
"""

from __future__ import annotations

from math import hypot, sqrt
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Belt", "Motion", "Place"]

UNREST_PX_S2: Final = 2000.0
"""What speed changes by in a second, one standard deviation: half a metre a second at 4 px a millimetre."""

BELT_UNREST_PX_S2: Final = 200.0
"""What a belt that nothing is seen on may change its speed by in a second."""

_SPREAD: Final = 0.08
"""Share of the belt's speed by which things on it differ: the higher, the nearer to the camera."""

_LEAST_SPREAD_PX_S: Final = 30.0
_FRAMES_A_WITNESS: Final = 4
_FRAMES_TO_TURN: Final = 3
"""Another speed is believed when so many frames in a row tell of it."""

_MOST_UNREST_PX_S2: Final = 16_000.0
_MOST_DOUBT_PX: Final = 40.0
"""A path once known is never looked for further away than four times this, however long it went unseen."""

_YOUNG: Final = 2
"""Sightings until a path's own velocity is trusted over what else it may be."""


class Place(NamedTuple):
    """Where something is thought to be, px, and the variance of that along each axis."""

    x: float
    y: float
    variance: float


class Motion:
    """One thing's path: a Kalman filter of place and velocity."""

    __slots__ = ("_a", "_b", "_c", "at_s", "sightings", "unrest", "vx", "vy", "x", "y")

    def __init__(self, at_s: float, place: Place, velocity: tuple[float, float], speed_sd: float) -> None:
        """`place` is the first sighting; `speed_sd` how far off `velocity` may be, px/s along each axis."""
        self.at_s = at_s
        self.x, self.y = place.x, place.y
        self.vx, self.vy = velocity
        self._a, self._b, self._c = place.variance, 0.0, speed_sd**2
        self.unrest = UNREST_PX_S2
        """px/s² by which its speed was seen to change, at least `UNREST_PX_S2`."""
        self.sightings = 1

    @property
    def young(self) -> bool:
        """Whether its velocity is still mostly presumed."""
        return self.sightings <= _YOUNG

    @property
    def speed_sd(self) -> float:
        """How far off its velocity may be, px/s."""
        return sqrt(self._c)

    def ahead(self, at_s: float) -> Place:
        """Where it is at a time, as far as is known."""
        dt = at_s - self.at_s
        variance = self._variance(dt) if self.young else min(self._variance(dt), _MOST_DOUBT_PX**2)
        return Place(self.x + self.vx * dt, self.y + self.vy * dt, variance)

    def meet(self, at_s: float, seen: Place, clock_sd: float) -> None:
        """It was seen, at a time that may be off by `clock_sd`."""
        dt = at_s - self.at_s
        seen = seen._replace(variance=seen.variance + clock_sd**2 * (self.vx**2 + self.vy**2))
        guess = self.ahead(at_s)._replace(variance=self._variance(dt))
        b, c = self._b + self._c * dt + self._q() * dt * dt * abs(dt) / 2, self._c + self._q() * dt * dt
        total = guess.variance + seen.variance
        keep_x, keep_v = guess.variance / total, b / total
        dx, dy = seen.x - guess.x, seen.y - guess.y
        self.x, self.y = guess.x + keep_x * dx, guess.y + keep_x * dy
        self.vx, self.vy = self.vx + keep_v * dx, self.vy + keep_v * dy
        self._a = (1 - keep_x) * guess.variance
        self._b = (1 - keep_x) * b
        self._c = max(c - keep_v * b, 1.0)
        self.at_s = at_s
        self.sightings += 1
        if self.sightings > _YOUNG + 1 and dt > 0:
            jolt = max(0.0, hypot(dx, dy) - 3 * sqrt(total)) * 2 / dt**2
            self.unrest = min(_MOST_UNREST_PX_S2, max(UNREST_PX_S2, 0.7 * self.unrest, 0.5 * jolt))

    def restart(self, at_s: float, seen: Place, clock_sd: float) -> None:
        """It was seen where its velocity did not lead: two places make a new one."""
        dt = max(at_s - self.at_s, 1e-3)
        self.vx, self.vy = (seen.x - self.x) / dt, (seen.y - self.y) / dt
        speed = hypot(self.vx, self.vy)
        here = seen.variance + (clock_sd * speed) ** 2
        self._c = (self._a + (clock_sd * speed) ** 2 + here) / dt**2
        self._a, self._b = here, here / dt
        self.x, self.y, self.at_s = seen.x, seen.y, at_s
        self.sightings += 1

    def unsure(self, speed_sd: float) -> None:
        """What its velocity was presumed from no longer holds."""
        self.vx = self.vy = 0.0
        self._c = max(self._c, speed_sd**2)

    def shake(self, speed_sd: float) -> None:
        """Its velocity may have changed by so much."""
        self._c += speed_sd**2

    def hurry(self, dvx: float, dvy: float) -> None:
        """What carries it was seen to change speed."""
        self.vx += dvx
        self.vy += dvy

    def _q(self) -> float:
        return self.unrest**2

    def _variance(self, dt: float) -> float:
        return max(self._a + 2 * self._b * dt + self._c * dt * dt + self._q() * dt**4 / 4, 1e-3)


class Belt:
    """The velocity that most things share, learned from those that were seen often enough."""

    __slots__ = ("_at_s", "_odd", "_sd", "_unknown_sd", "vx", "vy")

    def __init__(self, max_px_per_s: float) -> None:
        self._unknown_sd = max_px_per_s / 3
        self._sd = self._unknown_sd
        self._at_s = 0.0
        self._odd = 0
        """Frames in a row that tell of quite another speed."""
        self.vx = self.vy = 0.0

    def known(self, at_s: float) -> bool:
        """Whether a new thing's velocity can be told from the others'."""
        return self.speed_sd(at_s) < self._unknown_sd / 2

    def speed_sd(self, at_s: float) -> float:
        """How far off a new thing's velocity may be: it is higher or lower, and belts change speed unseen."""
        if self._sd >= self._unknown_sd:
            return self._unknown_sd
        own = _LEAST_SPREAD_PX_S + _SPREAD * hypot(self.vx, self.vy)
        return min(self._unknown_sd, hypot(own, self._doubt(at_s)))

    def learn(self, motions: Sequence[Motion], at_s: float) -> None:
        """Those seen now, with at least two sightings."""
        motions = _alike(motions)
        if not motions:
            return
        weights = [1 / motion.speed_sd**2 for motion in motions]
        total = sum(weights)
        vx = sum(w * m.vx for w, m in zip(weights, motions, strict=True)) / total
        vy = sum(w * m.vy for w, m in zip(weights, motions, strict=True)) / total
        before, now = self._doubt(at_s), sqrt(1 / total)
        off = hypot(vx - self.vx, vy - self.vy)
        if self._sd < self._unknown_sd and off > 4 * hypot(before, now) + 2 * _SPREAD * hypot(vx, vy):
            self._odd += 1
            if self._odd < _FRAMES_TO_TURN:
                return
            before = off  # it started, stopped or turned
        self._odd = 0
        # A path tells nearly the same in every frame that shows it, so no frame counts as a new witness.
        share = before**2 / (before**2 + (_FRAMES_A_WITNESS + 1) * now**2)
        self.vx += share * (vx - self.vx)
        self.vy += share * (vy - self.vy)
        self._sd = min(0.99 * self._unknown_sd, before * sqrt(1 - share))
        self._at_s = at_s

    def forget(self) -> None:
        """What is known no longer explains what is seen."""
        self._sd, self._odd = self._unknown_sd, 0
        self.vx = self.vy = 0.0

    def _doubt(self, at_s: float) -> float:
        return self._sd + BELT_UNREST_PX_S2 * max(0.0, at_s - self._at_s)


def _alike(motions: Sequence[Motion]) -> list[Motion]:
    """Those that move as most do."""
    if not motions:
        return []
    vx, vy = median(motion.vx for motion in motions), median(motion.vy for motion in motions)
    near = _LEAST_SPREAD_PX_S + 3 * _SPREAD * hypot(vx, vy)
    return [
        motion for motion in motions if hypot(motion.vx - vx, motion.vy - vy) <= near + 2 * motion.speed_sd
    ]
