"""A belt under a camera, in process: iterate it for pictures, ask it for the truth.

The belt runs to the right.  A frame is what the sensor sees in an exposure
centred on `at_s`.  Everything follows from the seed, and nothing from a
clock: frame k is taken k / fps seconds after the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulators.camera.layout import BeltParcel, BeltSettings, Box, lay_out
from simulators.camera.painter import Painter
from simulators.camera.symbols import Grey

__all__ = ["Belt", "BeltFrame", "BeltParcel", "BeltSettings", "belt_scene"]


@dataclass(frozen=True, slots=True)
class BeltFrame:
    """One picture: `parcels` are the ids of those whose whole label is in it.  `pixels` is the caller's."""

    number: int
    at_s: float
    pixels: Grey
    parcels: tuple[int, ...]


def belt_scene(seed: int, n: int, settings: BeltSettings | None = None) -> Belt:
    """A belt with `n` parcels; iterate it for its frames, `parcels` is the truth.

    Raises ValueError for settings that make no belt.
    """
    return Belt(seed, n, settings or BeltSettings())


class Belt:
    """The belt of one seed.  Iterating renders from the start each time and keeps those in sight."""

    def __init__(self, seed: int, n: int, settings: BeltSettings) -> None:
        self.seed = seed
        self.settings = settings
        self._boxes = lay_out(seed, n, settings)
        self.parcels = tuple(each.truth for each in self._boxes)
        self.frames = int(max(each.to_s for each in self.parcels) * settings.fps) + 1
        """How many until the last parcel is gone."""

    def __iter__(self) -> Iterator[BeltFrame]:
        """The frames in order, as fast as they can be rendered."""
        painter = Painter(self.seed, self.settings)
        waiting = iter(self._boxes)
        following = next(waiting, None)
        seen: list[Box] = []
        for number in range(self.frames):
            at_s = number / self.settings.fps
            while following is not None and following.truth.from_s <= at_s:
                seen.append(following)
                following = next(waiting, None)
            seen = [each for each in seen if each.truth.to_s > at_s]
            whole = tuple(
                each.truth.id for each in seen if each.truth.label_from_s <= at_s <= each.truth.label_to_s
            )
            yield BeltFrame(number, at_s, painter.paint(at_s, seen), whole)
