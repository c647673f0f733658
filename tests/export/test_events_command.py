"""`pigeonhole events` as a person and as a script uses it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.contract.example_facts import FACTS
from edge.export.moments import MomentError, parse_moment
from tests.export.journals import START_MS, tamper, write
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("station") / "journal.sqlite")


def told(capsys: pytest.CaptureFixture[str], *args: str) -> list[dict[str, Any]]:
    assert main(["events", "--json", *args]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_is_every_fact_as_it_is_published(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = told(capsys, "--journal", str(journal))

    assert [event["type"] for event in events] == [fact.type for fact in FACTS]
    assert [int(event["sequence"]) for event in events] == list(range(1, len(FACTS) + 1))
    assert {event["source"] for event in events} == {"urn:ph:acme:demo-01"}


def test_the_table_has_a_line_for_each_fact(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--journal", str(journal)]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == len(FACTS)
    assert "parcel.deposited" in lines[3] and "parcel/P-2041" in lines[3] and "compartment=b07" in lines[3]


@pytest.mark.parametrize(
    ("arguments", "sequences"),
    [
        (["--since", "#3", "--until", "#5"], [4, 5]),
        (["--type", "ph.door.left-open.v1"], [18]),
        (["--type", "ph.parcel.p*", "--type", "ph.parcel.m?ssing.v1"], [2, 5, 10]),
        (["--since", "2026-09-21T14:15:00Z", "--until", "2026-09-21T14:17:00+00:00"], [3, 4]),
        (["--since", "2099-01-01"], []),
    ],
)
def test_the_choice(
    journal: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sequences: list[int]
) -> None:
    assert [int(e["sequence"]) for e in told(capsys, "--journal", str(journal), *arguments)] == sequences


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("#17", (17, None)),
        ("90s", (None, START_MS - 90_000)),
        ("2h", (None, START_MS - 7_200_000)),
        ("7d", (None, START_MS - 604_800_000)),
        ("2026-09-21T14:13:20Z", (None, START_MS)),
        ("2026-09-21T22:13:20+08:00", (None, START_MS)),
    ],
)
def test_moments(text: str, moment: tuple[int | None, int | None]) -> None:
    assert parse_moment(text, START_MS) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "#", "#-1", "2w", "1e9s", "2026-13-01"])
def test_what_is_no_moment_is_named(text: str) -> None:
    with pytest.raises(MomentError, match="no time"):
        parse_moment(text, START_MS)


def test_wrong_usage_is_named(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--journal", str(journal), "--since", "soon"]) == 2
    assert main(["events", "--journal", str(journal), "--epcis", "--follow"]) == 2
    assert main(["events", "--journal", str(tmp_path / "none")]) == 1
    (tmp_path / "text").write_text("no database at all, but long enough to be looked at as one" * 20)
    assert main(["events", "--journal", str(tmp_path / "text")]) == 1
    said = capsys.readouterr().err

    for word in ("'soon' is no time", "cannot follow", "no such file", "text: cannot be read"):
        assert word in said


def test_a_copy_in_a_folder_that_cannot_be_written_is_read(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "backup" / "journal.sqlite"
    copy.parent.mkdir()
    copy.write_bytes(journal.read_bytes())
    copy.chmod(0o444)
    copy.parent.chmod(0o555)
    try:
        events = told(capsys, "--journal", str(copy))
        assert list(copy.parent.iterdir()) == [copy] or os.geteuid() == 0
    finally:
        copy.parent.chmod(0o755)

    assert len(events) == len(FACTS)


def test_content_that_has_left_is_told_in_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "journal.sqlite")
    tamper(path, "UPDATE events SET body=x'' WHERE seq=20")

    (event,) = told(capsys, "--journal", str(path), "--since", "#19", "--until", "#20")
    assert main(["events", "--journal", str(path), "--since", "#19", "--until", "#20"]) == 0

    assert event["type"] == "ph.health.shed.v1" and event["data"]["type"] == FACTS[19].type
    assert "its content has left" in capsys.readouterr().out


def test_a_reader_that_leaves_early_is_no_trouble(journal: Path) -> None:
    run = subprocess.run(  # noqa: PLW1510
        f"{sys.executable} -m edge.cli events --json --journal {journal} | head -n 1",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        timeout=PATIENCE_S,
    )

    assert run.stdout.count(b"\n") == 1 and run.stderr == b""


def test_follow_goes_on_with_what_is_recorded(tmp_path: Path) -> None:
    path = write(tmp_path / "journal.sqlite", FACTS[:2])  # type: ignore[arg-type]
    command = [sys.executable, "-m", "edge.cli", "events", "--json", "--follow", "--journal", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as follower:
        assert follower.stdout is not None
        first = [json.loads(follower.stdout.readline())["sequence"] for _ in range(2)]
        write(path, FACTS[2:4])  # type: ignore[arg-type]
        later = [json.loads(follower.stdout.readline())["sequence"] for _ in range(2)]
        follower.send_signal(signal.SIGINT)
        _, error = follower.communicate(timeout=PATIENCE_S)

    assert [int(sequence) for sequence in first + later] == [1, 2, 3, 4]
    assert follower.returncode == 130 and error == b""


def test_a_copy_whose_log_cannot_be_read_is_not_taken_for_the_whole(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "journal.sqlite"
    copy.write_bytes(journal.read_bytes())
    copy.with_name("journal.sqlite-wal").write_bytes(b"records written last")
    real = sqlite3.connect

    class ReadOnly(sqlite3.Connection):
        def execute(self, *args: Any) -> sqlite3.Cursor:
            raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(sqlite3, "connect", lambda place, **more: real(place, factory=ReadOnly, **more))

    assert main(["audit", "verify", "--journal", str(copy)]) == 1
    assert "journal.sqlite-wal; copy both" in capsys.readouterr().err
