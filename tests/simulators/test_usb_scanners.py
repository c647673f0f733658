"""The simulated USB scanners: the documents' examples, packets kept apart, plugs and readers."""

from __future__ import annotations

import asyncio
import os
import struct
from pathlib import Path

import pytest

from simulators.pty_port import PortError
from simulators.usb_scanners import HidPosScanner, KeyboardWedge
from tests.framing.golden import golden


def read_all(descriptor: int) -> list[bytes]:
    packets = []
    while True:
        try:
            packets.append(os.read(descriptor, 4096))
        except BlockingIOError:
            return packets


def opened(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK)


async def test_the_wedge_types_the_documents_example(tmp_path: Path) -> None:
    [example] = golden("keyboard_wedge").values()
    wedge = KeyboardWedge(tmp_path / "event0")
    await wedge.start()
    descriptor = opened(wedge.path)
    await wedge.scan("EE1")

    events = [event for packet in read_all(descriptor) for event in struct.iter_unpack("@llHHi", packet)]
    keys = [(code, value) for *_, kind, code, value in events if kind == 1]

    assert bytes(part for key in keys for part in key) == example
    assert [kind for *_, kind, _, _ in events] == [4, 1, 0] * len(keys)
    os.close(descriptor)
    await wedge.stop()


async def test_hid_pos_reports_are_the_documents_and_kept_apart(tmp_path: Path) -> None:
    scanner = HidPosScanner(tmp_path / "hidraw0")
    await scanner.start()
    descriptor = opened(scanner.path)
    await scanner.scan("7" * 56 + "8" * 4, "Q1")

    assert read_all(descriptor) == list(golden("hid_pos").values())
    os.close(descriptor)
    await scanner.stop()


async def test_unplugged_its_path_is_gone_and_readers_come_to_the_end(tmp_path: Path) -> None:
    scanner = HidPosScanner(tmp_path / "hidraw0", name="window")
    await scanner.start()
    descriptor = opened(scanner.path)
    scanner.faults.inject("scanner_unplugged", "window")

    assert not scanner.path.is_symlink()
    assert os.read(descriptor, 64) == b""
    with pytest.raises(PortError):
        await scanner.scan("1")
    scanner.faults.clear("scanner_unplugged", "window")
    assert scanner.plugged
    os.close(descriptor)
    await scanner.stop()


async def test_a_device_does_not_replace_a_file(tmp_path: Path) -> None:
    (tmp_path / "hidraw0").write_text("precious")

    with pytest.raises(PortError, match="exists"):
        await HidPosScanner(tmp_path / "hidraw0").start()


async def test_more_than_the_kernel_holds_waits_for_the_reader(tmp_path: Path) -> None:
    wedge = KeyboardWedge(tmp_path / "event0", b"")
    await wedge.start()
    descriptor = opened(wedge.path)
    sending = asyncio.create_task(wedge.scan("x" * 5_000))
    packets = 0
    async with asyncio.timeout(10):
        while packets < 5_000:
            packets += len(read_all(descriptor))
            await asyncio.sleep(0)
    await sending

    assert wedge.node.lost_packets == 0
    os.close(descriptor)
    await wedge.stop()


def test_the_wedge_has_only_its_own_ends(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wedge"):
        KeyboardWedge(tmp_path / "event0", b"\x03")
