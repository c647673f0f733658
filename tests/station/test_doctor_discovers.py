"""`pigeonhole doctor` without a station file: what hangs on the ports, told, and a draft to begin with."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from edge.config import load_config
from hal.registry import build
from simulators.cabinet import SimulatedCabinet
from simulators.plan import load_plan
from tests.commission.rig import station_toml
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]

NARROW = ["--addresses=0-1", "--baud=9600"]
"""Where the boards of these tests are: all others cost their silence."""
PATIENT = "--reply-ms=250"
"""What answers is another process than the doctor's; a busy machine runs it too late for 60 ms."""

DEVICES = """
[[scanner]]
id = "ssi"
kind = "ssi"
port = "dev/ssi"

[[printer]]
id = "zebra"
kind = "zpl"
address = "tcp://127.0.0.1:{port}"

[[printer]]
id = "receipts"
kind = "escpos"
address = "serial:dev/receipts?baud=9600"
"""


async def doctor(*options: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "edge.cli", "doctor", "--only", "--reply-ms=60", *options),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def cabinet(tmp_path: Path) -> AsyncIterator[SimulatedCabinet]:
    boards = {"one": ("8a80", "locked"), "two": ("modbus-relay", "unlocked")}
    file = station_toml(tmp_path, boards, {"A01": ("one", 1), "A02": ("two", 3)})
    with file.open("a", encoding="utf-8") as more:
        more.write(DEVICES.format(port=0))
    cabinet = SimulatedCabinet(load_plan(file), tmp_path / "labels")
    await cabinet.start()
    yield cabinet
    await cabinet.stop()


def nothing_happened(cabinet: SimulatedCabinet) -> bool:
    pulses = sum(cabinet.world.pulses(each.id) for each in cabinet.plan.compartments)
    return pulses == 0 and not any(printer.labels for printer in cabinet.printers.values())


async def test_lines_scanners_and_printers_are_known_and_drafted(
    cabinet: SimulatedCabinet, tmp_path: Path
) -> None:
    dev = tmp_path / "dev"
    ports = [f"--port={dev / name}" for name in ("one", "two", "ssi", "receipts")]
    ports += [*NARROW, PATIENT]
    printer = cabinet.printers["zebra"].address
    draft = tmp_path / "draft.toml"
    code, out, err = await doctor(*ports, f"--printer={printer}", f"--draft={draft}", "--json")
    assert code == 0, out + err
    told: list[dict[str, Any]] = json.loads(out)["found"]
    assert [(each["port"], each["what"], each["kind"], each["baud"]) for each in told] == [
        (str(dev / "one"), "board", "8a80", 9600),
        (str(dev / "two"), "board", "modbus-relay", 9600),
        (str(dev / "ssi"), "scanner", "ssi", 9600),
        (str(dev / "receipts"), "printer", "escpos", 9600),
        (printer, "printer", "zpl", 0),
    ]
    assert [(each["address"], each["channels"]) for each in told[:2]] == [(1, 8), (1, 8)]
    assert "SIM-SSI" in told[2]["says"]
    assert "8a80 at 9600 baud" in err, "progress is on stderr"
    assert nothing_happened(cabinet)

    config = load_config(draft)
    build(config.lines, config.boards, config.scanners, config.printers)
    assert [(board.kind, board.address, board.channels) for board in config.boards] == [
        ("8a80", 1, 8),
        ("modbus-relay", 1, 8),
    ]
    assert len(config.layout.compartments) == 16

    code, _, err = await doctor(*ports, f"--draft={draft}")
    assert code == 2
    assert "not overwritten" in err


async def test_a_table_tells_silent_and_missing_ports(cabinet: SimulatedCabinet, tmp_path: Path) -> None:
    cabinet.faults.inject("board_dead", "one")
    dev = tmp_path / "dev"
    code, out, _ = await doctor(f"--port={dev / 'one'}", f"--port={dev / 'none'}", *NARROW)
    assert code == 1
    head, silent, missing, last = out.splitlines()
    assert head.split() == ["port", "what", "kind", "baud", "address", "locks"]
    assert silent.split()[:2] == [str(dev / "one"), "silent"]
    assert missing.split()[:3] == [str(dev / "none"), "unusable", "FAIL"]
    assert last.startswith("something is wrong")
    assert nothing_happened(cabinet)


@pytest.mark.parametrize("wrong", ["--baud=fast", "--addresses=9-1", "--addresses=0-256"])
async def test_what_cannot_be_asked_for_is_wrong_usage(wrong: str) -> None:
    code, out, err = await doctor(wrong)
    assert (code, out) == (2, "")
    assert wrong.partition("=")[2] in err
