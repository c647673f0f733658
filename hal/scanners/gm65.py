"""Grow GM65, GM805, GM812 and GM861 modules on a serial line or USB-CDC (see hal/framing/gm65.py).

Replies do not say what they answer: one that comes after its time-out can be taken for the next command's.
"""

from __future__ import annotations

from hal.errors import DeviceOffline, NoAnswer
from hal.framing import gm65 as frames
from hal.framing.scan_line import ScanLineParser
from hal.framing.scanner_reply import CommandReply, MixedParser
from hal.interfaces import CommandResult, ScanMode, ScannerVerb
from hal.scanners.commanding import CommandingScanner
from hal.scanners.options import checked, gap_s, mode
from hal.settings import ScannerSettings
from hal.transport.serial_link import SerialLink

__all__ = ["KIND", "Gm65Scanner", "make"]

KIND = "gm65"
LED, SOUND = 0x80, 0x40
MODE_BITS = 0x03
MODES = {ScanMode.HOST: 0x01, ScanMode.CONTINUOUS: 0x02}


class Gm65Scanner(CommandingScanner[CommandReply]):
    """A `HostDrivenScanner`.  `checksum` False sends AB CD, for modules that take nothing else."""

    verbs = frozenset(ScannerVerb) - {ScannerVerb.BEEP, ScannerVerb.LIGHT}

    def __init__(
        self,
        scanner_id: str,
        link: SerialLink,
        parser: MixedParser,
        *,
        gap_s: float,
        no_read: str,
        mode: ScanMode | None,
        checksum: bool,
    ) -> None:
        super().__init__(scanner_id, link, parser, gap_s=gap_s, no_read=no_read, mode=mode)
        self._checksum = checksum

    async def trigger(self, deadline: float) -> CommandResult:
        """Zone 0002 to 1: one read, in command mode."""
        return await self._write(frames.ZONE_TRIGGER, 1, deadline)

    async def release(self, deadline: float) -> CommandResult:
        """Zone 0002 to 0."""
        return await self._write(frames.ZONE_TRIGGER, 0, deadline)

    async def set_mode(self, mode: ScanMode, deadline: float) -> CommandResult:
        """The last two bits of zone 0000; its others stay as they are."""
        return await self._change(MODE_BITS, MODES[mode], deadline)

    async def set_signals(self, sound: bool, led: bool, deadline: float) -> CommandResult:
        """Two bits of zone 0000; its others stay as they are."""
        wanted = (SOUND if sound else 0) | (LED if led else 0)
        return await self._change(SOUND | LED, wanted, deadline)

    async def probe(self, deadline: float) -> str | None:
        """The module's sign of life, which says nothing more."""
        request = frames.encode_heartbeat(checksum=self._checksum)
        result = await self.perform(
            request, lambda reply: reply.done or None if reply.body == frames.ALIVE else None, deadline
        )
        return "alive" if result is CommandResult.DONE else None

    async def _change(self, mask: int, bits: int, deadline: float) -> CommandResult:
        request = frames.encode_read(frames.ZONE_MODE, checksum=self._checksum)
        try:
            now = await self.ask(request, _zone_byte, deadline)
        except DeviceOffline:
            return CommandResult.NOT_SENT
        except NoAnswer:
            return CommandResult.UNKNOWN
        return await self._write(frames.ZONE_MODE, now & ~mask | bits, deadline)

    async def _write(self, zone: int, value: int, deadline: float) -> CommandResult:
        request = frames.encode_write(zone, bytes((value,)), checksum=self._checksum)
        return await self.perform(
            request, lambda reply: reply.done or None if reply.body == frames.DONE else None, deadline
        )


def _zone_byte(reply: CommandReply) -> int | None:
    """The one byte of a read, of a reply whose check is right."""
    return reply.body[1] if reply.done and len(reply.body) == 2 and reply.body[0] == 0x02 else None


def make(settings: ScannerSettings) -> Gm65Scanner:
    """The driver of these settings; no I/O."""
    checked(settings)
    lines = ScanLineParser(settings.prefix, settings.suffix, settings.aim)
    return Gm65Scanner(
        settings.id,
        SerialLink(settings.port, settings.baud, xonxoff=settings.xonxoff),
        frames.parser(lines, settings.suffix, settings.aim),
        gap_s=gap_s(settings),
        no_read=settings.no_read,
        mode=mode(settings),
        checksum=settings.checksum,
    )
