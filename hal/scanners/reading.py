"""What every scanner driver does: keep its link, cut the stream, hold a few scans for whoever takes them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Generic, Protocol, TypeVar

from hal.framing.scan_line import LineRead, LineRefused
from hal.interfaces import RefusedScan, ScanRead, WireTrace
from hal.transport.byte_stream import LinkLost

__all__ = ["MAX_WAITING_SCANS", "ReadableLink", "ReadingScanner", "ScanParser"]

log = logging.getLogger(__name__)

MAX_WAITING_SCANS = 64
"""Nobody scans 64 symbols ahead of the screen; older ones have lost their meaning."""

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class ReadableLink(Protocol):
    """A port that is kept open and read."""

    @property
    def online(self) -> bool:
        """True while it is open."""
        ...

    @property
    def trace(self) -> WireTrace:
        """Its last bytes."""
        ...

    async def start(self) -> None:
        """Open it now if it is there, and keep it open from here on."""
        ...

    async def close(self) -> None:
        """Give it up."""
        ...

    async def wait_up(self) -> None:
        """Return once it is open."""
        ...

    async def read(self, deadline: float | None) -> bytes:
        """At least one byte.  Raises TimeoutError at `deadline`, LinkLost when it is gone."""
        ...


L = TypeVar("L", bound=ReadableLink)


class ScanParser(Protocol[R_co]):
    """Bytes in, scans out, and between them replies of type R."""

    @property
    def pending(self) -> bool:
        """True while something has begun and not ended."""
        ...

    def feed(self, data: bytes) -> Sequence[LineRead | LineRefused | R_co]:
        """What `data` ends, in order."""
        ...

    def end_of_gap(self) -> Sequence[LineRead | LineRefused | R_co]:
        """The line was silent; told often enough, nothing is pending any more."""
        ...


class ReadingScanner(Generic[L, R]):
    """A `Scanner`.  `start` opens the link and reads until `close`.

    Silence of `gap_s` while something is pending is told to the parser.  Scans of exactly `no_read` are
    counted in `no_reads` and not handed on.
    """

    def __init__(
        self, scanner_id: str, link: L, parser: ScanParser[R], *, gap_s: float, no_read: str = ""
    ) -> None:
        self.id = scanner_id
        self.dropped = 0
        self.no_reads = 0
        self._link = link
        self._parser = parser
        self._gap_s = gap_s
        self._no_read = no_read
        self._scans: deque[ScanRead | RefusedScan] = deque()
        self._arrived = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None

    @property
    def online(self) -> bool:
        """True while the port is open."""
        return self._link.online

    @property
    def trace(self) -> WireTrace:
        """The last bytes of its link."""
        return self._link.trace

    async def start(self) -> None:
        """Open the port when it is there, keep trying when not."""
        if self._reader is None:
            await self._link.start()
            self._reader = asyncio.create_task(self._read(), name=f"scanner {self.id}")

    async def close(self) -> None:
        """Stop reading and close the port; scans that wait stay readable."""
        tasks = [task for task in (self._reader, self._preparing) if task is not None]
        self._reader = self._preparing = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._link.close()

    async def scans(self) -> AsyncIterator[ScanRead | RefusedScan]:
        """Scans as they come, for ever; several readers share them."""
        while True:
            while not self._scans:
                self._arrived.clear()
                await self._arrived.wait()
            yield self._scans.popleft()

    async def prepare(self) -> None:
        """What the scanner must be told whenever its port came up; runs beside the reading."""

    def prepare_again(self) -> None:
        """Begin `prepare` unless it is under way."""
        if self._preparing is None or self._preparing.done():
            self._preparing = asyncio.create_task(self.prepare(), name=f"scanner {self.id} prepares")

    async def replied(self, reply: R) -> None:
        """Something that is no scan arrived."""

    async def scanned(self, scan: LineRead | LineRefused) -> None:
        """A scan was put in the queue (for drivers that acknowledge it)."""

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._link.wait_up()
            self.prepare_again()
            try:
                while True:
                    gap_ends = loop.time() + self._gap_s if self._parser.pending else None
                    try:
                        items = self._parser.feed(await self._link.read(gap_ends))
                    except TimeoutError:
                        items = self._parser.end_of_gap()
                    await self._hand_on(items)
            except LinkLost:
                if self._preparing is not None:
                    self._preparing.cancel()
                    self._preparing = None
                # Half a scan of before the loss is no beginning of the next.
                while self._parser.pending:
                    await self._hand_on(self._parser.end_of_gap())

    async def _hand_on(self, items: Sequence[LineRead | LineRefused | R]) -> None:
        for item in items:
            if isinstance(item, LineRead | LineRefused):
                self._put(item)
                await self.scanned(item)
            else:
                await self.replied(item)

    def _put(self, scan: LineRead | LineRefused) -> None:
        at_s = asyncio.get_running_loop().time()
        if isinstance(scan, LineRead) and self._no_read and scan.text == self._no_read:
            self.no_reads += 1
            return
        if len(self._scans) >= MAX_WAITING_SCANS:
            self._scans.popleft()
            self.dropped += 1
        if isinstance(scan, LineRead):
            self._scans.append(ScanRead(scan.text, scan.identifier, at_s))
        else:
            self._scans.append(RefusedScan(scan.reason, scan.length, at_s))
        self._arrived.set()
