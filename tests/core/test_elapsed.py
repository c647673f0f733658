"""Station time: no step of the wall clock shortens, lengthens, loosens or tightens what it measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core import events as ev
from edge.core.attempts import locked_for_ms
from edge.core.effects import Reply
from edge.core.elapsed import elapsed_ms
from edge.core.fold import fold
from edge.core.inputs import Tick, UnlockOutcome
from edge.core.model import ErrorCode, State, UnlockPhase
from tests.core.bench import Bench, make_setup

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
AT_MS = 1_790_000_000_000


@pytest.mark.parametrize(
    ("last", "at_ms", "monotonic_ms", "passed_ms"),
    [
        ((AT_MS, 5_000), AT_MS, 5_000, 0),
        ((AT_MS, 5_000), AT_MS + 70, 5_070, 70),
        ((AT_MS, 5_000), AT_MS - DAY_MS, 5_070, 70),  # set back
        ((AT_MS, 5_000), AT_MS + DAY_MS, 5_070, 70),  # set forward
        ((AT_MS, 5_000), AT_MS + DAY_MS, 4_999, 0),  # the machine came up again
        ((AT_MS, 5_000), AT_MS + DAY_MS, 0, 0),
        ((AT_MS, None), AT_MS + DAY_MS, 5_000, 0),  # the first fact with a reading
        ((AT_MS, None), AT_MS + 70, None, 70),  # facts of software that told none
        ((AT_MS, None), AT_MS - 70, None, 0),
        ((AT_MS, 5_000), AT_MS + 70, None, 70),  # such software, put back
        ((0, None), AT_MS, None, 0),  # the very first fact
        ((0, None), AT_MS, 5_000, 0),
    ],
)
def test_what_has_passed_since_the_last_fact(
    last: tuple[int, int | None], at_ms: int, monotonic_ms: int | None, passed_ms: int
) -> None:
    state = State(elapsed_ms=1_000, last_event_at_ms=last[0], monotonic_ms=last[1])

    assert elapsed_ms(state, at_ms, monotonic_ms) == 1_000 + passed_ms


READINGS = st.tuples(st.integers(0, 2**45), st.none() | st.integers(0, 2**45))


@given(st.lists(READINGS, min_size=1))
def test_it_never_goes_back_whatever_the_clocks_say(readings: list[tuple[int, int | None]]) -> None:
    state, last_ms = State(), 0
    for at_ms, monotonic_ms in readings:
        state = fold(state, [(ev.DeviceBack("lock-1"), at_ms, monotonic_ms)])
        assert state.elapsed_ms >= last_ms
        last_ms = state.elapsed_ms


def test_a_reading_put_back_by_other_software_is_not_counted_twice() -> None:
    """Its facts have no reading: meanwhile the wall clock counts, and the next reading begins anew."""
    back = ev.DeviceBack("lock-1")
    facts = [
        (back, AT_MS, 1_000),
        (back, AT_MS + 500, None),
        (back, AT_MS + 600, 1_600),
        (back, AT_MS, 1_700),
    ]

    assert fold(State(), facts).elapsed_ms == 500 + 0 + 100


# --- whatever is done to the clock and the power --------------------------------------


@dataclass
class Truth:
    """What really passes, beside what the station's clocks say.  `booted_ms` is when the machine came up."""

    bench: Bench
    now_ms: int = 0
    booted_ms: int = 0

    def happen(self, what: str, by_ms: int) -> None:
        if what == "time":
            self.now_ms += by_ms
            self.bench.now_ms += by_ms
        elif what == "set":
            self.bench.step_clock(by_ms)
        elif what == "restart":
            self.now_ms += by_ms
            self.bench.now_ms += by_ms
            self.bench.restart()
        elif what == "reboot":
            self.now_ms += by_ms
            self.booted_ms = self.now_ms
            self.bench.reboot(by_ms)


