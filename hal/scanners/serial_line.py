"""Scanners that send each scan by themselves over a serial port or USB-CDC (see hal/framing/scan_line.py)."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable

from hal.framing.scan_line import LineRead, LineRefused, ScanLineParser
from hal.interfaces import RefusedScan, ScanRead
from hal.transport.byte_stream import LinkLost
from hal.transport.serial_link import SerialLink
from hal.transport.trace import RingTrace

__all__ = ["IDLE_GAP_S", "KIND", "MAX_WAITING_SCANS", "STALE_GAP_S", "SerialLineScanner"]

log = logging.getLogger(__name__)

KIND = "serial-line"
IDLE_GAP_S = 0.08
"""Ends a scan of a scanner that sends no suffix; 40 to 100 ms is usual, a character at 9600 baud takes 1."""
STALE_GAP_S = 1.0
"""With a suffix configured, a scan that stops for so long was cut off: it must not be glued to the next
one."""
MAX_WAITING_SCANS = 64
"""Nobody scans 64 symbols ahead of the screen; older ones have lost their meaning."""


class SerialLineScanner:
    """A `Scanner`.  `start` opens the port and reads until `close`."""

    def __init__(self, scanner_id: str, link: SerialLink, *, prefix: bytes, suffix: bytes, aim: bool) -> None:
        self.id = scanner_id
        self.dropped = 0
        self._link = link
        self._gap_s = STALE_GAP_S if suffix else IDLE_GAP_S
        self._parser = ScanLineParser(prefix, suffix, aim)
        self._scans: deque[ScanRead | RefusedScan] = deque()
        self._arrived = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    @property
    def online(self) -> bool:
        """True while the port is open."""
        return self._link.online

    @property
    def trace(self) -> RingTrace:
        """The last bytes of its link."""
        return self._link.trace

    async def start(self) -> None:
        """Open the port when it is there, keep trying when not."""
        if self._reader is None:
            await self._link.start()
            self._reader = asyncio.create_task(self._read(), name=f"scanner {self.id}")

    async def close(self) -> None:
        """Stop reading and close the port; scans that wait stay readable."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
        await self._link.close()

    async def scans(self) -> AsyncIterator[ScanRead | RefusedScan]:
        """Scans as they come, for ever; several readers share them."""
        while True:
            while not self._scans:
                self._arrived.clear()
                await self._arrived.wait()
            yield self._scans.popleft()

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            gap_ends = loop.time() + self._gap_s if self._parser.pending else None
            try:
                data = await self._link.read(gap_ends)
            except TimeoutError:
                self._put(self._parser.end_of_gap(), loop.time())
            except LinkLost:
                # Half a scan of before the loss is no beginning of the next.
                self._put(self._parser.end_of_gap(), loop.time())
                await self._link.wait_up()
            else:
                self._put(self._parser.feed(data), loop.time())

    def _put(self, found: Iterable[LineRead | LineRefused], at_s: float) -> None:
        for scan in found:
            if len(self._scans) >= MAX_WAITING_SCANS:
                self._scans.popleft()
                self.dropped += 1
            if isinstance(scan, LineRead):
                self._scans.append(ScanRead(scan.text, scan.identifier, at_s))
            else:
                self._scans.append(RefusedScan(scan.reason, scan.length, at_s))
            self._arrived.set()
