"""The line between host and boards, and every fault of a board's reply."""

from __future__ import annotations

import asyncio
import os
import termios
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulators.faults import FaultMenu
from simulators.modbus_relay import ModbusRelayBoard, crc16
from simulators.rs485_line import Rs485Line
from simulators.world import World
from tests.simulators.rig import RawPort, full_plan, raw_port, until

READ_1 = "01 01 00 00 00 08 3D CC"
REPLY_1 = "01 01 01 00 51 88"
READ_2 = "02 01 00 00 00 08 3D FF"
REPLY_2 = "02 01 01 00 51 CC"
FLASH_1 = "01 05 02 00 00 02 4D B3"


@dataclass
class Bench:
    world: World
    faults: FaultMenu
    line: Rs485Line
    port: RawPort


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    world = World(full_plan(tmp_path))
    boards = [
        ModbusRelayBoard(address, 8, world.plan.wiring(name), world, board_id=name)
        for address, name in ((1, "a1"), (2, "a2"))
    ]
    line = Rs485Line(tmp_path / "line", boards, world.faults, name="line-a")
    await line.start()
    with raw_port(line.path) as port:
        yield Bench(world, world.faults, line, port)
    await line.stop()


async def test_each_board_answers_to_its_address(bench: Bench) -> None:
    assert await bench.port.ask(READ_1, 6) == REPLY_1
    assert await bench.port.ask(READ_2, 6) == REPLY_2
    assert bench.line.collisions == 0


async def test_wire_time_is_that_of_the_baud(bench: Bench) -> None:
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await bench.port.ask(READ_1, 6)
    took_s = loop.time() - began_s
    # 8 bytes there, 6 back, ten bits each at 9600, and the turn-around.
    assert 14 * 10 / 9600 + 0.005 <= took_s < 0.2
    request, reply = bench.line.log
    assert 0.005 + 60 / 9600 - 1e-6 <= reply.at_s - request.at_s < 0.1


async def test_a_pulse_is_dated_by_its_frames_last_bit(bench: Bench) -> None:
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await bench.port.ask(FLASH_1, 8)
    (pulse,) = [each for each in bench.world.events if each.kind == "pulse"]
    assert pulse.detail["frame_at_s"] >= began_s + 80 / 9600
    assert pulse.detail["frame_at_s"] == bench.line.log[0].at_s


async def test_without_realtime_bytes_take_no_time(tmp_path: Path) -> None:
    world = World(full_plan(tmp_path))
    board = ModbusRelayBoard(1, 8, {}, world, board_id="a1")
    line = Rs485Line(tmp_path / "line", [board], realtime=False)
    await line.start()
    with raw_port(line.path) as port:
        assert await port.ask(READ_1, 6) == REPLY_1
    request, reply = line.log
    assert reply.at_s - request.at_s < 0.005
    await line.stop()


async def test_a_lost_reply_does_not_mean_a_lost_pulse(bench: Bench) -> None:
    bench.faults.inject("no_answer", "a1")
    assert await bench.port.ask(FLASH_1, 1, within_s=0.2) == ""
    assert bench.world.pulses("a01") == 1
    assert bench.faults.active() == []
    assert await bench.port.ask(READ_2, 6) == REPLY_2


async def test_a_garbled_reply_has_a_wrong_check(bench: Bench) -> None:
    for _ in range(20):
        bench.faults.inject("garbled_reply", "a1")
        reply = bytes.fromhex(await bench.port.ask(READ_1, 6))
        assert crc16(reply[:-2]) != int.from_bytes(reply[-2:], "little")
    assert await bench.port.ask(READ_1, 6) == REPLY_1


async def test_a_late_reply_comes_when_nobody_waits(bench: Bench) -> None:
    loop = asyncio.get_running_loop()
    bench.faults.inject("late_reply", "a1", delay_s=0.3)
    began_s = loop.time()
    assert await bench.port.ask(READ_1, 6) == REPLY_1
    assert loop.time() - began_s >= 0.3


