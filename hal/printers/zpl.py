"""Label printers that speak ZPL II (see hal/framing/zpl.py for the language).

~HS is not answered at all while media or ribbon is out, the head is open or too hot (docs.zebra.com, ~HS), so
silence is followed by ~HQES.  The printer counts what it has not printed, and prints a label again that met
an error half-way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hal.framing import zpl
from hal.interfaces import PrinterFlag, PrinterStatus, Raster
from hal.printers.dialogue import Dialogue
from hal.printers.job_printer import UNKNOWN, Outcome, watch_idle

__all__ = ["KIND", "Zpl"]

KIND = "zpl"

T = TypeVar("T")


class Zpl:
    """A `Language`; its pictures are text, so what breaks off ends with the next command."""

    resynchronise = zpl.CANCEL_PARTIAL
    swallows = False

    def encode(self, page: Raster) -> bytes:
        """One label format."""
        return zpl.encode_page(page)

    async def status(self, dialogue: Dialogue, deadline: float) -> PrinterStatus | None:
        """~HS, and ~HQES when it meets silence or tells of a pause alone, which a jam is too; UNKNOWN when
        neither explains itself."""
        status = await dialogue.ask(zpl.ASK_HOST_STATUS, _frames(_host_status), deadline)
        if status is None:
            status = await dialogue.ask(zpl.ASK_ERRORS, _frames(_errors_or_status), deadline)
        elif PrinterFlag.PAUSED in status.flags:
            cause = await dialogue.ask(zpl.ASK_ERRORS, _frames(_errors_or_status), deadline)
            if cause is not None:
                status = PrinterStatus(status.flags | cause.flags, status.queued)
        if status is not None and status.ready and status.queued is None:
            # No error told, yet ~HS went unanswered: a full rewinder has no flag anywhere.
            return UNKNOWN
        return status

    async def begin(self, dialogue: Dialogue, deadline: float) -> None:
        """Nothing to say."""

    async def overhear(self, dialogue: Dialogue) -> PrinterStatus | None:
        """None: it tells nothing unasked."""
        return None

    async def watch(self, dialogue: Dialogue, deadline: float) -> Outcome:
        """Until nothing is queued and nothing is wrong."""
        return await watch_idle(lambda: self.status(dialogue, deadline), deadline)

    async def model(self, dialogue: Dialogue, deadline: float) -> str | None:
        """Model and firmware by ~HI."""
        return await dialogue.ask(zpl.ASK_IDENTITY, _frames(_identity), deadline)


def _frames(read: Callable[[list[str]], T | None]) -> Callable[[bytes], T | None]:
    """Hands `read` all answers since the question."""
    replies, frames = zpl.ReplyFrames(), list[str]()

    def take(data: bytes) -> T | None:
        frames.extend(replies.feed(data))
        return read(frames)

    return take


def _host_status(frames: list[str]) -> PrinterStatus | None:
    return zpl.parse_host_status(frames[-zpl.HOST_STATUS_FRAMES :])


def _errors_or_status(frames: list[str]) -> PrinterStatus | None:
    """The answer to ~HQES; the late one to ~HS before it will do as well."""
    found = [status for status in map(zpl.parse_errors, frames) if status is not None]
    return found[-1] if found else _host_status(frames)


def _identity(frames: list[str]) -> str | None:
    found = [identity for identity in map(zpl.parse_identity, frames) if identity is not None]
    return found[-1] if found else None
