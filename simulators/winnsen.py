"""Winnsen boards of sixteen locks: 9600 8N1, frames without a check.

    open    90 06 05 station lock 03   90 07 85 station lock result 03   01 opened, 00 not, 02 cooling down
    one     90 06 12 station lock 03   90 07 92 station state lock 03    state first: 01 open, 00 closed
    poll    90 07 02 station L H 03    90 07 82 station L H 03           bit 0 of L = lock 1, 1 = open

Sources: WinnsenProtocol.kt (pudokiosk), WinnsenCodecTest.kt (locqar).  Result 02 is known to one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulators.faults import FaultMenu
from simulators.lock_board import PULSE_MS, SerialLockBoard
from simulators.world import World

__all__ = ["WinnsenBoard"]

HEAD: Final = 0x90
END: Final = 0x03
OPEN, READ_ONE, POLL = 0x05, 0x12, 0x02
_LENGTHS: Final[Mapping[int, int]] = {OPEN: 6, READ_ONE: 6, POLL: 7}
OPENED, NOT_OPENED, COOLING = 0x01, 0x00, 0x02


class WinnsenBoard(SerialLockBoard):
    """One station; `duty_s` is how much heat of a coil (energised seconds) it allows before it refuses."""

    MIN_ADDRESS = 0
    MAX_ADDRESS = 4
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
        baud: int = 9600,
        pulse_ms: int = PULSE_MS,
        duty_s: float = 5.0,
    ) -> None:
        super().__init__(
            address, locks, wiring, world, board_id=board_id, faults=faults, baud=baud, pulse_ms=pulse_ms
        )
        self._duty_s = duty_s

    def length_at(self, heard: bytes) -> int:
        """Six or seven bytes: the length in the frame, its function's and the end must agree."""
        if heard[0] != HEAD:
            return 0
        if len(heard) < 3:
            return 3
        length = _LENGTHS.get(heard[2], 0)
        if length != heard[1]:
            return 0
        return 0 if len(heard) >= length and heard[length - 1] != END else length

    def handle(self, frame: bytes, at_s: float) -> None:
        """Silence for other stations and for locks that are not there."""
        function, station, lock = frame[2], frame[3], frame[4]
        if station != self.address:
            return
        self.frames += 1
        if function == POLL:
            wanted = int.from_bytes(frame[4:6], "little")
            opened = (0xFFFF ^ self.closed_bits(self.locks)) & ((1 << self.locks) - 1) & wanted
            self._reply(0x82, opened.to_bytes(2, "little"))
        elif not 1 <= lock <= self.locks:
            return
        elif function == READ_ONE:
            self._reply(0x92, bytes((int(not self.closed(lock)), lock)))
        elif self._too_hot(lock):
            self._reply(0x85, bytes((lock, COOLING)))
        elif not self.open([lock], at_s, lambda: self._reply(0x85, bytes((lock, self._result(lock))))):
            self._reply(0x85, bytes((lock, NOT_OPENED)))

    def _result(self, lock: int) -> int:
        return NOT_OPENED if self.closed(lock) else OPENED

    def _too_hot(self, lock: int) -> bool:
        compartment = self._wiring.get(lock)
        return compartment is not None and self.world.heat_s(compartment) > self._duty_s

    def _reply(self, function: int, data: bytes) -> None:
        self.send(bytes((HEAD, 5 + len(data), function, self.reply_address())) + data + bytes((END,)))
