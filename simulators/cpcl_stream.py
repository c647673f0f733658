"""Commands out of a CPCL byte stream, bytes in, commands out, no printer.

Outside a session stand ESC x and lines; `! offset hdpi vdpi height qty` begins a session, PRINT or ABORT ends
it.  Inside, every line ends CR LF but for CG, whose raw bytes are counted, and an ESC is no question.
Source: Zebra CPCL programming manual.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["CpclCommand", "CpclStream"]

MAX_LINE_BYTES: Final = 200_000
"""An EG of a whole page stands in one line; what grows longer is noise."""
MAX_GRAPHIC_BYTES: Final = 5_000_000

ESC: Final = 0x1B
_SESSION: Final = re.compile(r"!\s+-?\d+\s+\d+\s+\d+\s+\d+\s+\d+\s*")
_COUNTED: Final = re.compile(rb"(?:CG|COMPRESSED-GRAPHICS)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+) ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CpclCommand:
    """One command: `name` in capitals (`ESC h` for questions, `!` for a session's head), `rest` its line."""

    name: str
    rest: str = ""
    data: bytes = b""
    line_end: bool = True


class CpclStream:
    """A parser that may be fed any pieces; `in_session` between `!` and PRINT."""

    def __init__(self) -> None:
        self.in_session = False
        self.dropped = 0
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[CpclCommand]:
        """Take bytes and return the commands that are complete now."""
        self._buffer += data
        commands = []
        while (command := self._next()) is not None:
            commands.append(command)
        return commands

    def reset(self) -> None:
        """Forget what is unfinished, the session too."""
        self.dropped += len(self._buffer)
        self._buffer.clear()
        self.in_session = False

    def _next(self) -> CpclCommand | None:
        blank = len(self._buffer) - len(self._buffer.lstrip(b"\r\n\0"))
        del self._buffer[:blank]
        if not self._buffer:
            return None
        if self._buffer[0] == ESC and not self.in_session:
            if len(self._buffer) < 2:
                return None
            name = f"ESC {chr(self._buffer[1])}"
            del self._buffer[:2]
            return CpclCommand(name)
        graphic = _COUNTED.match(self._buffer) if self.in_session else None
        if graphic is not None and int(graphic[1]) * int(graphic[2]) <= MAX_GRAPHIC_BYTES:
            return self._graphic(graphic)
        return self._line()

    def _graphic(self, head: re.Match[bytes]) -> CpclCommand | None:
        end = head.end() + int(head[1]) * int(head[2])
        if len(self._buffer) < end:
            return None
        rest = b" ".join(head.groups()).decode("ascii")
        command = CpclCommand("CG", rest, bytes(self._buffer[head.end() : end]))
        del self._buffer[:end]
        return command

    def _line(self) -> CpclCommand | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > MAX_LINE_BYTES:
                self.reset()
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        text = line.removesuffix(b"\r").decode("gb18030", "replace").strip()
        if not self.in_session and _SESSION.fullmatch(text):
            self.in_session = True
            return CpclCommand("!", text[1:].strip())
        name, _, rest = text.partition(" ")
        if name.upper() in ("PRINT", "ABORT"):
            was, self.in_session = self.in_session, False
            return CpclCommand(name.upper() if was else "outside", rest, line_end=line.endswith(b"\r"))
        return CpclCommand(name.upper(), rest.strip(), line_end=line.endswith(b"\r"))
