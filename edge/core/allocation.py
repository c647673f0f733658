"""Which compartment a parcel gets: the smallest that fits, free, closed and in service."""

from __future__ import annotations

from edge.core.model import Compartment, CompartmentState, DoorState, ErrorCode, Layout, Parcel, Size, State

__all__ = ["allocate", "free_by_size", "is_free", "kept_back"]


def kept_back(state: State, parcel: Parcel) -> bool:
    """True while an operator holds the parcel or its compartment: nobody at the terminal gets it."""
    now = state.compartments.get(parcel.compartment or "", CompartmentState())
    return parcel.held or now.held is not None


def is_free(state: State, compartment: str, parcel: str | None = None) -> bool:
    """True when nothing is or may be inside, the door is not seen open and nobody holds it or, but for
    `parcel`, has it reserved.

    A door whose feedback is UNKNOWN stays allocatable: a lost sensor alone
    must not shut the station (the courier looks inside before putting).
    """
    now = state.compartments.get(compartment, CompartmentState())
    empty = now.parcel is None and not now.left_open and now.door is not DoorState.OPEN
    return now.in_service and empty and now.held is None and now.reserved_for in (None, parcel)


def allocate(
    layout: Layout, state: State, size: Size, avoid_board: str | None = None, parcel: str | None = None
) -> Compartment | ErrorCode:
    """The compartment for a parcel of `size`, or NO_FITTING_COMPARTMENT (only smaller free) or STATION_FULL.

    Among equals a door that reads CLOSED comes before UNKNOWN, then printed order.  `avoid_board` names a
    board just found unreachable: its compartments come last, and as the whole line may be dead, a door that
    reads CLOSED then comes before one that fits more closely.  What is reserved for `parcel` and fits comes
    first; what is reserved for another is not given.
    """
    free = [c for c in layout.compartments.values() if is_free(state, c.id, parcel)]
    if not free:
        return ErrorCode.STATION_FULL
    fitting = [c for c in free if c.size.order >= size.order]
    if not fitting:
        return ErrorCode.NO_FITTING_COMPARTMENT

    def worth(c: Compartment) -> tuple[bool, bool, bool, int, bool]:
        unsure = _door(state, c) is not DoorState.CLOSED
        others = parcel is None or _now(state, c).reserved_for != parcel
        return c.board == avoid_board, others, unsure and avoid_board is not None, c.size.order, unsure

    return min(fitting, key=worth)


def _door(state: State, compartment: Compartment) -> DoorState:
    return _now(state, compartment).door


def _now(state: State, compartment: Compartment) -> CompartmentState:
    return state.compartments.get(compartment.id, CompartmentState())


def free_by_size(layout: Layout, state: State) -> dict[Size, int]:
    """How many compartments of each size could be allocated now."""
    counts = dict.fromkeys(Size, 0)
    for compartment in layout.compartments.values():
        if is_free(state, compartment.id):
            counts[compartment.size] += 1
    return counts
