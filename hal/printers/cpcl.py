"""Mobile printers that speak CPCL: Zebra QL and ZQ, Brother RJ, HPRT and courier belt printers (see
hal/framing/cpcl.py for the language).

ESC h is known to all, ESC i tells more and is known to some.  A printer that restarted during a job, as one
with an empty battery does, looks idle behind it: the reset bit tells, which is cleared before each job.
"""

from __future__ import annotations

from collections.abc import Callable

from hal.framing import cpcl
from hal.interfaces import PrinterStatus, PrintResult, Raster
from hal.printers.dialogue import Dialogue
from hal.printers.job_printer import Outcome, watch_idle

__all__ = ["KIND", "Cpcl"]

KIND = "cpcl"
MORE_TIMEOUT_S = 0.5
"""For ESC i, which not every model answers."""
SETTLE_S = 2.0
"""A printer has begun to feed by then."""
MAX_IDENTITY_BYTES = 256


class Cpcl:
    """A `Language`.  `to_gap` feeds to the next label behind a page."""

    resynchronise = cpcl.RESYNCHRONISE
    swallows = True

    def __init__(self, *, to_gap: bool) -> None:
        self._to_gap = to_gap
        self._knows_more: bool | None = None
        self._was_reset = False

    def encode(self, page: Raster) -> bytes:
        """One session."""
        return cpcl.encode_page(page, to_gap=self._to_gap)

    async def status(self, dialogue: Dialogue, deadline: float) -> PrinterStatus | None:
        """ESC h, and ESC i where it is known."""
        value = await dialogue.ask_byte(cpcl.ASK_STATUS, deadline)
        if value is None:
            return None
        self._was_reset = self._was_reset or cpcl.was_reset(value)
        flags = cpcl.parse_status(value).flags
        if self._knows_more is not False:
            within_s = min(MORE_TIMEOUT_S, dialogue.answer_s)
            more = await dialogue.ask_byte(cpcl.ASK_MORE, deadline, within_s)
            if more is not None:
                flags |= cpcl.parse_more(more)
            self._knows_more = self._knows_more or more is not None
        return PrinterStatus(flags, None)

    async def begin(self, dialogue: Dialogue, deadline: float) -> None:
        """Clear the reset bit."""
        await dialogue.tell(cpcl.CLEAR_RESET, deadline)
        self._was_reset = False

    async def overhear(self, dialogue: Dialogue) -> PrinterStatus | None:
        """None: it tells nothing unasked."""
        return None

    async def watch(self, dialogue: Dialogue, deadline: float) -> Outcome:
        """Until it has worked and is idle; unknown when it restarted or met an error meanwhile."""
        result, status = await watch_idle(
            lambda: self.status(dialogue, deadline), deadline, settle_s=SETTLE_S, reprints=False
        )
        return (PrintResult.UNKNOWN if self._was_reset else result), status

    async def model(self, dialogue: Dialogue, deadline: float) -> str | None:
        """Model and firmware by ESC v."""
        return await dialogue.ask(cpcl.ASK_IDENTITY, _identity(), deadline)


def _identity() -> Callable[[bytes], str | None]:
    received = bytearray()

    def take(data: bytes) -> str | None:
        received.extend(data[: MAX_IDENTITY_BYTES - len(received)])
        return cpcl.parse_identity(bytes(received))

    return take
