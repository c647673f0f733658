"""Facts and their fold: what each fact says about itself, and the bounds that keep the state small."""

from __future__ import annotations

import msgspec
import pytest

from edge.core import events as ev
from edge.core.commands_parcels import MAX_PARCELS
from edge.core.fold import COMMANDS_KEPT, FINISHED_PARCELS_KEPT, fold
from edge.core.model import DoorState, ErrorCode, Purpose, SessionKind, Stage, State
from tests.core.bench import Bench, expected


@pytest.mark.parametrize(
    ("event", "type_", "area", "subject", "correlation"),
    [
        (ev.ParcelExpired("p1", "a01"), "ph.parcel.expired.v1", "parcel", "parcel/p1", None),
        (ev.ParcelPlaced("p1", "a01", "s1"), "ph.parcel.placed.v1", "parcel", "parcel/p1", "s1"),
        (ev.UnlockActuated("u1", "a01"), "ph.door.unlock-actuated.v1", "door", "compartment/a01", "u1"),
        (ev.DeviceBack("printer"), "ph.health.device-back.v1", "health", "device/printer", None),
        (ev.SessionEnded("s1", "done"), "ph.session.ended.v1", "session", "station", "s1"),
        (
            ev.CommandReceived("c1", "open", "r", "k", "op", "why", "a01"),
            "ph.audit.command-received.v1",
            "audit",
            "compartment/a01",
            "c1",
        ),
    ],
)
def test_a_fact_says_what_it_is_about(
    event: ev.EventBase, type_: str, area: str, subject: str, correlation: str | None
) -> None:
    assert (event.type, event.area, event.subject, event.correlation) == (type_, area, subject, correlation)


def test_facts_that_describe_a_person_or_the_way_to_a_parcel_are_personal() -> None:
    described = {"recipient_masked", "phone_masked", "recipient_key", "code_nonce", "staff_id"}
    described |= {"courier", "delegate"}
    describing = {c for c in ev.EVENT_TYPES.values() if described & set(c.__annotations__)}

    assert {c for c in ev.EVENT_TYPES.values() if c.classification == "personal"} == describing
    assert ev.ParcelExpected in describing


def test_used_codes_are_forgotten_in_the_order_in_which_parcels_left() -> None:
    """An old announcement that leaves last is remembered longest."""
    facts: list[ev.Event] = []
    total = FINISHED_PARCELS_KEPT + 2
    for n in range(total):
        facts.append(ev.ParcelExpected(f"p{n}", f"TRACK{n:05d}", "ems", "k", "张*", "", None, True))
    facts += [ev.ParcelPickedUp(f"p{n}", "t", "a01", "s") for n in (*range(1, total), 0)]
    state = fold(State(), [(e, 1) for e in facts])

    assert len(state.parcels) == FINISHED_PARCELS_KEPT
    assert "p0" in state.parcels
    assert "p1" not in state.parcels and "p2" not in state.parcels and "p3" in state.parcels


def test_what_is_expected_or_inside_is_never_forgotten() -> None:
    bench = Bench()
    bench.start()
    bench.stored("p1")
    bench.send(expected("p2"))
    facts = [
        (ev.ParcelExpected(f"x{n}", f"TRACK{n:05d}", "ems", "k", "", "", None, True), 1)
        for n in range(FINISHED_PARCELS_KEPT + 1)
    ]
    gone = [(ev.ParcelMissing(f"x{n}", "a04", "s"), 1) for n in range(FINISHED_PARCELS_KEPT + 1)]
    state = fold(bench.state, [*facts, *gone])

    assert {"p1", "p2"} <= set(state.parcels)
    assert len(state.parcels) == FINISHED_PARCELS_KEPT + 2


def test_commands_are_remembered_up_to_a_bound_and_the_oldest_goes_first() -> None:
    facts = [
        (ev.CommandResult(f"c{n}", "open", "failed", "r", "k", ErrorCode.BUS_TIMEOUT), 1)
        for n in range(COMMANDS_KEPT + 1)
    ]
    state = fold(State(commands={}), facts[: COMMANDS_KEPT + 1])

    assert len(state.commands) == COMMANDS_KEPT
    assert "c0" not in state.commands and "c1" in state.commands


def test_no_more_parcels_are_announced_than_the_bound_but_known_ones_may_change() -> None:
    bench = Bench()
    bench.start()
    bench.send(expected("p1", consent=False))
    template = bench.state.parcels["p1"]
    bench.state = fold(
        bench.state,
        [
            (ev.ParcelExpected(f"x{n}", f"TRACK{n:05d}", "ems", "k", "", "", None, True), 1)
            for n in range(MAX_PARCELS - 1)
        ],
    )
    assert bench.send(expected("p2")).events == []
    bench.send(expected("p1", consent=True))

    assert bench.state.parcels["p1"].consent and not template.consent


def test_an_answer_about_another_unlock_leaves_the_one_under_way() -> None:
    bench = Bench()
    bench.start()
    home = bench.place("p1")
    before = bench.state.unlock
    foreign: list[ev.Event] = [
        ev.UnlockActuated("other", home),
        ev.UnlockFailed("other", home, ErrorCode.BUS_TIMEOUT),
        ev.UnlockUnknown("other", home, "x"),
        ev.DoorChanged("a04", DoorState.OPEN, "other"),
        ev.DoorChanged("a04", DoorState.CLOSED),
        ev.DoorLeftOpen("a04"),
    ]

    assert fold(bench.state, [(e, 1) for e in foreign]).unlock == before


def test_a_fact_of_another_session_leaves_the_running_one() -> None:
    bench = Bench()
    bench.start()
    bench.tap("start_pickup")
    foreign: list[ev.Event] = [
        ev.SessionAdvanced("other", Stage.PICKUP_DONE, 1.0, Purpose.PICKUP),
        ev.SignedIn("other", "1001", "courier"),
        ev.SessionEnded("other", "done"),
    ]

    assert fold(bench.state, [(e, 1) for e in foreign]).session == bench.state.session
    assert bench.session.kind is SessionKind.PICKUP


OLD = {
    "command": "c1",
    "verb": "open",
    "reply_to": "r",
    "correlation_id": "k",
    "operator": "op",
    "reason": "why",
    "result": "succeeded",
}


def test_facts_of_journals_before_the_new_verbs_still_fold_and_their_duplicates_are_known() -> None:
    """They have no time of the command's own: the time of the record stands for it, which is no earlier."""
    received = msgspec.convert({k: v for k, v in OLD.items() if k != "result"}, ev.CommandReceived)
    result = msgspec.convert({k: OLD[k] for k in OLD if k not in ("operator", "reason")}, ev.CommandResult)
    state = fold(State(), [(received, 7_000), (result, 8_000)])

    record = state.commands["c1"]
    assert (record.result, record.issued_at_ms, record.at_ms) == ("succeeded", 7_000, 7_000)
    printed = msgspec.convert({"job": "j", "document": "receipt", "parcel": "p"}, ev.PrintRequested)
    left = msgspec.convert({"compartment": "a01"}, ev.DoorLeftOpen)
    assert (printed.command, left.command) == (None, None)
