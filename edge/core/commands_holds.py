"""Commands that keep something for somebody or from somebody: `hold`, `release`, `reserve`, `cancel`."""

from __future__ import annotations

from edge.core import events as ev
from edge.core.allocation import allocate, is_free
from edge.core.answers import accept_command, refuse_command, settle_command, succeed_command
from edge.core.desk import Desk
from edge.core.inputs import Command
from edge.core.model import Compartment, CompartmentState, DoorState, ErrorCode, Parcel, ParcelState, Size
from edge.core.orders import Cancel, Hold, Release, Reserve

__all__ = ["cancel", "end_reservations", "hold", "release", "reserve"]


def hold(desk: Desk, command: Command, order: Hold) -> None:
    """Keep back from everybody at the terminal; refused while somebody is at it."""
    session = desk.state.session
    here = {session.compartment, session.parcel} - {None} if session is not None else set()
    if here & {order.compartment, order.parcel_id}:
        refuse_command(desk, command, ErrorCode.DOOR_BUSY, "somebody at the terminal is at it")
    else:
        _change(desk, command, order, held=True)


def release(desk: Desk, command: Command, order: Release) -> None:
    """Give free again what was held."""
    _change(desk, command, order, held=False)


def _change(desk: Desk, command: Command, order: Hold | Release, *, held: bool) -> None:
    if (order.compartment is None) == (order.parcel_id is None):
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, "either compartment or parcel_id is needed")
    elif order.compartment is not None:
        _change_compartment(desk, command, order.compartment, order.reason, held=held)
    else:
        _change_parcel(desk, command, order.parcel_id or "", order.reason, held=held)


def _change_compartment(desk: Desk, command: Command, compartment: str, reason: str, *, held: bool) -> None:
    if compartment not in desk.setup.layout.compartments:
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, "no such compartment")
        return
    record = accept_command(desk, command)
    desk.emit(ev.CompartmentHold(compartment=compartment, held=held, reason=reason, command=command.id))
    settle_command(desk, record, "succeeded", None, None)


def _change_parcel(desk: Desk, command: Command, parcel: str, reason: str, *, held: bool) -> None:
    known = desk.state.parcels.get(parcel)
    if known is None or not (known.state.inside or known.state is ParcelState.EXPECTED):
        refuse_command(desk, command, ErrorCode.PARCEL_UNKNOWN, "neither here nor expected")
        return
    record = accept_command(desk, command)
    desk.emit(ev.ParcelHold(parcel=parcel, held=held, reason=reason, command=command.id))
    settle_command(desk, record, "succeeded", None, None)


def reserve(desk: Desk, command: Command, order: Reserve) -> None:
    """Keep a compartment for a parcel still expected; replaces an earlier reservation of it."""
    parcel = desk.state.parcels.get(order.parcel_id)
    if parcel is None or parcel.state is not ParcelState.EXPECTED or parcel.compartment is not None:
        refuse_command(desk, command, ErrorCode.PARCEL_UNKNOWN, "not expected here")
        return
    latest_ms = desk.now_ms + int(desk.rules.max_reservation_s * 1000)
    if not desk.now_ms < order.until_ms <= latest_ms:
        detail = f"until_ms must lie within the next {desk.rules.max_reservation_s:g} s"
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, detail)
        return
    choice = _choice(desk, order, parcel)
    if isinstance(choice, ErrorCode):
        refuse_command(desk, command, choice, "nothing free that fits")
        return
    before = _reserved(desk, parcel.id)
    if before is not None and before != choice:
        desk.emit(
            ev.ReservationEnded(parcel=parcel.id, compartment=before, reason="replaced", command=command.id)
        )
    desk.emit(
        ev.ParcelReserved(parcel=parcel.id, compartment=choice, until_ms=order.until_ms, command=command.id)
    )
    succeed_command(desk, command, compartment=choice)


def _choice(desk: Desk, order: Reserve, parcel: Parcel) -> str | ErrorCode:
    """The compartment to keep, or why there is none."""
    layout, state = desk.setup.layout, desk.state
    if order.compartment is None:
        found = allocate(layout, state, order.size or parcel.size or Size.S, parcel=parcel.id)
        return found.id if isinstance(found, Compartment) else found
    known = layout.compartments.get(order.compartment)
    if known is None:
        return ErrorCode.BAD_REQUEST
    size = order.size or parcel.size
    if size is not None and known.size.order < size.order:
        return ErrorCode.PARCEL_TOO_BIG
    if is_free(state, known.id, parcel.id):
        return known.id
    now = state.compartments.get(known.id, CompartmentState())
    if now.parcel is not None or now.reserved_for is not None:
        return ErrorCode.COMPARTMENT_OCCUPIED
    return ErrorCode.DOOR_NOT_CLOSED if now.door is DoorState.OPEN else ErrorCode.COMPARTMENT_OUT_OF_SERVICE


def cancel(desk: Desk, command: Command, order: Cancel) -> None:
    """Give up a reservation; without one there is nothing to give up."""
    kept = _reserved(desk, order.parcel_id)
    if kept is None:
        refuse_command(desk, command, ErrorCode.PARCEL_UNKNOWN, "nothing is reserved for it")
        return
    desk.emit(
        ev.ReservationEnded(parcel=order.parcel_id, compartment=kept, reason="cancelled", command=command.id)
    )
    succeed_command(desk, command, compartment=kept)


def end_reservations(desk: Desk) -> None:
    """The regular look at the clock: what was kept in vain is free again."""
    for key, now in list(desk.state.compartments.items()):
        if now.reserved_for is not None and now.reserved_until_ms <= desk.now_ms:
            desk.emit(ev.ReservationEnded(parcel=now.reserved_for, compartment=key, reason="expired"))


def _reserved(desk: Desk, parcel: str) -> str | None:
    return next((key for key, now in desk.state.compartments.items() if now.reserved_for == parcel), None)
