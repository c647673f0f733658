"""What lock boards with a serial protocol of their own share: power, address, hearing, and one coil driver.

A family says where a frame can begin and what it does; this file cuts the stream, keeps the doors' coils to
one at a time and knows the faults that are the board's own.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from simulators.faults import FaultMenu
from simulators.world import World, WorldEvent

__all__ = ["PULSE_MS", "SerialLockBoard", "byte_sum", "xor_check"]

PULSE_MS: Final = 300
"""As boards are delivered, where their document says no other."""

BETWEEN_LOCKS_S: Final = 0.2
"""Pause between two locks of "open all": the supply recovers."""

SETTLE_S: Final = 0.05
"""From the end of a pulse to reading the contact for the reply."""

STALE_S: Final = 0.1
"""Bytes this much older than the next are no part of its frame."""

MAX_HEARD: Final = 64
"""Several frames; what is older and no frame is garbage."""


def xor_check(data: bytes) -> int:
    """XOR of all bytes."""
    check = 0
    for byte in data:
        check ^= byte
    return check


def byte_sum(data: bytes) -> int:
    """Low byte of the sum of all bytes."""
    return sum(data) & 0xFF


class SerialLockBoard(ABC):
    """One board.  `wiring` maps locks, from 1, to compartments of `world`.

    Subclasses set the limits and give `length_at` and `handle`.
    """

    MIN_ADDRESS = 1
    MAX_ADDRESS = 32
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
    ) -> None:
        if not self.MIN_ADDRESS <= address <= self.MAX_ADDRESS:
            raise ValueError(f"address {address} is not in {self.MIN_ADDRESS}..{self.MAX_ADDRESS}")
        if not 1 <= locks <= self.MAX_LOCKS:
            raise ValueError(f"{locks} locks are not in 1..{self.MAX_LOCKS}")
        self.board_id = board_id or f"board-{address}"
        self.own_address = address
        self.baud = baud
        self.locks = locks
        self.frames = 0
        self.world = world
        self.pulse_ms = pulse_ms
        self.faults = faults or world.faults
        self._wiring = dict(wiring)
        self._heard = bytearray()
        self._heard_at_s = 0.0
        self._powered = True
        self._opening: asyncio.Task[None] | None = None
        self._transmit: Callable[[bytes], None] = lambda _reply: None

    # What a family says.

    @abstractmethod
    def length_at(self, heard: bytes) -> int:
        """Length of the frame at the front of `heard`, whole or not yet; 0 when none can begin here."""
        ...

    @abstractmethod
    def handle(self, frame: bytes, at_s: float) -> None:
        """Act on a whole frame, complete at `at_s`."""
        ...

    # What a line needs.

    @property
    def address(self) -> int:
        """The address it listens to: a fault may have moved the switch."""
        moved = self.faults.find("wrong_address", self.board_id)
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
            self.world.coil_off(compartment)
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
            self.handle(frame, at_s)
        del self._heard[:-MAX_HEARD]

    def _next_frame(self) -> bytes | None:
        while self._heard:
            length = self.length_at(bytes(self._heard))
            if length == 0:
                del self._heard[0]
                continue
            if length > len(self._heard):
                return None
            frame = bytes(self._heard[:length])
            del self._heard[:length]
            return frame
        return None

    # What families use.

    def reply_address(self) -> int:
        """The address for a reply: its own, or another's under the fault that forges it."""
        if self.faults.strike("foreign_reply", self.board_id) is None:
            return self.address
        span = self.MAX_ADDRESS - self.MIN_ADDRESS + 1
        return (self.address - self.MIN_ADDRESS + 1) % span + self.MIN_ADDRESS

    def send(self, frame: bytes) -> None:
        """Put a frame on the line; nothing without power."""
        if self._powered:
            self._transmit(frame)

    def send_later(self, delay_s: float, frame: bytes) -> None:
        """Put a frame on the line after `delay_s`: boards that take turns answering a question to all."""
        asyncio.get_running_loop().call_later(delay_s, self.send, frame)

    def closed(self, lock: int) -> bool:
        """The contact of a lock; open where nothing is wired."""
        compartment = self._wiring.get(lock)
        return compartment is not None and self.world.contact_closed(compartment)

    def closed_bits(self, locks: int) -> int:
        """The contacts of locks 1..n, lock 1 in bit 0."""
        return sum(1 << (lock - 1) for lock in range(1, locks + 1) if self.closed(lock))

    def occupied_bits(self, locks: int) -> int:
        """Which compartments of locks 1..n hold something, as infrared sensors see it."""
        wired = {lock: self._wiring[lock] for lock in range(1, locks + 1) if lock in self._wiring}
        return sum(1 << (lock - 1) for lock, place in wired.items() if self.world.parcels(place))

    def open(
        self,
        targets: Sequence[int],
        at_s: float,
        done: Callable[[], None] | None = None,
        pulse_ms: int | None = None,
    ) -> bool:
        """Open locks one after another and call `done` after the last.

        The board's one coil driver is busy meanwhile: a second opening is not taken, False.
        """
        length_ms = self.pulse_ms if pulse_ms is None else pulse_ms
        if self._opening is not None and not self._opening.done():
            for lock in targets:
                if lock in self._wiring:
                    self.world.note(
                        "refused", self._wiring[lock], act="pulse", why="the board is opening another"
                    )
            return False
        if targets[0] in self._wiring:
            # The first pulse leaves with the frame, not with the next turn of the loop.
            self.world.pulse(self._wiring[targets[0]], length_ms, at_s)
        loop = asyncio.get_running_loop()
        self._opening = loop.create_task(self._finish_opening(targets, length_ms, done))
        return True

    async def _finish_opening(
        self, targets: Sequence[int], pulse_ms: int, done: Callable[[], None] | None
    ) -> None:
        await asyncio.sleep(pulse_ms / 1_000)
        for lock in targets[1:]:
            await asyncio.sleep(BETWEEN_LOCKS_S)
            if lock in self._wiring:
                self.world.pulse(self._wiring[lock], pulse_ms)
            await asyncio.sleep(pulse_ms / 1_000)
        if done is not None:
            await asyncio.sleep(SETTLE_S)
            done()

    def on_change(self, changed: Callable[[int], None]) -> None:
        """Call `changed(lock)` whenever a door of this board has moved and the board has power."""

        def moved(event: WorldEvent) -> None:
            if not self._powered or event.kind not in ("opened", "closed"):
                return
            for lock, compartment in self._wiring.items():
                if compartment == event.compartment:
                    changed(lock)

        self.world.subscribe(moved)
