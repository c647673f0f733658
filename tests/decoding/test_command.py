"""`pigeonhole decode` as a process: what it says of good and bad files, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from edge.decoding import arguments
from native import barcode

ROOT = Path(__file__).resolve().parents[2]


def decode(
    *argv: str | Path, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "edge.cli", "decode", *map(str, argv)],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        timeout=30,
        check=False,
        env={**os.environ, **(env or {})},
    )


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """A picture without a symbol."""
    path = tmp_path / "blank.png"
    Image.new("L", (64, 48), 200).save(path)
    return path


def test_nothing_found_is_an_answer(blank: Path) -> None:
    ended = decode(blank)

    assert ended.returncode == 0
    assert ended.stdout.decode().startswith(f"{blank}: no symbol, 64 × 48 px, ")
    assert ended.stderr == b""


def test_a_file_that_is_no_picture_is_named_and_the_others_are_read(blank: Path, tmp_path: Path) -> None:
    bad, cut = tmp_path / "bad.png", tmp_path / "cut.png"
    bad.write_text("no picture")
    cut.write_bytes(blank.read_bytes()[:60])

    ended = decode(bad, tmp_path / "none.png", tmp_path, cut, blank)

    assert ended.returncode == 1
    assert ended.stdout.decode().startswith(f"{blank}: no symbol")
    said = ended.stderr.decode().splitlines()
    assert said[0] == f"pigeonhole: {bad}: is no picture of a kind known here"
    assert said[1] == f"pigeonhole: {tmp_path / 'none.png'}: No such file or directory"
    assert said[2] == f"pigeonhole: {tmp_path}: Is a directory"
    assert said[3].startswith(f"pigeonhole: {cut}: ")
    assert len(said) == 4, "no traceback, no warning"


def test_json_is_one_object_a_line_for_every_file(blank: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no picture")

    ended = decode("--json", blank, tmp_path / "bad.png", blank)

    assert ended.returncode == 1
    first, second, third = map(json.loads, ended.stdout.decode().splitlines())
    assert (first["file"], first["width"], first["symbols"]) == (str(blank), 64, [])
    assert second == {"file": str(tmp_path / "bad.png"), "error": "is no picture of a kind known here"}
    assert third["file"] == str(blank)


def test_standard_input_is_a_file_too(blank: Path) -> None:
    ended = decode("-", stdin=blank.read_bytes())

    assert ended.returncode == 0
    assert ended.stdout.decode().startswith("standard input: no symbol, 64 × 48 px")


def test_a_picture_longer_than_the_decoder_takes_is_told(tmp_path: Path) -> None:
    path = tmp_path / "long.png"
    Image.new("1", (barcode.MAX_SIDE + 1, 8), 1).save(path)

    ended = decode(path)

    assert ended.returncode == 1
    assert f"{path}: an image of {barcode.MAX_SIDE + 1} by 8 px is too large" in ended.stderr.decode()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--formats", "Code128,PDF417"], "unknown symbology 'PDF417'; known are Code128, "),
        (["--effort", "most"], "invalid choice: 'most'"),
        (["--max-symbols", "0"], "'0' is not a number from 1 to 1024"),
        (["--max-symbols", "many"], "'many' is not a number from 1 to 1024"),
        (["--overlay", "found.txt"], ".txt is no kind of picture"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_read(blank: Path, options: list[str], said: str) -> None:
    ended = decode(*options, blank)

    assert ended.returncode == 2
    assert ended.stdout == b""
    assert said in ended.stderr.decode()


def test_an_overlay_over_its_own_picture_is_refused(blank: Path) -> None:
    before = blank.read_bytes()

    ended = decode(blank, "--overlay", blank)

    assert ended.returncode == 1
    assert b"is one of the pictures" in ended.stderr
    assert blank.read_bytes() == before


def test_every_picture_gets_its_overlay(blank: Path, tmp_path: Path) -> None:
    ended = decode(blank, blank, "--overlay", tmp_path / "found.png")

    assert ended.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blank.png", "found-1.png", "found-2.png"]


def test_a_reader_that_has_enough_is_no_error_with_a_traceback(blank: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "edge.cli", "decode", *[str(blank)] * 50],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()

    assert process.stderr.read() == b""
    assert process.wait(timeout=30) == 1
    process.stderr.close()


def test_names_and_texts_survive_any_character_set(tmp_path: Path) -> None:
    path = tmp_path / "标签\x1b[31m.png"
    Image.new("L", (64, 48), 200).save(path, "PNG")

    ended = decode(path, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})

    assert ended.returncode == 0
    assert rb"\u6807\u7b7e\x1b[31m.png: no symbol, 64 \xd7 48 px" in ended.stdout


def test_progress_is_for_terminals_and_many_files(blank: Path) -> None:
    ours, theirs = pty.openpty()
    ended = subprocess.run(
        [sys.executable, "-m", "edge.cli", "decode", "--json", str(blank), str(blank)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=30,
        check=True,
    )
    os.close(theirs)
    said = os.read(ours, 10_000)
    os.close(ours)

    assert b"reading 1 of 2: " in said
    assert b"reading 2 of 2: " in said
    assert said.endswith(b"\r\x1b[K"), "and is gone in the end"
    assert len(ended.stdout.splitlines()) == 2


def test_the_arguments_know_what_the_decoder_takes() -> None:
    """They are written down twice, so that other commands need not load the decoder."""
    assert list(arguments.EFFORTS) == list(barcode.EFFORTS)
    assert arguments.MAX_SYMBOLS == barcode.MAX_SYMBOLS
