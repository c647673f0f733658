"""Receipt printers that speak ESC/POS (see hal/framing/escpos.py for the language).

Nothing tells that such a printer is at work, but GS r 1 is answered in its turn: a job ends with it, and its
answer is the end of the job.  DLE EOT is answered at once, even with a full buffer; its bytes inside a raster
may be answered too, so nothing is asked while a job is sent, and what came meanwhile is thrown away.  A page
that met the end of the paper goes on in its middle on the new roll: its end is unknown.
"""

from __future__ import annotations

import asyncio

from hal.framing import escpos
from hal.framing.escpos import Answer, AnswerKind, Answers
from hal.interfaces import PrinterStatus, PrintResult, Raster
from hal.printers.dialogue import Dialogue
from hal.printers.job_printer import PASSABLE, POLL_S, UNKNOWN, Outcome

__all__ = ["KIND", "EscPos"]

KIND = "escpos"
BEGIN_S = 15.0
"""For what was sent before: a page takes some seconds.  After that it is no page but half a raster."""
MAX_ENDS_MISSED = 2
"""The second time a half raster has been ended: then the printer does not know the question."""
QUIET_S = 0.3
"""Answers to GS r 1 that were owed come back to back; after so much silence none is left."""


class EscPos:
    """A `Language`.  `cut` feeds to the cutter and cuts after each page."""

    swallows = True

    def __init__(self, *, cut: bool) -> None:
        self._cut = cut
        self._ends_missed = 0
        # What broke off shall not hang on the next page.
        self.resynchronise = escpos.RESYNCHRONISE + (escpos.FEED_AND_CUT if cut else b"")

    @property
    def _tells_no_end(self) -> bool:
        return self._ends_missed >= MAX_ENDS_MISSED

    def encode(self, page: Raster) -> bytes:
        """The page and the question for its end."""
        return escpos.encode_page(page, cut=self._cut)

    async def status(self, dialogue: Dialogue, deadline: float) -> PrinterStatus | None:
        """DLE EOT 1 to 4, one after the other; None unless all four are answered."""
        await dialogue.discard()
        return await _conditions(dialogue, _Ear(), deadline)

    async def begin(self, dialogue: Dialogue, deadline: float) -> None:
        """Wait until all that was sent before is carried out, lest its end be taken for this job's.

        Raises TimeoutError, but not for ever: some models answer GS r on serial lines only, and print.
        """
        loop = asyncio.get_running_loop()
        ear = _Ear()
        within_s = dialogue.answer_s if self._tells_no_end else BEGIN_S
        if await dialogue.ask(escpos.ASK_END, ear.end, deadline, within_s) is None:
            self._ends_missed += 1
            if not self._tells_no_end or loop.time() >= deadline:
                raise TimeoutError("the printer has not carried out what was sent before")
            return
        self._ends_missed = 0
        while await dialogue.hear(ear.end, min(deadline, loop.time() + QUIET_S)):
            pass

    async def overhear(self, dialogue: Dialogue) -> PrinterStatus | None:
        """The last change it told of, unless that is none."""
        ear = _Ear()
        await dialogue.hear(ear.end, asyncio.get_running_loop().time())
        return ear.changed if ear.changed is not None and not ear.changed.ready else None

    async def watch(self, dialogue: Dialogue, deadline: float) -> Outcome:
        """Until GS r 1 is answered; conditions are asked for meanwhile.  Unknown where it never is."""
        loop = asyncio.get_running_loop()
        ear = _Ear()
        troubled, told = False, UNKNOWN
        while True:
            # Before each question a while of listening, in which bytes answered out of the raster pass by.
            await dialogue.hear(ear.end, min(deadline, loop.time() + POLL_S))
            status = await _conditions(dialogue, ear, deadline)
            told = status or told
            troubled = troubled or bool(told.flags - PASSABLE and told != UNKNOWN)
            troubled = troubled or ear.noisy
            if ear.ended:
                return (PrintResult.UNKNOWN if troubled else PrintResult.PRINTED), told
            if self._tells_no_end or loop.time() + POLL_S >= deadline:
                return PrintResult.UNKNOWN, told

    async def model(self, dialogue: Dialogue, deadline: float) -> str | None:
        """None: what GS I tells differs from maker to maker."""
        return None


class _Ear:
    """Tells the answers of one stretch of listening apart: `ended` once GS r 1 was answered, `changed` what
    the printer told by itself."""

    def __init__(self) -> None:
        self.ended = False
        self.changed: PrinterStatus | None = None
        self._answers = Answers()

    def real_time(self, data: bytes) -> int | None:
        """The answer to DLE EOT in `data`; several at once, or noise around it, are none."""
        answers = self._heard(data)
        found = [answer.data[0] for answer in answers if answer.kind is AnswerKind.REAL_TIME]
        return found[0] if len(found) == 1 else None

    def end(self, data: bytes) -> bool | None:
        """True when `data` holds an answer to GS r 1."""
        queued = any(answer.kind is AnswerKind.QUEUED for answer in self._heard(data))
        return True if queued else None

    @property
    def noisy(self) -> bool:
        """True once bytes came that are no answers: then others may only look like some."""
        return self._answers.noise > 0

    def _heard(self, data: bytes) -> list[Answer]:
        """The answers in `data`, none when there is noise among them."""
        before = self._answers.noise
        answers = self._answers.feed(data)
        if self._answers.noise != before:
            return []
        for answer in answers:
            self.ended = self.ended or answer.kind is AnswerKind.QUEUED
            if answer.kind is AnswerKind.AUTOMATIC:
                self.changed = escpos.parse_automatic_status(answer.data)
        return answers


async def _conditions(dialogue: Dialogue, ear: _Ear, deadline: float) -> PrinterStatus | None:
    loop = asyncio.get_running_loop()
    told = bytearray()
    await dialogue.pass_late(deadline, ear.end)
    for question in escpos.ASK_REAL_TIME:
        limit = min(deadline, loop.time() + dialogue.answer_s)
        await dialogue.tell(question, limit)
        value = await dialogue.hear(ear.real_time, limit)
        if value is None:
            dialogue.missed()
            return None
        told.append(value)
    return escpos.parse_real_time(bytes(told))
