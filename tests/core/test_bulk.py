"""`open-many`: two signatures, one door at a time, each pulsed once, and no further one after a crash."""

from __future__ import annotations

import itertools

import pytest

from edge.core import events as ev
from edge.core.effects import Reply, SettleUnlock, UnlockDoor
from edge.core.inputs import DoorReading, Input, Signed, Tick, UnlockOutcome, UnlockSettled
from edge.core.model import DoorState, ErrorCode, Setup, Stage
from edge.core.orders import OpenMany
from tests.core.bench import Bench, make_setup

BOTH = Signed(("op", "second"))
DOORS = ["a01", "a02", "a03"]


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.start()
    return bench


def ask(bench: Bench, doors: list[str] = DOORS, command: str = "c1", signed: Signed = BOTH) -> None:
    bench.send(bench.order(OpenMany(doors, "op", "bank is moved"), command, signed=signed))


def last_reply(bench: Bench) -> Reply:
    return bench.last_effect(Reply)


def door_does(bench: Bench, what: str) -> None:
    """The door under way springs open, stays closed, or says nothing."""
    unlock = bench.pulses[-1].unlock
    if what == "opened":
        bench.door_opens()
    elif what == "failed":
        bench.door_stays_closed()
    else:
        bench.send(UnlockSettled(unlock, DoorState.UNKNOWN))


def test_doors_open_one_after_the_other_each_after_the_outcome_of_the_last(bench: Bench) -> None:
    ask(bench)
    for n in range(1, 4):
        assert [p.compartment for p in bench.pulses] == DOORS[:n]
        door_does(bench, "opened")

    answer = last_reply(bench)
    assert (answer.result, answer.doors) == ("succeeded", dict.fromkeys(DOORS, "opened"))
    assert len({p.unlock for p in bench.pulses}) == 3
    progress = [e.doors for e in bench.effects if isinstance(e, Reply) and e.result == "actuated"]
    assert progress == [{door: "opened"} for door in DOORS]


@pytest.mark.parametrize("outcomes", list(itertools.product(["opened", "failed", "unknown"], repeat=3)))
def test_every_door_is_tried_and_named_whatever_became_of_the_others(
    bench: Bench, outcomes: tuple[str, ...]
) -> None:
    ask(bench)
    for outcome in outcomes:
        door_does(bench, outcome)

    answer = last_reply(bench)
    assert answer.doors == dict(zip(DOORS, outcomes, strict=True))
    expected = "unknown" if "unknown" in outcomes else "failed" if "failed" in outcomes else "succeeded"
    assert answer.result == expected
    assert answer.error == (ErrorCode.OPEN_NOT_DETECTED if "failed" in outcomes else None)
    assert bench.state.bulk is None
    assert [p.compartment for p in bench.pulses] == DOORS


def test_a_door_that_stands_open_counts_and_is_not_pulsed(bench: Bench) -> None:
    for door in ("a01", "a03"):
        bench.send(DoorReading(door, DoorState.OPEN))
    ask(bench)
    door_does(bench, "opened")

    assert [p.compartment for p in bench.pulses] == ["a02"]
    assert (last_reply(bench).result, set(last_reply(bench).doors.values())) == ("succeeded", {"opened"})


def test_all_doors_open_already_need_no_pulse(bench: Bench) -> None:
    for door in DOORS:
        bench.send(DoorReading(door, DoorState.OPEN))
    ask(bench)

    assert bench.pulses == [] and last_reply(bench).result == "succeeded"
    assert bench.state.bulk is None and bench.state.unlock is None


def test_what_was_opened_is_given_to_nobody_until_it_is_closed(bench: Bench) -> None:
    ask(bench)
    for _ in DOORS:
        door_does(bench, "opened")
    bench.door_closes()  # the last one
    assert not bench.state.compartments["a01"].in_service
    bench.send(DoorReading("a01", DoorState.CLOSED))

    assert bench.state.compartments["a01"].in_service
    assert not bench.events(ev.DoorForced)


def test_what_is_behind_the_doors_must_be_looked_at(bench: Bench) -> None:
    bench.stored("p1")
    ask(bench)
    for _ in DOORS:
        door_does(bench, "opened")

    assert bench.state.parcels["p1"].to_check


def test_nobody_comes_between_two_doors(bench: Bench) -> None:
    code = bench.stored("p1")
    ask(bench, ["a02", "a03"])
    for _ in range(2):
        bench.enter(code)
        assert bench.notice == "DOOR_BUSY"
        bench.tap("cancel")
        bench.send(bench.open_command("a04", f"c{len(bench.journal)}"))
        assert last_reply(bench).error is ErrorCode.DOOR_BUSY
        door_does(bench, "failed")
    bench.enter(code)

    assert bench.stage is Stage.DOOR_OPENING
    assert [p.compartment for p in bench.pulses[-3:]] == ["a02", "a03", "a01"]


@pytest.mark.parametrize("where", ["opening", "open", "failed", "closed"])
def test_somebody_at_a_door_comes_first(bench: Bench, where: str) -> None:
    bench.place("p1")
    if where in ("open", "closed"):
        bench.door_opens()
    if where == "closed":
        bench.door_closes()
    if where == "failed":
        bench.door_stays_closed()
    ask(bench)

    assert (last_reply(bench).result, last_reply(bench).error) == ("rejected", ErrorCode.DOOR_BUSY)
    assert len(bench.pulses) == 1


