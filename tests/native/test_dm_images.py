"""Data Matrix symbols in pictures: turned, small, blurred, noisy, light on dark, mirrored; drawn by zint.

Each kind of picture has a least number of reads and must have no misread.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zint
from PIL import Image, ImageFilter

from native import barcode
from tests.native.zint_modules import modules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

DM = zint.Symbology.DATAMATRIX
PAPER, INK = 225, 35
CELL = 12
"""Pixels of a module before the picture is made smaller."""


def picture(
    made: Grey, *, turn_deg: float, module_px: float, blur_modules: float = 0.0, noise: float = 0.0
) -> Grey:
    """The symbol on paper, turned and with modules of this size; quiet zone of two modules."""
    cells = np.repeat(np.repeat(np.pad(made, 2), CELL, axis=0), CELL, axis=1)
    return photographed(cells, turn_deg=turn_deg, module_px=module_px, blur_modules=blur_modules, noise=noise)


def photographed(
    ink: Grey, *, turn_deg: float, module_px: float, blur_modules: float = 0.0, noise: float = 0.0
) -> Grey:
    """Ink, 255 where there is any and `CELL` px a module, printed, turned and seen smaller."""
    label = Image.fromarray(np.where(ink > 0, INK, PAPER).astype(np.uint8))
    turned = label.rotate(turn_deg, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)
    if blur_modules:
        turned = turned.filter(ImageFilter.GaussianBlur(blur_modules * CELL))
    size = tuple(max(16, math.ceil(side * module_px / CELL)) for side in turned.size)
    small = np.asarray(turned.resize((size[0], size[1]), Image.Resampling.BOX), np.float64)
    grain = np.random.default_rng(3).normal(0, noise, small.shape) if noise else 0.0
    return np.clip(small + grain, 0, 255).astype(np.uint8)


def wrapped(ink: Grey, *, degrees: float, aside_deg: float, bow: float) -> Grey:
    """Ink round a tube: so much of its turn, `aside_deg` off its middle; seen from above, rows sag."""
    high, wide = ink.shape
    half, middle = math.radians(degrees) / 2, math.radians(aside_deg)
    first, last = math.sin(middle - half), math.sin(middle + half)
    angle = np.arcsin(np.linspace(first, last, round((last - first) * wide / (2 * half))))
    column = np.clip(((angle - middle) / half + 1) / 2 * wide, 0, wide - 1).astype(int)
    sag = bow * wide * (np.cos(angle) - np.cos(angle).min())
    row = np.round(np.arange(high + int(sag.max()) + 1)[:, None] - sag).astype(int)
    inside = (row >= 0) & (row < high)
    return np.where(inside, ink[np.clip(row, 0, high - 1), column], 0).astype(np.uint8)


def texts(grey: Grey) -> list[str]:
    return [symbol.text for symbol in barcode.read(grey, symbologies=barcode.Symbology.DataMatrix)]


@pytest.mark.parametrize("version", [1, 4, 9, 12, 17, 25, 28, 30, 33, 40, 48])
def test_sizes_at_any_angle(version: int) -> None:
    made = modules(DM, "042", option_2=version)
    read = [texts(picture(made, turn_deg=angle, module_px=5)) for angle in range(0, 360, 24)]

    assert all(found in ([], ["042"]) for found in read)
    assert read.count(["042"]) >= 13


def test_small_modules() -> None:
    made = modules(DM, "PIGEON 42", option_2=5)
    read = [texts(picture(made, turn_deg=angle, module_px=1.8, noise=3)) for angle in range(0, 360, 15)]

    assert all(found in ([], ["PIGEON 42"]) for found in read)
    assert read.count(["PIGEON 42"]) >= 12


def test_blur_and_noise() -> None:
    made = modules(DM, "PIGEON 42", option_2=7)
    read = [
        texts(picture(made, turn_deg=angle, module_px=4, blur_modules=0.45, noise=8))
        for angle in range(0, 360, 15)
    ]

    assert all(found in ([], ["PIGEON 42"]) for found in read)
    assert read.count(["PIGEON 42"]) >= 16


@pytest.mark.parametrize(("degrees", "aside_deg", "least"), [(40, 25, 12), (70, 15, 11), (100, 0, 10)])
@pytest.mark.parametrize("version", [4, 7, 9, 12, 28])
def test_round_a_tube(version: int, degrees: float, aside_deg: float, least: int) -> None:
    made = modules(DM, "042", option_2=version)
    cells = np.kron(np.pad(made, 2), np.ones((CELL, CELL), np.uint8)).astype(np.uint8)
    read = []
    for bow in (0.0, 0.03):
        across = wrapped(cells, degrees=degrees, aside_deg=aside_deg, bow=bow)
        down = wrapped(cells.T, degrees=degrees, aside_deg=aside_deg, bow=bow).T
        read += [
            texts(photographed(ink, turn_deg=angle, module_px=4, blur_modules=0.2, noise=4))
            for ink in (across, down)
            for angle in (0, 7, 100)
        ]

    assert all(found in ([], ["042"]) for found in read)
    assert read.count(["042"]) >= least


@pytest.mark.parametrize("version", [6, 8])
def test_thin_print_whose_solid_sides_bow(version: int) -> None:
    """Lines of half a module, that is little more than a pixel: no straight line stays inside them."""
    made = modules(DM, "PIGEON 42", option_2=version)
    cells = np.kron(np.pad(made, 2), np.full((CELL, CELL), 255, np.uint8))
    thin = np.asarray(Image.fromarray(cells).filter(ImageFilter.MinFilter(7)))
    drop = np.round(5 * (1 - np.linspace(-1, 1, thin.shape[1]) ** 2)).astype(int)
    bowed = np.stack([np.roll(column, by) for column, by in zip(thin.T, drop, strict=True)], axis=1)
    read = [texts(photographed(bowed, turn_deg=angle, module_px=2.6)) for angle in range(0, 360, 24)]

    assert all(found in ([], ["PIGEON 42"]) for found in read)
    assert read.count(["PIGEON 42"]) >= 13


@pytest.mark.parametrize("version", [3, 6, 28])
def test_light_on_dark_and_mirrored_are_told(version: int) -> None:
    made = modules(DM, "R7-21", option_2=version)
    grey = picture(made, turn_deg=8, module_px=6)
    [light] = barcode.read(255 - grey, symbologies=barcode.Symbology.DataMatrix)
    [flipped] = barcode.read(grey[:, ::-1], symbologies=barcode.Symbology.DataMatrix)

    assert (light.text, light.inverted, light.mirrored) == ("R7-21", True, False)
    assert (flipped.text, flipped.inverted, flipped.mirrored) == ("R7-21", False, True)


def test_corners_are_the_symbols_own() -> None:
    made = modules(DM, "CORNER", option_2=26)
    rows, columns = made.shape
    grey = picture(made, turn_deg=90, module_px=6)
    [symbol] = barcode.read(grey)
    expected = [  # turned against the clock: its own top left is at the bottom left
        (12, 12 + 6 * columns),
        (12, 12),
        (12 + 6 * rows, 12),
        (12 + 6 * rows, 12 + 6 * columns),
    ]

    assert symbol.format == "DataMatrix"
    assert symbol.size == (columns, rows)
    assert symbol.rotation_deg == pytest.approx(-90, abs=1)
    assert symbol.module_px == pytest.approx(6, abs=0.1)
    for corner, place in zip(symbol.corners, expected, strict=True):
        assert corner == pytest.approx(place, abs=0.7)


def test_several_in_a_frame_are_all_read() -> None:
    frame = np.full((700, 900), PAPER, np.uint8)
    contents = [f"PARCEL {i}" for i in range(6)]
    for i, text in enumerate(contents):
        cells = np.kron(modules(DM, text), np.ones((5, 5), np.uint8))
        y, x = 40 + i // 3 * 320, 40 + i % 3 * 280
        frame[y : y + cells.shape[0], x : x + cells.shape[1]] = np.where(cells > 0, INK, PAPER)

    assert sorted(texts(frame)) == contents


def test_damage_is_read_right_or_not_at_all() -> None:
    rng = random.Random(2)
    made = modules(DM, "HELD IN BOX 7", option_2=8)
    read = 0
    for _ in range(60):
        grey = picture(made, turn_deg=rng.uniform(0, 360), module_px=5)
        for _ in range(3):
            x, y = rng.randrange(grey.shape[1] - 14), rng.randrange(grey.shape[0] - 14)
            grey[y : y + 14, x : x + 14] = rng.choice([INK, PAPER])
        found = texts(grey)
        assert found in ([], ["HELD IN BOX 7"])
        read += bool(found)
    assert read >= 30
