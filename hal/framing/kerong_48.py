"""The six-byte protocol of KERONG CU48 boards and of a variant with other command codes (19200 8N1).

    host    02 | board | lock | command | 03 | SUM        lock 00..2F; 30 would be all, board 0A every board
    CU48    02 | board | any | 65 | six bytes | 03 | SUM   answers 50 status; 51 unlock is not answered
    CU60    02 | board | any | 75 | 06 | six bytes | SUM   answers 60 status
            02 | board | lock | 75 | 03 | SUM              answers 61 unlock

SUM is the low byte of the sum of all before.  Bit 0 of the first byte is lock 1; 1 = locked, "may be the
opposite" with the other switch type.

Sources: KERONG "CU48 Protocol And Introduction" V2.1 of 2020-03-23 and one open driver; for the variant one
open driver, unverified.
"""

from __future__ import annotations

from dataclasses import dataclass

from hal.framing.steps import Discard, Found, NeedMore, Step, StreamParser

__all__ = ["CU48", "CU60", "LOCKS", "MAX_BOARD", "Codes", "Opened", "Reply", "Status", "next_step"]

MAX_BOARD = 9
LOCKS = 48
STX, ETX = 0x02, 0x03
STATUS_LENGTH = 12
OPENED_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Codes:
    """The command codes of one variant; `opened` is None where an unlock is not answered."""

    status: int
    unlock: int
    status_is: int
    opened: int | None

    def encode_status(self, board: int) -> bytes:
        """Ask `board` (0..9) for all its locks."""
        return _request(board, 0, self.status)

    def encode_unlock(self, board: int, lock: int) -> bytes:
        """Ask for one unlock pulse on `lock` (0..47, 0 is the first; 48 would open all and is refused)."""
        return _request(board, lock, self.unlock)

    def parser(self) -> StreamParser[Reply]:
        """Replies of a stream."""
        return StreamParser(lambda buffer: next_step(buffer, self))


CU48 = Codes(status=0x50, unlock=0x51, status_is=0x65, opened=None)
CU60 = Codes(status=0x60, unlock=0x61, status_is=0x75, opened=0x75)


@dataclass(frozen=True, slots=True)
class Status:
    """All 48 locks of a board, lock 1 first: locked or not."""

    board: int
    locked: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """The variant's answer to an unlock; `lock` from 0."""

    board: int
    lock: int


Reply = Status | Opened


def next_step(buffer: bytes, codes: Codes) -> Step[Reply]:
    """Look at the beginning of `buffer` for a reply of this variant."""
    if not buffer:
        return NeedMore(1)
    if buffer[0] != STX:
        return Discard(1)
    if len(buffer) < 4:
        return NeedMore(4)
    if buffer[3] not in (codes.status_is, codes.opened):
        return Discard(1)
    if codes.opened is not None:
        if len(buffer) < OPENED_LENGTH:
            return NeedMore(OPENED_LENGTH)
        short = buffer[:OPENED_LENGTH]
        if short[4] == ETX and short[5] == _sum(short[:5]):
            return Found(Opened(short[1], short[2]), OPENED_LENGTH)
    if len(buffer) < STATUS_LENGTH:
        return NeedMore(STATUS_LENGTH)
    frame = buffer[:STATUS_LENGTH]
    data = frame[4:10] if codes.opened is None else frame[5:11]
    mark_is_right = frame[10] == ETX if codes.opened is None else frame[4] == len(data)
    if not mark_is_right or frame[11] != _sum(frame[:11]):
        return Discard(1)
    locked = tuple(bool(byte >> bit & 1) for byte in data for bit in range(8))
    return Found(Status(frame[1], locked), STATUS_LENGTH)


def _request(board: int, lock: int, command: int) -> bytes:
    if not 0 <= board <= MAX_BOARD or not 0 <= lock < LOCKS:
        raise ValueError(f"board {board}, lock {lock} are not in 0..{MAX_BOARD}, 0..{LOCKS - 1}")
    body = bytes((STX, board, lock, command, ETX))
    return body + bytes((_sum(body),))


def _sum(body: bytes) -> int:
    return sum(body) & 0xFF
