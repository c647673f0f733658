"""No picture, whatever it shows, is read as something that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
import zint

from native import barcode
from tests.native.misread_images import scene
from tests.native.symbols import Example, drawn

if TYPE_CHECKING:
    from native.barcode import Effort

IMAGES = 480
"""Of `make misread`'s first ones: some 20 s.  That goes on for as long as one likes."""

PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_read_that_is_not_there(part: int) -> None:
    reads = 0
    for number in range(part, IMAGES, PARTS):
        shown = scene(number)
        effort = cast("Effort", tuple(barcode.EFFORTS)[number // PARTS % len(barcode.EFFORTS)])

        symbols = barcode.read(shown.image, effort=effort)

        wrong = [
            (symbol.format, symbol.text, symbol.add_on)
            for symbol in symbols
            if symbol.text + (symbol.add_on or "") not in shown.contents
        ]
        assert not wrong, f"scene({number}), {shown.kind}, {effort}: {wrong}, not {sorted(shown.contents)}"
        reads += bool(symbols)
    assert reads > IMAGES // PARTS // 20, "a decoder that reads nothing never misreads"


def test_a_scene_is_made_from_its_number_alone() -> None:
    first, again, other = scene(7), scene(7), scene(8)

    assert (first.kind, first.contents) == (again.kind, again.contents)
    assert (first.image == again.image).all()
    assert first.image.shape != other.image.shape or (first.image != other.image).any()


@pytest.mark.parametrize("card", [110, 150])
def test_half_an_itf_symbol_under_a_card_is_none(card: int) -> None:
    whole = drawn(Example("ITF", zint.Symbology.C25INTER, "89544553508874", "89544553508874", "]I0"))

    for edge in range(36, whole.shape[1] - 36, 2):
        for covered in (slice(0, edge), slice(edge, None)):
            image = whole.copy()
            image[:, covered] = card

            assert {symbol.text for symbol in barcode.read(image)} <= {"89544553508874"}
