"""Who is who on a belt, without pictures: every physical symbol is told once, however it is seen."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native.track_assign import assign, least_cost
from native.track_book import Book
from native.track_sighting import Sighting, one_of_each, sighted
from tests.native.belt_walk import FPS, HEIGHT, WIDTH, Printed, Walk, symbol_at

if TYPE_CHECKING:
    from collections.abc import Iterable

BELT = 4000.0
"""px/s: a metre a second at 4 px a millimetre."""


def book() -> Book:
    return Book(WIDTH, HEIGHT, most=256, max_px_per_s=8000, grace_s=0.25, patience_s=3)


def seen(content: str, x: float, y: float = 400, format_: str = "QRCode") -> Sighting:
    return sighted(symbol_at(content, x, y, format_=format_), WIDTH, HEIGHT)


def numbers(book: Book, frames: Iterable[list[Sighting]], start_s: float = 0.0) -> list[list[int]]:
    """What each frame tells."""
    told = []
    for k, sightings in enumerate(frames):
        at_s = start_s + k / FPS
        told.append([entry.number for entry in book.see(sightings, at_s)])
        book.leave(at_s)
    return told


def heralds() -> list[Printed]:
    """Parcels that pass first, always read, by which the belt is known."""
    return [Printed(-1 - i, f"herald {i}", 100 - 500.0 * i, 400, always=True) for i in range(3)]


@st.composite
def twins(draw: st.DrawFn) -> list[Printed]:
    """Groups of parcels with one code each, beside or behind one another, a label's width apart at least."""
    printed: list[Printed] = []
    x = -1600.0
    for group in range(draw(st.integers(1, 3))):
        for _ in range(draw(st.integers(1, 3))):
            x -= draw(st.integers(100, 700))
            lane = draw(st.sampled_from((100.0, 300.0, 700.0)))
            printed.append(Printed(len(printed), f"code {group}", x, lane))
            if draw(st.booleans()):
                beside = lane + 100 if lane < 600 else lane - 100
                printed.append(Printed(len(printed), f"code {group}", x - draw(st.integers(0, 60)), beside))
        x -= draw(st.integers(0, 1000))
    return printed


@settings(max_examples=60, deadline=None, derandomize=True)
@given(printed=twins(), seed=st.integers(0, 2**32), miss=st.floats(0, 0.35))
def test_twins_are_neither_doubled_nor_merged(printed: list[Printed], seed: int, miss: float) -> None:
    walk = Walk(heralds() + printed, BELT, seed, miss=miss)

    walk.run((1400 - min(each.x for each in printed)) / BELT + 0.6)

    assert walk.faults() == []
    assert sorted(walk.lost) == sorted(walk.told)


@pytest.mark.parametrize("px_per_s", [0.0, 150.0, 1500.0, 4000.0, 6000.0])
def test_symbols_are_told_once_at_any_speed_and_without_a_herald(px_per_s: float) -> None:
    for seed in range(10):
        printed = [Printed(i, f"code {i}", 640 - 260.0 * i, 150 + 250.0 * (i % 2)) for i in range(6)]
        walk = Walk(printed, px_per_s, seed, miss=0.15)

        walk.run(1.5)

        assert walk.faults() == []


def test_what_is_nearer_to_the_camera_passes_faster() -> None:
    for seed in range(10):
        parcels = [
            Printed(i, f"code {i % 2}", -400.0 * i, 100 + 200.0 * (i % 4), speed=1 + 0.12 * (i % 3))
            for i in range(12)
        ]
        walk = Walk([*heralds(), *parcels], BELT, seed, miss=0.2)

        walk.run(2.0)

        assert walk.faults() == []


class Braking(Walk):
    """A belt that stops and goes on, each in a second: a tenth of gravity."""

    def speed_at(self, at_s: float) -> float:
        return self.px_per_s * max(0.0, min(1.0, abs(at_s - 1.6) - 0.15))


def test_a_belt_may_stop_and_go_on_and_hardly_anything_is_told_twice() -> None:
    surplus = 0
    for seed in range(10):
        parcels = [Printed(i, f"code {i // 2}", -330.0 * i, 150 + 300.0 * (i % 2)) for i in range(14)]
        walk = Braking([*heralds(), *parcels], BELT, seed, miss=0.1)
        walk.run(3.6)
        surplus += len(walk.told) - len(walk.seen)
        assert len(walk.told) >= len(walk.seen)

    assert surplus <= 4  # of 170


