"""What a lock's feedback contact means, and whose turn it is to draw current.  Shared by all lock boards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hal.errors import DeviceOffline
from hal.interfaces import LockFeedback

__all__ = ["PULSE_MARGIN_S", "Polarity", "SolenoidTurn"]

PULSE_MARGIN_S = 0.1
"""Between the end of one pulse and the start of the next: relays open late, supplies recover."""


class Polarity:
    """How the cabinet maker wired the contact: `closed_means` is `locked` or `unlocked` (else ValueError)."""

    def __init__(self, closed_means: str) -> None:
        meanings = {"locked": LockFeedback.LOCKED, "unlocked": LockFeedback.UNLOCKED}
        if closed_means not in meanings:
            raise ValueError(f"{closed_means!r} is neither 'locked' nor 'unlocked'")
        self._closed = meanings[closed_means]
        self._open = meanings["unlocked" if closed_means == "locked" else "locked"]

    def feedback(self, contact_closed: bool | None) -> LockFeedback:
        """The meaning of one contact; UNKNOWN for None, one that the board could not read."""
        if contact_closed is None:
            return LockFeedback.UNKNOWN
        return self._closed if contact_closed else self._open


class SolenoidTurn:
    """Never two solenoids at once: one object for all boards on one supply.

    A pulse is timed by its board, so the turn is held for the pulse's length after it was sent, whatever the
    reply.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._free_at = 0.0

    @asynccontextmanager
    async def take(self, pulse_s: float, deadline: float) -> AsyncIterator[None]:
        """Hold the turn while one pulse is sent.  Raises TimeoutError when it does not come before
        `deadline`."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout_at(deadline):
            await self._lock.acquire()
            try:
                await asyncio.sleep(max(0.0, self._free_at - loop.time()))
            except BaseException:
                self._lock.release()
                raise
        held_s = pulse_s + PULSE_MARGIN_S
        try:
            yield
        except DeviceOffline:
            held_s = 0.0  # nothing was sent
            raise
        finally:
            self._free_at = loop.time() + held_s
            self._lock.release()
