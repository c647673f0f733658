"""The `pigeonhole` command where it needs no hardware: what it checks, what it says, how it ends."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli import COMMANDS, main
from edge.shell.pins import check_pin, valid_hash
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples/station.toml"

HEADER = "parcel_id,tracking_code,recipient,phone,size,carrier,consent,recipient_id"


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "edge.cli", *argv],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def broken(folder: Path, old: str, new: str) -> Path:
    """The example with one thing wrong."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = folder / "station.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


# --- check-config -----------------------------------------------------------------------


def test_a_sound_configuration_is_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", "--config", str(EXAMPLE)]) == 0
    assert capsys.readouterr().out == f"{EXAMPLE}: sound; 40 compartments, 4 boards\n"


def test_checking_creates_nothing(tmp_path: Path) -> None:
    path = broken(tmp_path, "[kiosk]", "[kiosk]")
    assert main(["check-config", "--config", str(path)]) == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["station.toml"]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("[kiosk]", "[kiosk]\ncolour = 1", ["[kiosk]", "'colour'"]),
        ('kind = "modbus-relay"', 'kind = "relay"', ["board", "kind", "'relay'"]),
        ('kind = "serial-line"', 'kind = "camera"', ["scanner", "kind", "'camera'"]),
        ("tcp://", "lpt://", ["printer", "address", "lpt://"]),
        ("baud = 9600", "baud = 1", ["baud", "300"]),
    ],
)
def test_what_is_wrong_is_told_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, named: list[str]
) -> None:
    """Also what only the drivers know; every message begins with the file."""
    path = broken(tmp_path, old, new)
    assert main(["check-config", "--config", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"pigeonhole: {path}: ")
    assert [word for word in named if word not in said.err] == [], said.err


# --- check-manifest ------------------------------------------------------------------------


def test_the_sample_manifest_names_its_bad_rows_or_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-manifest", str(ROOT / "examples/parcels.csv")]) == 0
    assert capsys.readouterr().out == "300 parcels, 0 bad rows\n"


def bad_manifest(folder: Path) -> Path:
    rows = [
        "p-1,RR123456785CN,张伟,13812345678,S,ems,yes,",
        "p-2,,张伟,13812345678,S,ems,yes,",
        "p-3,1234567890123,李娜,13812345679,HUGE,ems,yes,",
        "p-1,9876543210987,王芳,13812345670,M,ems,yes,",
    ]
    path = folder / "parcels.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def test_bad_rows_are_named_by_line_and_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = bad_manifest(tmp_path)
    assert main(["check-manifest", str(path)]) == 1
    *faults, last = capsys.readouterr().out.splitlines()
    assert [fault.split(": ")[:2] for fault in faults] == [
        [f"{path}:3", "tracking_code"],
        [f"{path}:4", "size"],
        [f"{path}:5", "parcel_id"],
    ]
    assert last == "1 parcels, 3 bad rows"


def test_bad_rows_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-manifest", "--json", str(bad_manifest(tmp_path))]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["parcels"] == 1
    assert [(fault["line"], fault["column"]) for fault in said["faults"]] == [
        (3, "tracking_code"),
        (4, "size"),
        (5, "parcel_id"),
    ]
    assert all(fault["reason"] for fault in said["faults"])


def test_a_manifest_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-manifest", str(tmp_path / "none.csv")]) == 2
    assert "none.csv: No such file or directory" in capsys.readouterr().err


# --- hash-pin -------------------------------------------------------------------------------


def test_a_pin_hashed_for_the_file_signs_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("864209\n"))
    assert main(["hash-pin"]) == 0
    made = capsys.readouterr().out.strip()
    assert valid_hash(made)
    assert check_pin("864209", made)

    old = re.search(r'pin_scrypt = "[^"]*"', EXAMPLE.read_text(encoding="utf-8"))
    assert old is not None
    path = broken(tmp_path, old[0], f'pin_scrypt = "{made}"')
    assert main(["check-config", "--config", str(path)]) == 0


@pytest.mark.parametrize("typed", ["", "123", "12a4", "１２３４", "1" * 33])
def test_what_is_no_pin_is_refused_and_not_repeated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed + "\n"))
    assert main(["hash-pin"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "4 to 32 digits" in said.err
    assert not typed or typed not in said.err


# --- run -----------------------------------------------------------------------------------------


def test_run_with_an_unknown_key_ends_with_2_and_names_file_section_and_key(tmp_path: Path) -> None:
    path = broken(tmp_path, "[mqtt]", "[mqtt]\ncolour = 1")
    ended = run("run", "--config", str(path))
    assert ended.returncode == 2
    assert ended.stderr == f"pigeonhole: {path}: [mqtt]: unknown key 'colour'\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["station.toml"], "nothing was begun"


def test_run_with_a_damaged_pepper_ends_with_2_and_names_it(tmp_path: Path) -> None:
    path = broken(tmp_path, "../run/data/pepper.hex", "pepper.hex")
    (tmp_path / "pepper.hex").write_text("abc")
    ended = run("run", "--config", str(path))
    assert ended.returncode == 2
    assert str(tmp_path / "pepper.hex") in ended.stderr
    assert "abc" not in ended.stderr


def test_run_with_a_journal_that_is_none_ends_with_74_and_names_it(tmp_path: Path) -> None:
    path = broken(tmp_path, '"../run/data"', '"data"')
    text = path.read_text(encoding="utf-8").replace("../run/data/pepper.hex", "data/pepper.hex")
    path.write_text(text, encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/journal.sqlite").write_bytes(b"no database at all" * 100)
    ended = run("run", "--config", str(path))
    assert ended.returncode == 74
    assert str(tmp_path / "data/journal.sqlite") in ended.stderr
    assert "Traceback" not in ended.stderr


def test_wrong_usage_ends_with_2_and_help_lists_every_command() -> None:
    assert run("fly").returncode == 2
    assert run("run").returncode == 2
    said = run("--help").stdout
    commands = [command.name for command in COMMANDS]
    assert {"run", "doctor", "commission", "check-config", "decode", "hash-pin"} <= set(commands)
    assert [command for command in commands if not re.search(rf"^\s+{command}\s", said, re.M)] == []
    assert re.fullmatch(r"pigeonhole \d+\.\d+\.\d+\n", run("--version").stdout)
