"""What each verb does to the station, and what it may not."""

from __future__ import annotations

import pytest

from edge.core import events as ev
from edge.core.effects import Print, PublishState, Reply
from edge.core.inputs import DoorReading, PrintOutcome, Scan, Tick
from edge.core.model import DoorState, ErrorCode, Size, Stage
from edge.core.orders import (
    Cancel,
    Diagnose,
    Hold,
    Order,
    PrintDocument,
    Rebirth,
    Recall,
    Release,
    Reprint,
    Reserve,
    SetService,
    ShiftDeadlines,
    Snapshot,
)
from tests.core.bench import Bench, expected, tracking_code

HOUR_MS = 3_600_000
WHO = ("op", "why")


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.start()
    return bench


def replies(bench: Bench, command: str = "c1") -> list[tuple[str, ErrorCode | None]]:
    return [(e.result, e.error) for e in bench.effects if isinstance(e, Reply) and e.command == command]


def told(bench: Bench, data: Order, **changes: object) -> tuple[str, ErrorCode | None]:
    """Send `data` as a new command; its last answer."""
    id_ = f"t{len(bench.effects)}-{len(bench.journal)}"
    bench.send(bench.order(data, id_, **changes))
    return replies(bench, id_)[-1]


SUCCEEDED = ("succeeded", None)


# --- hold and release -------------------------------------------------------------------


def test_a_held_parcel_is_not_handed_out_until_it_is_released(bench: Bench) -> None:
    code = bench.stored("p1")
    assert told(bench, Hold(None, "p1", *WHO)) == SUCCEEDED
    bench.enter(code)
    assert bench.notice == "PARCEL_HELD" and bench.stage is Stage.PICKUP_CODE
    assert [e.reason for e in bench.events(ev.CodeRejected)] == ["held"]
    pulses = len(bench.pulses)
    bench.tap("cancel")

    assert told(bench, Release(None, "p1", *WHO)) == SUCCEEDED
    bench.enter(code)
    assert len(bench.pulses) == pulses + 1


def test_a_code_of_a_held_parcel_is_no_wrong_attempt(bench: Bench) -> None:
    code = bench.stored("p1")
    told(bench, Hold(None, "p1", *WHO))
    for _ in range(20):
        bench.enter(code)
        bench.tap("cancel")

    assert bench.state.attempts == {}


def test_a_held_compartment_hands_out_nothing_and_takes_nothing(bench: Bench) -> None:
    code = bench.stored("p1")
    home = bench.state.parcels["p1"].compartment or ""
    told(bench, Hold(home, None, *WHO))
    told(bench, Hold("a02", None, *WHO))
    bench.enter(code)
    assert bench.notice == "PARCEL_HELD"
    bench.tap("cancel")

    assert bench.deposit("p2") not in (home, "a02")


def test_a_courier_does_not_see_a_held_parcel_among_those_to_take_back(bench: Bench) -> None:
    bench.stored("p1")
    bench.expire_all()
    told(bench, Hold(None, "p1", *WHO))
    bench.sign_in()
    bench.tap("start_recall")

    assert bench.notice == "NOTHING_TO_RECALL"


@pytest.mark.parametrize("what", ["compartment", "parcel"])
def test_nothing_is_held_under_the_hands_of_a_person(bench: Bench, what: str) -> None:
    code = bench.stored("p1")
    home = bench.state.parcels["p1"].compartment
    bench.enter(code)
    order = Hold(home, None, *WHO) if what == "compartment" else Hold(None, "p1", *WHO)

    assert told(bench, order) == ("rejected", ErrorCode.DOOR_BUSY)
    assert not bench.state.parcels["p1"].held


def test_a_hold_survives_a_new_announcement_and_the_deposit(bench: Bench) -> None:
    bench.send(expected("p1"))
    told(bench, Hold(None, "p1", *WHO))
    code = bench.stored("p1", size=Size.M)
    bench.enter(code)

    assert bench.notice == "PARCEL_HELD"


