"""Linear symbols as cameras see them: turned, small, blurred, in noise and bad light, damaged, bent.

Every test asks two things: that enough symbols are read, and that nothing else
is.  A no-read costs a second scan; a misread hands over the wrong parcel.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
import zint
from PIL import Image, ImageFilter

from native import barcode
from tests.native.symbols import Example, drawn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.native.symbols import Grey

    Dice = np.random.Generator

SCENES = 24
"""Frames of each kind: with fewer a share says little."""

FORMATS = ("Code128", "EAN13", "EAN8", "UPCA", "ITF", "Code39", "Code93", "Codabar", "DataBarExpanded")


def letters(dice: Dice, count: int, alphabet: str) -> str:
    return "".join(alphabet[i] for i in dice.integers(0, len(alphabet), count))


def with_check(digits: str) -> str:
    """Digits and their GS1 check digit: weights 3 and 1 from the right."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def example(dice: Dice, name: str) -> Example:
    """A symbol of this symbology with content of its own."""
    kinds = zint.Symbology
    capitals = string.ascii_uppercase + string.digits
    body = letters(dice, 13, string.digits)
    match name:
        case "Code128":
            text = letters(dice, 12, string.ascii_letters + string.digits)
            return Example(name, kinds.CODE128, text, text, "]C0")
        case "EAN13":
            body = "4" + body[:11]
            return Example(name, kinds.EANX, body, with_check(body), "]E0")
        case "EAN8":
            return Example(name, kinds.EANX, body[:7], with_check(body[:7]), "]E4")
        case "UPCA":
            return Example(name, kinds.UPCA, body[:11], with_check(body[:11]), "]E0")
        case "ITF":
            return Example(name, kinds.ITF14, body, with_check(body), "]I1")
        case "Code39":
            text = letters(dice, 8, capitals)
            return Example(name, kinds.CODE39, text, text, "]A0")
        case "Code93":
            text = letters(dice, 10, capitals)
            return Example(name, kinds.CODE93, text, text, "]G0")
        case "Codabar":
            return Example(name, kinds.CODABAR, f"A{body[:9]}B", body[:9], "]F0")
        case "DataBarExpanded":
            number = with_check(body)
            return Example(name, kinds.DBAR_EXP, f"(01){number}", f"01{number}", "]e0", gs1=True)
    raise AssertionError(name)


def turned(symbol: Grey, angle: float) -> Image.Image:
    """The symbol turned, with what of it is paper and ink in its second channel."""
    return Image.fromarray(symbol).convert("LA").rotate(angle, Image.Resampling.BICUBIC, expand=True)


def placed(symbol: Grey, angle: float, dice: Dice, size: tuple[int, int] = (900, 640)) -> Grey:
    """A frame of a grey table with the symbol's label somewhere on it."""
    label = turned(symbol, angle)
    width, height = max(size[0], label.width + 8), max(size[1], label.height + 8)
    frame = Image.new("L", (width, height), int(dice.integers(60, 200)))
    at = (int(dice.integers(0, width - label.width)), int(dice.integers(0, height - label.height)))
    frame.paste(label.getchannel("L"), at, label.getchannel("A"))
    return np.asarray(frame)


def blurred(image: Grey, radius: float) -> Grey:
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def noisy(image: Grey, sigma: float, dice: Dice) -> Grey:
    return np.clip(image + dice.normal(0, sigma, image.shape), 0, 255).astype(np.uint8)


def upright(dice: Dice, shown: Example) -> Grey:
    return placed(drawn(shown, 3), 90.0 * dice.integers(0, 4), dice)


def at_any_angle(dice: Dice, shown: Example) -> Grey:
    return placed(drawn(shown, 3), dice.uniform(0, 360), dice)


