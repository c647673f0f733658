"""How a command is answered: accepted on record, then one stored result, told again to every duplicate."""

from __future__ import annotations

import msgspec

from edge.core import events as ev
from edge.core.desk import Desk
from edge.core.effects import Reply
from edge.core.inputs import Command
from edge.core.model import CommandRecord, ErrorCode

__all__ = [
    "accept_command",
    "answer_unstored",
    "finish_command",
    "refuse_command",
    "reply_of",
    "reply_progress",
    "settle_command",
    "succeed_command",
]


def accept_command(desk: Desk, command: Command) -> CommandRecord:
    """Record who asks for what and why."""
    data = command.data
    desk.emit(
        ev.CommandReceived(
            command=command.id,
            verb=command.verb,
            reply_to=command.reply_to,
            correlation_id=command.correlation_id,
            operator=getattr(data, "operator", ""),
            reason=getattr(data, "reason", ""),
            compartment=getattr(data, "compartment", None),
            issued_at_ms=_issued_at_ms(desk, command),
            parcel=getattr(data, "parcel_id", None),
            compartments=list(getattr(data, "compartments", ())),
            signed_by=list(command.signed.by),
        )
    )
    return desk.state.commands[command.id]


def refuse_command(
    desk: Desk, command: Command, error: ErrorCode, detail: str, result: str = "rejected"
) -> None:
    """Nothing is done; the refusal is the stored result."""
    settle_command(desk, _unrecorded(desk, command), result, error, detail)


def succeed_command(
    desk: Desk, command: Command, detail: str | None = None, *, compartment: str | None = None
) -> None:
    """Done in this decision, and nobody's authority needs to be on record."""
    record = _unrecorded(desk, command)
    settle_command(desk, record, "succeeded", None, detail, compartment=compartment)


def answer_unstored(desk: Desk, command: Command, result: str, error: ErrorCode, detail: str) -> None:
    """Answer without taking a place in the store; on record as a refused input.

    Only for what every later copy is answered too: the store does not see to that.
    """
    desk.refuse("command", error, f"{command.verb[:32]} {command.id}: {detail}")
    record = _unrecorded(desk, command)
    desk.ask(reply_of(msgspec.structs.replace(record, result=result, error=error, detail=detail)))


def _unrecorded(desk: Desk, command: Command) -> CommandRecord:
    return CommandRecord(
        id=command.id,
        verb=command.verb[:32],
        result="accepted",
        reply_to=command.reply_to,
        correlation_id=command.correlation_id,
        issued_at_ms=_issued_at_ms(desk, command),
    )


def _issued_at_ms(desk: Desk, command: Command) -> int:
    """The command's own time; one of the future counts as of now where our clock can tell."""
    if not command.clock_ok:
        return command.issued_at_ms
    return min(command.issued_at_ms, desk.now_ms + int(desk.rules.command_clock_skew_s * 1000))


def finish_command(
    desk: Desk, command: str, result: str, error: ErrorCode | None, detail: str | None
) -> None:
    """Store the final result of a command accepted before and tell it."""
    record = desk.state.commands.get(command)
    if record is not None and not record.final:
        settle_command(desk, record, result, error, detail)


def settle_command(
    desk: Desk,
    record: CommandRecord,
    result: str,
    error: ErrorCode | None,
    detail: str | None,
    *,
    compartment: str | None = None,
    doors: dict[str, str] | None = None,
) -> None:
    """Store `result` as the answer of `record` from now on, and reply."""
    desk.emit(
        ev.CommandResult(
            command=record.id,
            verb=record.verb,
            result=result,
            reply_to=record.reply_to,
            correlation_id=record.correlation_id,
            error=error,
            detail=detail,
            issued_at_ms=record.issued_at_ms,
            compartment=compartment,
            doors=doors or {},
        )
    )
    desk.ask(reply_of(desk.state.commands[record.id]))


def reply_of(record: CommandRecord) -> Reply:
    """The reply that repeats a stored result."""
    return Reply(
        command=record.id,
        verb=record.verb,
        result=record.result,
        reply_to=record.reply_to,
        correlation_id=record.correlation_id,
        error=record.error,
        detail=record.detail,
        doors=record.doors,
        compartment=record.compartment,
    )


def reply_progress(desk: Desk, command: str, result: str) -> None:
    """Tell how far an accepted command has come; not stored."""
    record = desk.state.commands.get(command)
    if record is not None:
        desk.ask(Reply(command, record.verb, result, record.reply_to, record.correlation_id))
