"""The five-byte protocol of KERONG KR-CU16 boards (19200 8N1): encode requests, find replies.

    host    02 | address | command | data | 03 | SUM     high nibble board, low nibble lock, 0 = lock 1
    board   02 | address | 35 | hooks 1-8 | hooks 9-16 | infrared 1-8 | infrared 9-16 | 03 | SUM
            02 | address | 38 | unlock time, 2 bytes | 03 | SUM

SUM is the low byte of the sum of all before, 02 and 03 included.  A hook bit of 1 is locked, an infrared
bit of 1 something inside; bit 0 is the lowest lock of its byte.  Commands: 30 read, 31 open (not answered),
37 set or ask the unlock time in units of 10 ms.  36 answers a question to all boards, which is never asked
here.

Source: six open drivers for these boards, which agree on everything used here.
"""

from __future__ import annotations

from dataclasses import dataclass

from hal.framing.steps import Discard, Found, NeedMore, Step, StreamParser

__all__ = [
    "LOCKS",
    "MAX_BOARD",
    "READ",
    "STATUS",
    "TIME",
    "TIME_UNIT_MS",
    "AnyReply",
    "Status",
    "UnlockTime",
    "encode_ask_time",
    "encode_read",
    "encode_set_time",
    "encode_unlock",
    "next_step",
    "parser",
]

MAX_BOARD = 15
"""A nibble; documents say 0..9."""
LOCKS = 16
TIME_UNIT_MS = 10
MAX_TIME_MS = 60_000

STX, ETX = 0x02, 0x03
READ, UNLOCK, TIME = 0x30, 0x31, 0x37
STATUS, STATUS_OF_EVERY, TIME_IS = 0x35, 0x36, 0x38
REPLY_LENGTHS = {STATUS: 9, STATUS_OF_EVERY: 9, TIME_IS: 7}


@dataclass(frozen=True, slots=True)
class Status:
    """All sixteen locks of a board: hook locked, something inside; lock 1 first."""

    board: int
    locked: tuple[bool, ...]
    occupied: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class UnlockTime:
    """How long the board energises a lock."""

    board: int
    ms: int


AnyReply = Status | UnlockTime


def encode_read(board: int) -> bytes:
    """Ask `board` (0..15) for all its locks."""
    return _request(board, 0, READ)


def encode_unlock(board: int, lock: int) -> bytes:
    """Ask for one unlock pulse on `lock` (0..15, 0 is the first)."""
    return _request(board, lock, UNLOCK)


def encode_set_time(board: int, ms: int) -> bytes:
    """Set the unlock time of `board`: 10..60000 ms in steps of 10 (ValueError outside)."""
    if ms % TIME_UNIT_MS or not TIME_UNIT_MS <= ms <= MAX_TIME_MS:
        raise ValueError(f"{ms} ms is no multiple of {TIME_UNIT_MS} in {TIME_UNIT_MS}..{MAX_TIME_MS}")
    return _request(board, 0, TIME, (ms // TIME_UNIT_MS).to_bytes(2, "big"))


def encode_ask_time(board: int) -> bytes:
    """Ask for the unlock time."""
    return _request(board, 0, TIME)


def next_step(buffer: bytes) -> Step[AnyReply]:
    """Look at the beginning of `buffer` for a reply."""
    if not buffer:
        return NeedMore(1)
    if buffer[0] != STX:
        return Discard(1)
    if len(buffer) < 3:
        return NeedMore(3)
    length = REPLY_LENGTHS.get(buffer[2])
    if length is None:
        return Discard(1)
    if len(buffer) < length:
        return NeedMore(length)
    frame = buffer[:length]
    if frame[-2] != ETX or frame[-1] != _sum(frame[:-1]):
        return Discard(1)
    board, data = frame[1] >> 4, frame[3:-2]
    if frame[2] == TIME_IS:
        return Found(UnlockTime(board, int.from_bytes(data, "big") * TIME_UNIT_MS), length)
    return Found(Status(board, _bits(data[:2]), _bits(data[2:])), length)


def parser() -> StreamParser[AnyReply]:
    """Replies of a stream."""
    return StreamParser(next_step)


def _request(board: int, lock: int, command: int, data: bytes = b"") -> bytes:
    if not 0 <= board <= MAX_BOARD or not 0 <= lock < LOCKS:
        raise ValueError(f"board {board}, lock {lock} are not in 0..{MAX_BOARD}, 0..{LOCKS - 1}")
    body = bytes((STX, board << 4 | lock, command)) + data + bytes((ETX,))
    return body + bytes((_sum(body),))


def _sum(body: bytes) -> int:
    return sum(body) & 0xFF


def _bits(data: bytes) -> tuple[bool, ...]:
    return tuple(bool(byte >> bit & 1) for byte in data for bit in range(8))
