"""Allocation: the smallest that fits, and nothing that is or may be occupied."""

from __future__ import annotations

import pytest

from edge.core.allocation import allocate, free_by_size, is_free
from edge.core.model import Compartment, CompartmentState, DoorState, ErrorCode, Layout, Size, State


def layout(sizes: str) -> Layout:
    return Layout(
        {f"a{n}": Compartment(f"a{n}", f"A{n}", "A", Size(s), "b1", n) for n, s in enumerate(sizes, 1)}
    )


def closed(*compartments: str, **others: CompartmentState) -> State:
    known = {c: CompartmentState(door=DoorState.CLOSED) for c in compartments}
    return State(compartments=known | others)


def chosen(sizes: str, state: State, size: Size) -> str:
    choice = allocate(layout(sizes), state, size)
    return choice.id if isinstance(choice, Compartment) else choice.value


@pytest.mark.parametrize(
    ("size", "compartment"), [(Size.S, "a2"), (Size.M, "a3"), (Size.L, "a1"), (Size.XL, "a4")]
)
def test_the_smallest_that_fits(size: Size, compartment: str) -> None:
    state = closed("a1", "a2", "a3", "a4")
    sizes = {"a1": "L", "a2": "S", "a3": "M", "a4": "L"}
    both = Layout({k: Compartment(k, k, "A", Size(v), "b1", 1) for k, v in sizes.items()})
    both.compartments["a4"] = Compartment("a4", "a4", "A", Size.XL, "b1", 1)
    choice = allocate(both, state, size)

    assert isinstance(choice, Compartment) and choice.id == compartment


def test_a_bigger_one_serves_when_its_own_size_is_gone() -> None:
    assert chosen("SM", closed("a2", a1=CompartmentState(DoorState.CLOSED, parcel="p")), Size.S) == "a2"


def test_a_smaller_one_never_serves() -> None:
    assert chosen("SSM", closed("a1", "a2", "a3"), Size.L) == "NO_FITTING_COMPARTMENT"


def test_nothing_free_is_told_apart_from_nothing_fitting() -> None:
    full = {f"a{n}": CompartmentState(DoorState.CLOSED, parcel=f"p{n}") for n in (1, 2)}

    assert chosen("SM", closed(**full), Size.S) == ErrorCode.STATION_FULL
    assert chosen("", State(), Size.S) == ErrorCode.STATION_FULL


@pytest.mark.parametrize(
    "now",
    [
        CompartmentState(DoorState.CLOSED, parcel="p1"),
        CompartmentState(DoorState.CLOSED, in_service=False, out_reason="COMPARTMENT_OCCUPIED"),
        CompartmentState(DoorState.CLOSED, left_open=True),
        CompartmentState(DoorState.OPEN),
        CompartmentState(DoorState.UNKNOWN, parcel="p1"),
    ],
)
def test_what_is_or_may_be_occupied_is_not_free(now: CompartmentState) -> None:
    assert not is_free(closed(a1=now), "a1")
    assert chosen("S", closed(a1=now), Size.S) == ErrorCode.STATION_FULL


def test_a_lost_sensor_alone_does_not_shut_a_compartment_but_it_comes_last_of_its_size() -> None:
    state = closed("a2", "a3", a1=CompartmentState(DoorState.UNKNOWN))

    assert chosen("SSM", state, Size.S) == "a2"
    assert chosen("S", State(), Size.S) == "a1"
    assert chosen("SMM", closed("a2", "a3", a1=CompartmentState(DoorState.UNKNOWN)), Size.S) == "a1"


def test_among_equals_the_printed_order_decides() -> None:
    assert chosen("SSS", closed("a1", "a2", "a3"), Size.S) == "a1"


def test_free_compartments_are_counted_by_size() -> None:
    state = closed("a2", "a3", a1=CompartmentState(DoorState.CLOSED, parcel="p"))

    assert free_by_size(layout("SSM"), state) == {Size.S: 1, Size.M: 1, Size.L: 0, Size.XL: 0}


def test_sizes_are_ordered_as_they_are_written() -> None:
    assert [size.order for size in (Size.S, Size.M, Size.L, Size.XL)] == [0, 1, 2, 3]
