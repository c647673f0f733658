"""Large pages on slow serial lines: progress, an unplugged adapter in the middle, and the service goes on."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise
from pathlib import Path

import pytest

from edge.core.effects import Print
from edge.core.inputs import Input, PrintOutcome
from edge.shell.printing import Printing
from hal.interfaces import PrinterFlag, PrintResult, Raster
from hal.registry import PrinterSettings, build
from simulators.faults import FaultMenu
from tests.support.paper import PRINTERS

BAUD = 921_600
"""Eight times the fastest usual one, so that a test need not wait for 28 s of wire time."""

HELD_BYTES = 65_536 + 16_384
"""What may be under way: Linux lets 64 kB wait between the two ends of a pty while its worker has no time
(some kilobytes as a rule; 18 kB were seen on a busy machine), port and printer hold the rest."""

ROWS = random.Random(5).randbytes(150 * 2160)
LARGE = Raster(1200, 2160, ROWS)
"""324 kB that nothing compresses."""
MIDDLE = Raster(1200, 600, ROWS[: 150 * 600])
SMALL = Raster(384, 200, ROWS[: 48 * 200])


class Line:
    """A simulated printer on a paced serial line, its driver and the service's printing."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.faults = FaultMenu()
        self.simulated = PRINTERS[kind](
            folder / "labels",
            name="label",
            path=folder / "printer",
            baud=BAUD,
            paced=True,
            faults=self.faults,
            width_dots=1200,
            print_mm_s=1000,
        )
        settings = PrinterSettings(
            "label", kind, f"serial:{folder}/printer?baud={BAUD}", width_dots=1200, answer_ms=600
        )
        self.hardware = build([], [], [], [settings])
        self.printer = self.hardware.printers["label"]

    async def __aenter__(self) -> Line:
        await self.simulated.start()
        await self.hardware.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hardware.close()
        await self.simulated.stop()

    @property
    def handed_over(self) -> int:
        """Bytes of the last bursts that went to the line, of each at most what the trace keeps."""
        return sum(burst.direction == ">" for burst in self.printer.trace.lines())


def soon(seconds: float = 20.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_progress_goes_with_the_wire(tmp_path: Path) -> None:
    told: list[tuple[float, int]] = []

    async with Line("tspl", tmp_path) as line:
        began_s = soon(0)

        def tell(sent: int, total: int) -> None:
            assert total > 324_000
            told.append((soon(0) - began_s, sent))

        result, _ = await line.printer.print_page(LARGE, soon(), tell)

    assert result is PrintResult.PRINTED
    sent = [count for _, count in told]
    assert sent == sorted(set(sent))
    assert all(after - before <= 1024 for before, after in pairwise([0, *sent]))
    # The rest leaves no faster than the line carries it.
    assert told[-1][0] > (sent[-1] - HELD_BYTES) * 10 / BAUD


@pytest.mark.parametrize("kind", PRINTERS)
async def test_an_adapter_unplugged_within_a_page_leaves_it_unknown_and_the_printer_usable(
    kind: str, tmp_path: Path
) -> None:
    async with Line(kind, tmp_path) as line:

        def pull(sent: int, total: int) -> None:
            if sent > total // 2 and not line.faults.active():
                line.faults.inject("printer_unplugged", "label")

        page = LARGE if kind == "tspl" else MIDDLE
        result, status = await line.printer.print_page(page, soon(), pull)
        assert result is PrintResult.UNKNOWN
        assert not status.ready
        half_pages = len(line.simulated.labels)

        line.faults.clear("printer_unplugged", "label")
        async with asyncio.timeout(20):
            while not (await line.printer.status(soon(5))).ready:
                await asyncio.sleep(0.05)
        again, status = await line.printer.print_page(SMALL, soon())

        assert (again, status.ready) == (PrintResult.PRINTED, True)
        sizes = [(label.width, label.height) for label in line.simulated.labels]
        # What a receipt printer had already put on paper is cut off; no label printer prints half a page.
        assert len(sizes) - half_pages == (2 if kind == "escpos" else 1)
        assert sizes[-1][1] == SMALL.height_dots


async def test_a_receipt_printer_that_stops_taking_bytes_says_why_by_itself(tmp_path: Path) -> None:
    async with Line("escpos", tmp_path) as line:

        def end_paper(sent: int, total: int) -> None:
            if sent > total // 4 and not line.faults.active():
                line.faults.inject("paper_out", "label")
                line.faults.inject("printer_stalls", "label")

        result, status = await line.printer.print_page(MIDDLE, soon(3), end_paper)

        assert (result, set(status.flags)) == (PrintResult.UNKNOWN, {PrinterFlag.PAPER_OUT})


async def test_the_service_reports_unknown_once_and_prints_the_next_job(tmp_path: Path) -> None:
    posted: list[Input] = []
    pages = {"first": LARGE, "second": SMALL}

    async with Line("cpcl", tmp_path) as line:
        printing = Printing(line.printer, lambda effect: lambda: pages[effect.job], posted.append)
        runner = asyncio.create_task(printing.run())
        printing.start(Print(job="first", document="waybill", parcel="P-1"))
        async with asyncio.timeout(20):
            while line.handed_over < 50:
                await asyncio.sleep(0.01)
            line.faults.inject("printer_unplugged", "label")
            while not posted:
                await asyncio.sleep(0.01)
            line.faults.clear("printer_unplugged", "label")
            while PrinterFlag.UNREACHABLE in (await line.printer.status(soon(5))).flags:
                await asyncio.sleep(0.05)
            printing.start(Print(job="second", document="receipt", parcel="P-2"))
            while len(posted) < 2:
                await asyncio.sleep(0.01)
        runner.cancel()

        outcomes = [(each.job, each.result) for each in posted if isinstance(each, PrintOutcome)]
        assert outcomes == [("first", "unknown"), ("second", "printed")]
        assert [label.height for label in line.simulated.labels] == [SMALL.height_dots]
