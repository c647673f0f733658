"""A ZPL label printer on TCP or on a serial line; each label it prints becomes a picture in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from simulators.printer_body import (
    DOTS_PER_MM,
    MAX_WAITING_JOBS,
    PRINT_MM_S,
    PrintedLabel,
    PrinterBody,
)
from simulators.printer_port import Say
from simulators.zpl_format import FormatReader
from simulators.zpl_status import (
    PrinterState,
    errors_and_warnings,
    host_identification,
    host_memory,
    host_status,
)
from simulators.zpl_stream import Command, ZplStream

__all__ = ["MAX_WAITING_FORMATS", "PRINT_MM_S", "PrintedLabel", "ZplPrinter"]

MAX_WAITING_FORMATS: Final = MAX_WAITING_JOBS


class ZplPrinter(PrinterBody):
    """One printer; `silent_hs`: ~HS is not answered in error, as current documents say."""

    def __init__(
        self,
        out_dir: str | Path,
        *,
        width_dots: int = 608,
        length_dots: int = 1_040,
        silent_hs: bool = True,
        model: str = "ZD420-203dpi",
        **body: Any,
    ) -> None:
        """`body` as `PrinterBody`."""
        super().__init__(out_dir, **body)
        self._silent_hs = silent_hs
        self._model = model
        self._reader = FormatReader(width_dots, length_dots)
        self._stream = ZplStream()

    def state(self) -> PrinterState:
        """What its sensors and its queue say now."""
        return PrinterState(
            self.conditions(),
            partial_format=self._reader.in_format,
            formats_waiting=self._jobs.qsize(),
            labels_left=self.copies_left,
            length_dots=self._reader.length_dots,
        )

    async def hear(self, data: bytes, say: Say) -> None:
        """Obey what is complete."""
        for command in self._stream.feed(data):
            if command.code.startswith("~"):
                await self._answer(command, say)
                continue
            job = self._reader.take(command)
            self.problems.extend(self._reader.problems)
            self._reader.problems.clear()
            if job is not None:
                await self.take(job)

    def forget(self) -> None:
        """Half a command is dropped."""
        self._stream.reset()

    async def _answer(self, command: Command, say: Say) -> None:
        state = self.state()
        if command.code == "~HS" and not (self._silent_hs and state.silences_host_status):
            await say(host_status(state))
        elif command.code == "~HQ" and command.params == b"ES":
            await say(errors_and_warnings(state))
        elif command.code == "~HI":
            await say(host_identification(self._model, DOTS_PER_MM))
        elif command.code == "~HM":
            await say(host_memory())
        elif command.code in ("~PP", "~PS"):
            self.paused = command.code == "~PP"
            self.refresh()
        elif command.code == "~JX":
            self._reader.cancel_partial()
        elif command.code == "~JA":
            self.cancel_all()
