"""Tally TL-8, a made-up board of eight locks (9600 8N1).

host    7B | address | command | value | sum     sum: of the four bytes before it, modulo 256
board   7D | address | command | value | sum

4F  open lock `value` (1..8); answered 06 when it does, 15 when it will not
53  states; answered with one bit a lock, bit 0 = lock 1, 1 = closed
"""

from __future__ import annotations

from dataclasses import dataclass

from hal.framing.steps import Discard, Found, NeedMore, Step, StreamParser
from hal.interfaces import LockBoard, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.locks.line_board import Ask, Contacts, LineBoard
from hal.locks.options import board_options
from hal.locks.setup import Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.late_replies import ReplyKey
from hal.transport.line_owner import LineOwner

__all__ = ["TallyBoard", "encode", "make", "next_step"]

LOCKS = 8
OPEN, STATES = 0x4F, 0x53
RESULTS = {0x06: PulseResult.ACKNOWLEDGED, 0x15: PulseResult.REFUSED}
FAMILY = Family(addresses=(1, 31), first=1, last=LOCKS)


@dataclass(frozen=True, slots=True)
class Reply:
    """A board's frame, its sum checked."""

    address: int
    command: int
    value: int


def encode(address: int, command: int, value: int) -> bytes:
    """A request."""
    frame = bytes((0x7B, address, command, value))
    return frame + bytes((sum(frame) & 0xFF,))


def next_step(buffer: bytes) -> Step[Reply]:
    """Look at the beginning of `buffer` for a reply."""
    if buffer and buffer[0] != 0x7D:
        return Discard(1)
    if len(buffer) < 5:
        return NeedMore(5)
    if sum(buffer[:4]) & 0xFF != buffer[4]:
        return Discard(1)
    return Found(Reply(buffer[1], buffer[2], buffer[3]), 5)


class TallyBoard(LineBoard[Reply]):
    """A `LockBoard`: turns, time-outs and late replies are `LineBoard`'s."""

    def shape_of(self, frame: Reply) -> ReplyKey:
        """Address and command."""
        return (frame.address, frame.command)

    def unlock_ask(self, number: int) -> Ask[Reply, PulseResult]:
        """4F."""
        mine = (self.info.address, OPEN)

        def answer(frame: Reply) -> PulseResult | None:
            return RESULTS.get(frame.value) if (frame.address, frame.command) == mine else None

        return Ask(encode(*mine, number), mine, StreamParser(next_step), answer)

    def feedback_ask(self) -> Ask[Reply, Contacts]:
        """53."""
        mine = (self.info.address, STATES)

        def answer(frame: Reply) -> Contacts | None:
            closed = [bool(frame.value >> lock & 1) for lock in range(LOCKS)]
            return closed if (frame.address, frame.command) == mine else None

        return Ask(encode(*mine, 0), mine, StreamParser(next_step), answer)


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """What the entry point names."""
    with board_options(board) as options:
        return TallyBoard(board_setup(board, line, owner, turn, FAMILY, options))
