from __future__ import annotations

from pathlib import Path

import pytest

from simulators.plan import PlanError, load_plan
from tests.simulators.rig import full_plan, station_toml


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    plan = full_plan(tmp_path)

    assert plan.lines[0].port == tmp_path / "dev/line-a"
    assert plan.scanners[0].port == tmp_path / "dev/scanner"


def test_wiring_is_read_per_board(tmp_path: Path) -> None:
    plan = full_plan(tmp_path)

    assert plan.wiring("a2") == {channel: f"b{channel:02}" for channel in range(1, 9)}
    assert plan.board("b2").contact_closed_means == "unlocked"
    assert plan.compartment("c24").number == "C24"
    assert (plan.printers[0].host, plan.printers[0].tcp_port) == ("127.0.0.1", 9)


def test_prefix_and_suffix_may_be_written_as_escapes(tmp_path: Path) -> None:
    path = station_toml(tmp_path)
    text = path.read_text(encoding="utf-8").replace('prefix = ""', 'prefix = "\\\\x02"')
    path.write_text(text.replace('suffix = "\\r"', 'suffix = "\\u0003\\r\\n"'), encoding="utf-8")

    scanner = load_plan(path).scanners[0]

    assert scanner.prefix == b"\x02"
    assert scanner.suffix == b"\x03\r\n"


def test_a_serial_printer_has_a_port_and_a_baud(tmp_path: Path) -> None:
    path = station_toml(tmp_path)
    text = path.read_text(encoding="utf-8").replace("tcp://127.0.0.1:9", "serial:dev/printer?baud=19200")
    path.write_text(text, encoding="utf-8")

    printer = load_plan(path).printers[0]

    assert (printer.port, printer.baud, printer.host) == (tmp_path / "dev/printer", 19200, None)


def test_a_usb_printer_has_a_port_and_its_ways(tmp_path: Path) -> None:
    path = station_toml(tmp_path)
    text = path.read_text(encoding="utf-8").replace("tcp://127.0.0.1:9", "usb:dev/lp0")
    text = text.replace('kind = "zpl"', 'kind = "tspl"\nblack_bit = 1\nanswers = false')
    path.write_text(text, encoding="utf-8")

    printer = load_plan(path).printers[0]

    assert (printer.kind, printer.scheme, printer.port) == ("tspl", "usb", tmp_path / "dev/lp0")
    assert (printer.black_bit, printer.answers) == (1, False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('board = "a1"\nchannel = 3', 'board = "zz"\nchannel = 3', "A03 is on board 'zz'"),
        ('board = "a1"\nchannel = 3', 'board = "a1"\nchannel = 9', "no channel 9"),
        ('board = "a1"\nchannel = 3', 'board = "a1"\nchannel = 2', "channel 2 is wired twice"),
        ('number = "A03"', 'number = "A02"', "compartment 'a02' is there twice"),
        ('line = "line-b"', 'line = "line-c"', "line 'line-c', which is not there"),
        ('contact_closed_means = "unlocked"', 'contact_closed_means = "open"', "locked or unlocked"),
        ('[station]\nid = "demo-01"', "[station]", "'id' is missing"),
        ('tcp://127.0.0.1:9"', 'lpt:1"', "neither tcp://, serial: nor usb:"),
        ("baud = 9600", "baud = ", "Invalid value"),
    ],
)
def test_what_does_not_fit_together_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = station_toml(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(PlanError, match=said):
        load_plan(path)
