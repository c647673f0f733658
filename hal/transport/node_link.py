"""A device file that is only read, packet by packet: /dev/hidraw… and /dev/input/event….

Each read of such a file gives whole reports or whole events.  Opened and kept open like a serial port: when
the device goes away the file is closed and tried again with back-off until it is back under the same name.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hal.transport.backoff import Backoff
from hal.transport.byte_stream import LinkLost
from hal.transport.trace import RingTrace

__all__ = ["NodeLink", "OpenNode", "open_plain"]

log = logging.getLogger(__name__)

MAX_WAITING_PACKETS = 256
"""Received and not yet read: past this the file is no longer read, and the kernel's buffer holds the rest or
says that it overflowed."""
PACKET_BYTES = 4096
"""Reports have at most this much; of events it is some 170."""


@dataclass(frozen=True, slots=True)
class OpenNode:
    """An open device file: its descriptor, and what closes it."""

    descriptor: int
    close: Callable[[], None]


def open_plain(path: str) -> OpenNode:
    """Read-only, non-blocking.  Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    return OpenNode(descriptor, lambda: os.close(descriptor))


class NodeLink:
    """A `ReadableLink`; `opener` is called with the path whenever there may be something to open."""

    def __init__(self, path: str, opener: Callable[[str], OpenNode] = open_plain) -> None:
        self.path = path
        self.trace = RingTrace()
        self._opener = opener
        self._node: OpenNode | None = None
        self._packets: deque[bytes] = deque()
        self._paused = False
        self._changed = asyncio.Event()
        self._lost = asyncio.Event()
        self._up = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._told_lost = False

    @property
    def online(self) -> bool:
        """True while the file is open."""
        return self._node is not None

    @property
    def descriptor(self) -> int | None:
        """The open file's, for questions to the device; None when it is away."""
        return None if self._node is None else self._node.descriptor

    async def start(self) -> None:
        """Open the file now if it is there, and keep it open from here on."""
        if self._keeper is None:
            self._try_open()
            self._keeper = asyncio.create_task(self._keep_open(), name=f"node {self.path}")

    async def close(self) -> None:
        """Close the file and stop trying."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        self._shut()

    async def wait_up(self) -> None:
        """Return once the file is open."""
        await self._up.wait()

    async def read(self, deadline: float | None) -> bytes:
        """One packet.  Raises TimeoutError at `deadline`, LinkLost when the device is gone."""
        async with asyncio.timeout_at(deadline):
            while not self._packets:
                if self._node is None:
                    raise LinkLost(f"{self.path} is not open")
                self._changed.clear()
                await self._changed.wait()
        packet = self._packets.popleft()
        if self._paused and self._node is not None:
            self._paused = False
            asyncio.get_running_loop().add_reader(self._node.descriptor, self._on_readable)
        return packet

    def _on_readable(self) -> None:
        if self._node is None:
            return
        try:
            packet = os.read(self._node.descriptor, PACKET_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as exc:
            self._drop(str(exc))
            return
        if not packet:
            self._drop("it ended")
            return
        self.trace.add("<", packet)
        self._packets.append(packet)
        self._changed.set()
        if len(self._packets) >= MAX_WAITING_PACKETS:
            self._paused = True
            asyncio.get_running_loop().remove_reader(self._node.descriptor)

    async def _keep_open(self) -> None:
        backoff = Backoff()
        while True:
            if self._node is not None:
                backoff.reset()
                await self._lost.wait()
            await asyncio.sleep(backoff.next_wait_s())
            if self._node is None:
                self._try_open()

    def _try_open(self) -> None:
        try:
            node = self._opener(self.path)
        except OSError as exc:
            if not self._told_lost:
                self._told_lost = True
                log.warning("%s cannot be opened, trying again for ever: %s", self.path, exc)
            return
        self._node = node
        self._paused = False
        self._packets.clear()
        self._lost.clear()
        asyncio.get_running_loop().add_reader(node.descriptor, self._on_readable)
        self._up.set()
        if self._told_lost:
            self._told_lost = False
            log.info("%s is back", self.path)

    def _drop(self, reason: str) -> None:
        self._shut()
        if not self._told_lost:
            self._told_lost = True
            log.warning("%s was lost, trying again for ever: %s", self.path, reason)

    def _shut(self) -> None:
        node, self._node = self._node, None
        if node is None:
            return
        asyncio.get_running_loop().remove_reader(node.descriptor)
        with contextlib.suppress(OSError):
            node.close()
        self._up.clear()
        self._lost.set()
        self._changed.set()