HAPPENINGS = st.one_of(
    st.tuples(st.just("time"), st.sampled_from([1, 999, 60_000, 119_999, 120_000, HOUR_MS // 2, HOUR_MS])),
    st.tuples(
        st.just("set"), st.sampled_from([-400 * DAY_MS, -HOUR_MS, -1_000, 1_000, HOUR_MS, 400 * DAY_MS])
    ),
    st.tuples(st.just("restart"), st.integers(0, 2 * HOUR_MS)),
    st.tuples(st.just("reboot"), st.integers(0, 2 * DAY_MS)),
)
TRY = st.just(("try", 0))


def cancelled(bench: Bench) -> None:
    if bench.stage is not None:
        bench.tap("cancel")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(TRY, TRY, HAPPENINGS), max_size=40))
def test_a_lock_out_lasts_its_length_and_no_longer_than_the_machine_must_be_up_for(
    steps: list[tuple[str, int]],
) -> None:
    bench = Bench(make_setup(station_attempts=2))
    bench.start()
    truth = Truth(bench)
    since_ms = length_ms = 0
    for what, by_ms in steps:
        truth.happen(what, by_ms)
        if what != "try":
            continue
        lockouts = len(bench.events(ev.LockedOut))
        bench.enter("123456789")
        told = bench.events(ev.CodeRejected)[-1].reason
        if truth.now_ms - since_ms < length_ms:
            assert told == "locked-out"
        elif truth.now_ms - max(since_ms, truth.booted_ms) >= length_ms:
            assert told == "wrong"
        if len(bench.events(ev.LockedOut)) > lockouts:
            since_ms, length_ms = truth.now_ms, bench.events(ev.LockedOut)[-1].until_ms - bench.now_ms
            assert 120_000 <= length_ms <= HOUR_MS
        cancelled(bench)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(TRY, TRY, TRY, HAPPENINGS), max_size=40))
def test_no_real_hour_has_more_openings_than_the_cap_and_a_full_hour_up_has_them_all(
    steps: list[tuple[str, int]],
) -> None:
    bench = Bench(make_setup(max_remote_opens_per_hour=3))
    bench.start()
    truth = Truth(bench)
    opened: list[int] = []
    for number, (what, by_ms) in enumerate(steps):
        truth.happen(what, by_ms)
        if what != "try":
            continue
        bench.send(bench.open_command("a01", f"c{number}"))
        error = bench.last_effect(Reply).error
        recent = sum(truth.now_ms - each < HOUR_MS for each in opened)
        if recent == 3:
            assert error is ErrorCode.RATE_LIMITED
        elif truth.now_ms - truth.booted_ms >= HOUR_MS:
            assert error is None
        if error is None:
            opened.append(truth.now_ms)
            bench.send(UnlockOutcome(bench.pulses[-1].unlock, "not_sent"))


@pytest.mark.parametrize("step_ms", [-400 * DAY_MS, -1_000, 1_000, 400 * DAY_MS])
@pytest.mark.parametrize("opened", [True, False])
def test_a_remote_opening_is_given_up_by_what_has_passed_and_not_by_the_clock(
    step_ms: int, opened: bool
) -> None:
    bench = Bench()
    bench.start()
    bench.send(bench.open_command("a01"))
    if opened:
        bench.door_opens()
    rules = bench.setup.rules
    wait_ms = int((rules.door_open_s if opened else rules.open_detect_s) * 1000)
    bench.step_clock(step_ms)
    bench.now_ms += wait_ms
    bench.send(Tick())
    assert bench.state.unlock is not None
    assert bench.state.unlock.phase is (UnlockPhase.OPENED if opened else UnlockPhase.REQUESTED)

    bench.now_ms += 10_000
    bench.send(Tick())
    assert bench.state.unlock is None


# --- journals of software that told no reading ------------------------------------------


def older(bench: Bench) -> Iterator[tuple[ev.Event, int]]:
    return ((event, at_ms) for event, at_ms, _ in bench.journal)


def test_an_older_journal_has_the_lock_out_it_had() -> None:
    bench = Bench(make_setup(station_attempts=2))
    bench.start()
    for _ in range(2):
        bench.enter("123456789")
    bench.now_ms += 20_000
    bench.send_device("lock-1", online=False)

    state = fold(State(), older(bench))

    assert locked_for_ms(state.attempts, "station", state.elapsed_ms) == 100_000


def test_mistakes_far_apart_in_an_older_journal_are_no_series_and_old_lock_outs_are_forgotten() -> None:
    bench = Bench(make_setup(station_attempts=2))
    bench.start()
    for _ in range(6):
        for _ in range(2):
            bench.enter("123456789")
        bench.now_ms += 8 * DAY_MS
    bench.enter("123456789")

    counter = fold(State(), older(bench)).attempts["station"]

    assert (counter.failures, counter.lockouts) == (1, 0)


def test_a_state_kept_by_older_software_locks_nobody_out_for_decades() -> None:
    """Its counters hold wall times, under names of their own."""
    counter = {"failures": 0, "first_at_ms": AT_MS, "locked_until_ms": AT_MS + 60_000, "lockouts": 3}
    kept = {"attempts": {"station": counter}, "remote_opens": [AT_MS], "last_event_at_ms": AT_MS}

    state = msgspec.json.decode(msgspec.json.encode(kept), type=State)

    assert locked_for_ms(state.attempts, "station", state.elapsed_ms) == 0
    assert state.opens_at_ms == ()
