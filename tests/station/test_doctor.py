"""`pigeonhole doctor` before simulated hardware, whole and broken."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from simulators.serial_scanner import SerialScanner
from simulators.ssi_scanner import SsiScanner
from tests.station.town import ROOT, Town, town
from tests.support.patience import PATIENCE_S


@dataclass
class Said:
    code: int
    out: str
    err: str


async def doctor(place: Town, *options: str) -> Said:
    process = await asyncio.create_subprocess_exec(
        *[
            sys.executable,
            "-m",
            "edge.cli",
            "doctor",
            "--config",
            str(place.rehearsal.station_toml),
            *options,
        ],
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


async def test_all_well_lists_every_door_and_ends_with_0(tmp_path: Path) -> None:
    async with town(tmp_path, start=False) as place:
        place.world.force_open("a03")
        said = await doctor(place)
        assert said.code == 0, said.out + said.err
        numbers = [c.number for c in place.world.plan.compartments]
        told = dict(re.findall(r"\b([A-D]\d\d) (closed|OPEN|UNKNOWN)\b", said.out))
        assert told == {number: "OPEN" if number == "A03" else "closed" for number in numbers}
        assert said.out.endswith("all well\n")
        assert "FAIL" not in said.out
        assert place.pulses() == 0
        assert not any(printer.labels for printer in place.cabinet.printers.values())
        assert not place.rehearsal.journal.exists(), "looking records nothing"


async def test_an_unplugged_scanner_is_said_with_exit_code_1(tmp_path: Path) -> None:
    async with town(tmp_path, start=False) as place:
        scanner = next(iter(place.cabinet.scanners))
        place.faults.inject("scanner_unplugged", scanner)
        said = await doctor(place)
        assert said.code == 1
        [line] = [line for line in said.out.splitlines() if line.startswith("FAIL")]
        assert f"scanner {scanner}" in line
        assert "unplugged" in line


async def test_everything_broken_is_told_device_by_device_as_json(tmp_path: Path) -> None:
    async with town(tmp_path, start=False) as place:
        for line in place.cabinet.lines:
            place.faults.inject("line_unplugged", line)
        for scanner in place.cabinet.scanners:
            place.faults.inject("scanner_unplugged", scanner)
        for printer in place.cabinet.printers:
            place.faults.inject("paper_out", printer)
        said = await doctor(place, "--json")
        assert said.code == 1
        report = json.loads(said.out)
        assert report["ok"] is False
        assert {finding["id"]: finding["ok"] for finding in report["findings"]} == dict.fromkeys(
            [*place.cabinet.boards, *place.cabinet.scanners, *place.cabinet.printers], False
        )
        details = {finding["kind"]: finding["detail"] for finding in report["findings"]}
        assert "paper-out" in details["printer"]
        assert "not open" in details["board"]


async def test_a_running_service_is_not_disturbed_and_the_doctor_says_what_to_do(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        said = await doctor(place)
        assert said.code == 1
        assert "stop the service" in said.out
        assert place.service.running
        assert place.facts("health.device-lost") == []
        await place.sign_in()


async def test_scanners_that_take_commands_are_asked_for_a_sign_of_life(tmp_path: Path) -> None:
    async with town(tmp_path, start=False) as place:
        living, mute = SsiScanner(tmp_path / "ssi"), SerialScanner(tmp_path / "gm65")
        await living.start()
        await mute.start()
        with place.rehearsal.station_toml.open("a", encoding="utf-8") as file:
            for kind in ("ssi", "gm65"):
                file.write(f'\n[[scanner]]\nid = "{kind}"\nkind = "{kind}"\nport = "{tmp_path / kind}"\n')
        said = await doctor(place)
        await living.stop()
        await mute.stop()

        assert said.code == 1
        lines = {line.split()[2]: line for line in said.out.splitlines() if " scanner " in line}
        assert lines["ssi"].startswith("ok")
        assert "SIM-SSI-1.0" in lines["ssi"]
        assert lines["gm65"].startswith("FAIL")
        assert "silent" in lines["gm65"]
