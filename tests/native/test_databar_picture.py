"""GS1 DataBar in pictures: all six forms at any angle, in either polarity, told once and framed rightly."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import zint
from numpy.typing import NDArray
from PIL import Image

from native import barcode
from tests.native.databar_reader import symbol_rows

Grey = NDArray[np.uint8]
Corners = NDArray[np.float64]

Z = zint.Symbology

GTIN = "0950110153001"
LOT = "[01]09501101530010[10]AB12CD34"

FORMS: dict[str, tuple[zint.Symbology, str, list[int]]] = {
    "omnidirectional": (Z.DBAR_OMN, GTIN, [33]),
    "truncated": (Z.DBAR_OMN, GTIN, [13]),
    "stacked": (Z.DBAR_STK, GTIN, [5, 1, 7]),
    "stacked omnidirectional": (Z.DBAR_OMNSTK, GTIN, [33, 1, 1, 1, 33]),
    "limited": (Z.DBAR_LTD, GTIN, [10]),
    "expanded": (Z.DBAR_EXP, LOT, [34]),
    "expanded stacked": (Z.DBAR_EXPSTK, LOT, [34, 1, 1, 1, 34, 1, 1, 1, 34]),
}
"""How zint is asked for each, and the heights of its rows in modules."""

MODULE = 3
QUIET = 14

TEXTS = {Z.DBAR_EXP: "010950110153001010AB12CD34", Z.DBAR_EXPSTK: "010950110153001010AB12CD34"}


def picture(form: str) -> tuple[Grey, Corners]:
    """The upright symbol in a light picture, and its corners from the top left on, clockwise."""
    kind, content, heights = FORMS[form]
    rows = symbol_rows(kind, content, 2 if kind == Z.DBAR_EXPSTK else 0)
    assert len(rows) == len(heights)
    dark = np.repeat(np.array(rows, np.uint8), heights, axis=0)
    high, wide = dark.shape
    pixels = np.kron(np.where(np.pad(dark, QUIET) == 1, 20, 235), np.ones((MODULE, MODULE)))
    left, top = QUIET * MODULE, QUIET * MODULE
    right, bottom = left + wide * MODULE, top + high * MODULE
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], float)
    return pixels.astype(np.uint8), corners


def turned(pixels: Grey, corners: Corners, degrees: float) -> tuple[Grey, Corners]:
    """Both turned clockwise, in a picture large enough."""
    shown = Image.fromarray(pixels).rotate(
        -degrees, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=235
    )
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    before, after = np.array(pixels.shape[::-1]) / 2, np.array(shown.size) / 2
    return np.asarray(shown), (corners - before) @ turn.T + after


def text_of(form: str) -> str:
    kind, content, _ = FORMS[form]
    return TEXTS.get(kind, f"01{content}0")


def furthest(symbol: barcode.Symbol, corners: Corners) -> float:
    """The greatest distance of a corner from where it should be, in modules."""
    found = np.array([(corner.x, corner.y) for corner in symbol.corners])
    return float(np.hypot(*(found - corners).T).max()) / MODULE


@pytest.mark.parametrize("degrees", [0, 7, 90, 147, 180, 270, 318])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_at_every_angle(form: str, degrees: int) -> None:
    pixels, corners = turned(*picture(form), degrees)

    (symbol,) = barcode.read(pixels)

    assert (symbol.text, symbol.identifier) == (text_of(form), "]e0")
    assert furthest(symbol, corners) < 8
    assert symbol.module_px == pytest.approx(MODULE, rel=0.08)
    assert (symbol.rotation_deg - degrees + 180) % 360 - 180 == pytest.approx(0, abs=4)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "stacked"])
def test_light_on_dark(form: str) -> None:
    pixels, corners = picture(form)

    (symbol,) = barcode.read(255 - pixels)

    assert symbol.text == text_of(form)
    assert symbol.inverted
    assert furthest(symbol, corners) < 8


def test_two_symbols_beside_each_other_are_two() -> None:
    pixels, _ = picture("omnidirectional")
    other = symbol_rows(Z.DBAR_OMN, "0400638133393")
    beside = np.where(np.repeat(np.pad(np.array(other), ((0, 0), (QUIET, QUIET))), 33, axis=0) == 1, 20, 235)
    shown = np.kron(np.pad(beside, ((QUIET, QUIET), (0, 0)), constant_values=235), np.ones((MODULE, MODULE)))

    symbols = barcode.read(np.hstack([pixels, shown.astype(np.uint8)]))

    assert sorted(symbol.text for symbol in symbols) == ["0104006381333931", "0109501101530010"]


def test_stacked_symbols_above_each_other_are_each_whole() -> None:
    numbers = ["0950110153001", "0400638133393", "2001234567890"]
    shown = [np.full((QUIET, 50 + 2 * QUIET), 0)]
    for number in numbers:
        rows = np.repeat(
            np.array(symbol_rows(Z.DBAR_OMNSTK, number)), FORMS["stacked omnidirectional"][2], axis=0
        )
        shown += [np.pad(rows, ((0, 0), (QUIET, QUIET))), shown[0]]
    pixels = np.kron(np.where(np.vstack(shown) == 1, 20, 235), np.ones((MODULE, MODULE))).astype(np.uint8)

    symbols = barcode.read(pixels, effort="thorough")

    assert [symbol.text[2:15] for symbol in sorted(symbols, key=lambda s: s.corners[0].y)] == numbers
    tops_and_bottoms = [
        edge
        for symbol in sorted(symbols, key=lambda s: s.corners[0].y)
        for edge in (symbol.corners[0].y, symbol.corners[2].y)
    ]
    assert all(before < after for before, after in pairwise(tops_and_bottoms))
