"""The demo as its user starts it: one command, journeys played, the last line a verdict."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.patience import PATIENCE_S


def play(*options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, verdict and progress of one headless run."""
    run = subprocess.run(
        [sys.executable, "-m", "simulators.cli", "demo", "--headless", "--json", *options],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return run.returncode, json.loads(run.stdout.splitlines()[-1]), run.stderr


@pytest.mark.parametrize("broker", ["mosquitto", "nats"])
def test_journeys_with_crashes_keep_every_promise_on(broker: str) -> None:
    code, told, progress = play("--journeys", "4", "--seed", "3", "--crashes", "3", "--broker", broker)
    assert code == 0, progress
    assert (told["journeys"], told["completed"], told["restarts"], told["broker"]) == (4, 4, 3, broker)
    assert (told["misdelivered"], told["double_allocated"], told["left_inside"]) == (0, 0, 0)
    assert told["events"]["journaled"] == told["events"]["acknowledged"] > 0
    assert (told["events"]["lost"], told["events"]["duplicated"]) == (0, 0)
    assert told["pulses"]["seen"] == told["pulses"]["recorded"]


def test_a_manifest_that_is_not_there_is_named(tmp_path: Path) -> None:
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "simulators.cli",
            "demo",
            "--headless",
            "--manifest",
            str(tmp_path / "no.csv"),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert run.returncode == 1
    assert "no.csv" in run.stderr
    assert "Traceback" not in run.stderr
