"""Commands about parcels: announced, held back, called back."""

from __future__ import annotations

from edge.core import events as ev
from edge.core.answers import accept_command, refuse_command, settle_command, succeed_command
from edge.core.desk import Desk
from edge.core.identifiers import normalise
from edge.core.inputs import Command
from edge.core.model import ErrorCode, Parcel, ParcelState
from edge.core.orders import ExpectParcel, Recall, ShiftDeadlines

__all__ = ["MAX_PARCELS", "MAX_SHIFTED", "expect_parcel", "on_expect", "recall_parcel", "shift_deadlines"]

MAX_SHIFTED = 100
"""Parcels one command shifts: their facts are one transaction; more of them are a job's work."""

MAX_STAY_MS = 366 * 86_400_000
"""No parcel waits longer than a year from now, whoever shifts its deadline."""


def expect_parcel(desk: Desk, command: Command, order: ExpectParcel) -> None:
    """A parcel is on its way; replaces what was announced of it before."""
    objection = _expect_objection(desk, order)
    if objection is not None:
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, objection)
        return
    desk.emit(_expected(order, command.id))
    succeed_command(desk, command)


def on_expect(desk: Desk, expect: ExpectParcel) -> None:
    """A parcel announced by a manifest; recorded only if it says something new of a parcel still expected."""
    if _expect_objection(desk, expect) is not None:
        return
    said = _expected(expect, None)
    known = desk.state.parcels.get(expect.parcel)
    if known is None or any(getattr(known, name) != getattr(said, name) for name in _ANNOUNCED):
        desk.emit(said)


def _expect_objection(desk: Desk, expect: ExpectParcel) -> str | None:
    code = normalise(expect.tracking_code)
    if code is None:
        return "tracking code has no usable form"
    known = desk.state.parcels.get(expect.parcel)
    if known is not None and (known.state is not ParcelState.EXPECTED or known.compartment is not None):
        return f"parcel is {known.state.value.lower()} here"
    session = desk.state.session
    if known is not None and session is not None and session.parcel == expect.parcel:
        # The courier has it in hand under the old announcement.
        return "parcel is being deposited"
    for other in desk.state.parcels.values():
        active = other.state is ParcelState.EXPECTED or other.state.inside
        if active and other.id != expect.parcel and other.tracking_code == code:
            return "tracking code belongs to another parcel here"
    if known is None and len(desk.state.parcels) >= MAX_PARCELS:
        return f"more than {MAX_PARCELS} parcels are known"
    return None


MAX_PARCELS = 5_000
"""Parcels a station keeps: weeks of deliveries to the largest cabinet; bounds memory and each look-up."""


_ANNOUNCED = (
    "tracking_code",
    "carrier",
    "recipient_key",
    "recipient_masked",
    "phone_masked",
    "size",
    "consent",
)
"""What an announcement says of a parcel, by its name in fact and state alike."""


def _expected(expect: ExpectParcel, command: str | None) -> ev.ParcelExpected:
    return ev.ParcelExpected(
        parcel=expect.parcel,
        tracking_code=normalise(expect.tracking_code) or expect.tracking_code,
        carrier=expect.carrier,
        recipient_key=expect.recipient_key,
        recipient_masked=expect.recipient_masked,
        phone_masked=expect.phone_masked,
        size=expect.size,
        consent=expect.consent,
        command=command,
    )


def recall_parcel(desk: Desk, command: Command, order: Recall) -> None:
    """End the parcel's holding period: its code no longer opens, couriers see it."""
    parcel = _inside(desk, command, order.parcel_id)
    if parcel is None:
        return
    record = accept_command(desk, command)
    already = parcel.state is not ParcelState.STORED
    if not (already and (parcel.recall_ordered or parcel.state is ParcelState.REFUSED)):
        desk.emit(
            ev.RecallOrdered(
                parcel=parcel.id,
                compartment=parcel.compartment or "",
                reason=order.reason,
                command=command.id,
            )
        )
    settle_command(desk, record, "succeeded", None, "it waits for a courier already" if already else None)


def _inside(desk: Desk, command: Command, parcel: str) -> Parcel | None:
    """The parcel if it is inside and nobody is at it; otherwise the command is rejected."""
    known = desk.state.parcels.get(parcel)
    if known is None or not known.state.inside or known.compartment is None:
        missing = known is not None and known.state is ParcelState.MISSING
        error = ErrorCode.PARCEL_MISSING if missing else ErrorCode.PARCEL_UNKNOWN
        refuse_command(desk, command, error, "not in this station")
        return None
    session = desk.state.session
    if session is not None and session.parcel == parcel:
        refuse_command(desk, command, ErrorCode.DOOR_BUSY, "somebody at the terminal is at it")
        return None
    return known


def shift_deadlines(desk: Desk, command: Command, order: ShiftDeadlines) -> None:
    """Move the end of the holding period of one parcel or of all; all or none, and never into the past."""
    if (order.until_ms is None) == (order.by_s is None) or (order.parcel_id is None and order.by_s is None):
        detail = "by_s is needed, or for one parcel until_ms"
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, detail)
        return
    parcels = _to_shift(desk, command, order)
    if parcels is None:
        return
    new = {parcel.id: _shifted_ms(parcel, order) for parcel in parcels}
    if any(not desk.now_ms < at_ms <= desk.now_ms + MAX_STAY_MS for at_ms in new.values()):
        detail = "a deadline would lie in the past or more than a year away"
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, detail)
        return
    record = accept_command(desk, command)
    for parcel in parcels:
        desk.emit(
            ev.DeadlineShifted(
                parcel=parcel.id,
                compartment=parcel.compartment or "",
                expires_at_ms=new[parcel.id],
                reason=order.reason,
                command=command.id,
            )
        )
    settle_command(desk, record, "succeeded", None, f"{len(parcels)} deadlines moved")


def _shifted_ms(parcel: Parcel, order: ShiftDeadlines) -> int:
    return order.until_ms if order.until_ms is not None else parcel.expires_at_ms + (order.by_s or 0) * 1000


def _to_shift(desk: Desk, command: Command, order: ShiftDeadlines) -> list[Parcel] | None:
    """The parcels meant, or None and the command is rejected.

    Of all parcels those that wait for a recipient; one that is named may have expired, but neither been
    refused nor recalled by an operator.
    """
    if order.parcel_id is None:
        waiting = [p for p in desk.state.parcels.values() if p.state is ParcelState.STORED]
        if len(waiting) > MAX_SHIFTED:
            detail = f"more than {MAX_SHIFTED} parcels: order a job"
            refuse_command(desk, command, ErrorCode.BAD_REQUEST, detail)
            return None
        return waiting
    parcel = _inside(desk, command, order.parcel_id)
    if parcel is not None and (parcel.state is ParcelState.REFUSED or parcel.recall_ordered):
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, "it waits for a courier")
        return None
    return None if parcel is None else [parcel]
