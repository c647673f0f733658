"""Every language under the faults of the menu: what is told of them, what becomes of jobs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hal.interfaces import LabelPrinter, PrinterFlag, PrintResult, Raster
from hal.registry import PrinterSettings, build
from simulators.faults import FAULTS, FaultMenu
from simulators.printer_body import PrinterBody
from tests.hal.scripted_line import until
from tests.support.paper import PRINTERS

PAGE = Raster(384, 240, random.Random(3).randbytes(48 * 240))
WAYS = {"zpl": "tcp", "tspl": "serial", "escpos": "serial", "cpcl": "usb"}

NOT_TOLD = "unknown"
TOLD = {
    # fault: zpl, tspl, escpos, cpcl; None where the language has no word and the printer looks ready
    "paper_out": ("paper-out", "paper-out", "paper-out", "paper-out"),
    "paper_low": (None, "paper-low", "paper-low", "paper-low"),
    "head_open": ("head-open", "head-open", "head-open", "head-open"),
    "ribbon_out": ("ribbon-out", "ribbon-out", NOT_TOLD, "ribbon-out"),
    "paper_jam": ("jam", "jam", "jam", "jam"),
    "head_too_hot": ("over-temperature", "over-temperature", "over-temperature", None),
    "label_not_taken": ("label-not-taken", "label-not-taken", None, "label-not-taken"),
    "printer_paused": ("paused", "paused", NOT_TOLD, None),
    "printer_mute": (NOT_TOLD, NOT_TOLD, NOT_TOLD, NOT_TOLD),
    "printer_off": (NOT_TOLD, NOT_TOLD, NOT_TOLD, NOT_TOLD),
    "printer_unplugged": ("unreachable", "unreachable", "unreachable", "unreachable"),
}
"""`unknown` for ESC/POS: offline, and none of its words fits the cause."""

OTHERS = {
    "printer_stalls",
    "printer_buffer_full",
    "dropped_connection",
    "split_status",
    "garbage_status",
    "slow_printer",
}


@dataclass(slots=True)
class Rig:
    kind: str
    printer: LabelPrinter
    simulated: PrinterBody
    faults: FaultMenu


@pytest.fixture(params=PRINTERS)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    faults, kind = FaultMenu(seed=1), request.param
    simulated = PRINTERS[kind](
        tmp_path / "labels",
        name="label",
        path=None if WAYS[kind] == "tcp" else tmp_path / "printer",
        scheme=WAYS[kind],
        faults=faults,
        width_dots=384,
    )
    await simulated.start()
    settings = PrinterSettings("label", kind, simulated.address, width_dots=384, answer_ms=250)
    hardware = build([], [], [], [settings])
    await hardware.start()
    try:
        yield Rig(kind, hardware.printers["label"], simulated, faults)
    finally:
        await hardware.close()
        await simulated.stop()


def soon(seconds: float = 10.0) -> float:
    return asyncio.get_running_loop().time() + seconds


def test_every_fault_of_a_printer_is_met_here() -> None:
    assert {each.name for each in FAULTS.values() if each.target == "printer"} == {*TOLD, *OTHERS}


@pytest.mark.parametrize("fault", TOLD)
async def test_a_condition_is_told_and_holds_jobs_back(rig: Rig, fault: str) -> None:
    rig.faults.inject(fault, "label")

    status = await rig.printer.status(soon())

    told = TOLD[fault][list(PRINTERS).index(rig.kind)]
    assert {flag.value for flag in status.flags} == ({told} if told else set()) | ({"paused"} & _paused(rig))
    if told not in (None, "paper-low"):
        result, _ = await rig.printer.print_page(PAGE, soon())
        assert result is PrintResult.NOT_SENT
        assert rig.simulated.waiting == 0


def _paused(rig: Rig) -> set[str]:
    """A ZPL printer in error says that it is paused too, where it answers ~HS in error at all."""
    return {"paused"} if rig.kind == "zpl" and rig.simulated.conditions().jam else set()


async def test_a_full_printer_is_not_ready_and_prints_later(rig: Rig) -> None:
    rig.faults.inject("printer_buffer_full", "label")
    async with asyncio.timeout(10):
        # What is already under way may still be taken; XOFF must first arrive.
        while rig.kind != "escpos" and (await rig.printer.status(soon())).ready:
            await asyncio.sleep(0.01)

    result, _ = await rig.printer.print_page(PAGE, soon(1.5))
    assert result is not PrintResult.PRINTED

    rig.faults.clear("printer_buffer_full", "label")
    async with asyncio.timeout(10):
        while not (await rig.printer.status(soon(3))).ready:
            await asyncio.sleep(0.01)
    result, _ = await rig.printer.print_page(PAGE, soon())
    assert result is PrintResult.PRINTED
    await until(lambda: rig.simulated.waiting == 0)
    assert len(rig.simulated.labels) <= 2


async def test_garbage_is_no_status(rig: Rig) -> None:
    rig.faults.inject("garbage_status", "label", n=0)

    assert (await rig.printer.status(soon())).flags == {PrinterFlag.UNKNOWN}
    assert (await rig.printer.print_page(PAGE, soon()))[0] is PrintResult.NOT_SENT

    rig.faults.clear("garbage_status", "label")
    async with asyncio.timeout(10):
        while not (await rig.printer.status(soon())).ready:
            pass
    assert (await rig.printer.print_page(PAGE, soon()))[0] is PrintResult.PRINTED
    assert len(rig.simulated.labels) == 1


async def test_a_slow_printer_with_split_answers_prints(rig: Rig) -> None:
    rig.faults.inject("split_status", "label")
    rig.faults.inject("slow_printer", "label", bytes_s=20_000)

    result, _ = await rig.printer.print_page(PAGE, soon())

    assert result is PrintResult.PRINTED
    assert len(rig.simulated.labels) == 1


async def test_a_printer_that_lost_its_power_within_the_job_did_not_print(rig: Rig) -> None:
    if rig.kind == "escpos":
        pytest.skip("GS r 1 is never answered then: unknown at the deadline, as with the head open")
    asked = asyncio.create_task(rig.printer.print_page(PAGE, soon(4.5)))
    await until(lambda: rig.simulated.waiting > 0)
    rig.faults.inject("printer_off", "label")
    asyncio.get_running_loop().call_later(2.0, rig.faults.clear, "printer_off", "label")

    result, _ = await asked

    assert result is PrintResult.UNKNOWN
    assert rig.simulated.labels == []


async def test_a_connection_that_breaks_within_the_job_leaves_it_unknown(rig: Rig) -> None:
    if WAYS[rig.kind] != "tcp":
        pytest.skip("a line has no connection to drop")
    rig.faults.inject("dropped_connection", "label", after_bytes=4_000)

    result, _ = await rig.printer.print_page(PAGE, soon())

    assert result is PrintResult.UNKNOWN
    assert rig.simulated.labels == []
