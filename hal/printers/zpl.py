"""Label printers that speak ZPL II, over TCP or a serial port (see hal/framing/zpl.py for the language).

Status is asked before anything is sent.  ~HS is not answered at all while media or ribbon is out or the head
is open (docs.zebra.com, ~HS), so silence is followed by ~HQES.  A job is written once; what became of it is
learnt by asking until the printer has nothing queued.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from hal.framing import zpl
from hal.interfaces import PrinterFlag, PrinterStatus, PrintResult, Raster, WireTrace
from hal.transport.byte_stream import ByteStream, Link, LinkLost, SendFailed

__all__ = ["KIND", "ZplPrinter"]

KIND = "zpl"
ANSWER_TIMEOUT_S = 1.5
"""A printer that answers does so within some 100 ms, also while it prints."""
CHUNK_BYTES = 4096
"""Small enough that progress moves and a stop is noticed; a label has about 9 kB."""
STALL_S = 20.0
"""A printer that takes no byte for so long has stopped (no paper, XOFF)."""
POLL_S = 0.25
IDLE_ANSWERS = 2
"""So many times in a row "nothing queued": the first may come from before the job was counted."""

UNREACHABLE = PrinterStatus(frozenset({PrinterFlag.UNREACHABLE}))
UNKNOWN = PrinterStatus(frozenset({PrinterFlag.UNKNOWN}))
BUSY = PrinterStatus(frozenset({PrinterFlag.BUSY}))

T = TypeVar("T")
Progress = Callable[[int, int], None]


class ZplPrinter:
    """A `LabelPrinter`.  `flow_control` says that XON and XOFF are not data (serial links)."""

    def __init__(self, printer_id: str, link: Link, *, width_dots: int, flow_control: bool) -> None:
        self.id = printer_id
        self._link = link
        self._width_dots = width_dots
        self._flow_control = flow_control
        self._lock = asyncio.Lock()

    @property
    def trace(self) -> WireTrace:
        """The last bytes of its link."""
        return self._link.trace

    async def start(self) -> None:
        """Begin to keep the link up."""
        await self._link.start()

    async def close(self) -> None:
        """Give the link up."""
        await self._link.close()

    async def status(self, deadline: float) -> PrinterStatus:
        """Ask now; BUSY without asking when a job holds the printer past `deadline`."""
        try:
            async with self._dialogue(deadline) as dialogue:
                return await dialogue.status(deadline)
        except TimeoutError:
            return BUSY
        except LinkLost:
            return UNREACHABLE

    async def model(self, deadline: float) -> str | None:
        """Model and firmware by ~HI, or None without an answer."""
        try:
            async with self._dialogue(deadline) as dialogue:
                return await dialogue.ask(zpl.ASK_IDENTITY, _identity, deadline)
        except (TimeoutError, LinkLost):
            return None

    async def print_page(
        self, page: Raster, deadline: float, progress: Progress | None = None
    ) -> tuple[PrintResult, PrinterStatus]:
        """Send `page` once and watch its end until `deadline`.

        Raises ValueError for a page that is wider than the printer or no page at all.
        """
        if page.width_dots > self._width_dots:
            raise ValueError(f"page of {page.width_dots} dots is wider than the printer's {self._width_dots}")
        job = await asyncio.to_thread(zpl.encode_page, page)
        sending = _Sending(job, progress)
        try:
            async with self._dialogue(deadline) as dialogue:
                before = await dialogue.status(deadline)
                if before.flags - {PrinterFlag.BUSY}:
                    return PrintResult.NOT_SENT, before
                await sending.run(dialogue.stream, deadline)
                return await dialogue.watch(deadline)
        except TimeoutError:
            return PrintResult.NOT_SENT, BUSY
        except LinkLost:
            return sending.outcome(), UNREACHABLE
        except SendFailed as exc:
            sending.sent += exc.sent
            return sending.outcome(), UNKNOWN

    @asynccontextmanager
    async def _dialogue(self, deadline: float) -> AsyncIterator[_Dialogue]:
        """Raises TimeoutError when another job keeps the printer, LinkLost when it cannot be reached."""
        async with asyncio.timeout_at(deadline):
            await self._lock.acquire()
        try:
            # An absent port fails at once: a caller that asks in a loop must not keep the loop from others.
            await asyncio.sleep(0)
            async with self._link.connect(deadline) as stream:
                yield _Dialogue(stream, self._flow_control)
        finally:
            self._lock.release()


class _Sending:
    """A job on its way out; `sent` counts what had surely or possibly left."""

    def __init__(self, job: bytes, progress: Progress | None) -> None:
        self._job = job
        self._progress = progress
        self.sent = 0

    async def run(self, stream: ByteStream, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        while self.sent < len(self._job):
            chunk = self._job[self.sent : self.sent + CHUNK_BYTES]
            await stream.write(chunk, min(deadline, loop.time() + STALL_S))
            self.sent += len(chunk)
            if self._progress is not None:
                self._progress(self.sent, len(self._job))

    def outcome(self) -> PrintResult:
        """What is known when the link failed."""
        return PrintResult.UNKNOWN if self.sent else PrintResult.NOT_SENT


class _Dialogue:
    """Questions and answers on one open stream."""

    def __init__(self, stream: ByteStream, flow_control: bool) -> None:
        self.stream = stream
        self._replies = zpl.ReplyFrames(flow_control)

    async def ask(self, question: bytes, read: Callable[[list[str]], T | None], deadline: float) -> T | None:
        """The answer that `read` makes of the frames so far, None when none comes.  Raises LinkLost."""
        limit = min(deadline, asyncio.get_running_loop().time() + ANSWER_TIMEOUT_S)
        frames: list[str] = []
        try:
            await self.stream.write(question, limit)
            while True:
                frames += self._replies.feed(await self.stream.read(limit))
                answer = read(frames)
                if answer is not None:
                    return answer
        except TimeoutError:
            return None
        except SendFailed as exc:
            raise LinkLost(str(exc)) from exc

    async def status(self, deadline: float) -> PrinterStatus:
        """~HS, and when it meets silence ~HQES; UNKNOWN when neither explains itself.  Raises LinkLost."""
        status = await self.ask(zpl.ASK_HOST_STATUS, _host_status, deadline)
        if status is None:
            status = await self.ask(zpl.ASK_ERRORS, _errors_or_status, deadline)
        if status is None or (status.ready and status.queued is None):
            # No error told, yet ~HS went unanswered: a full rewinder has no flag anywhere.
            return UNKNOWN
        return status

    async def watch(self, deadline: float) -> tuple[PrintResult, PrinterStatus]:
        """Ask until nothing is queued and nothing is wrong, or until `deadline`.  Raises LinkLost."""
        loop = asyncio.get_running_loop()
        idle = 0
        told = UNKNOWN
        while True:
            status = await self.status(deadline)
            told = told if status == UNKNOWN else status
            done = status.queued == 0 and not status.flags - {PrinterFlag.LABEL_NOT_TAKEN}
            idle = idle + 1 if done else 0
            if idle == IDLE_ANSWERS:
                return PrintResult.PRINTED, status
            if loop.time() + POLL_S >= deadline:
                # The last question may have had no time left; the one before says why.
                return PrintResult.UNKNOWN, told
            await asyncio.sleep(POLL_S)


def _host_status(frames: list[str]) -> PrinterStatus | None:
    return zpl.parse_host_status(frames[-zpl.HOST_STATUS_FRAMES :])


def _errors_or_status(frames: list[str]) -> PrinterStatus | None:
    """The answer to ~HQES; the late one to ~HS before it will do as well."""
    found = [status for status in map(zpl.parse_errors, frames) if status is not None]
    return found[-1] if found else _host_status(frames)


def _identity(frames: list[str]) -> str | None:
    found = [identity for identity in map(zpl.parse_identity, frames) if identity is not None]
    return found[-1] if found else None
