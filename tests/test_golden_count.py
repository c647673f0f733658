"""Every worked example is taken by the tests of both sides, or says why it is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden.usage import TAKEN, took
from tests.support.patience import PATIENCE_S
from tools.count_golden import FOLDER, WITHOUT, Example, examples

ROOT = Path(__file__).resolve().parents[1]


def test_all_are_taken_by_both_sides() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.count_golden"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    totals = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, totals["not_taken"]) == (0, 0), done.stderr
    assert totals["vectors"] == len(list(examples())) >= 260
    assert totals["vectors"] - totals["excused"] <= min(totals["driver"], totals["simulator"])


def test_one_that_no_test_takes_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    example = Example("wkly", "a document", ">", "aa", "an example", {"simulator": "not heard"})

    assert example.missing() == ["driver"]

    monkeypatch.setitem(TAKEN, ("wkly", "<", "aa"), {"driver"})
    assert example.missing() == ["driver"], "the other direction is another example"
    took("wkly", ">", b"\xaa", "driver")
    assert example.missing() == []
    del TAKEN["wkly", ">", "aa"]


def test_every_excuse_and_everything_left_out_has_its_reason() -> None:
    excuses = [reason for each in examples() for reason in each.excused.values()]
    without = json.loads(WITHOUT.read_text(encoding="utf-8"))

    assert excuses
    assert all(len(reason) > 8 for reason in excuses)
    assert {frozenset(entry) for entry in without} == {frozenset({"section", "what", "reason"})}
    assert {path.stem for path in FOLDER.glob("*.json")} == {each.family for each in examples()}


def test_sections_name_their_document() -> None:
    """A bare number is a section of nothing."""
    assert [each.section for each in examples() if not any(letter.isalpha() for letter in each.section)] == []
