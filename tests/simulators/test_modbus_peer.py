"""An independent Modbus master, pymodbus, talks to the simulated board."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient

from simulators.modbus_relay import ModbusRelayBoard
from simulators.rs485_line import Rs485Line
from simulators.world import World
from tests.simulators.rig import full_plan


@pytest.fixture
async def world_and_client(tmp_path: Path) -> AsyncIterator[tuple[World, AsyncModbusSerialClient]]:
    world = World(full_plan(tmp_path))
    boards = [
        ModbusRelayBoard(1, 8, world.plan.wiring("a1"), world, board_id="a1"),
        ModbusRelayBoard(2, 8, world.plan.wiring("a2"), world, board_id="a2"),
    ]
    line = Rs485Line(tmp_path / "line", boards, world.faults)
    await line.start()
    client = AsyncModbusSerialClient(
        str(line.path), framer=FramerType.RTU, baudrate=9600, timeout=1, retries=0
    )
    assert await client.connect()
    yield world, client
    client.close()
    await line.stop()


async def test_each_board_answers_for_its_own_locks(
    world_and_client: tuple[World, AsyncModbusSerialClient],
) -> None:
    world, client = world_and_client
    world.force_open("b02")

    first = await client.read_discrete_inputs(0, count=8, device_id=1)
    second = await client.read_discrete_inputs(0, count=8, device_id=2)

    assert first.bits == [True] * 8
    assert second.bits == [True, False, True, True, True, True, True, True]


async def test_coils_are_written_and_read_back(
    world_and_client: tuple[World, AsyncModbusSerialClient],
) -> None:
    world, client = world_and_client
    assert not (await client.write_coil(3, True, device_id=2)).isError()
    assert world.is_energised("b04")
    assert (await client.read_coils(0, count=8, device_id=2)).bits == [index == 3 for index in range(8)]
    assert not (await client.write_coils(0, [False] * 8, device_id=2)).isError()
    assert not world.is_energised("b04")


async def test_registers_and_exceptions(world_and_client: tuple[World, AsyncModbusSerialClient]) -> None:
    _, client = world_and_client
    assert (await client.read_holding_registers(0x8000, count=1, device_id=1)).registers == [200]
    assert (await client.read_holding_registers(0x4000, count=1, device_id=2)).registers == [2]
    assert not (await client.write_registers(0x1000, [0] * 8, device_id=1)).isError()
    refused = await client.read_coils(0, count=64, device_id=1)
    assert refused.isError()
    assert refused.exception_code == 2
