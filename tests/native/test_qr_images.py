"""QR and Micro QR symbols in pictures: turned, tilted, blurred, bent, damaged; drawn by segno and zint.

Each kind of picture has a least number of reads and must have no misread.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import segno
from PIL import Image, ImageDraw, ImageFilter

from native import barcode
from tests.native.qr_symbols import zint_modules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
    Floats = NDArray[np.float64]

PAPER = 225
INK = 35
QUIET = 4

QR = barcode.Symbology.QRCode | barcode.Symbology.MicroQR


def modules_of(text: str, **options: Any) -> Grey:
    """1 for dark."""
    return np.array([list(row) for row in segno.make(text, **options).matrix], np.uint8)


def label(modules: Grey, cell: int = 8) -> Grey:
    """A print of the modules, `cell` px each, on paper with a quiet zone."""
    dark = np.kron(np.pad(modules, QUIET), np.ones((cell, cell), np.uint8))
    return np.where(dark, INK, PAPER).astype(np.uint8)


def homography(source: Floats, target: Floats) -> Floats:
    """The perspective map that takes four places to four others, as PIL wants it: eight numbers."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    table = np.array(rows, float)
    return np.linalg.solve(table[:, :8], table[:, 8])


def photographed(picture: Grey, corners: Floats, size: tuple[int, int], background: int = 120) -> Grey:
    """The print with its corners put at these places of a picture of this size (width, height)."""
    height, width = picture.shape
    own = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    factor = max(1, round(width / float(np.linalg.norm(corners[1] - corners[0]))))
    image = Image.fromarray(picture)
    if factor > 1:  # no pixel of the print is skipped
        image = image.filter(ImageFilter.BoxBlur((factor - 1) / 2))
    coefficients = tuple(homography(corners, own))
    inside = image.transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR)
    mask = Image.new("L", image.size, 255).transform(
        size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(Image.composite(inside, Image.new("L", size, background), mask))


def square(side: float, degrees: float, middle: tuple[float, float]) -> Floats:
    angle = np.radians(degrees + np.array([225, 315, 45, 135]))
    corners: Floats = np.stack([np.cos(angle), np.sin(angle)], 1) * side / np.sqrt(2) + middle
    return corners


def turned(modules: Grey, module_px: float, degrees: float) -> Grey:
    picture = label(modules)
    side = module_px * (modules.shape[0] + 2 * QUIET)
    width = int(side * 1.5) + 40
    return photographed(picture, square(side, degrees, (width / 2, width / 2)), (width, width))


def tilted(modules: Grey, module_px: float, degrees: float, tilt: float) -> Grey:
    """One side of the label `tilt` times as long as the opposite one."""
    side = module_px * (modules.shape[0] + 2 * QUIET)
    width = int(side * 1.6) + 40
    corners = square(side, 0, (0, 0))
    corners[[0, 3], 1] *= tilt
    corners[:, 0] *= (1 + tilt) / 2
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return photographed(label(modules), corners @ turn + width / 2, (width, width))


def blurred(picture: Grey, radius_px: float) -> Grey:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius_px)))


