"""What holds for every verb: one answer for ever, no lateness, no anonymity, caps and signatures."""

from __future__ import annotations

import pytest

from edge.core import events as ev
from edge.core.answers import finish_command
from edge.core.desk import Desk
from edge.core.effects import Print, Reply
from edge.core.inputs import Command, DoorReading, Moment, PrintOutcome, Signed, Tick
from edge.core.model import DoorState, ErrorCode
from edge.core.orders import (
    ORDERS,
    Cancel,
    Diagnose,
    Hold,
    Open,
    OpenMany,
    Order,
    PrintDocument,
    Rebirth,
    Recall,
    Release,
    Reprint,
    Reserve,
    Revoke,
    SetService,
    ShiftDeadlines,
    Snapshot,
)
from tests.core.bench import Bench, expected, make_setup

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WHO = ("op", "why")


SUCCEEDED = ("succeeded", None)


def replies(bench: Bench, command: str = "c1") -> list[tuple[str, ErrorCode | None]]:
    return [(e.result, e.error) for e in bench.effects if isinstance(e, Reply) and e.command == command]


EVERY: dict[str, Order] = {
    "open": Open("a01", *WHO),
    "open-many": OpenMany(["a01", "a02"], *WHO),
    "hold": Hold("a01", None, *WHO),
    "release": Release("a01", None, *WHO),
    "reserve": Reserve("p2", 1_750_000_100_000),
    "cancel": Cancel("p2"),
    "expect": expected("p3"),
    "recall": Recall("p1", *WHO),
    "shift-deadlines": ShiftDeadlines("p1", None, 60, *WHO),
    "set-service": SetService("a01", False, *WHO),
    "revoke": Revoke({"7-00000a1b2c": 1_750_100_000_000}, 1, *WHO),
    "print": PrintDocument("p1", "waybill", "op"),
    "reprint": Reprint("p1", "waybill", *WHO),
    "snapshot": Snapshot(),
    "rebirth": Rebirth(),
    "diagnose": Diagnose(),
}
BOTH = Signed(("op", "second"))


def ready() -> Bench:
    """A station where each of `EVERY` succeeds or begins: p1 inside, p2 expected, a paper printed."""
    bench = Bench()
    bench.start()
    bench.stored("p1")
    bench.send(expected("p2"))
    bench.now_ms = 1_750_000_000_000
    bench.send(bench.order(Reserve("p2", bench.now_ms + 50_000, "a02"), "c0"))
    return bench


def command(bench: Bench, verb: str, **changes: object) -> Command:
    if verb == "reprint" and not bench.state.prints:
        bench.send(bench.order(PrintDocument("p1", "waybill", "op"), "c00"))
        bench.send(PrintOutcome(bench.last_effect(Print).job, "printed"))
    return bench.order(EVERY[verb], "c1", **({"signed": BOTH} | changes))


def test_the_cases_cover_every_verb() -> None:
    assert set(EVERY) == set(ORDERS)


@pytest.mark.parametrize("verb", EVERY)
def test_every_verb_can_be_done_once_and_its_duplicate_is_answered_the_same(verb: str) -> None:
    bench = ready()
    order = command(bench, verb)
    bench.send(order)
    first = replies(bench)[-1]
    assert first[0] in ("succeeded", "accepted"), first
    facts, pulses = len(bench.journal), len(bench.pulses)
    bench.now_ms += 100 * 86_400_000
    decision = bench.send(order)

    assert [(e.result, e.error) for e in decision.effects if isinstance(e, Reply)] == [first]
    assert len(decision.effects) == 1
    assert (len(bench.journal), len(bench.pulses)) == (facts, pulses)


@pytest.mark.parametrize("verb", EVERY)
@pytest.mark.parametrize(
    ("changes", "result"),
    [({"expires_at_ms": 0}, "expired"), ({"issued_at_ms": 1_750_000_005_001}, "rejected")],
)
def test_no_verb_is_done_late_or_by_a_clock_ahead_of_ours(
    verb: str, changes: dict[str, object], result: str
) -> None:
    bench = ready()
    order = command(bench, verb, **changes)
    before = bench.state
    decision = bench.send(order)

    assert [type(e) for e in decision.events] == [ev.CommandResult]
    assert replies(bench) == [(result, ErrorCode.STALE_COMMAND)]
    assert (bench.state.parcels, bench.state.compartments) == (before.parcels, before.compartments)


@pytest.mark.parametrize("verb", ["open", "open-many", "reserve", "shift-deadlines"])
def test_what_needs_the_time_is_refused_without_a_clock(verb: str) -> None:
    bench = ready()
    bench.send(command(bench, verb, clock_ok=False))

    assert replies(bench) == [("rejected", ErrorCode.STALE_COMMAND)]


@pytest.mark.parametrize("field", ["operator", "reason"])
@pytest.mark.parametrize("verb", EVERY)
def test_no_verb_that_asks_who_or_why_takes_silence(verb: str, field: str) -> None:
    data = EVERY[verb]
    if field not in data.__struct_fields__:
        return
    bench = ready()
    command(bench, verb)
    silent = type(data)(**{f: getattr(data, f) for f in data.__struct_fields__} | {field: ""})
    decision = bench.send(bench.order(silent, signed=Signed(("", "second", "op"))))

    assert [type(e) for e in decision.events] == [ev.CommandResult]
    assert replies(bench) == [("rejected", ErrorCode.NOT_AUTHORISED)]


