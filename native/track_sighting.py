"""One frame's sight of a symbol, and what it is worth as evidence."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Final

from native.track_match import Extent
from native.track_motion import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from native.symbol import Symbol

__all__ = ["Sighting", "one_of_each", "quiet_inside", "sighted", "weak"]

_WEAK: Final = frozenset(("ITF", "Codabar", "Code39", "UPCE", "EAN8"))
"""No check, or one that a damaged symbol passes one time in ten."""

_WEAK_IN_SUMS: Final = _WEAK | {"EAN13", "UPCA"}
"""Pictures made of several frames show nothing that one did: their reads have to be surer."""

_MOST_EC_IN_SUMS: Final = 0.6
"""The share of the error correction that a sum's symbol may spend."""

_BORDER_PX: Final = 4.0

_QUIET_MODULES, _QUIET_MODULES_MATRIX = 10.0, 2.0

_MATRIX: Final = frozenset(
    ("QRCode", "MicroQR", "rMQR", "DataMatrix", "Aztec", "MaxiCode", "PDF417", "MicroPDF417")
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A symbol as one frame, or the sum of several, shows it."""

    key: tuple[str, bytes]
    """Format and content: what makes two sightings the same symbol's, if the places fit."""
    symbol: Symbol
    place: Place
    """Its middle."""
    breadth_px: float
    """The lesser of its sides: no two symbols' middles are nearer than that."""
    weak: bool
    """One more frame has to agree before it is told."""
    cut: bool
    """What limits its ends may lie outside the picture: it may be a part of a longer one."""
    extent: Extent
    sharp: bool
    """Its corners are measured to a fraction of a module: it is a matrix symbol."""
    summed: bool = False


def weak(symbol: Symbol, *, summed: bool) -> bool:
    """Whether one read is too little to tell a symbol."""
    return symbol.format in (_WEAK_IN_SUMS if summed else _WEAK)


def sighted(symbol: Symbol, width: float, height: float, *, summed: bool = False) -> Sighting:
    """A sighting in a picture of this size."""
    a, b, c, d = symbol.corners
    side = hypot(b.x - a.x, b.y - a.y) + hypot(c.x - d.x, c.y - d.y)
    drop = hypot(d.x - a.x, d.y - a.y) + hypot(c.x - b.x, c.y - b.y)
    breadth = min(side, drop) / 2
    # How high bars are is measured worse than where they stand.
    noise = 1.5 if symbol.format in _MATRIX else 2.0 + 0.06 * drop / 2
    if symbol.format not in _MATRIX and not _clear_of_borders(symbol, width, height):
        noise += breadth / 3  # bars may go on outside
    return Sighting(
        key=(symbol.format, symbol.data),
        symbol=symbol,
        place=Place((a.x + b.x + c.x + d.x) / 4, (a.y + b.y + c.y + d.y) / 4, noise**2),
        breadth_px=breadth,
        weak=weak(symbol, summed=summed),
        cut=not quiet_inside(symbol, width, height),
        extent=_extent(symbol),
        sharp=symbol.format in _MATRIX,
        summed=summed,
    )


def _clear_of_borders(symbol: Symbol, width: float, height: float) -> bool:
    return all(
        _BORDER_PX <= p.x <= width - _BORDER_PX and _BORDER_PX <= p.y <= height - _BORDER_PX
        for p in symbol.corners
    )


def sure_enough(symbol: Symbol) -> bool:
    """Whether a read of a sum counts at all."""
    return symbol.ec_used <= _MOST_EC_IN_SUMS


def quiet_inside(symbol: Symbol, width: float, height: float) -> bool:
    """Whether the room before and behind the symbol, along the reading direction, is in the picture."""
    a, b, c, d = symbol.corners
    along_x, along_y = (b.x + c.x - a.x - d.x) / 2, (b.y + c.y - a.y - d.y) / 2
    length = hypot(along_x, along_y) or 1.0
    modules = _QUIET_MODULES_MATRIX if symbol.format in _MATRIX else _QUIET_MODULES
    quiet = modules * symbol.module_px / length
    quiet_x, quiet_y = along_x * quiet, along_y * quiet
    ends = (
        ((a.x + d.x) / 2 - quiet_x, (a.y + d.y) / 2 - quiet_y),
        ((b.x + c.x) / 2 + quiet_x, (b.y + c.y) / 2 + quiet_y),
    )
    return all(0 <= x <= width and 0 <= y <= height for x, y in ends)


def one_of_each(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Without what was seen twice in one frame: two looks at a place give one symbol."""
    kept: list[Sighting] = []
    for new in sightings:
        for i, old in enumerate(kept):
            if new.key == old.key and overlap(new, old):
                if old.cut and not new.cut:
                    kept[i] = new
                break
        else:
            kept.append(new)
    return kept


def overlap(one: Sighting, other: Sighting) -> bool:
    """Whether the middle of one lies within the other."""
    dx, dy = one.place.x - other.place.x, one.place.y - other.place.y
    return min(one.extent.inside(dx, dy), other.extent.inside(dx, dy)) <= 1


def _extent(symbol: Symbol) -> Extent:
    a, b, c, d = symbol.corners
    along_x, along_y = (b.x + c.x - a.x - d.x) / 2, (b.y + c.y - a.y - d.y) / 2
    length = hypot(along_x, along_y) or 1.0
    height = hypot(d.x + c.x - a.x - b.x, d.y + c.y - a.y - b.y) / 2
    return Extent(along_x / length, along_y / length, length / 2, height / 2)
