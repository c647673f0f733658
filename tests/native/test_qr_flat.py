"""QR and Micro QR symbols that are the whole picture: pixels a program wrote, not a camera."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import segno

from native import barcode

TEXT = "pigeonhole 0123456789"


def drawn(symbol: segno.QRCode, module_px: int, border_px: int) -> npt.NDArray[np.uint8]:
    dark = np.kron(
        np.array([list(row) for row in symbol.matrix], np.uint8), np.ones((module_px, module_px), np.uint8)
    )
    return np.pad(np.where(dark, 20, 240).astype(np.uint8), border_px, constant_values=240)


@pytest.mark.parametrize("border_px", [0, 1, 5])
@pytest.mark.parametrize("module_px", [1, 2])
@pytest.mark.parametrize("version", ["M4", 2, 7, 25, 40])
def test_a_drawn_symbol_needs_no_quiet_zone(version: int | str, module_px: int, border_px: int) -> None:
    text = "01234" if version == "M4" else TEXT
    picture = drawn(segno.make(text, version=version), module_px, border_px)

    (symbol,) = barcode.read(picture)

    side = picture.shape[0] - border_px
    assert symbol.text == text
    assert symbol.module_px == pytest.approx(module_px, abs=0.02)
    assert symbol.corners[0] == pytest.approx((border_px, border_px), abs=0.7)
    assert symbol.corners[2] == pytest.approx((side, side), abs=0.7)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_its_orientation_is_told(quarter_turns: int, mirrored: bool) -> None:
    """Turned clockwise; mirrored as in a looking glass before that."""
    upright = drawn(segno.make(TEXT, version=3), 1, 0)
    picture = np.ascontiguousarray(np.rot90(upright[:, ::-1] if mirrored else upright, -quarter_turns))
    side = float(picture.shape[0])
    square = [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)]

    (symbol,) = barcode.read(picture)

    assert symbol.text == TEXT
    assert symbol.mirrored == mirrored
    order = [1, 0, 3, 2] if mirrored else [0, 1, 2, 3]
    expected = [square[(i + quarter_turns) % 4] for i in order]
    assert [pytest.approx(corner, abs=0.7) for corner in expected] == list(symbol.corners)
    turned = (180 if mirrored else 0) + 90 * quarter_turns
    assert (symbol.rotation_deg - turned) % 360 == pytest.approx(0, abs=0.5)


def test_light_on_dark_is_told() -> None:
    (symbol,) = barcode.read(255 - drawn(segno.make(TEXT, version=3), 1, 4))

    assert symbol.text == TEXT
    assert symbol.inverted


def test_a_damaged_finder_pattern_is_none() -> None:
    """What fills the picture must be the symbol to the last module of its finder patterns."""
    picture = drawn(segno.make(TEXT, version=3), 1, 0)
    picture[3, 3] = 240

    assert barcode.read(picture, effort="fast") == []
