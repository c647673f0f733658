"""A Newland scanner on a serial line, set by the unified command set.

A command is `~` SOH `0000`, `@` (kept) or `#` (volatile), one or more
tag-subtag-data separated by `;`, and `;` ETX.  It is answered by STX SOH
`0000`, the sign and the commands, each with 06, or with 15 when it is not
taken; `*` as data asks for the value.  SOH T EOT starts a read unanswered.
(NLS-HR52 user manual, "Use of Programming Command"; capital letters only.)
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from simulators.faults import FaultMenu
from simulators.scanner_base import SendingScanner

__all__ = ["NewlandScanner"]

HEAD: Final = b"~\x010000"
TAIL: Final = b";\x03"
SHORT: Final = b"\x01T\x04"
ACK: Final = b"\x06"
NAK: Final = b"\x15"
MOST_WAITING: Final = 1_024

SETTINGS: Final = {"SCNMOD": "0234", "GRBENA": "01", "GRLENA": "01", "SCNTRG": "01", "SCNENA": "01"}
"""The settings it has and the values each takes."""


class NewlandScanner(SendingScanner):
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
        """Delivered in sense mode, in which it reads by itself."""
        super().__init__(path, name=name, baud=baud, faults=faults, bytewise=bytewise)
        self.settings = {"SCNMOD": "2", "GRBENA": "1", "GRLENA": "1", "SCNTRG": "0", "SCNENA": "1"}
        self.kept = dict(self.settings)
        self._suffix = suffix
        self._prefix = prefix
        self._aim = aim
        self._buffer = bytearray()

    @property
    def triggered(self) -> bool:
        """True while the trigger is pressed by command."""
        return self.settings["SCNTRG"] == "1"

    @property
    def reading(self) -> bool:
        """Enabled, and either by itself or while triggered."""
        return self.settings["SCNENA"] == "1" and (self.settings["SCNMOD"] in "23" or self.triggered)

    def powered_on(self) -> None:
        """Back to what is kept."""
        self.settings = {**self.kept, "SCNTRG": "0"}
        self._buffer.clear()

    def message(self, data: bytes, identifier: str) -> bytes:
        """Prefix, identifier, data, suffix; a good read ends the trigger."""
        self.settings["SCNTRG"] = "0"
        mark = f"]{identifier}".encode("ascii") if self._aim else b""
        return self._prefix + mark + data + self._suffix

    def heard(self, data: bytes) -> None:
        """Commands: what is none is passed over."""
        self._buffer += data
        while self._buffer:
            if self._buffer.startswith(SHORT):
                del self._buffer[: len(SHORT)]
                self.settings["SCNTRG"] = "1"
                self.look()
            elif self._buffer.startswith(HEAD):
                end = self._buffer.find(TAIL)
                if end < 0 and len(self._buffer) < MOST_WAITING:
                    return
                if end < 0:
                    self._buffer.clear()
                    return
                frame = bytes(self._buffer[len(HEAD) : end])
                del self._buffer[: end + len(TAIL)]
                self._frame(frame)
            elif HEAD.startswith(self._buffer) or SHORT.startswith(self._buffer):
                return
            else:
                del self._buffer[0]

    def _frame(self, frame: bytes) -> None:
        sign, text = frame[:1], frame[1:].decode("latin-1")
        if sign not in (b"@", b"#"):
            return
        answers = [self._carry_out(each, kept=sign == b"@") for each in text.split(";")]
        head = b"\x02\x010000" + sign
        right = b";".join(told.encode("latin-1") + status for told, status in answers)
        wrong = b";".join(told.encode("latin-1") for told, status in answers)
        self.reply(head + right + TAIL, head + wrong + TAIL)

    def _carry_out(self, command: str, *, kept: bool) -> tuple[str, bytes]:
        name, value = command[:6], command[6:]
        if name not in SETTINGS:
            return command, NAK
        if value == "*":
            return name + self.settings[name], ACK
        refused = self.faults.strike("scanner_refuses", self.name) is not None
        if refused or len(value) != 1 or value not in SETTINGS[name]:
            return command, NAK
        self.settings[name] = value
        if kept:
            self.kept[name] = value
        if self.reading:
            self.look()
        return command, ACK
