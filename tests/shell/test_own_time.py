"""The loop whose time stands still with the process: others build their tests of real lines on it."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from tests.support.own_time import OwnTimeLoop

T = TypeVar("T")

PAUSE_S = 0.3


def run(main: Callable[[], Awaitable[T]]) -> T:
    async def body() -> T:
        return await main()

    with asyncio.Runner(loop_factory=OwnTimeLoop) as runner:
        return runner.run(body())


def stand_still() -> None:
    """As when the machine has no time for this process: it neither works nor waits for its selector."""
    threading.Event().wait(PAUSE_S)


def test_a_pause_makes_nothing_late() -> None:
    """The answer takes two steps more when its deadline is over by every other clock."""

    async def answer() -> str:
        await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)
        return "here"

    async def main() -> str:
        asyncio.get_running_loop().call_later(0.01, stand_still)
        return await asyncio.wait_for(answer(), 0.2)

    began_s = time.monotonic()

    assert run(main) == "here"
    assert time.monotonic() - began_s >= PAUSE_S


def test_waiting_takes_its_time() -> None:
    async def main() -> float:
        began_s = asyncio.get_running_loop().time()
        await asyncio.sleep(0.1)
        return asyncio.get_running_loop().time() - began_s

    began_s = time.monotonic()

    assert run(main) == pytest.approx(0.1, abs=0.05)
    assert time.monotonic() - began_s >= 0.1


def work(seconds: float) -> None:
    until_s = time.thread_time() + seconds
    while time.thread_time() < until_s:
        pass


def test_work_takes_its_time() -> None:
    async def main() -> float:
        began_s = asyncio.get_running_loop().time()
        for _ in range(10):
            work(0.005)
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time() - began_s

    assert 0.05 <= run(main) < 0.1


def test_a_turn_that_takes_long_makes_nothing_late() -> None:
    """As a collection of garbage does, in the thread's own time."""

    async def main() -> str:
        asyncio.get_running_loop().call_later(0.01, work, PAUSE_S)
        return await asyncio.wait_for(asyncio.sleep(0.1, "here"), 0.2)

    assert run(main) == "here"


def test_what_never_comes_is_late() -> None:
    async def main() -> None:
        await asyncio.wait_for(asyncio.get_running_loop().create_future(), 0.05)

    with pytest.raises(TimeoutError):
        run(main)


async def test_asynchronous_tests_run_on_it() -> None:
    assert isinstance(asyncio.get_running_loop(), OwnTimeLoop)
