"""A whole cabinet from a station.toml, in this process and as the command."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.cabinet import SimulatedCabinet
from simulators.plan import PlanError, load_plan
from simulators.world import SimParcel
from tests.simulators.rig import full_plan, raw_port, station_toml
from tests.support.patience import PATIENCE_S


@pytest.fixture
async def cabinet(tmp_path: Path) -> AsyncIterator[SimulatedCabinet]:
    made = SimulatedCabinet(load_plan(station_toml(tmp_path, 0)), tmp_path / "labels", pace=0.0)
    await made.start()
    yield made
    await made.stop()


async def test_a_parcel_goes_in_by_one_pulse_and_out_by_another(cabinet: SimulatedCabinet) -> None:
    parcel = SimParcel("EE123456785CN", "Li")
    with (
        raw_port(cabinet.lines["line-a"].path) as modbus,
        raw_port(cabinet.lines["line-b"].path) as bus,
    ):
        hands = asyncio.create_task(cabinet.hands.deposit("a01", parcel))
        assert await modbus.ask("01 05 02 00 00 02 4D B3", 8) == "01 05 02 00 00 02 4D B3"
        await hands
        assert cabinet.world.parcels("a01") == [parcel]
        assert await bus.ask("8A 02 01 11 98", 5) == "8A 02 01 11 98"
        assert cabinet.world.open_doors() == ["d01"]
    assert cabinet.world.max_energised == 1


async def test_every_device_of_the_plan_is_there(cabinet: SimulatedCabinet, tmp_path: Path) -> None:
    assert list(cabinet.boards) == ["a1", "a2", "b1", "b2"]
    assert dict(cabinet.ports()) == {
        "line-a": str(tmp_path / "dev/line-a"),
        "line-b": str(tmp_path / "dev/line-b"),
        "window": str(tmp_path / "dev/scanner"),
        "label": f"tcp://127.0.0.1:{cabinet.printers['label'].tcp_port}",
    }
    assert all(each["targets"] for each in cabinet.faults.describe())


async def test_the_trace_joins_all_lines_in_order_of_time(cabinet: SimulatedCabinet) -> None:
    with (
        raw_port(cabinet.lines["line-a"].path) as modbus,
        raw_port(cabinet.lines["line-b"].path) as bus,
    ):
        await modbus.ask("01 01 00 00 00 08 3D CC", 6)
        await bus.ask("80 01 01 33 B3", 5)
    assert [(each["line"], each["sender"]) for each in cabinet.trace()] == [
        ("line-a", "host"),
        ("line-a", "a1"),
        ("line-b", "host"),
        ("line-b", "b1"),
    ]


async def test_a_cabinet_starts_stops_and_starts_again(cabinet: SimulatedCabinet) -> None:
    await cabinet.stop()
    assert not cabinet.lines["line-a"].path.is_symlink()
    await cabinet.start()
    with raw_port(cabinet.lines["line-a"].path) as modbus:
        assert await modbus.ask("01 01 00 00 00 08 3D CC", 6) == "01 01 01 00 51 88"


async def test_when_one_port_cannot_be_had_nothing_stays_plugged(tmp_path: Path) -> None:
    plan = full_plan(tmp_path)
    plan.scanners[0].port.parent.mkdir(parents=True)
    plan.scanners[0].port.write_text("in the way")
    cabinet = SimulatedCabinet(plan, tmp_path / "labels")
    with pytest.raises(OSError, match="no symlink"):
        await cabinet.start()
    assert not Path(plan.lines[0].port).is_symlink()


def test_a_device_without_simulator_is_named(tmp_path: Path) -> None:
    plan = full_plan(tmp_path)
    strange = replace(plan, printers=(replace(plan.printers[0], kind="epl"),))
    with pytest.raises(PlanError, match="no simulator for 'epl'; there are zpl, tspl, escpos, cpcl"):
        SimulatedCabinet(strange, tmp_path)
    unknown = replace(plan, boards=(replace(plan.boards[0], kind="magic"), *plan.boards[1:]))
    with pytest.raises(PlanError, match="a1: no simulator for 'magic'"):
        SimulatedCabinet(unknown, tmp_path)


async def test_a_device_may_be_pulled_from_the_start(tmp_path: Path) -> None:
    cabinet = SimulatedCabinet(full_plan(tmp_path), tmp_path / "labels")
    for device in ("line-a", "window", "label"):
        cabinet.unplug(device)
    with pytest.raises(
        PlanError, match="no device 'lable' to unplug; there are line-a, line-b, window, label"
    ):
        cabinet.unplug("lable")
    await cabinet.start()
    assert [each.port.plugged for each in cabinet.lines.values()] == [False, True]
    assert not cabinet.scanners["window"].plugged
    assert not cabinet.printers["label"].listening
    cabinet.faults.clear("line_unplugged", "line-a")
    with raw_port(cabinet.lines["line-a"].path) as modbus:
        assert await modbus.ask("01 01 00 00 00 08 3D CC", 6) == "01 01 01 00 51 88"
    await cabinet.stop()


async def test_the_command_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulators.cabinet",
        "--config",
        str(station_toml(tmp_path, 0)),
        "--labels",
        str(tmp_path / "labels"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        lines = [(await process.stdout.readline()).decode().split() for _ in range(4)]
        assert [each[0] for each in lines] == ["line-a", "line-b", "window", "label"]
        with raw_port(Path(lines[0][1])) as modbus:
            assert await modbus.ask("01 01 00 00 00 08 3D CC", 6) == "01 01 01 00 51 88"
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    assert not os.path.lexists(lines[0][1])


async def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulators.cabinet",
        "--config",
        str(tmp_path / "none.toml"),
        "--labels",
        str(tmp_path),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 1
    assert b"none.toml" in said
