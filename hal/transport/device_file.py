"""A printer behind a device file of its own, as Linux gives USB printers one: /dev/usb/lp0.

The file takes bytes and gives the printer's answers (class 07, bidirectional); the kernel lets one program
open it.  So it is opened for a use and closed behind it.
"""

from __future__ import annotations

import asyncio
import os
import select
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hal.transport.byte_stream import LinkLost, SendFailed
from hal.transport.trace import RingTrace

__all__ = ["DeviceFile", "DeviceFileLink"]

READ_BYTES = 4096
WRITE_BYTES = 4096
MAX_WAITING_BYTES = 65_536
"""Received and not yet read; answers are short, so what exceeds it is no answer and is dropped."""
EMPTY_READ_S = 0.05
"""Some kernels give an empty read for "nothing yet": so long until the next look."""


class DeviceFile:
    """A `ByteStream` over one open device file."""

    def __init__(self, path: str, descriptor: int, trace: RingTrace) -> None:
        self._path = path
        self._descriptor = descriptor
        self._trace = trace
        self._received = bytearray()

    async def read(self, deadline: float | None) -> bytes:
        """At least one byte.  Raises TimeoutError at `deadline`, LinkLost when the device went away."""
        async with asyncio.timeout_at(deadline):
            while not self._received:
                if not self._take():
                    await self._wait(writing=False)
        data = bytes(self._received)
        self._received.clear()
        return data

    async def write(self, data: bytes, deadline: float) -> None:
        """Hand all of `data` to the kernel; SendFailed says how much it had taken when it could not.

        Answers that come meanwhile are taken in, since a printer that cannot get rid of them may stop.
        """
        sent = 0
        try:
            while sent < len(data):
                sent += await self._write_some(data[sent : sent + WRITE_BYTES], deadline, sent)
        finally:
            self._trace.add(">", data[:sent])

    def discard_input(self) -> None:
        """Throw away what came before."""
        for _ in range(MAX_WAITING_BYTES // READ_BYTES):
            self._received.clear()
            if not self._take():
                return

    async def _write_some(self, data: bytes, deadline: float, sent: int) -> int:
        try:
            return os.write(self._descriptor, data)
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as exc:
            raise SendFailed(sent, f"{self._path}: {exc}") from exc
        try:
            async with asyncio.timeout_at(deadline):
                await self._wait(writing=True)
        except TimeoutError as exc:
            raise SendFailed(sent, f"{self._path} takes no more bytes") from exc
        except LinkLost as exc:
            raise SendFailed(sent, str(exc)) from exc
        return 0

    def _take(self) -> bool:
        """Take in what there is; False for nothing.  Raises LinkLost."""
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as exc:
            raise LinkLost(f"{self._path}: {exc}") from exc
        if not data and _hung_up(self._descriptor):
            raise LinkLost(f"{self._path} hung up")
        self._trace.add("<", data)
        if len(self._received) < MAX_WAITING_BYTES:
            self._received += data
        return bool(data)

    async def _wait(self, *, writing: bool) -> None:
        """Return when there is something to read or, with `writing`, room to write.  Raises LinkLost."""
        loop = asyncio.get_running_loop()
        readable, able = asyncio.Event(), asyncio.Event()

        def note_readable() -> None:
            readable.set()
            able.set()

        loop.add_reader(self._descriptor, note_readable)
        if writing:
            loop.add_writer(self._descriptor, able.set)
        try:
            await able.wait()
        finally:
            loop.remove_reader(self._descriptor)
            loop.remove_writer(self._descriptor)
        if readable.is_set() and not self._take() and not writing:
            await asyncio.sleep(EMPTY_READ_S)


class DeviceFileLink:
    """A device file to open, once per use."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.trace = RingTrace()

    @property
    def bytes_per_s(self) -> float | None:
        """None: nothing states it."""
        return None

    async def start(self) -> None:
        """Nothing to do: the file is opened when used."""

    async def close(self) -> None:
        """Nothing to do."""

    @asynccontextmanager
    async def connect(self, deadline: float) -> AsyncIterator[DeviceFile]:
        """The open file, emptied of old input.  Raises LinkLost when it is not there, is held by another
        program or is no device."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as exc:
            raise LinkLost(f"{self.path}: {exc.strerror}") from exc
        try:
            if not stat.S_ISCHR(os.fstat(descriptor).st_mode):
                raise LinkLost(f"{self.path} is no device file")
            file = DeviceFile(self.path, descriptor, self.trace)
            file.discard_input()
            yield file
        finally:
            os.close(descriptor)


def _hung_up(descriptor: int) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poller.poll(0))
