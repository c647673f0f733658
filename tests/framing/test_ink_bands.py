"""Pages cut into bands: nothing lost, nothing white sent, nothing too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.framing.escpos import AnswerKind, Answers
from hal.framing.ink_bands import Band, ink_bands
from hal.interfaces import Raster


@st.composite
def pages(draw: st.DrawFn) -> Raster:
    row_bytes = draw(st.integers(1, 6))
    row = st.one_of(st.just(bytes(row_bytes)), st.binary(min_size=row_bytes, max_size=row_bytes))
    rows = draw(st.lists(st.tuples(row, st.integers(1, 12)), min_size=1, max_size=12))
    data = b"".join(each * times for each, times in rows)
    return Raster(row_bytes * 8, len(data) // row_bytes, data)


def laid_out(page: Raster, bands: list[Band]) -> bytes:
    row_bytes = page.width_dots // 8
    rows = bytearray(len(page.rows))
    for band in bands:
        for row in range(band.height):
            at = (band.top + row) * row_bytes + band.left_bytes
            rows[at : at + band.row_bytes] = band.data[row * band.row_bytes : (row + 1) * band.row_bytes]
    return bytes(rows)


@given(pages(), st.integers(1, 60), st.booleans())
def test_bands_make_the_page_again(page: Raster, max_bytes: int, from_left: bool) -> None:
    bands = ink_bands(page, max_bytes, from_left=from_left)

    assert laid_out(page, bands) == page.rows
    for band in bands:
        assert len(band.data) == band.row_bytes * band.height
        assert len(band.data) <= max(max_bytes, band.row_bytes)
        assert not from_left or band.left_bytes == 0
    tops = [band.top for band in bands]
    assert tops == sorted(set(tops))


def test_a_band_is_as_narrow_as_its_ink_and_far_rows_are_apart() -> None:
    rows = bytearray(4 * 40)
    rows[1], rows[4 * 5 + 2], rows[4 * 30 + 3] = 1, 2, 4
    page = Raster(32, 40, bytes(rows))

    near, far = ink_bands(page, 4096)

    assert (near.top, near.height, near.left_bytes, near.row_bytes) == (0, 6, 1, 2)
    assert far == Band(30, 3, 1, 1, b"\x04")


def test_a_white_page_is_still_a_page() -> None:
    assert ink_bands(Raster(64, 9, bytes(72)), 4096) == [Band(0, 0, 1, 1, b"\x00")]


@pytest.mark.parametrize("page", [Raster(0, 1, b""), Raster(9, 1, b"\x00"), Raster(8, 2, b"\x00")])
def test_what_is_no_page_is_refused(page: Raster) -> None:
    with pytest.raises(ValueError, match="no page of"):
        ink_bands(page, 10)


def test_escpos_answers_are_told_apart_at_every_split_point() -> None:
    wire = bytes.fromhex("12 11 38 00 0C 00 13 00 16")
    kinds = [AnswerKind.REAL_TIME, AnswerKind.AUTOMATIC, AnswerKind.QUEUED, AnswerKind.REAL_TIME]
    for split in range(len(wire) + 1):
        answers = Answers()
        found = answers.feed(wire[:split]) + answers.feed(wire[split:])
        assert [each.kind for each in found] == kinds
        assert answers.noise == 0


@given(st.binary(max_size=60))
def test_no_bytes_break_the_escpos_answers(data: bytes) -> None:
    whole, pieces = Answers(), Answers()

    found = whole.feed(data)

    assert [each for byte in data for each in pieces.feed(bytes((byte,)))] == found
