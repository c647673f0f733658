"""A label printer of any language: one job at a time, sent once, its end observed.

Status is asked before anything is sent.  A job is written once, in pieces; what became of it is learnt by
asking.  Languages whose rasters are counted bytes leave a printer waiting for the rest when a job breaks off,
and what is said next would become part of the picture: such a printer is brought to its senses first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from hal.framing.ink_bands import check_page
from hal.interfaces import PrinterFlag, PrinterStatus, PrintResult, Raster, WireTrace
from hal.printers.dialogue import Dialogue, Lateness
from hal.transport.byte_stream import ByteStream, Link, LinkLost, SendFailed

__all__ = ["BUSY", "PASSABLE", "POLL_S", "UNKNOWN", "UNREACHABLE", "JobPrinter", "Language", "watch_idle"]

CHUNK_BYTES = 1024
"""Small enough that progress moves and a stop is noticed, at 1200 baud too (8.5 s a piece)."""
STALL_S = 20.0
"""A printer that takes no byte for so long has stopped (no paper, XOFF)."""
LONGEST_JOB = 1.5
"""Bytes of a job a byte of the page: base64 makes four of three, and headers come on top."""
POLL_S = 0.25
IDLE_ANSWERS = 2
"""So many times in a row "nothing to do": the first may come from before the job was counted."""

SILENT_ANSWERS = 2
"""Two in a row are 3 s: no printer is busy for so long without an answer, and none restarts faster."""

UNREACHABLE = PrinterStatus(frozenset({PrinterFlag.UNREACHABLE}))
UNKNOWN = PrinterStatus(frozenset({PrinterFlag.UNKNOWN}))
BUSY = PrinterStatus(frozenset({PrinterFlag.BUSY}))

PASSABLE = frozenset({PrinterFlag.BUSY, PrinterFlag.PAPER_LOW})
"""Conditions in which a job may be sent."""
FINISHED = frozenset({PrinterFlag.LABEL_NOT_TAKEN, PrinterFlag.PAPER_LOW})
"""Conditions in which a job may be over and well."""

Progress = Callable[[int, int], None]
Outcome = tuple[PrintResult, PrinterStatus]


class Language(Protocol):
    """What one printer language is to a job.  All but `encode` may raise LinkLost."""

    resynchronise: bytes
    """Brings a printer out of a job that broke off; harmless otherwise."""
    swallows: bool
    """True when a printer in the middle of a raster takes a question for dots, and so stays silent."""

    def encode(self, page: Raster) -> bytes:
        """The whole job.  ValueError for a page that is none; runs in a thread."""
        ...

    async def status(self, dialogue: Dialogue, deadline: float) -> PrinterStatus | None:
        """Conditions now, None when nothing was answered."""
        ...

    async def begin(self, dialogue: Dialogue, deadline: float) -> None:
        """Said right before a job.  Raises TimeoutError when the printer is not ready for it after all."""
        ...

    async def overhear(self, dialogue: Dialogue) -> PrinterStatus | None:
        """What the printer told unasked while it was sent to, None when nothing."""
        ...

    async def watch(self, dialogue: Dialogue, deadline: float) -> Outcome:
        """What became of the job just sent, known or given up at `deadline`."""
        ...

    async def model(self, dialogue: Dialogue, deadline: float) -> str | None:
        """Model and firmware, None without an answer."""
        ...


class JobPrinter:
    """A `LabelPrinter`.  `flow_control` says that XON and XOFF are not data (serial links); without `answers`
    nothing is asked and the end of a job stays unknown; an answer is given up after `answer_s`."""

    def __init__(
        self,
        printer_id: str,
        link: Link,
        language: Language,
        *,
        width_dots: int,
        flow_control: bool,
        answers: bool = True,
        answer_s: float = 1.5,
    ) -> None:
        self.id = printer_id
        self._link = link
        self._language = language
        self._width_dots = width_dots
        self._flow_control = flow_control
        self._answers = answers
        self._answer_s = answer_s
        self._late = Lateness()
        self._in_step = True
        self._woken = False
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

    def wire_time_s(self, page: Raster) -> float:
        """The longest that sending `page` takes on its line, 0 where the link has no stated speed."""
        return len(page.rows) * LONGEST_JOB / rate if (rate := self._link.bytes_per_s) else 0.0

    async def status(self, deadline: float) -> PrinterStatus:
        """Ask now; BUSY without asking when a job holds the printer past `deadline`."""
        try:
            async with self._dialogue(deadline) as dialogue:
                return await self._status(dialogue, deadline)
        except TimeoutError:
            return BUSY
        except LinkLost:
            return UNREACHABLE

    async def model(self, deadline: float) -> str | None:
        """As the printer names itself, or None without an answer."""
        try:
            async with self._dialogue(deadline) as dialogue:
                return await self._language.model(dialogue, deadline) if self._answers else None
        except (TimeoutError, LinkLost):
            return None

    async def print_page(
        self, page: Raster, deadline: float, progress: Progress | None = None
    ) -> tuple[PrintResult, PrinterStatus]:
        """Send `page` once and watch its end until `deadline`.

        Raises ValueError for a page that is wider than the printer or no page at all.
        """
        check_page(page)
        if page.width_dots > self._width_dots:
            raise ValueError(f"page of {page.width_dots} dots is wider than the printer's {self._width_dots}")
        sending = _Sending(await asyncio.to_thread(self._language.encode, page), progress)
        try:
            async with self._dialogue(deadline) as dialogue:
                return await self._job(dialogue, sending, deadline)
        except TimeoutError:
            return self._broke_off(sending), BUSY
        except LinkLost:
            return self._broke_off(sending), UNREACHABLE

    async def _job(self, dialogue: Dialogue, sending: _Sending, deadline: float) -> Outcome:
        before = await self._when_idle(dialogue, deadline)
        too_late = asyncio.get_running_loop().time() >= deadline
        if too_late or (self._answers and before.flags - PASSABLE):
            return PrintResult.NOT_SENT, before
        self._in_step = False
        if self._answers:
            await self._language.begin(dialogue, deadline)
        try:
            await sending.run(dialogue.stream, deadline)
        except SendFailed as exc:
            sending.sent += exc.sent
            return self._broke_off(sending), await self._language.overhear(dialogue) or UNKNOWN
        self._in_step = True
        if not self._answers:
            return PrintResult.UNKNOWN, UNKNOWN
        return await self._language.watch(dialogue, deadline)

    async def _when_idle(self, dialogue: Dialogue, deadline: float) -> PrinterStatus:
        """The status once another job is through: the end of ours could not be told from the end of that.

        A printer that is busy with nothing in its queue has half a job that will never be whole.  Raises
        TimeoutError.
        """
        loop = asyncio.get_running_loop()
        while True:
            status = await self._status(dialogue, deadline)
            if PrinterFlag.BUSY not in status.flags or status.flags - PASSABLE or status.queued == 0:
                return status
            if loop.time() + POLL_S >= deadline:
                raise TimeoutError("the printer is busy")
            await asyncio.sleep(POLL_S)

    async def _status(self, dialogue: Dialogue, deadline: float) -> PrinterStatus:
        if not self._in_step:
            await self._resynchronise(dialogue, deadline)
        if not self._answers:
            return UNKNOWN
        status = await self._language.status(dialogue, deadline)
        if status is None and self._language.swallows and not self._woken:
            # It may wait for the rest of a raster that another run of this program began.
            self._woken = True
            await self._resynchronise(dialogue, deadline)
            status = await self._language.status(dialogue, deadline)
        if status is None:
            return UNKNOWN
        self._woken = False
        return status

    async def _resynchronise(self, dialogue: Dialogue, deadline: float) -> None:
        limit = min(deadline, asyncio.get_running_loop().time() + STALL_S)
        await dialogue.tell(self._language.resynchronise, limit)
        self._in_step = True

    def _broke_off(self, sending: _Sending) -> PrintResult:
        """What is known when sending failed or the link was lost."""
        if not sending.sent:
            return PrintResult.NOT_SENT
        # What the kernel had taken need not have arrived.
        self._in_step = False
        return PrintResult.UNKNOWN

    @asynccontextmanager
    async def _dialogue(self, deadline: float) -> AsyncIterator[Dialogue]:
        """Raises TimeoutError when another job keeps the printer, LinkLost when it cannot be reached."""
        async with asyncio.timeout_at(deadline):
            await self._lock.acquire()
        try:
            # An absent port fails at once: a caller that asks in a loop must not keep the loop from others.
            await asyncio.sleep(0)
            async with self._link.connect(deadline) as stream:
                yield Dialogue(stream, self._flow_control, self._answer_s, self._late)
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


async def watch_idle(
    ask: Callable[[], Awaitable[PrinterStatus | None]],
    deadline: float,
    *,
    settle_s: float = 0.0,
    reprints: bool = True,
) -> Outcome:
    """Ask until the printer has nothing to do and nothing is wrong, or until `deadline`.

    A printer that was never seen at work must be idle for `settle_s`: it may not have begun.  One that was
    silent for SILENT_ANSWERS may have restarted and lost the job, which it does not tell.  Without `reprints`
    a label that met an error half-way is not printed anew by the printer.  Both leave the end unknown.
    """
    loop = asyncio.get_running_loop()
    idle, idle_since_s, silent = 0, 0.0, 0
    worked = troubled = False
    told = UNKNOWN
    while True:
        answer = await ask()
        status = answer or UNKNOWN
        silent = 0 if answer else silent + 1
        told = told if status == UNKNOWN else status
        worked = worked or PrinterFlag.BUSY in status.flags
        in_error = bool(told.flags - PASSABLE - FINISHED - UNKNOWN.flags)
        troubled = troubled or silent >= SILENT_ANSWERS or (in_error and not reprints)
        idle = 0 if status.flags - FINISHED or status.queued else idle + 1
        idle_since_s = loop.time() if idle == 1 else idle_since_s
        if idle >= IDLE_ANSWERS and (worked or loop.time() - idle_since_s >= settle_s):
            return (PrintResult.UNKNOWN if troubled else PrintResult.PRINTED), status
        if loop.time() + POLL_S >= deadline:
            # The last question may have had no time left; the one before says why.
            return PrintResult.UNKNOWN, told
        await asyncio.sleep(POLL_S)
