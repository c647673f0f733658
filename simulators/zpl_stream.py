"""Commands out of a ZPL II byte stream, bytes in, commands out, no printer.

A command is `^` or `~`, two characters, and parameters up to the next `^` or
`~`.  Line ends between commands mean nothing.  The exception is `^GF` with
binary data: its byte count says where it ends.  Source: ZPL II Programming
Guide 45541L.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["Command", "ZplStream"]

MAX_COMMAND_BYTES: Final = 4_000_000
"""A full-page 300 dpi graphic in hex is about 2.4 MB; what grows longer is no command but a lost client."""

CARET: Final = ord("^")
TILDE: Final = ord("~")
_GRAPHIC: Final = b"GF"
_HEADER_COMMAS: Final = 4


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `code` with its prefix, as `^XA` or `~HS`, and its parameters as sent."""

    code: str
    params: bytes = b""


class ZplStream:
    """A parser that may be fed any pieces.  `dropped` counts bytes that belonged to no command."""

    def __init__(self) -> None:
        self.dropped = 0
        self._buffer = bytearray()
        self._looked = 0

    def feed(self, data: bytes) -> list[Command]:
        """Take bytes and return the commands that are complete now.

        A `~` command and `^XZ` take effect with their last letter; any other
        waits for what ends its parameters.
        """
        self._buffer += data
        commands = []
        while (command := self._next()) is not None:
            commands.append(command)
        if len(self._buffer) > MAX_COMMAND_BYTES:
            self.reset()
        return commands

    def reset(self) -> None:
        """Forget an unfinished command."""
        self.dropped += len(self._buffer)
        self._take(len(self._buffer))

    def _next(self) -> Command | None:
        self._skip_to_prefix()
        if len(self._buffer) < 3:
            return None
        code = bytes(self._buffer[:3])
        if code == b"~HQ":
            # The one query whose name has more than two letters: ~HQES.
            return self._query()
        if code[0] == TILDE or code in (b"^XA", b"^XZ", b"^FS"):
            self._take(3)
            return Command(code.decode("latin-1"))
        end = self._end_of_graphic() if code[1:] == _GRAPHIC else None
        if end == 0:
            return None
        if end is None:
            end = self._next_prefix()
            if end is None:
                return None
        params = bytes(self._buffer[3:end])
        self._take(end)
        return Command(code.decode("latin-1"), params)

    def _query(self) -> Command | None:
        if len(self._buffer) < 5:
            return None
        kind = bytes(self._buffer[3:5])
        self._take(5)
        return Command("~HQ", kind)

    def _skip_to_prefix(self) -> None:
        start = 0
        while start < len(self._buffer) and self._buffer[start] not in (CARET, TILDE):
            start += 1
        if start:
            noise = bytes(self._buffer[:start]).strip(b"\r\n\t \0")
            self.dropped += len(noise)
            self._take(start)

    def _next_prefix(self) -> int | None:
        """Where the next command begins; looks at each byte once."""
        start = max(3, self._looked)
        hits = [at for at in (self._buffer.find(b"^", start), self._buffer.find(b"~", start)) if at >= 0]
        if hits:
            return min(hits)
        self._looked = len(self._buffer)
        return None

    def _end_of_graphic(self) -> int | None:
        """End of ^GFB or ^GFC by its count; 0 when more bytes are needed, None when it is text."""
        if len(self._buffer) < 4:
            return 0
        if bytes(self._buffer[3:4]) not in (b"B", b"C", b"b", b"c"):
            return None
        header = bytes(self._buffer[3:60]).split(b",", _HEADER_COMMAS)
        if len(header) <= _HEADER_COMMAS:
            return 0 if len(self._buffer) < 60 else None
        if not header[1].isdigit():
            return None
        end = 3 + sum(len(each) + 1 for each in header[:_HEADER_COMMAS]) + int(header[1])
        return end if len(self._buffer) >= end else 0

    def _take(self, count: int) -> None:
        del self._buffer[:count]
        self._looked = 0
