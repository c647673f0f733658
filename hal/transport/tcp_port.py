"""A serial-to-TCP box as a port: one connection kept open for ever, with the verbs of a serial port.

What the network has not taken in time must not arrive later: a pulse that waited in this machine's buffers
for a cable to come back would open a door with nobody there.  So whatever was not acknowledged when its
transaction ended is thrown away together with the connection, and the kernel itself gives up early.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import socket
import struct
import termios
from collections.abc import Callable
from urllib.parse import urlsplit

from hal.transport.backoff import Backoff
from hal.transport.byte_stream import LinkLost, SendFailed
from hal.transport.tcp_link import CONNECT_TIMEOUT_S
from hal.transport.trace import RingTrace

__all__ = ["TcpPort", "tcp_address"]

log = logging.getLogger(__name__)

FIRST_CONNECT_S = 1.0
"""`start` waits so long for the first connection, so that a box that is there is online after it."""
UNACKNOWLEDGED_MS = 2000
"""After so long without the box's acknowledgement the kernel ends the connection: no reply would count."""
MAX_WAITING_BYTES = 65_536
"""Received and not yet read; past this the connection is babble and its oldest bytes are dropped."""
READ_BYTES = 4096
LINGER_NONE = struct.pack("ii", 1, 0)
"""Closing throws away what is unsent."""


def tcp_address(port: str) -> tuple[str, int] | None:
    """Host and port of `tcp://host:port`; None for a port of this machine.  ValueError for a broken URL."""
    if "://" not in port:
        return None
    address = urlsplit(port)
    if address.scheme != "tcp" or not address.hostname or not address.port or address.path or address.query:
        raise ValueError(f"{port!r} is no tcp://host:port")
    return address.hostname, address.port


class TcpPort:
    """The verbs of `SerialLink` over TCP.  `baud` is the line's behind the box, for its timing.

    `tap`, when set, is called with everything received, when it comes.
    """

    def __init__(self, host: str, port: int, baud: int) -> None:
        self.port = f"tcp://{host}:{port}"
        self.baud = baud
        self.trace = RingTrace()
        self.tap: Callable[[bytes], None] | None = None
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._received = bytearray()
        self._changed = asyncio.Event()
        self._lost = asyncio.Event()
        self._tried = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._told_lost = False

    @property
    def online(self) -> bool:
        """True while connected."""
        return self._socket is not None

    async def start(self) -> None:
        """Keep the connection open from here on; waits for the first attempt, at most a second."""
        if self._keeper is not None:
            return
        self._keeper = asyncio.create_task(self._keep_open(), name=f"tcp {self.port}")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_CONNECT_S):
                await self._tried.wait()

    async def close(self) -> None:
        """End the connection and stop trying."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        self._shut()

    async def read(self, deadline: float | None) -> bytes:
        """At least one byte.  Raises TimeoutError at `deadline`, LinkLost when the connection is gone."""
        async with asyncio.timeout_at(deadline):
            while not self._received:
                if self._socket is None:
                    raise LinkLost(f"{self.port} is not connected")
                self._changed.clear()
                await self._changed.wait()
        data = bytes(self._received)
        self._received.clear()
        return data

    async def write(self, data: bytes, deadline: float) -> None:
        """Hand all of `data` to the kernel.  Raises SendFailed; frames are short, so it takes them whole."""
        if self._socket is None:
            raise SendFailed(0, f"{self.port} is not connected")
        sent = 0
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            pass
        except OSError as exc:
            self._drop(str(exc))
            raise SendFailed(0, f"{self.port}: {exc}") from exc
        finally:
            self.trace.add(">", data[:sent])
        if sent < len(data):
            self._drop("takes no more bytes")
            raise SendFailed(sent, f"{self.port} takes no more bytes")

    def discard_input(self) -> None:
        """Throw away everything received so far, here and in the kernel."""
        self._received.clear()
        for _ in range(MAX_WAITING_BYTES // READ_BYTES):
            if not self._take():
                return
            self._received.clear()

    def withdraw_unsent(self) -> None:
        """Nothing sent before may arrive from now on: what the box has not acknowledged dies with the
        connection."""
        if self._socket is None:
            return
        waiting = fcntl.ioctl(self._socket.fileno(), termios.TIOCOUTQ, b"\0" * 4)
        if int.from_bytes(waiting, "little"):
            self._drop("has not taken the last request")

    def _take(self) -> bool:
        """Receive what the kernel has; False when there was nothing."""
        if self._socket is None:
            return False
        try:
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return False
        except OSError as exc:
            self._drop(str(exc))
            return False
        if not data:
            self._drop("closed by the other side")
            return False
        self.trace.add("<", data)
        self._received += data
        del self._received[:-MAX_WAITING_BYTES]
        self._changed.set()
        if self.tap is not None:
            self.tap(data)
        return True

    async def _keep_open(self) -> None:
        backoff = Backoff()
        while True:
            await self._connect()
            self._tried.set()
            if self._socket is not None:
                backoff.reset()
                await self._lost.wait()
            await asyncio.sleep(backoff.next_wait_s())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                found = await loop.getaddrinfo(*self._address, type=socket.SOCK_STREAM)
                family, kind, protocol, _, address = found[0]
                peer = socket.socket(family, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, protocol)
                try:
                    await loop.sock_connect(peer, address)
                except BaseException:
                    peer.close()
                    raise
        except (OSError, TimeoutError) as exc:
            self._tell_lost(f"cannot be reached: {exc or 'no answer'}")
            return
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
        self._received.clear()
        self._lost.clear()
        self._socket = peer
        loop.add_reader(peer, self._take)
        if self._told_lost:
            self._told_lost = False
            log.info("%s is back", self.port)

    def _drop(self, reason: str) -> None:
        self._shut()
        self._tell_lost(f"was lost: {reason}")

    def _shut(self) -> None:
        peer, self._socket = self._socket, None
        if peer is None:
            return
        asyncio.get_running_loop().remove_reader(peer)
        with contextlib.suppress(OSError):
            peer.close()
        self._lost.set()
        self._changed.set()

    def _tell_lost(self, what: str) -> None:
        if not self._told_lost:
            self._told_lost = True
            log.warning("%s %s, trying again for ever", self.port, what)
