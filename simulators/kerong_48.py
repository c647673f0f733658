"""KERONG CU48 and its relatives of the same six-byte request, 19200 8N1 on RS-485 or behind a TCP box.

    host   02 | board | lock | command | 03 | SUM              lock 00..2F, 30 = all; board 0A = every board
    CU48   50 status, answered 02 | board | 00 | 65 | six bytes | 03 | SUM; 51 unlock, not answered
    CU60   60 status, answered 02 | board | 00 | 75 | 06 | six bytes | SUM; 61 unlock, answered
           02 | board | lock | 75 | 03 | SUM

    SCU    F5 | unit | 70 00 00 5F | SUM | 00  status     F5 | unit | 00 71 00 5F | SUM | 00  unlock
           SUM of six; answered by eight bytes: byte 3 is 10 for success, bit 0 of byte 7 is 1 for closed

Bit 0 of the first byte is lock 1, 1 = locked.  Sources: KERONG "CU48 Protocol And Introduction" V2.1 of
2020-03-23 and Cu48Communication.py for CU48; one TypeScript file each, unverified, for the two others.  What
those do not show (the other bytes of a reply) is taken from the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulators.faults import FaultMenu
from simulators.lock_board import PULSE_MS, SerialLockBoard, byte_sum
from simulators.world import World

__all__ = ["Cu48Board", "Cu60Board", "ScuBoard"]

STX: Final = 0x02
ETX: Final = 0x03
EVERY_BOARD: Final = 0x0A
ALL_LOCKS: Final = 0x30
SLOT_S: Final = 0.02
"""Boards answer a question to all one after another, by address: a reply of 12 bytes takes 7 ms."""


class Cu48Board(SerialLockBoard):
    """One board of up to 48 locks."""

    MIN_ADDRESS = 0
    MAX_ADDRESS = 9
    MAX_LOCKS = 48
    STATUS = 0x50
    OPEN = 0x51

    def length_at(self, heard: bytes) -> int:
        """Six bytes with the right end and sum."""
        if heard[0] != STX:
            return 0
        whole = len(heard) >= 6
        return 0 if whole and (heard[4] != ETX or byte_sum(heard[:5]) != heard[5]) else 6

    def handle(self, frame: bytes, at_s: float) -> None:
        """Silence for other boards' frames and for what is not there."""
        board, lock, command = frame[1], frame[2], frame[3]
        if board not in (self.address, EVERY_BOARD):
            return
        self.frames += 1
        if command == self.STATUS:
            self.send_later(
                self.address * SLOT_S if board == EVERY_BOARD else 0.0, self.status(self.reply_address())
            )
        elif command == self.OPEN and lock == ALL_LOCKS:
            self.open(list(range(1, self.locks + 1)), at_s)
        elif command == self.OPEN and lock < self.locks:
            self.opened(lock, self.open([lock + 1], at_s))

    def status(self, address: int) -> bytes:
        """The answer to a status request."""
        reply = bytes((STX, address, 0x00, 0x65)) + self.locked_bytes() + bytes((ETX,))
        return reply + bytes((byte_sum(reply),))

    def opened(self, lock: int, taken: bool) -> None:
        """Answer to an unlock: none."""

    def locked_bytes(self) -> bytes:
        """Six bytes of locks."""
        return self.closed_bits(self.locks).to_bytes(6, "little")


class Cu60Board(Cu48Board):
    """The variant with commands 60 and 61, which answers an unlock."""

    STATUS = 0x60
    OPEN = 0x61

    def status(self, address: int) -> bytes:
        """Length before the data, no 03 after it."""
        reply = bytes((STX, address, 0x00, 0x75, 0x06)) + self.locked_bytes()
        return reply + bytes((byte_sum(reply),))

    def opened(self, lock: int, taken: bool) -> None:
        """75 when the lock is opened."""
        reply = bytes((STX, self.reply_address(), lock, 0x75 if taken else 0x76, ETX))
        self.send(reply + bytes((byte_sum(reply),)))


class ScuBoard(SerialLockBoard):
    """A unit of one lock; `padded`: its requests end in 00."""

    MIN_ADDRESS = 0
    MAX_ADDRESS = 255
    MAX_LOCKS = 1
    HEAD = 0xF5

    def __init__(
        self,
        address: int,
        locks: int,
        wiring: Mapping[int, str],
        world: World,
        *,
        board_id: str = "",
        faults: FaultMenu | None = None,
        baud: int = 19_200,
        pulse_ms: int = PULSE_MS,
        padded: bool = True,
    ) -> None:
        super().__init__(
            address, locks, wiring, world, board_id=board_id, faults=faults, baud=baud, pulse_ms=pulse_ms
        )
        self._end = b"\x00" if padded else b""

    def length_at(self, heard: bytes) -> int:
        """Head, 5F, sum of six, and the 00 of a padded one."""
        length = 7 + len(self._end)
        if heard[0] != self.HEAD:
            return 0
        if len(heard) < length:
            return length
        right = heard[5] == 0x5F and heard[6] == byte_sum(heard[:6]) and heard[7:length] == self._end
        return length if right else 0

    def handle(self, frame: bytes, at_s: float) -> None:
        """Status or unlock."""
        if frame[1] != self.address:
            return
        self.frames += 1
        if frame[2:5] == b"\x70\x00\x00":
            self._reply(0x70, True)
        elif frame[2:5] == b"\x00\x71\x00":
            self._reply(0x71, self.open([1], at_s))

    def _reply(self, command: int, success: bool) -> None:
        reply = bytes((self.HEAD, self.reply_address(), command, 0x10 if success else 0x11, 0x00, 0x5F))
        self.send(reply + bytes((byte_sum(reply), int(self.closed(1)))))
