"""Places that look like symbols and are not read: their frames are added up until they are.

A place moves with the belt and is found again in each frame to a fraction of a
pixel (`picture_sum.Finder`), so noise averages out and frames that fall between
each other's pixels sharpen the sum.  A sum is believed less than a frame: see
`track_sighting.sure_enough`; a weak symbol out of one needs a second sum that
shares no frame with the first.
"""

from __future__ import annotations

from dataclasses import replace
from math import hypot
from typing import TYPE_CHECKING, Final

from native import barcode
from native.picture_sum import Box, BusyPlaces, Finder, PictureSum
from native.track_match import CLOCK_SD_S, MAX_DELAY_S
from native.track_motion import Motion, Place
from native.track_sighting import quiet_inside, sighted, sure_enough

if TYPE_CHECKING:
    from collections.abc import Sequence

    from native.picture_sum import Picture
    from native.symbol import Symbol
    from native.track_book import Book
    from native.track_motion import Belt
    from native.track_sighting import Sighting

__all__ = ["Places"]

MOST_PLACES: Final = 4
"""Added up at a time."""

_MOST_TIRED: Final = 16
"""Places that gave nothing and are left alone while they are in view."""

_TIRED_S: Final = 2.0
"""Then they may be tried again: things that stand still are given another chance."""

_MOST_WIDTH, _MOST_HEIGHT, _FINE_AREA = 800, 480, 100_000
"""px; smaller places than the last, in square pixels, are added up on a grid twice as fine."""

_LEAST_SIDE: Final = 32.0
_EDGE_PX: Final = 8.0
"""A busy area nearer to the border may go on outside."""

_AROUND_PX: Final = 64.0
"""Around a busy area: half blocks of the symbol, and its quiet zone."""

_READ_AT: Final = (2, 3, 4, 6, 8, 11, 15, 20)
"""Frames in a sum when it is worth a look."""

_MOST_FRAMES: Final = 24
_MOST_MISSES: Final = 3
_LEAST_CONTRAST: Final = 0.15
"""A place found again with less is not the place."""

_FOUND_SD_PX: Final = 0.5
_WIDE_PX: Final = 160
"""Where nothing is known of the belt a place is looked for that far away."""

_COVERED: Final = 0.4
"""The share of a busy area under known symbols that explains it."""


class _Part:
    """One place: where it is, and its sum."""

    def __init__(self, picture: Picture, box: Box, motion: Motion) -> None:
        self.width, self.height = int(box.width), int(box.height)
        self.finder = Finder(picture, box)
        self.motion = motion
        """Of its top left corner."""
        self.scale = 2 if box.width * box.height <= _FINE_AREA else 1
        self.sum = PictureSum(self.width, self.height, self.scale)
        self.sum.add(picture, box.left, box.top)
        self.at = box.left, box.top
        self.misses = 0
        self.looked_at = 0
        """Frames in the sum when it was last read."""

    def box(self, at_s: float) -> Box:
        place = self.motion.ahead(at_s)
        return Box(place.x, place.y, self.width, self.height)

    def begin_again(self) -> None:
        """A sum without the frames so far."""
        self.sum = PictureSum(self.width, self.height, self.scale)
        self.looked_at = 0

    def follow(self, picture: Picture, at_s: float, belt_known: bool) -> bool:
        """Find it in the next frame and add that; False when it is not there."""
        guess = self.motion.ahead(at_s)
        if not (0 <= guess.x <= picture.width - self.width and 0 <= guess.y <= picture.height - self.height):
            return False  # a part of it may only be found in a wrong place
        speed = hypot(self.motion.vx, self.motion.vy)
        first = self.motion.sightings == 1
        if first and not belt_known:
            radius = _WIDE_PX
        else:
            radius = int(min(64.0, 8 + 3 * guess.variance**0.5 + MAX_DELAY_S * speed))
        found = self.finder.find(picture, guess.x, guess.y, radius)
        if found is None or found[2] < _LEAST_CONTRAST:
            return False
        self.at = found[0], found[1]
        place = Place(found[0], found[1], _FOUND_SD_PX**2)
        if first:
            self.motion.restart(at_s, place, CLOCK_SD_S)
        else:
            self.motion.meet(at_s, place, CLOCK_SD_S)
        self.sum.add(picture, *self.at)
        return True

    @property
    def worth_a_look(self) -> bool:
        """Whether there is more in the sum than when it was last read."""
        return any(self.looked_at < n <= self.sum.frames for n in _READ_AT)


