"""An asyncio event loop whose time passes only while the process runs or has nothing to do.

A busy machine keeps a process from running for tens or hundreds of milliseconds.  By the usual clock a reply
that is there already is then too late: driver and simulated device share one loop and stood still together.
Here such a pause takes a few milliseconds at most, as if it had not been; what waits longer than its
deadline in this time waits for something that does not come.  Collecting garbage is a pause of the same
kind: a process that has run some thousand tests needs as long for it as devices have patience, and it counts
as the thread's work, so a turn of the loop is bounded too.  `loop.time()`, `asyncio.sleep`, `wait_for`,
`asyncio.timeout` and `call_later` follow; `time.monotonic()` and other processes do not.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
import time

__all__ = ["OwnTimeLoop"]

SLICE_S = 0.005
"""Of waiting for the selector: a longer one was a pause of the process, and counts as this."""


TURN_S = 0.02
"""Of work between two looks at the selector: callbacks here take a millisecond; more was a pause."""


class _SlicingSelector(selectors.DefaultSelector):
    """Waits in slices and adds up what they, and the work between them, should have taken.

    For one thread, the one that makes it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._work_clock = time.pthread_getcpuclockid(threading.get_ident())
        self._turn_began_s = time.clock_gettime(self._work_clock)
        self._passed_s = 0.0

    def passed_s(self) -> float:
        """Seconds since it was made."""
        return self._passed_s + min(time.clock_gettime(self._work_clock) - self._turn_began_s, TURN_S)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._passed_s = self.passed_s()
        try:
            return self._wait(timeout)
        finally:
            self._turn_began_s = time.clock_gettime(self._work_clock)

    def _wait(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:  # no timer is armed: nobody can be late
            return super().select(None)
        ready = super().select(0)
        while not ready and timeout > 0:
            slice_s = min(timeout, SLICE_S)
            began_s = time.monotonic()
            ready = super().select(slice_s)
            took_s = min(time.monotonic() - began_s, slice_s)
            self._passed_s += took_s
            timeout -= took_s
        return ready


class OwnTimeLoop(asyncio.SelectorEventLoop):
    """See the module.  To be made in the thread that runs it; time starts at `time.monotonic()`."""

    def __init__(self) -> None:
        self._slicing = _SlicingSelector()
        self._began_s = time.monotonic()
        super().__init__(self._slicing)

    def time(self) -> float:
        """Seconds of waiting and of this thread's work."""
        return self._began_s + self._slicing.passed_s()
