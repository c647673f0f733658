"""`pigeonhole decode` as a process: what it says of good and bad files, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.decoding import arguments
from native import barcode
from tests.native.symbols import EXAMPLES, Example, framed
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


def decode(
    *argv: str | Path, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "edge.cli", "decode", *map(str, argv)],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        timeout=PATIENCE_S,
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
        (["--formats", "Code128,Telepen"], "unknown symbology 'Telepen'; known are Code128, "),
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
    assert process.wait(timeout=PATIENCE_S) == 1
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
        timeout=PATIENCE_S,
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


# --- with symbols ---------------------------------------------------------------------------


def example(name: str) -> Example:
    return next(e for e in EXAMPLES if e.format == name)


@pytest.fixture
def label(tmp_path: Path) -> Path:
    """A GS1-128 above a QR code."""
    gs1 = next(e for e in EXAMPLES if e.gs1)
    path = tmp_path / "label.png"
    Image.fromarray(np.vstack([framed(gs1, height=200), framed(example("QRCode"), height=200)])).save(path)
    return path


def test_what_is_found_is_a_table(label: Path) -> None:
    ended = decode(label)

    assert ended.returncode == 0
    head, columns, *rows = ended.stdout.decode().splitlines()
    assert head.startswith(f"{label}: 2 symbols, 640 × 400 px, ")
    assert columns.split() == ["format", "id", "middle", "px", "turn", "module", "px", "text"]
    cells = sorted(re.split(r",? +", row.strip()) for row in rows)
    assert [(*row[:2], *row[4:]) for row in cells] == [
        ("Code128", "]C1", "0°", "3.0", "00370123456000000009"),
        ("QRCode", "]Q1", "0°", "3.0", "https://pigeonhole.example/p/42"),
    ]
    assert [[int(number) for number in row[2:4]] for row in cells] == [
        pytest.approx([320, 100], abs=3),
        pytest.approx([320, 300], abs=3),
    ]


def test_what_is_found_as_json_is_what_the_library_says(label: Path) -> None:
    ended = decode(label, "--json")

    said = json.loads(ended.stdout)
    read = barcode.read(np.asarray(Image.open(label)))
    assert [(s["format"], s["text"], bytes.fromhex(s["data_hex"])) for s in said["symbols"]] == [
        (s.format, s.text, s.data) for s in read
    ]
    assert said["symbols"][0]["corners"] == [
        pytest.approx(tuple(corner), abs=0.01) for corner in read[0].corners
    ]


def test_options_reach_the_decoder(label: Path) -> None:
    def formats(*options: str) -> list[str]:
        said = json.loads(decode(label, "--json", *options).stdout)
        return sorted(symbol["format"] for symbol in said["symbols"])

    assert formats("--formats", "matrix") == ["QRCode"]
    assert formats("--formats", "code-128, ean13") == ["Code128"]
    assert formats("--effort", "fast") == formats("--effort", "thorough") == ["Code128", "QRCode"]
    assert len(formats("--max-symbols", "1")) == 1
    assert b'"stopped_by":"max_symbols"' in decode(label, "--json", "--max-symbols", "1").stdout


def test_code_39_options_reach_the_decoder(tmp_path: Path) -> None:
    path = tmp_path / "code39.png"
    Image.fromarray(framed(replace(example("Code39"), content="P+H/A42"))).save(path)

    assert b"Ph!42" in decode(path, "--code39-full-ascii").stdout
    assert b"no symbol" in decode(path, "--code39-check").stdout


def test_corners_are_those_of_the_upright_picture(label: Path, tmp_path: Path) -> None:
    """A camera held upright stores its picture lying, with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = tmp_path / "lying.png"
    Image.open(label).rotate(90, expand=True).save(lying, exif=exif)

    upright, turned = (json.loads(decode(path, "--json").stdout) for path in (label, lying))

    assert (turned["width"], turned["height"]) == (640, 400)
    assert turned["symbols"] == upright["symbols"]


def test_every_frame_is_read(label: Path, tmp_path: Path) -> None:
    pages = [Image.open(label), Image.new("L", (300, 200), 255), Image.open(label)]
    path = tmp_path / "scan.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:])

    lines = [json.loads(line) for line in decode(path, "--json").stdout.splitlines()]

    assert [(said["frame"], said["frames"], len(said["symbols"])) for said in lines] == [
        (1, 3, 2),
        (2, 3, 0),
        (3, 3, 2),
    ]
    assert f"{path}, frame 2 of 3: no symbol".encode() in decode(path).stdout


def test_the_overlay_shows_what_was_found_where(label: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.png"

    assert decode(label, "--overlay", out).returncode == 0

    before, after = (np.asarray(Image.open(path).convert("RGB")).astype(int) for path in (label, out))
    rows, columns = np.nonzero((before != after).any(axis=2))
    for symbol in barcode.read(np.asarray(Image.open(label))):
        for corner in symbol.corners:
            assert np.hypot(columns - corner.x, rows - corner.y).min() < 3, "the outline passes each corner"
