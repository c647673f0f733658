"""The control socket of simulated hardware: one answer a request, in any order, and errors that say why."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from simulators.cabinet import SimulatedCabinet
from simulators.control import CabinetControl, ControlServer
from simulators.plan import load_plan

STATION = """
[station]
id = "control"
[[line]]
id = "line"
port = "line"
protocol = "8a80"
[[board]]
id = "one"
line = "line"
kind = "8a80"
address = 1
channels = 2
[[bank]]
id = "A"
[[compartment]]
number = "one-1"
bank = "A"
size = "S"
board = "one"
channel = 1
[[scanner]]
id = "window"
kind = "serial-line"
port = "window"
[[printer]]
id = "label"
kind = "zpl"
address = "tcp://127.0.0.1:0"
"""


class Wire:
    """A client that sends any bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.number = 0

    async def answer(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            answer: dict[str, Any] = json.loads(await self.reader.readline())
            return answer

    async def ask(self, what: str, **arguments: Any) -> dict[str, Any]:
        self.number += 1
        self.writer.write(json.dumps({"id": self.number, "do": what, **arguments}).encode() + b"\n")
        answer = await self.answer()
        assert answer["id"] == self.number
        return answer


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Wire]:
    config = folder / "station.toml"
    config.write_text(STATION, encoding="utf-8")
    plan = load_plan(config)
    control = CabinetControl(lambda: SimulatedCabinet(plan, folder / "labels", seed=1))
    server = ControlServer(control, folder / "control")
    await server.start()
    reader, writer = await asyncio.open_unix_connection(folder / "control")
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        await server.stop()
    assert not (folder / "control").exists()
    assert not (folder / "line").is_symlink()


async def test_a_restart_is_a_device_as_delivered(tmp_path: Path) -> None:
    async with served(tmp_path) as wire:
        assert not (tmp_path / "line").is_symlink()
        ports = (await wire.ask("restart"))["ports"]
        assert ports["line"] == str(tmp_path / "line")
        assert ports["label"].startswith("tcp://127.0.0.1:")
        await wire.ask("force_open", door="one-1")
        await wire.ask("inject", fault="latch_slips", target="one-1", params={"n": 0})
        assert (await wire.ask("close_door", door="one-1"))["shut"] is False
        assert (await wire.ask("doors"))["doors"]["one-1"]["open"] is True

        await wire.ask("restart")

        told = await wire.ask("doors")
        assert told["doors"] == {"one-1": {"open": False, "live": False, "pulses": 0}}
        assert (told["max_live"], told["collisions"], told["heard_bytes"]) == (0, 0, 0)
        assert (await wire.ask("clear", fault="latch_slips", target="one-1"))["was"] is False
        assert await wire.ask("scanner", scanner="window") | {"id": 0} == {
            "id": 0,
            "ok": True,
            "plugged": True,
            "wants_set_up": False,
            "set_up": True,
        }
        assert (await wire.ask("printer", printer="label"))["labels"] == []


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"do": "dance"}, "nothing is called 'dance'; there are restart"),
        ({"do": "inject", "fault": "flood", "target": "one"}, "no fault 'flood'"),
        ({"do": "inject", "fault": "board_dead", "target": "two"}, "needs a board; 'two' is not one of one"),
        ({"do": "scan", "scanner": "door", "text": "x"}, "no scanner 'door'; there is window"),
        ({"do": "printer", "printer": "window"}, "there is no 'window'"),
        ({"do": "doors", "colour": "red"}, "colour"),
        ({"do": "scan", "scanner": "window", "hex_bytes": "xy"}, "hex"),
        ({}, "no request"),
    ],
)
async def test_what_cannot_be_done_says_why(tmp_path: Path, request_: dict[str, Any], error: str) -> None:
    async with served(tmp_path) as wire:
        await wire.ask("restart")
        wire.writer.write(json.dumps({"id": "x", **request_}).encode() + b"\n")

        answer = await wire.answer()

        assert (answer["id"], answer["ok"]) == ("x", False)
        assert error in answer["error"]
        assert (await wire.ask("clear_all"))["ok"]


async def test_before_a_restart_there_is_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as wire:
        assert "restart first" in (await wire.ask("doors"))["error"]
        wire.writer.write(b"no json\n[1, 2]\n")
        assert [(await wire.answer())["ok"] for _ in range(2)] == [False, False]


async def test_a_slow_request_does_not_hold_up_the_next(tmp_path: Path) -> None:
    async with served(tmp_path) as wire:
        await wire.ask("restart")
        await wire.ask("inject", fault="scanner_bytewise", target="window")
        slow = {"id": "slow", "do": "scan", "scanner": "window", "text": "7" * 300}
        wire.writer.write(json.dumps(slow).encode() + b"\n" + b'{"id": "quick", "do": "doors"}\n')

        assert [(await wire.answer())["id"] for _ in range(2)] == ["quick", "slow"]
