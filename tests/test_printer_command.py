"""`pigeonhole printer test` as a process of its own, on a simulated printer."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from edge.cli import main
from simulators.faults import FaultMenu
from tests.support.paper import PRINTERS, symbols_on
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[1]


async def run(*argv: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "edge.cli",
        "printer",
        "test",
        *argv,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_S):
        out, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), errors.decode()


@pytest.mark.parametrize(("kind", "scheme"), [("zpl", "tcp"), ("tspl", "usb")])
async def test_the_page_comes_out_and_reads(kind: str, scheme: str, tmp_path: Path) -> None:
    path = None if scheme == "tcp" else tmp_path / "lp0"
    printer = PRINTERS[kind](tmp_path / "labels", path=path, scheme=scheme)
    await printer.start()
    try:
        code, out, errors = await run("--address", printer.address, "--kind", kind, "--json")
    finally:
        await printer.stop()

    told = json.loads(out.splitlines()[-1])
    assert (code, told["result"], told["before"], told["after"]) == (0, "printed", [], [])
    assert (told["kind"], told["address"], told["sent_bytes"]) == (kind, printer.address, told["job_bytes"])
    assert f"sent {told['job_bytes']:,} of" in errors
    [label] = printer.labels
    with Image.open(label.path) as paper:
        assert symbols_on(paper) == {("Code 128", told["code"]), ("QR Code", told["code"])}


async def test_a_printer_without_paper_gets_nothing_and_the_words_say_why(tmp_path: Path) -> None:
    faults = FaultMenu()
    printer = PRINTERS["cpcl"](tmp_path / "labels", faults=faults)
    faults.inject("paper_out", "printer")
    await printer.start()
    try:
        code, out, errors = await run("--address", printer.address, "--kind", "cpcl")
    finally:
        await printer.stop()

    assert code == 1
    assert "not sent (paper-out)" in out
    assert "QLn320 68.20.09: paper-out" in errors
    assert printer.labels == []


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "--address and --kind"),
        (["--address", "tcp://127.0.0.1:9"], "--address and --kind"),
        (["--address", "tcp://127.0.0.1:9", "--kind", "epl"], "kind: 'epl' is none of zpl, tspl"),
        (["--address", "lpt1", "--kind", "zpl"], "address: 'lpt1' is no tcp"),
        (["--address", "tcp://127.0.0.1:9", "--kind", "zpl", "--width-dots", "200"], "384 dots"),
        (["--config", "examples/station.toml", "--printer", "other"], "must name one"),
    ],
)
def test_what_cannot_be_asked_is_said(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    assert main(["printer", "test", *argv]) == 2
    assert said in capsys.readouterr().err


def test_the_printer_of_a_station_is_tested_by_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    station = (ROOT / "examples/station.toml").read_text(encoding="utf-8")
    path = tmp_path / "station.toml"
    path.write_text(station.replace("tcp://127.0.0.1:9100", "usb:dev/lp0"), encoding="utf-8")

    assert main(["printer", "test", "--config", str(path), "--printer", "label", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)

    assert (told["result"], told["after"]) == ("not_sent", ["unreachable"])
    assert told["address"] == f"usb:{tmp_path}/dev/lp0"
