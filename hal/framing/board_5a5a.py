"""The one request known of boards of 24 locks whose frames begin 5A 5A (9600 8N1).

    5A 5A 00 | board | 00 04 00 01 | lock | XOR of all before      board 0..31 by DIP switch, lock 1..24

Replies and states are unknown.  Source: one open project; lock 00 for all stands in a comment and is not
sent.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

__all__ = ["LOCKS", "MAX_BOARD", "encode_unlock"]

MAX_BOARD = 31
LOCKS = 24


def encode_unlock(board: int, lock: int) -> bytes:
    """Ask `board` (0..31) for one unlock pulse on `lock` (1..24); ValueError outside."""
    if not 0 <= board <= MAX_BOARD or not 1 <= lock <= LOCKS:
        raise ValueError(f"board {board}, lock {lock} are not in 0..{MAX_BOARD}, 1..{LOCKS}")
    body = bytes((0x5A, 0x5A, 0x00, board, 0x00, 0x04, 0x00, 0x01, lock))
    return body + bytes((reduce(xor, body),))
