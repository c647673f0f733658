"""`open-many`: its doors one after the other, each pulsed once, each outcome on record.

The next door is unlocked in the decision that records the outcome of the one
before, so no other unlock comes between.  A door that sprang open is left
behind open: its compartment is out of service until it is closed.  A restart
ends the command: the unlock under way is resolved from feedback, as always,
and the doors after it stay closed.
"""

from __future__ import annotations

from edge.core import events as ev
from edge.core.answers import accept_command, reply_of, settle_command
from edge.core.desk import Desk
from edge.core.effects import Reply
from edge.core.inputs import Command
from edge.core.model import Authorisation, CompartmentState, DoorState, ErrorCode, Purpose
from edge.core.unlocking import request_unlock

__all__ = ["bulk_after_start", "bulk_door_done", "start_bulk"]

_WORDS = {"succeeded": "opened", "failed": "failed", "unknown": "unknown"}
"""Result of one opening -> outcome of one door."""


def start_bulk(desk: Desk, command: Command) -> None:
    """Accept the command and begin with its first door."""
    desk.ask(reply_of(accept_command(desk, command)))
    _next_door(desk)


def bulk_door_done(desk: Desk, command: str, result: str, error: ErrorCode | None) -> bool:
    """The door under way has its outcome; False when `command` is no `open-many` under way."""
    bulk, unlock = desk.state.bulk, desk.state.unlock
    if bulk is None or bulk.command != command or not bulk.waiting:
        return False
    compartment = bulk.waiting[0]
    _record(desk, command, compartment, _WORDS[result], error)
    goes_on = len(bulk.waiting) > 1 and not bulk.cut
    if goes_on and unlock is not None and unlock.compartment == compartment:
        # Nobody watches this door any more; the next one is more urgent than its closing.
        desk.emit(ev.DoorLeftOpen(compartment=compartment, command=command))
    if goes_on:
        _next_door(desk)
    else:
        _finish(desk)
    return True


def bulk_after_start(desk: Desk) -> None:
    """A command found half done ends with the unlock under way, or now when there is none."""
    if desk.state.bulk is not None and desk.state.unlock is None:
        _finish(desk)


def _next_door(desk: Desk) -> None:
    while (bulk := desk.state.bulk) is not None and bulk.waiting:
        compartment = bulk.waiting[0]
        if desk.state.compartments.get(compartment, CompartmentState()).door is not DoorState.OPEN:
            grant = Authorisation("command", bulk.command)
            request_unlock(desk, compartment, Purpose.COMMAND, grant, command=bulk.command)
            return
        _record(desk, bulk.command, compartment, "opened", None)
    _finish(desk)


def _record(desk: Desk, command: str, compartment: str, outcome: str, error: ErrorCode | None) -> None:
    desk.emit(ev.CommandProgress(command=command, compartment=compartment, outcome=outcome, error=error))
    record = desk.state.commands.get(command)
    if record is not None:
        desk.ask(
            Reply(
                command,
                record.verb,
                "actuated",
                record.reply_to,
                record.correlation_id,
                doors={compartment: outcome},
            )
        )


def _finish(desk: Desk) -> None:
    bulk = desk.state.bulk
    assert bulk is not None, "only a command under way is finished"
    doors = bulk.doors | dict.fromkeys(bulk.waiting, "not-opened")
    words = set(doors.values())
    result = "unknown" if "unknown" in words else "succeeded" if words == {"opened"} else "failed"
    record = desk.state.commands.get(bulk.command)
    if record is not None:
        detail = "cut by a restart" if bulk.cut and bulk.waiting else _said(doors)
        settle_command(desk, record, result, bulk.error, detail, doors=doors)


def _said(doors: dict[str, str]) -> str:
    opened = list(doors.values()).count("opened")
    return f"{opened} of {len(doors)} doors opened"