def small(dice: Dice, shown: Example) -> Grey:
    """Modules of 1.6 px, as after a lens."""
    symbol = Image.fromarray(drawn(shown, 8, height_px=320))
    fitted = symbol.resize((symbol.width // 5, symbol.height // 5), Image.Resampling.BOX)
    return placed(np.asarray(fitted), dice.uniform(0, 360), dice)


def large(dice: Dice, shown: Example) -> Grey:
    return placed(drawn(shown, 9, height_px=300), dice.uniform(0, 360), dice, (1280, 800))


def out_of_focus(dice: Dice, shown: Example) -> Grey:
    """A blur of 0.5 module: narrow bars keep a third of their contrast."""
    return blurred(placed(drawn(shown, 3), dice.uniform(0, 360), dice), 1.5)


def in_noise(dice: Dice, shown: Example) -> Grey:
    return noisy(blurred(placed(drawn(shown, 3), dice.uniform(0, 360), dice), 0.6), 14, dice)


def in_half_shade(dice: Dice, shown: Example) -> Grey:
    """Light that falls to a fifth across the frame."""
    image = placed(drawn(shown, 3), dice.uniform(0, 360), dice)
    light = np.linspace(1.0, 0.2, image.shape[1])
    return np.asarray(image * light, np.uint8)


def of_low_contrast(dice: Dice, shown: Example) -> Grey:
    image = placed(drawn(shown, 3), dice.uniform(0, 360), dice)
    return noisy(np.asarray(110 + image * 0.12, np.uint8), 1.5, dice)


def light_on_dark(dice: Dice, shown: Example) -> Grey:
    return placed(np.asarray(255 - drawn(shown, 3), np.uint8), dice.uniform(0, 360), dice)


def scratched(dice: Dice, shown: Example) -> Grey:
    """White and black strokes over the bars, some of them whole lines wide."""
    symbol = drawn(shown, 3).copy()
    for _ in range(12):
        top, left = dice.integers(0, symbol.shape[0] - 12), dice.integers(0, symbol.shape[1] - 40)
        symbol[top : top + dice.integers(2, 9), left : left + dice.integers(5, 40)] = dice.choice([20, 235])
    return placed(symbol, dice.uniform(0, 360), dice)


def on_a_bottle(dice: Dice, shown: Example) -> Grey:
    """Bars across a cylinder: modules narrow towards both ends, to 0.66 of the middle ones."""
    symbol = drawn(shown, 4)
    across = np.linspace(-0.75, 0.75, int(symbol.shape[1] * 0.75))
    columns = (np.arcsin(across) / np.arcsin(0.75) * 0.5 + 0.5) * (symbol.shape[1] - 1)
    return placed(symbol[:, np.rint(columns).astype(int)], dice.uniform(0, 360), dice, (1100, 800))


def in_perspective(dice: Dice, shown: Example) -> Grey:
    """One end a third nearer than the other."""
    symbol = Image.fromarray(drawn(shown, 4))
    width, height = symbol.size
    lean = 0.15 * height
    corners = (0.0, -lean, 0.0, height + lean, float(width), float(height), float(width), 0.0)
    leaning = symbol.transform(
        symbol.size, Image.Transform.QUAD, corners, Image.Resampling.BILINEAR, fillcolor=235
    )
    return placed(np.asarray(leaning), dice.uniform(0, 360), dice, (1100, 800))


class Hurt(NamedTuple):
    scene: Callable[[Dice, Example], Grey]
    least: float
    """Share of symbols that must be read."""


HURTS = (
    Hurt(upright, 1.0),
    Hurt(at_any_angle, 1.0),
    Hurt(small, 0.95),
    Hurt(large, 1.0),
    Hurt(out_of_focus, 0.95),
    Hurt(in_noise, 0.95),
    Hurt(in_half_shade, 1.0),
    Hurt(of_low_contrast, 0.95),
    Hurt(light_on_dark, 0.95),
    Hurt(scratched, 0.95),
    Hurt(on_a_bottle, 0.8),
    Hurt(in_perspective, 0.95),
)


@pytest.mark.parametrize("hurt", HURTS, ids=lambda hurt: hurt.scene.__name__)
def test_symbols_are_read_as_cameras_see_them_and_never_wrongly(hurt: Hurt) -> None:
    read = 0
    for seed in range(SCENES):
        dice = np.random.default_rng(seed)
        shown = example(dice, FORMATS[seed % len(FORMATS)])
        found = [(s.format, s.text) for s in barcode.read(hurt.scene(dice, shown))]
        assert found in ([], [(shown.format, shown.text)]), (hurt.scene.__name__, seed, shown)
        read += len(found)

    assert read >= hurt.least * SCENES


def cells(dice: Dice, shown: list[Example], angle: float) -> Grey:
    """Symbols side by side in a frame, each turned its own way unless an angle is given."""
    frame = Image.new("L", (1600, 1200), 210)
    for i, one in enumerate(shown):
        label = turned(drawn(one, 2), dice.uniform(0, 360) if angle < 0 else angle)
        frame.paste(label.getchannel("L"), (20 + 530 * (i % 3), 20 + 400 * (i // 3)), label.getchannel("A"))
    return np.asarray(frame)


@pytest.mark.parametrize("angle", [-1.0, 0.0, 90.0, 30.0])
def test_all_symbols_of_a_frame_are_read_and_each_once(angle: float) -> None:
    dice = np.random.default_rng(7)
    shown = [example(dice, name) for name in FORMATS]

    found = barcode.read(cells(dice, shown, angle))

    assert sorted(s.text for s in found) == sorted(one.text for one in shown)


def test_symbols_stacked_closely_are_told_apart() -> None:
    """Two labels' symbols of one direction, a few pixels of paper between them."""
    dice = np.random.default_rng(3)
    shown = [example(dice, "Code128") for _ in range(3)]
    rows = [drawn(one, 3, quiet_modules=10, height_px=50)[24:-24] for one in shown]
    width = max(row.shape[1] for row in rows)
    stack = np.vstack([np.pad(row, ((4, 4), (0, width - row.shape[1])), constant_values=235) for row in rows])

    for angle in (0, 17, 90):
        found = barcode.read(placed(stack, angle, dice))
        assert sorted(s.text for s in found) == sorted(one.text for one in shown), angle


def test_bars_that_fan_out_and_are_rough() -> None:
    """Lines close to each other agree little; that some show the same symbol is worth more lines."""
    read = 0
    for seed in range(40):
        dice = np.random.default_rng(seed)
        digits = "0" + letters(dice, 5, "3456789") + letters(dice, 1, "6789")
        shown = Example("UPCE", zint.Symbology.UPCE, digits, digits, "]E0")
        bars = drawn(shown, 2)[24:54]
        row, column = np.indices(bars.shape)
        lean = 0.3 * (bars.shape[0] / 2 - row) / bars.shape[1]
        fanned = bars[row, np.clip(column / (1 + lean), 0, bars.shape[1] - 1).astype(int)]
        seen = noisy(blurred(fanned, 0.7), 45, dice)
        found = barcode.read(np.where(seen < 128, 0, 255).astype(np.uint8))
        assert [symbol.text[:-1] for symbol in found] in ([], [digits])
        read += len(found)

    assert read >= 12


@pytest.mark.parametrize("margin", [20, 80, 320])
def test_the_shortest_itf_is_read_at_thorough_effort(margin: int) -> None:
    """Two digits: 17 elements, so few that other efforts take them for texture."""
    symbol = drawn(Example("ITF", zint.Symbology.C25INTER, "12", "12", "]I0"), 3, height_px=300)
    image = np.pad(symbol, margin, constant_values=255)

    assert [read.text for read in barcode.read(image, effort="thorough")] == ["12"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_symbol_a_row_high_is_read(name: str) -> None:
    """A line scanner's picture; symbologies without a check would want a second line."""
    shown = example(np.random.default_rng(5), name)
    row = drawn(shown, 2)[24 + 40 : 24 + 41]

    found = [s.text for s in barcode.read(np.repeat(row, 6, axis=0))]

    assert found == [shown.text]


@pytest.mark.parametrize("name", ["Code128", "EAN13", "UPCA", "Code39", "Code93"])
def test_a_symbol_cut_out_to_its_bars_is_read(name: str) -> None:
    """The image's border counts as a quiet zone."""
    shown = example(np.random.default_rng(5), name)

    found = [s.text for s in barcode.read(drawn(shown, 3, quiet_modules=0))]

    assert found == [shown.text]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9])
def test_part_of_a_symbol_is_not_read_as_another(name: str, share: float) -> None:
    for seed in range(6):
        dice = np.random.default_rng(seed)
        shown = example(dice, name)
        symbol = drawn(shown, 3)
        ink = symbol.shape[1] - 2 * 36
        part = (
            symbol[:, : 36 + round(ink * share)] if seed % 2 else symbol[:, 36 + round(ink * (1 - share)) :]
        )

        assert [s.text for s in barcode.read(part)] == []
        assert [s.text for s in barcode.read(placed(part, dice.uniform(0, 360), dice))] == []


def test_the_left_half_of_an_ean_13_is_no_upc_e() -> None:
    """With the bar after the centre guard it has the bars of UPC-E 15222794, check digit and all."""
    dice = np.random.default_rng(1)
    symbol = drawn(Example("EAN13", zint.Symbology.EANX, "452227984147", "4522279841475", "]E0"), 3)
    part = symbol[:, : 36 + 51 * 3]

    assert [s.text for s in barcode.read(part)] == []
    for _ in range(6):
        assert [s.text for s in barcode.read(placed(part, dice.uniform(0, 360), dice))] == []


@pytest.mark.parametrize("seed", range(8))
def test_stripes_and_text_hold_nothing(seed: int) -> None:
    """Edges of one direction that are no symbol: bars of chance widths, and a grating."""
    dice = np.random.default_rng(seed)
    bars = np.repeat(dice.choice([20, 235], 120), dice.integers(2, 9, 120)).astype(np.uint8)
    grating = (128 + 100 * np.sin(np.arange(500) / dice.uniform(0.8, 4))).astype(np.uint8)
    for row in (bars, grating):
        assert barcode.read(placed(np.tile(row, (90, 1)), dice.uniform(0, 360), dice)) == []
