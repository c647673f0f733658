"""The protocol of Winnsen boards of sixteen locks (9600 8N1).

    host    90 | length | function | station | ... | 03            length counts all bytes
    board   90 | 07 | 85 | station | lock | result | 03            unlock: 01 opened, 00 not, 02 cooling down
            90 | 07 | 92 | station | state | lock | 03             one lock: 01 open, 00 closed; state first
            90 | 07 | 82 | station | locks 1-8 | locks 9-16 | 03   poll: bit 0 = lowest lock, 1 = open

There is no check: length, head and end must do.  A changed byte in between passes for another state, so
nothing but the poll's bits and the unlock's result is ever taken from a frame, and only when station and
lock are right.

Source: two independent open projects; result 02 is known to one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from hal.framing.steps import Discard, Found, NeedMore, Step, StreamParser

__all__ = [
    "COOLING",
    "LOCKS",
    "MAX_STATION",
    "NOT_OPENED",
    "OPENED",
    "POLLED",
    "UNLOCKED",
    "Reply",
    "encode_poll",
    "encode_read_one",
    "encode_unlock",
    "next_step",
    "parser",
]

MAX_STATION = 4
"""By DIP switch 1..4; one project also has 0."""
LOCKS = 16
HEAD, END = 0x90, 0x03
UNLOCK, READ_ONE, POLL = 0x05, 0x12, 0x02
UNLOCKED, ONE_READ, POLLED = 0x85, 0x92, 0x82
OPENED, NOT_OPENED, COOLING = 0x01, 0x00, 0x02
REPLY_LENGTH = 7


@dataclass(frozen=True, slots=True)
class Reply:
    """A board's answer; `first` and `second` are the two bytes before the end."""

    function: int
    station: int
    first: int
    second: int

    def closed(self) -> tuple[bool, ...]:
        """The answer to a poll: closed or not, lock 1 first."""
        opened = self.first | self.second << 8
        return tuple(not opened >> bit & 1 for bit in range(LOCKS))


def encode_unlock(station: int, lock: int) -> bytes:
    """Ask for one unlock pulse on `lock` (1..16)."""
    return _request(UNLOCK, station, bytes((_checked_lock(lock),)))


def encode_read_one(station: int, lock: int) -> bytes:
    """Ask for the state of one lock (1..16)."""
    return _request(READ_ONE, station, bytes((_checked_lock(lock),)))


def encode_poll(station: int) -> bytes:
    """Ask for all sixteen locks of `station` (0..4)."""
    return _request(POLL, station, b"\xff\xff")


def next_step(buffer: bytes) -> Step[Reply]:
    """Look at the beginning of `buffer` for a reply."""
    if not buffer:
        return NeedMore(1)
    if buffer[0] != HEAD:
        return Discard(1)
    if len(buffer) < 3:
        return NeedMore(3)
    if buffer[1] != REPLY_LENGTH or buffer[2] not in (UNLOCKED, ONE_READ, POLLED):
        return Discard(1)
    if len(buffer) < REPLY_LENGTH:
        return NeedMore(REPLY_LENGTH)
    if buffer[6] != END:
        return Discard(1)
    return Found(Reply(buffer[2], buffer[3], buffer[4], buffer[5]), REPLY_LENGTH)


def parser() -> StreamParser[Reply]:
    """Replies of a stream."""
    return StreamParser(next_step)


def _request(function: int, station: int, data: bytes) -> bytes:
    if not 0 <= station <= MAX_STATION:
        raise ValueError(f"station {station} is not in 0..{MAX_STATION}")
    return bytes((HEAD, 5 + len(data), function, station)) + data + bytes((END,))


def _checked_lock(lock: int) -> int:
    if not 1 <= lock <= LOCKS:
        raise ValueError(f"lock {lock} is not in 1..{LOCKS}")
    return lock
