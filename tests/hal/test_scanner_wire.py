"""The serial scanner driver over a pty: pauses, floods, cut-off scans, pulled cables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hal.interfaces import RefusedScan, Scanner, ScanRead
from hal.registry import ScannerSettings, build
from tests.hal.scripted_line import ScriptedLine, scripted_line, until


@asynccontextmanager
async def scanner_on(
    tmp_path: Path, *, prefix: bytes = b"", suffix: bytes = b"\r", aim: bool = True
) -> AsyncIterator[tuple[ScriptedLine, Scanner]]:
    async with scripted_line(tmp_path / "scanner") as line:
        settings = ScannerSettings("window", "serial-line", str(line.path), 9600, prefix, suffix, aim)
        hardware = build([], [], [settings], [])
        await hardware.start()
        try:
            yield line, hardware.scanners["window"]
        finally:
            await hardware.close()


async def take(scanner: Scanner, count: int = 1) -> list[ScanRead | RefusedScan]:
    found = []
    async with asyncio.timeout(10):
        async for scan in scanner.scans():
            found.append(scan)
            if len(found) == count:
                break
    return found


async def say_all(line: ScriptedLine, data: bytes) -> None:
    sent = 0
    while sent < len(data):
        sent += line.say(data[sent : sent + 4096])
        await asyncio.sleep(0)


async def test_scan_carries_text_identifier_and_time(tmp_path: Path) -> None:
    async with scanner_on(tmp_path) as (line, scanner):
        before = asyncio.get_running_loop().time()
        line.say(b"]C1\x1d00370123456000000009\r")

        [scan] = await take(scanner)

        assert isinstance(scan, ScanRead)
        assert (scan.text, scan.identifier) == ("00370123456000000009", "C1")
        assert before <= scan.at_s <= asyncio.get_running_loop().time()


async def test_scan_may_come_byte_by_byte(tmp_path: Path) -> None:
    async with scanner_on(tmp_path) as (line, scanner):
        for byte in b"]Q1EE123456785CN\r":
            line.say(bytes((byte,)))
            await asyncio.sleep(0)

        [scan] = await take(scanner)

        assert isinstance(scan, ScanRead)
        assert scan.text == "EE123456785CN"


async def test_silence_ends_a_scan_without_suffix(tmp_path: Path) -> None:
    async with scanner_on(tmp_path, suffix=b"") as (line, scanner):
        line.say(b"]C0A")
        [first] = await take(scanner)
        line.say(b"]C0B")
        [second] = await take(scanner)

        assert [getattr(scan, "text", None) for scan in (first, second)] == ["A", "B"]


async def test_scan_cut_off_by_silence_is_refused_and_not_glued_to_the_next(tmp_path: Path) -> None:
    async with scanner_on(tmp_path) as (line, scanner):
        line.say(b"]C0EE12")
        [half] = await take(scanner)
        line.say(b"]C0EE123456785CN\r")
        [whole] = await take(scanner)

        assert isinstance(half, RefusedScan)
        assert (half.reason, half.length) == ("not-text", 7)
        assert isinstance(whole, ScanRead)
        assert whole.text == "EE123456785CN"


async def test_scan_cut_off_by_the_cable_is_refused_and_not_glued_to_the_next(tmp_path: Path) -> None:
    async with scanner_on(tmp_path) as (line, scanner):
        line.say(b"]C0EE12")
        await until(lambda: bool(scanner.trace.lines()))
        line.unplug()
        await until(lambda: not scanner.online)
        line.plug()
        await until(lambda: scanner.online, within_s=6)
        line.say(b"]C0OK\r")

        half, whole = await take(scanner, 2)

        assert isinstance(half, RefusedScan)
        assert isinstance(whole, ScanRead)
        assert whole.text == "OK"


async def test_ten_megabytes_are_one_refusal_and_the_next_scan_reads(tmp_path: Path) -> None:
    async with scanner_on(tmp_path) as (line, scanner):
        size = 10 * 1024 * 1024
        await asyncio.wait_for(say_all(line, b"x" * size + b"\r]C0OK\r"), 30)

        huge, small = await take(scanner, 2)

        assert isinstance(huge, RefusedScan)
        assert (huge.reason, huge.length) == ("too-long", size)
        assert isinstance(small, ScanRead)


async def test_scans_nobody_takes_are_bounded_the_newest_kept_and_the_rest_counted(tmp_path: Path) -> None:
    async with scanner_on(tmp_path) as (line, scanner):
        await say_all(line, b"".join(b"%d\r" % number for number in range(100)))
        await until(lambda: scanner.dropped >= 36)

        kept = await take(scanner, 64)

        assert [getattr(scan, "text", None) for scan in kept] == [str(number) for number in range(36, 100)]
        assert scanner.dropped == 36


@pytest.mark.parametrize("data", [b"a\x00b\r", b"\xff\xff\r", b"]C0\x1b\r"])
async def test_bytes_that_are_no_text_are_refused(tmp_path: Path, data: bytes) -> None:
    async with scanner_on(tmp_path) as (line, scanner):
        line.say(data)

        [scan] = await take(scanner)

        assert isinstance(scan, RefusedScan)
        assert (scan.reason, scan.length) == ("not-text", len(data) - 1)