async def test_a_request_into_a_late_reply_spoils_both(bench: Bench) -> None:
    bench.faults.inject("late_reply", "a1", delay_s=0.3)
    bench.port.write(bytes.fromhex(READ_1))
    await until(lambda: len(bench.line.log) == 1)
    # The reply is on the wire from 305 ms on; this stream takes until 417 ms at least.
    bench.port.write(bytes.fromhex(READ_2) * 50)
    got = (await bench.port.read(7, within_s=1.0)).hex(" ").upper()
    assert got != ""
    assert REPLY_1 not in got
    assert bench.line.collisions >= 2


async def test_half_a_reply(bench: Bench) -> None:
    bench.faults.inject("half_reply", "a1")
    assert await bench.port.ask(READ_1, 6, within_s=0.3) == "01 01 01"


async def test_a_split_reply_comes_byte_by_byte(bench: Bench) -> None:
    bench.faults.inject("split_reply", "a1")
    assert await bench.port.ask(READ_1, 6) == REPLY_1
    assert [len(each.data) for each in bench.line.log if each.sender == "a1"] == [1] * 6


async def test_a_foreign_reply_has_a_right_check_and_a_wrong_address(bench: Bench) -> None:
    bench.faults.inject("foreign_reply", "a1")
    assert await bench.port.ask(READ_1, 6) == REPLY_2
    assert await bench.port.ask(READ_1, 6) == REPLY_1


async def test_two_boards_with_one_address_talk_over_each_other(bench: Bench) -> None:
    bench.faults.inject("wrong_address", "a2", address=1)
    got = await bench.port.ask(READ_1, 12, within_s=0.3)
    assert REPLY_1 not in got
    assert bench.line.collisions == 2
    assert await bench.port.ask(READ_2, 1, within_s=0.2) == ""


async def test_a_dip_in_the_supply_drops_coils_and_the_board_comes_back(bench: Bench) -> None:
    await bench.port.ask("01 05 00 00 FF 00 8C 3A", 8)
    assert bench.world.is_energised("a01")
    bench.faults.inject("brown_out", "a1", for_s=0.5)
    assert not bench.world.is_energised("a01")
    assert await bench.port.ask(READ_1, 1, within_s=0.05) == ""
    await until(lambda: not bench.faults.active())
    assert await bench.port.ask(READ_1, 6) == REPLY_1


async def test_echo_comes_before_the_reply(bench: Bench) -> None:
    bench.faults.inject("line_echo", "line-a")
    assert await bench.port.ask(READ_1, 14) == f"{READ_1} {REPLY_1}"


async def test_noise_on_every_byte_leaves_no_frame(bench: Bench) -> None:
    bench.faults.inject("line_noise", "line-a", rate=1.0)
    assert await bench.port.ask(READ_1, 1, within_s=0.2) == ""
    assert bench.line.log[0].data != bytes.fromhex(READ_1)


async def test_the_wrong_baud_is_not_understood(bench: Bench) -> None:
    bench.port.set_baud(termios.B19200)
    assert await bench.port.ask(READ_1, 1, within_s=0.2) == ""
    assert "19200" in bench.line.log[0].note
    bench.port.set_baud(termios.B9600)
    assert await bench.port.ask(READ_1, 6) == REPLY_1


async def test_a_pulled_adapter_stops_no_pulse_and_works_when_plugged_again(bench: Bench) -> None:
    await bench.port.ask(FLASH_1, 8)
    bench.faults.inject("line_unplugged", "line-a")
    assert not bench.line.path.is_symlink()
    assert os.read(bench.port.descriptor, 1) == b""
    await until(lambda: bench.world.door_is_open("a01") and not bench.world.is_energised("a01"))
    bench.faults.clear("line_unplugged", "line-a")
    with raw_port(bench.line.path) as port:
        assert await port.ask(READ_1, 6) == REPLY_1


async def test_the_trace_shows_who_said_what(bench: Bench) -> None:
    await bench.port.ask(READ_1, 6)
    assert [(each["sender"], each["hex"]) for each in bench.line.trace()] == [
        ("host", READ_1),
        ("a1", REPLY_1),
    ]
