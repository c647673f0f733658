"""Time as the service sees it: monotonic seconds for durations, wall milliseconds for records.

`SystemClock` is the only reader of the machine's clocks.  Tests bring their
own `Clock` (tests/support/virtual_time.py).
"""

from __future__ import annotations

import ctypes
import time
from typing import Final, Protocol

from edge.core.model import FIRST_RELEASE_MS

__all__ = ["RELEASE_FLOOR_MS", "Clock", "SystemClock"]

RELEASE_FLOOR_MS: Final = FIRST_RELEASE_MS
"""An earlier wall clock was never set."""

_TIMEX_BYTES: Final = 256
"""Room for `struct timex`: 208 bytes on 64-bit Linux, fewer on 32-bit."""

_TIME_ERROR: Final = 5
"""adjtimex(2): the clock is not synchronised to a reliable server."""


class Clock(Protocol):
    """What the shell may ask about time."""

    def monotonic(self) -> float:
        """Seconds of a clock that never jumps; it begins anew with the machine, so differences count."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC; may jump; for records only."""
        ...

    def state(self) -> str:
        """How far `wall_ms` can be trusted.

        `synced`: the kernel follows a time server.  `holdover`: it does not,
        but the time is plausible (a battery-backed clock, or a server seen
        earlier).  `unset`: the time is known to be wrong.
        """
        ...


class SystemClock:
    """The machine's clocks.  Callable from any thread.

    `floor_ms` is a time that is certainly past (the last recorded fact, for
    one); a wall clock before it was never set.
    """

    def __init__(self, floor_ms: int = RELEASE_FLOOR_MS) -> None:
        self._floor_ms = floor_ms
        self._libc = ctypes.CDLL(None)

    def monotonic(self) -> float:
        """See `Clock.monotonic`; on Linux since the machine came up, and `asyncio`'s `loop.time()`."""
        return time.monotonic()

    def wall_ms(self) -> int:
        """See `Clock.wall_ms`."""
        return time.time_ns() // 1_000_000

    def state(self) -> str:
        """See `Clock.state`."""
        if self.wall_ms() < self._floor_ms:
            return "unset"
        return "synced" if self._kernel_is_synced() else "holdover"

    def _kernel_is_synced(self) -> bool:
        adjtimex = getattr(self._libc, "adjtimex", None)
        if adjtimex is None:
            return False
        # All zero means modes = 0: read only, allowed without privilege.
        status: int = adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        return 0 <= status < _TIME_ERROR
