"""A CipherLab 1663 or 1664 on a serial line, switched by host serial commands.

`D` disables, `E` enables, `#@----` CR halts, `#@....` CR resumes, `#@////` CR
beeps, `#@` and six digits CR is a setting.  Nothing is answered on the line.
(User guide, appendix II, "Host serial commands".)
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from simulators.faults import FaultMenu
from simulators.scanner_base import SendingScanner

__all__ = ["CipherlabScanner"]

MOST_WAITING: Final = 16


class CipherlabScanner(SendingScanner):
    """One scanner.  `name` is the target of its faults."""

    def __init__(
        self,
        path: str | Path,
        suffix: bytes = b"\r",
        prefix: bytes = b"",
        aim: bool = False,
        *,
        name: str = "scanner",
        baud: int = 9600,
        faults: FaultMenu | None = None,
        bytewise: bool = False,
    ) -> None:
        """`parameters` collects the settings it was given, `saved` how often they were kept."""
        super().__init__(path, name=name, baud=baud, faults=faults, bytewise=bytewise)
        self.enabled = True
        self.halted = False
        self.beeps = 0
        self.saved = 0
        self.parameters: list[str] = []
        self._suffix = suffix
        self._prefix = prefix
        self._aim = aim
        self._buffer = bytearray()

    @property
    def reading(self) -> bool:
        """Enabled and not halted."""
        return self.enabled and not self.halted

    def powered_on(self) -> None:
        """Enabled, as after power-on."""
        self.enabled, self.halted = True, False
        self._buffer.clear()

    def message(self, data: bytes, identifier: str) -> bytes:
        """Prefix, identifier, data, suffix."""
        mark = f"]{identifier}".encode("ascii") if self._aim else b""
        return self._prefix + mark + data + self._suffix

    def heard(self, data: bytes) -> None:
        """Commands: what is none is passed over."""
        for byte in data:
            self._buffer.append(byte)
            if not self._buffer.startswith(b"#"):
                self._letter(bytes(self._buffer))
            elif byte == 0x0D:
                self._command(bytes(self._buffer[:-1]))
            elif len(self._buffer) <= MOST_WAITING:
                continue
            self._buffer.clear()

    def _letter(self, letter: bytes) -> None:
        if letter in (b"D", b"E"):
            self.enabled = letter == b"E"
            if self.reading:
                self.look()

    def _command(self, command: bytes) -> None:
        body = command.removeprefix(b"#@")
        if body == b"////":
            self.beeps += 1
        elif body in (b"----", b"...."):
            self.halted = body == b"----"
        elif body == b"109999":
            self.saved += 1
        elif len(body) == 6 and body.isdigit():
            self.parameters.append(body.decode("ascii"))
