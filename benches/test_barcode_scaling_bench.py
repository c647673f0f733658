"""The cost of an image grows with its pixels and no faster, from a VGA camera to a telephone's."""

from __future__ import annotations

import time
from itertools import combinations
from typing import TYPE_CHECKING, Final

import pytest

from benches.scenes import sorted_parcels, tiled
from native import barcode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_benchmark.fixture import BenchmarkFixture

    from benches.scenes import Grey

SIZES: Final = ((640, 480), (1280, 960), (1920, 1440), (3264, 2448))
"""0.3, 1.2, 2.8 and 8 megapixels."""

ROUNDS: Final = 9
"""The fastest counts: everything else on the machine only adds.  Sizes take turns, so that they share it."""

MAX_GROWTH: Final = 4.0
"""Of the cost of a pixel, from any size to a larger one.  It is about 1; a busy machine makes it 3, because a
large image shares the caches with more.  A cost that grew with the pixels squared would make it 27."""


def fastest_s(images: Sequence[Grey]) -> list[float]:
    """Of each image, in this thread's own time, which what else runs does not count into."""
    times: list[list[float]] = [[] for _ in images]
    for _ in range(ROUNDS):
        for image, taken in zip(images, times, strict=True):
            begun = time.thread_time()
            barcode.read(image)
            taken.append(time.thread_time() - begun)
    return [min(taken) for taken in times]


@pytest.mark.benchmark(group="8 megapixels")
@pytest.mark.parametrize(("scene", "symbols"), [(tiled, 0), (sorted_parcels, 25)])
def test_cost_grows_with_the_pixels(
    benchmark: BenchmarkFixture,
    capsys: pytest.CaptureFixture[str],
    scene: Callable[[int, int], Grey],
    symbols: int,
) -> None:
    images = [scene(*size) for size in SIZES]
    costs = [seconds / image.size * 1e9 for seconds, image in zip(fastest_s(images), images, strict=True)]

    found = benchmark(barcode.read, images[-1])

    assert len(found) == symbols
    words = ", ".join(f"{w * h / 1e6:.1f} MP {cost:.2f}" for (w, h), cost in zip(SIZES, costs, strict=True))
    benchmark.extra_info["ns_per_pixel"] = words
    if benchmark.enabled:
        with capsys.disabled():
            print(f"\nns a pixel with {symbols} symbols at the end: {words}")
    growth = max(larger / smaller for smaller, larger in combinations(costs, 2))
    assert growth < MAX_GROWTH, words