@pytest.mark.parametrize("verb", EVERY)
def test_a_bad_signature_refuses_any_verb(verb: str) -> None:
    bench = ready()
    signed = Signed((), ErrorCode.SIGNATURE_INVALID, "signature of op is not good")
    decision = bench.send(command(bench, verb, signed=signed))

    assert [type(e) for e in decision.events] == [ev.CommandResult]
    assert replies(bench) == [("rejected", ErrorCode.SIGNATURE_INVALID)]


@pytest.mark.parametrize("verb", EVERY)
def test_every_accepted_command_has_a_final_answer_after_a_restart(verb: str) -> None:
    bench = ready()
    bench.send(command(bench, verb))
    bench.restart()
    if bench.state.unlock is not None:
        bench.now_ms += 60_000
        bench.send(Tick())

    assert bench.state.commands["c1"].final
    assert len([e for e in bench.events(ev.CommandResult) if e.command == "c1"]) == 1


# --- caps and signatures for doors ------------------------------------------------------------


def capped(**rules: float) -> Bench:
    bench = Bench(make_setup("SSML", **rules))
    bench.start()
    return bench


def open_and_close(bench: Bench, command: str) -> str:
    bench.send(bench.open_command("a01", command))
    result = replies(bench, command)[-1][0]
    if result == "accepted":
        bench.door_opens()
        bench.door_closes()
    return result


def test_openings_by_command_are_capped_by_the_hour() -> None:
    bench = capped(max_remote_opens_per_hour=3)
    taken = [open_and_close(bench, f"c{n}") for n in range(5)]
    assert taken == ["accepted"] * 3 + ["rejected"] * 2
    assert replies(bench, "c4") == [("rejected", ErrorCode.RATE_LIMITED)]

    bench.restart()
    assert open_and_close(bench, "c5") == "rejected"
    bench.now_ms += HOUR_MS
    assert open_and_close(bench, "c6") == "accepted"


def test_a_door_that_stands_open_costs_nothing_of_the_cap() -> None:
    bench = capped(max_remote_opens_per_hour=1)
    bench.send(DoorReading("a01", DoorState.OPEN))
    for n in range(3):
        bench.send(bench.open_command("a01", f"c{n}"))

    assert replies(bench, "c2") == [SUCCEEDED]
    assert open_and_close(bench, "c9") == "succeeded"


@pytest.mark.parametrize("step_ms", [-400 * DAY_MS, -HOUR_MS, -1, 1, HOUR_MS, 400 * DAY_MS])
def test_a_clock_that_is_set_neither_loosens_the_cap_nor_shuts_it_for_longer(step_ms: int) -> None:
    bench = capped(max_remote_opens_per_hour=1)
    open_and_close(bench, "c1")
    bench.step_clock(step_ms)
    assert open_and_close(bench, "c2") == "rejected"
    bench.restart()
    assert open_and_close(bench, "c3") == "rejected"

    bench.now_ms += HOUR_MS - 1
    assert open_and_close(bench, "c4") == "rejected"
    bench.now_ms += 1
    assert open_and_close(bench, "c5") == "accepted"


def test_the_hour_of_the_cap_goes_on_while_the_service_is_down_and_not_while_the_machine_is() -> None:
    bench = capped(max_remote_opens_per_hour=1)
    open_and_close(bench, "c1")
    bench.now_ms += HOUR_MS
    bench.restart()
    assert open_and_close(bench, "c2") == "accepted"

    bench.reboot(off_ms=5 * HOUR_MS)
    assert open_and_close(bench, "c3") == "rejected"
    bench.now_ms += HOUR_MS
    assert open_and_close(bench, "c4") == "accepted"


@pytest.mark.parametrize(
    ("by", "error"),
    [((), ErrorCode.NOT_AUTHORISED), (("li",), ErrorCode.NOT_AUTHORISED), (("op",), None)],
)
def test_where_signing_is_asked_for_the_operator_must_have_signed(
    by: tuple[str, ...], error: ErrorCode | None
) -> None:
    bench = capped(signed_commands=True)
    bench.send(bench.open_command(signed=Signed(by)))

    assert replies(bench)[0] == ("rejected" if error else "accepted", error)
    assert len(bench.pulses) == (0 if error else 1)
    if error is None:
        assert bench.events(ev.CommandReceived)[-1].signed_by == ["op"]


def test_only_the_openings_of_the_last_hour_are_kept() -> None:
    bench = capped()
    for n in range(12):
        open_and_close(bench, f"c{n}")
        bench.now_ms += HOUR_MS // 4

    assert len(bench.state.opens_at_ms) == 4


def test_a_final_answer_is_not_replaced() -> None:
    bench = ready()
    bench.send(command(bench, "set-service"))
    desk = Desk(bench.setup, bench.state, Moment(bench.now_ms, ()), {})
    finish_command(desk, "c1", "failed", ErrorCode.BUS_TIMEOUT, None)

    assert (desk.events, desk.effects) == ([], [])
