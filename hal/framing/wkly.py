"""The protocol of boards whose frames begin with "WKLY", of 12 or 24 locks (9600 8N1).

    57 4B 4C 59 | length of all | board | command | data | XOR of all before

    82 open     request: channel      reply: status, channel, state
    83 read     request: channel      reply: status, channel, state
    84 read all request: -            reply: status, n, n states, one byte each
    85          sent unasked by the board: channel, state

Status 00 done, FF failed.  State 00 open, 01 closed, FF cannot be read; one project of three has 00 and 01
the other way, which is the board's polarity here.  Source: three independent open projects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

from hal.framing.steps import Discard, Found, NeedMore, Step, StreamParser

__all__ = [
    "CHANGED",
    "MAX_BOARD",
    "MAX_CHANNELS",
    "READ",
    "READ_ALL",
    "UNLOCK",
    "Frame",
    "encode_read",
    "encode_read_all",
    "encode_unlock",
    "next_step",
    "parser",
    "state",
]

MAX_BOARD = 31
MAX_CHANNELS = 24
HEAD = b"WKLY"
UNLOCK, READ, READ_ALL, CHANGED = 0x82, 0x83, 0x84, 0x85
SHORTEST = 8
LONGEST = SHORTEST + 2 + 2 * MAX_CHANNELS
"""A longer frame is garbage and is not waited for."""
DONE = 0x00
CLOSED, OPEN = 0x01, 0x00


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a board: `status` is None where the command has none (a change told unasked)."""

    board: int
    command: int
    status: int | None
    data: bytes

    @property
    def done(self) -> bool:
        """The board did what it was asked."""
        return self.status == DONE


def state(byte: int) -> bool | None:
    """A state byte: closed, open, or None for one that the board could not read."""
    return {CLOSED: True, OPEN: False}.get(byte)


def encode_unlock(board: int, channel: int) -> bytes:
    """Ask `board` (0..31) for one unlock pulse on `channel` (0..24: numbered from 0 or from 1)."""
    return _request(board, UNLOCK, bytes((_checked(channel),)))


def encode_read(board: int, channel: int) -> bytes:
    """Ask for one state."""
    return _request(board, READ, bytes((_checked(channel),)))


def encode_read_all(board: int) -> bytes:
    """Ask for all states."""
    return _request(board, READ_ALL, b"")


def next_step(buffer: bytes) -> Step[Frame]:
    """Look at the beginning of `buffer` for a board's frame."""
    if not buffer:
        return NeedMore(1)
    if not HEAD.startswith(buffer[:4]):
        return Discard(1)
    if len(buffer) < 5:
        return NeedMore(5)
    length = buffer[4]
    if not SHORTEST <= length <= LONGEST:
        return Discard(1)
    if len(buffer) < length:
        return NeedMore(length)
    frame = bytes(buffer[:length])
    if frame[-1] != reduce(xor, frame[:-1]):
        return Discard(1)
    command, data = frame[6], frame[7:-1]
    if command == CHANGED:
        return Found(Frame(frame[5], command, None, data), length)
    if not data:  # a host's request, heard as an echo
        return Discard(1)
    return Found(Frame(frame[5], command, data[0], data[1:]), length)


def parser() -> StreamParser[Frame]:
    """Frames of a stream."""
    return StreamParser(next_step)


def _request(board: int, command: int, data: bytes) -> bytes:
    if not 0 <= board <= MAX_BOARD:
        raise ValueError(f"board {board} is not in 0..{MAX_BOARD}")
    body = HEAD + bytes((SHORTEST + len(data), board, command)) + data
    return body + bytes((reduce(xor, body),))


def _checked(channel: int) -> int:
    if not 0 <= channel <= MAX_CHANNELS:
        raise ValueError(f"channel {channel} is not in 0..{MAX_CHANNELS}")
    return channel
