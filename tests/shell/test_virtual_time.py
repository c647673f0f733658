"""The virtual loop itself: others build their time tests on it."""

import asyncio
import time

import pytest

from tests.support.virtual_time import Deadlock, VirtualClock, run_virtual


def test_hours_pass_at_once_and_in_order() -> None:
    seen: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append((name, asyncio.get_running_loop().time()))

    async def main() -> None:
        await asyncio.gather(sleeper("late", 7200), sleeper("early", 3600))

    began = time.monotonic()
    run_virtual(main)

    assert [name for name, _ in seen] == ["early", "late"]
    assert seen[1][1] == pytest.approx(7200, abs=0.01)
    assert time.monotonic() - began < 5


def test_wall_time_follows() -> None:
    async def main() -> int:
        clock = VirtualClock(wall_start_ms=1_000)
        await asyncio.sleep(90)
        return clock.wall_ms()

    assert run_virtual(main) == pytest.approx(91_000, abs=5)


def test_waiting_for_nobody_is_an_error_not_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.virtual_time.STUCK_AFTER_S", 0.05)

    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        run_virtual(main)
