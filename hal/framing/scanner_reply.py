"""Replies of scanners that stand between their scans, and the parser that tells the two apart.

A reply is only looked for where a scan could begin: scanners send each of both in one piece.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hal.framing.scan_line import LineRead, LineRefused, ScanLineParser
from hal.framing.steps import Found, NeedMore, Step

__all__ = ["CommandReply", "MixedParser"]

_LINE_ENDS = b"\r\n"
_CHUNK_BYTES = 4096


@dataclass(frozen=True, slots=True)
class CommandReply:
    """`done` is False when the scanner refused or the reply's check is wrong; `body` is what it answered."""

    done: bool
    body: bytes


Item = LineRead | LineRefused | CommandReply


class MixedParser:
    """Cuts a stream of scan lines with replies between them.

    `step` is a look at the beginning of the buffer: a reply, or a scan that the family frames itself.
    `trailing` are bytes of which one may follow a reply and belongs to it.
    """

    def __init__(
        self,
        lines: ScanLineParser,
        suffix: bytes,
        step: Callable[[bytes], Step[Item]],
        *,
        look_bytes: int,
        trailing: bytes = b"",
    ) -> None:
        self._lines = lines
        self._cut = suffix[-1:]
        self._step = step
        self._look_bytes = look_bytes
        self._trailing = trailing
        self._after_reply = False
        self._buffer = bytearray()

    @property
    def pending(self) -> bool:
        """True while a scan or a reply has begun and not ended."""
        return bool(self._buffer) or self._lines.pending or self._after_reply

    def feed(self, data: bytes) -> list[Item]:
        """Everything that `data` ends, in order."""
        items: list[Item] = []
        for start in range(0, len(data), _CHUNK_BYTES):
            self._buffer += data[start : start + _CHUNK_BYTES]
            while self._buffer and self._advance(items):
                pass
        return items

    def end_of_gap(self) -> list[Item]:
        """The line has been silent: what looked like the beginning of a reply was none."""
        self._after_reply = False
        rest = bytes(self._buffer)
        self._buffer.clear()
        return [*self._lines.feed(rest), *self._lines.end_of_gap()]

    def _advance(self, items: list[Item]) -> bool:
        """Take something off the buffer; False when it has to wait for more."""
        if not self._lines.pending:
            if self._after_reply:
                self._after_reply = False
                if self._buffer[0] in self._trailing:
                    del self._buffer[0]
                    return True
            if self._buffer[0] in _LINE_ENDS:
                items += self._take(1)
                return True
            step = self._step(bytes(self._buffer[: self._look_bytes]))
            if isinstance(step, NeedMore):
                return False
            if isinstance(step, Found):
                items.append(step.frame)
                del self._buffer[: step.used]
                self._after_reply = isinstance(step.frame, CommandReply) and bool(self._trailing)
                return True
        end = self._buffer.find(self._cut) if self._cut else -1
        items += self._take(end + 1 if end >= 0 else len(self._buffer))
        return True

    def _take(self, count: int) -> list[LineRead | LineRefused]:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return self._lines.feed(data)
