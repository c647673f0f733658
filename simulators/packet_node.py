"""A device file that is not there: a symlink to a pipe that keeps packets apart.

Stands for /dev/hidraw… and /dev/input/event…: every read gives one report or
one batch of events, however many wait.  (Linux pipes opened with O_DIRECT; the
symlink leads through /proc to this process's end.)  It answers no ioctl: it
cannot be grabbed and has no report descriptor.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from pathlib import Path
from typing import Final

from simulators.pty_port import PortError

__all__ = ["PacketNode"]

PIPE_BYTES: Final = 1 << 20
NOBODY_READS_S: Final = 2.0
"""A kernel buffer that stays full for so long has no reader: what is typed then is lost."""


class PacketNode:
    """One device file."""

    def __init__(self, path: str | Path) -> None:
        """`path` becomes a symlink; a missing folder is made."""
        self.path = Path(path)
        self.lost_packets = 0
        self._read_end: int | None = None
        self._write_end: int | None = None

    @property
    def plugged(self) -> bool:
        """True while the path leads to it."""
        return self._write_end is not None

    def plug(self) -> None:
        """Make the file; PortError when something else is at the path."""
        if self._write_end is not None:
            return
        if self.path.exists() and not self.path.is_symlink():
            raise PortError(f"{self.path} exists and is no symlink; a simulated device must not replace it")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._read_end, self._write_end = os.pipe2(os.O_DIRECT | os.O_NONBLOCK | os.O_CLOEXEC)
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._write_end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        link = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        link.unlink(missing_ok=True)
        link.symlink_to(self._target())
        link.replace(self.path)

    def unplug(self) -> None:
        """Pull it out: the path vanishes, and whoever has it open reads its end."""
        if self._read_end is None or self._write_end is None:
            return
        with contextlib.suppress(OSError):
            if os.readlink(self.path) == self._target():
                self.path.unlink()
        asyncio.get_running_loop().remove_writer(self._write_end)
        os.close(self._write_end)
        os.close(self._read_end)
        self._read_end = self._write_end = None

    async def send(self, packet: bytes) -> None:
        """One packet of at most 4096 bytes; PortError when unplugged, lost when nobody reads."""
        while self._write_end is not None:
            try:
                os.write(self._write_end, packet)
                return
            except BlockingIOError:
                if not await self._writable(self._write_end):
                    self.lost_packets += 1
                    return
        raise PortError(f"{self.path} is unplugged")

    async def _writable(self, end: int) -> bool:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(end, ready.set)
        try:
            await asyncio.wait_for(ready.wait(), NOBODY_READS_S)
        except TimeoutError:
            return False
        finally:
            if end == self._write_end:
                loop.remove_writer(end)
        return True

    def _target(self) -> str:
        return f"/proc/{os.getpid()}/fd/{self._read_end}"