@pytest.mark.parametrize(
    ("compartment", "parcel", "error"),
    [
        (None, None, ErrorCode.BAD_REQUEST),
        ("a01", "p1", ErrorCode.BAD_REQUEST),
        ("a99", None, ErrorCode.BAD_REQUEST),
        (None, "p9", ErrorCode.PARCEL_UNKNOWN),
    ],
)
def test_a_hold_must_say_what(
    bench: Bench, compartment: str | None, parcel: str | None, error: ErrorCode
) -> None:
    assert told(bench, Hold(compartment, parcel, *WHO)) == ("rejected", error)
    assert told(bench, Release(compartment, parcel, *WHO)) == ("rejected", error)


# --- reserve and cancel --------------------------------------------------------------------


def test_a_reserved_compartment_goes_to_its_parcel_and_to_no_other(bench: Bench) -> None:
    bench.send(expected("p1"))
    until_ms = bench.now_ms + HOUR_MS
    assert told(bench, Reserve("p1", until_ms, "a01")) == SUCCEEDED
    assert bench.deposit("p2") == "a02"
    assert bench.deposit("p1") == "a01"

    assert bench.state.compartments["a01"].reserved_for is None


def test_the_station_chooses_what_fits_and_says_which(bench: Bench) -> None:
    bench.send(expected("p1", size=Size.M))
    told(bench, Reserve("p1", bench.now_ms + HOUR_MS))

    assert bench.last_effect(Reply).compartment == "a03"
    assert bench.state.compartments["a03"].reserved_for == "p1"


def test_one_parcel_has_one_reservation(bench: Bench) -> None:
    bench.send(expected("p1"))
    for compartment in ("a01", "a02"):
        told(bench, Reserve("p1", bench.now_ms + HOUR_MS, compartment))

    kept = [key for key, now in bench.state.compartments.items() if now.reserved_for == "p1"]
    assert kept == ["a02"]
    assert [e.reason for e in bench.events(ev.ReservationEnded)] == ["replaced"]


def test_a_reservation_ends_by_the_clock(bench: Bench) -> None:
    bench.send(expected("p1"))
    told(bench, Reserve("p1", bench.now_ms + HOUR_MS, "a01"))
    bench.now_ms += HOUR_MS - 1
    bench.send(Tick())
    assert bench.state.compartments["a01"].reserved_for == "p1"
    bench.now_ms += 1
    bench.send(Tick())

    assert bench.state.compartments["a01"].reserved_for is None
    assert [e.reason for e in bench.events(ev.ReservationEnded)] == ["expired"]


def test_a_reservation_is_given_up(bench: Bench) -> None:
    bench.send(expected("p1"))
    told(bench, Reserve("p1", bench.now_ms + HOUR_MS, "a01"))

    assert told(bench, Cancel("p1")) == SUCCEEDED
    assert bench.deposit("p2") == "a01"
    assert told(bench, Cancel("p1")) == ("rejected", ErrorCode.PARCEL_UNKNOWN)


def test_a_parcel_too_big_for_what_is_reserved_gets_another(bench: Bench) -> None:
    bench.send(expected("p1", size=None))
    told(bench, Reserve("p1", bench.now_ms + HOUR_MS, "a01"))
    bench.sign_in()
    bench.tap("start_deposit")
    bench.send(Scan("window", tracking_code("p1"), "C0"))
    bench.tap("choose_size", size=Size.M)

    assert bench.pulses[-1].compartment == "a03"


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (Reserve("p9", 1), ErrorCode.PARCEL_UNKNOWN),
        (Reserve("p1", 0, "a01"), ErrorCode.BAD_REQUEST),
        (Reserve("p1", 8 * 86_400_000, "a01"), ErrorCode.BAD_REQUEST),
        (Reserve("p1", 1, "a99"), ErrorCode.BAD_REQUEST),
        (Reserve("p1", 1, "a01", Size.L), ErrorCode.PARCEL_TOO_BIG),
        (Reserve("p1", 1, None, Size.XL), ErrorCode.NO_FITTING_COMPARTMENT),
        (Reserve("p1", 1, "a02"), ErrorCode.COMPARTMENT_OCCUPIED),
        (Reserve("p1", 1, "a03"), ErrorCode.DOOR_NOT_CLOSED),
        (Reserve("p1", 1, "a04"), ErrorCode.COMPARTMENT_OUT_OF_SERVICE),
    ],
)
def test_what_cannot_be_kept_is_refused(bench: Bench, order: Reserve, error: ErrorCode) -> None:
    """The times of the cases are offsets from now."""
    bench.send(expected("p1"))
    bench.send(expected("p2"))
    told(bench, Reserve("p2", bench.now_ms + HOUR_MS, "a02"))
    bench.send(DoorReading("a03", DoorState.OPEN))
    told(bench, SetService("a04", False, *WHO))
    before = bench.state.compartments
    order = Reserve(order.parcel_id, bench.now_ms + order.until_ms, order.compartment, order.size)

    assert told(bench, order) == ("rejected", error)
    assert bench.state.compartments == before


