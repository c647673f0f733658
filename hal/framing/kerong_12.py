"""The protocol of KERONG CU12 boards (19200 8N1).

    02 | board | lock | command | ask | data length | 03 | SUM | data

SUM is the low byte of the sum of the seven bytes before it and of the data after it.  Lock 00..0B (0C would
be all).  Ask is 00 in requests; in replies 10 success, 11 failed, 12 time-out, 13 unknown command, 14 wrong
data. 80 status, answered by two bytes, bit 0 of the first = lock 1, 1 = locked; 81 unlock, answered.

Source: one open project with tests; unverified on a board.
"""

from __future__ import annotations

from dataclasses import dataclass

from hal.framing.steps import Discard, Found, NeedMore, Step, StreamParser

__all__ = [
    "FAILED",
    "LOCKS",
    "MAX_BOARD",
    "STATUS",
    "SUCCESS",
    "TIMED_OUT",
    "UNLOCK",
    "Reply",
    "encode_status",
    "encode_unlock",
    "next_step",
    "parser",
]

MAX_BOARD = 15
LOCKS = 12
STX, ETX = 0x02, 0x03
STATUS, UNLOCK = 0x80, 0x81
SUCCESS, FAILED, TIMED_OUT = 0x10, 0x11, 0x12
HEADER = 8
MAX_DATA = 32
"""More than any command's; a longer one is garbage and is not waited for."""
ASKS = frozenset(range(0x10, 0x15))


@dataclass(frozen=True, slots=True)
class Reply:
    """A board's answer; `lock` from 0."""

    board: int
    lock: int
    command: int
    ask: int
    data: bytes

    def locked(self) -> tuple[bool, ...]:
        """The data as locks, lock 1 first."""
        return tuple(bool(byte >> bit & 1) for byte in self.data for bit in range(8))


def encode_status(board: int) -> bytes:
    """Ask `board` (0..15) for all its locks."""
    return _request(board, 0, STATUS)


def encode_unlock(board: int, lock: int) -> bytes:
    """Ask for one unlock pulse on `lock` (0..11, 0 is the first; 12 would open all and is refused)."""
    return _request(board, lock, UNLOCK)


def next_step(buffer: bytes) -> Step[Reply]:
    """Look at the beginning of `buffer` for a reply."""
    if not buffer:
        return NeedMore(1)
    if buffer[0] != STX:
        return Discard(1)
    if len(buffer) < HEADER:
        return NeedMore(HEADER)
    ask, length = buffer[4], HEADER + buffer[5]
    if ask not in ASKS or buffer[5] > MAX_DATA or buffer[6] != ETX:
        return Discard(1)
    if len(buffer) < length:
        return NeedMore(length)
    data = buffer[HEADER:length]
    if buffer[7] != sum(buffer[:7] + data) & 0xFF:
        return Discard(1)
    return Found(Reply(buffer[1], buffer[2], buffer[3], ask, bytes(data)), length)


def parser() -> StreamParser[Reply]:
    """Replies of a stream."""
    return StreamParser(next_step)


def _request(board: int, lock: int, command: int) -> bytes:
    if not 0 <= board <= MAX_BOARD or not 0 <= lock < LOCKS:
        raise ValueError(f"board {board}, lock {lock} are not in 0..{MAX_BOARD}, 0..{LOCKS - 1}")
    header = bytes((STX, board, lock, command, 0x00, 0x00, ETX))
    return header + bytes((sum(header) & 0xFF,))
