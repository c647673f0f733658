"""A printer in the middle of a raster is brought to its senses; clones' ways are learnt or set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from hal.framing import cpcl, escpos, tspl
from hal.interfaces import LabelPrinter, PrinterFlag, PrintResult, Raster
from hal.registry import PrinterSettings, build
from simulators.printer_body import PrinterBody
from tests.hal.scripted_line import until
from tests.simulators.rig import raw_port
from tests.support.paper import PRINTERS

PAGE = Raster(384, 80, b"\xa5" * (48 * 80))
BROKEN_OFF = {
    "tspl": b"SIZE 48 mm,10 mm\r\nCLS\r\nBITMAP 0,0,48,80,0,\x00\x00\x00",
    "escpos": b"\x1dv0\x00\x30\x00\x50\x00\xff\xff\xff",
    "cpcl": b"! 0 200 200 80 1\r\nPAGE-WIDTH 384\r\nCG 48 80 0 0 \xff\xff\xff",
}


def soon(seconds: float = 10.0) -> float:
    return asyncio.get_running_loop().time() + seconds


@asynccontextmanager
async def printer(
    kind: str, folder: Path, settings: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[LabelPrinter, PrinterBody]]:
    place = {"path": folder / "dev"}
    simulated = PRINTERS[kind](folder / "labels", name="label", width_dots=384, **(place | options))
    await simulated.start()
    hardware = build(
        [],
        [],
        [],
        [
            PrinterSettings(
                "label", kind, simulated.address, width_dots=384, answer_ms=300, **(settings or {})
            )
        ],
    )
    if kind in BROKEN_OFF and not options and not settings:
        with raw_port(folder / "dev") as another_run:
            another_run.write(BROKEN_OFF[kind])
    await hardware.start()
    try:
        yield hardware.printers["label"], simulated
    finally:
        await hardware.close()
        await simulated.stop()


@pytest.mark.parametrize("kind", ["tspl", "cpcl"])
async def test_a_raster_that_another_run_left_unfinished_is_ended_and_not_printed(
    kind: str, tmp_path: Path
) -> None:
    async with printer(kind, tmp_path) as (driver, simulated):
        assert (await driver.status(soon())).ready
        result, _ = await driver.print_page(PAGE, soon())

        assert result is PrintResult.PRINTED
        assert len(simulated.labels) == 1


async def test_half_a_receipt_is_cut_off_before_the_next(tmp_path: Path) -> None:
    # DLE EOT is answered out of a raster, GS r 1 is not: the job does not begin, and the next one ends it.
    async with printer("escpos", tmp_path) as (driver, simulated):
        result, status = await driver.print_page(PAGE, soon(1.0))
        assert (result, set(status.flags)) == (PrintResult.NOT_SENT, {PrinterFlag.BUSY})

        result, _ = await driver.print_page(PAGE, soon())

        assert result is PrintResult.PRINTED
        assert [label.height for label in simulated.labels] == [80, 80]


async def test_a_receipt_printer_that_never_tells_an_end_prints_and_leaves_it_unknown(tmp_path: Path) -> None:
    async with printer("escpos", tmp_path, answers_end=False) as (driver, simulated):
        for _ in range(2):
            assert (await driver.print_page(PAGE, soon(0.6)))[0] is PrintResult.NOT_SENT

        result, status = await driver.print_page(PAGE, soon())

        assert (result, status.ready) == (PrintResult.UNKNOWN, True)
        await until(lambda: len(simulated.labels) == 1)


async def test_a_clone_that_knows_only_the_short_status_is_asked_for_the_long_one_once(
    tmp_path: Path,
) -> None:
    async with printer("tspl", tmp_path, answers_detail=False) as (driver, simulated):
        for _ in range(3):
            assert (await driver.status(soon())).ready
        result, _ = await driver.print_page(PAGE, soon())

        asked = b"".join(burst.data for burst in driver.trace.lines() if burst.direction == ">")
        assert result is PrintResult.PRINTED
        assert asked.count(tspl.ASK_STATUS) == 1
        simulated.faults.inject("head_open", "label")
        assert (await driver.status(soon())).flags == {PrinterFlag.HEAD_OPEN}


async def test_paused_with_the_head_open_is_no_flow_control(tmp_path: Path) -> None:
    async with printer("tspl", tmp_path, answers_detail=True) as (driver, simulated):
        for fault in ("printer_paused", "head_open"):
            simulated.faults.inject(fault, "label")
        assert PrinterFlag.HEAD_OPEN in (await driver.status(soon())).flags


@pytest.mark.parametrize("way", ["tcp", "serial"])
@pytest.mark.parametrize("kind", PRINTERS)
async def test_a_printer_that_never_answers_gets_the_page_and_its_end_stays_unknown(
    kind: str, way: str, tmp_path: Path
) -> None:
    options = {"path": None} if way == "tcp" else {}
    async with printer(kind, tmp_path, {"answers": False}, **options) as (driver, simulated):
        simulated.faults.inject("printer_mute", "label")
        assert (await driver.status(soon())).flags == {PrinterFlag.UNKNOWN}
        assert await driver.model(soon()) is None

        result, _ = await driver.print_page(PAGE, soon())

        assert result is PrintResult.UNKNOWN
        await until(lambda: len(simulated.labels) == 1)


async def test_a_clone_that_prints_the_inverse_prints_the_page_with_its_setting(tmp_path: Path) -> None:
    async with printer("tspl", tmp_path, {"black_bit": 1}, black_bit=1) as (driver, simulated):
        result, _ = await driver.print_page(PAGE, soon())
        assert result is PrintResult.PRINTED
        with Image.open(simulated.labels[0].path) as paper:
            assert bytes(byte ^ 0xFF for byte in paper.tobytes()) == PAGE.rows


def test_what_ends_a_broken_raster_is_longer_than_any_raster_sent() -> None:
    assert len(tspl.RESYNCHRONISE) > tspl.MAX_BITMAP_BYTES
    assert len(cpcl.RESYNCHRONISE) > cpcl.MAX_GRAPHIC_BYTES
    assert len(escpos.RESYNCHRONISE) > escpos.MAX_RASTER_BYTES
