"""Symbols on a belt as a reader would tell them: no pictures, only places, misses and a clock that is off."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field

from native.symbol import Point, Symbol
from native.track_book import Book
from native.track_sighting import sighted

__all__ = ["HEIGHT", "WIDTH", "Printed", "Walk", "symbol_at"]

WIDTH, HEIGHT = 1280, 800
FPS = 30.0


@dataclass(frozen=True)
class Printed:
    """One physical symbol: its middle at 0 s and its size, px; a share of frames does not read it."""

    name: int
    content: str
    x: float
    y: float
    length: float = 90.0
    height: float = 90.0
    format: str = "QRCode"
    speed: float = 1.0
    """Of the belt's: what is nearer to the camera passes faster."""
    always: bool = False
    """Read in every frame."""


def symbol_at(
    content: str, x: float, y: float, length: float = 90, height: float = 90, format_: str = "QRCode"
) -> Symbol:
    left, right, top, bottom = x - length / 2, x + length / 2, y - height / 2, y + height / 2
    return Symbol(
        text=content,
        data=content.encode(),
        format=format_,
        identifier="]Q1",
        corners=(Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom)),
        rotation_deg=0.0,
        module_px=3.0,
        ec_used=0.0,
        eci=None,
        add_on=None,
        mirrored=False,
        inverted=False,
        version=None,
        ec_level=None,
        size=None,
        reader_init=False,
        structured_append=None,
    )


@dataclass
class Walk:
    """Feeds a book and keeps account of which physical symbol each entry was."""

    printed: list[Printed]
    px_per_s: float
    seed: int
    miss: float = 0.2
    jitter_s: float = 0.005
    noise_px: float = 1.0
    most_misses: int = 4
    """In a row; what is missed for longer is another question."""
    book: Book = field(
        default_factory=lambda: Book(WIDTH, HEIGHT, most=256, max_px_per_s=8000, grace_s=0.25, patience_s=3)
    )
    told: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """By number told: the names of what was seen as it."""
    seen: set[int] = field(default_factory=set)
    """Names of what was read at least once."""
    lost: list[int] = field(default_factory=list)

    def speed_at(self, at_s: float) -> float:
        """px/s; a constant, here."""
        return self.px_per_s

    def run(self, seconds: float) -> None:
        rng = random.Random(self.seed)
        missed: dict[int, int] = defaultdict(int)
        moved, at_s = 0.0, 0.0
        while at_s < seconds:
            sightings, by_place = [], {}
            for each in self.printed:
                x = each.x + moved * each.speed
                inside = each.length / 2 <= x <= WIDTH - each.length / 2
                if not inside:
                    continue
                missing = rng.random() < self.miss and not each.always
                if missing and missed[each.name] < self.most_misses:
                    missed[each.name] += 1
                    continue
                missed[each.name] = 0
                place = x + rng.gauss(0, self.noise_px), each.y + rng.gauss(0, self.noise_px)
                symbol = symbol_at(each.content, *place, each.length, each.height, each.format)
                sightings.append(sighted(symbol, WIDTH, HEIGHT))
                by_place[symbol.corners] = each.name
                self.seen.add(each.name)
            rng.shuffle(sightings)
            now_s = at_s + rng.uniform(-self.jitter_s, self.jitter_s)
            self.book.see(sightings, now_s)
            for entry in self.book.entries:
                if entry.told and entry.last_s == now_s:
                    self.told[entry.number].add(by_place[entry.symbol.corners])
            self.lost += [entry.number for entry in self.book.leave(now_s)]
            moved += self.speed_at(at_s) / FPS
            at_s += 1 / FPS

    def faults(self) -> list[str]:
        """What was told twice, and what was taken for one."""
        faults = [f"{number} is {sorted(names)}" for number, names in self.told.items() if len(names) > 1]
        for name in sorted(self.seen):
            numbers = [number for number, names in self.told.items() if name in names]
            if len(numbers) != 1:
                faults.append(f"symbol {name} is told as {numbers}")
        return faults
