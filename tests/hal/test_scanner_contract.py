"""What every scanner driver must do, on simulated scanners over a real pty."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hal.interfaces import RefusedScan, Scanner, ScanRead
from hal.registry import ScannerSettings, build
from simulators.faults import FaultMenu
from simulators.serial_scanner import SerialScanner
from tests.hal.scripted_line import until

FRAMES = [(b"", b"\r", True), (b"", b"\r\n", True), (b"\x02", b"\x03", False), (b"", b"", True)]


@asynccontextmanager
async def scanner_rig(
    folder: Path, prefix: bytes = b"", suffix: bytes = b"\r", aim: bool = True
) -> AsyncIterator[tuple[SerialScanner, Scanner, FaultMenu]]:
    faults = FaultMenu(seed=1)
    simulated = SerialScanner(folder / "scanner", suffix, prefix, aim, name="window", faults=faults)
    await simulated.start()
    settings = ScannerSettings("window", "serial-line", str(folder / "scanner"), 9600, prefix, suffix, aim)
    hardware = build([], [], [settings], [])
    await hardware.start()
    try:
        yield simulated, hardware.scanners["window"], faults
    finally:
        await hardware.close()
        await simulated.stop()


async def take(scanner: Scanner) -> ScanRead | RefusedScan:
    async with asyncio.timeout(15):
        async for scan in scanner.scans():
            return scan
    raise AssertionError("the scans ended")


async def read(scanner: Scanner) -> tuple[str, str]:
    scan = await take(scanner)
    assert isinstance(scan, ScanRead)
    return scan.text, scan.identifier


@pytest.mark.parametrize(("prefix", "suffix", "aim"), FRAMES)
async def test_scans_arrive_as_text_in_order(tmp_path: Path, prefix: bytes, suffix: bytes, aim: bool) -> None:
    async with scanner_rig(tmp_path, prefix, suffix, aim) as (simulated, scanner, _):
        assert (scanner.id, scanner.online) == ("window", True)
        for text, identifier in [("EE123456785CN", "C0"), ("快递单号 1", "Q1"), ("10A\x1d21B", "d2")]:
            await simulated.scan(text, identifier)

            assert await read(scanner) == (text, identifier if aim else "")
        assert scanner.trace.lines()[-1].direction == "<"


async def test_one_leading_separator_is_no_data(tmp_path: Path) -> None:
    async with scanner_rig(tmp_path) as (simulated, scanner, _):
        await simulated.scan("\x1d00370123456000000009\x1d10A", "C1")

        assert await read(scanner) == ("00370123456000000009\x1d10A", "C1")


async def test_chinese_in_gb18030_is_read(tmp_path: Path) -> None:
    async with scanner_rig(tmp_path) as (simulated, scanner, _):
        await simulated.scan("快递单号".encode("gb18030"), "Q1")

        assert await read(scanner) == ("快递单号", "Q1")


async def test_bytes_one_at_a_time_are_one_scan(tmp_path: Path) -> None:
    async with scanner_rig(tmp_path) as (simulated, scanner, faults):
        faults.inject("scanner_bytewise", "window")
        await simulated.scan("YT1234567890123", "C0")

        assert await read(scanner) == ("YT1234567890123", "C0")


async def test_large_qr_is_read_whole(tmp_path: Path) -> None:
    async with scanner_rig(tmp_path) as (simulated, scanner, _):
        text = "https://example.org/" + "x" * 2900
        await simulated.scan(text, "Q1")

        assert await read(scanner) == (text, "Q1")


@pytest.mark.parametrize("data", [b"A\x00B\r", b"\x80\xff\r"])
async def test_what_is_no_text_is_refused_with_its_length(tmp_path: Path, data: bytes) -> None:
    async with scanner_rig(tmp_path) as (simulated, scanner, _):
        await simulated.send_raw(data)

        scan = await take(scanner)

        assert isinstance(scan, RefusedScan)
        assert (scan.reason, scan.length) == ("not-text", len(data) - 1)


async def test_ten_megabytes_are_one_refusal_with_their_length(tmp_path: Path) -> None:
    async with scanner_rig(tmp_path) as (simulated, scanner, _):
        size = 10 * 1024 * 1024
        sending = asyncio.create_task(simulated.send_raw(b"7" * size + b"\r"))

        scan = await take(scanner)
        await sending
        await simulated.scan("after", "C0")

        assert isinstance(scan, RefusedScan)
        assert (scan.reason, scan.length) == ("too-long", size)
        assert await read(scanner) == ("after", "C0")


async def test_unplugged_scanner_is_offline_and_reads_on_when_plugged_in(tmp_path: Path) -> None:
    async with scanner_rig(tmp_path) as (simulated, scanner, faults):
        faults.inject("scanner_unplugged", "window")
        await until(lambda: not scanner.online)
        faults.clear("scanner_unplugged", "window")
        await until(lambda: scanner.online, within_s=8)
        await simulated.scan("EE123456785CN", "C0")

        assert await read(scanner) == ("EE123456785CN", "C0")


async def test_scans_nobody_takes_are_dropped_oldest_first_and_counted(tmp_path: Path) -> None:
    async with scanner_rig(tmp_path) as (simulated, scanner, _):
        for number in range(70):
            await simulated.scan(str(number), "C0")
        await until(lambda: scanner.dropped == 6)

        assert await read(scanner) == ("6", "C0")
