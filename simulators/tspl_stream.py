"""Commands out of a TSPL byte stream, bytes in, commands out, no printer.

A command is a line that ends CR LF.  The exception is BITMAP, whose raw bytes are counted: widthBytes times
height of them follow the fifth comma, whatever they are, and then a line end.  ESC ! x and ~! x stand between
commands and need no line end.  Source: TSC TSPL/TSPL2 programming manual as shipped with the TTP-244 Plus.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["TsplCommand", "TsplStream"]

MAX_LINE_BYTES: Final = 2_048
"""The longest line is a QRCODE with 1 kB of data; what grows longer is noise."""
MAX_BITMAP_BYTES: Final = 5_000_000
"""A page of 5 MB fills the memory; a count beyond it is damaged."""

ESC: Final = 0x1B
_BITMAP: Final = re.compile(rb"BITMAP\s+(-?\d+),(-?\d+),(\d+),(\d+),(\d+),", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TsplCommand:
    """One command: `name` in capitals, the rest of its line, and the counted bytes of a BITMAP.

    `name` of the immediate ones is `ESC!?`, `ESC!S`, `ESC!R` and `~!T` and so on; `line_end` False for a line
    that ended without its CR.
    """

    name: str
    rest: str = ""
    data: bytes = b""
    line_end: bool = True


class TsplStream:
    """A parser that may be fed any pieces.  `dropped` counts bytes that belonged to no command."""

    def __init__(self) -> None:
        self.dropped = 0
        self._buffer = bytearray()

    @property
    def wants_dots(self) -> bool:
        """True in the middle of a BITMAP."""
        return _BITMAP.match(self._buffer) is not None

    def feed(self, data: bytes) -> list[TsplCommand]:
        """Take bytes and return the commands that are complete now."""
        self._buffer += data
        commands = []
        while (command := self._next()) is not None:
            commands.append(command)
        return commands

    def reset(self) -> None:
        """Forget an unfinished command."""
        self.dropped += len(self._buffer)
        self._buffer.clear()

    def _next(self) -> TsplCommand | None:
        blank = len(self._buffer) - len(self._buffer.lstrip(b"\r\n\0"))
        del self._buffer[:blank]
        if not self._buffer:
            return None
        if self._buffer[:2] == b"\x1b!" or self._buffer[:2] == b"~!":
            return self._immediate()
        if (self._buffer[0] == ESC and len(self._buffer) == 1) or bytes(self._buffer) == b"~":
            return None
        bitmap = _BITMAP.match(self._buffer)
        if bitmap is not None:
            return self._bitmap(bitmap)
        return self._line()

    def _immediate(self) -> TsplCommand | None:
        if len(self._buffer) < 3:
            return None
        head = "ESC!" if self._buffer[0] == ESC else "~!"
        name = head + chr(self._buffer[2])
        del self._buffer[:3]
        return TsplCommand(name)

    def _bitmap(self, head: re.Match[bytes]) -> TsplCommand | None:
        count = int(head[3]) * int(head[4])
        if count > MAX_BITMAP_BYTES:
            return self._line()
        if len(self._buffer) < head.end() + count:
            return None
        data = bytes(self._buffer[head.end() : head.end() + count])
        command = TsplCommand("BITMAP", head[0][6:-1].decode("ascii").strip(), data)
        del self._buffer[: head.end() + count]
        return command

    def _line(self) -> TsplCommand | None:
        end = self._buffer.find(b"\n")
        # An immediate command is heard in the middle of a line too.
        escape = self._buffer.find(b"\x1b!", 0, end if end >= 0 else None)
        if escape > 0:
            self.dropped += escape
            del self._buffer[:escape]
            return self._immediate()
        if end < 0:
            if len(self._buffer) > MAX_LINE_BYTES:
                self.reset()
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        name, _, rest = line.removesuffix(b"\r").decode("gb18030", "replace").strip().partition(" ")
        return TsplCommand(name.upper(), rest.strip(), line_end=line.endswith(b"\r"))
