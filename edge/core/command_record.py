"""What the state keeps of a command: its answer, and of one that opens many doors how far it has come."""

from __future__ import annotations

import msgspec

from edge.core.error_code import ErrorCode

__all__ = ["Bulk", "CommandRecord"]


class CommandRecord(msgspec.Struct, frozen=True):
    """A command as last answered; a duplicate gets this again.  `result` is a word of the contract.

    `at_ms` is when it was recorded, `issued_at_ms` its own time; `doors` is what became of each door of
    `open-many` (opened, failed, unknown, not-opened), `compartment` the one that was reserved.
    """

    id: str
    verb: str
    result: str
    reply_to: str
    correlation_id: str
    error: ErrorCode | None = None
    detail: str | None = None
    at_ms: int = 0
    issued_at_ms: int = 0
    doors: dict[str, str] = {}
    compartment: str | None = None

    @property
    def final(self) -> bool:
        """True when this answer does not change any more."""
        return self.result not in ("accepted", "actuated")


class Bulk(msgspec.Struct, frozen=True):
    """The `open-many` under way: doors still to open in order, and what became of the others.

    `error` is that of the first door that failed; `cut` is set by a restart, after which no door is opened.
    """

    command: str
    waiting: tuple[str, ...]
    doors: dict[str, str] = {}
    error: ErrorCode | None = None
    cut: bool = False
