"""`native.barcode.element_widths` against a plain model, and its contract at the edges."""

from __future__ import annotations

import subprocess
import threading
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native import _barcode, barcode

UINT16_MAX = 65_535

rows = st.one_of(
    st.binary(max_size=300),
    st.lists(st.tuples(st.sampled_from([0, 90, 128, 255]), st.integers(1, 40)), max_size=60).map(
        lambda runs: b"".join(bytes([grey]) * width for grey, width in runs)
    ),
)


def model(row: bytes, threshold: int) -> list[int]:
    """The definition in five lines: group by colour, put an empty space before a dark beginning."""
    runs = [(dark, len(list(run))) for dark, run in groupby(row, key=lambda grey: grey < threshold)]
    if runs and runs[0][0]:
        runs.insert(0, (False, 0))
    return [min(width, UINT16_MAX) for _, width in runs]


@given(row=rows, threshold=st.integers(0, 255))
def test_equals_the_model(row: bytes, threshold: int) -> None:
    assert barcode.element_widths(row, threshold) == model(row, threshold)


@given(row=rows, threshold=st.integers(0, 255))
def test_widths_make_up_the_row(row: bytes, threshold: int) -> None:
    widths = barcode.element_widths(row, threshold)

    assert sum(widths) == len(row)
    assert all(width > 0 for width in widths[1:])


@pytest.mark.parametrize("length", [UINT16_MAX - 1, UINT16_MAX, UINT16_MAX + 1, 3 * UINT16_MAX])
def test_a_long_run_saturates(length: int) -> None:
    assert barcode.element_widths(b"\xff" * length + b"\0", 128) == [min(length, UINT16_MAX), 1]


def test_an_empty_row_has_no_elements() -> None:
    assert barcode.element_widths(b"", 128) == []


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_takes_any_contiguous_bytes(kind: type) -> None:
    assert barcode.element_widths(kind(b"\xff\0\0"), 128) == [1, 2]


def test_a_row_with_gaps_is_refused() -> None:
    with pytest.raises((BufferError, ValueError)):
        barcode.element_widths(memoryview(bytes(10))[::2], 128)


@pytest.mark.parametrize("threshold", [-1, 256])
def test_a_threshold_that_is_no_grey_level_is_refused(threshold: int) -> None:
    with pytest.raises(ValueError, match=str(threshold)):
        barcode.element_widths(b"\0", threshold)


def test_input_is_not_written() -> None:
    row = bytearray(b"\x10\xf0" * 50)
    before = bytes(row)

    barcode.element_widths(row, 128)

    assert row == before


def test_many_threads_at_once_agree() -> None:
    row = bytes(range(256)) * 400
    expected = model(row, 100)
    answers: list[list[int]] = []

    threads = [
        threading.Thread(target=lambda: answers.append(barcode.element_widths(row, 100))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [expected] * 8


def test_an_error_carries_the_name_of_its_status() -> None:
    error = barcode.BarcodeError(7)

    assert (error.status, str(error)) == ("OUTPUT_FULL", "OUTPUT_FULL")


def test_the_version_is_three_numbers() -> None:
    assert [int(part) >= 0 for part in barcode.version().split(".")] == [True] * 3


def test_the_extension_shows_one_symbol_and_keeps_the_stable_abi() -> None:
    assert _barcode.__file__ is not None
    done = subprocess.run(
        ["nm", "-D", "--defined-only", _barcode.__file__], capture_output=True, text=True, check=True
    )

    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["PyInit__barcode"]
    assert _barcode.__file__.endswith(".abi3.so")
