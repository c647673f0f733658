"""Turns on a half-duplex line: one transaction at a time, silence between two, nothing while a late reply may
come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hal.errors import DeviceOffline
from hal.transport.late_replies import LateReplies, ReplyKey

__all__ = ["LineTurn", "frame_time_s", "silence_s"]

BITS_A_CHARACTER = 11
SILENT_CHARACTERS = 3.5
MIN_SILENCE_S = 0.005
"""Above 19200 baud the rule gives less than an operating system can keep."""
MIN_TIME_LEFT_S = 0.02
"""With less left before the deadline no reply could be seen, so nothing is sent."""


def frame_time_s(characters: float, baud: int) -> float:
    """Seconds that `characters` take on the wire, at most (start, 8 data, parity or second stop, stop)."""
    return characters * BITS_A_CHARACTER / baud


def silence_s(baud: int) -> float:
    """Seconds of silence between two frames: 3.5 characters (Modbus over Serial Line V1.02, 2.5.1.1)."""
    return max(frame_time_s(SILENT_CHARACTERS, baud), MIN_SILENCE_S)


class LineTurn:
    """Who may speak now.  Waiting tasks are served in order."""

    def __init__(self) -> None:
        self.late = LateReplies()
        self._lock = asyncio.Lock()
        self._quiet_until = 0.0

    def keep_silent(self, seconds: float) -> None:
        """The next transaction starts no sooner than `seconds` from now."""
        self._quiet_until = asyncio.get_running_loop().time() + seconds

    @asynccontextmanager
    async def take(self, device: str, key: ReplyKey | None, deadline: float) -> AsyncIterator[None]:
        """Hold the line for one transaction.  Raises DeviceOffline when it is not free in time.

        `key` is the shape of the awaited reply; None when none is awaited.
        """
        try:
            async with asyncio.timeout_at(deadline - MIN_TIME_LEFT_S):
                await self._acquire(key, deadline)
        except TimeoutError as exc:
            raise DeviceOffline(device, "the line was busy past the deadline") from exc
        try:
            yield
        finally:
            self._lock.release()

    async def _acquire(self, key: ReplyKey | None, deadline: float) -> None:
        """Return holding the lock, with silence kept and no late reply to fear; holds nothing when it
        raises."""
        loop = asyncio.get_running_loop()
        while True:
            if key is not None:
                await self.late.pass_by(key, deadline)
            await self._lock.acquire()
            # While this task queued, another's request of the same shape may have met silence: wait for its
            # late reply without the line, so that other boards are served.
            if key is not None and self.late.may_come(key, loop.time()):
                self._lock.release()
                continue
            try:
                await asyncio.sleep(max(0.0, self._quiet_until - loop.time()))
            except BaseException:
                self._lock.release()
                raise
            return
