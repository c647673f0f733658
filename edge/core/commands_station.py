"""Commands about paper and about what the station says of itself."""

from __future__ import annotations

from edge.core.answers import accept_command, finish_command, refuse_command, reply_of, succeed_command
from edge.core.deposit import request_print
from edge.core.desk import Desk
from edge.core.effects import PublishState
from edge.core.fold import print_key
from edge.core.inputs import Command
from edge.core.model import ErrorCode, ParcelState, PrintRecord
from edge.core.orders import Diagnose, PrintDocument, Rebirth, Reprint, Snapshot

__all__ = [
    "diagnose",
    "print_document",
    "rebirth",
    "reprint_document",
    "resolve_unfinished",
    "settle_print",
    "snapshot",
]

_PRINT_RESULTS = {"printed": "succeeded", "failed": "failed", "unknown": "unknown"}


def print_document(desk: Desk, command: Command, order: PrintDocument) -> None:
    """Print what was not printed before: a second paper needs a reason."""
    if not _can_print(desk, command, order):
        return
    if desk.state.prints.get(print_key(order.document, order.parcel_id)) is not None:
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, "it was sent to the printer before: reprint it")
        return
    _print(desk, command, order)


def reprint_document(desk: Desk, command: Command, order: Reprint) -> None:
    """Print again what was sent before; the reason is on record."""
    if not _can_print(desk, command, order):
        return
    if desk.state.prints.get(print_key(order.document, order.parcel_id)) is None:
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, "it was never sent to the printer: print it")
        return
    _print(desk, command, order)


def _can_print(desk: Desk, command: Command, order: PrintDocument | Reprint) -> bool:
    """True when the parcel is known well enough for the paper and no such job is under way."""
    parcel = desk.state.parcels.get(order.parcel_id)
    has_left = parcel is not None and parcel.state is ParcelState.RECALLED and order.document == "waybill"
    if parcel is None or not (parcel.state.inside or has_left):
        refuse_command(desk, command, ErrorCode.PARCEL_UNKNOWN, "not in this station")
        return False
    before = desk.state.prints.get(print_key(order.document, order.parcel_id))
    if before is not None and before.result is None:
        refuse_command(desk, command, ErrorCode.PRINTER_UNAVAILABLE, "it is being printed now")
        return False
    return True


def _print(desk: Desk, command: Command, order: PrintDocument | Reprint) -> None:
    desk.ask(reply_of(accept_command(desk, command)))
    request_print(desk, order.document, order.parcel_id, command.id)


def settle_print(desk: Desk, job: str, result: str, error: ErrorCode | None, detail: str) -> None:
    """The job has ended (recorded before): tell the command that asked for it, if one did."""
    record = _job(desk, job)
    if record is not None and record.command is not None:
        finish_command(desk, record.command, _PRINT_RESULTS[result], error, detail[:120] or None)


def _job(desk: Desk, job: str) -> PrintRecord | None:
    return next((each for each in desk.state.prints.values() if each.job == job), None)


def resolve_unfinished(desk: Desk) -> None:
    """After a start: what was accepted and has nothing under way that could still end it is unknown."""
    unlock, bulk = desk.state.unlock, desk.state.bulk
    alive = {unlock.authorisation.ref if unlock is not None else None, bulk.command if bulk else None}
    for record in [each for each in desk.state.commands.values() if not each.final]:
        if record.id not in alive:
            finish_command(desk, record.id, "unknown", None, "restart")


def snapshot(desk: Desk, command: Command, order: Snapshot) -> None:
    """Answer, then publish the compartments."""
    succeed_command(desk, command)
    desk.ask(PublishState())


def rebirth(desk: Desk, command: Command, order: Rebirth) -> None:
    """Answer, then publish birth and compartments."""
    succeed_command(desk, command)
    desk.ask(PublishState(birth=True))


def diagnose(desk: Desk, command: Command, order: Diagnose) -> None:
    """Answer; the link adds the station's health as it is when the answer leaves."""
    succeed_command(desk, command)
