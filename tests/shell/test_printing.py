"""Print jobs: sent once, one after the other, each with one outcome, at most so many waiting."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from edge.core.effects import Print
from edge.core.inputs import Input, PrintOutcome
from edge.core.model import ErrorCode
from edge.shell.printing import MAX_JOBS, PRINT_TIMEOUT_S, Printing
from hal.interfaces import PrinterFlag, PrinterStatus, PrintResult, Raster, TraceLine
from tests.shell.station_rig import until

PAGE = Raster(8, 1, b"\x00")


class NoTrace:
    def lines(self) -> tuple[TraceLine, ...]:
        return ()


class FakePrinter:
    def __init__(self) -> None:
        self.id = "label"
        self.trace = NoTrace()
        self.result = PrintResult.PRINTED
        self.flags: frozenset[PrinterFlag] = frozenset()
        self.pages: list[Raster] = []
        self.together = 0
        self.most_together = 0
        self.patience_s: list[float] = []
        self.go = asyncio.Event()
        self.go.set()

    async def status(self, deadline: float) -> PrinterStatus:
        return PrinterStatus(self.flags)

    async def print_page(
        self, page: Raster, deadline: float, progress: Callable[[int, int], None] | None = None
    ) -> tuple[PrintResult, PrinterStatus]:
        self.patience_s.append(deadline - asyncio.get_running_loop().time())
        self.pages.append(page)
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        await self.go.wait()
        self.together -= 1
        return self.result, PrinterStatus(self.flags)

    def wire_time_s(self, page: Raster) -> float:
        return 0.0

    async def model(self, deadline: float) -> str | None:
        return None


class Shop:
    def __init__(self, printer: FakePrinter | None) -> None:
        self.posted: list[Input] = []
        self.draw: Callable[[], Raster] = lambda: PAGE
        self.printing = Printing(printer, self._prepare, self.posted.append)

    def _prepare(self, effect: Print) -> Callable[[], Raster]:
        if effect.parcel == "gone":
            raise KeyError(effect.parcel)
        return self.draw

    async def outcome(self) -> PrintOutcome:
        await until(lambda: self.posted)
        [item] = self.posted
        assert isinstance(item, PrintOutcome)
        return item


@contextlib.asynccontextmanager
async def open_shop(printer: FakePrinter | None) -> AsyncIterator[Shop]:
    shop = Shop(printer)
    task = asyncio.create_task(shop.printing.run())
    yield shop
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def job(number: int = 1, parcel: str = "p1") -> Print:
    return Print(f"j{number}", "receipt", parcel)


NO_PAPER = frozenset({PrinterFlag.PAPER_OUT, PrinterFlag.PAUSED})


@pytest.mark.parametrize(
    ("result", "flags", "outcome"),
    [
        (PrintResult.PRINTED, frozenset(), PrintOutcome("j1", "printed")),
        (
            PrintResult.NOT_SENT,
            NO_PAPER,
            PrintOutcome("j1", "failed", ErrorCode.PRINTER_OUT_OF_PAPER, "paper-out, paused"),
        ),
        (
            PrintResult.UNKNOWN,
            NO_PAPER,
            PrintOutcome("j1", "unknown", ErrorCode.PRINTER_OUT_OF_PAPER, "paper-out, paused"),
        ),
        (
            PrintResult.NOT_SENT,
            frozenset({PrinterFlag.UNREACHABLE}),
            PrintOutcome("j1", "failed", ErrorCode.PRINTER_UNAVAILABLE, "unreachable"),
        ),
        (
            PrintResult.UNKNOWN,
            frozenset(),
            PrintOutcome("j1", "unknown", ErrorCode.PRINTER_UNAVAILABLE, ""),
        ),
    ],
)
async def test_what_the_printer_says_becomes_one_outcome(
    result: PrintResult, flags: frozenset[PrinterFlag], outcome: PrintOutcome
) -> None:
    printer = FakePrinter()
    printer.result, printer.flags = result, flags
    async with open_shop(printer) as shop:
        shop.printing.start(job())
        assert await shop.outcome() == outcome
        assert printer.pages == [PAGE], "a job is sent once"
        assert 0 < printer.patience_s[0] <= PRINT_TIMEOUT_S


async def test_without_a_printer_a_job_fails_at_once() -> None:
    async with open_shop(None) as shop:
        shop.printing.start(job())
        outcome = await shop.outcome()
        assert (outcome.result, outcome.error) == ("failed", ErrorCode.PRINTER_UNAVAILABLE)


async def test_jobs_go_one_after_the_other_and_beyond_the_bound_are_refused_by_name() -> None:
    printer = FakePrinter()
    printer.go.clear()
    async with open_shop(printer) as shop:
        shop.printing.start(job(0))
        await until(lambda: printer.pages)
        for number in range(1, MAX_JOBS + 3):
            shop.printing.start(job(number))
        refused = [item for item in shop.posted if isinstance(item, PrintOutcome)]
        assert [item.job for item in refused] == [f"j{MAX_JOBS + 1}", f"j{MAX_JOBS + 2}"]
        assert {item.result for item in refused} == {"failed"}

        printer.go.set()
        await until(lambda: len(shop.posted) == MAX_JOBS + 3)
        done = [item.job for item in shop.posted if isinstance(item, PrintOutcome) and item.error is None]
        assert done == [f"j{number}" for number in range(MAX_JOBS + 1)]
        assert printer.most_together == 1


async def test_a_page_that_cannot_be_drawn_fails_its_job_and_no_other() -> None:
    printer = FakePrinter()
    async with open_shop(printer) as shop:

        def broken() -> Raster:
            raise ValueError("no such letter")

        shop.draw = broken
        shop.printing.start(job(1))
        outcome = await shop.outcome()
        assert (outcome.result, outcome.detail) == ("failed", "no such letter")
        assert printer.pages == []
        shop.draw = lambda: PAGE
        shop.printing.start(job(2))
        await until(lambda: shop.posted[-1] == PrintOutcome("j2", "printed"))


async def test_a_job_for_a_parcel_already_forgotten_is_refused_and_harms_nobody() -> None:
    async with open_shop(FakePrinter()) as shop:
        shop.printing.start(job(1, "gone"))
        assert (await shop.outcome()).result == "failed"
