"""Who is who on a belt, without pictures: every physical symbol is told once, however it is seen."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from native.symbol import Point
from native.track_book import Book
from native.track_sighting import sighted
from tests.native.belt_walk import HEIGHT, WIDTH, Printed, Walk, symbol_at

BELT = 4000.0
"""px/s: a metre a second."""


def book() -> Book:
    return Book(WIDTH, HEIGHT, most=256, max_px_per_s=8000, grace_s=0.25, patience_s=3)


def heralds(count: int = 3) -> list[Printed]:
    """Parcels that pass first, by which the belt is known."""
    return [Printed(-1 - i, f"herald {i}", 100 - 500.0 * i, 400) for i in range(count)]


@st.composite
def twins(draw: st.DrawFn) -> list[Printed]:
    """Groups of parcels with one code each, beside or behind one another, at least a label's width apart."""
    printed: list[Printed] = []
    x = -1600.0
    for group in range(draw(st.integers(1, 3))):
        for _ in range(draw(st.integers(1, 4))):
            x -= draw(st.floats(100, 700))
            lane = draw(st.sampled_from((100.0, 300.0, 700.0)))
            printed.append(Printed(len(printed), f"code {group}", x, lane))
            if draw(st.booleans()):
                beside = lane + 100 if lane < 600 else lane - 100
                printed.append(Printed(len(printed), f"code {group}", x - draw(st.floats(0, 60)), beside))
        x -= draw(st.floats(0, 1500))
    return printed


@settings(max_examples=80, deadline=None)
@given(printed=twins(), seed=st.integers(0, 2**32), miss=st.floats(0, 0.4))
def test_twins_are_neither_doubled_nor_merged(printed: list[Printed], seed: int, miss: float) -> None:
    walk = Walk(heralds() + printed, BELT, seed, miss=miss)

    walk.run((1400 - min(each.x for each in printed)) / BELT + 0.6)

    assert walk.faults() == []
    assert sorted(walk.lost) == sorted(walk.told)
