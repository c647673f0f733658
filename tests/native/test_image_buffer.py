"""Borrowing pixels: every way a buffer can lie in memory, and what is no image."""

from __future__ import annotations

import array
import ctypes
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from native.image_buffer import MAX_SIDE, ImageBuffer

Grey = NDArray[np.uint8]


def pixels_seen(image: object, **flat: int) -> list[list[int]]:
    """The image as C sees it: bytes at address + row * stride + column * step."""
    buffer = ImageBuffer()
    try:
        buffer.borrow(image, flat.get("width"), flat.get("height"), flat.get("stride"))
        return [
            [
                ctypes.c_uint8.from_address(buffer.address + y * buffer.stride + x * buffer.step).value
                for x in range(buffer.width)
            ]
            for y in range(buffer.height)
        ]
    finally:
        buffer.release()


def plane(height: int = 6, width: int = 8) -> Grey:
    return np.arange(height * width, dtype=np.uint8).reshape(height, width)


def slices(size: int) -> st.SearchStrategy[slice]:
    return st.slices(size).filter(lambda part: len(range(*part.indices(size))) > 0)


@given(rows=slices(6), columns=slices(8), transposed=st.booleans())
def test_any_slice_of_an_array_is_seen_as_it_is(rows: slice, columns: slice, transposed: bool) -> None:
    image = plane()[rows, columns]
    image = image.T if transposed else image

    assert pixels_seen(image) == image.tolist()


@given(rows=slices(6), columns=slices(8))
def test_any_slice_of_a_memoryview_too(rows: slice, columns: slice) -> None:
    image = plane()[rows, columns]

    assert pixels_seen(image.data) == image.tolist()


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.dstack([plane(), plane() + 50, plane() + 100])[:, :, 1], id="channel"),
        pytest.param(np.asfortranarray(plane()), id="columns first"),
        pytest.param(np.broadcast_to(plane(1, 8), (5, 8)), id="one row many times"),
        pytest.param(np.rot90(plane()), id="turned"),
        pytest.param(plane()[:, :1], id="one column"),
        pytest.param(plane()[:1], id="one row"),
        pytest.param(np.lib.stride_tricks.as_strided(plane(), (1, 1), (0, 0)), id="one pixel"),
        pytest.param(np.frombuffer(bytes(range(30)), np.uint8).reshape(5, 6), id="read only"),
        pytest.param(np.ndarray((3, 4), "<u1", bytes(range(12))), id="with a byte order"),
    ],
)
def test_arrays_of_every_kind(image: Grey) -> None:
    assert pixels_seen(image) == image.tolist()


def test_slices_of_memoryviews_that_python_made() -> None:
    whole = memoryview(bytearray(range(48))).cast("B", (6, 8))

    assert pixels_seen(whole[::-2]) == plane()[::-2].tolist()


def test_ctypes_arrays() -> None:
    """They tell a shape and no strides."""
    rows = (ctypes.c_ubyte * 3 * 2).from_buffer_copy(bytes([1, 2, 3, 4, 5, 6]))

    assert pixels_seen(rows) == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: array.array("B", data)])
def test_flat_bytes_have_their_shape_beside_them(kind: Any) -> None:
    image = kind(bytes(range(12)))

    assert pixels_seen(image, width=4, height=3) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert pixels_seen(image, width=3, height=3, stride=4) == [[0, 1, 2], [4, 5, 6], [8, 9, 10]]
    assert pixels_seen(image, width=2, height=2, stride=3) == [[0, 1], [3, 4]]


def test_a_flat_array_is_flat_bytes() -> None:
    assert pixels_seen(np.arange(6, dtype=np.uint8), width=3, height=2) == [[0, 1, 2], [3, 4, 5]]


def test_the_owner_is_held_while_borrowed_and_let_go_after() -> None:
    image = bytearray(12)
    buffer = ImageBuffer()
    before = sys.getrefcount(image)

    buffer.borrow(image, 4, 3, None)
    with pytest.raises(BufferError):
        image.append(0)
    buffer.release()

    image.append(0)
    assert sys.getrefcount(image) == before


