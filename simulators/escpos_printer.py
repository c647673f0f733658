"""An ESC/POS receipt printer: rasters on one long paper, cut into pages.

Real-time status is answered as the bytes arrive, even out of a raster; GS r 1 in its turn, when all before it
is printed.  It refuses rasters in other than normal size, drops what is wider than its head, and tells what
it cannot draw.  Without a cut the next page hangs on this one.  Sources: Epson TM-U220, TM-L60II, TM-T88III,
Citizen CT-S2000, Bixolon SRP-350.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from simulators.dot_page import MAX_LENGTH_DOTS, DotJob, DotPage
from simulators.escpos_stream import EscPosCommand, EscPosStream, RealTime
from simulators.printer_body import Conditions, PrinterBody
from simulators.printer_port import Say

__all__ = ["EscPosPrinter", "automatic_status", "real_time_status"]

_NOT_DRAWN: Final = {b"\x1dk": "GS k", b"\x1d(": "GS ( k", b"text": "text", b"\x1c2": "FS 2"}
_DRAWING: Final = 0x30
PAPER_NEAR_END: Final = 0x03
PAPER_END: Final = 0x0C


class EscPosPrinter(PrinterBody):
    """One printer.  `hears_in_raster` False for models that count a raster's bytes before they look,
    `answers_end` False for those that do not know GS r."""

    def __init__(
        self,
        out_dir: str | Path,
        *,
        width_dots: int = 608,
        hears_in_raster: bool = True,
        answers_end: bool = True,
        **body: Any,
    ) -> None:
        """`body` as `PrinterBody`."""
        super().__init__(out_dir, **body)
        self._width_dots = width_dots
        self._hears_in_raster = hears_in_raster
        self._answers_end = answers_end
        self._stream = EscPosStream()
        self._real_time = RealTime()
        self._strips: list[tuple[int, bytes]] = []
        self._not_drawn: set[str] = set()
        self._watching: Say | None = None
        self._told = b""

    async def hear(self, data: bytes, say: Say) -> None:
        """Answer what is asked at once, then obey what is complete."""
        if self._hears_in_raster:
            for question in self._real_time.feed(data):
                await self._answer(question, say)
        for command in self._stream.feed(data):
            if command.code == b"dle" and not self._hears_in_raster:
                await self._answer(b"\x10" + command.params, say)
            try:
                await self._obey(command, say)
            except ValueError as error:
                self.problems.append(f"{command.code!r}: {error}")

    def forget(self) -> None:
        """Half a command is dropped, and nobody listens any more."""
        self._stream.reset()
        self._watching = None

    def restarted(self) -> None:
        """What lies before the cutter stays there."""
        self.forget()
        self._strips.clear()

    def refresh(self) -> None:
        """Tell a change to a host that wanted to know."""
        super().refresh()
        status = automatic_status(self.conditions())
        if self._watching is not None and status != self._told:
            self._told = status
            self._connector.spawn(_spoken(self._watching, status))

    async def _answer(self, question: bytes, say: Say) -> None:
        if question[1] == 4 and 1 <= question[2] <= 4:
            await say(bytes((real_time_status(question[2], self.conditions()),)))
        elif question[1:] == b"\x05\x02" and self.conditions().in_error:
            self.cancel_all()

    async def _obey(self, command: EscPosCommand, say: Say) -> None:
        code, params = command.code, command.params
        if code == b"\x1dv":
            self._raster(params)
        elif code == b"\x1dV":
            await self._cut()
        elif code == b"\x1dr" and self._answers_end:
            await self.take(lambda: self._connector.spawn(self._say_paper(say)))
        elif code == b"\x1da":
            self._watching = say if params[0] else None
            self._told = b""
            self.refresh()
        elif code in _NOT_DRAWN:
            self._not_drawn.add(_NOT_DRAWN[code])
        elif code == b"unknown":
            raise ValueError(f"no such command: {params.hex(' ')}")

    def _raster(self, params: bytes) -> None:
        kind, mode = params[0], params[1]
        row_bytes = int.from_bytes(params[2:4], "little")
        if kind != _DRAWING or mode != 0 or row_bytes < 1:
            raise ValueError(f"GS v {kind:02X} in mode {mode} with {row_bytes} bytes a row")
        if sum(len(dots) // width for width, dots in self._strips) > MAX_LENGTH_DOTS:
            raise ValueError("the paper hangs on the floor")
        self._strips.append((row_bytes, params[6:]))
        if row_bytes * 8 > self._width_dots + 7:
            self.problems.append(f"{row_bytes * 8} dots are wider than the head")

    async def _cut(self) -> None:
        strips, self._strips = self._strips, []
        not_drawn, self._not_drawn = self._not_drawn, set()
        length = sum(len(dots) // width for width, dots in strips)
        if not length and not not_drawn:
            return
        page = DotPage(self._width_dots, max(1, length))
        top = 0
        for row_bytes, dots in strips:
            page.overwrite(0, top, row_bytes, dots)
            top += len(dots) // row_bytes
        await self.take(DotJob(page.copy(), not_drawn=not_drawn))

    async def _say_paper(self, say: Say) -> None:
        now = self.conditions()
        await say(bytes((PAPER_NEAR_END * now.paper_low | PAPER_END * now.paper_out,)))


async def _spoken(say: Say, data: bytes) -> None:
    await say(data)


def real_time_status(n: int, now: Conditions) -> int:
    """The answer to DLE EOT `n`."""
    if n == 1:
        return 0x12 | 0x08 * (now.in_error or now.paused)
    if n == 2:
        return 0x12 | 0x04 * now.head_open | 0x20 * now.paper_out | 0x40 * (now.jam or now.too_hot)
    if n == 3:
        return 0x12 | 0x08 * now.jam | 0x40 * now.too_hot
    return 0x12 | 0x0C * now.paper_low | 0x60 * now.paper_out


def automatic_status(now: Conditions) -> bytes:
    """The four bytes of automatic status back."""
    return bytes(
        (
            0x10 | 0x08 * (now.in_error or now.paused) | 0x20 * now.head_open,
            0x08 * now.jam | 0x40 * now.too_hot,
            PAPER_NEAR_END * now.paper_low | PAPER_END * now.paper_out,
            0,
        )
    )
