"""The link beside a bare client and a bare sync in one run (see benches/link.py); the ratios are gated."""

from __future__ import annotations

import asyncio
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

from benches.link import BOUNDS, Sizes, bounded_ratio, measure

SMALL = Sizes(rounds=60, unlocks=5, backlog=1_000)

ATTEMPTS = 3
"""A neighbour on the machine can slow one attempt, and never makes a slow link fast: the best counts."""


def test_the_link_is_not_much_slower_than_a_bare_client(benchmark: BenchmarkFixture) -> None:
    best: dict[str, float] = {}
    attempts = 0
    sizes = SMALL if benchmark.disabled else Sizes()

    def attempt() -> None:
        nonlocal attempts
        told: dict[str, Any] = asyncio.run(measure(sizes))
        for name in BOUNDS:
            best[name] = min(best.get(name, float("inf")), bounded_ratio(told[name]))
        attempts += 1
        benchmark.extra_info.update(told)

    benchmark.pedantic(attempt, rounds=1)  # type: ignore[no-untyped-call]  # untyped in pytest-benchmark
    while attempts < ATTEMPTS and any(best[name] > bound for name, bound in BOUNDS.items()):
        attempt()
    assert all(best[name] <= bound for name, bound in BOUNDS.items()), best
