"""Scanners of a station.toml and their simulators."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simulators.cabinet import SimulatedCabinet, run_devices
from simulators.plan import PlanError, load_plan
from tests.simulators.rig import full_plan, station_toml


@pytest.mark.parametrize(
    ("kind", "simulated"),
    [
        ("serial-line", "SerialScanner"),
        ("ssi", "SsiScanner"),
        ("honeywell", "HoneywellScanner"),
        ("newland", "NewlandScanner"),
        ("cipherlab", "CipherlabScanner"),
        ("gm65", "Gm65Scanner"),
        ("keyboard-wedge", "KeyboardWedge"),
        ("hid-pos", "HidPosScanner"),
    ],
)
async def test_a_scanner_is_of_the_kind_in_the_file(tmp_path: Path, kind: str, simulated: str) -> None:
    station = station_toml(tmp_path)
    station.write_text(station.read_text(encoding="utf-8").replace('"serial-line"', f'"{kind}"'))
    cabinet = SimulatedCabinet(load_plan(station), tmp_path / "labels")
    scanner = cabinet.scanners["window"]

    assert type(scanner).__name__ == simulated
    await scanner.start()
    assert scanner.plugged
    assert (tmp_path / "dev/scanner").is_symlink()
    await scanner.scan("EE123456785CN")
    await scanner.stop()
    assert not scanner.plugged


@pytest.mark.parametrize(
    ("kind", "named"),
    [("magic", "no simulator for 'magic'"), ("gm65", "window: a GM65"), ("keyboard-wedge", "a wedge")],
)
def test_a_scanner_that_cannot_be_is_named(tmp_path: Path, kind: str, named: str) -> None:
    plan = full_plan(tmp_path)
    scanner = replace(plan.scanners[0], kind=kind, suffix=b";")

    with pytest.raises(PlanError, match=named):
        SimulatedCabinet(replace(plan, scanners=(scanner,)), tmp_path / "labels")


@pytest.mark.parametrize("given", ["window", "window=", "door=A"])
async def test_a_symbol_is_held_before_a_scanner_there_is(tmp_path: Path, given: str) -> None:
    with pytest.raises(PlanError, match="SCANNER=TEXT"):
        await run_devices(station_toml(tmp_path), tmp_path / "labels", held=[given])
