from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from simulators.pty_port import PortError
from simulators.serial_scanner import SerialScanner
from tests.simulators.rig import RawPort, raw_port

Make = Callable[..., AbstractAsyncContextManager[tuple[SerialScanner, RawPort]]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    @asynccontextmanager
    async def bench(**options: Any) -> AsyncIterator[tuple[SerialScanner, RawPort]]:
        scanner = SerialScanner(tmp_path / "scanner", **options)
        await scanner.start()
        with raw_port(scanner.port.path) as port:
            yield scanner, port
        await scanner.stop()

    return bench


@pytest.mark.parametrize(
    ("options", "text", "identifier", "wire"),
    [
        ({}, "EE123456785CN", "C0", b"]C0EE123456785CN\r"),
        ({"aim": False}, "EE123456785CN", "C0", b"EE123456785CN\r"),
        ({"suffix": b"\r\n"}, "1", "E0", b"]E01\r\n"),
        ({"suffix": b""}, "1", "E0", b"]E01"),
        ({"prefix": b"\x02", "suffix": b"\x03\x04"}, "1", "A0", b"\x02]A01\x03\x04"),
        ({}, "00370123456000000009\x1d10AB", "C1", b"]C100370123456000000009\x1d10AB\r"),
        ({}, "取件码", "Q1", b"]Q1\xe5\x8f\x96\xe4\xbb\xb6\xe7\xa0\x81\r"),
        ({}, "取件码".encode("gb18030"), "Q1", b"]Q1\xc8\xa1\xbc\xfe\xc2\xeb\r"),
        ({}, "\0\0", "d1", b"]d1\0\0\r"),
        ({}, "x" * 2_000, "Q1", b"]Q1" + b"x" * 2_000 + b"\r"),
    ],
)
async def test_a_scan_is_these_bytes(
    make: Make, options: dict[str, Any], text: str | bytes, identifier: str, wire: bytes
) -> None:
    async with make(**options) as (scanner, port):
        await scanner.scan(text, identifier)
        assert await port.read(len(wire)) == wire
        assert scanner.scans == 1


async def test_bytes_may_come_one_at_a_time(make: Make) -> None:
    async with make(bytewise=True, baud=115200) as (scanner, port):
        task = asyncio.create_task(scanner.scan("ABC"))
        assert await port.read(1) == b"]"
        assert not task.done()
        assert await port.read(6) == b"C0ABC\r"
        await task


async def test_ten_megabytes_arrive_whole_under_back_pressure(make: Make) -> None:
    sent = hashlib.shake_256(b"seed").digest(10_000_000)
    async with make() as (scanner, port):
        sending = asyncio.create_task(scanner.send_raw(sent))
        got = hashlib.sha256()
        left = len(sent)
        while left:
            try:
                piece = os.read(port.descriptor, 65_536)
            except BlockingIOError:
                await asyncio.sleep(0)
                continue
            got.update(piece)
            left -= len(piece)
        await sending
    assert got.digest() == hashlib.sha256(sent).digest()


async def test_nobody_scans_with_an_unplugged_scanner(make: Make) -> None:
    async with make(name="window") as (scanner, _):
        scanner.faults.inject("scanner_unplugged", "window")
        with pytest.raises(PortError, match="unplugged"):
            await scanner.scan("1")
        scanner.faults.clear("scanner_unplugged", "window")
        with raw_port(scanner.port.path) as port:
            await scanner.scan("1")
            assert await port.read(5) == b"]C01\r"


async def test_no_read_sends_nothing(make: Make) -> None:
    async with make(name="window") as (scanner, port):
        scanner.faults.inject("scanner_no_read", "window", n=1)
        await scanner.scan("1")
        await scanner.scan("2")
        assert await port.read(6, within_s=0.1) == b"]C02\r"


async def test_a_double_read_is_sent_twice(make: Make) -> None:
    async with make(name="window") as (scanner, port):
        scanner.faults.inject("scanner_double_read", "window", gap_s=0.01)
        await scanner.scan("1")
        await scanner.scan("2")
        assert await port.read(16, within_s=0.3) == b"]C01\r]C01\r]C02\r"


async def test_scans_at_the_same_time_do_not_mix(make: Make) -> None:
    async with make() as (scanner, port):
        await asyncio.gather(*(scanner.scan(letter * 1_000) for letter in "ABC"))
        got = await port.read(3 * 1_004)
        assert sorted(got.split(b"\r")[:-1]) == [b"]C0" + letter * 1_000 for letter in (b"A", b"B", b"C")]


async def test_a_scanner_may_be_pulled_while_it_sends(make: Make) -> None:
    async with make() as (scanner, port):
        sending = asyncio.create_task(scanner.send_raw(bytes(1_000_000)))
        assert await port.read(1) == b"\0"
        scanner.unplug()
        with pytest.raises(PortError):
            await asyncio.wait_for(sending, 2)
