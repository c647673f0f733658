"""Pictures for the barcode benches: parcels under a camera, with symbols and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.native.symbols import EXAMPLES, drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

__all__ = ["parcels", "sorted_parcels", "tiled"]


def parcels(width: int, height: int) -> Grey:
    """Cardboard with tape, shadows, print and noise, as a camera sees it between two scans."""
    dice = np.random.default_rng(7)
    picture = Image.new("L", (width, height), 150)
    pen = ImageDraw.Draw(picture)
    for _ in range(width * height // 40_000):
        x, y = int(dice.integers(0, width)), int(dice.integers(0, height))
        size = int(dice.integers(20, 240))
        pen.rectangle((x, y, x + size, y + size * 2 // 3), fill=int(dice.integers(90, 220)))
        pen.text(
            (x + 8, y + 8), f"FRAGILE {size} kg", fill=int(dice.integers(20, 80)), font_size=12 + size // 8
        )
        pen.line((x, y, int(dice.integers(0, width)), y + size), fill=int(dice.integers(60, 230)), width=3)
    sharp = np.asarray(picture.filter(ImageFilter.GaussianBlur(1)), np.float64)
    light = np.linspace(0.75, 1.1, width)
    return np.clip(sharp * light + dice.normal(0, 3, sharp.shape), 0, 255).astype(np.uint8)


def sorted_parcels(width: int, height: int) -> Grey:
    """A symbol in every 640 by 480 px of plain paper, each symbology in its turn."""
    dice = np.random.default_rng(8)
    image = dice.normal(200, 3, (height, width)).astype(np.uint8)
    for row in range(height // 480):
        for column in range(width // 640):
            symbol = drawn(EXAMPLES[(row + column) % len(EXAMPLES)], module_px=2)
            top, left = 480 * row + 180, 640 * column + 40
            image[top : top + symbol.shape[0], left : left + symbol.shape[1]] = symbol
    return image


def tiled(width: int, height: int) -> Grey:
    """One view of parcels again and again, so that every size has as much to look at in a pixel."""
    view = parcels(640, 480)
    return np.tile(view, (-(-height // 480), -(-width // 640)))[:height, :width].copy()
