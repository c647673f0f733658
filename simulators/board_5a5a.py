"""Boards of 24 locks whose frames begin 5A 5A: 9600 8N1.

    5A 5A 00 | board | 00 04 00 01 | lock | XOR of all before     board 0..31 (DIP switch), lock 1..24, 00 all

One project shows how it opens and nothing of replies or states: this board says nothing.  Source: "Smart
Locker System", generate_rs485_frame; lock 00 stands in a comment only.
"""

from __future__ import annotations

from typing import Final

from simulators.lock_board import SerialLockBoard, xor_check

__all__ = ["Board5A5A"]

HEAD: Final = b"\x5a\x5a\x00"
OPEN: Final = b"\x00\x04\x00\x01"
LENGTH: Final = 10


class Board5A5A(SerialLockBoard):
    """One board."""

    MIN_ADDRESS = 0
    MAX_ADDRESS = 31
    MAX_LOCKS = 24

    def length_at(self, heard: bytes) -> int:
        """Ten bytes with a right XOR."""
        if not HEAD.startswith(heard[:3]):
            return 0
        return 0 if len(heard) >= LENGTH and xor_check(heard[:9]) != heard[9] else LENGTH

    def handle(self, frame: bytes, at_s: float) -> None:
        """Open, without a word."""
        if frame[3] != self.address or frame[4:8] != OPEN or frame[8] > self.locks:
            return
        self.frames += 1
        lock = frame[8]
        self.open([lock] if lock else list(range(1, self.locks + 1)), at_s)
