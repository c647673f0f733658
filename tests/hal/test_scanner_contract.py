"""Scanners with other settings than the usual, and what a pty can be flooded with.

With the usual settings every kind is in tests/hal/test_conformance.py, under every fault.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hal.interfaces import HostDrivenScanner, RefusedScan, ScanRead
from tests.hal.scanner_rig import FAMILIES, HOST_DRIVEN, WINDOW, scanner_bench
from tests.hal.scripted_line import until

VARIANTS = {"serial-line-crlf", "serial-line-framed", "serial-line-silence", "gm65-unchecked"}
"""Other settings of a kind that is there: what they change is tried."""
KINDS = [name for name in FAMILIES if name not in VARIANTS]

with_variants = pytest.mark.parametrize("family", sorted(VARIANTS))
serial_families = pytest.mark.parametrize("family", [name for name in KINDS if FAMILIES[name].serial])
ten_megabytes = pytest.mark.parametrize("family", ["serial-line", "honeywell", "newland", "gm65"])


@with_variants
async def test_scans_arrive_as_text_in_order(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        assert (bench.scanner.id, bench.scanner.online) == (WINDOW, True)
        for text, identifier in [("EE123456785CN", "C0"), ("快递单号 1", "Q1"), ("10A\x1d21B", "d2")]:
            await bench.device.scan(text, identifier)

            assert await bench.read() == (text, identifier)
        assert any(line.direction == "<" for line in bench.scanner.trace.lines())


@with_variants
async def test_one_leading_separator_is_no_data(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        await bench.device.scan("\x1d00370123456000000009\x1d10A", "C1")

        assert await bench.read() == ("00370123456000000009\x1d10A", "C1")


@with_variants
async def test_large_qr_is_read_whole(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        text = "https://example.org/" + "x" * 2900
        await bench.device.scan(text, "Q1")

        assert await bench.read() == (text, "Q1")


@with_variants
async def test_over_long_scan_is_one_refusal_and_the_next_reads(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        size = 10_000
        sending = asyncio.create_task(bench.device.scan("7" * size, "Q1"))

        scan = await bench.take()
        if family == "serial-line-acknowledged":  # told NAK, it tries again
            assert [(await bench.take()).at_s > scan.at_s for _ in range(2)] == [True, True]
        await sending
        await bench.device.scan("after", "C0")

        assert isinstance(scan, RefusedScan)
        assert scan.reason == "too-long"
        assert size <= scan.length <= size + 4
        assert await bench.read() == ("after", "C0")


@ten_megabytes
async def test_ten_megabytes_are_one_refusal_with_their_length(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        size = 10 * 1024 * 1024
        sending = asyncio.create_task(bench.simulated.send_raw(b"7" * size + b"\r"))

        scan = await bench.take(30)
        await sending
        await bench.device.scan("after", "C0")

        assert isinstance(scan, RefusedScan)
        assert (scan.reason, scan.length) == ("too-long", size)
        assert await bench.read() == ("after", "C0")


@with_variants
async def test_scan_cut_off_is_refused_or_sent_again_but_never_read_in_half(
    tmp_path: Path, family: str
) -> None:
    async with scanner_bench(tmp_path, family, gap_ms=150) as bench:
        bench.faults.inject("scanner_half_scan", WINDOW)
        text = "EE123456785CN" * 10
        await bench.device.scan(text, "C0")

        scan = await bench.take()

        if family == "serial-line-silence":  # nothing tells half a scan where silence ends it
            assert isinstance(scan, ScanRead)
        elif isinstance(scan, ScanRead):
            assert family in ("ssi", "serial-line-acknowledged")
            assert scan.text == text
        else:
            assert scan.reason == "not-text"


@serial_families
async def test_noise_gives_no_scan_that_was_not_held_before_it_unless_it_is_printable(
    tmp_path: Path, family: str
) -> None:
    """A line without a check cannot know that a digit was hit; SSI does."""
    async with scanner_bench(tmp_path, family) as bench:
        bench.faults.inject("scanner_noise", WINDOW, rate=0.02)
        sent = [f"EE{number:09}CN" for number in range(8)]
        for text in sent:
            await bench.device.scan(text, "C0")
        bench.faults.clear("scanner_noise", WINDOW)
        await asyncio.sleep(0)
        await bench.device.scan("LAST", "C0")
        await bench.device.scan("LAST", "C0")

        texts = []
        while "LAST" not in texts:
            scan = await bench.take()
            if isinstance(scan, ScanRead):
                texts.append(scan.text)
        if family == "ssi":
            assert set(texts) <= {*sent, "LAST"}
            assert texts[:-1] == sorted(set(texts[:-1])), "in order, none twice"


@serial_families
async def test_babble_is_refused_and_a_scan_after_it_reads(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family, gap_ms=150) as bench:
        bench.faults.inject("scanner_babble", WINDOW, every_s=0.01, count=64)
        await until(lambda: sum(len(line.data) for line in bench.scanner.trace.lines()) > 300)
        bench.faults.clear("scanner_babble", WINDOW)
        refused = await bench.take()
        while isinstance(refused, ScanRead):
            refused = await bench.take()
        texts: list[str] = []
        async with asyncio.timeout(10):
            while "EE123456785CN" not in texts:
                sending = asyncio.create_task(bench.device.scan("EE123456785CN", "C0"))
                scan = await bench.take()
                await sending
                if isinstance(scan, ScanRead):
                    texts.append(scan.text)

        assert refused.reason in ("not-text", "too-long")


@pytest.mark.parametrize("family", FAMILIES)
async def test_only_those_that_take_commands_say_so(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        assert isinstance(bench.scanner, HostDrivenScanner) == (FAMILIES[family].kind in HOST_DRIVEN)
