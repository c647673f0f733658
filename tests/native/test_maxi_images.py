"""MaxiCode symbols in pictures: turned, small, blurred, light on dark, mirrored, damaged; drawn by zint."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw

from native import barcode
from tests.native.symbols import HEXAGON_PX, hexagons
from tests.native.test_dm_images import CELL, INK, PAPER, photographed

if TYPE_CHECKING:
    from tests.native.test_dm_images import Grey

assert HEXAGON_PX == CELL
QUIET = 2 * CELL


def label(text: str | bytes, **options: object) -> Grey:
    """Ink with a quiet zone of two modules."""
    return np.pad(hexagons(text, **{"option_1": 4, **options}), QUIET)


def texts(grey: Grey) -> list[str]:
    return [symbol.text for symbol in barcode.read(grey, symbologies=barcode.Symbology.MaxiCode)]


@pytest.mark.parametrize("module_px", [2.5, 3.4, 5, 9])
def test_sizes_at_any_angle(module_px: float) -> None:
    ink = label("1Z12345E0291980793")
    read = [texts(photographed(ink, turn_deg=angle, module_px=module_px)) for angle in range(0, 360, 30)]

    assert all(found in ([], ["1Z12345E0291980793"]) for found in read)
    assert read.count(["1Z12345E0291980793"]) >= 11


def test_blur_and_noise() -> None:
    ink = label("PIGEON 42")
    read = [
        texts(photographed(ink, turn_deg=angle, module_px=4, blur_modules=0.4, noise=6))
        for angle in range(0, 360, 24)
    ]

    assert all(found in ([], ["PIGEON 42"]) for found in read)
    assert read.count(["PIGEON 42"]) >= 13


def test_a_tilted_label_is_read() -> None:
    ink = label("TILTED 42", option_1=5)
    flat = Image.fromarray(np.where(ink > 0, INK, PAPER).astype(np.uint8)).resize((240, 225))
    for k in (0.0006, 0.0012):
        tilt = (1.0, 0.15, -10.0, 0.05, 1.1, -5.0, k, k / 2)  # from the picture's px to the label's
        seen = flat.transform(
            (260, 260), Image.Transform.PERSPECTIVE, tilt, Image.Resampling.BICUBIC, fillcolor=PAPER
        )
        assert texts(np.asarray(seen)) == ["TILTED 42"]


def test_light_on_dark_and_mirrored_are_told() -> None:
    grey = photographed(label("R7-21"), turn_deg=8, module_px=6)
    [light] = barcode.read(255 - grey, symbologies=barcode.Symbology.MaxiCode)
    [flipped] = barcode.read(grey[:, ::-1], symbologies=barcode.Symbology.MaxiCode)

    assert (light.text, light.inverted, light.mirrored) == ("R7-21", True, False)
    assert (flipped.text, flipped.inverted, flipped.mirrored) == ("R7-21", False, True)


def test_corners_are_the_symbols_own() -> None:
    ink = label("CORNER", option_1=4)
    grey = photographed(ink, turn_deg=90, module_px=6)
    [symbol] = barcode.read(grey)
    bottom, right = 12 + (ink.shape[1] - 2 * QUIET) / 2, 12 + (ink.shape[0] - 2 * QUIET) / 2
    expected = [(12, bottom), (12, 12), (right, 12), (right, bottom)]  # turned against the clock

    assert (symbol.format, symbol.size, symbol.version) == ("MaxiCode", (30, 33), 4)
    assert symbol.rotation_deg == pytest.approx(-90, abs=1)
    assert symbol.module_px == pytest.approx(6, abs=0.2)  # zint draws rows a little close
    for corner, place in zip(symbol.corners, expected, strict=True):
        assert corner == pytest.approx(place, abs=1.5)


def test_a_carriers_label_is_read_as_it_is_sent() -> None:
    text = (
        "[)>\x1e01\x1d961Z00004951\x1dUPSN\x1d06X610\x1d159\x1d1234567\x1d1/1\x1d\x1dY\x1d\x1d\x1dUT\x1e\x04"
    )
    grey = photographed(label(text, option_1=2, primary="841706672840001"), turn_deg=3, module_px=4)
    [symbol] = barcode.read(grey)

    assert symbol.text == text[:9] + "841706672\x1d840\x1d001\x1d" + text[9:]
    assert (symbol.identifier, symbol.version) == ("]U1", 2)


@pytest.mark.parametrize("angle", [0, 40])
def test_a_light_middle_that_is_drawn_too_large(angle: int) -> None:
    ink = np.asarray(label("WIDE MIDDLE"))
    image = Image.fromarray(ink)
    draw = ImageDraw.Draw(image)
    x, y = QUIET + 14.5 * CELL, (ink.shape[0] - 1) / 2
    for i, radius in enumerate((4.4, 3.71, 3.08, 2.42, 1.76, 1.05)):
        r = radius * CELL
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255 if i % 2 == 0 else 0)

    assert texts(photographed(np.asarray(image), turn_deg=angle, module_px=6)) == ["WIDE MIDDLE"]


def test_several_in_a_frame_are_all_read() -> None:
    contents = [f"PARCEL {i}" for i in range(4)]
    rows = [
        [photographed(label(text), turn_deg=0, module_px=4) for text in contents[i : i + 2]] for i in (0, 2)
    ]
    frame = np.pad(np.vstack([np.hstack(row) for row in rows]), 40, constant_values=PAPER)

    assert sorted(texts(frame)) == contents


def test_damage_is_read_right_or_not_at_all() -> None:
    rng = random.Random(2)
    ink = label("HELD IN BOX 7")
    read = 0
    for _ in range(30):
        grey = photographed(ink, turn_deg=rng.uniform(0, 360), module_px=5)
        for _ in range(4):
            x, y = rng.randrange(grey.shape[1] - 18), rng.randrange(grey.shape[0] - 18)
            grey[y : y + 18, x : x + 18] = rng.choice([INK, PAPER])
        found = texts(grey)
        assert found in ([], ["HELD IN BOX 7"])
        read += bool(found)
    assert read >= 15


def test_rings_without_a_symbol_are_none() -> None:
    image = Image.new("L", (320, 320), PAPER)
    draw = ImageDraw.Draw(image)
    for i, radius in enumerate((4.4, 3.64, 2.88, 2.11, 1.34, 0.58)):
        r = radius * 9
        draw.ellipse((160 - r, 160 - r, 160 + r, 160 + r), fill=INK if i % 2 == 0 else PAPER)

    assert barcode.read(np.asarray(image)) == []


def test_text_that_names_no_set_is_latin_1() -> None:
    """Two capital letters with accents look like Shift JIS to a guess."""
    text = "ABCDE12abcde1ÀÁÂÃ1àáâãabc"

    assert texts(photographed(label(text.encode("latin-1")), turn_deg=10, module_px=5)) == [text]
    assert texts(photographed(label(text), turn_deg=10, module_px=5)) == [text]  # as programs print UTF-8
