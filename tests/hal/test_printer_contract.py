"""What every label printer driver must do, on a simulated printer over TCP and over a pty."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from hal.interfaces import LabelPrinter, PrinterFlag, PrintResult, Raster
from hal.registry import PrinterSettings, build
from simulators.cpcl_printer import CpclPrinter
from simulators.escpos_printer import EscPosPrinter
from simulators.faults import FaultMenu
from simulators.printer_body import PrinterBody
from simulators.tspl_printer import TsplPrinter
from simulators.zpl_printer import ZplPrinter
from tests.hal.scripted_line import until

SIMULATED: dict[str, Callable[..., PrinterBody]] = {
    "zpl": ZplPrinter,
    "tspl": TsplPrinter,
    "escpos": EscPosPrinter,
    "cpcl": CpclPrinter,
}
MODELS = {"zpl": "ZD420-203dpi V84.20.18Z", "tspl": "TTP-244 Plus", "escpos": None, "cpcl": "QLn320 68.20.09"}

UNSEEN = {("escpos", "ribbon_out"), ("cpcl", "head_too_hot"), ("cpcl", "printer_paused")}
"""Conditions a language has no word for."""


@dataclass(slots=True)
class PrinterRig:
    kind: str
    printer: LabelPrinter
    simulated: PrinterBody
    faults: FaultMenu


@pytest.fixture(params=["zpl-tcp", "zpl-serial", "tspl-usb", "escpos-serial", "cpcl-tcp"])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PrinterRig]:
    faults = FaultMenu(seed=1)
    kind, _, way = request.param.partition("-")
    simulated = SIMULATED[kind](
        tmp_path / "labels",
        name="label",
        path=None if way == "tcp" else tmp_path / "printer",
        scheme=way,
        faults=faults,
    )
    await simulated.start()
    hardware = build([], [], [], [PrinterSettings("label", kind, simulated.address, answer_ms=400)])
    await hardware.start()
    try:
        yield PrinterRig(kind, hardware.printers["label"], simulated, faults)
    finally:
        await hardware.close()
        await simulated.stop()


def soon(seconds: float = 10.0) -> float:
    return asyncio.get_running_loop().time() + seconds


def noise_page(width_dots: int, height_dots: int) -> Raster:
    """Random dots: any shift, inversion or lost row shows, and nothing compresses."""
    return Raster(width_dots, height_dots, random.Random(7).randbytes(width_dots // 8 * height_dots))


def told_queue(rig: PrinterRig) -> int | None:
    """An empty queue as this language tells it."""
    return 0 if rig.kind == "zpl" else None


PAGE = noise_page(608, 400)


def printed_rows(rig: PrinterRig, index: int = -1) -> bytes:
    with Image.open(rig.simulated.labels[index].path) as image:
        # PIL packs white as 1; a raster packs black as 1.
        return bytes(byte ^ 0xFF for byte in image.convert("1").tobytes())


async def test_page_comes_out_dot_for_dot_with_progress(rig: PrinterRig) -> None:
    told: list[tuple[int, int]] = []

    def tell(sent: int, total: int) -> None:
        told.append((sent, total))

    result, status = await rig.printer.print_page(PAGE, soon(), tell)

    assert (result, status.ready, status.queued) == (PrintResult.PRINTED, True, told_queue(rig))
    [label] = rig.simulated.labels
    assert (label.width, label.height, label.not_drawn) == (PAGE.width_dots, PAGE.height_dots, ())
    assert printed_rows(rig) == PAGE.rows
    assert len(told) > 5
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]


async def test_pages_of_several_tasks_come_out_once_each(rig: PrinterRig) -> None:
    pages = [noise_page(608, height) for height in (100, 120, 140)]

    results = await asyncio.gather(*(rig.printer.print_page(page, soon(20)) for page in pages))

    assert [result for result, _ in results] == [PrintResult.PRINTED] * 3
    # Which task comes first is nobody's promise; that none comes twice or in pieces is.
    assert sorted(label.height for label in rig.simulated.labels) == [100, 120, 140]


async def test_ready_printer_names_itself_and_reports_no_condition(rig: PrinterRig) -> None:
    status = await rig.printer.status(soon())

    assert (status.ready, status.queued) == (True, told_queue(rig))
    assert await rig.printer.model(soon()) == MODELS[rig.kind]
    assert {burst.direction for burst in rig.printer.trace.lines()} == {">", "<"}


@pytest.mark.parametrize(
    ("fault", "flag"),
    [
        ("paper_out", PrinterFlag.PAPER_OUT),
        ("head_open", PrinterFlag.HEAD_OPEN),
        ("ribbon_out", PrinterFlag.RIBBON_OUT),
        ("printer_unplugged", PrinterFlag.UNREACHABLE),
    ],
)
async def test_printer_that_cannot_print_gets_nothing_and_says_why(
    rig: PrinterRig, fault: str, flag: PrinterFlag
) -> None:
    if (rig.kind, fault) in UNSEEN:
        pytest.skip("this language has no word for it")
    rig.faults.inject(fault, "label")

    assert flag in (await rig.printer.status(soon())).flags
    result, status = await rig.printer.print_page(PAGE, soon())

    assert result is PrintResult.NOT_SENT
    assert flag in status.flags

    rig.faults.clear(fault, "label")
    async with asyncio.timeout(10):
        while not (await rig.printer.status(soon())).ready:
            pass
    assert rig.simulated.labels == []


async def test_printer_that_takes_no_bytes_gets_no_job(rig: PrinterRig) -> None:
    rig.faults.inject("printer_stalls", "label")
    async with asyncio.timeout(10):
        # What is already under way may still be taken.
        while (await rig.printer.status(soon())).ready:
            pass

    result, status = await rig.printer.print_page(PAGE, soon())

    assert (result, status.flags) == (PrintResult.NOT_SENT, frozenset({PrinterFlag.UNKNOWN}))


async def test_status_in_pieces_is_read(rig: PrinterRig) -> None:
    rig.faults.inject("split_status", "label")

    assert (await rig.printer.status(soon())).ready


async def test_paper_that_ends_during_the_job_leaves_it_unknown_and_names_the_paper(rig: PrinterRig) -> None:
    rig.faults.inject("paper_out", "label", after_labels=1)
    first, _ = await rig.printer.print_page(noise_page(608, 100), soon(0.4))
    assert first in (PrintResult.PRINTED, PrintResult.UNKNOWN)
    await until(lambda: len(rig.simulated.labels) == 1)

    second, status = await rig.printer.print_page(PAGE, soon(3))

    assert second is PrintResult.NOT_SENT
    assert PrinterFlag.PAPER_OUT in status.flags


async def test_paper_put_back_in_time_prints_the_page_once(rig: PrinterRig) -> None:
    asked = asyncio.create_task(rig.printer.print_page(PAGE, soon(15)))
    await until(lambda: rig.simulated.waiting > 0)
    rig.faults.inject("paper_out", "label")
    asyncio.get_running_loop().call_later(1.5, rig.faults.clear, "paper_out", "label")

    result, _ = await asked

    # Only of ZPL it is known that the printer prints anew what met an error half-way.
    assert result is (PrintResult.PRINTED if rig.kind == "zpl" else PrintResult.UNKNOWN)
    assert len(rig.simulated.labels) == 1
    assert printed_rows(rig) == PAGE.rows


async def test_head_opened_for_good_after_the_job_is_unknown(rig: PrinterRig) -> None:
    asked = asyncio.create_task(rig.printer.print_page(PAGE, soon(2.5)))
    await until(lambda: rig.simulated.waiting > 0)
    rig.faults.inject("head_open", "label")

    result, status = await asked

    assert result is PrintResult.UNKNOWN
    assert PrinterFlag.HEAD_OPEN in status.flags


async def test_cable_pulled_in_the_middle_is_unknown_and_nothing_is_sent_again(rig: PrinterRig) -> None:
    sent: list[int] = []

    def pull(done: int, total: int) -> None:
        sent.append(done)
        if done > total // 2 and not rig.faults.active():
            rig.faults.inject("printer_unplugged", "label")

    result, status = await rig.printer.print_page(PAGE, soon(5), pull)

    assert result is PrintResult.UNKNOWN
    assert not status.ready
    rig.faults.clear("printer_unplugged", "label")
    async with asyncio.timeout(10):
        while PrinterFlag.UNREACHABLE in (await rig.printer.status(soon())).flags:
            pass
    assert len(rig.simulated.labels) <= 1
    assert sent == sorted(set(sent))
