"""An asyncio event loop whose time jumps to the next timer when nothing else is to do.

Hours of time-outs pass in milliseconds, and a test reads as if it waited.
`loop.time()`, `asyncio.sleep`, `wait_for` and `call_later` all follow.
Threads and sockets still work: real readiness is looked at before time jumps,
but time does not wait for them, so keep them out of virtual-time tests.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

__all__ = ["Deadlock", "VirtualClock", "VirtualTimeLoop", "run_virtual"]

_T = TypeVar("_T")

STUCK_AFTER_S = 5.0
"""Real seconds without a timer, a ready socket or a thread's call: everybody waits for somebody else."""


class Deadlock(RuntimeError):
    """Every task waits and no timer is armed: the test would hang."""


class _JumpingSelector(selectors.DefaultSelector):
    """Never sleeps while a timer is armed: it moves `now_s` forward instead."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            ready = super().select(STUCK_AFTER_S)
            if not ready:
                raise Deadlock("all tasks wait and no timer is armed")
            return ready
        self.now_s += max(timeout, 0.0)
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """See the module.  Time starts at 0."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._jumping.now_s


class VirtualClock:
    """An `edge.shell.clock.Clock` on the running loop's time; make it inside the test's coroutine.

    `wall_start_ms` is the wall time at loop time 0; `clock_state` may be set at any moment.
    """

    def __init__(self, wall_start_ms: int = 1_780_000_000_000) -> None:
        self._loop = asyncio.get_running_loop()
        self.wall_start_ms = wall_start_ms
        self.clock_state = "synced"

    def monotonic(self) -> float:
        """Virtual seconds."""
        return self._loop.time()

    def wall_ms(self) -> int:
        """Virtual wall time in milliseconds since 1970."""
        return self.wall_start_ms + round(self._loop.time() * 1000)

    def state(self) -> str:
        """As set; `synced` at first."""
        return self.clock_state


def run_virtual(main: Callable[[], Awaitable[_T]]) -> _T:
    """Run `await main()` to its end on a fresh virtual-time loop and return its result."""

    async def body() -> _T:
        return await main()

    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(body())


def _new_loop() -> Any:
    return VirtualTimeLoop()
