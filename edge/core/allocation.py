"""Which compartment a parcel gets: the smallest that fits, free, closed and in service."""

from __future__ import annotations

from edge.core.model import Compartment, CompartmentState, DoorState, ErrorCode, Layout, Size, State

__all__ = ["allocate", "free_by_size", "is_free"]


def is_free(state: State, compartment: str) -> bool:
    """True when nothing is or may be inside and the door is not seen open.

    A door whose feedback is UNKNOWN stays allocatable: a lost sensor alone
    must not shut the station (the courier looks inside before putting).
    """
    now = state.compartments.get(compartment, CompartmentState())
    return now.in_service and now.parcel is None and not now.left_open and now.door is not DoorState.OPEN


def allocate(
    layout: Layout, state: State, size: Size, avoid_board: str | None = None
) -> Compartment | ErrorCode:
    """The compartment for a parcel of `size`, or NO_FITTING_COMPARTMENT (only smaller free) or STATION_FULL.

    Among equals a door that reads CLOSED comes before UNKNOWN, then printed order.  `avoid_board` names a
    board just found unreachable: its compartments come last, and as the whole line may be dead, a door that
    reads CLOSED then comes before one that fits more closely.
    """
    free = [c for c in layout.compartments.values() if is_free(state, c.id)]
    if not free:
        return ErrorCode.STATION_FULL
    fitting = [c for c in free if c.size.order >= size.order]
    if not fitting:
        return ErrorCode.NO_FITTING_COMPARTMENT

    def worth(c: Compartment) -> tuple[bool, bool, int, bool]:
        unsure = _door(state, c) is not DoorState.CLOSED
        return c.board == avoid_board, unsure and avoid_board is not None, c.size.order, unsure

    return min(fitting, key=worth)


def _door(state: State, compartment: Compartment) -> DoorState:
    return state.compartments.get(compartment.id, CompartmentState()).door


def free_by_size(layout: Layout, state: State) -> dict[Size, int]:
    """How many compartments of each size could be allocated now."""
    counts = dict.fromkeys(Size, 0)
    for compartment in layout.compartments.values():
        if is_free(state, compartment.id):
            counts[compartment.size] += 1
    return counts
