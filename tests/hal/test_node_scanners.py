"""Device files that are only read: how they are opened, grabbed, lost and found again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from hal.scanners.keyboard_wedge import open_grabbed
from hal.transport.node_link import MAX_WAITING_PACKETS, NodeLink
from simulators.packet_node import PacketNode
from tests.hal.scripted_line import until


class EventDevice:
    """What python-evdev has of a device, over a file of ours."""

    opened: ClassVar[list[EventDevice]] = []
    grabbable = True

    def __init__(self, path: str) -> None:
        self.fd = os.open(path, os.O_RDONLY)
        self.grabbed = self.closed = False
        self.opened.append(self)

    def grab(self) -> None:
        if not self.grabbable:
            raise OSError(16, "Device or resource busy")
        self.grabbed = True

    def close(self) -> None:
        self.closed = True
        os.close(self.fd)


@pytest.fixture
def evdev(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[EventDevice]]:
    module = ModuleType("evdev")
    module.InputDevice = EventDevice  # type: ignore[attr-defined]  # a module of ours
    monkeypatch.setitem(sys.modules, "evdev", module)
    monkeypatch.setattr(EventDevice, "opened", [])
    yield EventDevice


def test_a_character_device_is_grabbed_and_read_without_blocking(evdev: type[EventDevice]) -> None:
    node = open_grabbed("/dev/null")

    [device] = evdev.opened
    assert device.grabbed
    assert not os.get_blocking(node.descriptor)
    node.close()
    assert device.closed


def test_a_device_that_another_program_grabbed_is_not_read(
    evdev: type[EventDevice], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evdev, "grabbable", False)

    with pytest.raises(OSError, match="busy"):
        open_grabbed("/dev/null")
    assert [device.closed for device in evdev.opened] == [True]


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evdev", None)

    with pytest.raises(OSError, match=r"pigeonhole\[evdev\]"):
        open_grabbed("/dev/null")


async def test_packets_nobody_reads_wait_in_the_kernel_past_the_bound(tmp_path: Path) -> None:
    device = PacketNode(tmp_path / "hidraw0")
    device.plug()
    link = NodeLink(str(tmp_path / "hidraw0"))
    await link.start()
    try:
        for number in range(MAX_WAITING_PACKETS + 20):
            await device.send(b"%d" % number)
        got = [await link.read(None) for _ in range(MAX_WAITING_PACKETS + 20)]

        assert got == [b"%d" % number for number in range(MAX_WAITING_PACKETS + 20)]
    finally:
        await link.close()
        device.unplug()


async def test_a_device_that_comes_later_is_opened_and_one_that_goes_is_missed(tmp_path: Path) -> None:
    device = PacketNode(tmp_path / "hidraw0")
    link = NodeLink(str(tmp_path / "hidraw0"))
    await link.start()
    try:
        assert not link.online
        assert link.descriptor is None
        device.plug()
        await until(lambda: link.online, within_s=8)
        device.unplug()
        await until(lambda: not link.online)
    finally:
        await link.close()
