"""YT_LOCKER24 boards, which speak text (see hal/framing/yt_text.py); known from one open project.

CLOSELOCK and REBOOT are never sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hal.errors import DeviceRefused
from hal.framing import yt_text as frames
from hal.interfaces import LockBoard, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.locks.line_board import Ask, Contacts, LineBoard
from hal.locks.options import board_options
from hal.locks.setup import BoardSetup, Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.late_replies import ReplyKey
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "YtTextBoard", "make"]

T = TypeVar("T")

KIND = "yt-text"
FAMILY = Family(addresses=(0, frames.MAX_BOARD), first=1, last=frames.LOCKS)
UNLOCK, READ_ALL, VERSION = "OPENLOCK", "GETALLLOCKSSTATUS", "GETVERSION"
SHAPES = {UNLOCK: 1, READ_ALL: 2, VERSION: 3}


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """Options besides the common ones: `require_crc` (default true) takes no reply without a check."""
    with board_options(board) as options:
        setup = board_setup(board, line, owner, turn, FAMILY, options)
        return YtTextBoard(setup, check=options.flag("require_crc", default=True))


class YtTextBoard(LineBoard[frames.Reply]):
    """A `LockBoard`."""

    def __init__(self, setup: BoardSetup, *, check: bool) -> None:
        super().__init__(setup)
        self._check = check

    def shape_of(self, frame: frames.Reply) -> ReplyKey:
        """Board and command; an error says not which command it is for."""
        return (frame.board, SHAPES.get(frame.command, 0))

    def unlock_ask(self, number: int) -> Ask[frames.Reply, PulseResult]:
        """Answered by its own name, with the lock where the board repeats it; an error is REFUSED."""

        def answer(frame: frames.Reply) -> PulseResult | None:
            if frame.board != self.info.address:
                return None
            if frame.command == frames.ERROR:
                return PulseResult.REFUSED
            if frame.command != UNLOCK or frame.values[:1] not in ((), (str(number),)):
                return None
            return PulseResult.ACKNOWLEDGED

        return self._ask(UNLOCK, answer, number)

    def feedback_ask(self) -> Ask[frames.Reply, Contacts]:
        """All locks at once."""

        def answer(frame: frames.Reply) -> Contacts | None:
            if not self._is_answer(frame, READ_ALL):
                return None
            contacts = frame.closed()
            return contacts if len(contacts) >= self.locks_read else None

        return self._ask(READ_ALL, answer)

    async def version(self, deadline: float) -> str | None:
        """What the board says of itself."""

        def answer(frame: frames.Reply) -> str | None:
            return ",".join(frame.values) if self._is_answer(frame, VERSION) else None

        return await self.transact(self._ask(VERSION, answer), self.setup.read_timeout_s, deadline)

    def _ask(
        self, command: str, answer: Callable[[frames.Reply], T | None], lock: int | None = None
    ) -> Ask[frames.Reply, T]:
        request = frames.encode(command, self.info.address, lock)
        shape = (self.info.address, SHAPES[command])
        return Ask(request, shape, frames.parser(check=self._check), answer)

    def _is_answer(self, frame: frames.Reply, command: str) -> bool:
        if frame.board != self.info.address:
            return False
        if frame.command == frames.ERROR:
            raise DeviceRefused(self.setup.device, f"{command}: {','.join(frame.values)}")
        return frame.command == command
