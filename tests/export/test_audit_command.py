"""`pigeonhole audit verify`: whole journals are whole, and every kind of meddling is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.contract.example_facts import FACTS
from tests.export.journals import tamper, write


def verdict(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    code = main(["audit", "verify", "--json", "--journal", str(path)])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert code == (0 if told["ok"] else 1)
    return told


def test_a_whole_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "j")

    told = verdict(path, capsys)
    assert told["ok"] and told["records"] == len(FACTS) and len(told["last_hash"]) == 64
    assert main(["audit", "verify", "--journal", str(path)]) == 0
    assert capsys.readouterr().out.startswith(f"whole: {len(FACTS)} records, 1 to {len(FACTS)}; last hash ")


@pytest.mark.parametrize(
    ("change", "sequence", "reason"),
    [
        (
            "UPDATE events SET body=CAST(replace(CAST(body AS TEXT),'P-2041','P-2042') AS BLOB) WHERE seq=7",
            7,
            "follow from the body",
        ),
        ("UPDATE events SET hash=zeroblob(32) WHERE seq=7", 7, "follow from the body"),
        ("UPDATE events SET prev_hash=zeroblob(32) WHERE seq=7", 7, "noted of the record before"),
        ("DELETE FROM events WHERE seq=7", 7, "is missing; 8 follows"),
        ("UPDATE events SET type='ph.door.changed.v1' WHERE seq=7", 7, "columns and the body differ"),
        ("UPDATE events SET body=x'7b' WHERE seq=7", 7, "the body is no record"),
        (f"DELETE FROM events WHERE seq={len(FACTS)}", len(FACTS), "the file ends at"),
        ("UPDATE events SET body=x'', hash=zeroblob(32) WHERE seq=7", 8, "noted of the record before"),
    ],
)
def test_the_first_broken_link_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str, sequence: int, reason: str
) -> None:
    path = write(tmp_path / "j")
    tamper(path, change)

    told = verdict(path, capsys)

    assert not told["ok"]
    assert told["broken"]["sequence"] == sequence and reason in told["broken"]["reason"]
    assert main(["audit", "verify", "--journal", str(path)]) == 1
    assert f"broken at record {sequence}" in capsys.readouterr().out


def test_records_without_content_do_not_break_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "j")
    tamper(path, "UPDATE events SET body=x'' WHERE seq IN (4, 5, 20)")

    told = verdict(path, capsys)

    assert told["ok"] and told["without_content"] == 3


def test_what_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", "--journal", str(tmp_path / "none")]) == 1
    assert "no such file" in capsys.readouterr().err
