"""Commands out of an ESC/POS byte stream, and the real-time questions that are heard before it.

Commands have no ends: each one's first bytes say how many follow.  `RealTime` looks at bytes as they arrive,
as the interface board of a real printer does, and finds DLE EOT n and DLE ENQ n also inside a raster.
Sources: Epson TM-T88III and TM-L60II, Citizen CT-S2000, Bixolon SRP-350 command references.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["EscPosCommand", "EscPosStream", "RealTime"]

MAX_RASTER_BYTES: Final = 5_000_000
"""A raster that claims more is damaged."""

DLE: Final = 0x10
ESC: Final = 0x1B
FS: Final = 0x1C
GS: Final = 0x1D

_WITH_ONE: Final = frozenset(
    {b"\x1ba", b"\x1b!", b"\x1b3", b"\x1bd", b"\x1bJ", b"\x1bt", b"\x1bE", b"\x1bG", b"\x1bM", b"\x1bR"}
    | {b"\x1d!", b"\x1dh", b"\x1dw", b"\x1df", b"\x1dH", b"\x1da", b"\x1dr", b"\x1dB", b"\x1dI"}
    | {b"\x1c!", b"\x1cW", b"\x1c-"}
)
_REAL_TIME: Final = (b"\4\1", b"\4\2", b"\4\3", b"\4\4", b"\5\1", b"\5\2")
_ALONE: Final = frozenset({b"\x1b@", b"\x1b2", b"\x1c&", b"\x1c."})
_USER_CHARACTER_BYTES: Final = 72
"""A 24 x 24 pattern behind FS 2 and its two code bytes."""


@dataclass(frozen=True, slots=True)
class EscPosCommand:
    """`code` is its first bytes; `params` what follows.  Text and line feeds have code `text` and `feed`."""

    code: bytes
    params: bytes = b""


class RealTime:
    """Finds DLE EOT n and DLE ENQ n in bytes as they come, whatever they belong to."""

    def __init__(self) -> None:
        self._last = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The three-byte commands that `data` completes."""
        window = self._last + data
        starts = (at for at in range(len(window) - 2) if window[at] == DLE)
        found = [window[at : at + 3] for at in starts if window[at + 1 : at + 3] in _REAL_TIME]
        self._last = window[-2:]
        return found


class EscPosStream:
    """A parser that may be fed any pieces; `unknown` counts commands it does not know (two bytes each)."""

    def __init__(self) -> None:
        self.unknown = 0
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[EscPosCommand]:
        """Take bytes and return what is complete now."""
        self._buffer += data
        commands = []
        while (command := self._next()) is not None:
            commands.append(command)
        return commands

    def reset(self) -> None:
        """Forget an unfinished command."""
        self._buffer.clear()

    def _next(self) -> EscPosCommand | None:
        silent = len(self._buffer) - len(self._buffer.lstrip(b"\0"))
        del self._buffer[:silent]
        if not self._buffer:
            return None
        first = self._buffer[0]
        if first == DLE:
            return self._cut(b"dle", 1, 2)
        if first in (ESC, FS, GS):
            return self._escape()
        if first == 0x0A:
            return self._cut(b"feed", 1, 0)
        end = next((at for at, byte in enumerate(self._buffer) if byte < 0x20), len(self._buffer))
        return self._cut(b"text", 0, max(1, end))

    def _escape(self) -> EscPosCommand | None:
        if len(self._buffer) < 2:
            return None
        code = bytes(self._buffer[:2])
        if code in _ALONE:
            return self._cut(code, 2, 0)
        if code in _WITH_ONE:
            return self._cut(code, 2, 1)
        wanted = self._counted(code)
        if wanted is None:
            self.unknown += 1
            return self._cut(b"unknown", 0, 2)
        return None if wanted == 0 else self._cut(code, 2, wanted)

    def _counted(self, code: bytes) -> int | None:
        """How many bytes follow `code`; 0 when more are needed to tell, None for a code nobody knows."""
        rest = bytes(self._buffer[2:8])
        if code == b"\x1dV":
            return 0 if not rest else 2 if rest[0] in (65, 66) else 1
        if code == b"\x1c2":
            return 2 + _USER_CHARACTER_BYTES
        if code == b"\x1d(":
            return 0 if len(rest) < 3 else 3 + int.from_bytes(rest[1:3], "little")
        if code == b"\x1dk":
            return self._bar_code(rest)
        if code != b"\x1dv":
            return None
        if len(rest) < 6:
            return 0
        count = int.from_bytes(rest[2:4], "little") * int.from_bytes(rest[4:6], "little")
        return 6 + count if count <= MAX_RASTER_BYTES else None

    def _bar_code(self, rest: bytes) -> int:
        """GS k m n d1…dn, or with m below 7 up to a NUL."""
        if len(rest) < 2:
            return 0
        if rest[0] >= 65:
            return 2 + rest[1]
        end = self._buffer.find(b"\0", 3)
        return 0 if end < 0 else end - 1

    def _cut(self, code: bytes, head: int, count: int) -> EscPosCommand | None:
        if len(self._buffer) < head + count:
            return None
        command = EscPosCommand(code, bytes(self._buffer[head : head + count]))
        del self._buffer[: head + count]
        return command
