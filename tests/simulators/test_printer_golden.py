"""The simulated printers against every worked example of their languages: what they hear and say."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from simulators import cpcl_printer, escpos_printer, tspl_printer
from simulators.cpcl_printer import CpclPrinter
from simulators.escpos_printer import EscPosPrinter
from simulators.printer_body import Conditions, PrinterBody
from simulators.tspl_printer import TsplPrinter
from simulators.zpl_printer import ZplPrinter
from simulators.zpl_status import (
    PrinterState,
    errors_and_warnings,
    host_identification,
    host_memory,
    host_status,
)
from tests.support.golden import Golden, golden

SENSORS = {
    "paper-out": "paper_out",
    "paper-low": "paper_low",
    "head-open": "head_open",
    "ribbon-out": "ribbon_out",
    "jam": "jam",
    "over-temperature": "too_hot",
    "paused": "paused",
    "label-not-taken": "label_waiting",
}
DOTS = [(0, 0), (15, 1)]


def conditions(words: frozenset[str]) -> Conditions:
    return Conditions(**{SENSORS[word]: True for word in words if word in SENSORS})


class Heard:
    """A printer without a plug: what it was told becomes labels, answers and problems."""

    def __init__(self, printer: PrinterBody) -> None:
        self.printer = printer
        self.said = bytearray()
        self.jobs: list[Any] = []

    async def tell(self, data: bytes) -> None:
        async def take(job: Any) -> None:
            self.jobs.append(job)

        async def say(text: bytes) -> None:
            self.said += text

        self.printer.take = take  # type: ignore[method-assign,assignment]  # no paper behind the queue's end
        await self.printer.hear(data, say)

    def black(self) -> list[tuple[int, int]]:
        [job] = self.jobs
        with Image.open(io.BytesIO(job.picture())) as picture:
            width, height = picture.size
            return [(x, y) for y in range(height) for x in range(width) if picture.getpixel((x, y)) == 0]


@pytest.mark.parametrize("example", golden("zpl", "simulator"))
async def test_zpl(example: Golden, tmp_path: Path) -> None:
    now = conditions(example.words - {"paused"} if "head-open" in example.words else example.words)
    if example.topic == "~HS":
        state = PrinterState(
            now,
            length_dots=1225 if "ribbon-out" in example.words else 1040,
            labels_left=100 if "ribbon-out" in example.words else int("busy" in example.words),
            peels=now.label_waiting,
        )
        assert host_status(state) == example.wire
    elif example.topic == "~HQES":
        assert errors_and_warnings(PrinterState(now)) == example.wire
    elif example.direction == "<":
        told = {"~HI": host_identification("ZD420-203dpi", 8), "~HM": host_memory()}
        assert told[example.topic] == example.wire
    else:
        heard = Heard(ZplPrinter(tmp_path))
        around = (b"", b"") if example.wire.startswith(b"^XA") else (b"^XA", b"^XZ")
        await heard.tell(around[0] + example.wire + around[1])
        assert list(heard.printer.problems) == []
        if example.topic == "graphic":
            assert heard.black() == DOTS
        else:
            assert all(job.not_drawn for job in heard.jobs)


@pytest.mark.parametrize("example", golden("tspl", "simulator"))
async def test_tspl(example: Golden, tmp_path: Path) -> None:
    now, busy = conditions(example.words), "busy" in example.words
    if example.topic == "ESC ! ?" and example.direction == "<":
        assert bytes((tspl_printer.status_byte(now, busy=busy),)) == example.wire
    elif example.topic == "ESC ! S" and example.direction == "<":
        assert tspl_printer.status_frame(now, busy=busy) == example.wire
    elif example.topic.startswith("ESC"):
        heard = Heard(TsplPrinter(tmp_path))
        await heard.tell(example.wire)
        assert heard.said.hex() in ("00", "0240404040030d0a")
    else:
        black_bit = int(example.told.split()[2]) if example.topic == "BITMAP" else 0
        heard = Heard(TsplPrinter(tmp_path, black_bit=black_bit))
        end = b"" if b"PRINT" in example.wire else b"PRINT 1\r\n"
        await heard.tell(b"SIZE 2 mm,0.25 mm\r\nCLS\r\n" + example.wire + end)
        assert list(heard.printer.problems) == []
        if example.topic == "BITMAP":
            assert heard.black() == DOTS
        else:
            assert heard.jobs[0].not_drawn


@pytest.mark.parametrize("example", golden("escpos", "simulator"))
async def test_escpos(example: Golden, tmp_path: Path) -> None:
    # The document's 7E is 72 with the sensor for a low roll beside it.
    low = example.wire == b"\x7e"
    now = conditions(example.words | ({"paper-low"} if low else set()))
    if example.topic == "automatic status" and example.direction == "<":
        assert escpos_printer.automatic_status(now) == example.wire
    elif example.topic.startswith("DLE") and example.direction == "<":
        now = Conditions(jam=True) if "unknown" in example.words else now
        assert escpos_printer.real_time_status(int(example.topic[-1]), now) == example.wire[0]
    else:
        printer = EscPosPrinter(tmp_path, width_dots=16)
        for word in example.words & {"paper-low", "paper-out"}:
            printer.faults.inject(word.replace("-", "_"), printer.name)
        heard = Heard(printer)
        await heard.tell(b"\x1dr\x01" if example.direction == "<" else example.wire)
        if example.topic == "GS r 1":
            heard.jobs[0]()
        if example.topic == "raster" or example.topic == "native":
            await heard.tell(b"\x1dV\x00")
        async with asyncio.timeout(3):
            while example.direction == "<" and not heard.said:
                await asyncio.sleep(0)
        assert list(printer.problems) == []
        if example.topic == "raster":
            assert heard.black() == DOTS
        elif example.topic == "native":
            assert heard.jobs[0].not_drawn
        elif example.direction == "<":
            assert heard.said == example.wire
        await printer.stop()


@pytest.mark.parametrize("example", golden("cpcl", "simulator"))
async def test_cpcl(example: Golden, tmp_path: Path) -> None:
    if example.direction == "<":
        status = cpcl_printer.status_byte(conditions(example.words), busy=False, was_reset=False)
        assert status == example.wire[0]
        return
    heard = Heard(CpclPrinter(tmp_path))
    if example.topic == "graphic":
        await heard.tell(b"! 0 200 200 2 1\r\nPAGE-WIDTH 16\r\n" + example.wire + b"PRINT\r\n")
        assert heard.black() == DOTS
    else:
        await heard.tell(example.wire)
        said = {"ESC h": b"\x10", "ESC i": b"\x00", "ESC v": b"QLn320 68.20.09\0", "ESC N": b""}
        assert heard.said == said.get(example.topic, b"")
        assert all(job.not_drawn for job in heard.jobs)
    assert list(heard.printer.problems) == []
