"""Every language under the faults of the menu: what is told of them, what becomes of jobs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
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
    "half_status",
    "late_status",
    "printer_babbles",
    "slow_printer",
}
ANSWER_S = 0.25


@dataclass(slots=True)
class Rig:
    kind: str
    printer: LabelPrinter
    simulated: PrinterBody
    faults: FaultMenu

    async def ready(self) -> None:
        """Return once it is."""
        async with asyncio.timeout(15):
            while not (await self.printer.status(soon(5))).ready:
                await asyncio.sleep(0.01)

    async def print(self, seconds: float = 10.0) -> PrintResult:
        result, _ = await self.printer.print_page(PAGE, soon(seconds))
        return result


@asynccontextmanager
async def one(kind: str, folder: Path) -> AsyncIterator[Rig]:
    faults = FaultMenu(seed=1)
    simulated = PRINTERS[kind](
        folder / f"labels-{kind}",
        name="label",
        path=None if WAYS[kind] == "tcp" else folder / kind,
        scheme=WAYS[kind],
        faults=faults,
        width_dots=384,
    )
    await simulated.start()
    answer_ms = round(ANSWER_S * 1_000)
    settings = PrinterSettings("label", kind, simulated.address, width_dots=384, answer_ms=answer_ms)
    hardware = build([], [], [], [settings])
    await hardware.start()
    try:
        yield Rig(kind, hardware.printers["label"], simulated, faults)
    finally:
        await hardware.close()
        await simulated.stop()


async def every(folder: Path, check: Callable[[Rig], Awaitable[None]], *kinds: str) -> None:
    """`check` on a printer of each kind, all at once: most of it is waiting."""

    async def on(kind: str) -> None:
        async with one(kind, folder) as rig:
            try:
                await check(rig)
            except AssertionError as failure:
                raise AssertionError(f"{kind}: {failure}") from failure

    await asyncio.gather(*(on(kind) for kind in kinds or PRINTERS))


def soon(seconds: float = 10.0) -> float:
    return asyncio.get_running_loop().time() + seconds


def test_every_fault_of_a_printer_is_met_here() -> None:
    assert {each.name for each in FAULTS.values() if each.target == "printer"} == {*TOLD, *OTHERS}


@pytest.mark.parametrize("fault", TOLD)
async def test_a_condition_is_told_and_holds_jobs_back(fault: str, tmp_path: Path) -> None:
    async def check(rig: Rig) -> None:
        rig.faults.inject(fault, "label")

        status = await rig.printer.status(soon())

        told = TOLD[fault][list(PRINTERS).index(rig.kind)]
        # A ZPL printer in error says that it is paused too, where it answers ~HS in error at all.
        also = {"paused"} if (rig.kind, fault) == ("zpl", "paper_jam") else set()
        assert {flag.value for flag in status.flags} == ({told} if told else set()) | also
        if told not in (None, "paper-low"):
            assert await rig.print() is PrintResult.NOT_SENT
            assert rig.simulated.waiting == 0

    await every(tmp_path, check)


async def test_a_full_printer_is_not_ready_and_prints_later(tmp_path: Path) -> None:
    async def check(rig: Rig) -> None:
        rig.faults.inject("printer_buffer_full", "label")
        async with asyncio.timeout(10):
            # What is already under way may still be taken; XOFF must first arrive.
            while rig.kind != "escpos" and (await rig.printer.status(soon())).ready:
                await asyncio.sleep(0.01)

        assert await rig.print(1.5) is not PrintResult.PRINTED

        rig.faults.clear("printer_buffer_full", "label")
        await rig.ready()
        assert await rig.print() is PrintResult.PRINTED
        await until(lambda: rig.simulated.waiting == 0)
        assert len(rig.simulated.labels) <= 2

    await every(tmp_path, check)


@pytest.mark.parametrize(
    ("fault", "params"),
    [
        ("garbage_status", {"n": 0}),
        ("half_status", {"n": 0}),
        ("late_status", {"n": 0, "delay_s": ANSWER_S * 1.5}),
    ],
)
async def test_a_spoilt_answer_is_none_and_nothing_is_sent(
    fault: str, params: dict[str, float], tmp_path: Path
) -> None:
    async def check(rig: Rig) -> None:
        rig.faults.inject("head_open", "label")
        rig.faults.inject(fault, "label", **params)

        flags = (await rig.printer.status(soon())).flags

        # A late answer may be to the question before it; it must not look like another condition.
        assert flags <= {PrinterFlag.UNKNOWN, PrinterFlag.HEAD_OPEN}
        assert await rig.print() is PrintResult.NOT_SENT
        rig.faults.clear_all()
        await rig.ready()
        assert await rig.print() is PrintResult.PRINTED
        assert len(rig.simulated.labels) == 1

    await every(tmp_path, check)


async def test_the_end_of_a_job_is_not_heard_out_of_noise(tmp_path: Path) -> None:
    async def check(rig: Rig) -> None:
        asked = asyncio.create_task(rig.print(3))
        await until(lambda: rig.simulated.waiting > 0)
        rig.faults.inject("head_open", "label")
        rig.faults.inject("printer_babbles", "label")

        assert await asked is PrintResult.UNKNOWN
        assert rig.simulated.labels == []

    await every(tmp_path, check)


async def test_a_slow_printer_with_split_answers_prints(tmp_path: Path) -> None:
    async def check(rig: Rig) -> None:
        rig.faults.inject("split_status", "label")
        rig.faults.inject("slow_printer", "label", bytes_s=20_000)

        assert await rig.print() is PrintResult.PRINTED
        assert len(rig.simulated.labels) == 1

    await every(tmp_path, check)


async def test_a_printer_that_lost_its_power_within_the_job_did_not_print(tmp_path: Path) -> None:
    async def check(rig: Rig) -> None:
        asked = asyncio.create_task(rig.print(4.5))
        await until(lambda: rig.simulated.waiting > 0)
        rig.faults.inject("printer_off", "label")
        asyncio.get_running_loop().call_later(2.0, rig.faults.clear, "printer_off", "label")

        assert await asked is PrintResult.UNKNOWN
        assert rig.simulated.labels == []

    await every(tmp_path, check)


async def test_a_connection_that_breaks_within_the_job_leaves_it_unknown(tmp_path: Path) -> None:
    async def check(rig: Rig) -> None:
        rig.faults.inject("dropped_connection", "label", after_bytes=4_000)

        assert await rig.print() is PrintResult.UNKNOWN
        assert rig.simulated.labels == []

    await every(tmp_path, check, "zpl")
