"""Counting wrong attempts: limits, growth, memory over restarts, and an end to every lock-out."""

from __future__ import annotations

import pytest

from edge.core import events as ev
from edge.core.attempts import (
    ATTEMPT_WINDOW_MS,
    COUNTERS_KEPT,
    LOCKOUT_MEMORY_MS,
    Counters,
    cleared,
    counted,
    locked,
    locked_for_ms,
    lockout_ms,
)
from edge.core.model import AttemptCounter, Rules, Stage
from tests.core.bench import Bench, make_setup

HOUR_MS = 3_600_000


def wrong(bench: Bench, parcel: str = "p1", n: int = 1) -> str:
    """A wrong code with the locator of `parcel`."""
    code = bench.code(parcel)
    return code[:3] + f"{(int(code[3:]) + n) % 10**6:06d}"


def far(bench: Bench, parcel: str = "p1") -> str:
    """A wrong code with a locator that is not the parcel's."""
    return f"{(int(bench.code(parcel)) + 10**6) % 10**9:09d}"


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.start()
    bench.stored("p1")
    return bench


def lock_station(bench: Bench) -> None:
    bench.tap("start_pickup")
    for _ in range(bench.setup.rules.station_attempts):
        bench.tap("enter_code", code=far(bench))


def left(bench: Bench) -> int:
    """How long the station takes no code, in milliseconds."""
    assert bench.state.monotonic_ms == bench.monotonic_ms, "the last fact is of now"
    return locked_for_ms(bench.state.attempts, "station", bench.state.elapsed_ms)


def test_the_station_locks_after_its_limit_and_ends_the_session(bench: Bench) -> None:
    lock_station(bench)

    assert bench.stage is None and bench.notice == "LOCKED_OUT"
    assert bench.state.farewell is not None and bench.state.farewell.params == {"seconds": 120}
    assert [e.counter for e in bench.events(ev.LockedOut)] == ["station"]


def test_one_less_than_the_limit_does_not_lock(bench: Bench) -> None:
    bench.tap("start_pickup")
    for _ in range(bench.setup.rules.station_attempts - 1):
        bench.tap("enter_code", code=far(bench))
    assert not bench.events(ev.LockedOut)
    bench.tap("enter_code", code=bench.code("p1"))

    assert bench.stage is Stage.DOOR_OPENING


def test_a_locked_station_opens_nothing_even_for_a_right_code_until_it_is_over(bench: Bench) -> None:
    lock_station(bench)
    before = len(bench.pulses)
    bench.now_ms += 119_999
    bench.enter(bench.code("p1"))
    assert (bench.stage, bench.notice) == (Stage.PICKUP_CODE, "LOCKED_OUT")
    assert bench.session.notice is not None and bench.session.notice.params == {"seconds": 1}
    assert len(bench.pulses) == before

    bench.now_ms += 1
    bench.tap("enter_code", code=bench.code("p1"))
    assert bench.at(Stage.DOOR_OPENING)


def test_attempts_while_locked_are_not_counted(bench: Bench) -> None:
    lock_station(bench)
    counters = bench.state.attempts
    bench.tap("start_pickup")
    for _ in range(20):
        bench.tap("enter_code", code=far(bench))

    assert bench.state.attempts == counters


def test_guessing_at_one_parcel_locks_its_code_only() -> None:
    bench = Bench(make_setup(station_attempts=100))
    bench.start()
    bench.stored("p1")
    bench.stored("p2", who="r2")
    bench.tap("start_pickup")
    for n in range(1, 6):
        bench.tap("enter_code", code=wrong(bench, "p1", n))
    assert [e.counter for e in bench.events(ev.LockedOut)] == ["parcel/p1"]

    bench.tap("enter_code", code=bench.code("p1"))
    assert bench.notice == "LOCKED_OUT" and bench.at(Stage.PICKUP_CODE)
    bench.tap("enter_code", code=bench.code("p2"))
    assert bench.at(Stage.DOOR_OPENING)


def test_switching_off_and_on_clears_no_counter_and_no_lock_out(bench: Bench) -> None:
    bench.enter(far(bench))
    bench.restart()
    assert bench.state.attempts["station"].failures == 1
    bench.tap("cancel")
    lock_station(bench)
    bench.restart()
    bench.enter(bench.code("p1"))

    assert bench.notice == "LOCKED_OUT"


def test_each_lock_out_doubles_up_to_the_longest(bench: Bench) -> None:
    lengths = []
    for _ in range(7):
        lock_station(bench)
        left_ms = left(bench)
        lengths.append(left_ms // 1000)
        bench.now_ms += left_ms

    assert lengths == [120, 240, 480, 960, 1920, 3600, 3600]


def test_a_day_without_a_lock_out_makes_the_next_one_short_again(bench: Bench) -> None:
    for _ in range(3):
        lock_station(bench)
        bench.now_ms += left(bench)
    bench.now_ms += LOCKOUT_MEMORY_MS + 1
    lock_station(bench)

    assert left(bench) == 120_000


def test_mistakes_far_apart_are_no_series(bench: Bench) -> None:
    for _ in range(30):
        bench.enter(far(bench))
        bench.tap("cancel")
        bench.now_ms += ATTEMPT_WINDOW_MS + 1

    assert not bench.events(ev.LockedOut)


def test_a_staff_id_locks_and_stays_locked_for_a_right_pin(bench: Bench) -> None:
    for _ in range(bench.setup.rules.pin_attempts):
        if bench.stage is not None:
            bench.tap("cancel")
        bench.sign_in(ok=False)
    assert bench.at(None) and bench.notice == "LOCKED_OUT"
    assert [e.counter for e in bench.events(ev.LockedOut)] == ["staff/1001"]

    bench.tap("start_courier")
    bench.tap("enter_staff_id", staff_id="1001")
    bench.tap("enter_pin", pin="246810")
    assert bench.at(None) and bench.notice == "LOCKED_OUT"

    bench.sign_in("1002")
    assert bench.session.signed_in


def test_an_unknown_staff_id_locks_like_a_known_one(bench: Bench) -> None:
    for _ in range(bench.setup.rules.pin_attempts):
        if bench.stage is not None:
            bench.tap("cancel")
        bench.sign_in("7777", ok=False)

    assert bench.at(None) and bench.notice == "LOCKED_OUT"


def test_a_right_pin_ends_the_series(bench: Bench) -> None:
    bench.sign_in(ok=False)
    bench.tap("cancel")
    bench.sign_in()

    assert "staff/1001" not in bench.state.attempts


def test_the_counters_are_bounded_and_the_oldest_goes_first() -> None:
    counters: Counters = {}
    for n in range(COUNTERS_KEPT + 5):
        counters = counted(counters, [f"k{n}"], 1000 + n)

    assert len(counters) == COUNTERS_KEPT
    assert "k4" not in counters and "k5" in counters


@pytest.mark.parametrize("lockouts", [0, 1, 5, 20, 10**6])
def test_no_lock_out_is_longer_than_the_longest(lockouts: int) -> None:
    assert 120_000 <= lockout_ms(AttemptCounter(lockouts=lockouts), Rules()) <= HOUR_MS


def test_locked_is_until_not_including() -> None:
    counters = locked({}, "k", 100)

    assert locked_for_ms(counters, "k", 99) == 1
    assert locked_for_ms(counters, "k", 100) == 0
    assert locked_for_ms(counters, "other", 0) == 0
    assert cleared(counters, "k") == {}
