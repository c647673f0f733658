"""A line without a kernel in it: the host's link and the simulated line's port are one object.

Bytes pass in the same turn of the loop, so lines with their wire times run on virtual time
(`tests/support/virtual_time.py`), which waits for no pty and no socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hal.transport.byte_stream import LinkLost, SendFailed
from hal.transport.trace import RingTrace

__all__ = ["MemoryLine"]


class MemoryLine:
    """A `hal.transport.line_owner.LinePort`; `attach` gives the `simulators.rs485_line.HostPort` to it."""

    def __init__(self, baud: int) -> None:
        self.port = "memory"
        self.baud = baud
        self.trace = RingTrace()
        self.tap: Callable[[bytes], None] | None = None
        self.far: _FarEnd | None = None
        self._received = bytearray()
        self._changed = asyncio.Event()

    def attach(self, from_host: Callable[[bytes], None]) -> _FarEnd:
        """The simulated line's end: `from_host` gets what the host writes."""
        self.far = _FarEnd(self, from_host)
        return self.far

    @property
    def online(self) -> bool:
        return self.far is not None and self.far.plugged

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def read(self, deadline: float | None) -> bytes:
        async with asyncio.timeout_at(deadline):
            while not self._received:
                if not self.online:
                    raise LinkLost("unplugged")
                self._changed.clear()
                await self._changed.wait()
        data = bytes(self._received)
        self._received.clear()
        return data

    async def write(self, data: bytes, deadline: float) -> None:
        if self.far is None or not self.far.plugged:
            raise SendFailed(0, "unplugged")
        self.trace.add(">", data)
        self.far.from_host(data)

    def discard_input(self) -> None:
        self._received.clear()

    def withdraw_unsent(self) -> None:
        """Whatever was written is on the wire already."""

    def receive(self, data: bytes) -> None:
        """Bytes from the line."""
        self.trace.add("<", data)
        self._received += data
        self._changed.set()
        if self.tap is not None:
            self.tap(data)


class _FarEnd:
    def __init__(self, near: MemoryLine, from_host: Callable[[bytes], None]) -> None:
        self.path = "memory"
        self.plugged = False
        self.host_baud: int | None = None
        self.from_host = from_host
        self._near = near

    def plug(self) -> None:
        self.plugged = True

    def unplug(self) -> None:
        self.plugged = False

    def write(self, data: bytes) -> None:
        if self.plugged:
            self._near.receive(data)