def test_what_is_refused_is_let_go_too() -> None:
    image = bytearray(12)
    before = sys.getrefcount(image)
    buffer = ImageBuffer()

    with pytest.raises(ValueError, match="12 bytes"):
        buffer.borrow(image, 5, 3, None)
    buffer.release()

    image.append(0)
    assert sys.getrefcount(image) == before


def test_letting_go_of_nothing_is_nothing() -> None:
    buffer = ImageBuffer()
    buffer.release()
    with pytest.raises(TypeError):
        buffer.borrow(7, None, None, None)
    buffer.release()
    buffer.release()


@pytest.mark.parametrize(
    "image",
    [None, 7, "text", [[1, 2], [3, 4]], object(), np.zeros((2, 2), "M8[s]")],
    ids=lambda image: type(image).__name__,
)
def test_what_is_no_buffer_of_pixels_is_a_type_error(image: object) -> None:
    with pytest.raises(TypeError, match=type(image).__name__):
        pixels_seen(image)


@pytest.mark.parametrize("kind", ["f8", "f4", "u2", "i1", "?", "O", "u1,u1"])
def test_pixels_of_another_type_are_a_type_error(kind: str) -> None:
    with pytest.raises(TypeError, match="not uint8"):
        pixels_seen(np.zeros((4, 4), kind))


def test_colours_are_told_how_to_become_grey() -> None:
    with pytest.raises(ValueError, match=r"2 dimensions.*not 3; choose one channel"):
        pixels_seen(np.zeros((4, 4, 3), np.uint8))


@pytest.mark.parametrize("shape", [(), (2, 2, 2, 2)])
def test_other_dimensions_are_told(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"not {len(shape)}$"):
        pixels_seen(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0)])
def test_an_empty_image_is_told(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"{shape[1]} by {shape[0]} px holds nothing"):
        pixels_seen(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("shape", [(1, MAX_SIDE + 1), (MAX_SIDE + 1, 1)])
def test_a_side_too_long_is_told(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"too large: a side has at most {MAX_SIDE}"):
        pixels_seen(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="too large"):
        pixels_seen(bytes(MAX_SIDE + 1), width=shape[1], height=shape[0])


@pytest.mark.parametrize("shape", [(1, MAX_SIDE), (MAX_SIDE, 1)])
def test_the_longest_side_is_taken(shape: tuple[int, int]) -> None:
    assert len(pixels_seen(np.zeros(shape, np.uint8))) == shape[0]


def test_one_byte_for_all_columns_is_told() -> None:
    with pytest.raises(ValueError, match="copy"):
        pixels_seen(np.broadcast_to(plane(6, 1), (6, 8)))


@pytest.mark.parametrize(
    ("flat", "told"),
    [
        ({}, "need width and height"),
        ({"width": 4}, "need width and height"),
        ({"height": 3}, "need width and height"),
    ],
)
def test_flat_bytes_without_a_shape_are_a_type_error(flat: dict[str, int], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        pixels_seen(bytes(12), **flat)


@pytest.mark.parametrize(
    ("flat", "told"),
    [
        ({"width": 4, "height": 4}, "12 bytes are not 4 rows of 4 px, which take 16"),
        ({"width": 4, "height": 2}, "12 bytes are not 2 rows of 4 px, which take 8"),
        (
            {"width": 4, "height": 3, "stride": 5},
            "12 bytes are not 3 rows of 4 px every 5 bytes, which take 14",
        ),
        ({"width": 4, "height": 3, "stride": 3}, "a stride of 3 bytes is less than a row of 4"),
        ({"width": 4, "height": 3, "stride": -4}, "a stride of -4 bytes is less"),
        ({"width": 0, "height": 3}, "0 by 3 px holds nothing"),
        ({"width": 4, "height": -3}, "4 by -3 px holds nothing"),
    ],
)
def test_flat_bytes_of_another_shape_are_told(flat: dict[str, int], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        pixels_seen(bytes(12), **flat)


def test_flat_bytes_with_gaps_are_told() -> None:
    with pytest.raises(ValueError, match="must be contiguous; these are 2 apart"):
        pixels_seen(memoryview(bytes(24))[::2], width=4, height=3)


@pytest.mark.parametrize("extra", ["width", "height", "stride"])
def test_an_image_with_a_shape_takes_no_other(extra: str) -> None:
    with pytest.raises(TypeError, match="for flat bytes"):
        pixels_seen(plane(), **{extra: 8})
