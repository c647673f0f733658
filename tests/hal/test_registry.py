"""From settings to drivers: what is built, what is refused and how it is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hal.errors import DeviceConfigError
from hal.ports import list_ports, stable_names
from hal.registry import BoardSettings, LineSettings, PrinterSettings, ScannerSettings, build

LINE = LineSettings("line-a", "/nowhere/line-a", "modbus-rtu")
OTHER = LineSettings("line-b", "/nowhere/line-b", "8a80")
BOARD = BoardSettings("a1", "line-a", "modbus-relay", 1, 8)
SCANNER = ScannerSettings("window", "serial-line", "/nowhere/scanner")
PRINTER = PrinterSettings("label", "zpl", "tcp://127.0.0.1:9100")


async def test_missing_ports_fail_neither_start_nor_close() -> None:
    serial_printer = replace(PRINTER, id="second", address="serial:/nowhere/printer?baud=115200")
    boards = [BOARD, replace(BOARD, id="b1", line="line-b", kind="8a80")]
    hardware = build([LINE, OTHER], boards, [SCANNER], [PRINTER, serial_printer])
    await hardware.start()
    try:
        assert sorted(hardware.boards) == ["a1", "b1"]
        assert not any(board.online for board in hardware.boards.values())
        assert not hardware.scanners["window"].online
        assert sorted(hardware.printers) == ["label", "second"]
        assert hardware.boards["b1"].info.port == "/nowhere/line-b"
    finally:
        await hardware.close()


async def test_close_without_start_is_harmless() -> None:
    await build([LINE], [BOARD], [SCANNER], [PRINTER]).close()


def boards(*settings: BoardSettings) -> Callable[[], Any]:
    return lambda: build([LINE, OTHER], settings, [], [])


def address(text: str) -> Callable[[], Any]:
    return lambda: build([], [], [], [replace(PRINTER, address=text)])


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (boards(replace(BOARD, kind="magic")), "kind"),
        (boards(replace(BOARD, line="line-x")), "line"),
        (boards(replace(BOARD, line="line-b")), "line"),
        (boards(replace(BOARD, kind="8a80")), "line"),
        (boards(replace(BOARD, address=0)), "address"),
        (boards(replace(BOARD, address=256)), "address"),
        (boards(replace(BOARD, line="line-b", kind="8a80", address=100)), "address"),
        (boards(BOARD, replace(BOARD, id="a2")), "address"),
        (boards(BOARD, replace(BOARD, address=2)), "id"),
        (boards(replace(BOARD, channels=0)), "channels"),
        (boards(replace(BOARD, channels=33)), "channels"),
        (boards(replace(BOARD, pulse_ms=0)), "pulse_ms"),
        (boards(replace(BOARD, pulse_ms=3001)), "pulse_ms"),
        (boards(replace(BOARD, contact_closed_means="open")), "contact_closed_means"),
        (lambda: build([replace(LINE, protocol="can")], [], [], []), "protocol"),
        (lambda: build([replace(LINE, baud=0)], [], [], []), "baud"),
        (lambda: build([LINE, replace(OTHER, port=LINE.port)], [], [], []), "port"),
        (lambda: build([LINE], [], [replace(SCANNER, port=LINE.port)], []), "port"),
        (lambda: build([], [], [replace(SCANNER, kind="usb")], []), "kind"),
        (lambda: build([], [], [replace(SCANNER, baud=0)], []), "baud"),
        (lambda: build([], [], [], [replace(PRINTER, kind="epl")]), "kind"),
        (lambda: build([], [], [], [replace(PRINTER, width_dots=0)]), "width_dots"),
        (lambda: build([], [], [], [replace(PRINTER, kind="tspl", media="roll")]), "media"),
        (lambda: build([], [], [], [replace(PRINTER, kind="cpcl", media="roll")]), "media"),
        (lambda: build([], [], [], [replace(PRINTER, kind="tspl", gap_mm=51)]), "gap_mm"),
        (lambda: build([], [], [], [replace(PRINTER, kind="tspl", black_bit=2)]), "black_bit"),
        (lambda: build([], [], [], [replace(PRINTER, answer_ms=1)]), "answer_ms"),
        (address("127.0.0.1:9100"), "address"),
        (address("tcp://127.0.0.1"), "address"),
        (address("tcp://127.0.0.1:99999"), "address"),
        (address("serial:/dev/x?baud=fast"), "address"),
        (address("serial:/dev/x?speed=9600"), "address"),
        (address("serial:/dev/x?flow=dsr"), "address"),
        (address("serial:"), "address"),
        (address("usb:"), "address"),
        (address("usb://host/lp0"), "address"),
        (address("usb:/dev/usb/lp0?baud=9600"), "address"),
    ],
)
def test_setting_that_cannot_be_used_is_named(make: Callable[[], Any], named: str) -> None:
    with pytest.raises(DeviceConfigError) as failure:
        make()

    assert failure.value.detail.startswith(f"{named}: ")


def test_stable_names_are_the_links_that_lead_to_the_device(tmp_path: Path) -> None:
    device, other = tmp_path / "ttyUSB0", tmp_path / "ttyUSB1"
    for node in (device, other):
        node.touch()
    by_id, by_path = tmp_path / "by-id", tmp_path / "by-path"
    for folder in (by_id, by_path):
        folder.mkdir()
    (by_id / "usb-one").symlink_to(device)
    (by_id / "usb-two").symlink_to(other)
    (by_path / "pci-1").symlink_to(device)

    assert stable_names(str(device), (by_id, by_path)) == (str(by_id / "usb-one"), str(by_path / "pci-1"))
    assert stable_names(str(device), (tmp_path / "absent",)) == ()


def test_ports_are_listed_in_order_of_their_names() -> None:
    devices = [port.device for port in list_ports()]

    assert devices == sorted(devices)
