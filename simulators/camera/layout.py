"""Where parcels lie on the belt and what is printed on them: the truth that pictures are drawn from."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from simulators.camera.labels import LABEL_MM, LabelPlan
from simulators.camera.symbols import FORMATS, LINEAR, MATRIX, PrintedSymbol, SymbolKind, printed

__all__ = ["BeltParcel", "BeltSettings", "Box", "lay_out"]

DEFAULT_FORMATS: Final = (
    "Code128", "Code39", "ITF", "EAN13", "Code93", "DataBarExpanded", "QRCode", "DataMatrix", "Aztec",
)  # fmt: skip
ROOM_MM: Final = 136.0
"""What a label takes along and across the belt at any turn the belt gives it."""
MAX_PARCELS: Final = 5_000_000


MAX_SIDE_PX: Final = 8192


@dataclass(frozen=True, slots=True)
class BeltSettings:
    """`twins` is the share of places where two parcels carry the same symbols, beside or behind each other.

    `noise` is one deviation in grey levels; `light` the brightness left in the corners, 1 for even light.
    """

    width: int = 1280
    height: int = 800
    fps: float = 30.0
    speed_m_s: float = 1.0
    px_per_mm: float = 4.0
    exposure_ms: float = 0.3
    noise: float = 2.5
    light: float = 0.7
    twins: float = 0.0
    formats: tuple[str, ...] = DEFAULT_FORMATS

    @property
    def px_per_s(self) -> float:
        """The speed in the picture."""
        return self.speed_m_s * 1_000 * self.px_per_mm


@dataclass(frozen=True, slots=True)
class BeltParcel:
    """The truth about one parcel.  Times are seconds after the start; `twin_of` is the other one's id."""

    id: int
    symbols: tuple[PrintedSymbol, ...]
    from_s: float
    """Its first edge enters the picture."""
    label_from_s: float
    """Its label is whole in the picture from here…"""
    label_to_s: float
    """…to here; a label larger than the picture has this before the other."""
    to_s: float
    """Its last edge leaves."""
    twin_of: int | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Box:
    """A parcel as metal and paper: px of the picture, `start_px` before the picture's left edge at 0 s."""

    truth: BeltParcel
    plan: LabelPlan
    start_px: float
    top: int
    size: tuple[int, int]
    label_at: tuple[int, int]
    turn_deg: float


def lay_out(seed: int, n: int, settings: BeltSettings) -> list[Box]:
    """`n` parcels in the order in which they come into sight; ValueError for settings that make no belt."""
    _check(n, settings)
    return _Loader(seed, settings).load(n)


def _check(n: int, settings: BeltSettings) -> None:
    unknown = [each for each in settings.formats if each not in FORMATS]
    if unknown:
        raise ValueError(f"the belt has no {', '.join(unknown)}; it has {', '.join(FORMATS)}")
    if not (LINEAR & set(settings.formats) and MATRIX & set(settings.formats)):
        raise ValueError("formats need one linear and one matrix symbology at least")
    if not 1 <= n <= MAX_PARCELS:
        raise ValueError(f"{n} parcels; a belt has 1 to {MAX_PARCELS}")
    least_px = round(ROOM_MM * settings.px_per_mm)
    if min(settings.width, settings.height) < least_px or max(settings.width, settings.height) > MAX_SIDE_PX:
        raise ValueError(f"a picture of the belt has {least_px} to {MAX_SIDE_PX} px a side")
    if not (settings.fps > 0 and settings.speed_m_s > 0 and settings.exposure_ms >= 0):
        raise ValueError("fps and speed must be above 0, the exposure not below")
    if not (0 <= settings.noise <= 4 and 0.4 <= settings.light <= 1 and 0 <= settings.twins <= 1):
        raise ValueError("noise is 0 to 4 grey levels, light 0.4 to 1, twins a share of 1")


