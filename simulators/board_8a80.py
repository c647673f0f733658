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
heads 9A, 9B, 9D and the unverified firmware query 82 are not on this board.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

from simulators.faults import FaultMenu
from simulators.world import World, WorldEvent

__all__ = ["Board8A80", "xor_check"]

HEADS: Final = frozenset({0x80, 0x8A, 0x90})
OPEN: Final = 0x11
READ: Final = 0x33
CONTACT_CLOSED: Final = 0x11
CONTACT_OPEN: Final = 0x00

MAX_LOCKS: Final = 50
MAX_ADDRESS: Final = 32
"""Five DIP switches."""

PULSE_MS: Final = 300
"""The family's default."""

BETWEEN_LOCKS_S: Final = 0.2
"""Pause between two locks of "open all": the supply recovers."""

SETTLE_S: Final = 0.05
"""From the end of a pulse to reading the contact for the reply."""

STALE_S: Final = 0.1
"""Bytes this much older than the next are no part of its frame."""

MAX_HEARD: Final = 64
"""Ten frames; what is older and no frame is garbage."""


def xor_check(data: bytes) -> int:
    """XOR of all bytes."""
    check = 0
    for byte in data:
        check ^= byte
    return check


class Board8A80:
    """One board.  `wiring` maps locks, from 1, to compartments of `world`."""

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
    ) -> None:
        """`timed_open`: knows 8A with seconds; `push_head`: reports changes by itself under this head."""
        if not 1 <= address <= MAX_ADDRESS:
            raise ValueError(f"address {address} is not in 1..{MAX_ADDRESS}")
        if not 1 <= locks <= MAX_LOCKS:
            raise ValueError(f"{locks} locks are not in 1..{MAX_LOCKS}")
        self.board_id = board_id or f"8a80-{address}"
        self.own_address = address
        self.baud = baud
        self.locks = locks
        self.frames = 0
        self._world = world
        self._faults = faults or world.faults
        self._wiring = dict(wiring)
        self._answers_8a = answers_8a
        self._group_order = group_order
        self._pulse_ms = pulse_ms
        self._timed_open = timed_open
        self._push_head = push_head
        self._heard = bytearray()
        self._heard_at_s = 0.0
        self._powered = True
        self._opening: asyncio.Task[None] | None = None
        self._transmit: Callable[[bytes], None] = lambda _reply: None
        if push_head is not None:
            world.subscribe(self._world_changed)

    @property
    def address(self) -> int:
        """The address it listens to: a fault may have moved the switch."""
        moved = self._faults.find("wrong_address", self.board_id)
        return int(moved.params["address"]) if moved is not None else self.own_address

    def attach(self, transmit: Callable[[bytes], None]) -> None:
        """`transmit(reply)` puts a reply on the line."""
        self._transmit = transmit

    def power_off(self) -> None:
        """Every coil drops; an opening ends where it is."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        for compartment in self._wiring.values():
            self._world.coil_off(compartment)
        self._heard.clear()
        self._powered = False

    def power_on(self) -> None:
        """Nothing heard yet."""
        self._powered = True

    def hear(self, data: bytes, at_s: float) -> None:
        """Bytes from the line, complete at `at_s`; frames may come split, joined, or after garbage."""
        if not self._powered:
            return
        if at_s - self._heard_at_s > STALE_S:
            self._heard.clear()
        self._heard_at_s = at_s
        self._heard += data
        while (frame := self._next_frame()) is not None:
            self._handle(frame, at_s)
        del self._heard[:-MAX_HEARD]

    # Frames out of the stream.

    def _next_frame(self) -> bytes | None:
        """Take the next frame with a right check; bytes that can begin none are dropped."""
        while self._heard:
            length = self._length_at_head()
            if length == 0:
                del self._heard[0]
                continue
            if length > len(self._heard):
                return None
            frame = bytes(self._heard[:length])
            del self._heard[:length]
            return frame
        return None

    def _length_at_head(self) -> int:
        """Length of the frame at the front, whole or not yet; 0 when none can begin here."""
        heard = bytes(self._heard[:6])
        if heard[0] not in HEADS:
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

    def _handle(self, frame: bytes, at_s: float) -> None:
        if frame[1] != self.address:
            return
        self.frames += 1
        head, lock, function = frame[0], frame[2], frame[3]
        if head == 0x90:
            self._open_map(frame[2:5], at_s)
        elif lock > self.locks:
            return
        elif head == 0x80 and function == READ:
            self._read(lock)
        elif head == 0x8A and function == OPEN:
            pulse_ms = frame[4] * 1_000 if len(frame) == 6 else self._pulse_ms
            targets = [lock] if lock else list(range(1, self.locks + 1))
            self._open(targets, pulse_ms, at_s, answer=lock if self._answers_8a else None)

    # What requests do.

    def _read(self, lock: int) -> None:
        if lock:
            self._reply(0x80, bytes((lock, self._state(lock))))
            return
        groups = [
            sum(1 << bit for bit in range(8) if self._closed(first + bit))
            for first in range(1, self.locks + 1, 8)
        ]
        if self._group_order == "high-first":
            groups.reverse()
        self._reply(0x80, bytes(groups) + bytes((READ,)))

    def _open_map(self, bits: bytes, at_s: float) -> None:
        wanted = int.from_bytes(bits, "little")
        targets = [lock for lock in range(1, self.locks + 1) if wanted >> (lock - 1) & 1]
        if targets:
            self._open(targets, self._pulse_ms, at_s, answer=None)

    def _open(self, targets: Sequence[int], pulse_ms: int, at_s: float, answer: int | None) -> None:
        """Open locks one after another.  Its one driver is busy meanwhile: a second request is not taken."""
        if self._opening is not None and not self._opening.done():
            for lock in targets:
                if lock in self._wiring:
                    self._world.note(
                        "refused", self._wiring[lock], act="pulse", why="the board is opening another"
                    )
            return
        if targets[0] in self._wiring:
            # The first pulse leaves with the frame, not with the next turn of the loop.
            self._world.pulse(self._wiring[targets[0]], pulse_ms, at_s)
        self._opening = asyncio.get_running_loop().create_task(
            self._finish_opening(targets, pulse_ms, answer)
        )

    async def _finish_opening(self, targets: Sequence[int], pulse_ms: int, answer: int | None) -> None:
        await asyncio.sleep(pulse_ms / 1_000)
        for lock in targets[1:]:
            await asyncio.sleep(BETWEEN_LOCKS_S)
            if lock in self._wiring:
                self._world.pulse(self._wiring[lock], pulse_ms)
            await asyncio.sleep(pulse_ms / 1_000)
        await asyncio.sleep(SETTLE_S)
        if answer is not None:
            self._reply(0x8A, bytes((answer, self._state(answer) if answer else OPEN)))

    def _closed(self, lock: int) -> bool:
        compartment = self._wiring.get(lock)
        return compartment is not None and self._world.contact_closed(compartment)

    def _state(self, lock: int) -> int:
        return CONTACT_CLOSED if self._closed(lock) else CONTACT_OPEN

    def _world_changed(self, event: WorldEvent) -> None:
        if not self._powered or event.kind not in ("opened", "closed") or self._push_head is None:
            return
        for lock, compartment in self._wiring.items():
            if compartment == event.compartment:
                self._reply(self._push_head, bytes((lock, self._state(lock))))

    def _reply(self, head: int, rest: bytes) -> None:
        address = self.address
        if self._faults.strike("foreign_reply", self.board_id) is not None:
            address = address % MAX_ADDRESS + 1
        reply = bytes((head, address)) + rest
        self._transmit(reply + bytes((xor_check(reply),)))
