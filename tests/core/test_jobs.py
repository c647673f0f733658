"""Long jobs: each id once, batches that a crash neither repeats nor leaves out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core import events as ev
from edge.core.fold import fold
from edge.core.fold_upkeep import JOBS_KEPT
from edge.core.inputs import JobEnded, JobOffered, JobStep, JobStepBegun, Scan, Tick
from edge.core.jobs import BATCH, running_job
from edge.core.model import ErrorCode, ParcelState
from tests.core.bench import Bench, make_setup

HOUR_MS = 3_600_000


def offer(
    bench: Bench, id_: str = "j1", *, shift_s: int = 3600, carrier: str = "*", **changes: Any
) -> JobOffered:
    fields: dict[str, Any] = {
        "id": id_,
        "kind": "deadline-shift",
        "issued_at_ms": bench.now_ms,
        "step_timeout_s": 60.0,
        "parameters": {"shift_s": shift_s, "carrier": carrier},
        "running_version": "1.0",
    }
    return JobOffered(**(fields | changes))


class Stock(Bench):
    """A station with `count` parcels inside, their ids in no order, every third of carrier sf."""

    def __init__(self, count: int) -> None:
        super().__init__(make_setup("S"))
        self.start()
        for n in range(count):
            id_ = f"p{(n * 7919) % 10_007:05d}"
            self.put(id_, "sf" if n % 3 == 0 else "ems")
        self.now_ms += 1000

    def put(self, id_: str, carrier: str = "ems", left_ms: int = 72 * HOUR_MS) -> None:
        facts: list[ev.Event] = [
            ev.ParcelExpected(id_, id_, carrier, id_, "", "", None, True),
            ev.ParcelDeposited(
                parcel=id_,
                tracking_code=id_,
                compartment=f"c-{id_}",
                compartment_number="1",
                session="s",
                courier="1001",
                carrier=carrier,
                code_nonce=0,
                expires_at_ms=self.now_ms + left_ms,
                assurance="confirmed",
            ),
        ]
        told = [(fact, self.now_ms, self.monotonic_ms) for fact in facts]
        self.journal += told
        self.state = fold(self.state, told)

    def deadlines(self) -> dict[str, int]:
        return {parcel.id: parcel.expires_at_ms for parcel in self.state.parcels.values()}

    def finish(self, id_: str = "j1") -> int:
        """Step until the job is over; returns the steps."""
        steps = 0
        while running_job(self.state) is not None:
            self.send(JobStep(id_))
            steps += 1
            assert steps < 1000
        return steps


def test_every_parcel_inside_moves_once_in_bounded_batches() -> None:
    stock = Stock(230)
    before = stock.deadlines()
    stock.send(offer(stock))

    assert stock.finish() == 5
    assert stock.deadlines() == {id_: at + HOUR_MS for id_, at in before.items()}
    job = stock.state.jobs["j1"]
    assert (job.state, job.result) == ("succeeded", {"moved": 230, "skipped": 0})


def test_one_decision_never_holds_more_than_a_batch() -> None:
    stock = Stock(BATCH * 2)
    stock.send(offer(stock))
    while running_job(stock.state) is not None:
        decision = stock.send(JobStep("j1"))
        assert sum(isinstance(e, ev.DeadlineShifted) for e in decision.events) <= BATCH


@given(st.integers(0, 130), st.lists(st.integers(0, 4), max_size=6))
def test_a_crash_after_any_recorded_step_neither_repeats_nor_leaves_out_a_parcel(
    count: int, steps_between_crashes: list[int]
) -> None:
    stock = Stock(count)
    before = stock.deadlines()
    stock.send(offer(stock))
    for steps in steps_between_crashes:
        for _ in range(steps):
            stock.send(JobStep("j1"))
        stock.restart()
    stock.finish()

    assert stock.deadlines() == {id_: at + HOUR_MS for id_, at in before.items()}


def test_a_job_cut_off_within_its_batch_is_as_if_the_batch_had_not_begun() -> None:
    """The facts of a decision are one transaction; what the journal holds is whole decisions."""
    stock = Stock(BATCH + 10)
    before = stock.deadlines()
    stock.send(offer(stock))
    kept = len(stock.journal)
    stock.send(JobStep("j1"))
    del stock.journal[kept:]
    stock.restart()
    stock.finish()

    assert stock.deadlines() == {id_: at + HOUR_MS for id_, at in before.items()}


def test_only_the_carriers_parcels_and_only_those_that_wait_for_pickup_move() -> None:
    stock = Stock(30)
    stock.put("a-expired", "sf", left_ms=1)
    stock.now_ms += 1000
    stock.send(Tick())
    before = stock.deadlines()
    stock.send(offer(stock, carrier="sf"))
    stock.finish()

    moved = {id_ for id_, at in stock.deadlines().items() if at != before[id_]}
    assert moved == {
        p.id for p in stock.state.parcels.values() if p.carrier == "sf" and p.state is ParcelState.STORED
    }
    assert len(moved) == 10 and stock.state.parcels["a-expired"].state is ParcelState.EXPIRED


def test_no_deadline_moves_into_the_past() -> None:
    stock = Stock(0)
    stock.put("soon", left_ms=HOUR_MS // 2)
    stock.put("later", left_ms=2 * HOUR_MS)
    before = stock.deadlines()
    stock.send(offer(stock, shift_s=-3600))
    stock.finish()

    assert stock.deadlines() == before | {"later": before["later"] - HOUR_MS}
    assert stock.state.jobs["j1"].result == {"moved": 1, "skipped": 1}


def test_a_parcel_deposited_while_the_job_runs_keeps_the_deadline_it_was_given() -> None:
    stock = Stock(BATCH + 1)
    stock.send(offer(stock))
    stock.send(JobStep("j1"))
    stock.now_ms += 1000
    stock.put("z-late")
    given_at = stock.deadlines()["z-late"]
    stock.finish()

    assert stock.deadlines()["z-late"] == given_at


def test_the_code_of_a_moved_parcel_opens_its_door_as_before() -> None:
    bench = Bench()
    bench.start()
    code = bench.stored("p1")
    bench.send(offer(bench))
    bench.send(JobStep("j1"))
    bench.now_ms = bench.state.parcels["p1"].expires_at_ms - 1
    bench.send(Tick())
    bench.enter(code)

    assert bench.pulses[-1].compartment == bench.state.parcels["p1"].compartment


def test_a_known_id_changes_nothing_whatever_it_says() -> None:
    stock = Stock(3)
    stock.send(offer(stock))
    stock.finish()
    after = stock.deadlines()

    assert stock.send(offer(stock, shift_s=999)).events == []
    assert stock.send(JobStep("j1")).events == []
    assert stock.deadlines() == after


def test_no_second_job_begins_while_one_runs() -> None:
    stock = Stock(3)
    stock.send(offer(stock))

    assert stock.send(offer(stock, "j2")).events == []
    assert list(stock.state.jobs) == ["j1"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kind": "format-disk"}, ErrorCode.BAD_REQUEST),
        ({"objection": "parameters: shift_s is missing"}, ErrorCode.BAD_REQUEST),
        ({"expected_version": "0.9"}, ErrorCode.STALE_COMMAND),
        ({"clock_ok": False}, ErrorCode.STALE_COMMAND),
        ({"issued_at_ms": 10**15}, ErrorCode.STALE_COMMAND),
    ],
)
def test_what_cannot_be_done_is_rejected_with_its_reason_and_remembered(
    changes: dict[str, Any], error: ErrorCode
) -> None:
    stock = Stock(3)
    before = stock.deadlines()
    decision = stock.send(offer(stock, **changes))

    assert [type(e) for e in decision.events] == [ev.JobFinished]
    job = stock.state.jobs["j1"]
    assert (job.state, job.error) == ("rejected", error) and job.detail
    assert stock.deadlines() == before and running_job(stock.state) is None


def test_the_expected_version_that_runs_is_no_objection() -> None:
    stock = Stock(1)
    stock.send(offer(stock, expected_version="1.0"))

    assert running_job(stock.state) is not None


def test_a_forgotten_job_is_not_done_again() -> None:
    stock = Stock(1)
    first = offer(stock)
    stock.send(first)
    stock.finish()
    after = stock.deadlines()
    for n in range(JOBS_KEPT):
        stock.now_ms += 1000
        stock.send(offer(stock, f"x{n}", kind="no-such"))
    assert "j1" not in stock.state.jobs and len(stock.state.jobs) == JOBS_KEPT

    stock.send(first)

    assert stock.state.jobs["j1"].state == "rejected" and stock.deadlines() == after


def test_a_job_from_the_future_does_not_keep_the_present_ones_out_once_forgotten() -> None:
    stock = Stock(1)
    stock.send(offer(stock, "future", issued_at_ms=10**15))
    for n in range(JOBS_KEPT):
        stock.now_ms += 1000
        stock.send(offer(stock, f"x{n}", kind="no-such"))
    stock.now_ms += 1000
    stock.send(offer(stock, "now"))

    assert stock.state.jobs["now"].state == "running"


def test_steps_and_ends_of_the_shells_work_are_recorded_for_the_running_job_only() -> None:
    bench = Bench()
    bench.start()
    bench.send(offer(bench, kind="update", parameters={"version": "2", "digest": "d"}))
    bench.send(JobStepBegun("j1", "install"))
    assert bench.send(JobStepBegun("other", "install")).events == []
    assert bench.send(JobEnded("other", "failed")).events == []
    assert bench.send(JobStep("j1")).events == [], "an update is nothing the core does"
    bench.restart()

    job = running_job(bench.state)
    assert job is not None and job.step == "install"
    bench.send(JobEnded("j1", "succeeded", result={"version": "2"}))
    assert bench.state.jobs["j1"].state == "succeeded" and running_job(bench.state) is None


def test_a_job_does_not_disturb_the_person_at_the_screen() -> None:
    bench = Bench()
    bench.start()
    bench.place("p1")
    session = bench.state.session
    bench.send(offer(bench))
    bench.send(JobStep("j1"))
    assert bench.state.session == session
    bench.send(Scan("window", "x", "C0"))
