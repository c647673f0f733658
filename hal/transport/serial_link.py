"""One serial port, kept open for ever: exclusive, non-blocking, read by the loop.

Owns the file descriptor and its loss.  When the device node disappears (adapter unplugged) the port is closed
and tried again with back-off until it comes back, under the same name.  Knows no protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import select
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import serial

from hal.transport.backoff import Backoff
from hal.transport.byte_stream import LinkLost, SendFailed
from hal.transport.trace import RingTrace

__all__ = ["SerialLink"]

log = logging.getLogger(__name__)

MAX_WAITING_BYTES = 65_536
"""Received and not yet read: past this the port is no longer read, and the kernel's buffer and the device's
own flow control hold the rest."""
READ_BYTES = 4096
WRITE_BYTES = 4096
BITS_PER_BYTE = 10


class SerialLink:
    """A `ByteStream` over a serial port; `start` never fails, `close` ends it.

    `xonxoff` and `rtscts` let the kernel honour the device's flow control.  `tap`, when set, is called with
    everything received, when it comes.  All methods belong to the loop that ran `start`.
    """

    def __init__(self, port: str, baud: int, *, xonxoff: bool = False, rtscts: bool = False) -> None:
        self.port = port
        self.baud = baud
        self.xonxoff = xonxoff
        self.trace = RingTrace()
        self.tap: Callable[[bytes], None] | None = None
        self._rtscts = rtscts
        self._serial: serial.Serial | None = None
        self._received = bytearray()
        self._paused = False
        self._changed = asyncio.Event()
        self._lost = asyncio.Event()
        self._up = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._told_lost = False

    @property
    def bytes_per_s(self) -> float | None:
        """Of the baud rate, with a start and a stop bit."""
        return self.baud / BITS_PER_BYTE

    @property
    def online(self) -> bool:
        """True while the port is open."""
        return self._serial is not None

    async def start(self) -> None:
        """Open the port now if it is there, and keep it open from here on."""
        if self._keeper is None:
            self._try_open()
            self._keeper = asyncio.create_task(self._keep_open(), name=f"serial {self.port}")

    async def close(self) -> None:
        """Close the port and stop trying."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        self._shut()

    async def wait_up(self) -> None:
        """Return once the port is open."""
        await self._up.wait()

    @asynccontextmanager
    async def connect(self, deadline: float) -> AsyncIterator[SerialLink]:
        """The port itself, emptied of old input.  Raises LinkLost at once when it is not open."""
        if self._serial is None:
            raise LinkLost(f"{self.port} is not open")
        self.discard_input()
        yield self

    async def read(self, deadline: float | None) -> bytes:
        """At least one byte, as they came.  Raises TimeoutError at `deadline`, LinkLost when the port is
        gone."""
        async with asyncio.timeout_at(deadline):
            while not self._received:
                if self._serial is None:
                    raise LinkLost(f"{self.port} is not open")
                self._changed.clear()
                await self._changed.wait()
        data = bytes(self._received)
        self._received.clear()
        if self._paused and self._serial is not None:
            self._paused = False
            asyncio.get_running_loop().add_reader(self._serial.fileno(), self._on_readable)
        return data

    async def write(self, data: bytes, deadline: float) -> None:
        """Hand all of `data` to the kernel; SendFailed says how much had gone when it could not.

        What did not leave in time is withdrawn from the kernel's buffer, so that it cannot leave later.
        """
        port = self._serial
        sent = 0
        try:
            while sent < len(data):
                if port is None or port is not self._serial:
                    raise SendFailed(sent, f"{self.port} is not open")
                sent += await self._write_some(port, data[sent : sent + WRITE_BYTES], deadline, sent)
        finally:
            self.trace.add(">", data[:sent])

    def discard_input(self) -> None:
        """Throw away everything received so far, in the loop and in the kernel."""
        self._received.clear()
        if self._serial is None:
            return
        for _ in range(MAX_WAITING_BYTES // READ_BYTES):
            stale = self._read_now()
            if not stale:
                return
            self._told(stale)

    def withdraw_unsent(self) -> None:
        """Nothing sent before may leave from now on: empties the kernel's buffer."""
        if self._serial is not None:
            with contextlib.suppress(termios.error, OSError):
                self._serial.reset_output_buffer()

    def _told(self, data: bytes) -> None:
        self.trace.add("<", data)
        if self.tap is not None:
            self.tap(data)

    def _read_now(self) -> bytes:
        """What the kernel has; empty for nothing, after noticing a hang-up."""
        port = self._serial
        if port is None:
            return b""
        try:
            data = os.read(port.fileno(), READ_BYTES)
            # A raw tty returns nothing both when it is empty and when it hung up; only poll() can tell.
            if not data and _hung_up(port.fileno()):
                self._drop("hung up")
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as exc:
            self._drop(str(exc))
            return b""
        return data

    def _on_readable(self) -> None:
        data = self._read_now()
        if not data:
            return
        self._received += data
        self._changed.set()
        self._told(data)
        if len(self._received) >= MAX_WAITING_BYTES and self._serial is not None:
            self._paused = True
            asyncio.get_running_loop().remove_reader(self._serial.fileno())

    async def _write_some(self, port: serial.Serial, data: bytes, deadline: float, sent: int) -> int:
        try:
            return os.write(port.fileno(), data)
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as exc:
            self._drop(str(exc))
            raise SendFailed(sent, f"{self.port}: {exc}") from exc
        try:
            await self._writable(port, deadline)
        except TimeoutError as exc:
            self.withdraw_unsent()
            raise SendFailed(sent, f"{self.port} takes no more bytes") from exc
        return 0

    async def _writable(self, port: serial.Serial, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        descriptor = port.fileno()
        loop.add_writer(descriptor, ready.set)
        lost = asyncio.create_task(self._lost.wait())
        able = asyncio.create_task(ready.wait())
        try:
            async with asyncio.timeout_at(deadline):
                await asyncio.wait({lost, able}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
            able.cancel()
            if port is self._serial:
                loop.remove_writer(descriptor)

    async def _keep_open(self) -> None:
        backoff = Backoff()
        while True:
            if self._serial is not None:
                backoff.reset()
                await self._lost.wait()
            await asyncio.sleep(backoff.next_wait_s())
            if self._serial is None:
                self._try_open()

    def _try_open(self) -> None:
        try:
            port = serial.Serial(
                self.port,
                self.baud,
                timeout=0,
                write_timeout=0,
                exclusive=True,
                xonxoff=self.xonxoff,
                rtscts=self._rtscts,
            )
        except (OSError, termios.error, ValueError) as exc:
            if not self._told_lost:
                self._told_lost = True
                log.warning("%s cannot be opened, trying again for ever: %s", self.port, exc)
            return
        self._serial = port
        self._paused = False
        self._received.clear()
        self._lost.clear()
        asyncio.get_running_loop().add_reader(port.fileno(), self._on_readable)
        self._up.set()
        if self._told_lost:
            self._told_lost = False
            log.info("%s is back", self.port)

    def _drop(self, reason: str) -> None:
        if self._serial is None:
            return
        self._shut()
        if not self._told_lost:
            self._told_lost = True
            log.warning("%s was lost, trying again for ever: %s", self.port, reason)

    def _shut(self) -> None:
        port, self._serial = self._serial, None
        if port is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(port.fileno())
        loop.remove_writer(port.fileno())
        with contextlib.suppress(OSError, termios.error):
            port.close()
        self._up.clear()
        self._lost.set()
        self._changed.set()


def _hung_up(descriptor: int) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    events = poller.poll(0)
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in events)
