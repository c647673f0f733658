"""A serial port that is not there: a pseudo-terminal behind a stable symlink.

The host opens the symlink like any tty.  We hold the master, and one open
descriptor of the slave, so that the master is not hung up before the first
host opens it or between two hosts.  A pty carries bytes at once whatever the
baud rate; who wants wire time adds it.  It has no parity, no modem lines and
no RS-485 switch.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
import tty
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

__all__ = ["PortError", "PtyPort"]

READ_BYTES: Final = 4_096
"""A pty's line discipline holds at most this much for one read."""

MAX_UNSENT_BYTES: Final = 65_536
"""What `write` keeps for a host that does not read: a UART has no more patience; what exceeds it is lost."""

SEND_CHUNK_BYTES: Final = 4_096
"""`send` offers the pty this much at once, what its line discipline can hold."""

_BAUDS: Final = {
    termios.B1200: 1_200,
    termios.B2400: 2_400,
    termios.B4800: 4_800,
    termios.B9600: 9_600,
    termios.B19200: 19_200,
    termios.B38400: 38_400,
    termios.B57600: 57_600,
    termios.B115200: 115_200,
    termios.B230400: 230_400,
}


class PortError(ConnectionError):
    """The port is unplugged, or its path cannot be had."""


class PtyPort:
    """One serial port.  `on_data(bytes)` is called in the loop with what a host wrote."""

    def __init__(
        self, path: str | Path, *, baud: int = 9600, on_data: Callable[[bytes], None] | None = None
    ) -> None:
        """`path` becomes a symlink; a missing folder is made.  `baud` is what an opener finds set."""
        self.path = Path(path)
        self.baud = baud
        self.lost_bytes = 0
        self._plugged_times = 0
        self._on_data = on_data
        self._master: int | None = None
        self._slave: int | None = None
        self._unsent: deque[bytes] = deque()
        self._unsent_bytes = 0
        self._writable: asyncio.Event | None = None
        self._paused = False
        self._sending = asyncio.Lock()

    @property
    def plugged(self) -> bool:
        """True while the path leads to a port."""
        return self._master is not None

    @property
    def host_baud(self) -> int | None:
        """The baud rate the host has set; None when it is no usual one or the port is unplugged."""
        if self._master is None:
            return None
        # On Linux the master's ioctl reports the slave's settings.
        return _BAUDS.get(termios.tcgetattr(self._master)[5])

    def plug(self) -> None:
        """Make the pty and the symlink; PortError when something else is at the path."""
        if self._master is not None:
            return
        if self.path.exists() and not self.path.is_symlink():
            raise PortError(f"{self.path} exists and is no symlink; a simulated port must not replace it")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._master, self._slave = os.openpty()
        self._plugged_times += 1
        os.set_blocking(self._master, False)
        _make_raw(self._slave, self.baud)
        link = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._slave))
        link.replace(self.path)
        if not self._paused:
            asyncio.get_running_loop().add_reader(self._master, self._read)

    def unplug(self) -> None:
        """Pull it out: the path vanishes and every host that has it open is hung up."""
        if self._master is None or self._slave is None:
            return
        with contextlib.suppress(OSError):
            if os.readlink(self.path) == os.ttyname(self._slave):
                self.path.unlink()
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._master)
        loop.remove_writer(self._master)
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = None
        self._unsent.clear()
        self._unsent_bytes = 0
        if self._writable is not None:
            self._writable.set()

    def write(self, data: bytes) -> None:
        """Put bytes on the wire to the host and return; lost when unplugged or beyond MAX_UNSENT_BYTES."""
        if self._master is None or self._unsent_bytes + len(data) > MAX_UNSENT_BYTES:
            self.lost_bytes += len(data)
            return
        if not data:
            return
        self._unsent.append(data)
        self._unsent_bytes += len(data)
        if len(self._unsent) == 1:
            self._flush()

    async def send(self, data: bytes) -> None:
        """Put any amount on the wire, as fast as the host reads; PortError when unplugged meanwhile."""
        async with self._sending:
            view, port = memoryview(data), self._plugged_times
            for start in range(0, len(view), SEND_CHUNK_BYTES):
                await self.drain(port)
                self.write(bytes(view[start : start + SEND_CHUNK_BYTES]))
            await self.drain(port)

    async def drain(self, port: int | None = None) -> None:
        """Wait until the pty has taken all that was written; PortError when unplugged meanwhile."""
        port = self._plugged_times if port is None else port
        while self._unsent and self._master is not None and port == self._plugged_times:
            if self._writable is None or self._writable.is_set():
                self._writable = asyncio.Event()
            await self._writable.wait()
        if self._master is None or port != self._plugged_times:
            raise PortError(f"{self.path} is unplugged")

    def pause_reading(self) -> None:
        """Leave the host's bytes in the pty, until its writes block."""
        if not self._paused and self._master is not None:
            asyncio.get_running_loop().remove_reader(self._master)
        self._paused = True

    def resume_reading(self) -> None:
        """Take the host's bytes again."""
        if self._paused and self._master is not None:
            asyncio.get_running_loop().add_reader(self._master, self._read)
        self._paused = False

    def _read(self) -> None:
        if self._master is None:
            return
        try:
            data = os.read(self._master, READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        if data and self._on_data is not None:
            self._on_data(data)

    def _flush(self) -> None:
        master = self._master
        if master is None:
            return
        loop = asyncio.get_running_loop()
        while self._unsent:
            try:
                done = os.write(master, self._unsent[0])
            except (BlockingIOError, InterruptedError):
                done = 0
            if done == 0:
                loop.add_writer(master, self._flush)
                return
            self._unsent_bytes -= done
            rest = self._unsent.popleft()[done:]
            if rest:
                self._unsent.appendleft(rest)
        loop.remove_writer(master)
        if self._writable is not None:
            self._writable.set()


def _make_raw(descriptor: int, baud: int) -> None:
    """8N1, no echo, no line editing: as a driver would find a UART."""
    tty.setraw(descriptor)
    settings = termios.tcgetattr(descriptor)
    speed = next((code for code, value in _BAUDS.items() if value == baud), termios.B9600)
    settings[4] = settings[5] = speed
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
