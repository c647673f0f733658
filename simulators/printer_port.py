"""Where a simulated printer's bytes come in: TCP as raw port 9100 serves it, or a pty for serial and USB.

One client at a time: a second one waits.  A pty is a line of its baud rate when `paced`, so that a page takes
the time it takes on copper.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from simulators.faults import FaultMenu
from simulators.pty_port import PtyPort

__all__ = ["PrinterPort", "Say"]

READ_BYTES: Final = 4_096
PACED_BYTES: Final = 512
"""Taken at once from a paced line: some 45 ms at 115200 baud."""
MAX_INBOX_CHUNKS: Final = 16
"""Of a serial host's bytes, before the pty is left to fill up: 64 kB, a printer's receive buffer."""
BITS_PER_BYTE: Final = 10
SPLIT_STATUS_S: Final = 0.05
GARBAGE_BYTES: Final = 9
BABBLE_S: Final = 0.02

Say = Callable[[bytes], Awaitable[None]]
Hear = Callable[[bytes, Say], Awaitable[None]]

_log = logging.getLogger(__name__)


class PrinterPort:
    """One printer's connector.  `hear(data, say)` is awaited with each piece, `forget()` called when a client
    left."""

    def __init__(
        self,
        name: str,
        faults: FaultMenu,
        hear: Hear,
        forget: Callable[[], None],
        *,
        host: str,
        tcp_port: int,
        path: str | Path | None,
        baud: int,
        paced: bool,
    ) -> None:
        self.host = host
        self.tcp_port = tcp_port
        self.pty = None if path is None else PtyPort(path, baud=baud, on_data=self._from_pty)
        self.taking = asyncio.Event()
        self.bytes_until_drop: int | None = None
        self._name = name
        self._faults = faults
        self._hear = hear
        self._forget = forget
        self._paced = paced
        self._baud = baud
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._one_client = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def listening(self) -> bool:
        """True while a host can connect."""
        return self._server is not None if self.pty is None else self.pty.plugged

    def start(self) -> None:
        """Begin to serve the pty, when there is one."""
        if self.pty is not None:
            self.spawn(self._serve_pty())

    async def stop(self) -> None:
        """Unplug and end every task."""
        self.unplug()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def plug(self) -> None:
        """Listen; OSError when the TCP port is taken."""
        if self.pty is not None:
            self.pty.plug()
        elif self._server is None:
            self._server = await asyncio.start_server(self._accept, self.host, self.tcp_port)
            self.tcp_port = self._server.sockets[0].getsockname()[1]

    def unplug(self) -> None:
        """Cut every connection and refuse new ones."""
        if self.pty is not None:
            self.pty.unplug()
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._clients):
            writer.transport.abort()

    def flow(self, byte: bytes) -> None:
        """XON or XOFF to a serial host."""
        if self.pty is not None and self.pty.plugged:
            self.pty.write(byte)

    async def babble(self) -> None:
        """Send noise to whoever is there, as long as that fault is in force."""
        while self._faults.find("printer_babbles", self._name) is not None:
            noise = self._faults.rng.randbytes(GARBAGE_BYTES)
            self.flow(noise)
            for writer in self._clients:
                writer.write(noise)
            await asyncio.sleep(BABBLE_S)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until `stop`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.spawn(self._serve_client(reader, writer))

    async def _serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            async with self._one_client:
                await self._listen(reader, writer)
        except OSError as error:
            _log.debug("%s: the client is gone: %s", self._name, error)
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await self.taking.wait()
            data = await reader.read(READ_BYTES)
            if not data:
                break
            limit = self.bytes_until_drop
            await self._feed(data if limit is None else data[:limit], writer.write)
            if limit is None:
                continue
            self.bytes_until_drop = max(0, limit - len(data))
            if limit <= len(data):
                self._faults.clear("dropped_connection", self._name)
                writer.transport.abort()
                break
        # Half a command of a client that went away is not the beginning of the next client's.
        self._forget()

    def _from_pty(self, data: bytes) -> None:
        self._inbox.put_nowait(data)
        if self._inbox.qsize() >= (1 if self._paced else MAX_INBOX_CHUNKS) and self.pty is not None:
            self.pty.pause_reading()

    async def _serve_pty(self) -> None:
        pty = self.pty
        assert pty is not None
        while True:
            await self.taking.wait()
            data = await self._inbox.get()
            step = PACED_BYTES if self._paced else len(data)
            for start in range(0, len(data), step):
                piece = data[start : start + step]
                if self._paced:
                    await asyncio.sleep(len(piece) * BITS_PER_BYTE / (pty.host_baud or self._baud))
                await self._feed(piece, pty.write)
            if self._inbox.empty():
                pty.resume_reading()

    async def _feed(self, data: bytes, write: Callable[[bytes], None]) -> None:
        if self._faults.find("printer_off", self._name) is not None:
            return
        slow = self._faults.find("slow_printer", self._name)
        if slow is not None:
            await asyncio.sleep(len(data) / float(slow.params["bytes_s"]))

        async def say(text: bytes) -> None:
            await self._say(text, write)

        await self._hear(data, say)

    async def _say(self, text: bytes, write: Callable[[bytes], None]) -> None:
        if self._faults.find("printer_mute", self._name) is not None:
            return
        if self._faults.strike("garbage_status", self._name) is not None:
            text = self._faults.rng.randbytes(GARBAGE_BYTES)
        if self._faults.strike("half_status", self._name) is not None:
            text = text[: len(text) // 2]
        late = self._faults.strike("late_status", self._name)
        if late is not None:
            asyncio.get_running_loop().call_later(float(late.params["delay_s"]), write, text)
            return
        middle = len(text) // 2
        if self._faults.find("split_status", self._name) is None:
            middle = len(text)
        write(text[:middle])
        if text[middle:]:
            await asyncio.sleep(SPLIT_STATUS_S)
            write(text[middle:])
