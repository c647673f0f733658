"""Commands of the backend: checked, executed once, answered the same for ever.

A duplicate is recognised by its id and gets the stored result again, finished
or not.  A command that moves a door must be fresh, named and reasoned; one that
takes a compartment from the public or gives it back, named and reasoned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge.core.answers import refuse_command, reply_of
from edge.core.commands_doors import open_door, set_service
from edge.core.commands_grants import revoke
from edge.core.commands_parcels import expect_parcel
from edge.core.desk import Desk
from edge.core.inputs import Command
from edge.core.model import ErrorCode
from edge.core.orders import ExpectParcel, Open, Revoke, SetService

__all__ = ["HANDLERS", "on_command"]

MOVES_A_DOOR = (Open,)
"""Verbs that must be fresh: within seconds, by a clock that knows."""


def on_command(desk: Desk, command: Command) -> None:
    """Answer a duplicate from the store; refuse what is late; execute the rest."""
    known = desk.state.commands.get(command.id)
    if known is not None:
        desk.ask(reply_of(known))
        return
    stale = _staleness(desk, command)
    if stale is not None:
        result, detail = stale
        refuse_command(desk, command, ErrorCode.STALE_COMMAND, detail, result)
        return
    HANDLERS[type(command.data)](desk, command, command.data)


def _staleness(desk: Desk, command: Command) -> tuple[str, str] | None:
    """(result, detail) when the times of the command do not allow it any more, or cannot be judged."""
    if desk.now_ms > command.expires_at_ms:
        return "expired", "expirytime has passed"
    if not isinstance(command.data, MOVES_A_DOOR):
        return None
    if not command.clock_ok:
        return "rejected", "the station's clock is not set, so freshness cannot be judged"
    skew_ms = desk.rules.command_clock_skew_s * 1000
    if command.issued_at_ms > desk.now_ms + skew_ms:
        return "rejected", "time lies in the future"
    if command.expires_at_ms > desk.now_ms + desk.rules.max_open_life_s * 1000 + skew_ms:
        return "rejected", f"expirytime is more than {desk.rules.max_open_life_s:g} s away"
    return None


HANDLERS: dict[type[Any], Callable[[Desk, Command, Any], None]] = {
    Open: open_door,
    ExpectParcel: expect_parcel,
    SetService: set_service,
    Revoke: revoke,
}
"""What a verb does, by the type of its data."""
