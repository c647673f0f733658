"""Print jobs made real: drawn off the loop, sent once, their end observed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from edge.core.effects import Print
from edge.core.inputs import Input, PrintOutcome
from edge.core.model import ErrorCode
from hal.interfaces import LabelPrinter, PrinterFlag, PrinterStatus, PrintResult, Raster

__all__ = ["MAX_JOBS", "Printing"]

MAX_JOBS: Final = 16
"""Jobs waiting for the printer: a courier's round; more means it is stuck: refused with a record."""

PRINT_TIMEOUT_S: Final = 60.0
"""For one page beside its time on the wire: 130 mm at the slowest 50 mm/s, and a person who clears a jam."""

_log = logging.getLogger(__name__)


class Printing:
    """One printer, one job at a time.

    `prepare` takes what the page needs out of the state at once and returns
    how to draw it, which may block, or raises KeyError for no such parcel; `post` takes the outcome.
    """

    def __init__(
        self,
        printer: LabelPrinter | None,
        prepare: Callable[[Print], Callable[[], Raster]],
        post: Callable[[Input], None],
    ) -> None:
        self._printer = printer
        self._prepare = prepare
        self._post = post
        self._jobs: asyncio.Queue[tuple[Print, Callable[[], Raster]]] = asyncio.Queue(MAX_JOBS)

    def start(self, effect: Print) -> None:
        """Queue a job; refused at once when there is no printer or too many wait."""
        if self._printer is None:
            self._refuse(effect, "no printer is configured")
            return
        try:
            self._jobs.put_nowait((effect, self._prepare(effect)))
        except asyncio.QueueFull:
            self._refuse(effect, f"{MAX_JOBS} jobs wait already")
        except KeyError:
            self._refuse(effect, "the parcel is not known any more")

    def _refuse(self, effect: Print, detail: str) -> None:
        self._post(PrintOutcome(effect.job, "failed", ErrorCode.PRINTER_UNAVAILABLE, detail))

    async def run(self) -> None:
        """Print for ever, one job after the other."""
        while True:
            effect, draw = await self._jobs.get()
            try:
                outcome = PrintOutcome(effect.job, *await self._print(draw))
            except Exception as error:  # the unit is a job: a name no font can draw, for one
                _log.exception("print job %s failed", effect.job)
                outcome = PrintOutcome(effect.job, "failed", ErrorCode.PRINTER_UNAVAILABLE, str(error)[:120])
            self._post(outcome)

    async def _print(self, draw: Callable[[], Raster]) -> tuple[str, ErrorCode | None, str]:
        assert self._printer is not None, "start() refuses without a printer"
        page = await asyncio.to_thread(draw)
        patience_s = PRINT_TIMEOUT_S + self._printer.wire_time_s(page)
        deadline = asyncio.get_running_loop().time() + patience_s
        result, status = await self._printer.print_page(page, deadline)
        if result is PrintResult.PRINTED:
            return "printed", None, ""
        word = "failed" if result is PrintResult.NOT_SENT else "unknown"
        return word, _error(status), ", ".join(sorted(status.flags))


def _error(status: PrinterStatus) -> ErrorCode:
    if PrinterFlag.PAPER_OUT in status.flags:
        return ErrorCode.PRINTER_OUT_OF_PAPER
    return ErrorCode.PRINTER_UNAVAILABLE
