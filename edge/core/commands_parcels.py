"""Commands about parcels: announced, held back, called back."""

from __future__ import annotations

from edge.core import events as ev
from edge.core.answers import refuse_command, succeed_command
from edge.core.desk import Desk
from edge.core.identifiers import normalise
from edge.core.inputs import Command
from edge.core.model import ErrorCode, ParcelState
from edge.core.orders import ExpectParcel

__all__ = ["MAX_PARCELS", "expect_parcel", "on_expect"]


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
