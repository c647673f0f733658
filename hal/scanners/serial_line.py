"""Scanners that send each scan by themselves over a serial port or USB-CDC (see hal/framing/scan_line.py).

With `acknowledge` each scan is answered: ACK (06), or NAK (15) for one that cannot be read, which makes the
scanner send it again (Honeywell 3310g user's guide, 2-22).
"""

from __future__ import annotations

import asyncio
import contextlib

from hal.framing.scan_line import LineRead, LineRefused, ScanLineParser
from hal.scanners.options import checked, gap_s
from hal.scanners.reading import MAX_WAITING_SCANS, ReadingScanner
from hal.settings import ScannerSettings
from hal.transport.byte_stream import SendFailed
from hal.transport.serial_link import SerialLink

__all__ = ["ACK", "KIND", "MAX_NAKS", "MAX_WAITING_SCANS", "NAK", "SerialLineScanner", "make"]

KIND = "serial-line"
ACK, NAK = b"\x06", b"\x15"
MAX_NAKS = 2
"""A symbol that is no text stays none: after so many tries in a row it is acknowledged to be rid of it."""
ACK_WRITE_S = 1.0
"""One byte leaves at once unless the port takes none; the scanner's own wait is about two seconds."""


class SerialLineScanner(ReadingScanner[SerialLink, LineRead]):
    """A `Scanner`.  With an empty `suffix` silence ends a scan."""

    def __init__(
        self,
        scanner_id: str,
        link: SerialLink,
        *,
        prefix: bytes,
        suffix: bytes,
        aim: bool,
        gap_s: float,
        no_read: str = "",
        acknowledge: bool = False,
    ) -> None:
        super().__init__(scanner_id, link, ScanLineParser(prefix, suffix, aim), gap_s=gap_s, no_read=no_read)
        self._acknowledge = acknowledge
        self._naks = 0

    async def scanned(self, scan: LineRead | LineRefused) -> None:
        """Answer the scan, where the scanner waits for it."""
        if not self._acknowledge:
            return
        refuse = isinstance(scan, LineRefused) and self._naks < MAX_NAKS
        self._naks = self._naks + 1 if refuse else 0
        with contextlib.suppress(SendFailed):
            await self._link.write(NAK if refuse else ACK, asyncio.get_running_loop().time() + ACK_WRITE_S)


def make(settings: ScannerSettings) -> SerialLineScanner:
    """The driver of these settings; no I/O."""
    checked(settings)
    return SerialLineScanner(
        settings.id,
        SerialLink(settings.port, settings.baud, xonxoff=settings.xonxoff),
        prefix=settings.prefix,
        suffix=settings.suffix,
        aim=settings.aim,
        gap_s=gap_s(settings),
        no_read=settings.no_read,
        acknowledge=settings.acknowledge,
    )
