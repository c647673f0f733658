"""Aztec symbols in pictures: turned, small, blurred, light on dark, mirrored, damaged; drawn by zint."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zint

from native import barcode
from tests.native.test_dm_images import INK, PAPER, picture
from tests.native.zint_modules import modules

if TYPE_CHECKING:
    from tests.native.test_dm_images import Grey

AZ = zint.Symbology.AZTEC


def texts(grey: Grey) -> list[str]:
    return [symbol.text for symbol in barcode.read(grey, symbologies=barcode.Symbology.Aztec)]


@pytest.mark.parametrize("size", [1, 2, 4, 5, 8, 12, 20, 36])
def test_sizes_at_any_angle(size: int) -> None:
    made = modules(AZ, "A1b2", option_2=size)
    read = [
        texts(picture(made, turn_deg=angle, module_px=3, blur_modules=0.2)) for angle in range(0, 360, 24)
    ]

    assert all(found in ([], ["A1b2"]) for found in read)
    assert read.count(["A1b2"]) >= 14


def test_small_modules_with_noise() -> None:
    made = modules(AZ, "PIGEON 42", option_2=2)
    read = [texts(picture(made, turn_deg=angle, module_px=2, noise=4)) for angle in range(0, 360, 15)]

    assert all(found in ([], ["PIGEON 42"]) for found in read)
    assert read.count(["PIGEON 42"]) >= 16


@pytest.mark.parametrize("size", [1, 6])
def test_light_on_dark_and_mirrored_are_told(size: int) -> None:
    grey = picture(modules(AZ, "R7-21", option_2=size), turn_deg=8, module_px=6)
    [light] = barcode.read(255 - grey, symbologies=barcode.Symbology.Aztec)
    [flipped] = barcode.read(grey[:, ::-1], symbologies=barcode.Symbology.Aztec)

    assert (light.text, light.inverted, light.mirrored) == ("R7-21", True, False)
    assert (flipped.text, flipped.inverted, flipped.mirrored) == ("R7-21", False, True)


def test_a_rune_stands_alone() -> None:
    [rune] = barcode.read(picture(modules(zint.Symbology.AZRUNE, "68"), turn_deg=20, module_px=5))

    assert (rune.format, rune.text, rune.identifier) == ("Aztec", "068", "]zC")


def test_the_identification_of_a_structured_append_may_have_any_letters() -> None:
    made = modules(AZ, "part", structapp=zint.StructApp(2, 3, "Zürich".encode("latin-1")))
    [part] = barcode.read(picture(made, turn_deg=5, module_px=4))

    assert (part.text, part.structured_append) == ("part", barcode.StructuredAppend(1, 3, "Zürich"))


def test_damage_is_read_right_or_not_at_all() -> None:
    rng = random.Random(2)
    made = modules(AZ, "HELD IN BOX 7", option_2=3)
    read = 0
    for _ in range(60):
        grey = picture(made, turn_deg=rng.uniform(0, 360), module_px=5)
        for _ in range(3):
            x, y = rng.randrange(grey.shape[1] - 14), rng.randrange(grey.shape[0] - 14)
            grey[y : y + 14, x : x + 14] = rng.choice([INK, PAPER])
        found = texts(np.ascontiguousarray(grey))
        assert found in ([], ["HELD IN BOX 7"])
        read += bool(found)
    assert read >= 25