def noisy(picture: Grey, sigma: float, seed: int) -> Grey:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def on_a_cylinder(modules: Grey, half_angle: float) -> Grey:
    """As a label round a bottle looks: its columns closer together to both sides."""
    picture = label(modules, 12)
    width = picture.shape[1]
    seen = np.arange(-1 + 0.5 / width, 1, 1 / width * 1.0)
    column = np.arcsin(seen * np.sin(half_angle)) / half_angle
    across = np.interp(column, np.linspace(-1, 1, width), np.arange(width)).round().astype(int)
    bow = ((1 - np.cos(column * half_angle)) * width / 3).round().astype(int)
    out = np.full((picture.shape[0] + int(bow.max()) + 40, across.size + 40), 120, np.uint8)
    for x, (source, drop) in enumerate(zip(across, bow, strict=True)):
        out[20 + drop : 20 + drop + picture.shape[0], 20 + x] = picture[:, source]
    return np.asarray(
        Image.fromarray(out).resize((out.shape[1] // 3, out.shape[0] // 2), Image.Resampling.BOX)
    )


def texts(seed: int, count: int) -> list[str]:
    rng = random.Random(seed)
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz0123456789/:.-"
    return ["".join(rng.choices(letters, k=rng.randint(8, 60))) for _ in range(count)]


def reads_of(pictures: Iterator[tuple[str, Grey]]) -> int:
    """How many of the pictures were read; fails at the first misread."""
    good = 0
    for text, picture in pictures:
        found = [symbol.text for symbol in barcode.read(picture, symbologies=QR)]
        assert found in ([], [text])
        good += len(found)
    return good


def symbols(seed: int, count: int) -> Iterator[tuple[str, Grey, random.Random]]:
    for i, text in enumerate(texts(seed, count)):
        rng = random.Random(seed * 1000 + i)
        yield text, modules_of(text, error=rng.choice("lmqh"), boost_error=False, micro=False), rng


@pytest.mark.parametrize("version", [1, 2, 3, 6, 7, 10, 14, 21, 27, 32, 36, 40])
def test_every_size_is_read_where_it_lies(version: int) -> None:
    modules = modules_of("pigeonhole", version=version, micro=False)
    side = 3.0 * (modules.shape[0] + 2 * QUIET)
    corners = square(side, 20, (side * 0.8, side * 0.75))
    inner = square(3.0 * modules.shape[0], 20, (side * 0.8, side * 0.75))

    (symbol,) = barcode.read(photographed(label(modules), corners, (int(side * 1.6), int(side * 1.5))))

    assert symbol.text == "pigeonhole"
    assert symbol.version == version
    assert symbol.rotation_deg == pytest.approx(20, abs=0.5)
    assert symbol.module_px == pytest.approx(3.0, abs=0.05)
    assert np.abs(np.array(symbol.corners) - inner).max() < 1.0
    assert not symbol.mirrored
    assert not symbol.inverted


@pytest.mark.parametrize("degrees", range(0, 360, 24))
def test_any_turn_also_mirrored_and_light_on_dark(degrees: int) -> None:
    modules = modules_of("PH-0042", version=2, micro=False)
    for mirrored in (False, True):
        picture = turned(modules.T if mirrored else modules, 2.6, degrees)
        for inverted in (False, True):
            (symbol,) = barcode.read(255 - picture if inverted else picture)

            assert symbol.text == "PH-0042"
            assert symbol.mirrored == mirrored
            assert symbol.inverted == inverted


@pytest.mark.parametrize(
    ("count", "least", "spoil"),
    [
        pytest.param(30, 30, lambda m, r: turned(m, r.uniform(2.0, 6.0), r.uniform(0, 360)), id="turned"),
        pytest.param(
            30,
            28,
            lambda m, r: tilted(m, r.uniform(3, 6), r.uniform(0, 360), r.uniform(0.55, 0.8)),
            id="tilted",
        ),
        pytest.param(
            24, 18, lambda m, r: blurred(turned(m, 4.0, r.uniform(0, 360)), r.uniform(1.6, 2.6)), id="blurred"
        ),
        pytest.param(
            24,
            22,
            lambda m, r: noisy(
                turned(m, r.uniform(2.5, 5), r.uniform(0, 360)), r.uniform(8, 24), r.randrange(999)
            ),
            id="noisy",
        ),
        pytest.param(24, 20, lambda m, r: turned(m, r.uniform(1.5, 1.9), r.uniform(0, 360)), id="small"),
        pytest.param(16, 12, lambda m, r: on_a_cylinder(m, r.uniform(0.7, 1.1)), id="bent"),
    ],
)
def test_spoilt_pictures(count: int, least: int, spoil: Callable[[Grey, random.Random], Grey]) -> None:
    assert (
        reads_of((text, spoil(modules, rng)) for text, modules, rng in symbols(least + count, count)) >= least
    )


def shaded(modules: Grey, rng: random.Random) -> Grey:
    """Light that falls off to a tenth across the picture."""
    picture = turned(modules, 3.5, rng.uniform(0, 360))
    height, width = picture.shape
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    angle = rng.uniform(0, 2 * np.pi)
    light = 0.55 + 0.45 * np.tanh(3 * (x * np.cos(angle) + y * np.sin(angle)))
    dimmed: Grey = (picture * light).astype(np.uint8)
    return dimmed


def without_a_finder(modules: Grey, rng: random.Random) -> Grey:
    """A blot over half of one finder pattern."""
    cell = 8
    picture = Image.fromarray(label(modules, cell))
    far = modules.shape[0] - 7
    u, v = rng.choice([(0, 0), (far, 0), (0, far)])
    x, y = (u + QUIET + rng.uniform(1, 4)) * cell, (v + QUIET + rng.uniform(1, 4)) * cell
    radius = 2.6 * cell
    ImageDraw.Draw(picture).ellipse(
        (x - radius, y - radius, x + radius, y + radius), fill=rng.choice([INK, PAPER])
    )
    side = 4.0 * (modules.shape[0] + 2 * QUIET)
    width = int(side * 1.5)
    return photographed(
        np.asarray(picture), square(side, rng.uniform(0, 360), (width / 2, width / 2)), (width, width)
    )


def test_light_that_falls_off() -> None:
    assert reads_of((text, shaded(modules, rng)) for text, modules, rng in symbols(7, 20)) >= 19


def test_two_whole_finder_patterns_are_enough() -> None:
    pictures = (
        (text, without_a_finder(modules_of(text, error="h", version=4, micro=False), rng))
        for text, rng in ((f"locker {i}", random.Random(i)) for i in range(16))
    )

    assert reads_of(pictures) >= 12


def test_all_symbols_of_a_picture_are_found_once() -> None:
    sheet = np.full((700, 900), PAPER, np.uint8)
    wanted = {f"compartment {i}" for i in range(12)}
    for i, text in enumerate(sorted(wanted)):
        picture = turned(modules_of(text, micro=False), 3.0, 30.0 * i)
        height, width = picture.shape
        y, x = 20 + i // 4 * 225, 20 + i % 4 * 220
        sheet[y : y + height, x : x + width] = np.where(picture == 120, PAPER, picture)

    found = [symbol.text for symbol in barcode.read(sheet)]

    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize("degrees", [0, 33, 90, 151, 248])
@pytest.mark.parametrize(
    ("text", "version"), [("12345", "M1"), ("AB12", "M2"), ("Pigeon", "M3"), ("Pigeonhole", "M4")]
)
def test_micro_qr_is_found_at_any_turn(text: str, version: str, degrees: int) -> None:
    modules = modules_of(text, version=version)
    for mirrored in (False, True):
        picture = turned(modules.T if mirrored else modules, 4.0, degrees)

        (symbol,) = barcode.read(picture)

        assert symbol.text == text
        assert symbol.format == "MicroQR"
        assert symbol.version == int(version[1])
        assert symbol.mirrored == mirrored


def test_zint_draws_the_same_symbols() -> None:
    for text in texts(3, 8):
        modules = (zint_modules(text) > 0).astype(np.uint8)
        assert [symbol.text for symbol in barcode.read(turned(modules, 3.3, 12))] == [text]


@pytest.mark.parametrize("side", [8, 11, 20, 21, 64, 65, 129, 400])
def test_nothing_is_found_in_noise_or_stripes(side: int) -> None:
    rng = np.random.default_rng(side)
    pictures = [
        rng.integers(0, 256, (side, side + 3), np.uint8),
        np.broadcast_to((np.arange(side) // 3 % 2 * 255).astype(np.uint8), (side, side)).copy(),
        np.kron(rng.integers(0, 2, (side // 4 + 1, side // 4 + 1)), np.ones((4, 4))).astype(np.uint8) * 255,
    ]
    for picture in pictures:
        assert barcode.read(picture, symbologies=QR, effort="thorough") == []


def test_code_without_simd_reads_the_same() -> None:
    for text, modules, rng in symbols(5, 6):
        picture = noisy(turned(modules, 2.2, rng.uniform(0, 360)), 6, 1)
        read = partial(barcode.read, picture, symbologies=QR)
        assert read(portable=True) == read(portable=False)
        assert [symbol.text for symbol in read()] == [text]


def test_what_cannot_be_read_does_not_fill_the_output() -> None:
    """Beside the symbol wanted lies one whose data are noise: one was found, and no other."""
    good = turned(modules_of("compartment 7", version=3, micro=False), 4.0, 10)
    noise = np.random.default_rng(3).integers(0, 2, (29, 29), np.uint8)
    spoilt = modules_of("x", version=3, micro=False)
    spoilt[9:20, 9:] = noise[9:20, 9:]
    spoilt[9:, 9:20] = noise[9:, 9:20]

    result = barcode.scan(np.hstack([turned(spoilt, 4.0, 0), good]), max_symbols=1, symbologies=QR)

    assert [symbol.text for symbol in result.symbols] == ["compartment 7"]
    assert result.stopped_by is None
