"""Boards whose frames begin with "WKLY", of 12 or 24 locks: 9600 8N1.

    57 4B 4C 59 | length of all | board | command | data | XOR of all before

    80 several at once: n, channels -> status           84 all states: -> status, n, n states
    81 LED flash, 88 hold on, 89 off: ch -> status, ch  85 sent unasked: ch, state
    82 open: ch -> status, ch, state                    86 open all: -> status
    83 read: ch -> status, ch, state                    87 several in turn: n, channels -> status

Status 00 done, FF failed; state 00 open, 01 closed, FF cannot be read (a third project has 00 and 01 the
other way).  Channels are numbered from 1 here, from 0 with `first_channel`.  Sources:
LockCtlBoardCmdHelper.java, an ESP-IDF driver, hal_locker.h.  A wrong XOR, another board's frame and an
unknown command meet silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from simulators.faults import FaultMenu
from simulators.lock_board import PULSE_MS, SerialLockBoard, xor_check
from simulators.world import World

__all__ = ["WklyBoard"]

HEAD: Final = b"WKLY"
SEVERAL, LED, OPEN, READ, READ_ALL, CHANGED, OPEN_ALL, IN_TURN, HOLD, LET_GO = (
    0x80,
    0x81,
    0x82,
    0x83,
    0x84,
    0x85,
    0x86,
    0x87,
    0x88,
    0x89,
)
DONE, FAILED = b"\x00", b"\xff"
SHORTEST: Final = 8
LONGEST: Final = 40


class WklyBoard(SerialLockBoard):
    """One board; `pushes`: reports changes by itself."""

    MIN_ADDRESS = 0
    MAX_ADDRESS = 31
    MAX_LOCKS = 24

    def __init__(
        self,
        address: int,
        locks: int,
        wiring: Mapping[int, str],
        world: World,
        *,
        board_id: str = "",
        faults: FaultMenu | None = None,
        baud: int = 9600,
        pulse_ms: int = PULSE_MS,
        first_channel: int = 1,
        pushes: bool = False,
    ) -> None:
        super().__init__(
            address, locks, wiring, world, board_id=board_id, faults=faults, baud=baud, pulse_ms=pulse_ms
        )
        self._first = first_channel
        if pushes:
            self.on_change(lambda lock: self._reply(CHANGED, self._channel_state(lock)))

    def length_at(self, heard: bytes) -> int:
        """The length in the frame, when head and XOR are right."""
        if not HEAD.startswith(heard[:4]):
            return 0
        if len(heard) < 5:
            return 5
        length = heard[4]
        if not SHORTEST <= length <= LONGEST:
            return 0
        if len(heard) < length:
            return length
        return length if xor_check(heard[: length - 1]) == heard[length - 1] else 0

    def handle(self, frame: bytes, at_s: float) -> None:
        """What each command does."""
        if frame[5] != self.address:
            return
        self.frames += 1
        command, data = frame[6], frame[7:-1]
        if command == READ_ALL and not data:
            states = bytes(self._state(lock) for lock in range(1, self.locks + 1))
            self._reply(READ_ALL, DONE + bytes((self.locks,)) + states)
        elif command == OPEN_ALL and not data:
            self._open(OPEN_ALL, list(range(1, self.locks + 1)), at_s)
        elif command in (SEVERAL, IN_TURN) and data and len(data) == data[0] + 1:
            self._open(command, [channel - self._first + 1 for channel in data[1:]], at_s)
        elif command in (LED, OPEN, READ, HOLD, LET_GO) and len(data) == 1:
            self._one(command, data[0] - self._first + 1, data, at_s)

    def _one(self, command: int, lock: int, channel: bytes, at_s: float) -> None:
        if not 1 <= lock <= self.locks:
            tail = b"\xff" if command in (OPEN, READ) else b""
            self._reply(command, FAILED + channel + tail)
        elif command == READ:
            self._reply(READ, DONE + self._channel_state(lock))
        elif command == OPEN:
            taken = self.open([lock], at_s, lambda: self._reply(OPEN, DONE + self._channel_state(lock)))
            if not taken:
                self._reply(OPEN, FAILED + self._channel_state(lock))
        else:
            self._hold(command, lock)
            self._reply(command, DONE + channel)

    def _hold(self, command: int, lock: int) -> None:
        compartment = self._wiring.get(lock)
        acts: Mapping[int, Callable[[str], None]] = {HOLD: self.world.coil_on, LET_GO: self.world.coil_off}
        if compartment is not None and command in acts:
            acts[command](compartment)

    def _open(self, command: int, locks: list[int], at_s: float) -> None:
        known = locks and all(1 <= lock <= self.locks for lock in locks)
        if not known or not self.open(locks, at_s, lambda: self._reply(command, DONE)):
            self._reply(command, FAILED)

    def _state(self, lock: int) -> int:
        return int(self.closed(lock))

    def _channel_state(self, lock: int) -> bytes:
        return bytes((lock + self._first - 1, self._state(lock)))

    def _reply(self, command: int, data: bytes) -> None:
        reply = HEAD + bytes((8 + len(data), self.reply_address(), command)) + data
        self.send(reply + bytes((xor_check(reply),)))