# --- recall and deadlines -----------------------------------------------------------------------


def test_a_recalled_parcel_opens_for_no_recipient_and_waits_for_a_courier(bench: Bench) -> None:
    code = bench.stored("p1")
    assert told(bench, Recall("p1", *WHO)) == SUCCEEDED
    bench.enter(code)
    assert bench.notice == "CODE_EXPIRED"
    bench.tap("cancel")
    bench.sign_in()
    bench.tap("start_recall")
    bench.tap("recall_next")

    assert bench.session.parcel == "p1"


def test_a_second_recall_says_nothing_new(bench: Bench) -> None:
    bench.stored("p1")
    told(bench, Recall("p1", *WHO))
    told(bench, Recall("p1", *WHO))

    assert len(bench.events(ev.RecallOrdered)) == 1
    assert bench.last_effect(Reply).result == "succeeded"


def test_a_recall_of_what_has_expired_is_final(bench: Bench) -> None:
    bench.stored("p1")
    bench.expire_all()
    told(bench, Recall("p1", *WHO))

    order = ShiftDeadlines("p1", None, 10 * 86_400, *WHO)
    assert told(bench, order) == ("rejected", ErrorCode.BAD_REQUEST)


def test_a_deadline_moves_and_what_had_expired_opens_again(bench: Bench) -> None:
    code = bench.stored("p1")
    bench.expire_all()
    assert bench.fate("p1") == "EXPIRED"
    until_ms = bench.now_ms + HOUR_MS
    assert told(bench, ShiftDeadlines("p1", until_ms, None, *WHO)) == SUCCEEDED
    bench.enter(code)

    assert bench.stage is Stage.DOOR_OPENING
    assert bench.state.parcels["p1"].expires_at_ms == until_ms


def test_all_deadlines_move_by_as_much(bench: Bench) -> None:
    bench.stored("p1")
    bench.now_ms += HOUR_MS
    bench.stored("p2", who="r2")
    before = {p.id: p.expires_at_ms for p in bench.state.parcels.values()}
    assert told(bench, ShiftDeadlines(None, None, -3600, *WHO)) == SUCCEEDED

    after = {p.id: p.expires_at_ms for p in bench.state.parcels.values()}
    assert after == {key: at_ms - HOUR_MS for key, at_ms in before.items()}


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (ShiftDeadlines(None, None, None, *WHO), ErrorCode.BAD_REQUEST),
        (ShiftDeadlines("p1", 1, 1, *WHO), ErrorCode.BAD_REQUEST),
        (ShiftDeadlines(None, 2_000_000_000_000, None, *WHO), ErrorCode.BAD_REQUEST),
        (ShiftDeadlines("p1", 1_750_000_000_000, None, *WHO), ErrorCode.BAD_REQUEST),
        (ShiftDeadlines("p1", None, -72 * 3600, *WHO), ErrorCode.BAD_REQUEST),
        (ShiftDeadlines(None, None, -71 * 3600 - 1800, *WHO), ErrorCode.BAD_REQUEST),
        (ShiftDeadlines("p1", 2_000_000_000_000, None, *WHO), ErrorCode.BAD_REQUEST),
        (ShiftDeadlines("p9", None, 1, *WHO), ErrorCode.PARCEL_UNKNOWN),
    ],
)
def test_deadlines_never_move_into_the_past_nor_by_halves(
    bench: Bench, order: ShiftDeadlines, error: ErrorCode
) -> None:
    bench.stored("p1")
    bench.now_ms += HOUR_MS
    bench.stored("p2", who="r2")
    before = bench.state.parcels

    assert told(bench, order) == ("rejected", error)
    assert bench.state.parcels == before


