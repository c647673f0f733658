"""Scanners and printers that vanish and return: told once each way."""

from __future__ import annotations

import asyncio

from edge.core.inputs import DeviceStateChanged, Input
from edge.shell.health import PRINTER_LOOK_S, SCANNER_LOOK_S, Health
from hal.interfaces import PrinterFlag
from tests.shell.test_printing import FakePrinter
from tests.shell.test_scanning import FakeScanner
from tests.support.virtual_time import run_virtual


class Ward:
    def __init__(self) -> None:
        self.scanner = FakeScanner()
        self.printer = FakePrinter()
        self.posted: list[Input] = []
        health = Health({"window": self.scanner}, {"label": self.printer}, self.posted.append)
        self.task = asyncio.create_task(health.run())

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def test_healthy_devices_are_no_news() -> None:
    async def main() -> None:
        ward = Ward()
        await asyncio.sleep(300)
        assert ward.posted == []
        await ward.end()

    run_virtual(main)


def test_a_scanner_away_from_the_start_is_told_once() -> None:
    async def main() -> None:
        ward = Ward()
        ward.scanner.online = False
        await asyncio.sleep(60)
        [lost] = ward.posted
        assert isinstance(lost, DeviceStateChanged)
        assert (lost.device, lost.online) == ("scanner-window", False)
        assert lost.detail
        await ward.end()

    run_virtual(main)


def test_a_scanner_unplugged_and_replugged_is_told_once_each_way_and_soon() -> None:
    async def main() -> None:
        ward = Ward()
        await asyncio.sleep(10)
        for online in (False, True, False, True):
            ward.scanner.online = online
            await asyncio.sleep(SCANNER_LOOK_S + 0.1)
            assert ward.posted[-1] == DeviceStateChanged(
                "scanner-window", online, "" if online else "the port is not there"
            )
            await asyncio.sleep(30)
        assert len(ward.posted) == 4
        await ward.end()

    run_virtual(main)


def test_a_printer_out_of_paper_is_told_with_the_reason_and_a_busy_one_is_not() -> None:
    async def main() -> None:
        ward = Ward()
        await asyncio.sleep(1)
        ward.printer.flags = frozenset({PrinterFlag.BUSY, PrinterFlag.PAUSED})
        await asyncio.sleep(2 * PRINTER_LOOK_S)
        assert ward.posted == []
        ward.printer.flags = frozenset({PrinterFlag.PAPER_OUT, PrinterFlag.HEAD_OPEN})
        await asyncio.sleep(2 * PRINTER_LOOK_S)
        assert ward.posted == [DeviceStateChanged("printer-label", False, "head-open, paper-out")]
        ward.printer.flags = frozenset()
        await asyncio.sleep(2 * PRINTER_LOOK_S)
        assert ward.posted[1:] == [DeviceStateChanged("printer-label", True)]
        await ward.end()

    run_virtual(main)
