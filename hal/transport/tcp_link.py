"""Short TCP connections, as printers want them: most serve one client at a time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hal.transport.byte_stream import LinkLost, SendFailed
from hal.transport.trace import RingTrace

__all__ = ["CONNECT_TIMEOUT_S", "TcpConnection", "TcpLink"]

CONNECT_TIMEOUT_S = 3.0
"""A printer on the same network answers in milliseconds or not at all."""
READ_BYTES = 4096
WRITE_BUFFER_BYTES = 0
"""Held in this process when a write returns: progress tells what the kernel took, closing drops nothing."""


class TcpConnection:
    """A `ByteStream` over one TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trace: RingTrace) -> None:
        self._reader = reader
        self._writer = writer
        self._trace = trace

    async def read(self, deadline: float | None) -> bytes:
        """At least one byte.  Raises TimeoutError at `deadline`, LinkLost when the other side closed."""
        try:
            async with asyncio.timeout_at(deadline):
                data = await self._reader.read(READ_BYTES)
        except ConnectionError as exc:
            raise LinkLost(str(exc)) from exc
        if not data:
            raise LinkLost("closed by the other side")
        self._trace.add("<", data)
        return data

    async def write(self, data: bytes, deadline: float) -> None:
        """Send all of `data`; SendFailed counts all of it as sent, since the kernel may have taken any
        part."""
        self._trace.add(">", data)
        try:
            self._writer.write(data)
            async with asyncio.timeout_at(deadline):
                await self._writer.drain()
        except (TimeoutError, ConnectionError) as exc:
            raise SendFailed(len(data), f"TCP: {exc or 'takes no more bytes'}") from exc


class TcpLink:
    """An address to connect to, once per use."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.trace = RingTrace()

    @property
    def bytes_per_s(self) -> float | None:
        """None: nothing states it."""
        return None

    async def start(self) -> None:
        """Nothing to do: connections are made when used."""

    async def close(self) -> None:
        """Nothing to do."""

    @asynccontextmanager
    async def connect(self, deadline: float) -> AsyncIterator[TcpConnection]:
        """A connection with TCP_NODELAY, closed on leaving.  Raises LinkLost when it cannot be made in
        time."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(deadline, loop.time() + CONNECT_TIMEOUT_S)):
                reader, writer = await asyncio.open_connection(self.host, self.port)
        except (OSError, TimeoutError) as exc:
            raise LinkLost(f"{self.host}:{self.port} cannot be reached") from exc
        try:
            peer: socket.socket = writer.get_extra_info("socket")
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            writer.transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
            yield TcpConnection(reader, writer, self.trace)
        finally:
            await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    """Send what is buffered if it goes at once, else drop it: nothing may leave after its result was told."""
    if writer.transport.get_write_buffer_size():
        writer.transport.abort()
        return
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1.0):
            await writer.wait_closed()
