"""KERONG SCU units of a single lock.

    host   F5 | unit | 70 00 00 5F | SUM | 00     status        SUM: low byte of the sum of the six before
    host   F5 | unit | 00 71 00 5F | SUM | 00     unlock
    unit   F5 | unit | .. | 10 | .. | .. | SUM | state     10 = success, bit 0 of state 1 = closed

One open driver, unverified.  It tells of a reply its length, byte 3 and byte 7; head, unit and the sum in
byte 6 are taken to be as in the request, and a unit whose sums differ needs `check` False.  The last 00 of
a request is missing in one of its examples.
"""

from __future__ import annotations

from dataclasses import dataclass

from hal.framing.steps import Discard, Found, NeedMore, Step, StreamParser

__all__ = ["MAX_UNIT", "Reply", "encode_status", "encode_unlock", "next_step", "parser"]

MAX_UNIT = 255
HEAD, MARK, SUCCESS = 0xF5, 0x5F, 0x10
LENGTH = 8


@dataclass(frozen=True, slots=True)
class Reply:
    """A unit's answer to whatever it was asked; `closed` is its contact."""

    unit: int
    success: bool
    closed: bool


def encode_status(unit: int, *, padded: bool = True) -> bytes:
    """Ask `unit` (0..255) for its contact."""
    return _request(unit, b"\x70\x00\x00", padded)


def encode_unlock(unit: int, *, padded: bool = True) -> bytes:
    """Ask for one unlock pulse."""
    return _request(unit, b"\x00\x71\x00", padded)


def next_step(buffer: bytes, *, check: bool = True) -> Step[Reply]:
    """Look at the beginning of `buffer`; without `check` the sum is not compared."""
    if not buffer:
        return NeedMore(1)
    if buffer[0] != HEAD:
        return Discard(1)
    if len(buffer) < LENGTH:
        return NeedMore(LENGTH)
    frame = buffer[:LENGTH]
    if check and frame[6] != sum(frame[:6]) & 0xFF:
        return Discard(1)
    return Found(Reply(frame[1], frame[3] == SUCCESS, bool(frame[7] & 1)), LENGTH)


def parser(*, check: bool = True) -> StreamParser[Reply]:
    """Replies of a stream."""
    return StreamParser(lambda buffer: next_step(buffer, check=check))


def _request(unit: int, command: bytes, padded: bool) -> bytes:
    if not 0 <= unit <= MAX_UNIT:
        raise ValueError(f"unit {unit} is not in 0..{MAX_UNIT}")
    body = bytes((HEAD, unit)) + command + bytes((MARK,))
    return body + bytes((sum(body) & 0xFF,)) + (b"\x00" if padded else b"")
