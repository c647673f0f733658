"""The one way a pulse is asked for, by whomever: intent on record first."""

from __future__ import annotations

from edge.core import events as ev
from edge.core.desk import Desk
from edge.core.effects import UnlockDoor
from edge.core.model import Authorisation, Purpose

__all__ = ["request_unlock"]


def request_unlock(
    desk: Desk,
    compartment: str,
    purpose: Purpose,
    authorisation: Authorisation,
    *,
    session: str | None = None,
    command: str | None = None,
) -> None:
    """Intent first; the pulse is an effect, released once the intent is on disk."""
    unlock = desk.new_id()
    desk.emit(
        ev.UnlockRequested(
            unlock=unlock,
            compartment=compartment,
            purpose=purpose,
            authorisation=authorisation,
            session=session,
            command=command,
        )
    )
    spent = authorisation.kind == "grant" and authorisation.ref in desk.state.grants.spent
    desk.ask(
        UnlockDoor(
            unlock=unlock,
            compartment=compartment,
            detect_s=desk.rules.open_detect_s,
            after_grant=authorisation.ref if spent else None,
        )
    )
