"""Coming up again: what was under way is taken up from the journal and fresh feedback, without a pulse."""

from __future__ import annotations

import msgspec
import pytest

from edge.core import events as ev
from edge.core.effects import SettleUnlock
from edge.core.fold import fold
from edge.core.inputs import PrintOutcome, Started, Tick, UnlockOutcome, UnlockSettled
from edge.core.model import DoorState, ErrorCode, Purpose, Stage, State
from tests.core.bench import Bench, make_setup

LONG_MS = 3_600_000


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.start()
    return bench


def test_a_first_start_counts_one_and_knows_every_door(bench: Bench) -> None:
    assert bench.events(ev.StationStarted)[-1].boot == 1
    assert set(bench.state.compartments) == set(bench.setup.layout.compartments)


def test_a_door_without_feedback_is_unknown_not_its_last_level() -> None:
    bench = Bench()
    bench.start()
    bench.send(Started({"a01": DoorState.OPEN}, "test"))

    assert bench.state.compartments["a01"].door is DoorState.OPEN
    assert bench.state.compartments["a02"].door is DoorState.UNKNOWN
    assert bench.events(ev.StationStarted)[-1].boot == 2


def test_the_state_survives_json_so_a_snapshot_is_as_good_as_the_journal(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter("000000000")
    bench.send(bench.open_command("a04"))
    copy = msgspec.json.decode(msgspec.json.encode(bench.state), type=State)

    assert copy == bench.state


def test_every_fact_survives_json(bench: Bench) -> None:
    bench.recall("p1")
    for event, *_ in bench.journal:
        assert msgspec.json.decode(msgspec.json.encode(event), type=ev.Event) == event


@pytest.mark.parametrize("phase", ["requested", "actuated"])
def test_an_unlock_without_outcome_is_watched_never_repeated(bench: Bench, phase: str) -> None:
    bench.place("p1")
    pulse = bench.pulses[-1]
    if phase == "actuated":
        bench.send(UnlockOutcome(pulse.unlock, "acknowledged"))
    bench.restart()

    assert bench.last_effect(SettleUnlock).unlock == pulse.unlock
    assert len(bench.pulses) == 1
    assert bench.stage is Stage.DOOR_OPENING and bench.timer is not None
    bench.send(UnlockSettled(pulse.unlock, DoorState.CLOSED))
    assert bench.at(Stage.DEPOSIT_CONFIRM) and bench.session.doubt


def test_an_unlock_whose_door_stands_open_worked(bench: Bench) -> None:
    home = bench.place("p1")
    bench.restart(**{home: DoorState.OPEN})

    assert bench.stage is Stage.DOOR_OPEN
    bench.door_closes()
    bench.tap("confirm_in")
    assert bench.fate("p1") == "STORED"


def test_a_door_closed_while_the_station_was_off_is_a_closing(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    bench.door_opens()
    bench.restart()

    assert bench.stage is Stage.PICKUP_DONE and bench.state.unlock is None


def test_content_declared_before_a_crash_opens_no_other_door_at_the_start(bench: Bench) -> None:
    home = bench.place("p1")
    bench.door_opens()
    bench.tap("not_empty")
    bench.restart()

    assert len(bench.pulses) == 1
    assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SCAN, "NOT_EMPTY_RECORDED")
    assert not bench.state.compartments[home].in_service
    assert bench.state.parcels["p1"].compartment is None


def test_a_pickup_door_that_opened_while_off_is_taken_up_as_open(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    bench.door_opens()
    bench.door_closes()
    bench.now_ms += LONG_MS
    bench.restart(**{bench.pulses[-1].compartment: DoorState.OPEN})

    assert bench.stage is Stage.DOOR_OPEN
    assert not bench.events(ev.DoorForced)


def test_a_failed_door_that_opened_while_off_is_taken_up_as_open(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    bench.door_stays_closed()
    bench.restart(**{bench.pulses[-1].compartment: DoorState.OPEN})

    assert bench.stage is Stage.DOOR_OPEN


@pytest.mark.parametrize("pause_ms", [1_000, LONG_MS])
def test_a_scan_before_a_crash_counts_when_the_door_is_closed_after_it(bench: Bench, pause_ms: int) -> None:
    bench.recall("p1")
    bench.door_opens()
    bench.send_scan("p1")
    bench.now_ms += pause_ms
    bench.restart()

    assert bench.fate("p1") == "RECALLED"


def test_a_short_stop_keeps_the_person_where_they_were(bench: Bench) -> None:
    bench.sign_in()
    bench.tap("start_deposit")
    bench.now_ms += 59_000
    bench.restart()

    assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SCAN, "RESTARTED")
    assert bench.timer is not None and bench.timer.step == bench.session.step


def test_a_long_stop_ends_the_session_as_silence_would(bench: Bench) -> None:
    bench.sign_in()
    bench.tap("start_deposit")
    bench.now_ms += 61_000
    bench.restart()

    assert bench.stage is None


def test_a_long_stop_at_an_open_door_is_a_door_left_open(bench: Bench) -> None:
    home = bench.place("p1")
    bench.door_opens()
    bench.now_ms += LONG_MS
    bench.restart(**{home: DoorState.OPEN})

    assert bench.stage is None and bench.state.compartments[home].left_open
    assert bench.state.parcels["p1"].to_check


def test_a_clock_set_back_while_off_keeps_the_session_with_a_timer(bench: Bench) -> None:
    bench.sign_in()
    bench.step_clock(-1_000 * LONG_MS)
    bench.restart()

    assert bench.stage is Stage.COURIER_MENU
    bench.time_out()
    assert bench.at(None)


def test_a_clock_set_back_while_stopped_does_not_make_a_long_stop_a_short_one(bench: Bench) -> None:
    bench.sign_in()
    bench.now_ms += LONG_MS
    bench.step_clock(-1_000 * LONG_MS)
    bench.restart()

    assert bench.stage is None


@pytest.mark.parametrize(("off_ms", "stage"), [(1_000, Stage.COURIER_MENU), (LONG_MS, None)])
def test_after_a_power_cut_the_wall_clock_says_how_long_it_was(
    bench: Bench, off_ms: int, stage: Stage | None
) -> None:
    bench.sign_in()
    bench.reboot(off_ms)

    assert bench.stage is stage


def test_a_door_opened_by_nobody_while_off_is_forced_and_its_parcel_must_be_looked_at(bench: Bench) -> None:
    bench.stored("p1")
    home = bench.state.parcels["p1"].compartment or ""
    bench.restart(**{home: DoorState.OPEN, "a04": DoorState.OPEN})

    assert {e.compartment for e in bench.events(ev.DoorForced)} == {home, "a04"}
    assert bench.state.parcels["p1"].to_check


def test_a_door_left_open_and_closed_while_off_serves_again(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    bench.door_opens()
    bench.time_out()
    home = bench.pulses[-1].compartment
    assert not bench.state.compartments[home].in_service
    bench.restart()

    now = bench.state.compartments[home]
    assert now.in_service and not now.left_open


def test_a_door_left_open_on_a_parcel_serves_again_once_the_parcel_is_gone(bench: Bench) -> None:
    bench.stored("p1")
    home = bench.state.parcels["p1"].compartment or ""
    bench.send(bench.open_command(home))
    bench.door_opens()
    bench.now_ms += 200_000
    bench.send(Tick())
    bench.door_closes()
    assert not bench.state.compartments[home].in_service

    bench.enter(bench.code("p1"))
    bench.door_opens()
    bench.door_closes()
    bench.tap("done")
    bench.send(Tick())
    assert bench.state.compartments[home].in_service


def test_a_print_under_way_is_unknown_and_not_repeated() -> None:
    bench = Bench(make_setup(receipt_after_deposit=True))
    bench.start()
    bench.deposit("p1")
    job = bench.events(ev.PrintRequested)[-1].job
    effects = len(bench.effects)
    bench.restart()

    done = bench.events(ev.PrintFinished)[-1]
    assert (done.job, done.result, done.detail) == (job, "unknown", "restart")
    assert not any(type(e).__name__ == "Print" for e in bench.effects[effects:])
    assert bench.send(PrintOutcome(job, "printed")).events == []


def test_lost_devices_are_found_out_anew(bench: Bench) -> None:
    bench.send_device("printer", online=False)
    assert bench.state.lost_devices == {"printer": "port gone"}
    bench.restart()

    assert bench.state.lost_devices == {}


def test_the_fold_ignores_facts_about_what_it_does_not_know() -> None:
    """A fact never fails to apply, even after the bounds have dropped what it speaks of."""
    facts: list[ev.Event] = [
        ev.ParcelPickedUp("p", "t", "a01", "s"),
        ev.ParcelExpired("p", "a01"),
        ev.UnlockActuated("u", "a01"),
        ev.UnlockFailed("u", "a01", ErrorCode.BUS_TIMEOUT),
        ev.SessionAdvanced("s", Stage.PICKUP_DONE, 1.0, Purpose.PICKUP),
        ev.SignedIn("s", "1001", "courier"),
        ev.SessionEnded("s", "done"),
        ev.PrintFinished("j", "printed"),
        ev.DeviceBack("d"),
    ]
    state = fold(State(), [(e, 1) for e in facts])

    assert state.parcels == {} and state.session is None and state.unlock is None
