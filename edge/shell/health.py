"""Watching devices that do not report their own loss: scanners and printers.

Lock boards are watched by their polling (edge.shell.doors).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from edge.core.inputs import DeviceStateChanged, Input
from hal.interfaces import LabelPrinter, PrinterFlag, Scanner

__all__ = ["Health"]

SCANNER_LOOK_S: Final = 1.0
"""Reading `online` costs nothing; a second is soon enough to see that a scanner is unplugged."""

PRINTER_LOOK_S: Final = 30.0
"""Asking a printer opens a connection that only one host may hold: seldom, so that jobs find it free."""

PRINTER_TIMEOUT_S: Final = 5.0
"""For connecting and one answer: label printers answer in well under a second when they do."""

_BAD: Final = frozenset(
    {PrinterFlag.UNREACHABLE, PrinterFlag.PAPER_OUT, PrinterFlag.HEAD_OPEN, PrinterFlag.RIBBON_OUT}
)


class Health:
    """Posts a change of state once when a device is lost and once when it is back."""

    def __init__(
        self,
        scanners: Mapping[str, Scanner],
        printers: Mapping[str, LabelPrinter],
        post: Callable[[Input], None],
    ) -> None:
        self._scanners = scanners
        self._printers = printers
        self._post = post
        self._online: dict[str, bool] = {}

    async def run(self) -> None:
        """Look for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_scanners(), name="scanner health")
            for printer in self._printers.values():
                group.create_task(self._watch_printer(printer), name=f"printer health {printer.id}")

    async def _watch_scanners(self) -> None:
        while True:
            for scanner in self._scanners.values():
                self._note(f"scanner-{scanner.id}", scanner.online, "the port is not there")
            await asyncio.sleep(SCANNER_LOOK_S)

    async def _watch_printer(self, printer: LabelPrinter) -> None:
        while True:
            status = await printer.status(asyncio.get_running_loop().time() + PRINTER_TIMEOUT_S)
            wrong = sorted(flag.value for flag in status.flags & _BAD)
            self._note(f"printer-{printer.id}", not wrong, ", ".join(wrong))
            await asyncio.sleep(PRINTER_LOOK_S)

    def _note(self, device: str, online: bool, detail: str) -> None:
        """The first look counts as a change only when the device is away."""
        if online != self._online.get(device, True):
            self._post(DeviceStateChanged(device, online, "" if online else detail))
        self._online[device] = online
