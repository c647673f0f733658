"""KERONG CU12: twelve locks, 19200 8N1.

    02 | board | lock | command | ask | data length | 03 | SUM | data      SUM of the seven bytes and the data

Lock 00..0B, 0C = all.  Ask is 00 in requests; in replies 10 success, 11 failed, 12 time-out, 13 unknown
command, 14 wrong data.  80 status, answered by two bytes, bit 0 of the first = lock 1, 1 = locked; 81
unlock.  Source: one project (CU12Protocol and its tests).  The formats of 82 to 8F are not shown there:
they are answered 13.
"""

from __future__ import annotations

from typing import Final

from simulators.lock_board import SerialLockBoard, byte_sum

__all__ = ["Cu12Board"]

STX: Final = 0x02
ETX: Final = 0x03
HEADER: Final = 8
ALL_LOCKS: Final = 0x0C
STATUS, UNLOCK = 0x80, 0x81
SUCCESS, FAILED, UNKNOWN_COMMAND, WRONG_DATA = 0x10, 0x11, 0x13, 0x14
MAX_DATA: Final = 16


class Cu12Board(SerialLockBoard):
    """One board."""

    MIN_ADDRESS = 0
    MAX_ADDRESS = 15
    MAX_LOCKS = 12

    def length_at(self, heard: bytes) -> int:
        """Header and its data, with a right sum."""
        if heard[0] != STX:
            return 0
        if len(heard) < HEADER:
            return HEADER
        length = HEADER + heard[5]
        if heard[4] != 0 or heard[6] != ETX or heard[5] > MAX_DATA:
            return 0
        if len(heard) < length:
            return length
        return length if byte_sum(heard[:7] + heard[HEADER:length]) == heard[7] else 0

    def handle(self, frame: bytes, at_s: float) -> None:
        """Everything but another's frame is answered."""
        if frame[1] != self.address:
            return
        self.frames += 1
        lock, command, data = frame[2], frame[3], frame[HEADER:]
        if command not in (STATUS, UNLOCK):
            self._reply(lock, command, UNKNOWN_COMMAND)
        elif data or (lock >= self.locks and lock != ALL_LOCKS):
            self._reply(lock, command, WRONG_DATA)
        elif command == STATUS:
            self._reply(lock, command, SUCCESS, self.closed_bits(self.locks).to_bytes(2, "little"))
        else:
            targets = list(range(1, self.locks + 1)) if lock == ALL_LOCKS else [lock + 1]
            self._reply(lock, command, SUCCESS if self.open(targets, at_s) else FAILED)

    def _reply(self, lock: int, command: int, ask: int, data: bytes = b"") -> None:
        header = bytes((STX, self.reply_address(), lock, command, ask, len(data), ETX))
        self.send(header + bytes((byte_sum(header + data),)) + data)
