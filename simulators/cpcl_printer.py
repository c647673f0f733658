"""A CPCL mobile printer: sessions in, labels out, a status byte outside of sessions.

It refuses lines without CR, commands outside a session, graphics whose hex is odd, and pages beyond its
memory.  `answers_more` False for models without ESC i.  Sources: Zebra CPCL manual section 11, Brother
RJ-3035B CPCL reference, HCC POS80B manual.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from simulators.cpcl_stream import CpclCommand, CpclStream
from simulators.dot_page import DotJob, DotPage
from simulators.printer_body import Conditions, PrinterBody
from simulators.printer_port import Say

__all__ = ["CpclPrinter", "more_byte", "status_byte"]

MAX_COPIES: Final = 1_000
_SETTINGS: Final = frozenset(
    {"FORM", "CENTER", "LEFT", "RIGHT", "SETMAG", "SPEED", "CONTRAST", "TONE", "ENCODING", "GAP-SENSE"}
)
_NOT_DRAWN: Final = frozenset(
    {"TEXT", "T", "T90", "T180", "T270", "BARCODE", "B", "VBARCODE", "VB", "BARCODE-TEXT", "BOX", "LINE"}
)


class CpclPrinter(PrinterBody):
    """One printer."""

    def __init__(
        self,
        out_dir: str | Path,
        *,
        width_dots: int = 608,
        answers_more: bool = True,
        model: str = "QLn320 68.20.09",
        **body: Any,
    ) -> None:
        """`body` as `PrinterBody`."""
        super().__init__(out_dir, **body)
        self._width_dots = width_dots
        self._answers_more = answers_more
        self._model = model
        self._stream = CpclStream()
        self._was_reset = True
        self._page: DotPage | None = None
        self._height = 0
        self._copies = 1
        self._in_qr = False
        self._not_drawn: set[str] = set()

    async def hear(self, data: bytes, say: Say) -> None:
        """Obey what is complete."""
        for command in self._stream.feed(data):
            if command.name.startswith("ESC "):
                await self._answer(command.name[4:], say)
                continue
            try:
                job = self._obey(command)
            except ValueError as error:
                self.problems.append(f"{command.name}: {error}")
                continue
            if job is not None:
                await self.take(job)

    def forget(self) -> None:
        """Half a session is dropped."""
        self._stream.reset()
        self._page = None

    def restarted(self) -> None:
        """The status tells of it until ESC N."""
        self.forget()
        self._was_reset = True

    async def _answer(self, letter: str, say: Say) -> None:
        now = self.conditions()
        if letter == "h":
            await say(bytes((status_byte(now, busy=self.waiting > 0, was_reset=self._was_reset),)))
        elif letter == "i" and self._answers_more:
            await say(bytes((more_byte(now),)))
        elif letter == "v":
            await say(self._model.encode("ascii") + b"\0")
        elif letter == "N":
            self._was_reset = False

    def _obey(self, command: CpclCommand) -> DotJob | None:
        name, rest = command.name, command.rest
        if not command.line_end:
            raise ValueError("the line ends without CR")
        if name == "!":
            self._begin(rest)
        elif name == "PAGE-WIDTH":
            self._page = DotPage(_between(rest, 1, self._width_dots), self._height)
        elif name in ("CG", "EG", "EXPANDED-GRAPHICS"):
            self._graphic(rest, command.data)
        elif name == "ABORT":
            self._page = None
        elif name == "PRINT":
            return self._printed()
        else:
            self._note(name, rest)
        return None

    def _begin(self, rest: str) -> None:
        _, across, down, height, copies = (int(each) for each in rest.split())
        if across != down:
            raise ValueError(f"a resolution of {across} by {down}")
        self._height, self._copies = height, _between(str(copies), 1, MAX_COPIES)
        self._not_drawn, self._in_qr = set(), False
        self._page = DotPage(self._width_dots, height)

    def _graphic(self, rest: str, data: bytes) -> None:
        if self._page is None:
            raise ValueError("outside a session")
        parts = rest.split()
        row_bytes, rows, left, top = (int(each) for each in parts[:4])
        dots = data or bytes.fromhex("".join(parts[4:]))
        if len(dots) != row_bytes * rows:
            raise ValueError(f"{len(dots)} bytes for {rows} rows of {row_bytes}")
        self._page.add(left, top, row_bytes, dots)

    def _printed(self) -> DotJob | None:
        page, self._page = self._page, None
        return None if page is None else DotJob(page.copy(), self._copies, self._not_drawn)

    def _note(self, name: str, rest: str) -> None:
        """Commands that change nothing in the picture, or should and do not."""
        if self._page is None:
            raise ValueError("outside a session")
        if self._in_qr:
            self._in_qr = name != "ENDQR"
        elif name in _NOT_DRAWN:
            self._not_drawn.add(name)
            self._in_qr = rest.upper().startswith("QR ")
        elif name not in _SETTINGS:
            raise ValueError("no such command")


def status_byte(now: Conditions, *, busy: bool, was_reset: bool) -> int:
    """The answer to ESC h."""
    return 0x01 * (busy or now.buffer_full) | 0x02 * now.paper_out | 0x04 * now.head_open | 0x10 * was_reset


def more_byte(now: Conditions) -> int:
    """The answer to ESC i."""
    return 0x80 * now.ribbon_out | 0x40 * now.paper_low | 0x20 * now.label_waiting | 0x10 * now.jam


def _between(text: str, low: int, high: int) -> int:
    value = int(text)
    if not low <= value <= high:
        raise ValueError(f"{value} is not in {low}..{high}")
    return value
