"""Code with SIMD and without it give the same answer, to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageFilter

from native import barcode
from tests.native.symbols import EXAMPLES, Example, drawn

if TYPE_CHECKING:
    from tests.native.symbols import Grey

SCENES = 4
"""Frames of each symbology."""


def scene(example: Example, seed: int) -> Grey:
    """The symbol turned by any angle on a gradient, out of focus and in noise: floats matter everywhere."""
    dice = np.random.default_rng(seed)
    symbol = Image.fromarray(drawn(example, module_px=3)).convert("LA")
    turned = symbol.rotate(dice.uniform(0, 360), Image.Resampling.BICUBIC, expand=True)
    width, height = max(701, turned.width + 13), max(527, turned.height + 9)
    light = np.tile(np.linspace(120, 220, width).astype(np.uint8), (height, 1))
    frame = Image.fromarray(light)
    place = (int(dice.integers(0, width - turned.width)), int(dice.integers(0, height - turned.height)))
    frame.paste(turned.getchannel("L"), place, turned.getchannel("A"))
    blurred = np.asarray(frame.filter(ImageFilter.GaussianBlur(dice.uniform(0, 1.2))), np.float64)
    return np.clip(blurred + dice.normal(0, 5, blurred.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.format}{e.identifier}")
@pytest.mark.parametrize("effort", barcode.EFFORTS)
def test_portable_code_answers_the_same(example: Example, effort: barcode.Effort) -> None:
    read = 0
    for seed in range(SCENES):
        image = scene(example, seed)
        result = barcode.scan(image, effort=effort)

        assert barcode.scan(image, effort=effort, portable=True) == result
        assert all(symbol.text == example.text for symbol in result.symbols)
        read += len(result.symbols)

    assert read >= SCENES // 2 or effort == "fast", "too few were read to compare anything"


@pytest.mark.parametrize("shape", [(33, 65), (64, 64), (127, 129), (255, 31), (512, 771)])
def test_portable_code_answers_the_same_for_noise_of_odd_sizes(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(9).integers(0, 256, shape, dtype=np.uint8)

    assert barcode.scan(image, portable=True) == barcode.scan(image)
