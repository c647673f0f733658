"""A lock board of the "8A / 80" family: five bytes each way, checked by their XOR, 9600 8N1 on RS-485.

    host   head | board | lock  | function | XOR      lock 0 = all
    board  head | board | lock  | state    | XOR      state 11 = feedback contact closed, 00 = open

    8A .. 11       open one lock; lock 0: all, one after another, answered when the last is done
    8A .. 11 SS    open one lock for SS seconds, 1..9 (boards of the 2021 document)
    80 .. 33       read one lock; lock 0: all, answered `80 board bytes 33 XOR`, highest group of eight first
    90 S1 S2 S3    open the locks of a bit map, S1 = locks 1-8; no source shows a reply, so there is none
    81 / 82        unsolicited: a contact changed (off on many boards)

A wrong check, a foreign address, an unknown function or a lock that is not
there is answered by silence.  Sources: CSDN 147892413, FaceLocker, the LuatOS
demo, "485锁控板通讯协议 2024A1" as quoted by ROS2 lock_controller.  The optional
heads of boards for magnetic locks (9A hold, 9B let go, with 10 or 11; 9D 02 10
open all) are there when asked for, without a reply, since none is verified.  The
firmware query 82 is not on this board.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

from simulators.faults import FaultMenu
from simulators.lock_board import PULSE_MS, SerialLockBoard, xor_check
from simulators.world import World

__all__ = ["Board8A80", "xor_check"]

HEADS: Final = frozenset({0x80, 0x8A, 0x90})
HOLD, LET_GO, OPEN_ALL = 0x9A, 0x9B, 0x9D
OPEN: Final = 0x11
READ: Final = 0x33
CONTACT_CLOSED: Final = 0x11
CONTACT_OPEN: Final = 0x00


class Board8A80(SerialLockBoard):
    """One board; five DIP switches give its address."""

    MAX_ADDRESS = 32
    MAX_LOCKS = 50

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
        answers_8a: bool = True,
        group_order: Literal["high-first", "low-first"] = "high-first",
        pulse_ms: int = PULSE_MS,
        timed_open: bool = True,
        push_head: Literal[0x81, 0x82] | None = None,
        holds: bool = False,
    ) -> None:
        """`timed_open`: knows 8A with seconds; `push_head`: reports changes by itself under this head;
        `holds`: knows the heads for magnetic locks."""
        super().__init__(
            address, locks, wiring, world, board_id=board_id, faults=faults, baud=baud, pulse_ms=pulse_ms
        )
        self._answers_8a = answers_8a
        self._group_order = group_order
        self._timed_open = timed_open
        self._heads = HEADS | {HOLD, LET_GO, OPEN_ALL} if holds else HEADS
        if push_head is not None:
            self.on_change(lambda lock: self._reply(push_head, bytes((lock, self._state(lock)))))

    def length_at(self, heard: bytes) -> int:
        """Five or six bytes with a right XOR."""
        if heard[0] not in self._heads:
            return 0
        short = heard[0] != 0x90
        if short and (len(heard) < 5 or xor_check(heard[:4]) == heard[4]):
            return 5
        may_be_six = not short or (
            self._timed_open and heard[0] == 0x8A and heard[3] == OPEN and 1 <= heard[4] <= 9
        )
        if may_be_six and (len(heard) < 6 or xor_check(heard[:5]) == heard[5]):
            return 6
        return 0

    def handle(self, frame: bytes, at_s: float) -> None:
        """Silence for what is not for this board or not known to it."""
        if frame[1] != self.address:
            return
        self.frames += 1
        head, lock, function = frame[0], frame[2], frame[3]
        if head == 0x90:
            self._open_map(frame[2:5], at_s)
        elif head == OPEN_ALL and frame[2:4] == b"\x02\x10":
            self.open(list(range(1, self.locks + 1)), at_s)
        elif lock > self.locks:
            return
        elif head in (HOLD, LET_GO) and lock in self._wiring and function in (0x10, OPEN):
            (self.world.coil_on if head == HOLD else self.world.coil_off)(self._wiring[lock])
        elif head == 0x80 and function == READ:
            self._read(lock)
        elif head == 0x8A and function == OPEN:
            pulse_ms = frame[4] * 1_000 if len(frame) == 6 else self.pulse_ms
            targets = [lock] if lock else list(range(1, self.locks + 1))
            self.open(targets, at_s, self._answer(lock) if self._answers_8a else None, pulse_ms)

    def _answer(self, lock: int) -> Callable[[], None]:
        return lambda: self._reply(0x8A, bytes((lock, self._state(lock) if lock else OPEN)))

    def _read(self, lock: int) -> None:
        if lock:
            self._reply(0x80, bytes((lock, self._state(lock))))
            return
        groups = list(self.closed_bits(self.locks).to_bytes((self.locks + 7) // 8, "little"))
        if self._group_order == "high-first":
            groups.reverse()
        self._reply(0x80, bytes(groups) + bytes((READ,)))

    def _open_map(self, bits: bytes, at_s: float) -> None:
        wanted = int.from_bytes(bits, "little")
        targets: Sequence[int] = [lock for lock in range(1, self.locks + 1) if wanted >> (lock - 1) & 1]
        if targets:
            self.open(targets, at_s)

    def _state(self, lock: int) -> int:
        return CONTACT_CLOSED if self.closed(lock) else CONTACT_OPEN

    def _reply(self, head: int, rest: bytes) -> None:
        reply = bytes((head, self.reply_address())) + rest
        self.send(reply + bytes((xor_check(reply),)))
