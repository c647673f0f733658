"""What the state knows of things kept for somebody or from somebody, and of shifted deadlines."""

from __future__ import annotations

from typing import Any

import msgspec

from edge.core import events as ev
from edge.core.model import CompartmentState, ParcelState, State

__all__ = [
    "change_compartment",
    "change_parcel",
    "compartment_hold",
    "deadline_shifted",
    "parcel_hold",
    "recall_ordered",
    "reservation_ended",
    "reserved",
    "unreserve",
]

_replace = msgspec.structs.replace


def change_compartment(station: State, compartment: str, /, **changes: Any) -> State:
    """One compartment otherwise; one no fact has spoken of yet begins as `CompartmentState()`."""
    now = station.compartments.get(compartment, CompartmentState())
    return _replace(station, compartments={**station.compartments, compartment: _replace(now, **changes)})


def change_parcel(station: State, parcel: str, /, **changes: Any) -> State:
    """One parcel otherwise; nothing for one that is not known."""
    now = station.parcels.get(parcel)
    if now is None:
        return station
    return _replace(station, parcels={**station.parcels, parcel: _replace(now, **changes)})


def parcel_hold(state: State, e: ev.ParcelHold, at_ms: int) -> State:
    """An operator keeps the parcel back, or gives it free."""
    return change_parcel(state, e.parcel, held=e.held)


def compartment_hold(state: State, e: ev.CompartmentHold, at_ms: int) -> State:
    """An operator keeps the compartment back, or gives it free."""
    return change_compartment(state, e.compartment, held=e.reason if e.held else None)


def reserved(state: State, e: ev.ParcelReserved, at_ms: int) -> State:
    """The compartment is kept for this parcel, and no other one is."""
    state = unreserve(state, e.parcel)
    return change_compartment(state, e.compartment, reserved_for=e.parcel, reserved_until_ms=e.until_ms)


def reservation_ended(state: State, e: ev.ReservationEnded, at_ms: int) -> State:
    """Nothing is kept for the parcel any more."""
    return unreserve(state, e.parcel)


def unreserve(state: State, parcel: str) -> State:
    """Without what is kept for `parcel`."""
    for key, now in state.compartments.items():
        if now.reserved_for == parcel:
            return change_compartment(state, key, reserved_for=None, reserved_until_ms=0)
    return state


def recall_ordered(state: State, e: ev.RecallOrdered, at_ms: int) -> State:
    """A courier may take the parcel; its code no longer opens."""
    return change_parcel(state, e.parcel, state=ParcelState.EXPIRED, recall_ordered=True)


def deadline_shifted(state: State, e: ev.DeadlineShifted, at_ms: int) -> State:
    """The parcel waits for its recipient, until then."""
    return change_parcel(state, e.parcel, state=ParcelState.STORED, expires_at_ms=e.expires_at_ms)
