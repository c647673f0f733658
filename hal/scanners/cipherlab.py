"""CipherLab 166x scanners on a serial line (see hal/framing/cipherlab.py).

Enable and disable serve as trigger and release: the scanner reads by itself while it is enabled.  The digits
of its scan modes are not known here, so `mode` must be empty.
"""

from __future__ import annotations

from hal.framing import cipherlab as frames
from hal.framing.scan_line import LineRead, ScanLineParser
from hal.interfaces import CommandResult, ScannerVerb
from hal.scanners.commanding import CommandingScanner
from hal.scanners.options import checked, gap_s, wrong
from hal.settings import ScannerSettings
from hal.transport.serial_link import SerialLink

__all__ = ["KIND", "CipherlabScanner", "make"]

KIND = "cipherlab"


class CipherlabScanner(CommandingScanner[LineRead]):
    """A `HostDrivenScanner`.  Every command is SENT: none is answered."""

    verbs = frozenset({ScannerVerb.TRIGGER, ScannerVerb.RELEASE, ScannerVerb.BEEP})

    async def trigger(self, deadline: float) -> CommandResult:
        """Enable."""
        return await self.send_only(frames.ENABLE, deadline)

    async def release(self, deadline: float) -> CommandResult:
        """Disable."""
        return await self.send_only(frames.DISABLE, deadline)

    async def beep(self, deadline: float) -> CommandResult:
        """Respond with a beep."""
        return await self.send_only(frames.BEEP, deadline)


def make(settings: ScannerSettings) -> CipherlabScanner:
    """The driver of these settings; no I/O."""
    checked(settings)
    if settings.mode:
        raise wrong(settings, "mode", f"{KIND!r} cannot be set to a mode")
    return CipherlabScanner(
        settings.id,
        SerialLink(settings.port, settings.baud, xonxoff=settings.xonxoff),
        ScanLineParser(settings.prefix, settings.suffix, settings.aim),
        gap_s=gap_s(settings),
        no_read=settings.no_read,
    )
