"""docs/conformance.md cannot go stale: its table has every driver, every case, and nothing that failed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.config import ConfigError
from edge.conformance.report import markdown, marked, renew
from hal.conformance.cases import Outcome, Result
from hal.conformance.simulated import simulated_subjects
from hal.conformance.subjects import Subject
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs/conformance.md"


def outcomes(subjects: list[Subject], result: Result = Result.PASSED) -> list[Outcome]:
    return [
        Outcome(subject.driver, case.name, result, "seen") for subject in subjects for case in subject.cases
    ]


def rows(table: str) -> list[tuple[str, ...]]:
    """Heads and names of cases, without what became of them and without rules."""
    found = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return [tuple(row) if row[0] == "case" else (row[0], row[1], str(len(row))) for row in found]


def test_the_table_has_every_driver_and_case_of_the_code() -> None:
    subjects = simulated_subjects()
    _, table = marked(DOCUMENT, DOCUMENT.read_text(encoding="utf-8"))

    assert rows(table) == rows(markdown(subjects, outcomes(subjects)))
    assert "✗" not in table
    assert table.count("✓") > 700


def test_the_command_renews_the_table_and_nothing_else(tmp_path: Path) -> None:
    document = tmp_path / "conformance.md"
    text = DOCUMENT.read_text(encoding="utf-8")
    document.write_text(text, encoding="utf-8")
    subjects = simulated_subjects()

    renew(document, markdown(subjects, outcomes(subjects, Result.FAILED)))

    before, table = marked(document, document.read_text(encoding="utf-8"))
    assert text.startswith(before)
    assert (table.count("✓"), table.count("✗")) == (0, len(outcomes(subjects)))


def test_a_document_without_marks_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "other.md"
    document.write_text("# Other\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="no marks"):
        renew(document, "table")
    assert document.read_text(encoding="utf-8") == "# Other\n"


def test_every_request_to_a_simulator_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    source = (ROOT / "simulators/control.py").read_text(encoding="utf-8")
    requests = re.findall(r'^ +"(\w+)": self\._\w+,$', source, re.MULTILINE)

    assert len(requests) == 10
    assert [each for each in requests if f"`{each}`" not in text] == []


def test_simulators_of_their_own_processes_prove_their_drivers() -> None:
    chosen = ["--only", "gm65", "--only", "hid-pos"]
    done = subprocess.run(
        [sys.executable, "-m", "edge.cli", "conformance", "--all-simulators", *chosen, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    *told, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, [each for each in told if each["result"] == "failed"]
    assert (last["drivers"], last["failed"]) == (2, 0)
    assert last["cases"] == last["passed"] == sum(each["result"] == "passed" for each in told) > 40
    assert "gm65: a scan arrives as text: passed" in done.stderr
