"""Images made to be wrong: any pixels end well, and a damaged symbol is read right or not at all."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native import barcode
from tests.native.symbols import EXAMPLES, Example, drawn

if TYPE_CHECKING:
    from native.barcode import Symbol
    from tests.native.symbols import Grey

efforts = st.sampled_from(sorted(barcode.EFFORTS))


DAMAGED = 0.25
"""Of the lines of a symbol, at most."""


def check(symbol: Symbol, image: Grey) -> None:
    """What holds of every symbol ever told."""
    height, width = image.shape
    assert symbol.format in {str(member.name) for member in barcode.Symbology}
    assert re.fullmatch(r"\][A-Za-z][0-9A-Za-z]", symbol.identifier)
    for x, y in symbol.corners:
        assert -width <= x <= 2 * width
        assert -height <= y <= 2 * height
    assert -180 <= symbol.rotation_deg <= 180
    assert 0 < symbol.module_px < max(image.shape)
    assert math.isfinite(symbol.ec_used)
    assert 0 <= symbol.ec_used <= 1
    assert symbol.data
    symbol.text.encode("utf-8")


@st.composite
def pictures(draw: st.DrawFn) -> Grey:
    """Noise, bars of any widths, blocks, and mixtures of them, in odd sizes."""
    height, width = draw(st.integers(1, 150)), draw(st.integers(1, 200))
    dice = np.random.default_rng(draw(st.integers(0, 2**32)))
    module = draw(st.integers(1, 9))
    bars = np.repeat(dice.integers(0, 2, width // module + 1), module)[:width] * 235
    columns = np.repeat(dice.integers(0, 2, height // module + 1), module)[:height] * 235
    blocks = np.kron(
        dice.integers(0, 2, (height // module + 1, width // module + 1)), np.ones((module, module), int)
    )
    kinds = (
        np.broadcast_to(bars, (height, width)),
        np.broadcast_to(columns[:, None], (height, width)),
        blocks[:height, :width] * 235,
        dice.integers(0, 256, (height, width)),
    )
    chosen = kinds[draw(st.integers(0, 3))] * 1
    other = kinds[draw(st.integers(0, 3))]
    top, left = int(dice.integers(0, height)), int(dice.integers(0, width))
    chosen[top:, left:] = other[top:, left:]
    return np.clip(chosen + dice.normal(0, draw(st.sampled_from([0, 6, 30])), chosen.shape), 0, 255).astype(
        np.uint8
    )


@given(image=pictures(), effort=efforts)
def test_any_picture_ends_well(image: Grey, effort: barcode.Effort) -> None:
    for symbol in barcode.scan(image, effort=effort).symbols:
        check(symbol, image)


@st.composite
def damages(draw: st.DrawFn) -> list[tuple[float, float, float, float, int]]:
    """Patches (left, top, width, height in shares of the picture, grey level); most lines stay whole.

    A patch over the whole height would be another symbol, printed so, and no decoder could know.
    """
    count = draw(st.integers(1, 4))
    level = st.sampled_from([0, 20, 128, 235, 255])
    return [
        (
            draw(st.floats(0, 1)),
            draw(st.floats(0, 1)),
            draw(st.floats(0.01, 0.3)),
            draw(st.floats(0.01, DAMAGED / count)),
            draw(level),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.format}{e.identifier}")
@given(damage=damages(), effort=efforts, module_px=st.integers(2, 4))
@settings(max_examples=40)
def test_a_damaged_symbol_is_read_right_or_not_at_all(
    example: Example,
    damage: list[tuple[float, float, float, float, int]],
    effort: barcode.Effort,
    module_px: int,
) -> None:
    image = drawn(example, module_px)
    height, width = image.shape
    for left, top, across, down, level in damage:
        x, y = round(left * width), round(top * height)
        image[y : y + max(1, round(down * height)), x : x + max(1, round(across * width))] = level

    for symbol in barcode.read(image, effort=effort):
        check(symbol, image)
        assert (symbol.format, symbol.text) == (example.format, example.text)
