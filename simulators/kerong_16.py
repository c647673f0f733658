"""KERONG KR-CU16: sixteen locks, 19200 8N1 on RS-485 or behind a TCP box.

    host   02 | board, lock | command | data | 03 | SUM    high nibble board 0..F, low nibble lock, 0 = lock 1
    board  02 | board, 0    | 35 or 36 | D1 D2 D3 D4 | 03 | SUM

    30 read one board, answered by 35              37 HH LL set unlock time x 10 ms; no data: asked, gives 38
    31 open a lock, not answered                   38 one integrator's way to free a busy board
    32 read all (address F0), answered by 36       39 SS open after SS seconds, 0..250
    33 open all locks of the board, not answered   40 BB baud: 0 9600, 1 19200, 2 57600, 3 115200

D1, D2 hooks 1-8, 9-16 (1 = locked), D3, D4 infrared (1 = object).  SUM is the low byte of the sum of all
before; public code exists that sends wrong ones, this board does not take them.  Sources: CartWise, a
TypeScript module, a Node case opener, KU16Protocol, a Spanish test tool, ge.edison.  Recruiting (80, 81)
has a single source and is met by silence, like everything unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from simulators.faults import FaultMenu
from simulators.lock_board import SerialLockBoard, byte_sum
from simulators.world import World

__all__ = ["KrCu16Board"]

STX: Final = 0x02
ETX: Final = 0x03
EVERYBODY: Final = 0xF0
READ, OPEN, READ_EVERY, OPEN_ALL = 0x30, 0x31, 0x32, 0x33
STATUS, STATUS_OF_EVERY = 0x35, 0x36
UNLOCK_TIME, UNLOCK_TIME_IS, DELAYED, BAUD = 0x37, 0x38, 0x39, 0x40

_DATA: Final[Mapping[int, tuple[int, ...]]] = {
    READ: (0,),
    OPEN: (0,),
    READ_EVERY: (0,),
    OPEN_ALL: (0,),
    UNLOCK_TIME: (0, 2),
    UNLOCK_TIME_IS: (0,),
    DELAYED: (1,),
    BAUD: (1,),
}
"""How many bytes may follow each command."""

_BAUDS: Final = (9_600, 19_200, 57_600, 115_200)
MAX_UNLOCK_TIME: Final = 6_000
MAX_DELAY_S: Final = 250
SLOT_S: Final = 0.02
"""Boards answer a question to all one after another, by address: a reply of 9 bytes takes 5 ms."""


class KrCu16Board(SerialLockBoard):
    """One board; `tells_change`: sends 35 by itself when a hook moves, as some firmware does after 31."""

    MIN_ADDRESS = 0
    MAX_ADDRESS = 15
    MAX_LOCKS = 16

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
        pulse_ms: int = 500,
        tells_change: bool = False,
    ) -> None:
        super().__init__(
            address, locks, wiring, world, board_id=board_id, faults=faults, baud=baud, pulse_ms=pulse_ms
        )
        if tells_change:
            self.on_change(lambda _lock: self._tell(STATUS))

    def length_at(self, heard: bytes) -> int:
        """The shortest form whose end and sum are right; while none is whole, the shortest that may come."""
        if heard[0] != STX:
            return 0
        if len(heard) < 3:
            return 5
        awaited = 0
        for data in _DATA.get(heard[2], ()):
            length = 5 + data
            if len(heard) < length:
                awaited = awaited or length
            elif heard[length - 2] == ETX and byte_sum(heard[: length - 1]) == heard[length - 1]:
                return length
        return awaited

    def handle(self, frame: bytes, at_s: float) -> None:
        """Silence for other boards' frames and for what is not allowed."""
        board, lock = frame[1] >> 4, (frame[1] & 0x0F) + 1
        command, data = frame[2], frame[3:-2]
        if command == READ_EVERY:
            if frame[1] == EVERYBODY:
                self.frames += 1
                self._tell(STATUS_OF_EVERY, delay_s=self.address * SLOT_S)
            return
        if board != self.address:
            return
        self.frames += 1
        if command == READ and lock == 1:
            self._tell(STATUS)
        elif command == OPEN and lock <= self.locks:
            self.open([lock], at_s)
        elif command == OPEN_ALL and lock == 1:
            self.open(list(range(1, self.locks + 1)), at_s)
        elif command == UNLOCK_TIME:
            self._unlock_time(data)
        elif command == DELAYED and lock <= self.locks and data[0] <= MAX_DELAY_S:
            loop = asyncio.get_running_loop()
            loop.call_later(data[0], lambda: self.open([lock], at_s + data[0]))
        elif command == BAUD and data[0] < len(_BAUDS):
            self.baud = _BAUDS[data[0]]

    def _unlock_time(self, data: bytes) -> None:
        if not data:
            self._reply(UNLOCK_TIME_IS, (self.pulse_ms // 10).to_bytes(2, "big"))
        elif int.from_bytes(data, "big") <= MAX_UNLOCK_TIME:
            self.pulse_ms = int.from_bytes(data, "big") * 10

    def _tell(self, command: int, delay_s: float = 0.0) -> None:
        hooks, things = self.closed_bits(self.locks), self.occupied_bits(self.locks)
        self._reply(command, hooks.to_bytes(2, "little") + things.to_bytes(2, "little"), delay_s)

    def _reply(self, command: int, data: bytes, delay_s: float = 0.0) -> None:
        reply = bytes((STX, self.reply_address() << 4, command)) + data + bytes((ETX,))
        reply += bytes((byte_sum(reply),))
        if delay_s:
            self.send_later(delay_s, reply)
        else:
            self.send(reply)