@pytest.mark.parametrize("order", [Recall("p1", *WHO), ShiftDeadlines("p1", None, 60, *WHO)])
def test_a_parcel_in_a_persons_hands_keeps_its_terms(bench: Bench, order: Order) -> None:
    bench.enter(bench.stored("p1"))

    assert told(bench, order) == ("rejected", ErrorCode.DOOR_BUSY)


@pytest.mark.parametrize("order", [Recall("p1", *WHO), ShiftDeadlines("p1", None, 60, *WHO)])
def test_a_parcel_that_left_is_unknown_and_a_missing_one_missing(bench: Bench, order: Order) -> None:
    bench.recall("p1")
    bench.door_opens()
    bench.door_closes()
    bench.tap("missing")

    assert told(bench, order) == ("rejected", ErrorCode.PARCEL_MISSING)


# --- papers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "error", "result"),
    [
        ("printed", None, "succeeded"),
        ("failed", ErrorCode.PRINTER_OUT_OF_PAPER, "failed"),
        ("unknown", ErrorCode.PRINTER_UNAVAILABLE, "unknown"),
    ],
)
def test_a_print_is_told_as_it_ended(
    bench: Bench, outcome: str, error: ErrorCode | None, result: str
) -> None:
    bench.stored("p1")
    bench.send(bench.order(PrintDocument("p1", "waybill", "op")))
    bench.send(PrintOutcome(bench.last_effect(Print).job, outcome, error))

    assert replies(bench) == [("accepted", None), (result, error)]


def test_a_second_paper_needs_reprint_and_its_reason(bench: Bench) -> None:
    bench.stored("p1")
    assert told(bench, Reprint("p1", "receipt", *WHO)) == ("rejected", ErrorCode.BAD_REQUEST)
    told(bench, PrintDocument("p1", "receipt", "op"))
    assert told(bench, Reprint("p1", "receipt", *WHO)) == ("rejected", ErrorCode.PRINTER_UNAVAILABLE)
    first = bench.last_effect(Print).job
    bench.send(PrintOutcome(first, "unknown"))
    assert told(bench, PrintDocument("p1", "receipt", "op")) == ("rejected", ErrorCode.BAD_REQUEST)
    assert told(bench, Reprint("p1", "receipt", "op", "")) == ("rejected", ErrorCode.NOT_AUTHORISED)
    assert told(bench, Reprint("p1", "receipt", *WHO)) == ("accepted", None)

    again = bench.events(ev.PrintRequested)[-1]
    assert (again.reprint_of, again.reprint_reason) == (first, "unknown")
    assert bench.events(ev.CommandReceived)[-1].reason == "why"


def test_a_print_cut_by_a_restart_is_unknown_and_not_sent_again(bench: Bench) -> None:
    bench.stored("p1")
    bench.send(bench.order(PrintDocument("p1", "waybill", "op")))
    jobs = [e for e in bench.effects if isinstance(e, Print)]
    bench.restart()

    assert replies(bench)[-1] == ("unknown", None)
    assert [e for e in bench.effects if isinstance(e, Print)] == jobs


@pytest.mark.parametrize("document", ["receipt", "waybill"])
def test_no_paper_for_what_is_not_here(bench: Bench, document: str) -> None:
    bench.send(expected("p1"))
    for parcel in ("p1", "p9"):
        order = PrintDocument(parcel, document, "op")  # type: ignore[arg-type]
        assert told(bench, order) == ("rejected", ErrorCode.PARCEL_UNKNOWN)


# --- what the station says of itself --------------------------------------------------------


@pytest.mark.parametrize(("order", "birth"), [(Snapshot(), False), (Rebirth(), True)])
def test_the_answer_comes_before_what_was_asked_for(bench: Bench, order: Order, birth: bool) -> None:
    decision = bench.send(bench.order(order, clock_ok=False))

    assert [type(e) for e in decision.effects] == [Reply, PublishState]
    assert decision.effects[1] == PublishState(birth=birth)
    again = bench.send(bench.order(order))
    assert [type(e) for e in again.effects] == [Reply]


def test_diagnose_is_answered_by_a_station_that_knows_nothing(bench: Bench) -> None:
    assert told(bench, Diagnose(), clock_ok=False) == SUCCEEDED
