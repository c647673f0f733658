"""Recall: what a courier may take back; nothing leaves the record unless scanned or declared."""

from __future__ import annotations

import msgspec
import pytest

from edge.core import events as ev
from edge.core.decide import available_actions
from edge.core.effects import Print
from edge.core.inputs import DoorReading, Scan, UnlockOutcome, UnlockSettled
from edge.core.model import DoorState, ErrorCode, ParcelState, Size, Stage
from edge.core.recall import due
from tests.core.bench import Bench, make_setup, tracking_code


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.start()
    return bench


def scan(bench: Bench, parcel: str) -> None:
    bench.send(Scan("window", tracking_code(parcel), "C0"))


def at_confirm(bench: Bench) -> str:
    home = bench.recall("p1")
    bench.door_opens()
    bench.door_closes()
    assert bench.stage is Stage.RECALL_CONFIRM
    return home


def at_doubt(bench: Bench) -> str:
    home = bench.recall("p1")
    bench.send(UnlockOutcome(bench.pulses[-1].unlock, "unknown"))
    bench.send(UnlockSettled(bench.pulses[-1].unlock, DoorState.UNKNOWN))
    assert bench.session.doubt and bench.stage is Stage.RECALL_CONFIRM
    return home


def test_an_expired_parcel_scanned_at_the_open_door_is_recalled_when_it_closes(bench: Bench) -> None:
    home = bench.recall("p1")
    bench.door_opens()
    scan(bench, "p1")
    assert not bench.events(ev.ParcelRecalled)
    bench.door_closes()

    fact = bench.events(ev.ParcelRecalled)[-1]
    assert (fact.parcel, fact.compartment, fact.courier) == ("p1", home, "1001")
    assert bench.fate("p1") == "RECALLED"
    assert bench.state.compartments[home].parcel is None
    assert (bench.stage, bench.notice) == (Stage.COURIER_MENU, "RECALLED")


def test_the_scan_may_follow_the_closing(bench: Bench) -> None:
    at_confirm(bench)
    scan(bench, "p1")

    assert bench.fate("p1") == "RECALLED"


def test_another_parcel_in_the_hand_is_not_taken_for_this_one(bench: Bench) -> None:
    home = at_confirm(bench)
    scan(bench, "p9")

    assert bench.notice == "WRONG_PARCEL"
    assert bench.state.compartments[home].parcel == "p1"


def test_another_parcel_at_the_open_door_is_refused_as_well(bench: Bench) -> None:
    bench.recall("p1")
    bench.door_opens()
    scan(bench, "p9")
    assert (bench.stage, bench.notice) == (Stage.DOOR_OPEN, "WRONG_PARCEL")
    bench.door_closes()

    assert bench.at(Stage.RECALL_CONFIRM)


def test_doors_are_opened_one_by_one_in_printed_order_until_none_is_left(bench: Bench) -> None:
    homes = [bench.deposit(p) for p in ("p1", "p2", "p3")]
    bench.tap("back")
    bench.tap("sign_out")
    bench.expire_all()
    bench.sign_in()
    bench.tap("start_recall")
    opened = []
    for parcel in ("p1", "p2", "p3"):
        assert bench.stage is Stage.RECALL_LIST
        bench.tap("recall_next")
        opened.append(bench.pulses[-1].compartment)
        bench.door_opens()
        scan(bench, parcel)
        bench.door_closes()

    assert opened == sorted(homes)
    assert bench.at(Stage.COURIER_MENU) and bench.session.done == 3


def test_nothing_due_says_so(bench: Bench) -> None:
    bench.stored("p1")
    bench.sign_in()
    bench.tap("start_recall")

    assert (bench.stage, bench.notice) == (Stage.COURIER_MENU, "NOTHING_TO_RECALL")


def test_a_waiting_parcel_is_never_due_and_a_courier_takes_only_their_carriers(bench: Bench) -> None:
    bench.stored("p1")
    assert due(bench.setup, bench.state, "1001") == []
    bench.expire_all()

    assert [p.id for p in due(bench.setup, bench.state, "1001")] == ["p1"]
    assert due(bench.setup, bench.state, "1002") == []
    assert due(bench.setup, bench.state, "nobody") == []


