"""A serial port without a kernel between its two ends: virtual time waits for no kernel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from hal.transport.trace import RingTrace
from simulators.rs485_line import HostPort, Rs485Line

__all__ = ["HostEnd", "LineEnd", "MemoryLine"]


class HostEnd:
    """The end a `LineOwner` holds; what it writes goes to `hear_host` at once."""

    port = "memory"
    online = True

    def __init__(self, baud: int, hear_host: Callable[[bytes], None]) -> None:
        self.baud = baud
        self.trace = RingTrace()
        self.tap: Callable[[bytes], None] | None = None
        self._hear_host = hear_host
        self._received = bytearray()
        self._changed = asyncio.Event()

    def take(self, data: bytes) -> None:
        """Bytes from the line."""
        self._received += data
        self._changed.set()
        if self.tap is not None:
            self.tap(data)

    async def start(self) -> None:
        """It is there."""

    async def close(self) -> None:
        """It stays."""

    async def read(self, deadline: float | None) -> bytes:
        """What came; TimeoutError at `deadline`."""
        async with asyncio.timeout_at(deadline):
            while not self._received:
                self._changed.clear()
                await self._changed.wait()
        data = bytes(self._received)
        self._received.clear()
        return data

    async def write(self, data: bytes, deadline: float) -> None:
        """All of it, now."""
        self._hear_host(data)

    def discard_input(self) -> None:
        """Forget what came."""
        self._received.clear()

    def withdraw_unsent(self) -> None:
        """Nothing waits here."""


class LineEnd:
    """The end a simulated line holds."""

    path = "memory"
    host_baud: int | None = None
    plugged = True

    def __init__(self, host: HostEnd) -> None:
        self._host = host

    def plug(self) -> None:
        """It is plugged."""

    def unplug(self) -> None:
        """It stays plugged."""

    def write(self, data: bytes) -> None:
        """To the host."""
        self._host.take(data)


class MemoryLine(Rs485Line):
    """A simulated line whose host is in this process: `host` is a `LineOwner`'s link to it."""

    host: HostEnd

    def make_port(self, path: str | Path) -> HostPort:
        """No port of the machine."""
        self.host = HostEnd(self.baud, self.hear_host)
        return LineEnd(self.host)
