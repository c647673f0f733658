"""`pigeonhole scanner test` as a process before simulated scanners."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.config import ConfigError
from edge.scanner_test import settings_of
from simulators.faults import FaultMenu
from simulators.serial_scanner import SerialScanner
from simulators.ssi_scanner import SsiScanner
from simulators.usb_scanners import KeyboardWedge
from tests.station.town import ROOT
from tests.support.patience import PATIENCE_S


async def scanner_test(*options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "edge.cli", "scanner", "test", *options],
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ready(process: asyncio.subprocess.Process, stream: asyncio.StreamReader | None) -> list[str]:
    """What it says until it asks for symbols."""
    assert stream is not None
    told: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        while not told or "hold symbols" not in told[-1]:
            line = (await stream.readline()).decode()
            assert line, f"it ended with {await process.wait()} after {told}"
            told.append(line)
    return told


async def ended(process: asyncio.subprocess.Process) -> list[str]:
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    return out.decode().splitlines()


async def test_each_scan_is_a_row_with_identifier_text_hex_and_latency(tmp_path: Path) -> None:
    simulated = SerialScanner(tmp_path / "scanner")
    await simulated.start()
    process = await scanner_test(
        "--port", str(tmp_path / "scanner"), "--kind", "serial-line", "--count", "3", "--seconds", "20"
    )
    await ready(process, process.stdout)
    await simulated.scan("10A\x1d21B", "d2")
    await simulated.scan("10A\x1d21B", "d2")
    await simulated.scan(b"\x80\xff", "C0")
    rows = await ended(process)
    await simulated.stop()

    assert process.returncode == 0
    assert rows[0].split()[:6] == ["1", "]d2", "GS1", "DataMatrix", "10A␝21B", "[31"]
    assert "31 30 41 1d 32 31 42" in rows[0]
    assert rows[0].endswith(" ms")
    assert rows[1].endswith("(repeat)")
    assert rows[2].split()[1:5] == ["refused:", "not-text,", "5", "bytes:"]
    assert rows[-1] == "2 scans (1 repeats), 1 refused"


async def test_json_tells_what_a_host_driven_scanner_says_and_each_read_since_its_trigger(
    tmp_path: Path,
) -> None:
    simulated = SsiScanner(tmp_path / "scanner")
    simulated.in_view = ("EE123456785CN", "C0")
    await simulated.start()
    process = await scanner_test(
        *["--port", str(tmp_path / "scanner"), "--kind", "ssi", "--set", "mode=host", "--trigger", "--beep"],
        *["--count", "2", "--seconds", "20", "--json"],
    )
    lines: list[dict[str, Any]] = [json.loads(line) for line in await ended(process)]
    await simulated.stop()

    assert process.returncode == 0
    first, second, summary = lines
    assert (first["identifier"], first["symbology"]) == ("C0", "Code 128")
    assert first["text"] == "EE123456785CN"
    assert "45 45 31 32 33" in first["wire"]
    assert 0 < first["latency_ms"] < 5_000
    assert second["repeat"] in (True, False)
    assert (summary["says"], summary["scans"], summary["online"]) == ("SIM-SSI-1.0", 2, True)
    assert "trigger" in summary["verbs"]
    assert simulated.beeps == 1


async def test_a_wedge_is_read_through_its_event_file_and_ctrl_c_ends_with_a_summary(tmp_path: Path) -> None:
    simulated = KeyboardWedge(tmp_path / "event0")
    await simulated.start()
    process = await scanner_test(*["--port", str(tmp_path / "event0"), "--kind", "keyboard-wedge", "--json"])
    await ready(process, process.stderr)
    await simulated.scan("SF1234567890123")
    assert process.stdout is not None
    scan = json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE_S))
    process.send_signal(signal.SIGINT)
    [summary] = [json.loads(line) for line in await ended(process)]
    await simulated.stop()

    assert (process.returncode, scan["text"], summary["verbs"]) == (0, "SF1234567890123", [])


async def test_nothing_scanned_is_exit_code_1(tmp_path: Path) -> None:
    simulated = SerialScanner(tmp_path / "scanner", faults=FaultMenu())
    await simulated.start()
    port = ["--port", str(tmp_path / "scanner"), "--kind", "serial-line"]
    nothing = await scanner_test(*port, "--seconds", "0.1", "--json")
    [summary] = [json.loads(line) for line in await ended(nothing)]
    commanded = await scanner_test(*port, "--trigger")
    told = await ended(commanded)
    await simulated.stop()

    assert (nothing.returncode, summary["scans"], summary["online"]) == (1, 0, True)
    assert (commanded.returncode, told[0]) == (1, "serial-line takes no commands")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--kind", "magic"], "kind"),
        (["--kind", "gm65", "--set", "mode=always"], "mode"),
        (["--kind", "gm65", "--set", "speed=1"], "speed=1"),
    ],
)
def test_wrong_settings_are_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], named: str
) -> None:
    code = main(["scanner", "test", "--port", str(tmp_path / "none"), *options])

    assert code == 2
    assert named in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pair", "key", "value"),
    [
        (r"suffix=\r\n", "suffix", b"\r\n"),
        ("suffix=", "suffix", b""),
        ("aim=false", "aim", False),
        ("gap_ms=50", "gap_ms", 50),
        ("no_read=", "no_read", ""),
    ],
)
def test_keys_are_read_as_their_kind(pair: str, key: str, value: object) -> None:
    assert getattr(settings_of("serial-line", "/dev/x", 9600, [pair]), key) == value


@pytest.mark.parametrize("pair", ["port=/dev/y", "aim=perhaps", "gap_ms=soon", r"suffix=\q", "aim"])
def test_keys_that_are_none_are_named(pair: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        settings_of("serial-line", "/dev/x", 9600, [pair])
