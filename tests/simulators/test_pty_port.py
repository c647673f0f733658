from __future__ import annotations

import asyncio
import os
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulators.pty_port import MAX_UNSENT_BYTES, PortError, PtyPort
from tests.simulators.rig import raw_port, until


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[tuple[PtyPort, bytearray]]:
    heard = bytearray()
    port = PtyPort(tmp_path / "dev" / "ttyX", on_data=heard.extend)
    port.plug()
    yield port, heard
    port.unplug()


async def test_every_byte_value_passes_both_ways(port: tuple[PtyPort, bytearray]) -> None:
    simulated, heard = port
    every = bytes(range(256))
    descriptor = os.open(simulated.path, os.O_RDWR | os.O_NOCTTY)
    os.write(descriptor, every)
    await until(lambda: len(heard) == 256)
    simulated.write(every)
    with os.fdopen(descriptor, "rb", buffering=0) as host:
        got = b""
        while len(got) < 256:
            got += await asyncio.to_thread(host.read, 256)

    assert bytes(heard) == every
    assert got == every


async def test_the_port_works_before_between_and_after_hosts(port: tuple[PtyPort, bytearray]) -> None:
    simulated, heard = port
    for number in range(3):
        with raw_port(simulated.path) as host:
            host.write(b"%d" % number)
            await until(lambda number=number: len(heard) == number + 1)
            simulated.write(b"ok")
            assert await host.read(2) == b"ok"
    assert bytes(heard) == b"012"


async def test_a_pulled_port_vanishes_and_hangs_its_host_up(port: tuple[PtyPort, bytearray]) -> None:
    simulated, _ = port
    with raw_port(simulated.path) as host:
        simulated.unplug()
        assert not simulated.path.exists()
        assert not simulated.path.is_symlink()
        assert os.read(host.descriptor, 1) == b""
        with pytest.raises(OSError, match="Input/output error"):
            host.write(b"x")


async def test_a_port_plugged_again_is_a_new_one_under_the_old_path(port: tuple[PtyPort, bytearray]) -> None:
    simulated, heard = port
    simulated.unplug()
    simulated.plug()
    with raw_port(simulated.path) as host:
        host.write(b"again")
        await until(lambda: bytes(heard) == b"again")


async def test_plugging_and_pulling_twice_is_harmless(port: tuple[PtyPort, bytearray]) -> None:
    simulated, _ = port
    before = os.readlink(simulated.path)
    simulated.plug()
    assert os.readlink(simulated.path) == before
    simulated.unplug()
    simulated.unplug()


async def test_a_link_left_by_a_killed_run_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "ttyX"
    path.symlink_to("/dev/pts/987654")
    port = PtyPort(path)
    port.plug()
    assert path.exists()
    port.unplug()


async def test_anything_else_at_the_path_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ttyX"
    path.write_text("precious")
    with pytest.raises(PortError, match="no symlink"):
        PtyPort(path).plug()
    assert path.read_text() == "precious"


async def test_pulling_leaves_the_link_of_another_run_alone(port: tuple[PtyPort, bytearray]) -> None:
    simulated, _ = port
    simulated.path.unlink()
    simulated.path.symlink_to("/dev/null")
    simulated.unplug()
    assert os.readlink(simulated.path) == "/dev/null"


async def test_the_hosts_baud_is_seen(port: tuple[PtyPort, bytearray]) -> None:
    simulated, _ = port
    assert simulated.host_baud == 9600
    with raw_port(simulated.path) as host:
        host.set_baud(termios.B115200)
        assert simulated.host_baud == 115200


async def test_write_never_blocks_and_keeps_no_more_than_it_says(port: tuple[PtyPort, bytearray]) -> None:
    simulated, _ = port
    for _ in range(300):
        simulated.write(bytes(1_000))
    assert simulated.lost_bytes > 300_000 - 2 * MAX_UNSENT_BYTES


async def test_a_send_under_way_fails_when_the_port_is_pulled(port: tuple[PtyPort, bytearray]) -> None:
    simulated, _ = port
    task = asyncio.create_task(simulated.send(bytes(1_000_000)))
    await asyncio.sleep(0)
    simulated.unplug()
    simulated.plug()
    with pytest.raises(PortError):
        await asyncio.wait_for(task, 2)


async def test_a_paused_port_leaves_bytes_to_the_host(port: tuple[PtyPort, bytearray]) -> None:
    simulated, heard = port
    simulated.pause_reading()
    with raw_port(simulated.path) as host:
        written = 0
        with pytest.raises(BlockingIOError):
            while True:
                written += os.write(host.descriptor, bytes(4_096))
        await asyncio.sleep(0)
        assert heard == b""
        simulated.resume_reading()
        await until(lambda: len(heard) == written)
