"""Newland scanners and engines on a serial line or USB-CDC (see hal/framing/newland.py)."""

from __future__ import annotations

from collections.abc import Callable

from hal.errors import DeviceOffline, NoAnswer
from hal.framing import newland as frames
from hal.framing.scan_line import ScanLineParser
from hal.framing.scanner_reply import CommandReply, MixedParser
from hal.interfaces import CommandResult, ScanMode, ScannerVerb
from hal.scanners.commanding import CommandingScanner
from hal.scanners.options import checked, gap_s, mode
from hal.settings import ScannerSettings
from hal.transport.serial_link import SerialLink

__all__ = ["KIND", "NewlandScanner", "make"]

KIND = "newland"
MODES = {ScanMode.HOST: "SCNMOD0", ScanMode.CONTINUOUS: "SCNMOD3"}
"""Level (read between SCNTRG1 and SCNTRG0), continuous; seen in 4 open drivers."""


class NewlandScanner(CommandingScanner[CommandReply]):
    """A `HostDrivenScanner`.  With `short_trigger` a read is started by 01 54 04, which is SENT, not DONE."""

    verbs = frozenset(ScannerVerb) - {ScannerVerb.LIGHT, ScannerVerb.BEEP}

    def __init__(
        self,
        scanner_id: str,
        link: SerialLink,
        parser: MixedParser,
        *,
        gap_s: float,
        no_read: str,
        mode: ScanMode | None,
        short_trigger: bool,
    ) -> None:
        super().__init__(scanner_id, link, parser, gap_s=gap_s, no_read=no_read, mode=mode)
        self._short_trigger = short_trigger

    async def trigger(self, deadline: float) -> CommandResult:
        """SCNTRG1, or the short command."""
        if self._short_trigger:
            return await self.send_only(frames.SHORT_TRIGGER, deadline)
        return await self._send("SCNTRG1", deadline)

    async def release(self, deadline: float) -> CommandResult:
        """SCNTRG0."""
        return await self._send("SCNTRG0", deadline)

    async def set_mode(self, mode: ScanMode, deadline: float) -> CommandResult:
        """SCNMOD."""
        return await self._send(MODES[mode], deadline)

    async def set_signals(self, sound: bool, led: bool, deadline: float) -> CommandResult:
        """GRBENA and GRLENA, in one frame."""
        return await self._send(f"GRBENA{sound:d};GRLENA{led:d}", deadline)

    async def probe(self, deadline: float) -> str | None:
        """The scan mode as the scanner writes it."""
        try:
            reply = await self.ask(frames.encode("SCNMOD*"), _answers("SCNMOD"), deadline)
        except (DeviceOffline, NoAnswer):
            return None
        return reply.body.decode("ascii", "replace")

    async def _send(self, command: str, deadline: float) -> CommandResult:
        answers = _answers(command)

        def done(reply: CommandReply) -> bool | None:
            found = answers(reply)
            return None if found is None else found.done

        return await self.perform(frames.encode(command), done, deadline)


def _answers(command: str) -> Callable[[CommandReply], CommandReply | None]:
    told = command.encode("ascii")
    return lambda reply: reply if reply.body.startswith(told) else None


def make(settings: ScannerSettings) -> NewlandScanner:
    """The driver of these settings; no I/O."""
    checked(settings)
    lines = ScanLineParser(settings.prefix, settings.suffix, settings.aim)
    return NewlandScanner(
        settings.id,
        SerialLink(settings.port, settings.baud, xonxoff=settings.xonxoff),
        frames.parser(lines, settings.suffix),
        gap_s=gap_s(settings),
        no_read=settings.no_read,
        mode=mode(settings),
        short_trigger=settings.short_trigger,
    )
