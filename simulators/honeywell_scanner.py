"""A Honeywell (HHP) imager on a serial line, set by serial programming commands.

SYN T CR and SYN U CR press and let go the trigger.  SYN M CR begins a menu
command: tag and subtag of three letters each, data, and `.` (kept) or `!`
(volatile); `?` in place of data asks.  The imager repeats what it was told
with 06 before the punctuation, 05 for a tag it does not have, 15 for a value
out of range.  (User's guides, "Serial Programming Commands".)
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from simulators.faults import FaultMenu
from simulators.scanner_base import SendingScanner

__all__ = ["HoneywellScanner"]

SYN: Final = 0x16
ACK: Final = b"\x06"
ENQ: Final = b"\x05"
NAK: Final = b"\x15"
MOST_WAITING: Final = 256

SETTINGS: Final = {
    "TRGMOD": ("0", {"0", "3"}),
    "BEPBEP": ("1", {"0", "1"}),
    "BEPLED": ("1", {"0", "1"}),
    "BEPEXE": ("0", {"1"}),
    "CBRENA": ("1", {"0", "1"}),
    "AIMENA": ("1", {"0", "1"}),
}
"""The tags it has: value as delivered and those it takes."""

_COMMAND: Final = re.compile(rb"([A-Za-z]{3}[A-Za-z0-9]{3})([^.!,;]*)([.!,;])")


class HoneywellScanner(SendingScanner):
    """One imager.  `name` is the target of its faults."""

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
        punctuated: bool = True,
    ) -> None:
        """`punctuated`: replies end with the command's own punctuation after the status."""
        super().__init__(path, name=name, baud=baud, faults=faults, bytewise=bytewise)
        self.settings = {tag: value for tag, (value, _) in SETTINGS.items()}
        self.settings["TRGMOD"] = "3"
        self.kept = dict(self.settings)
        self.beeps = 0
        self.triggered = False
        self._suffix = suffix
        self._prefix = prefix
        self._aim = aim
        self._punctuated = punctuated
        self._buffer = bytearray()

    @property
    def reading(self) -> bool:
        """Presentation mode, or the trigger is pressed."""
        return self.settings["TRGMOD"] == "3" or self.triggered

    def powered_on(self) -> None:
        """Back to what is kept."""
        self.settings, self.triggered = dict(self.kept), False
        self._buffer.clear()

    def message(self, data: bytes, identifier: str) -> bytes:
        """Prefix, identifier, data, suffix; a good read ends the trigger."""
        self.triggered = False
        mark = f"]{identifier}".encode("ascii") if self._aim else b""
        return self._prefix + mark + data + self._suffix

    def heard(self, data: bytes) -> None:
        """Commands: what is none is passed over."""
        self._buffer += data
        while self._buffer:
            start = self._buffer.find(SYN)
            del self._buffer[: start if start >= 0 else len(self._buffer)]
            if len(self._buffer) < 3:
                return
            if self._buffer[2] != 0x0D or self._buffer[1] not in b"TUM":
                del self._buffer[0]
            elif self._buffer[1] != ord("M"):
                self._trigger(self._buffer[1] == ord("T"))
                del self._buffer[:3]
            elif not self._menu():
                return

    def _trigger(self, pressed: bool) -> None:
        self.triggered = pressed
        if pressed:
            self.look()

    def _menu(self) -> bool:
        """Carry out the menu command at the head of the buffer; False when it is not all there."""
        found = _COMMAND.match(self._buffer, 3)
        if found is None:
            if len(self._buffer) > MOST_WAITING:
                del self._buffer[:3]
                return True
            return False
        name, value, end = (part.decode("latin-1") for part in found.groups())
        # After `,` and `;` the next command of the same sequence follows.
        if end in ".!":
            del self._buffer[: found.end()]
        else:
            del self._buffer[3 : found.end()]
        told, status = self._carry_out(name.upper(), value, kept=end == ".")
        reply = told.encode("latin-1") + status
        mark = end.encode("latin-1") if self._punctuated else b""
        self.reply(reply + mark, told.encode("latin-1") + NAK + mark)
        return True

    def _carry_out(self, name: str, value: str, *, kept: bool) -> tuple[str, bytes]:
        if name not in SETTINGS:
            return name + value, ENQ
        if value == "?":
            return name + self.settings[name], ACK
        refused = self.faults.strike("scanner_refuses", self.name) is not None
        if refused or value not in SETTINGS[name][1]:
            return name + value, NAK
        if name == "BEPEXE":
            self.beeps += 1
            return name + value, ACK
        self.settings[name] = value
        if kept:
            self.kept[name] = value
        if self.reading:
            self.look()
        return name + value, ACK