class _Loader:
    """Puts parcels on the belt, one place after the other."""

    def __init__(self, seed: int, settings: BeltSettings) -> None:
        self._rng = random.Random(seed)
        self._settings = settings
        self._scale = settings.px_per_mm
        self._along_px = 0.0
        self._linear = _kinds(settings, LINEAR)
        self._matrix = _kinds(settings, MATRIX)

    def load(self, n: int) -> list[Box]:
        """In the order in which they come into sight."""
        boxes: list[Box] = []
        while len(boxes) < n:
            number = len(boxes) + 1
            if n - len(boxes) >= 2 and self._rng.random() < self._settings.twins:
                beside = self._rng.random() < 0.5 and self._settings.height >= 2 * 90 * self._scale
                boxes += self._twins_beside(number) if beside else self._twins_behind(number)
            else:
                boxes.append(self._one(number))
        return sorted(boxes, key=lambda each: each.truth.from_s)

    def _one(self, number: int) -> Box:
        length = self._mm(200, 320)
        height = min(self._mm(ROOM_MM, 190), self._settings.height)
        top = self._rng.randint(0, self._settings.height - height)
        turn = self._rng.choice((0, 90, 180, 270)) + self._rng.uniform(-6, 6)
        box = self._box(number, self._plan(number), 0, top, (length, height), turn, None)
        self._along_px += length + self._mm(40, 100)
        return box

    def _twins_beside(self, number: int) -> list[Box]:
        """Two lanes, one picture."""
        plan, lane = self._plan(number), self._settings.height // 2
        size = (self._mm(150, 200), lane - round(4 * self._scale))
        turns = [self._rng.choice((0, 180)) + self._rng.uniform(-2, 2) for _ in range(2)]
        pair = [
            self._box(number, plan, 0, 0, size, turns[0], number + 1),
            self._box(number + 1, plan, self._mm(0, 10), lane, size, turns[1], number),
        ]
        self._along_px += size[0] + self._mm(50, 100)
        return pair

    def _twins_behind(self, number: int) -> list[Box]:
        """One lane, with hardly a gap."""
        plan, height = self._plan(number), min(self._mm(ROOM_MM, 160), self._settings.height)
        top = self._rng.randint(0, self._settings.height - height)
        pair: list[Box] = []
        for own, other in ((number, number + 1), (number + 1, number)):
            turn = self._rng.choice((0, 90, 180, 270)) + self._rng.uniform(-6, 6)
            length = self._mm(140, 160)
            pair.append(self._box(own, plan, 0, top, (length, height), turn, other))
            self._along_px += length + self._mm(5, 15)
        self._along_px += self._mm(40, 80)
        return pair

    def _box(
        self,
        own: int,
        plan: LabelPlan,
        later: int,
        top: int,
        size: tuple[int, int],
        turn: float,
        twin: int | None,
    ) -> Box:
        label = _turned_size(self._scale, turn)
        at = tuple(self._rng.randint(0, max(0, side - part)) for side, part in zip(size, label, strict=True))
        start = self._along_px + later + size[0]
        speed, width = self._settings.px_per_s, self._settings.width
        truth = BeltParcel(
            id=own,
            symbols=(printed(plan.linear, plan.number), printed(plan.matrix, plan.number)),
            from_s=(start - size[0]) / speed,
            label_from_s=(start - at[0]) / speed,
            label_to_s=(start + width - at[0] - label[0]) / speed,
            to_s=(start + width) / speed,
            twin_of=twin,
        )
        return Box(truth, plan, start, top, size, (at[0], at[1]), turn)

    def _plan(self, number: int) -> LabelPlan:
        rng = self._rng
        return LabelPlan(number, rng.choice(self._linear), rng.choice(self._matrix), rng.getrandbits(32))

    def _mm(self, low: float, high: float) -> int:
        return round(self._rng.uniform(low, high) * self._scale)


def _kinds(settings: BeltSettings, among: frozenset[str]) -> tuple[SymbolKind, ...]:
    return tuple(kind for name in settings.formats if name in among for kind in FORMATS[name])


def _turned_size(scale: float, turn_deg: float) -> tuple[int, int]:
    """Room that a turned label takes, px, a little more than the drawn one."""
    turn = np.deg2rad(turn_deg)
    cos, sin = abs(float(np.cos(turn))), abs(float(np.sin(turn)))
    width, height = LABEL_MM
    return round((width * cos + height * sin) * scale) + 2, round((width * sin + height * cos) * scale) + 2
