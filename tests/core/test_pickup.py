"""Pickup: the code's own door and no other, the ways a door misbehaves, and what counts as taken."""

from __future__ import annotations

import pytest

from edge.core import events as ev
from edge.core.decide import available_actions
from edge.core.inputs import DoorReading, Scan, Tick, UnlockOutcome, UnlockSettled
from edge.core.model import FIRST_RELEASE_MS, DoorState, ParcelState, Purpose, Size, Stage
from tests.core.bench import Bench, make_setup


@pytest.fixture
def bench() -> Bench:
    """A started station with one stored parcel p1."""
    bench = Bench()
    bench.start()
    bench.stored("p1")
    return bench


def at_done(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.door_opens()
    bench.door_closes()
    assert bench.stage is Stage.PICKUP_DONE


def at_doubt(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.send(UnlockOutcome(bench.pulses[-1].unlock, "unknown"))
    bench.send(UnlockSettled(bench.pulses[-1].unlock, DoorState.UNKNOWN))
    assert bench.session.doubt


def test_a_right_code_pulses_its_own_compartment_once_and_frees_it_when_taken(bench: Bench) -> None:
    home = bench.state.parcels["p1"].compartment
    before = len(bench.pulses)

    at_done(bench)
    bench.tap("done")

    assert [p.compartment for p in bench.pulses[before:]] == [home]
    assert bench.state.parcels["p1"].state is ParcelState.PICKED_UP
    assert bench.state.compartments[home or ""].parcel is None
    assert bench.stage is None and bench.notice == "THANKS"
    assert bench.state.unlock is None


def test_each_code_opens_only_the_door_of_its_parcel() -> None:
    bench = Bench(make_setup("SSSS"))
    bench.start()
    codes = {p: bench.stored(p, who=p) for p in ("p1", "p2", "p3")}

    for parcel, code in reversed(codes.items()):
        home = bench.state.parcels[parcel].compartment
        bench.enter(code)
        assert bench.pulses[-1].compartment == home
        request = bench.events(ev.UnlockRequested)[-1]
        assert (request.authorisation.kind, request.authorisation.ref) == ("pickup_code", parcel)
        bench.door_opens()
        bench.door_closes()
        bench.tap("done")
        assert bench.events(ev.ParcelPickedUp)[-1].parcel == parcel


def test_the_qr_before_the_scanner_does_it_in_one_step(bench: Bench) -> None:
    bench.send(Scan("window", f"PHP:{bench.code('p1')}", "Q3"))

    assert bench.stage is Stage.DOOR_OPENING
    assert bench.session.purpose is Purpose.PICKUP


def test_the_qr_works_at_the_code_screen_and_a_parcel_label_is_no_attempt(bench: Bench) -> None:
    bench.tap("start_pickup")
    bench.send(Scan("window", "TRACK000P1", "C0"))
    assert bench.notice == "SCAN_REFUSED"
    assert not bench.events(ev.CodeRejected)

    bench.send(Scan("window", f"PHP:{bench.code('p1')}\r\n", "Q3"))
    assert bench.stage is Stage.DOOR_OPENING


def test_a_label_scanned_at_home_is_refused_and_starts_nothing(bench: Bench) -> None:
    assert bench.send(Scan("window", "TRACK000P1", "C0")).refused
    assert bench.stage is None


@pytest.mark.parametrize(
    "code", ["", "12345678", "1234567890", "12345678x", "１２３４５６７８９", "٠١٢٣٤٥٦٧٨"]
)
def test_what_is_no_code_is_no_attempt(bench: Bench, code: str) -> None:
    bench.enter(code)

    assert bench.notice == "CODE_WRONG"
    assert bench.stage is Stage.PICKUP_CODE
    assert not bench.events(ev.CodeRejected)


def test_a_wrong_code_opens_nothing_and_says_how_many_are_left(bench: Bench) -> None:
    before = len(bench.pulses)
    bench.enter(f"{(int(bench.code('p1')) + 1) % 10**9:09d}")

    assert len(bench.pulses) == before
    assert bench.notice == "CODE_WRONG"
    assert bench.session.notice is not None and bench.session.notice.params == {"attempts_left": 7}


def test_an_expired_code_is_told_as_such_and_is_no_guess(bench: Bench) -> None:
    bench.expire_all()
    bench.enter(bench.code("p1"))

    assert bench.notice == "CODE_EXPIRED"
    assert bench.stage is Stage.PICKUP_CODE
    assert bench.state.attempts == {}


def test_a_used_code_is_told_as_such_and_opens_nothing(bench: Bench) -> None:
    code = bench.code("p1")
    at_done(bench)
    bench.tap("done")
    before = len(bench.pulses)

    bench.enter(code)

    assert bench.notice == "CODE_USED"
    assert len(bench.pulses) == before


def test_a_used_code_does_not_open_the_next_parcel_in_the_same_compartment(bench: Bench) -> None:
    code, home = bench.code("p1"), bench.state.parcels["p1"].compartment
    at_done(bench)
    bench.tap("done")
    bench.stored("p2", who="r2")
    assert bench.state.parcels["p2"].compartment == home
    before = len(bench.pulses)

    bench.enter(code)

    assert len(bench.pulses) == before


def test_cancel_at_the_code_screen_ends_the_session(bench: Bench) -> None:
    bench.tap("start_pickup")
    bench.tap("cancel")

    assert bench.stage is None
    assert bench.events(ev.SessionEnded)[-1].reason == "cancelled"


def test_nobody_typing_ends_the_session(bench: Bench) -> None:
    bench.tap("start_pickup")
    bench.time_out()

    assert bench.stage is None


def test_silence_after_a_seen_opening_and_closing_means_taken(bench: Bench) -> None:
    at_done(bench)
    bench.time_out()

    assert bench.state.parcels["p1"].state is ParcelState.PICKED_UP
    assert bench.stage is None


def test_put_back_keeps_the_parcel_inside_for_a_courier_and_kills_the_code(bench: Bench) -> None:
    home = bench.state.parcels["p1"].compartment
    at_done(bench)
    bench.tap("put_back")

    assert bench.state.parcels["p1"].state is ParcelState.REFUSED
    assert bench.state.compartments[home or ""].parcel == "p1"
    bench.enter(bench.code("p1"))
    assert bench.notice == "CODE_EXPIRED"


def test_reopen_uses_the_same_door_and_ends_after_three_openings(bench: Bench) -> None:
    home = bench.state.parcels["p1"].compartment
    at_done(bench)
    for _ in range(2):
        bench.tap("reopen")
        assert bench.pulses[-1].compartment == home
        bench.door_opens()
        bench.door_closes()

    assert "reopen" not in available_actions(bench.setup, bench.state)
    assert bench.tap("reopen").refused


def test_extend_never_shortens_the_time_and_is_used_up(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.door_opens()
    whole = bench.session.seconds
    for _ in range(3):
        bench.tap("extend")
        assert bench.session.seconds >= whole

    assert bench.tap("extend").refused


def test_a_stuck_door_can_be_tried_again_and_then_works(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.door_stays_closed()
    assert (bench.stage, bench.notice) == (Stage.DOOR_FAILED, "OPEN_NOT_DETECTED")

    bench.tap("retry")
    bench.door_opens()
    bench.door_closes()
    bench.tap("done")

    assert bench.state.parcels["p1"].state is ParcelState.PICKED_UP


def test_retries_end_after_three_openings_and_the_report_keeps_the_parcel(bench: Bench) -> None:
    home = bench.state.parcels["p1"].compartment or ""
    bench.enter(bench.code("p1"))
    bench.door_stays_closed()
    for _ in range(2):
        bench.tap("retry")
        bench.door_stays_closed()
    assert available_actions(bench.setup, bench.state) == ["report", "extend"]

    bench.tap("report")

    parcel = bench.state.parcels["p1"]
    assert parcel.state is ParcelState.STORED and parcel.to_check and parcel.compartment == home
    assert not bench.state.compartments[home].in_service
    assert bench.notice == "REPORTED" and bench.stage is None


def test_walking_away_from_a_stuck_door_does_the_same_as_a_report(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.door_stays_closed("not_sent")
    assert bench.notice == "BUS_TIMEOUT"
    bench.time_out()

    parcel = bench.state.parcels["p1"]
    assert parcel.state is ParcelState.STORED and parcel.to_check
    assert bench.stage is None


def test_the_code_still_works_after_a_report(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.door_stays_closed()
    bench.tap("report")

    bench.enter(bench.code("p1"))
    bench.door_opens()

    assert bench.stage is Stage.DOOR_OPEN


def test_a_door_that_opens_after_all_is_taken_up(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.door_stays_closed()
    bench.send(DoorReading(bench.pulses[-1].compartment, DoorState.OPEN))

    assert bench.stage is Stage.DOOR_OPEN


def test_in_doubt_silence_is_not_a_yes(bench: Bench) -> None:
    at_doubt(bench)
    assert (bench.stage, bench.notice) == (Stage.PICKUP_DONE, "CHECK_DOOR")

    bench.time_out()

    parcel = bench.state.parcels["p1"]
    assert parcel.state is ParcelState.STORED and parcel.to_check
    assert bench.state.compartments[parcel.compartment or ""].parcel == "p1"
    assert bench.stage is None


def test_in_doubt_the_person_may_say_that_it_is_taken(bench: Bench) -> None:
    at_doubt(bench)
    bench.tap("done")

    assert bench.state.parcels["p1"].state is ParcelState.PICKED_UP


def test_the_doubt_ends_with_a_seen_opening(bench: Bench) -> None:
    at_doubt(bench)
    bench.tap("reopen")
    bench.door_opens()
    bench.door_closes()

    assert not bench.session.doubt


def test_a_shell_that_never_answers_does_not_hold_the_session(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.time_out()

    assert bench.session.doubt
    assert bench.state.unlock is None
    assert bench.events(ev.UnlockUnknown)[-1].reason == "no-answer"


def test_a_door_left_open_takes_the_compartment_out_until_it_is_closed(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.door_opens()
    home = bench.pulses[-1].compartment
    bench.time_out()

    assert bench.stage is None and bench.notice == "DOOR_NOT_CLOSED"
    assert bench.state.unlock is None
    now = bench.state.compartments[home]
    assert now.left_open and not now.in_service

    bench.door_closes()
    now = bench.state.compartments[home]
    assert now.in_service and not now.left_open and now.out_reason is None


def test_a_door_that_springs_back_after_closing_asks_to_be_closed_again(bench: Bench) -> None:
    at_done(bench)
    bench.send(DoorReading(bench.pulses[-1].compartment, DoorState.OPEN))

    assert bench.stage is Stage.DOOR_OPEN
    assert not bench.events(ev.DoorForced)
    bench.door_closes()
    assert bench.at(Stage.PICKUP_DONE)


def test_a_door_that_springs_back_for_ever_does_not_hold_the_session(bench: Bench) -> None:
    at_done(bench)
    home = bench.pulses[-1].compartment
    for _ in range(10):
        bench.send(DoorReading(home, DoorState.OPEN))
        bench.send(DoorReading(home, DoorState.CLOSED))

    assert bench.stage is None
    assert any(e.compartment == home for e in bench.events(ev.DoorLeftOpen))


def test_a_door_seen_open_late_in_doubt_is_taken_up(bench: Bench) -> None:
    at_doubt(bench)
    bench.send(DoorReading(bench.pulses[-1].compartment, DoorState.OPEN))

    assert bench.stage is Stage.DOOR_OPEN


def test_late_answers_of_the_board_change_nothing(bench: Bench) -> None:
    at_done(bench)
    pulse = bench.pulses[-1]
    before = bench.state
    for item in (
        UnlockOutcome(pulse.unlock, "acknowledged"),
        UnlockOutcome(pulse.unlock, "not_sent"),
        UnlockSettled(pulse.unlock, DoorState.CLOSED),
        UnlockSettled("no-such-unlock", DoorState.OPEN),
    ):
        decision = bench.send(item)
        assert decision.events == [] and decision.effects == []

    assert bench.state == before


def test_feedback_before_the_acknowledgement_is_enough(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.send(DoorReading(bench.pulses[-1].compartment, DoorState.OPEN))

    assert bench.stage is Stage.DOOR_OPEN
    assert bench.send(UnlockOutcome(bench.pulses[-1].unlock, "acknowledged")).events == []


def test_a_lost_sensor_while_the_door_is_open_is_no_closing(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.door_opens()
    bench.send(DoorReading(bench.pulses[-1].compartment, DoorState.UNKNOWN))

    assert bench.stage is Stage.DOOR_OPEN


def test_a_code_for_a_door_that_stands_open_pulses_nothing(bench: Bench) -> None:
    home = bench.state.parcels["p1"].compartment or ""
    bench.send(DoorReading(home, DoorState.OPEN))
    before = len(bench.pulses)

    bench.enter(bench.code("p1"))

    assert bench.stage is Stage.DOOR_OPEN
    assert len(bench.pulses) == before


def test_another_door_under_way_makes_the_person_wait(bench: Bench) -> None:
    bench.send(bench.open_command("a02"))
    before = len(bench.pulses)

    bench.enter(bench.code("p1"))

    assert (bench.stage, bench.notice) == (Stage.PICKUP_CODE, "DOOR_BUSY")
    assert len(bench.pulses) == before


def test_the_parcel_of_the_running_pickup_does_not_expire_under_the_recipients_hands(bench: Bench) -> None:
    bench.enter(bench.code("p1"))
    bench.door_opens()
    bench.now_ms += 100 * 3_600_000
    bench.send(Tick())
    assert bench.state.parcels["p1"].state is ParcelState.STORED

    bench.door_closes()
    bench.tap("done")
    assert bench.fate("p1") == "PICKED_UP"


def test_expiry_is_by_the_wall_clock_and_recorded_once(bench: Bench) -> None:
    bench.now_ms = bench.state.parcels["p1"].expires_at_ms - 1
    bench.send(Tick())
    assert not bench.events(ev.ParcelExpired)

    bench.now_ms += 1
    bench.send(Tick())
    bench.send(Tick())
    assert [e.parcel for e in bench.events(ev.ParcelExpired)] == ["p1"]


def test_a_clock_set_back_neither_expires_nor_revives_anything(bench: Bench) -> None:
    bench.stored("p2", size=Size.M)
    bench.expire_all()
    bench.step_clock(-1_000 * 3_600_000)
    bench.send(Tick())

    assert bench.state.parcels["p1"].state is ParcelState.EXPIRED
    bench.enter(bench.code("p1"))
    assert bench.notice == "CODE_EXPIRED"


def test_a_finished_parcel_keeps_no_personal_data(bench: Bench) -> None:
    at_done(bench)
    bench.tap("done")

    parcel = bench.state.parcels["p1"]
    assert (parcel.recipient_masked, parcel.phone_masked, parcel.recipient_key) == ("", "", "")


def test_a_parcel_stored_without_a_clock_is_held_from_when_the_clock_is_set() -> None:
    bench = Bench()
    bench.now_ms = 5_000
    bench.start()
    code = bench.stored("p1")
    bench.now_ms = FIRST_RELEASE_MS + 86_400_000

    decision = bench.send(Tick())

    parcel = bench.state.parcels["p1"]
    assert parcel.state is ParcelState.STORED
    assert parcel.expires_at_ms == bench.now_ms + int(bench.setup.rules.holding_period_s * 1000)
    bench.enter(code)
    assert bench.pulses[-1].compartment == parcel.compartment
    assert [e.reason for e in decision.events if isinstance(e, ev.DeadlineShifted)] == ["clock-set"]
