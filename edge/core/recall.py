"""Recall: a courier takes back what expired, was refused, or is in doubt, and scans each parcel out."""

from __future__ import annotations

from edge.core import events as ev
from edge.core.allocation import kept_back
from edge.core.at_door import (
    compartment_here,
    courier_grant,
    courier_here,
    finish_grant,
    mark_to_check,
    parcel_here,
    quarantine,
    quarantine_failed_door,
)
from edge.core.deposit import request_print
from edge.core.desk import Desk, PurposeTable, notice
from edge.core.doors import open_for_session
from edge.core.identifiers import normalise
from edge.core.inputs import Scan, Tap
from edge.core.model import (
    ErrorCode,
    Notice,
    Parcel,
    ParcelState,
    Purpose,
    Setup,
    Stage,
    State,
)

__all__ = [
    "RECALL",
    "due",
    "may_go_back",
    "missing",
    "next_door",
    "reopen",
    "scan_out",
    "skip",
    "start",
    "timeout_confirm",
    "timeout_door_failed",
]


def due(setup: Setup, state: State, staff_id: str) -> list[Parcel]:
    """Parcels this courier may take back: expired or recalled, refused, or deposited in doubt; none on hold.

    By compartment; those whose door was seen to fail come last, so that one
    stuck door does not stand in the way of the others.
    """
    staff = setup.staff.get(staff_id)
    if staff is None:
        return []
    found = [
        p
        for p in state.parcels.values()
        if may_go_back(p) and staff.carrier in ("*", p.carrier) and not kept_back(state, p)
    ]
    return sorted(found, key=lambda p: (_out_of_service(state, p), p.compartment or ""))


def may_go_back(parcel: Parcel) -> bool:
    """Whether a courier may take the parcel back now: it is inside and expired, refused or in doubt."""
    return parcel.compartment is not None and (
        parcel.state in (ParcelState.EXPIRED, ParcelState.REFUSED) or _in_doubt(parcel)
    )


def _out_of_service(state: State, parcel: Parcel) -> bool:
    now = state.compartments.get(parcel.compartment or "")
    return now is not None and not now.in_service


def _in_doubt(parcel: Parcel) -> bool:
    return parcel.to_check and parcel.state is ParcelState.EXPECTED


def start(desk: Desk, tap: Tap | None = None) -> None:
    """Show how many there are; without any, say so and stay in the menu."""
    if not due(desk.setup, desk.state, desk.session.staff_id or ""):
        desk.stay(notice("NOTHING_TO_RECALL"))
        return
    _list(desk, None)


def _list(desk: Desk, said: Notice | None, skipped: str | None = None) -> None:
    if desk.session.grant is not None:
        finish_grant(desk, said or notice("THANKS"))
        return
    left = due(desk.setup, desk.state, desk.session.staff_id or "")
    desk.advance(
        Stage.RECALL_LIST if left else Stage.COURIER_MENU,
        desk.rules.stage_timeout_s,
        notice=said,
        parcel=skipped if left else None,
        compartment=None,
        purpose=None,
        unlocks=0,
        scanned_out=False,
        doubt=False,
    )


def next_door(desk: Desk, tap: Tap) -> None:
    """Open the next parcel's door; the one just skipped comes after all others."""
    left = due(desk.setup, desk.state, desk.session.staff_id or "")
    skipped = next((n for n, each in enumerate(left, 1) if each.id == desk.session.parcel), 0)
    left = left[skipped:] + left[:skipped]
    if not left or left[0].compartment is None:
        _list(desk, notice("NOTHING_TO_RECALL"))
        return
    open_for_session(desk, left[0].compartment, Purpose.RECALL, courier_grant(desk), parcel=left[0].id)


def scan_out(desk: Desk, read: Scan) -> None:
    """The parcel in the courier's hand is scanned: it must be the one of this compartment."""
    if normalise(read.text, read.identifier) != parcel_here(desk).tracking_code:
        desk.stay(notice("WRONG_PARCEL"))
    elif desk.session.stage is Stage.DOOR_OPEN:
        desk.advance(Stage.DOOR_OPEN, desk.session.seconds, scanned_out=True, extends=desk.session.extends)
    else:
        _recalled(desk)


def closed(desk: Desk) -> None:
    """The door is closed: done when the parcel was scanned, else ask for it."""
    if desk.session.scanned_out:
        _recalled(desk)
    else:
        desk.advance(Stage.RECALL_CONFIRM, desk.rules.stage_timeout_s, doubt=False)


def _recalled(desk: Desk) -> None:
    parcel, compartment = parcel_here(desk), compartment_here(desk)
    _record_recalled(desk)
    if desk.rules.waybill_on_recall:
        request_print(desk, "waybill", parcel.id)
    number = desk.setup.layout.compartments[compartment].number
    desk.advance(desk.session.stage, desk.session.seconds, done=desk.session.done + 1)
    _list(desk, notice("RECALLED", compartment=number))


def _record_recalled(desk: Desk) -> None:
    parcel = parcel_here(desk)
    desk.emit(
        ev.ParcelRecalled(
            parcel=parcel.id,
            tracking_code=parcel.tracking_code,
            compartment=compartment_here(desk),
            session=desk.session.id,
            courier=courier_here(desk),
        )
    )


def missing(desk: Desk, tap: Tap) -> None:
    """The compartment was open and the parcel is not in it.

    In doubt whether it was open at all, the compartment is not given to the next parcel on that word alone.
    """
    if desk.session.doubt:
        quarantine(desk, ErrorCode.OPEN_NOT_DETECTED)
    desk.emit(
        ev.ParcelMissing(
            parcel=parcel_here(desk).id, compartment=compartment_here(desk), session=desk.session.id
        )
    )
    _list(desk, notice("PARCEL_MISSING"))


def reopen(desk: Desk, tap: Tap) -> None:
    """Once more the same door."""
    open_for_session(desk, compartment_here(desk), Purpose.RECALL, courier_grant(desk))


def skip(desk: Desk, tap: Tap) -> None:
    """This door does not open: the parcel stays, for a technician if the lock failed."""
    quarantine_failed_door(desk)
    mark_to_check(desk, "door-failed")
    _list(desk, notice("REPORTED"), skipped=parcel_here(desk).id)


def timeout_confirm(desk: Desk) -> None:
    """The courier went away without scanning: nobody knows who has the parcel."""
    mark_to_check(desk, "not-scanned-out")
    desk.end("timeout")


def timeout_door_failed(desk: Desk) -> None:
    """The courier left a door that did not open."""
    quarantine_failed_door(desk)
    mark_to_check(desk, "door-failed")
    desk.end("timeout")


def left_open(desk: Desk) -> None:
    """The courier went away from the open door."""
    if desk.session.scanned_out:
        _record_recalled(desk)
    else:
        mark_to_check(desk, "left-open")


RECALL = PurposeTable(
    closed=closed, closed_unseen=closed, left_open=left_open, after_close=Stage.RECALL_CONFIRM
)