def test_another_speed_after_a_gap_is_learned_and_forgotten_tracks_stay_few() -> None:
    walk = Walk(heralds(), BELT, 1, miss=0)
    walk.run(1.0)
    slower = [[seen("late a", 100 + 40.0 * k), seen("late b", 100 + 40.0 * k, 600)] for k in range(20)]

    told = numbers(walk.book, slower, start_s=3.0)

    assert sum(map(len, told)) == 2


def test_a_symbol_that_nothing_carries_is_told_once_beside_a_running_belt() -> None:
    walk = Walk(heralds(), BELT, 1, miss=0)
    walk.run(0.5)
    frames = [[seen("poster", 300, 100), seen("herald 9", 100 + 133.3 * k, 600)] for k in range(8)]

    told = numbers(walk.book, frames, start_s=0.55)

    assert sum(map(len, told)) == 2


def test_a_weak_symbol_is_told_when_a_second_frame_agrees() -> None:
    frames = [[seen("1234", 300, format_="ITF")], [], [seen("1234", 301, format_="ITF")]]

    assert numbers(book(), frames) == [[], [], [1]]


def test_a_strong_symbol_is_told_at_once() -> None:
    assert numbers(book(), [[seen("1234", 300)], [seen("1234", 300)]]) == [[1], []]


def test_reads_that_contradict_each_other_are_not_told_until_one_has_outnumbered_the_other() -> None:
    right, wrong = seen("1234", 300, format_="ITF"), seen("1284", 300, format_="ITF")

    assert numbers(book(), [[right], [wrong], [right], [wrong], [right], [wrong]]) == [[]] * 6
    assert numbers(book(), [[right], [wrong], [right], [right]]) == [[], [], [], [1]]


def test_one_odd_read_where_another_symbol_is_told_is_never_told() -> None:
    right, wrong = seen("PARCEL", 300), seen("1284", 310, format_="ITF")
    frames = [[right], [right], [wrong], [right], [wrong], [right], [wrong]]

    assert sum(map(len, numbers(book(), frames))) == 1


def test_a_weak_symbol_whose_quiet_zone_is_not_in_the_picture_is_no_evidence() -> None:
    at_border = seen("12", 50, format_="ITF")
    frames = [[at_border], [at_border], [at_border]]

    assert at_border.cut
    assert numbers(book(), frames) == [[], [], []]


def test_what_is_read_twice_in_one_frame_is_one() -> None:
    pair = [seen("a", 300), seen("a", 320), seen("a", 420), seen("b", 300)]

    assert [s.place.x for s in one_of_each(pair)] == [300, 420, 300]


def test_a_symbol_unread_for_long_is_lost_even_if_it_should_be_there() -> None:
    kept = book()
    kept.see([seen("a", 300)], 0.0)

    assert kept.leave(2.9) == []
    assert [entry.number for entry in kept.leave(3.1)] == [1]
    assert kept.entries == []


def test_a_book_has_bounds() -> None:
    small = Book(WIDTH, HEIGHT, most=8, max_px_per_s=8000, grace_s=0.25, patience_s=3)
    for k in range(40):
        small.see([seen(f"{k} {i}", 100 + 100 * i, format_="ITF") for i in range(6)], k / FPS)
        assert len(small.entries) <= 8
    small.clear()

    small.see([seen(str(i), 60 + 120 * i, y) for i in range(9) for y in (200, 600)], 9.0)

    assert small.full
    assert len(small.entries) == 8


@pytest.mark.parametrize("seed", range(40))
def test_assignments_cost_the_least(seed: int) -> None:
    from itertools import permutations

    rng = random.Random(seed)
    rows, columns = rng.randint(1, 4), rng.randint(1, 5)
    cost = [[rng.uniform(0, 30) for _ in range(columns)] for _ in range(rows)]

    def total(pairs: list[tuple[int, int]]) -> float:
        return sum(cost[i][j] - 16 for i, j in pairs)

    few, many = min(rows, columns), max(rows, columns)
    best = min(
        total([pair for pair in zip(*order, strict=True) if cost[pair[0]][pair[1]] < 16])
        for chosen in permutations(range(many), few)
        for order in [(range(few), chosen) if rows <= columns else (chosen, range(few))]
    )

    assert total(assign(cost, 16)) == pytest.approx(best)


def test_many_of_one_content_are_assigned_nearest_first() -> None:
    cost = [[abs(i - j) * 10.0 for j in range(20)] for i in range(20)]

    assert sorted(assign(cost, 16)) == [(i, i) for i in range(20)]
    assert least_cost([[1.0, 0.0], [0.0, 5.0]]) == [1, 0]
