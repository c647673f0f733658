"""A barcode scanner on a serial line: prefix, AIM identifier, data, suffix.

The AIM identifier is `]cm`, ISO/IEC 15424: `C0` Code 128, `C1` GS1-128, `E0`
EAN/UPC, `Q1` QR, `Q3` GS1 QR, `d2` GS1 DataMatrix, and so on.  A GS inside GS1
data goes out as the byte 1D.  There is no flow control: what the host does not
read in time waits in the pty, as in a USB adapter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from simulators.faults import ActiveFault, FaultMenu
from simulators.pty_port import PortError, PtyPort

__all__ = ["SerialScanner"]

BITS_PER_BYTE: Final = 10


class SerialScanner:
    """One scanner.  `name` is the target of its faults."""

    def __init__(
        self,
        path: str | Path,
        suffix: bytes = b"\r",
        prefix: bytes = b"",
        aim: bool = True,
        *,
        name: str = "scanner",
        baud: int = 9600,
        faults: FaultMenu | None = None,
        bytewise: bool = False,
    ) -> None:
        """`bytewise`: bytes arrive one at a time, as from a UART at `baud`."""
        self.name = name
        self.scans = 0
        self.faults = faults or FaultMenu()
        self.port = PtyPort(path, baud=baud)
        self._suffix = suffix
        self._prefix = prefix
        self._aim = aim
        self._byte_s = BITS_PER_BYTE / baud
        self._bytewise = bytewise
        self._unsubscribe: Callable[[], None] | None = None

    async def start(self) -> None:
        """Plug it in."""
        self._unsubscribe = self.faults.subscribe(self._fault_changed)
        if self.faults.find("scanner_unplugged", self.name) is None:
            self.port.plug()

    async def stop(self) -> None:
        """Take it away."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self.port.unplug()

    def unplug(self) -> None:
        """Pull it out: its port vanishes."""
        self.port.unplug()

    def replug(self) -> None:
        """Plug it in again: a new port under the old path."""
        self.port.plug()

    async def scan(self, text: str | bytes, identifier: str = "C0") -> None:
        """Read one symbol and send it; PortError when unplugged.

        Text goes out as UTF-8.  `identifier` is the two characters after `]`,
        sent only by a scanner with `aim`.
        """
        if not self.port.plugged:
            raise PortError(f"{self.port.path} is unplugged: nothing can be scanned")
        self.scans += 1
        if self.faults.strike("scanner_no_read", self.name) is not None:
            return
        mark = f"]{identifier}".encode("ascii") if self._aim else b""
        data = text.encode() if isinstance(text, str) else text
        message = self._prefix + mark + data + self._suffix
        await self._send(message)
        again = self.faults.strike("scanner_double_read", self.name)
        if again is not None:
            await asyncio.sleep(float(again.params["gap_s"]))
            await self._send(message)

    async def send_raw(self, data: bytes) -> None:
        """Send any bytes, as fast as the host reads them; PortError when unplugged meanwhile."""
        await self.port.send(data)

    async def _send(self, message: bytes) -> None:
        if not (self._bytewise or self.faults.find("scanner_bytewise", self.name)):
            await self.port.send(message)
            return
        for index in range(len(message)):
            await self.port.send(message[index : index + 1])
            await asyncio.sleep(self._byte_s)

    def _fault_changed(self, fault: ActiveFault, began: bool) -> None:
        if fault.name == "scanner_unplugged" and fault.target == self.name:
            (self.unplug if began else self.replug)()
