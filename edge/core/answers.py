"""How a command is answered: accepted on record, then one stored result, told again to every duplicate."""

from __future__ import annotations

from edge.core import events as ev
from edge.core.desk import Desk
from edge.core.effects import Reply
from edge.core.inputs import Command
from edge.core.model import CommandRecord, ErrorCode

__all__ = [
    "accept_command",
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
        )
    )
    return desk.state.commands[command.id]


def refuse_command(
    desk: Desk, command: Command, error: ErrorCode, detail: str, result: str = "rejected"
) -> None:
    """Nothing is done; the refusal is the stored result."""
    settle_command(desk, _unrecorded(command), result, error, detail)


def succeed_command(desk: Desk, command: Command, detail: str | None = None) -> None:
    """Done, in the same decision, and nobody's authority needs to be on record."""
    settle_command(desk, _unrecorded(command), "succeeded", None, detail)


def _unrecorded(command: Command) -> CommandRecord:
    return CommandRecord(
        id=command.id,
        verb=command.verb[:32],
        result="accepted",
        reply_to=command.reply_to,
        correlation_id=command.correlation_id,
    )


def finish_command(
    desk: Desk, command: str, result: str, error: ErrorCode | None, detail: str | None
) -> None:
    """Store the final result of a command accepted before and tell it."""
    record = desk.state.commands.get(command)
    if record is None:
        return
    settle_command(desk, record, result, error, detail)


def settle_command(
    desk: Desk, record: CommandRecord, result: str, error: ErrorCode | None, detail: str | None
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
    )


def reply_progress(desk: Desk, command: str, result: str) -> None:
    """Tell how far an accepted command has come; not stored."""
    record = desk.state.commands.get(command)
    if record is not None:
        desk.ask(Reply(command, record.verb, result, record.reply_to, record.correlation_id))
