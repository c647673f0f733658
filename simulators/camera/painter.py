"""Pictures of the belt: parcels smeared along their way, light that falls off, noise."""

from __future__ import annotations

import random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simulators.camera.labels import draw_label, draw_parcel
from simulators.camera.layout import BeltSettings, Box
from simulators.camera.symbols import Grey

__all__ = ["Painter"]

PHASES: Final = 12
"""Places within a pixel at which a parcel is drawn: 133 1/3 px a frame meets three of them, exactly."""
EXPOSURE_STEPS: Final = 16
BELT_GREY: Final = 52
BELT_PERIOD_PX: Final = 1024
NOISE_LIMIT: Final = 4.0
"""Deviations; beyond them noise would need a clip of each pixel."""


class Painter:
    """Draws frames; keeps the parcels in sight, each at the phases it has been seen at."""

    def __init__(self, seed: int, settings: BeltSettings) -> None:
        """`seed` decides the noise and the rubber."""
        self._settings = settings
        self._rng = random.Random(seed ^ 0x5EED)
        chance = np.random.default_rng(seed)
        height, width = settings.height, settings.width
        self._belt = _belt(height, width, chance)
        self._gain = _gain(height, width, settings.light)
        noise = chance.normal(0, settings.noise, (height + 64, width + 256))
        limit = NOISE_LIMIT * settings.noise
        self._noise = np.rint(noise.clip(-limit, limit)).astype(np.int16).view(np.uint16)
        self._sum = np.empty((height, width), np.uint16)
        self._drawn: dict[int, Grey] = {}
        self._smeared: dict[tuple[int, int], Grey] = {}

    def paint(self, at_s: float, seen: list[Box]) -> Grey:
        """The picture at `at_s` as an array of its own."""
        self._forget({each.truth.id for each in seen})
        settings = self._settings
        shift = settings.px_per_s * at_s
        roll = -int(shift) % BELT_PERIOD_PX
        canvas = self._belt[:, roll : roll + settings.width].copy()
        for box in seen:
            self._paste(canvas, box, shift - box.start_px)
        total = np.multiply(canvas, self._gain, out=self._sum, dtype=np.uint16)
        total >>= 8
        down, right = self._rng.randrange(64), self._rng.randrange(256)
        total += self._noise[down : down + settings.height, right : right + settings.width]
        np.copyto(canvas, total, casting="unsafe")  # sums stay within a byte: see NOISE_LIMIT
        return canvas

    def _paste(self, canvas: Grey, box: Box, left_px: float) -> None:
        steps = round(left_px * PHASES)
        left, phase = divmod(steps, PHASES)
        tile, margin = self._tile(box, phase)
        left -= margin
        begin, end = max(0, left), min(canvas.shape[1], left + tile.shape[1])
        if begin < end:
            canvas[box.top : box.top + tile.shape[0], begin:end] = tile[:, begin - left : end - left]

    def _tile(self, box: Box, phase: int) -> tuple[Grey, int]:
        settings = self._settings
        taps, margin = _taps(phase / PHASES, settings.px_per_s * settings.exposure_ms / 1_000)
        key = (box.truth.id, phase)
        if key not in self._smeared:
            if box.truth.id not in self._drawn:
                self._drawn[box.truth.id] = self._draw(box)
            self._smeared[key] = _smear(self._drawn[box.truth.id], taps, margin)
        return self._smeared[key], margin

    def _draw(self, box: Box) -> Grey:
        label, cover = draw_label(box.plan, self._settings.px_per_mm, box.turn_deg)
        return draw_parcel(label, cover, box.size, box.label_at, box.plan.seed ^ box.truth.id)

    def _forget(self, seen: set[int]) -> None:
        if any(each not in seen for each in self._drawn):
            self._drawn = {each: tile for each, tile in self._drawn.items() if each in seen}
            self._smeared = {key: tile for key, tile in self._smeared.items() if key[0] in seen}


def _taps(phase: float, blur_px: float) -> tuple[list[int], int]:
    """Weights (of 256) of source pixels i - margin … i + margin for pixel i of a tile moved by `phase`."""
    margin = int(np.ceil(blur_px / 2)) + 1
    weights = np.zeros(2 * margin + 1)
    for step in range(EXPOSURE_STEPS):
        moved = phase + ((step + 0.5) / EXPOSURE_STEPS - 0.5) * blur_px
        whole = int(np.floor(moved))
        share = moved - whole
        weights[margin - whole] += 1 - share
        weights[margin - whole - 1] += share
    exact = weights / EXPOSURE_STEPS * 256
    whole_weights = np.floor(np.cumsum(exact) + 0.5)
    return [int(each) for each in np.diff(whole_weights, prepend=0.0)], margin


def _smear(tile: Grey, taps: list[int], margin: int) -> Grey:
    """The tile after its exposure, `margin` px wider on both sides."""
    height, width = tile.shape
    room = np.full((height, width + 4 * margin), BELT_GREY, np.uint8)
    room[:, 2 * margin : 2 * margin + width] = tile
    out_width = width + 2 * margin
    total = np.zeros((height, out_width), np.uint16)
    for place, weight in enumerate(taps):
        if weight:
            total += np.multiply(room[:, place : place + out_width], np.uint16(weight), dtype=np.uint16)
    return (total >> 8).astype(np.uint8)


def _belt(height: int, width: int, chance: np.random.Generator) -> Grey:
    """Rubber, repeated so that a window of the picture's width can stand anywhere in its first period."""
    coarse = chance.normal(0, 5, (height // 4 + 1, BELT_PERIOD_PX // 4)).astype(np.float32)
    rubber = np.asarray(Image.fromarray(coarse).resize((BELT_PERIOD_PX, height), Image.Resampling.BILINEAR))
    once = (BELT_GREY + rubber).clip(30, 80).astype(np.uint8)
    return np.tile(once, (1, 1 + -(-width // BELT_PERIOD_PX)))


def _gain(height: int, width: int, corner: float) -> NDArray[np.uint16]:
    """Parts of 256: 1 near the lamp, left of the middle, `corner` in the farthest corner."""
    down = (np.arange(height) / height - 0.5)[:, None]
    right = (np.arange(width) / width - 0.4)[None, :]
    square = right**2 + down**2
    gain = 1.0 - (1.0 - corner) * square / square.max()
    parts: NDArray[np.uint16] = (gain * 256).astype(np.uint16)
    return parts
