"""The command that takes offline grants back: only for a named person with a reason."""

from __future__ import annotations

from edge.core.answers import accept_command, refuse_command, settle_command
from edge.core.desk import Desk
from edge.core.grant_book import MAX_KEPT
from edge.core.grant_sync import learn
from edge.core.inputs import Command
from edge.core.model import ErrorCode
from edge.core.orders import Revoke

__all__ = ["revoke"]


def revoke(desk: Desk, command: Command, order: Revoke) -> None:
    """Revoke grants, raise the epoch, or both; what is revoked already is no error."""
    if not order.operator or not order.reason:
        refuse_command(desk, command, ErrorCode.NOT_AUTHORISED, "operator and reason are required")
        return
    known = desk.state.grants.revoked
    if len(known | order.grants) > MAX_KEPT:
        detail = f"more than {MAX_KEPT} grants revoked; a new epoch voids them all"
        refuse_command(desk, command, ErrorCode.RATE_LIMITED, detail)
        return
    record = accept_command(desk, command)
    learn(desk, "command", epoch=order.epoch, spent={}, revoked=order.grants, command=command.id)
    settle_command(desk, record, "succeeded", None, None)
