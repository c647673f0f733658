"""Label printers that speak TSPL: TSC, Gprinter, Xprinter, HPRT and most Chinese desktop printers (see
hal/framing/tspl.py for the language).

ESC ! ? is known to all that answer, ESC ! S tells more and is known to some.  On serial lines with XON/XOFF
an ESC ! ? answer of 11h or 13h (paused with the head open) cannot be told from flow control; ESC ! S can.
"""

from __future__ import annotations

from collections.abc import Callable

from hal.framing import tspl
from hal.interfaces import PrinterStatus, Raster
from hal.printers.dialogue import Dialogue, lone_byte
from hal.printers.job_printer import Outcome, watch_idle

__all__ = ["KIND", "Tspl"]

KIND = "tspl"
DETAIL_TIMEOUT_S = 0.5
"""For ESC ! S, which many clones never answer."""
SETTLE_S = 2.0
"""A printer has begun to feed by then: imaging a page of raster takes some 100 ms."""
MAX_MODEL_BYTES = 64


class Tspl:
    """A `Language`.  `media`, `gap_mm` and `black_bit` as `hal.framing.tspl.encode_page`."""

    resynchronise = tspl.RESYNCHRONISE
    swallows = True

    def __init__(self, *, media: tspl.Media, gap_mm: int, black_bit: int) -> None:
        self._media = media
        self._gap_mm = gap_mm
        self._black_bit = black_bit
        self._knows_detail: bool | None = None

    def encode(self, page: Raster) -> bytes:
        """One label."""
        return tspl.encode_page(page, media=self._media, gap_mm=self._gap_mm, black_bit=self._black_bit)

    async def status(self, dialogue: Dialogue, deadline: float) -> PrinterStatus | None:
        """ESC ! S where it is known, otherwise ESC ! ?."""
        if self._knows_detail:
            detail = await self._detail(dialogue, deadline)
            if detail is not None:
                return detail
        value = await dialogue.ask(tspl.ASK_STATUS_BYTE, lone_byte, deadline)
        if self._knows_detail is None or (value is None and not self._knows_detail):
            detail = await self._detail(dialogue, deadline)
            if detail is not None:
                self._knows_detail = True
                return detail
            if value is not None:
                self._knows_detail = False
        return None if value is None else tspl.parse_status_byte(value)

    async def begin(self, dialogue: Dialogue, deadline: float) -> None:
        """Nothing to say."""

    async def overhear(self, dialogue: Dialogue) -> PrinterStatus | None:
        """None: it tells nothing unasked."""
        return None

    async def watch(self, dialogue: Dialogue, deadline: float) -> Outcome:
        """Until it has worked and is idle.  Whether a label that met an error is printed anew is a setting
        of the printer (SET REPRINT), so its end is unknown."""
        return await watch_idle(
            lambda: self.status(dialogue, deadline), deadline, settle_s=SETTLE_S, reprints=False
        )

    async def model(self, dialogue: Dialogue, deadline: float) -> str | None:
        """The model by ~!T."""
        return await dialogue.ask(tspl.ASK_MODEL, _line(), deadline)

    async def _detail(self, dialogue: Dialogue, deadline: float) -> PrinterStatus | None:
        received = bytearray()

        def take(data: bytes) -> PrinterStatus | None:
            received.extend(data)
            return tspl.parse_status(bytes(received))

        return await dialogue.ask(tspl.ASK_STATUS, take, deadline, min(DETAIL_TIMEOUT_S, dialogue.answer_s))


def _line() -> Callable[[bytes], str | None]:
    """Takes text up to its line end."""
    received = bytearray()

    def take(data: bytes) -> str | None:
        received.extend(data[: MAX_MODEL_BYTES - len(received)])
        text, ended, _ = received.partition(b"\n")
        name = text.decode("ascii", "replace").strip()
        return name if ended and name and name.isprintable() else None

    return take
