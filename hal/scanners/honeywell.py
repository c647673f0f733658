"""Honeywell, HHP and kindred imagers on a serial line or USB-CDC (see hal/framing/honeywell.py)."""

from __future__ import annotations

from collections.abc import Callable

from hal.errors import DeviceOffline, NoAnswer
from hal.framing import honeywell as frames
from hal.framing.scan_line import ScanLineParser
from hal.framing.scanner_reply import CommandReply
from hal.interfaces import CommandResult, ScanMode, ScannerVerb
from hal.scanners.commanding import CommandingScanner
from hal.scanners.options import checked, gap_s, mode
from hal.settings import ScannerSettings
from hal.transport.serial_link import SerialLink

__all__ = ["KIND", "HoneywellScanner", "make"]

KIND = "honeywell"
MODES = {ScanMode.HOST: "TRGMOD0", ScanMode.CONTINUOUS: "TRGMOD3"}
"""Manual or serial trigger; presentation."""
BEEP_NOW = "BEPEXE1"
"""Seen in 2 open drivers; models that do not know it refuse."""


class HoneywellScanner(CommandingScanner[CommandReply]):
    """A `HostDrivenScanner`.  Trigger and release are SENT: the imager does not answer them."""

    verbs = frozenset(ScannerVerb) - {ScannerVerb.LIGHT}

    async def trigger(self, deadline: float) -> CommandResult:
        """SYN T."""
        return await self.send_only(frames.TRIGGER, deadline)

    async def release(self, deadline: float) -> CommandResult:
        """SYN U."""
        return await self.send_only(frames.RELEASE, deadline)

    async def set_mode(self, mode: ScanMode, deadline: float) -> CommandResult:
        """TRGMOD."""
        return await self._menu(MODES[mode], deadline)

    async def beep(self, deadline: float) -> CommandResult:
        """BEPEXE."""
        return await self._menu(BEEP_NOW, deadline)

    async def set_signals(self, sound: bool, led: bool, deadline: float) -> CommandResult:
        """BEPBEP and BEPLED, the one and then the other."""
        result = await self._menu(f"BEPBEP{sound:d}", deadline)
        return await self._menu(f"BEPLED{led:d}", deadline) if result is CommandResult.DONE else result

    async def probe(self, deadline: float) -> str | None:
        """The trigger mode as the imager writes it."""
        try:
            reply = await self.ask(frames.encode_query("TRGMOD"), _answers("TRGMOD"), deadline)
        except (DeviceOffline, NoAnswer):
            return None
        return reply.body.decode("ascii")

    async def _menu(self, command: str, deadline: float) -> CommandResult:
        answers = _answers(command)

        def done(reply: CommandReply) -> bool | None:
            found = answers(reply)
            return None if found is None else found.done

        return await self.perform(frames.encode_menu(command), done, deadline)


def _answers(command: str) -> Callable[[CommandReply], CommandReply | None]:
    """Picks the reply that repeats `command`, in capitals or not."""
    told = command.upper().encode("ascii")
    return lambda reply: reply if reply.body.upper().startswith(told) else None


def make(settings: ScannerSettings) -> HoneywellScanner:
    """The driver of these settings; no I/O."""
    checked(settings)
    lines = ScanLineParser(settings.prefix, settings.suffix, settings.aim)
    return HoneywellScanner(
        settings.id,
        SerialLink(settings.port, settings.baud, xonxoff=settings.xonxoff),
        frames.parser(lines, settings.suffix),
        gap_s=gap_s(settings),
        no_read=settings.no_read,
        mode=mode(settings),
    )
