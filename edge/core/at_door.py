"""What a session that has come as far as a door has: its parcel, its compartment, its right to be there.

And how it ends when that right is used up, or when too many wrong ones were tried.
"""

from __future__ import annotations

from edge.core import events as ev
from edge.core.attempts import lockout_ms
from edge.core.desk import Desk, notice
from edge.core.model import AttemptCounter, Authorisation, ErrorCode, Notice, Parcel, Stage

__all__ = [
    "compartment_here",
    "courier_grant",
    "courier_here",
    "finish_grant",
    "lock_out",
    "locked_notice",
    "mark_to_check",
    "parcel_here",
    "quarantine",
    "quarantine_failed_door",
]


def parcel_here(desk: Desk) -> Parcel:
    """The session's parcel; only for stages that have one."""
    parcel = desk.session.parcel
    assert parcel is not None, "this stage has a parcel"
    return desk.state.parcels[parcel]


def compartment_here(desk: Desk) -> str:
    """The session's compartment; only for stages that have one."""
    compartment = desk.session.compartment
    assert compartment is not None, "this stage has a compartment"
    return compartment


def courier_grant(desk: Desk) -> Authorisation:
    """The right to open of the session's offline grant, else of its signed-in courier."""
    if desk.session.grant is not None:
        return Authorisation("grant", desk.session.grant)
    staff = desk.session.staff_id
    assert staff is not None and desk.session.signed_in, "the table lets only signed-in couriers here"
    return Authorisation("courier", staff)


def mark_to_check(desk: Desk, reason: str) -> None:
    """Put the session's parcel on the reconciliation list."""
    desk.emit(
        ev.ParcelToCheck(
            parcel=parcel_here(desk).id,
            compartment=compartment_here(desk),
            reason=reason,
            session=desk.session.id,
        )
    )


def quarantine(desk: Desk, error: ErrorCode) -> None:
    """Take the session's compartment out of service."""
    desk.emit(ev.CompartmentService(compartment=compartment_here(desk), in_service=False, reason=error))


def quarantine_failed_door(desk: Desk) -> None:
    """Take the compartment out of service if its lock failed.

    When the board could not be reached, no lock was tried: one dead line must
    not take one good compartment after another out of service.
    """
    if desk.session.failure is not ErrorCode.BUS_TIMEOUT:
        quarantine(desk, ErrorCode.OPEN_NOT_DETECTED)


def courier_here(desk: Desk) -> str:
    """Who handles the parcel, for the record: the staff id, or the grant of somebody who has none."""
    return desk.session.staff_id or f"grant/{desk.session.grant}"


def finish_grant(desk: Desk, said: Notice) -> None:
    """The one thing a grant was for is over: back to the menu of whoever signed in, home for all others."""
    if not desk.session.signed_in:
        desk.end("done", said)
        return
    desk.advance(
        Stage.COURIER_MENU,
        desk.rules.stage_timeout_s,
        notice=said,
        grant=None,
        parcel=None,
        compartment=None,
        purpose=None,
        unlocks=0,
        scanned_out=False,
        not_empty=False,
        doubt=False,
    )


def lock_out(desk: Desk, key: str, limit: int) -> int:
    """Lock `key` when its wrong attempts have reached `limit`; returns for how many ms, 0 for not at all."""
    counter = desk.state.attempts.get(key, AttemptCounter())
    if counter.failures < limit:
        return 0
    length_ms = lockout_ms(counter, desk.rules)
    desk.emit(ev.LockedOut(counter=key, until_ms=desk.now_ms + length_ms))
    return length_ms


def locked_notice(length_ms: int) -> Notice:
    """How long no attempt is taken."""
    return notice("LOCKED_OUT", seconds=max(1, (length_ms + 999) // 1000))
