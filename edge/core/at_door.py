"""What a session that has come as far as a door has: its parcel, its compartment, its right to be there."""

from __future__ import annotations

from edge.core import events as ev
from edge.core.desk import Desk
from edge.core.model import Authorisation, ErrorCode, Parcel

__all__ = [
    "compartment_here",
    "courier_grant",
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
    """The signed-in courier's right to open."""
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
