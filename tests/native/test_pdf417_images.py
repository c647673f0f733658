"""PDF417 and MicroPDF417 in pictures: turned, small, blurred, noisy, mirrored, damaged; drawn by zint.

Each kind of picture has a least number of reads and must have no misread.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zint
from PIL import Image, ImageFilter

from native import barcode
from native.barcode import Symbology
from tests.native.zint_modules import modules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

FULL, TRUNCATED, MICRO = zint.Symbology.PDF417, zint.Symbology.PDF417COMP, zint.Symbology.MICROPDF417
STACKED = Symbology.PDF417 | Symbology.MicroPDF417
PAPER, INK = 225, 35
CELL = 6
"""Pixels of a module before the picture is made smaller."""
TEXT = "PIGEON 42: held in box 7"


def label(made: Grey, row_modules: int = 3) -> Image.Image:
    cells = np.kron(made, np.ones((CELL * row_modules, CELL), np.uint8))
    return Image.fromarray(
        np.pad(np.where(cells > 0, INK, PAPER).astype(np.uint8), 4 * CELL, constant_values=PAPER)
    )


def picture(
    made: Grey,
    *,
    turn_deg: float,
    module_px: float,
    blur_modules: float = 0.0,
    noise: float = 0.0,
    row_modules: int = 3,
) -> Grey:
    """The symbol on paper, turned and with modules of this size."""
    turned = label(made, row_modules).rotate(turn_deg, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)
    if blur_modules:
        turned = turned.filter(ImageFilter.GaussianBlur(blur_modules * CELL))
    size = tuple(max(16, math.ceil(side * module_px / CELL)) for side in turned.size)
    small = np.asarray(turned.resize((size[0], size[1]), Image.Resampling.BOX), np.float64)
    grain = np.random.default_rng(3).normal(0, noise, small.shape) if noise else 0.0
    return np.clip(small + grain, 0, 255).astype(np.uint8)


def texts(grey: Grey) -> list[str]:
    return [symbol.text for symbol in barcode.read(grey, symbologies=STACKED)]


@pytest.mark.parametrize(
    ("kind", "options", "least"),
    [
        (FULL, {"option_2": 3}, 24),
        (FULL, {"option_2": 8, "option_1": 3}, 24),
        (TRUNCATED, {"option_2": 4}, 24),
        (MICRO, {"option_2": 1}, 20),
        (MICRO, {"option_2": 2}, 20),
        (MICRO, {"option_2": 4}, 20),
    ],
)
def test_any_angle(kind: zint.Symbology, options: dict[str, Any], least: int) -> None:
    made = modules(kind, TEXT, **options)
    read = [texts(picture(made, turn_deg=angle, module_px=3)) for angle in range(0, 360, 15)]

    assert all(found in ([], [TEXT]) for found in read)
    assert read.count([TEXT]) >= least


def test_small_modules() -> None:
    made = modules(FULL, TEXT, option_2=4)
    read = [texts(picture(made, turn_deg=angle, module_px=1.6, noise=3)) for angle in range(0, 360, 15)]

    assert all(found in ([], [TEXT]) for found in read)
    assert read.count([TEXT]) >= 20


def test_blur_and_noise() -> None:
    made = modules(FULL, TEXT, option_2=4)
    read = [
        texts(picture(made, turn_deg=angle, module_px=3, blur_modules=0.5, noise=8))
        for angle in range(0, 360, 15)
    ]

    assert all(found in ([], [TEXT]) for found in read)
    assert read.count([TEXT]) >= 20


@pytest.mark.parametrize("row_modules", [1, 2, 8])
def test_row_heights(row_modules: int) -> None:
    made = modules(FULL, TEXT, option_2=5)

    assert texts(picture(made, turn_deg=3, module_px=3, row_modules=row_modules)) == [TEXT]


@pytest.mark.parametrize("kind", [FULL, TRUNCATED, MICRO])
def test_light_on_dark_and_mirrored_are_told(kind: zint.Symbology) -> None:
    grey = picture(modules(kind, TEXT, option_2=3), turn_deg=4, module_px=4)
    [light] = barcode.read(255 - grey, symbologies=STACKED)
    [flipped] = barcode.read(grey[:, ::-1], symbologies=STACKED)

    assert (light.text, light.inverted, light.mirrored) == (TEXT, True, False)
    assert (flipped.text, flipped.inverted, flipped.mirrored) == (TEXT, False, True)


def tilted(flat: Image.Image, slant: float) -> Image.Image:
    """Half as large, and one end (the left one for a slant above 0) that share farther away."""
    width, height = flat.size
    near, far = (0.0, 1.0) if slant > 0 else (1.0, 0.0)
    dip = abs(slant) * height / 2
    quad = (0, -far * dip, 0, height + far * dip, width, height + near * dip, width, -near * dip)
    return flat.transform(
        (width // 2, height // 2),
        Image.Transform.PERSPECTIVE,
        _map((width // 2, height // 2), quad),
        Image.Resampling.BICUBIC,
        fillcolor=PAPER,
    )


@pytest.mark.parametrize("slant", [-0.25, 0.25])
def test_perspective(slant: float) -> None:
    assert texts(np.asarray(tilted(label(modules(FULL, TEXT, option_2=4)), slant))) == [TEXT]


@pytest.mark.parametrize("slant", [-0.25, 0.25])
@pytest.mark.parametrize(("columns", "least"), [(2, 6), (3, 7), (4, 5)])
def test_perspective_of_a_symbol_without_guards(columns: int, least: int, slant: float) -> None:
    """Its parts differ in width: a row on a line tells where each begins."""
    seen = tilted(label(modules(MICRO, TEXT, option_2=columns)), slant)
    read = [
        texts(np.asarray(seen.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)))
        for angle in range(0, 360, 40)
    ]

    assert all(found in ([], [TEXT]) for found in read)
    assert read.count([TEXT]) >= least


def _map(size: tuple[int, int], quad: tuple[float, ...]) -> list[float]:
    """The perspective map from corners of a picture to a quadrilateral."""
    width, height = size
    corners = [(0, 0), (0, height), (width, height), (width, 0)]
    rows, values = [], []
    for (x, y), u, v in zip(corners, quad[::2], quad[1::2], strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved: list[float] = np.linalg.solve(np.array(rows, float), np.array(values, float)).tolist()
    return solved


@pytest.mark.parametrize("kind", [FULL, TRUNCATED, MICRO])
def test_corners_are_the_symbols_own(kind: zint.Symbology) -> None:
    made = modules(kind, TEXT, option_2=2)
    rows, columns = made.shape
    grey = picture(made, turn_deg=90, module_px=4)
    [symbol] = barcode.read(grey)
    top, across, down = 16, 4 * columns, 12 * rows
    expected = [(top, top + across), (top, top), (top + down, top), (top + down, top + across)]

    assert symbol.size == (columns, rows)
    assert symbol.rotation_deg == pytest.approx(-90, abs=1)
    assert symbol.module_px == pytest.approx(4, abs=0.1)
    for corner, place in zip(symbol.corners, expected, strict=True):
        assert corner == pytest.approx(place, abs=3)


def test_several_in_a_frame_are_all_read_and_no_bars_in_them() -> None:
    frame = np.full((800, 1100), PAPER, np.uint8)
    contents = [f"PARCEL {i}" for i in range(6)]
    for i, text in enumerate(contents):
        cells = np.kron(modules([FULL, TRUNCATED, MICRO][i % 3], text, option_2=2), np.ones((9, 3), np.uint8))
        y, x = 40 + i // 3 * 380, 40 + i % 3 * 350
        frame[y : y + cells.shape[0], x : x + cells.shape[1]] = np.where(cells > 0, INK, PAPER)

    assert sorted(symbol.text for symbol in barcode.read(frame)) == contents


def test_a_missing_stop_or_start_pattern_is_no_loss() -> None:
    made = modules(FULL, TEXT, option_2=4, option_1=3)
    grey = picture(made, turn_deg=0, module_px=3)
    without_start, without_stop = grey.copy(), grey.copy()
    without_start[:, : 12 + 3 * 17] = PAPER
    without_stop[:, -(12 + 3 * 18) :] = PAPER

    assert texts(without_start) == texts(without_stop) == [TEXT]


@pytest.mark.parametrize(("kind", "least"), [(FULL, 45), (MICRO, 20)])
def test_damage_is_read_right_or_not_at_all(kind: zint.Symbology, least: int) -> None:
    rng = random.Random(2)
    made = modules(kind, TEXT, option_2=3, option_1=4) if kind is FULL else modules(kind, TEXT, option_2=3)
    read = 0
    for _ in range(60):
        grey = picture(made, turn_deg=rng.uniform(0, 360), module_px=3)
        for _ in range(3):
            x, y = rng.randrange(grey.shape[1] - 14), rng.randrange(grey.shape[0] - 14)
            grey[y : y + 14, x : x + 14] = rng.choice([INK, PAPER])
        found = texts(grey)
        assert found in ([], [TEXT])
        read += bool(found)
    assert read >= least


@pytest.mark.parametrize("level", [0, 1, 2])
def test_few_check_words_do_not_make_wrong_texts(level: int) -> None:
    rng = random.Random(level)
    made = modules(FULL, TEXT, option_1=level, option_2=3)
    for _ in range(60):
        grey = picture(
            made, turn_deg=rng.uniform(-40, 40), module_px=2.2, blur_modules=rng.uniform(0.3, 0.8), noise=12
        )
        x = rng.randrange(grey.shape[1] - 20)
        grey[:, x : x + rng.randrange(3, 16)] = rng.choice([INK, PAPER])
        assert texts(grey) in ([], [TEXT])
