"""What a family states of its boards, what a station says of one of them, and the check of one by the
other."""

from __future__ import annotations

from dataclasses import dataclass

from hal.interfaces import BoardInfo
from hal.locks.feedback import Polarity, SolenoidTurn
from hal.locks.options import Options, wrong
from hal.settings import BoardSettings, LineSettings
from hal.transport.line_owner import LineOwner

__all__ = ["MAX_PULSE_MS", "BoardSetup", "Family", "board_setup"]

MAX_PULSE_MS = 3000
"""A lock's solenoid burns out in seconds, whatever longer times a board's registers allow."""
MAX_GAP_MS = 1000
MIN_TIMEOUT_MS, MAX_TIMEOUT_MS = 20, 10_000
"""From two frames at 9600 baud to what hosts allow for "open all"."""


@dataclass(frozen=True, slots=True)
class Family:
    """The limits of a family and its usual times.

    Locks are numbered `first` to `last` on the wire.  `unlock_timeout_ms` and `read_timeout_ms` are how
    long a reply is awaited; a read waits shorter, since it may be asked again, and a dead board must not
    hold the line while another is to open a door.
    """

    addresses: tuple[int, int]
    first: int
    last: int
    unlock_timeout_ms: int = 1000
    read_timeout_ms: int = 500
    max_channels: int | None = None
    gap_ms: int = 0

    @property
    def channels(self) -> int:
        """The most a board may have."""
        return self.last - self.first + 1 if self.max_channels is None else self.max_channels


@dataclass(frozen=True, slots=True)
class BoardSetup:
    """Everything a driver of the family needs; checked.  `skip` locks of the board come before channel 1."""

    info: BoardInfo
    line: LineOwner
    turn: SolenoidTurn
    polarity: Polarity
    pulse_ms: int
    first_channel: int
    skip: int
    unlock_timeout_s: float
    read_timeout_s: float
    gap_s: float

    @property
    def device(self) -> str:
        """The name in errors: `kind@port#address`."""
        return f"{self.info.kind}@{self.info.port}#{self.info.address}"

    def wire_number(self, channel: int) -> int:
        """What the board calls `channel` (1…n, else ValueError)."""
        if not 1 <= channel <= self.info.channels:
            raise ValueError(f"channel {channel} is not in 1..{self.info.channels}")
        return self.first_channel + channel - 1


def board_setup(
    board: BoardSettings,
    line: LineSettings,
    owner: LineOwner,
    turn: SolenoidTurn,
    family: Family,
    options: Options,
    *,
    first: int | None = None,
) -> BoardSetup:
    """Check what all kinds have in common; DeviceConfigError names the key.

    Options of every kind: `first_channel`, the number on the wire of channel 1 (default: the family's
    first, or `first`); `reply_timeout_ms` after an unlock and `read_timeout_ms` after a read; `gap_ms`,
    silence kept after every transaction with this board (default 0: 3.5 characters).
    """
    _in_range(board, "address", board.address, *family.addresses)
    _in_range(board, "channels", board.channels, 1, family.channels)
    _in_range(board, "pulse_ms", board.pulse_ms, 1, MAX_PULSE_MS)
    if board.contact_closed_means not in ("locked", "unlocked"):
        raise wrong(board, "contact_closed_means", "is neither 'locked' nor 'unlocked'")
    usual = family.first if first is None else first
    first = options.integer("first_channel", usual, family.first, family.last)
    if first + board.channels - 1 > family.last:
        raise options.wrong("first_channel", f"{board.channels} channels from {first} end past {family.last}")
    unlock_ms = options.integer("reply_timeout_ms", family.unlock_timeout_ms, MIN_TIMEOUT_MS, MAX_TIMEOUT_MS)
    read_ms = options.integer("read_timeout_ms", family.read_timeout_ms, MIN_TIMEOUT_MS, MAX_TIMEOUT_MS)
    gap_ms = options.integer("gap_ms", family.gap_ms, 0, MAX_GAP_MS)
    return BoardSetup(
        info=BoardInfo(board.id, board.kind, line.port, board.address, board.channels),
        line=owner,
        turn=turn,
        polarity=Polarity(board.contact_closed_means),
        pulse_ms=board.pulse_ms,
        first_channel=first,
        skip=first - family.first,
        unlock_timeout_s=unlock_ms / 1000,
        read_timeout_s=read_ms / 1000,
        gap_s=gap_ms / 1000,
    )


def _in_range(board: BoardSettings, key: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise wrong(board, key, f"{value} is not in {low}..{high}")