def test_a_refused_parcel_is_due(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    bench.door_opens()
    bench.door_closes()
    bench.tap("put_back")

    assert [p.id for p in due(bench.setup, bench.state, "1001")] == ["p1"]


def test_a_deposit_in_doubt_is_due(bench: Bench) -> None:
    home = bench.place("p1")
    bench.door_opens()
    bench.time_out()
    bench.door_closes()
    assert [p.id for p in due(bench.setup, bench.state, "1001")] == ["p1"]

    bench.sign_in()
    bench.tap("start_recall")
    bench.tap("recall_next")
    bench.door_opens()
    scan(bench, "p1")
    bench.door_closes()
    assert bench.fate("p1") == "RECALLED"
    now = bench.state.compartments[home]
    assert now.in_service and not now.left_open and now.parcel is None


def test_missing_frees_the_compartment_the_courier_looked_into(bench: Bench) -> None:
    home = at_confirm(bench)
    bench.tap("missing")

    assert bench.fate("p1") == "MISSING"
    now = bench.state.compartments[home]
    assert now.parcel is None and now.in_service


def test_missing_in_doubt_whether_the_door_was_open_gives_the_compartment_to_nobody(bench: Bench) -> None:
    home = at_doubt(bench)
    bench.tap("missing")

    assert not bench.state.compartments[home].in_service


def test_in_doubt_a_scan_still_proves_that_the_parcel_is_out(bench: Bench) -> None:
    home = at_doubt(bench)
    scan(bench, "p1")

    assert bench.fate("p1") == "RECALLED"
    assert bench.state.compartments[home].in_service


@pytest.mark.parametrize("doubt", [False, True])
def test_silence_without_a_scan_keeps_the_parcel_on_record(bench: Bench, doubt: bool) -> None:
    home = at_doubt(bench) if doubt else at_confirm(bench)
    bench.time_out()

    assert bench.stage is None
    assert bench.state.compartments[home].parcel == "p1"
    assert bench.state.parcels["p1"].to_check


def test_left_open_after_the_scan_is_recalled_and_serves_again_when_closed(bench: Bench) -> None:
    home = bench.recall("p1")
    bench.door_opens()
    scan(bench, "p1")
    bench.time_out()
    assert bench.fate("p1") == "RECALLED" and not bench.state.compartments[home].in_service
    bench.door_closes()

    assert bench.state.compartments[home].in_service


def test_left_open_without_a_scan_keeps_the_parcel_on_record(bench: Bench) -> None:
    home = bench.recall("p1")
    bench.door_opens()
    bench.time_out()

    assert bench.fate("p1") == "EXPIRED" and bench.state.compartments[home].parcel == "p1"
    assert bench.state.parcels["p1"].to_check


def test_a_door_that_does_not_open_is_reported_and_comes_last(bench: Bench) -> None:
    bench.deposit("p1")
    bench.deposit("p2")
    bench.tap("back")
    bench.tap("sign_out")
    bench.expire_all()
    bench.sign_in()
    bench.tap("start_recall")
    bench.tap("recall_next")
    bench.door_stays_closed()
    assert available_actions(bench.setup, bench.state) == ["retry", "report", "extend"]
    bench.tap("report")

    assert (bench.stage, bench.notice) == (Stage.RECALL_LIST, "REPORTED")
    assert [p.id for p in due(bench.setup, bench.state, "1001")] == ["p2", "p1"]
    assert bench.state.parcels["p1"].to_check


def test_a_door_out_of_reach_does_not_stand_in_the_way_of_the_others(bench: Bench) -> None:
    bench.deposit("p1")
    bench.deposit("p2")
    bench.tap("back")
    bench.tap("sign_out")
    bench.expire_all()
    bench.sign_in()
    bench.tap("start_recall")
    asked = []
    for _ in range(3):
        bench.tap("recall_next")
        asked.append(bench.pulses[-1].compartment)
        bench.send(UnlockOutcome(bench.pulses[-1].unlock, "not_sent", ErrorCode.BUS_TIMEOUT))
        bench.tap("report")

    assert asked == ["a01", "a02", "a01"]
    assert all(bench.state.compartments[key].in_service for key in ("a01", "a02"))


def test_a_door_that_was_only_busy_is_still_the_next(bench: Bench) -> None:
    bench.stored("p1")
    bench.stored("p2")
    bench.expire_all()
    bench.sign_in()
    bench.tap("start_recall")
    bench.send(bench.open_command("a04"))
    bench.tap("recall_next")
    assert (bench.stage, bench.notice) == (Stage.RECALL_LIST, "DOOR_BUSY")
    bench.door_stays_closed()
    bench.tap("recall_next")

    assert bench.pulses[-1].compartment == "a01"
    assert bench.session.parcel == "p1"


def test_walking_away_from_a_failed_door_keeps_the_parcel(bench: Bench) -> None:
    home = bench.recall("p1")
    bench.door_stays_closed()
    bench.time_out()

    assert bench.stage is None
    assert bench.state.compartments[home].parcel == "p1" and not bench.state.compartments[home].in_service


def test_retry_opens_the_same_door(bench: Bench) -> None:
    home = bench.recall("p1")
    bench.door_stays_closed()
    bench.tap("retry")

    assert bench.pulses[-1].compartment == home
    bench.door_opens()
    assert bench.stage is Stage.DOOR_OPEN


def test_reopen_forgets_an_earlier_scan(bench: Bench) -> None:
    home = at_confirm(bench)
    bench.tap("reopen")
    assert bench.pulses[-1].compartment == home
    bench.door_opens()
    bench.door_closes()

    assert bench.at(Stage.RECALL_CONFIRM) and not bench.session.scanned_out


def test_a_door_that_springs_back_is_open_again(bench: Bench) -> None:
    home = at_confirm(bench)
    bench.send(DoorReading(home, DoorState.OPEN))

    assert bench.stage is Stage.DOOR_OPEN


def test_another_door_under_way_makes_the_courier_wait(bench: Bench) -> None:
    bench.stored("p1")
    bench.expire_all()
    bench.sign_in()
    bench.tap("start_recall")
    bench.send(bench.open_command("a04"))
    before = len(bench.pulses)
    bench.tap("recall_next")

    assert (bench.stage, bench.notice) == (Stage.RECALL_LIST, "DOOR_BUSY")
    assert len(bench.pulses) == before


def test_back_and_silence_leave_the_list(bench: Bench) -> None:
    bench.stored("p1")
    bench.expire_all()
    bench.sign_in()
    bench.tap("start_recall")
    bench.tap("back")
    assert bench.stage is Stage.COURIER_MENU
    bench.tap("start_recall")
    bench.time_out()

    assert bench.at(None)
    assert bench.fate("p1") == "EXPIRED"


def test_a_return_label_is_printed_by_rule_and_still_has_its_data() -> None:
    bench = Bench(make_setup(waybill_on_recall=True))
    bench.start()
    bench.recall("p1")
    bench.door_opens()
    scan(bench, "p1")
    bench.door_closes()

    job = bench.last_effect(Print)
    assert (job.document, job.parcel) == ("waybill", "p1")
    assert bench.state.parcels["p1"].recipient_masked == "张*"


def test_a_courier_taken_from_the_list_during_a_stop_is_given_no_door(bench: Bench) -> None:
    bench.stored("p1")
    bench.expire_all()
    bench.sign_in()
    bench.tap("start_recall")
    bench.setup = msgspec.structs.replace(bench.setup, staff={})
    bench.restart()
    before = len(bench.pulses)
    bench.tap("recall_next")

    assert (bench.stage, bench.notice) == (Stage.COURIER_MENU, "NOTHING_TO_RECALL")
    assert len(bench.pulses) == before


def test_a_recalled_parcel_cannot_be_deposited_again_under_its_old_announcement(bench: Bench) -> None:
    at_confirm(bench)
    scan(bench, "p1")
    bench.tap("start_deposit")
    scan(bench, "p1")

    assert bench.notice == "PARCEL_UNKNOWN"
    assert bench.state.parcels["p1"].state is ParcelState.RECALLED
    assert bench.state.parcels["p1"].size is Size.S
