"""A barcode scanner on a serial line: prefix, AIM identifier, data, suffix.

The AIM identifier is `]cm`, ISO/IEC 15424: `C0` Code 128, `C1` GS1-128, `E0`
EAN/UPC, `Q1` QR, `Q3` GS1 QR, `d2` GS1 DataMatrix, and so on.  A GS inside GS1
data goes out as the byte 1D.  There is no flow control: what the host does not
read in time waits in the pty, as in a USB adapter.

With `acknowledged` the scanner waits for 06 after each scan and sends it again
on 15 or silence, three times in all (Honeywell 3310g user's guide, 2-22).
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from simulators.faults import FaultMenu
from simulators.scanner_base import SendingScanner

__all__ = ["SerialScanner"]

ACK: Final = 0x06
NAK: Final = 0x15
SENDS: Final = 3


class SerialScanner(SendingScanner):
    """One scanner that sends by itself.  `name` is the target of its faults."""

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
        acknowledged: bool = False,
        response_s: float = 2.0,
    ) -> None:
        """`identifier`s are sent only with `aim`; `bytewise`: bytes arrive one at a time."""
        super().__init__(path, name=name, baud=baud, faults=faults, bytewise=bytewise)
        self.unacknowledged = 0
        self._suffix = suffix
        self._prefix = prefix
        self._aim = aim
        self._acknowledged = acknowledged
        self._response_s = response_s
        self._answer: asyncio.Future[int] | None = None

    def message(self, data: bytes, identifier: str) -> bytes:
        """Prefix, identifier, data, suffix."""
        mark = f"]{identifier}".encode("ascii") if self._aim else b""
        return self._prefix + mark + data + self._suffix

    def heard(self, data: bytes) -> None:
        """The host's acknowledgement, where one is waited for; nothing else means anything."""
        for byte in data:
            if byte not in (ACK, NAK) or self._answer is None or self._answer.done():
                continue
            if self.faults.strike("scanner_deaf_to_ack", self.name) is None:
                self._answer.set_result(byte)

    async def deliver(self, data: bytes, identifier: str) -> None:
        """Send it, and with `acknowledged` again until it is taken."""
        if not self._acknowledged:
            await super().deliver(data, identifier)
            return
        for _ in range(SENDS):
            self._answer = asyncio.get_running_loop().create_future()
            await super().deliver(data, identifier)
            try:
                if await asyncio.wait_for(self._answer, self._response_s) == ACK:
                    return
            except TimeoutError:
                continue
        self.unacknowledged += 1
