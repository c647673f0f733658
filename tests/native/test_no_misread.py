"""No picture, whatever it shows, is read as something that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from native import barcode
from tests.native.misread_images import scene

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
