"""Boards of 24 locks whose frames begin 5A 5A (see hal/framing/board_5a5a.py): they can be told to open, no
more.

Nobody knows how they answer or tell a state.  Every pulse that left is UNKNOWN and every door reads
UNKNOWN, so a station needs them to be watched otherwise; `online` says that the port is open, since nothing
says more.
"""

from __future__ import annotations

from hal.errors import DeviceOffline, NoAnswer
from hal.framing import board_5a5a as frames
from hal.interfaces import BoardInfo, LockBoard, LockFeedback, PulseResult, WireTrace
from hal.locks.feedback import SolenoidTurn
from hal.locks.options import board_options
from hal.locks.setup import BoardSetup, Family, board_setup
from hal.settings import BoardSettings, LineSettings
from hal.transport.line_owner import LineOwner

__all__ = ["KIND", "Board5A5A", "make"]

KIND = "5a5a"
FAMILY = Family(addresses=(0, frames.MAX_BOARD), first=1, last=frames.LOCKS)


def make(board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn) -> LockBoard:
    """No options but the common ones, of which the time-outs have no use here."""
    with board_options(board) as options:
        return Board5A5A(board_setup(board, line, owner, turn, FAMILY, options))


class Board5A5A:
    """A `LockBoard` that is told to open, and tells nothing."""

    def __init__(self, setup: BoardSetup) -> None:
        self.setup = setup
        self.info: BoardInfo = setup.info

    @property
    def online(self) -> bool:
        """True while the port is open."""
        return self.setup.line.online

    @property
    def trace(self) -> WireTrace:
        """The last bytes of the line."""
        return self.setup.line.trace

    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        """Send one unlock pulse on `channel` (1…n), exactly once; UNKNOWN once it left."""
        request = frames.encode_unlock(self.info.address, self.setup.wire_number(channel))
        try:
            async with self.setup.turn.take(self.setup.pulse_ms / 1000, deadline):
                await self.setup.line.send_only(self.setup.device, request, deadline, self.setup.gap_s)
        except (DeviceOffline, TimeoutError):
            return PulseResult.NOT_SENT
        except NoAnswer:
            pass  # some of it left
        return PulseResult.UNKNOWN

    async def read_feedback(self, deadline: float) -> tuple[LockFeedback, ...]:
        """UNKNOWN of every channel; DeviceOffline while the port is away."""
        if not self.online:
            raise DeviceOffline(self.setup.device, f"{self.info.port} is not open")
        return (LockFeedback.UNKNOWN,) * self.info.channels

    async def version(self, deadline: float) -> str | None:
        """None: the protocol has no such question."""
        return None