def test_a_board_that_never_answers_does_not_hold_up_the_rest(bench: Bench) -> None:
    ask(bench)
    for _ in DOORS:
        bench.now_ms += 20_000
        bench.send(Tick())

    assert last_reply(bench).doors == dict.fromkeys(DOORS, "unknown")


@pytest.mark.parametrize(
    ("signed", "error"),
    [
        (Signed(), ErrorCode.NOT_AUTHORISED),
        (Signed(("op",)), ErrorCode.NOT_AUTHORISED),
        (Signed(("op", "op")), ErrorCode.NOT_AUTHORISED),
        (Signed(("li", "wang")), ErrorCode.NOT_AUTHORISED),
        (Signed(("op",), ErrorCode.SIGNATURE_INVALID, "x"), ErrorCode.SIGNATURE_INVALID),
    ],
)
def test_two_people_must_have_signed_and_one_of_them_asks(
    bench: Bench, signed: Signed, error: ErrorCode
) -> None:
    ask(bench, signed=signed)

    assert (last_reply(bench).result, last_reply(bench).error) == ("rejected", error)
    assert bench.pulses == []


@pytest.mark.parametrize(
    ("doors", "error"),
    [
        (["a01", "a99"], ErrorCode.BAD_REQUEST),
        (["a01", "a01"], ErrorCode.BAD_REQUEST),
        (["a01", "a02", "a03", "a04"], ErrorCode.RATE_LIMITED),
    ],
)
def test_what_is_too_much_or_not_there_opens_nothing(doors: list[str], error: ErrorCode) -> None:
    bench = Bench(make_setup(max_bulk_doors=3))
    bench.start()
    ask(bench, doors)

    assert (last_reply(bench).result, last_reply(bench).error) == ("rejected", error)
    assert bench.pulses == []


@pytest.mark.parametrize(
    "setup", [make_setup(max_bulk_doors_per_hour=5), make_setup(max_remote_opens_per_hour=5)]
)
def test_doors_of_an_hour_are_capped_as_a_whole(setup: Setup) -> None:
    bench = Bench(setup)
    bench.start()
    for n in range(2):
        ask(bench, command=f"c{n}")
        while bench.state.bulk is not None:
            door_does(bench, "failed")
    assert (last_reply(bench).result, last_reply(bench).error) == ("rejected", ErrorCode.RATE_LIMITED)
    assert len(bench.pulses) == 3

    bench.now_ms += 3_600_000
    ask(bench, command="c9")
    assert len(bench.pulses) == 4


# --- a crash at any point ---------------------------------------------------------------------


def steps(bench: Bench) -> list[Input]:
    """Everything that happens while two doors are opened, as the world would send it."""
    unlock = bench.pulses[-1].unlock
    door = bench.pulses[-1].compartment
    return [
        UnlockOutcome(unlock, "acknowledged"),
        DoorReading(door, DoorState.OPEN),
        UnlockSettled(unlock, DoorState.OPEN),
    ]


@pytest.mark.parametrize("cut_after", range(7))
@pytest.mark.parametrize("found", list(DoorState))
def test_a_crash_ends_the_command_without_another_pulse(cut_after: int, found: DoorState) -> None:
    """`found` is what the door under way reads after the start."""
    bench = Bench()
    bench.start()
    ask(bench, ["a01", "a02"])
    sent = 0
    while sent < cut_after and bench.state.bulk is not None:
        for item in steps(bench):
            if sent == cut_after:
                break
            bench.send(item)
            sent += 1
    was_done = bench.state.commands["c1"].final
    pulses = [p.compartment for p in bench.pulses]
    doors = {key: now.door for key, now in bench.state.compartments.items()}
    under_way = bench.state.unlock.compartment if bench.state.unlock and not was_done else None
    bench.restart(**(doors | ({under_way: found} if under_way else {})))
    settle = next((e for e in reversed(bench.effects) if isinstance(e, SettleUnlock | UnlockDoor)), None)
    if isinstance(settle, SettleUnlock):
        bench.send(UnlockSettled(settle.unlock, found))

    record = bench.state.commands["c1"]
    assert [p.compartment for p in bench.pulses] == pulses, "pulsed again after a start"
    assert record.final and bench.state.bulk is None
    assert len([e for e in bench.events(ev.CommandResult) if e.command == "c1"]) == 1
    assert set(record.doors) == {"a01", "a02"}
    for door in ("a01", "a02"):
        assert (record.doors[door] == "not-opened") == (door not in pulses)
    if under_way is not None:
        assert record.doors[under_way] == ("opened" if found is DoorState.OPEN else "unknown")
        assert record.result != "succeeded" or set(record.doors.values()) == {"opened"}


def test_a_duplicate_in_the_middle_is_answered_and_opens_nothing(bench: Bench) -> None:
    ask(bench)
    door_does(bench, "opened")
    pulses = len(bench.pulses)
    ask(bench)

    assert last_reply(bench).result in ("accepted", "actuated")
    assert len(bench.pulses) == pulses
