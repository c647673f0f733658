"""A label printer at its driver, and what a case may do around it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hal.conformance.cases import CaseFailed, expect
from hal.conformance.control import Control, poll, soon
from hal.interfaces import LabelPrinter, PrinterFlag, PrinterStatus, Raster, TraceLine

__all__ = ["PrinterBench", "PrinterTraits"]

WAIT_S = 15.0


@dataclass(frozen=True, slots=True)
class PrinterTraits:
    """What a language can say.

    `words` gives the flag for each fault of the simulators' menu, None where the printer looks ready, and is
    empty when nobody said; `tells_queue`: it counts the labels it has not printed; `prints_anew`: what met an
    error half-way is known to come out anew.
    """

    words: Mapping[str, PrinterFlag | None] = field(default_factory=dict)
    model: str | None = None
    tells_queue: bool | None = None
    prints_anew: bool = False


@dataclass(slots=True)
class PrinterBench:
    """`width_dots` is the head's; `tell` asks for something by hand."""

    printer: LabelPrinter
    width_dots: int
    control: Control | None = None
    traits: PrinterTraits = PrinterTraits()
    tell: Callable[[str], None] = lambda text: None

    def trace(self) -> tuple[TraceLine, ...]:
        """The last bytes of its link."""
        return self.printer.trace.lines()

    def page(self, height_dots: int = 240) -> Raster:
        """Random dots: any shift, inversion or lost row shows, and nothing compresses."""
        width = self.width_dots - self.width_dots % 8
        return Raster(width, height_dots, random.Random(7).randbytes(width // 8 * height_dots))

    async def do(self, what: str, **arguments: Any) -> Mapping[str, Any]:
        """One request to the simulator."""
        if self.control is None:
            raise CaseFailed("there is no simulator")
        return await self.control.do(what, **arguments)

    async def inject(self, fault: str, **params: float | bool) -> None:
        """Put a fault on the printer."""
        await self.do("inject", fault=fault, target=self.printer.id, params=params)

    async def clear(self, fault: str) -> None:
        """End a fault of the printer."""
        await self.do("clear", fault=fault, target=self.printer.id)

    async def labels(self) -> list[Mapping[str, Any]]:
        """What came out of the simulated printer: `width`, `height`, `rows` in hex, `not_drawn`."""
        told: list[Mapping[str, Any]] = (await self.do("printer", printer=self.printer.id))["labels"]
        return told

    async def waiting(self) -> int:
        """Jobs that the simulated printer has taken whole and not printed."""
        return int((await self.do("printer", printer=self.printer.id))["waiting"])

    async def job_waits(self) -> None:
        """Return when a job is in the printer."""

        async def there() -> bool:
            return await self.waiting() > 0

        await poll(there, WAIT_S, "the printer has a job")

    async def is_ready(self) -> PrinterStatus:
        """Ask until it is ready.  Raises TimeoutError."""
        status = await self.printer.status(soon(5))

        async def ready() -> bool:
            nonlocal status
            status = await self.printer.status(soon(5))
            return status.ready

        if not status.ready:
            await poll(ready, WAIT_S, "the printer is ready")
        return status

    async def came_out(self, page: Raster, index: int = -1) -> None:
        """A label is the page, dot for dot."""
        label = (await self.labels())[index]
        size = (label["width"], label["height"])
        expect(size == (page.width_dots, page.height_dots), f"a label of {size} dots")
        expect(not label["not_drawn"], f"not drawn: {label['not_drawn']}")
        expect(bytes.fromhex(label["rows"]) == page.rows, "other dots than the page's")
