"""rMQR symbols in pictures: turned, tilted, small, blurred, wrapped, mirrored, damaged; drawn by zint.

Each kind of picture has a least number of reads and must have no misread.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zint
import zxingcpp
from PIL import Image

from native import barcode
from tests.native.test_dm_images import INK, PAPER, picture
from tests.native.zint_modules import modules

if TYPE_CHECKING:
    from tests.native.test_dm_images import Grey

KIND = zint.Symbology.RMQR
VERSIONS = range(1, 33)
SHORTEST, LONGEST, SMALLEST = 1, 32, 11
"""Versions: R7x43, R17x139, R11x27."""

RMQR = barcode.Symbology.rMQR


def texts(grey: Grey) -> list[str]:
    return [symbol.text for symbol in barcode.read(np.ascontiguousarray(grey), symbologies=RMQR)]


def made_of(text: str, version: int) -> Grey:
    return modules(KIND, text, option_2=version)


def tilted(made: Grey, degrees: float, tilt: float) -> Grey:
    """Turned, and its end farther away: the last column is `tilt` times as high as the first."""
    grey = picture(made, turn_deg=0, module_px=6)
    height, width = grey.shape
    shrink = (1 - tilt) * height / 2
    corners = [(0, 0), (0, height), (width, height + shrink / tilt), (width, -shrink / tilt)]
    quad = tuple(float(x) for corner in corners for x in corner)
    label = Image.fromarray(grey).transform(
        (int(width * (1 + tilt) / 2), height),
        Image.Transform.PERSPECTIVE,
        _perspective(quad, int(width * (1 + tilt) / 2), height),
        Image.Resampling.BILINEAR,
        fillcolor=PAPER,
    )
    return np.asarray(label.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER))


def _perspective(quad: tuple[float, ...], width: int, height: int) -> tuple[float, ...]:
    """Pillow's eight numbers of the map from a width by height picture to the quad of another."""
    rows, wanted = [], []
    places = [(0, 0), (0, height), (width, height), (width, 0)]
    for (x, y), u, v in zip(places, quad[::2], quad[1::2], strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    return tuple(np.linalg.solve(np.array(rows, float), np.array(wanted, float)))


def wrapped(made: Grey, degrees: float, bow: float) -> Grey:
    """Round a tube, so much of its turn in view; seen from above, rows sag by `bow` of the width."""
    grey = picture(made, turn_deg=0, module_px=6)
    height, width = grey.shape
    half = np.radians(degrees) / 2
    across = np.arcsin(np.linspace(-1, 1, int(width * np.sin(half) / half)) * np.sin(half))
    sag = bow * width * (np.cos(across) - np.cos(half)) / (1 - np.cos(half))
    column = np.clip(((across / half + 1) / 2 * width).astype(int), 0, width - 1)
    out = np.full((height + int(sag.max()) + 2, across.size), PAPER, np.uint8)
    for x, (source, drop) in enumerate(zip(column, sag.astype(int), strict=True)):
        out[drop : drop + height, x] = grey[:, source]
    return out


@pytest.mark.parametrize("version", VERSIONS)
def test_every_size_at_any_angle(version: int) -> None:
    made = made_of("042", version)
    upright = picture(made, turn_deg=0, module_px=4)
    assert [found.text for found in zxingcpp.read_barcodes(upright)] == ["042"]  # the picture is right

    for angle in range(0, 360, 40):
        assert texts(picture(made, turn_deg=angle, module_px=4)) == ["042"]


@pytest.mark.parametrize("version", [SHORTEST, 8, SMALLEST, 20, LONGEST])
def test_small_modules_with_noise(version: int) -> None:
    made = made_of("PH42", version)
    read = [texts(picture(made, turn_deg=angle, module_px=1.8, noise=4)) for angle in range(0, 360, 30)]

    assert all(found in ([], ["PH42"]) for found in read)
    assert read.count(["PH42"]) >= 11


@pytest.mark.parametrize("version", [SHORTEST, 8, SMALLEST, 20, LONGEST])
def test_blur_that_hides_timing_patterns(version: int) -> None:
    made = made_of("PH42", version)
    read = [
        texts(picture(made, turn_deg=angle, module_px=4, blur_modules=0.5, noise=3))
        for angle in range(0, 360, 45)
    ]

    assert all(found in ([], ["PH42"]) for found in read)
    assert read.count(["PH42"]) >= 7


@pytest.mark.parametrize("tilt", [0.8, 0.5])
@pytest.mark.parametrize("version", [SHORTEST, 10, SMALLEST, 19, LONGEST])
def test_perspective(version: int, tilt: float) -> None:
    made = made_of("PH42", version)

    assert [texts(tilted(made, angle, tilt)) for angle in (0, 33, 140, 200, 290)] == [["PH42"]] * 5


@pytest.mark.parametrize(("degrees", "bow"), [(70, 0.0), (70, 0.05), (80, 0.02)])
@pytest.mark.parametrize("version", [SHORTEST, 9, 16, 30, LONGEST])
def test_labels_round_a_tube(version: int, degrees: float, bow: float) -> None:
    grey = wrapped(made_of("PH42", version), degrees, bow)

    assert [texts(np.rot90(grey, turn)) for turn in range(4)] == [["PH42"]] * 4


@pytest.mark.parametrize("version", [SHORTEST, 6, SMALLEST, LONGEST])
def test_light_on_dark_and_mirrored_are_told(version: int) -> None:
    grey = picture(made_of("R7", version), turn_deg=8, module_px=5)
    [light] = barcode.read(255 - grey, symbologies=RMQR)
    [flipped] = barcode.read(grey[:, ::-1], symbologies=RMQR)

    assert (light.text, light.inverted, light.mirrored) == ("R7", True, False)
    assert (flipped.text, flipped.inverted, flipped.mirrored) == ("R7", False, True)


@pytest.mark.parametrize("module_px", [3, 20])
def test_corners_are_the_symbols_own(module_px: int) -> None:
    made = made_of("CORNER", 19)
    rows, columns = made.shape
    [symbol] = barcode.read(picture(made, turn_deg=90, module_px=module_px))
    near, right, down = 2 * module_px, (2 + rows) * module_px, (2 + columns) * module_px

    assert (symbol.format, symbol.version, symbol.size) == ("rMQR", 19, (columns, rows))
    assert symbol.rotation_deg == pytest.approx(
        -90, abs=1
    )  # against the clock: its top left is at the bottom left
    assert symbol.module_px == pytest.approx(module_px, rel=0.02)
    for corner, place in zip(
        symbol.corners, [(near, down), (near, near), (right, near), (right, down)], strict=True
    ):
        assert corner == pytest.approx(place, abs=0.2 * module_px + 0.3)


@pytest.mark.parametrize("quarter_turns", range(4))
@pytest.mark.parametrize("module_px", [1, 2])
@pytest.mark.parametrize("version", [SHORTEST, SMALLEST, 22, LONGEST])
def test_a_drawn_symbol_needs_no_quiet_zone(version: int, module_px: int, quarter_turns: int) -> None:
    """Pixels a program wrote: the symbol is the picture."""
    made = made_of("PH42", version)
    cells = np.kron(255 - made, np.ones((module_px, module_px), np.uint8))
    [symbol] = barcode.read(np.ascontiguousarray(np.rot90(cells, -quarter_turns)))

    assert (symbol.text, symbol.format) == ("PH42", "rMQR")
    assert symbol.module_px == pytest.approx(module_px, abs=0.02)
    assert (symbol.rotation_deg - 90 * quarter_turns) % 360 == pytest.approx(0, abs=0.5)
    height, width = cells.shape
    first = [(0, 0), (height, 0), (width, height), (0, width)][quarter_turns]
    assert symbol.corners[0] == pytest.approx(first, abs=0.7)


def test_qr_symbols_are_not_taken_for_it_and_all_are_read() -> None:
    frame = np.full((560, 900), PAPER, np.uint8)
    wanted = {}
    kinds = [(KIND, "rMQR"), (zint.Symbology.QRCODE, "QRCode"), (zint.Symbology.MICROQR, "MicroQR")]
    for i in range(9):
        kind, name = kinds[i % 3]
        text = f"P{i}"
        wanted[text] = name
        cells = np.kron(modules(kind, text, option_2=[3, 1, 3][i % 3]), np.ones((4, 4), np.uint8))
        y, x = 30 + i // 3 * 170, 30 + [0, 480, 720][i % 3]
        frame[y : y + cells.shape[0], x : x + cells.shape[1]] = np.where(cells > 0, INK, PAPER)

    assert {symbol.text: symbol.format for symbol in barcode.read(frame)} == wanted
    assert sorted(texts(frame)) == sorted(text for text, name in wanted.items() if name == "rMQR")


def test_damage_is_read_right_or_not_at_all() -> None:
    rng = random.Random(2)
    made = made_of("HELD IN BOX 7", 20)
    read = 0
    for _ in range(60):
        grey = picture(made, turn_deg=rng.uniform(0, 360), module_px=4)
        for _ in range(3):
            x, y = rng.randrange(grey.shape[1] - 12), rng.randrange(grey.shape[0] - 12)
            grey[y : y + 12, x : x + 12] = rng.choice([INK, PAPER])
        found = texts(grey)
        assert found in ([], ["HELD IN BOX 7"])
        read += bool(found)
    assert read >= 40


@pytest.mark.parametrize(("wrong", "least"), [(3, 32), (4, 28), (5, 12)])
def test_a_damaged_copy_of_the_format_information_leaves_sizes_to_try(wrong: int, least: int) -> None:
    rng = random.Random(wrong)
    read = []
    for version in VERSIONS:
        made = made_of("PH42", version)
        for row, column in rng.sample(
            [(row, column) for row in range(1, 6) for column in range(8, 11)], wrong
        ):
            made[row, column] ^= 255
        read.append(texts(picture(made, turn_deg=rng.uniform(0, 360), module_px=4)))

    assert all(found in ([], ["PH42"]) for found in read)
    assert read.count(["PH42"]) >= least


def test_the_beginning_alone_is_no_symbol() -> None:
    """Format information and the first columns are there; what follows is another symbol's."""
    for version in VERSIONS:
        made, other = made_of("1", version), made_of("22", version)
        made[:, 14:] = other[::-1, 14:]
        assert texts(picture(made, turn_deg=0, module_px=4)) == []
