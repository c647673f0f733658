"""A printer's device file, played by a pty: opened for a use, its answers taken in, its loss told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hal.transport.byte_stream import LinkLost, SendFailed
from hal.transport.device_file import DeviceFileLink
from tests.hal.scripted_line import scripted_line, until


def soon(seconds: float = 5.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_bytes_go_both_ways_and_old_answers_are_thrown_away(tmp_path: Path) -> None:
    async with scripted_line(tmp_path / "lp0") as line:
        link = DeviceFileLink(str(line.path))
        line.say(b"old")
        async with link.connect(soon()) as stream:
            await stream.write(b"\x1b!?", soon())
            await until(lambda: bytes(line.heard) == b"\x1b!?")
            asyncio.get_running_loop().call_later(0.02, line.say, b"new")
            assert await stream.read(soon()) == b"new"
            with pytest.raises(TimeoutError):
                await stream.read(soon(0.05))
        assert [(burst.direction, burst.data) for burst in link.trace.lines()] == [
            ("<", b"old"),
            (">", b"\x1b!?"),
            ("<", b"new"),
        ]
        assert link.bytes_per_s is None


async def test_answers_that_come_while_it_writes_are_kept(tmp_path: Path) -> None:
    async with scripted_line(tmp_path / "lp0") as line:
        line.stop_listening()
        async with DeviceFileLink(str(line.path)).connect(soon()) as stream:
            writing = asyncio.create_task(stream.write(bytes(100_000), soon()))
            await until(lambda: line.say(b"paper out") > 0)
            line.listen()
            await writing
            assert await stream.read(soon()) == b"paper out"
            await until(lambda: len(line.heard) == 100_000)


async def test_a_printer_that_takes_no_more_is_told_with_what_had_gone(tmp_path: Path) -> None:
    async with scripted_line(tmp_path / "lp0") as line:
        line.stop_listening()
        async with DeviceFileLink(str(line.path)).connect(soon()) as stream:
            with pytest.raises(SendFailed) as failure:
                await stream.write(bytes(1_000_000), soon(0.1))
        assert 0 < failure.value.sent < 1_000_000


async def test_a_pulled_cable_ends_reads_and_writes(tmp_path: Path) -> None:
    link = DeviceFileLink(str(tmp_path / "lp0"))
    async with scripted_line(tmp_path / "lp0") as line, link.connect(soon()) as stream:
        asyncio.get_running_loop().call_later(0.05, line.unplug)
        with pytest.raises(LinkLost):
            await stream.read(soon())
        with pytest.raises(SendFailed) as failure:
            await stream.write(b"label", soon())
        assert failure.value.sent == 0


async def test_what_is_no_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for name in ("absent", "file"):
        link = DeviceFileLink(str(tmp_path / name))
        await link.start()
        with pytest.raises(LinkLost, match=name):
            async with link.connect(soon()):
                pass
        await link.close()