class Places:
    """The places of one stream, at most `MOST_PLACES` with sums; at most 8 MB in all."""

    def __init__(self, symbologies: int) -> None:
        self._symbologies = symbologies
        self._busy = BusyPlaces()
        self._parts: list[_Part] = []
        self._tired: list[tuple[Motion, Box, float]] = []

    @property
    def bytes_used(self) -> int:
        """Memory of all sums."""
        return sum(part.sum.bytes_used for part in self._parts)

    def clear(self) -> None:
        """The stream ends."""
        self._parts, self._tired = [], []

    def look(self, picture: Picture, at_s: float, book: Book, work_us: int) -> list[Sighting]:
        """Add a frame to every place, and read one sum; what that tells."""
        covered = [entry.box(at_s) for entry in book.entries]
        boxes = [Box(b.left, b.top, b.right - b.left, b.bottom - b.top) for b in covered]
        self._forget(picture, at_s)
        self._follow(picture, at_s, book.belt, boxes)
        found = self._read(picture, work_us)
        self._begin(picture, at_s, book.belt, boxes)
        return found

    def _forget(self, picture: Picture, at_s: float) -> None:
        def inside(motion: Motion, box: Box) -> bool:
            place = motion.ahead(at_s)
            return -box.width < place.x < picture.width and -box.height < place.y < picture.height

        self._tired = [
            (motion, box, since)
            for motion, box, since in self._tired
            if at_s - since <= _TIRED_S and inside(motion, box)
        ]
        self._parts = [part for part in self._parts if inside(part.motion, part.box(at_s))]

    def _follow(self, picture: Picture, at_s: float, belt: Belt, known: Sequence[Box]) -> None:
        kept = []
        for part in self._parts:
            if _covered(part.box(at_s), known) >= _COVERED:
                continue
            if part.follow(picture, at_s, belt.known(at_s)):
                part.misses = 0
            else:
                part.misses += 1
            if part.sum.frames >= _MOST_FRAMES:
                self._tire(part, at_s)
            elif part.misses < _MOST_MISSES:
                kept.append(part)
        self._parts = kept

    def _tire(self, part: _Part, at_s: float) -> None:
        self._tired.append((part.motion, part.box(at_s), at_s))
        del self._tired[:-_MOST_TIRED]

    def _read(self, picture: Picture, work_us: int) -> list[Sighting]:
        """What the sum says that was not read for longest."""
        waiting = [part for part in self._parts if part.worth_a_look and part.misses == 0]
        if not waiting:
            return []
        part = max(waiting, key=lambda part: part.sum.frames - part.looked_at)
        part.looked_at = part.sum.frames
        width, height = part.width * part.scale, part.height * part.scale
        result = barcode.scan(
            part.sum.mean(),
            width=width,
            height=height,
            symbologies=self._symbologies,
            effort="normal",
            max_symbols=8,
            work_us=max(work_us, 1),
        )
        found = [
            self._sighting(part, picture, symbol)
            for symbol in result.symbols
            if sure_enough(symbol) and quiet_inside(symbol, width, height)
        ]
        if any(sighting.weak for sighting in found):
            part.begin_again()
        return found

    def _sighting(self, part: _Part, picture: Picture, symbol: Symbol) -> Sighting:
        placed = symbol.placed(part.at[0], part.at[1], part.scale)
        sighting = sighted(placed, picture.width, picture.height, summed=True)
        return replace(sighting, cut=False)

    def _begin(self, picture: Picture, at_s: float, belt: Belt, known: Sequence[Box]) -> None:
        """New places, where a picture is busy and nothing explains it."""
        if len(self._parts) >= MOST_PLACES:
            return
        for busy in self._busy.find(picture):
            box = _around(busy, picture)
            if box is None or _covered(busy, known) >= _COVERED or self._taken(busy, at_s):
                continue
            velocity = (belt.vx, belt.vy) if belt.known(at_s) else (0.0, 0.0)
            place = Place(box.left, box.top, _FOUND_SD_PX**2)
            self._parts.append(_Part(picture, box, Motion(at_s, place, velocity, belt.speed_sd(at_s))))
            if len(self._parts) >= MOST_PLACES:
                return

    def _taken(self, busy: Box, at_s: float) -> bool:
        boxes = [part.box(at_s) for part in self._parts]
        for motion, box, _ in self._tired:
            place = motion.ahead(at_s)
            boxes.append(Box(place.x, place.y, box.width, box.height))
        return _covered(busy, boxes) >= _COVERED


def _around(busy: Box, picture: Picture) -> Box | None:
    """The busy area and some room around it, in whole pixels; None if it may go on outside or is large."""
    if min(busy.left, busy.top) < _EDGE_PX:
        return None
    if busy.right > picture.width - _EDGE_PX or busy.bottom > picture.height - _EDGE_PX:
        return None
    left, top = max(1.0, busy.left - _AROUND_PX), max(1.0, busy.top - _AROUND_PX)
    right = min(picture.width - 1.0, busy.right + _AROUND_PX)
    bottom = min(picture.height - 1.0, busy.bottom + _AROUND_PX)
    box = Box(left, top, right - left, bottom - top)
    if box.width > _MOST_WIDTH or box.height > _MOST_HEIGHT or min(box.width, box.height) < _LEAST_SIDE:
        return None
    return box


def _covered(box: Box, others: Sequence[Box]) -> float:
    """The share of a box under others, those that overlap counted twice."""
    area = box.width * box.height
    total = 0.0
    for other in others:
        width = min(box.right, other.right) - max(box.left, other.left)
        height = min(box.bottom, other.bottom) - max(box.top, other.top)
        if width > 0 and height > 0:
            total += width * height
    return total / area if area > 0 else 1.0
