"""The driver of docs/drivers.md: installed as a package of its own, found by its entry point, and proved."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/driver"
MAX_LINES = 100
SIMULATED = ("no_answer", "garbled_reply", "half_reply", "board_dead", "door_stuck", "feedback_stuck")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as pip installs it."""
    folder = tmp_path_factory.mktemp("tally")
    shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    target = folder / "site"
    subprocess.run([*pip, "--target", str(target), str(folder / "source")], check=True, timeout=PATIENCE_S)
    return target


@contextmanager
def tally(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Its simulator: port and control socket."""
    port, socket = folder / "tally", folder / "control"
    argv = [
        sys.executable,
        str(EXAMPLE / "tally_simulator.py"),
        "--port",
        str(port),
        "--control",
        str(socket),
    ]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        killer = threading.Timer(50, process.kill)
        killer.start()
        try:
            assert process.stdout is not None
            assert process.stdout.readline().split() == [str(port), str(socket)]
            yield port, socket
        finally:
            killer.cancel()
            process.kill()


def conformance(site: Path | None, *argv: str) -> tuple[int, list[Mapping[str, Any]], str]:
    """Exit code, JSON lines and stderr of the command."""
    path = os.pathsep.join(str(each) for each in (site, ROOT) if each is not None)
    done = subprocess.run(
        [sys.executable, "-m", "edge.cli", "conformance", *argv, "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_board_of_its_own_package_is_proved_at_its_simulator(site: Path, tmp_path: Path) -> None:
    with tally(tmp_path) as (port, socket):
        code, rows, told = conformance(site, "tally", "--port", str(port), "--control", str(socket))

    *outcomes, totals = rows
    results = {each["case"]: each["result"] for each in outcomes}
    assert code == 0, [each for each in outcomes if each["result"] == "failed"]
    assert (totals["drivers"], totals["failed"]) == (1, 0)
    assert totals["passed"] == totals["cases"] == sum(each == "passed" for each in results.values())
    assert all(results[f"under {fault}"] == "passed" for fault in SIMULATED)
    assert results["one pulse opens its own door and no other"] == "passed"
    assert {each["seen"] for each in outcomes if each["case"] == "under line_noise"} == {
        "inject: inject line_noise is not simulated"
    }
    assert "tally: under no_answer: passed" in told


def test_a_driver_that_fails_ends_with_1_and_shows_the_wire(site: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "site"
    shutil.copytree(site, spoilt)
    driver = spoilt / "pigeonhole_tally.py"
    text = driver.read_text(encoding="utf-8")
    driver.write_text(text.replace("frame.value >> lock & 1)", "frame.value >> lock & 0)"), encoding="utf-8")
    with tally(tmp_path) as (port, _):
        code, rows, _ = conformance(
            spoilt, "tally", "--port", str(port), "--pulse", "3", "--set", "pulse_ms=200"
        )
    *outcomes, totals = rows
    failed = [each for each in outcomes if each["result"] == "failed"]

    assert (code, totals["failed"]) == (1, len(failed))
    assert [each["case"] for each in failed] == ["one pulse opens its own door and no other"]
    assert any("> 7b 01 53 00 cf" in line for line in failed[0]["trace"])


def test_it_is_a_hundred_lines_at_most_and_the_document_has_them() -> None:
    code = (EXAMPLE / "pigeonhole_tally.py").read_text(encoding="utf-8")
    document = (ROOT / "docs/drivers.md").read_text(encoding="utf-8")

    assert len(code.splitlines()) < MAX_LINES
    assert f"```python\n{code}```" in document
    assert f"```toml\n{(EXAMPLE / 'pyproject.toml').read_text(encoding='utf-8')}```" in document


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["tally"], "give KIND and --port"),
        (["magic", "--port", "/nowhere"], "'magic' is none of modbus-relay"),
        (["8a80", "--port", "/nowhere", "--address", "999"], "address: 999 is not in"),
        (["8a80", "--port", "/nowhere", "--pulse", "9"], "--pulse 9 is not in 1..8"),
        (["8a80", "--port", "/nowhere", "--set", "colour=red"], "colour"),
        (["8a80", "--port", "/nowhere", "--set", "options.first_chanel=2"], "first_chanel"),
        (["zpl", "--port", "carrier pigeon"], "address"),
        (["--all-simulators", "--only", "magic"], "no simulator for magic"),
    ],
)
def test_wrong_usage_is_named(argv: list[str], told: str) -> None:
    code, rows, stderr = conformance(None, *argv)

    assert (code, rows) == (2, [])
    assert told in stderr
