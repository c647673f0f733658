"""A camera's row to element widths, side by side with numpy and with plain Python."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import pytest

from native import barcode

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

THRESHOLD = 128
ROW = bytes([255] * 40 + ([0] * 3 + [255] * 5 + [0] * 2 + [255] * 2) * 102 + [255] * 16)
"""1,280 pixels, bars 2 and 3 pixels wide: one row of a wide-angle frame full of symbol."""


def by_numpy(row: bytes, threshold: int) -> list[int]:
    dark = np.frombuffer(row, dtype=np.uint8) < threshold
    edges = np.flatnonzero(dark[1:] != dark[:-1]) + 1
    widths: list[int] = np.diff(np.concatenate(([0], edges, [dark.size]))).tolist()
    return [0, *widths] if dark[0] else widths


def by_python(row: bytes, threshold: int) -> list[int]:
    widths = [len(list(run)) for _, run in groupby(row, key=lambda grey: grey < threshold)]
    return [0, *widths] if row[0] < threshold else widths


@pytest.mark.benchmark(group="element widths of a row of 1280 pixels")
@pytest.mark.parametrize("widths_of", [barcode.element_widths, by_numpy, by_python])
def test_element_widths(benchmark: BenchmarkFixture, widths_of: Callable[[bytes, int], list[int]]) -> None:
    widths = benchmark(widths_of, ROW, THRESHOLD)

    assert widths == [40, *[3, 5, 2, 2] * 101, 3, 5, 2, 18]
