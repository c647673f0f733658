"""Back-off, token bucket, system clock, blocking worker."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from edge.shell.backoff import Backoff
from edge.shell.blocking import ThreadBlocking
from edge.shell.clock import RELEASE_FLOOR_MS, SystemClock
from edge.shell.refusals import TokenBucket
from tests.support.virtual_time import VirtualClock, run_virtual


def test_back_off_doubles_to_its_limit_and_begins_again_after_a_reset() -> None:
    backoff = Backoff(1, 120, lambda: 0.999999)

    waits = [round(backoff.next_s()) for _ in range(10)]

    assert waits == [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]
    backoff.reset()
    assert round(backoff.next_s()) == 1
    backoff.slow()
    assert round(backoff.next_s()) == 120


def test_back_off_has_full_jitter() -> None:
    assert Backoff(1, 120, lambda: 0.0).next_s() == 0
    assert Backoff(4, 120, lambda: 0.5).next_s() == 2


@pytest.mark.parametrize(("low", "high"), [(0, 1), (2, 1), (-1, 5)])
def test_back_off_refuses_limits_that_make_no_sense(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="makes no sense"):
        Backoff(low, high, lambda: 0.5)


def test_the_bucket_lets_the_burst_and_then_the_rate_through() -> None:
    async def main() -> None:
        bucket = TokenBucket(VirtualClock(), per_s=1, burst=10)
        assert [bucket.take() for _ in range(12)] == [True] * 10 + [False] * 2
        await asyncio.sleep(3.1)
        assert [bucket.take() for _ in range(4)] == [True] * 3 + [False]
        await asyncio.sleep(3600)
        assert sum(bucket.take() for _ in range(100)) == 10

    run_virtual(main)


def test_a_clock_before_the_floor_was_never_set() -> None:
    assert SystemClock(floor_ms=2**50).state() == "unset"
    assert SystemClock().state() in ("synced", "holdover")
    assert SystemClock().wall_ms() > RELEASE_FLOOR_MS


async def test_blocking_work_runs_on_one_other_thread_in_order() -> None:
    blocking = ThreadBlocking("test")
    seen: list[tuple[int, int]] = []

    def note(number: int) -> None:
        seen.append((number, threading.get_ident()))

    await asyncio.gather(*[blocking.run(partial(note, n)) for n in range(50)])

    assert [n for n, _ in seen] == list(range(50))
    assert {thread for _, thread in seen} != {threading.get_ident()}
    assert len({thread for _, thread in seen}) == 1
    blocking.close()
