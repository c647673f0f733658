"""`pigeonhole scan` as a process, against the simulated camera as another, over a socket."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edge.scan import arguments
from tests.hal.camera_rig import y4m
from tests.native.symbols import EXAMPLES, framed
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]

SLOW = ("--fps", "10", "--speed", "0.25", "--parcels", "2")
"""So that a busy machine keeps up."""

KEYS = {
    "read": {
        "kind", "at", "frame", "track", "latency_ms", "format", "identifier", "text", "data_hex", "corners",
        "rotation_deg", "module_px", "ec_used", "eci", "add_on", "mirrored", "inverted", "version",
        "ec_level", "size", "reader_init", "structured_append",
    },
    "lost": {"kind", "at", "track", "format", "text", "first_seen", "last_seen", "frames"},
    "camera": {"kind", "at", "online", "trouble"},
    "status": {
        "kind", "at", "seconds", "frames", "fps", "latency_p50_ms", "latency_p99_ms", "dropped", "cut",
        "reads", "visible",
    },
}  # fmt: skip
KEYS["end"] = KEYS["status"] | {"why"}


def scan(*argv: str | Path, timeout: float = 40) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge.cli", "scan", *map(str, argv)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def lines(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines()]


@contextmanager
def belt(folder: Path, *argv: str) -> Iterator[Path]:
    """A simulated camera; yields its socket when it listens."""
    camera = folder / "camera"
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators.cli", "camera", "--listen", f"unix:{camera}", *SLOW, *argv],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"camera at unix:{camera}: 2 parcels")
        yield camera
    finally:
        process.kill()
        process.communicate()


def until_it_goes(*argv: str) -> list[dict[str, Any]]:
    """What is said until the camera has gone, and after the Ctrl-C that follows."""
    process = subprocess.Popen(
        [sys.executable, "-m", "edge.cli", "scan", *argv], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said: list[dict[str, Any]] = []
    try:
        for line in process.stdout:
            said.append(json.loads(line))
            if said[-1]["kind"] == "camera" and not said[-1]["online"]:
                break
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    assert process.returncode == 0
    return said + lines(rest)


def test_everything_on_the_belt_is_read_over_a_socket(tmp_path: Path) -> None:
    truth, preview = tmp_path / "truth.jsonl", tmp_path / "now.png"
    with belt(tmp_path, "--truth", str(truth)) as camera:
        said = until_it_goes("--camera", f"unix:{camera}", "--json", "--preview", str(preview))

    facts, *parcels = lines(truth.read_text())
    assert (facts["kind"], facts["seed"], facts["fps"]) == ("belt", 1, 10.0)
    printed = {(each["format"], each["text"]) for parcel in parcels for each in parcel["symbols"]}
    read = {(each["format"], each["text"]) for each in said if each["kind"] == "read"}
    assert len(printed) == 4
    assert read == printed
    for each in said:
        assert set(each) == KEYS[each["kind"]], each["kind"]
        assert datetime.fromisoformat(each["at"]).utcoffset() is not None
    (came, went) = [(each["online"], each["trouble"]) for each in said if each["kind"] == "camera"][:2]
    assert came == (True, None)
    assert not went[0]
    assert went[1].startswith(f"{camera}: ")
    assert (said[-1]["kind"], said[-1]["why"]) == ("end", "signal")
    assert sum(each.get("frames", 0) for each in said if each["kind"] == "status") <= said[-1]["frames"]
    assert {each["track"] for each in said if each["kind"] == "lost"} == {
        each["track"] for each in said if each["kind"] == "read"
    }
    with Image.open(preview) as picture:
        assert picture.size == (1280, 800)


def test_people_get_a_line_a_symbol_and_the_sum_of_it(tmp_path: Path) -> None:
    picture = tmp_path / "pictures" / "label.png"
    picture.parent.mkdir()
    Image.fromarray(framed(EXAMPLES[0])).save(picture)
    for number in range(3):
        picture.with_stem(f"label{number}").write_bytes(picture.read_bytes())
    ended = scan("--camera", f"recording:{picture.parent}?wait=1")

    assert ended.returncode == 0
    (line,) = ended.stdout.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d\d\d  Code128          PH-0042 locker  \d+ ms", line)
    online, summary = ended.stderr.splitlines()
    assert online == "pigeonhole: camera online"
    assert re.fullmatch(
        r"1 reads in [\d.]+ s, 4 frames; [\d.]+ frames/s, latency \d+ ms, 99 % within \d+ ms, 0 dropped",
        summary,
    )


def test_a_recording_is_over_when_it_ends(tmp_path: Path) -> None:
    (tmp_path / "film.y4m").write_bytes(y4m(3))
    ended = scan("--camera", f"recording:{tmp_path}/film.y4m?wait=1", "--json")

    assert ended.returncode == 0
    assert (lines(ended.stdout)[-1]["why"], lines(ended.stdout)[-1]["frames"]) == ("camera", 3)


def test_no_frame_at_all_is_a_failure_that_says_why(tmp_path: Path) -> None:
    ended = scan("--camera", f"unix:{tmp_path}/none", "--seconds", "0.5")

    assert ended.returncode == 1
    assert f"pigeonhole: camera offline: {tmp_path}/none: No such file or directory" in ended.stderr
    assert "no frame" in ended.stderr


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--camera", "usb:0"], "pigeonhole: --camera: 'usb' is none of v4l2, recording, unix, tcp"),
        (["--camera", "unix:x", "--formats", "Telepen"], "unknown symbology 'Telepen'"),
        (["--camera", "unix:x", "--preview", "now.txt"], "now.txt: is no kind of picture"),
        (["--camera", "unix:x", "--seconds", "0"], "'0' is not a number of seconds above 0"),
        (["--camera", "unix:x", "--frames", "none"], "'none' is not a number from 1"),
        ([], "--camera"),
    ],
)
def test_wrong_usage_is_named(argv: list[str], said: str) -> None:
    ended = scan(*argv)

    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stdout == ""


def test_who_has_enough_ends_it_quietly(tmp_path: Path) -> None:
    (tmp_path / "film.y4m").write_bytes(y4m(3))
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-m", "edge.cli", "scan", "--json", "--camera", f"recording:{tmp_path}/film.y4m"],
        cwd=ROOT,
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=PATIENCE_S,
        check=False,
    )
    os.close(writer)

    assert (ended.returncode, ended.stderr) == (1, b"")


def test_help_lists_every_key() -> None:
    for keys in KEYS.values():
        for key in keys - KEYS["read"] - {"kind"}:
            assert re.search(rf"\b{key}\b", arguments.EPILOG), key
