"""A TSPL label printer: lines in, labels out, two status questions answered at once.

It keeps its image buffer from label to label until CLS, as the real one does, and refuses what that refuses:
lines without CR, unclosed strings, numbers outside their range, pictures before the size is known to fit.
`black_bit` 1, `answers_detail` False and `answers` False are the clones.  Sources: TSC TTP-244 Plus manual p.
85, Gprinter GP-2120T manual p. 34, Brother TD-4420TN FBPL reference p. 98.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from simulators.dot_page import DotJob, DotPage, DrawingError
from simulators.printer_body import DOTS_PER_MM, Conditions, PrinterBody
from simulators.printer_port import Say
from simulators.tspl_stream import TsplCommand, TsplStream

__all__ = ["TsplPrinter", "status_byte", "status_frame"]

MAX_COPIES: Final = 1_000
MM_PER_INCH: Final = 25.4

_SETTINGS: Final = frozenset(
    {"GAP", "BLINE", "DIRECTION", "REFERENCE", "OFFSET", "DENSITY", "SPEED", "SET", "CODEPAGE", "SHIFT"}
)
_NOT_DRAWN: Final = frozenset({"TEXT", "BARCODE", "QRCODE", "BAR", "BOX", "REVERSE", "ERASE", "DMATRIX"})


class TsplPrinter(PrinterBody):
    """One printer."""

    def __init__(
        self,
        out_dir: str | Path,
        *,
        width_dots: int = 608,
        length_dots: int = 1_040,
        black_bit: int = 0,
        answers_detail: bool = True,
        answers: bool = True,
        model: str = "TTP-244 Plus",
        **body: Any,
    ) -> None:
        """`body` as `PrinterBody`."""
        super().__init__(out_dir, **body)
        self._black_bit = black_bit
        self._answers_detail = answers_detail
        self._answers = answers
        self._model = model
        self._stream = TsplStream()
        self._page = DotPage(width_dots, length_dots)
        self._not_drawn: set[str] = set()

    async def hear(self, data: bytes, say: Say) -> None:
        """Obey what is complete."""
        for command in self._stream.feed(data):
            if command.name.startswith(("ESC!", "~!")):
                if self._answers:
                    await self._answer(command.name, say)
                continue
            try:
                job = self._obey(command)
            except ValueError as error:
                self.problems.append(f"{command.name}: {error}")
                continue
            if job is not None:
                await self.take(job)

    def forget(self) -> None:
        """Half a command is dropped."""
        self._stream.reset()

    async def _answer(self, name: str, say: Say) -> None:
        busy = self.waiting > 0
        if name == "ESC!?":
            await say(bytes((status_byte(self.conditions(), busy=busy),)))
        elif name == "ESC!S" and self._answers_detail:
            await say(status_frame(self.conditions(), busy=busy))
        elif name == "~!T":
            await say(self._model.encode("ascii") + b"\r\n")

    def _obey(self, command: TsplCommand) -> DotJob | None:
        name, rest = command.name, command.rest
        if not command.line_end:
            raise ValueError("the line ends without CR")
        if rest.count('"') % 2:
            raise ValueError("a string is not closed")
        if name == "SIZE":
            self._page = DotPage(*_size(rest))
        elif name == "CLS":
            self._page, self._not_drawn = DotPage(*self._page.size), set()
        elif name == "BITMAP":
            self._bitmap(rest, command.data)
        elif name == "PRINT":
            return DotJob(self._page.copy(), _copies(rest), set(self._not_drawn))
        elif name in _NOT_DRAWN:
            self._not_drawn.add(name)
        elif name not in _SETTINGS:
            raise ValueError("no such command")
        return None

    def _bitmap(self, rest: str, data: bytes) -> None:
        left, top, row_bytes, _, mode = (int(each) for each in rest.split(","))
        dots = data if self._black_bit else bytes(byte ^ 0xFF for byte in data)
        draw = {0: self._page.overwrite, 1: self._page.add, 2: self._page.invert}.get(mode)
        if draw is None or min(left, top) < 0:
            raise DrawingError(f"BITMAP {rest}")
        draw(left, top, row_bytes, dots)


def status_byte(now: Conditions, *, busy: bool) -> int:
    """The answer to ESC ! ?."""
    return (
        0x01 * now.head_open
        | 0x02 * now.jam
        | 0x04 * now.paper_out
        | 0x08 * now.ribbon_out
        | 0x10 * now.paused
        | 0x20 * (busy and not now.in_error)
        | 0x80 * now.too_hot
    )


def status_frame(now: Conditions, *, busy: bool) -> bytes:
    """The answer to ESC ! S: message, warning and two error bytes above 40h."""
    if now.in_error:
        message = 0x45
    elif now.paused:
        message = 0x60
    elif now.label_waiting:
        message = 0x4C
    else:
        message = 0x50 if busy else 0x40
    warning = 0x40 | 0x08 * now.buffer_full | 0x01 * now.paper_low
    error = 0x40 | 0x01 * now.too_hot
    media = 0x40 | 0x01 * now.paper_out | 0x02 * now.jam | 0x04 * now.ribbon_out | 0x20 * now.head_open
    return bytes((0x02, message, warning, error, media, 0x03, 0x0D, 0x0A))


def _size(rest: str) -> tuple[int, int]:
    """`w mm,h mm`, inches without a unit, or `w dot,h dot`."""
    sides = [re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(mm|dot)?\s*", side) for side in rest.split(",")]
    if len(sides) != 2:
        raise ValueError(f"SIZE {rest}")
    dots = []
    for side in sides:
        if side is None:
            raise ValueError(f"SIZE {rest}")
        per = {"mm": DOTS_PER_MM, "dot": 1.0, None: DOTS_PER_MM * MM_PER_INCH}[side[2]]
        dots.append(round(float(side[1]) * per))
    return dots[0], dots[1]


def _copies(rest: str) -> int:
    sets, _, copies = rest.partition(",")
    count = int(sets) * int(copies or "1")
    if not 1 <= count <= MAX_COPIES:
        raise ValueError(f"PRINT {rest}")
    return count
