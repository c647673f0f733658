"""A parcel seen from above: cardboard with tape, and a label with a linear and a matrix symbol on it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from simulators.camera.symbols import PAPER, Grey, SymbolKind, scaled

__all__ = ["LABEL_MM", "LabelPlan", "draw_label", "draw_parcel"]

LABEL_MM: Final = (125.0, 80.0)
"""Wide and high, before it is turned."""
FINER: Final = 3
"""Labels are drawn this much finer, then averaged as a sensor's pixels do."""
LINEAR_HIGH_MM: Final = 18.0
EDGE_MM: Final = 4.0
CARDBOARD: Final = 150
TEXT: Final = 45
TEXTURE_PX: Final = 2048


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """What to print: `number` fills both kinds, `seed` decides sizes and the words around them."""

    number: int
    linear: SymbolKind
    matrix: SymbolKind
    seed: int


def draw_label(plan: LabelPlan, px_per_mm: float, turn_deg: float) -> tuple[Grey, Grey]:
    """The label turned clockwise by `turn_deg`, and how much of each pixel it covers (0 to 255)."""
    rng = random.Random(plan.seed)
    fine = px_per_mm * FINER
    width, height = (round(side * fine) for side in LABEL_MM)
    label = Image.new("L", (width, height), PAPER)
    pen = ImageDraw.Draw(label)
    edge = EDGE_MM * fine
    linear = scaled(
        plan.linear, plan.number, rng.uniform(0.60, 0.75) * fine, LINEAR_HIGH_MM * fine, width - 2 * edge
    )
    matrix = scaled(plan.matrix, plan.number, rng.uniform(0.9, 1.1) * fine, 0.0, 60 * fine)
    matrix_first = rng.random() < 0.5
    matrix_x = edge if matrix_first else width - edge - matrix.shape[1]
    lower = edge + linear.shape[0] + 8 * fine
    _put(label, linear, rng.uniform(edge, width - edge - linear.shape[1]), edge)
    _put(label, matrix, matrix_x, min(lower, height - edge - matrix.shape[0]))
    words_x = edge + matrix.shape[1] + 3 * fine if matrix_first else edge
    font = ImageFont.load_default(3.5 * fine)
    pen.text((edge * 2, edge + linear.shape[0] + fine), f"No {plan.number:07d}", fill=TEXT, font=font)
    for line in range(5):
        said = "".join(rng.choice("aeiounrst   ") for _ in range(rng.randint(8, 18)))
        pen.text((words_x, lower + line * 6 * fine), said, fill=TEXT, font=font)
    turned = np.asarray(_turned(label, turn_deg).reduce(FINER), dtype=np.uint8)
    cover = _turned(Image.new("L", (width // FINER, height // FINER), 255), turn_deg)
    return turned, np.asarray(cover.resize(turned.shape[::-1]), dtype=np.uint8)


def _put(label: Image.Image, symbol: Grey, x: float, y: float) -> None:
    label.paste(Image.fromarray(symbol), (round(x), round(y)))


def _turned(picture: Image.Image, turn_deg: float) -> Image.Image:
    return picture.rotate(-turn_deg, Image.Resampling.BILINEAR, expand=True, fillcolor=0)


def draw_parcel(
    label: Grey, cover: Grey, size_px: tuple[int, int], at_px: tuple[int, int], seed: int
) -> Grey:
    """A box of `size_px` (wide, high) with the label's top left corner at `at_px`."""
    rng = random.Random(seed)
    width, height = size_px
    top, left = rng.randrange(TEXTURE_PX - height), rng.randrange(TEXTURE_PX - width)
    box = TEXTURE[top : top + height, left : left + width] + np.int16(rng.randint(-25, 25))
    tape = rng.randrange(max(1, height - height // 6))
    box[tape : tape + height // 8] += 14  # clear tape brightens what it covers
    box[:4] -= 30
    box[-4:] -= 30
    x, y = at_px
    part = box[y : y + label.shape[0], x : x + label.shape[1]]
    share = cover.astype(np.int32)
    part[:] = (label * share + part * (255 - share)) // 255
    return box.clip(20, 235).astype(np.uint8)


def _texture() -> NDArray[np.int16]:
    """Fibres along the belt and flutes across it: what a tracker may take hold of and must not misread."""
    chance = np.random.default_rng(1)
    coarse = chance.normal(0, 14, (TEXTURE_PX // 2, TEXTURE_PX // 16)).astype(np.float32)
    grain = np.asarray(
        Image.fromarray(coarse).resize((TEXTURE_PX, TEXTURE_PX), Image.Resampling.BILINEAR), dtype=np.float32
    )
    flutes = 3 * np.sin(np.arange(TEXTURE_PX) * (2 * np.pi / 26)).astype(np.float32)
    texture: NDArray[np.int16] = (CARDBOARD + grain + flutes[None, :]).astype(np.int16)
    return texture


TEXTURE: Final = _texture()
