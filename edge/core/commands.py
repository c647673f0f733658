"""Commands of the backend: checked, executed once, answered the same for ever.

A duplicate is recognised by its id and gets the stored result again, finished
or not; when its record was dropped, it is refused by its time.  A command that
moves a door must be fresh, named, reasoned and, where asked for, signed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from edge.core import fold_commands
from edge.core.answers import answer_unstored, refuse_command, reply_of
from edge.core.commands_doors import open_door, open_many, set_service
from edge.core.commands_grants import revoke
from edge.core.commands_holds import cancel, hold, release, reserve
from edge.core.commands_parcels import expect_parcel, recall_parcel, shift_deadlines
from edge.core.commands_station import diagnose, print_document, rebirth, reprint_document, snapshot
from edge.core.desk import Desk
from edge.core.inputs import Command
from edge.core.model import ErrorCode
from edge.core.orders import (
    Cancel,
    Diagnose,
    ExpectParcel,
    Hold,
    Open,
    OpenMany,
    PrintDocument,
    Rebirth,
    Recall,
    Release,
    Reprint,
    Reserve,
    Revoke,
    SetService,
    ShiftDeadlines,
    Snapshot,
)

__all__ = ["HANDLERS", "on_command"]

MOVES_A_DOOR: Final = (Open, OpenMany)
"""Verbs that must be fresh: within seconds, by a clock that knows."""

NEEDS_THE_CLOCK: Final = (*MOVES_A_DOOR, Reserve, ShiftDeadlines)
"""Verbs that mean nothing to a station that does not know the time."""

SIGNATURES_FOR_MANY: Final = 2
"""Of different operators: whoever has one key alone empties no cabinet."""


def on_command(desk: Desk, command: Command) -> None:
    """Answer a duplicate from the store; refuse what is late, unsigned or anonymous; execute the rest."""
    known = desk.state.commands.get(command.id)
    if known is not None:
        desk.ask(reply_of(known))
    elif command.issued_at_ms <= desk.state.forgotten_before_ms:
        detail = "as old as commands no longer remembered; whether it was executed cannot be told"
        answer_unstored(desk, command, "unknown", ErrorCode.STALE_COMMAND, detail)
    elif _is_full(desk, command):
        # No answer: it is not remembered, so another copy may still be carried out after a "rejected".
        desk.refuse("command", ErrorCode.RATE_LIMITED, f"no room to remember {command.id}")
    else:
        _first_time(desk, command)


def _first_time(desk: Desk, command: Command) -> None:
    for judge in (_staleness, _signature_fault, _anonymity):
        objection = judge(desk, command)
        if objection is not None:
            result, error, detail = objection
            refuse_command(desk, command, error, detail, result)
            return
    HANDLERS[type(command.data)](desk, command, command.data)


Objection = tuple[str, ErrorCode, str]
"""Result, error and detail of a refusal."""


def _is_full(desk: Desk, command: Command) -> bool:
    """True when remembering one more would drop what could not be told by its time then.

    That is a command whose time lies ahead of a clock that is not set.  A clock that is set refuses its
    duplicates by themselves.
    """
    if len(desk.state.commands) < fold_commands.COMMANDS_KEPT:
        return False
    oldest = fold_commands.oldest_answered(desk.state.commands)
    if oldest is None:
        return True
    return not command.clock_ok and oldest.issued_at_ms > desk.now_ms + fold_commands.FUTURE_MS


def _staleness(desk: Desk, command: Command) -> Objection | None:
    """The times of the command do not allow it any more, or cannot be judged."""
    stale = ErrorCode.STALE_COMMAND
    skew_ms = desk.rules.command_clock_skew_s * 1000
    if desk.now_ms > command.expires_at_ms:
        return "expired", stale, "expirytime has passed"
    if not command.clock_ok and isinstance(command.data, NEEDS_THE_CLOCK):
        return "rejected", stale, "the station's clock is not set, so times cannot be judged"
    if command.clock_ok and command.issued_at_ms > desk.now_ms + skew_ms:
        return "rejected", stale, "time lies in the future"
    life_s = desk.rules.max_open_life_s
    if isinstance(command.data, MOVES_A_DOOR) and (
        command.expires_at_ms > desk.now_ms + life_s * 1000 + skew_ms
    ):
        return "rejected", stale, f"expirytime is more than {life_s:g} s away"
    if isinstance(command.data, MOVES_A_DOOR) and (
        desk.now_ms - command.issued_at_ms > life_s * 1000 + skew_ms
    ):
        # Meant for later, or kept back by somebody until its expirytime came near.
        return "rejected", stale, f"time is more than {life_s:g} s ago"
    return None


def _signature_fault(desk: Desk, command: Command) -> Objection | None:
    """A signature on it is not good, or it bears too few."""
    signed = command.signed
    if signed.error is not None:
        return "rejected", signed.error, signed.detail
    needed = 0
    if isinstance(command.data, OpenMany):
        needed = SIGNATURES_FOR_MANY
    elif isinstance(command.data, Open) and desk.rules.signed_commands:
        needed = 1
    names = set(signed.by)
    if len(names) < needed:
        detail = f"{needed} signatures of different operators are needed, {len(names)} are there"
        return "rejected", ErrorCode.NOT_AUTHORISED, detail
    if needed and getattr(command.data, "operator", "") not in names:
        return "rejected", ErrorCode.NOT_AUTHORISED, "operator is none of those who signed"
    return None


def _anonymity(desk: Desk, command: Command) -> Objection | None:
    """A verb that asks for operator or reason must not leave them empty."""
    said = {name: getattr(command.data, name, None) for name in ("operator", "reason")}
    empty = [name for name, text in said.items() if text is not None and not text.strip()]
    if empty:
        return "rejected", ErrorCode.NOT_AUTHORISED, f"{' and '.join(empty)} must not be empty"
    return None


HANDLERS: dict[type[Any], Callable[[Desk, Command, Any], None]] = {
    Open: open_door,
    OpenMany: open_many,
    Hold: hold,
    Release: release,
    Reserve: reserve,
    Cancel: cancel,
    ExpectParcel: expect_parcel,
    Recall: recall_parcel,
    ShiftDeadlines: shift_deadlines,
    SetService: set_service,
    Revoke: revoke,
    PrintDocument: print_document,
    Reprint: reprint_document,
    Snapshot: snapshot,
    Rebirth: rebirth,
    Diagnose: diagnose,
}
"""What a verb does, by the type of its data."""
