"""Commands: executed once, answered the same for ever; a door moves only for a fresh, named, reasoned one."""

from __future__ import annotations

import msgspec
import pytest

from edge.core import events as ev
from edge.core.effects import Reply
from edge.core.inputs import Command, DoorReading, ExpectParcel, Tick, UnlockOutcome, UnlockSettled
from edge.core.model import CompartmentState, DoorState, ErrorCode, ParcelState, Size, Stage, UnlockPhase
from edge.core.orders import SetService
from tests.core.bench import Bench, expected


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.start()
    return bench


def replies(bench: Bench, command: str = "c1") -> list[tuple[str, ErrorCode | None]]:
    return [(e.result, e.error) for e in bench.effects if isinstance(e, Reply) and e.command == command]


def expect_command(bench: Bench, announced: ExpectParcel, command: str = "c1", **changes: object) -> Command:
    return bench.order(announced, command, **({"expires_at_ms": bench.now_ms + 10**9} | changes))


# --- open --------------------------------------------------------------------


def test_an_opening_is_answered_step_by_step(bench: Bench) -> None:
    bench.send(bench.open_command())
    bench.door_opens()

    assert replies(bench) == [("accepted", None), ("actuated", None), ("succeeded", None)]
    assert bench.pulses[-1].compartment == "a01"
    grant = bench.events(ev.UnlockRequested)[-1]
    assert (grant.authorisation.kind, grant.authorisation.ref, grant.command) == ("command", "c1", "c1")
    assert bench.events(ev.CommandReceived)[-1].operator == "op"


def test_replies_go_where_the_command_said(bench: Bench) -> None:
    bench.send(bench.open_command())

    reply = bench.last_effect(Reply)
    assert (reply.verb, reply.reply_to, reply.correlation_id) == ("open", "rsp/console", "k1")


@pytest.mark.parametrize(
    ("outcome", "settled", "result", "error"),
    [
        ("acknowledged", DoorState.CLOSED, "failed", ErrorCode.OPEN_NOT_DETECTED),
        ("acknowledged", DoorState.UNKNOWN, "unknown", None),
        ("unknown", DoorState.CLOSED, "failed", ErrorCode.BUS_TIMEOUT),
        ("unknown", DoorState.UNKNOWN, "unknown", None),
        ("unknown", DoorState.OPEN, "succeeded", None),
        ("not_sent", DoorState.CLOSED, "failed", ErrorCode.BUS_TIMEOUT),
        (None, DoorState.OPEN, "succeeded", None),
        (None, DoorState.UNKNOWN, "unknown", None),
    ],
)
def test_an_opening_ends_in_exactly_one_result(
    bench: Bench, outcome: str | None, settled: DoorState, result: str, error: ErrorCode | None
) -> None:
    bench.send(bench.open_command())
    unlock = bench.pulses[-1].unlock
    if outcome is not None:
        bench.send(UnlockOutcome(unlock, outcome))
    bench.send(UnlockSettled(unlock, settled))
    bench.send(UnlockSettled(unlock, settled))

    assert [(e.result, e.error) for e in bench.events(ev.CommandResult)] == [(result, error)]
    assert replies(bench)[-1] == (result, error)
    still_open = bench.state.unlock is not None
    assert still_open == (result == "succeeded")


def test_a_refusal_of_the_board_is_passed_on(bench: Bench) -> None:
    bench.send(bench.open_command())
    bench.send(UnlockOutcome(bench.pulses[-1].unlock, "not_sent", ErrorCode.BAD_REQUEST))

    assert replies(bench)[-1] == ("failed", ErrorCode.BAD_REQUEST)


@pytest.mark.parametrize("when", ["pending", "done", "refused"])
def test_a_duplicate_gets_the_stored_result_and_moves_nothing(bench: Bench, when: str) -> None:
    command = bench.open_command("nowhere" if when == "refused" else "a01")
    bench.send(command)
    if when == "done":
        bench.door_opens()
    stored = bench.state.commands["c1"]
    pulses, events = len(bench.pulses), len(bench.journal)
    bench.now_ms += 3_600_000
    decision = bench.send(command)

    assert [(type(e), getattr(e, "result", "")) for e in decision.effects] == [(Reply, stored.result)]
    assert (len(bench.pulses), len(bench.journal)) == (pulses, events)


def test_a_duplicate_after_a_restart_gets_the_stored_result(bench: Bench) -> None:
    command = bench.open_command()
    bench.send(command)
    bench.door_opens()
    bench.restart()
    pulses = len(bench.pulses)
    bench.send(command)

    assert replies(bench)[-1] == ("succeeded", None)
    assert len(bench.pulses) == pulses


@pytest.mark.parametrize(
    ("changes", "result", "error"),
    [
        ({"expires_at_ms": 0}, "expired", ErrorCode.STALE_COMMAND),
        ({"clock_ok": False}, "rejected", ErrorCode.STALE_COMMAND),
        ({"issued_in_ms": 5_001}, "rejected", ErrorCode.STALE_COMMAND),
        ({"expires_in_ms": 35_001}, "rejected", ErrorCode.STALE_COMMAND),
        ({"issued_in_ms": -35_001, "expires_in_ms": 20_000}, "rejected", ErrorCode.STALE_COMMAND),
        ({"operator": ""}, "rejected", ErrorCode.NOT_AUTHORISED),
        ({"operator": " \t"}, "rejected", ErrorCode.NOT_AUTHORISED),
        ({"reason": ""}, "rejected", ErrorCode.NOT_AUTHORISED),
        ({"reason": "\u00a0"}, "rejected", ErrorCode.NOT_AUTHORISED),
        ({"compartment": "a99"}, "rejected", ErrorCode.BAD_REQUEST),
    ],
)
def test_what_may_not_move_a_door_is_refused_and_remembered(
    bench: Bench, changes: dict[str, object], result: str, error: ErrorCode
) -> None:
    changes = dict(changes)
    for name in ("issued", "expires"):
        if f"{name}_in_ms" in changes:
            changes[f"{name}_at_ms"] = bench.now_ms + int(str(changes.pop(f"{name}_in_ms")))
    bench.send(bench.open_command(**changes))  # type: ignore[arg-type]

    assert replies(bench) == [(result, error)]
    assert bench.state.commands["c1"].result == result
    assert bench.pulses == []
    assert not bench.events(ev.CommandReceived)


@pytest.mark.parametrize(
    "changes",
    [{"expires_in_ms": 0}, {"issued_in_ms": 5_000}, {"expires_in_ms": 35_000}, {"issued_in_ms": -35_000}],
)
def test_the_limits_themselves_are_allowed(bench: Bench, changes: dict[str, int]) -> None:
    fields = {f"{k.removesuffix('_in_ms')}_at_ms": bench.now_ms + v for k, v in changes.items()}
    bench.send(bench.open_command(**fields))  # type: ignore[arg-type]

    assert replies(bench)[0] == ("accepted", None)


def test_another_opening_under_way_is_busy(bench: Bench) -> None:
    bench.send(bench.open_command("a01", "c1"))
    bench.send(bench.open_command("a02", "c2"))

    assert replies(bench, "c2") == [("rejected", ErrorCode.DOOR_BUSY)]
    assert [p.compartment for p in bench.pulses] == ["a01"]


@pytest.mark.parametrize("opened", [False, True])
def test_a_persons_door_under_way_is_busy(bench: Bench, opened: bool) -> None:
    bench.place("p1")
    if opened:
        bench.door_opens()
    bench.send(bench.open_command("a04"))

    assert replies(bench) == [("rejected", ErrorCode.DOOR_BUSY)]


def test_a_person_at_another_screen_is_not_in_the_way(bench: Bench) -> None:
    bench.tap("start_pickup")
    bench.send(bench.open_command("a04"))
    bench.door_opens()

    assert replies(bench)[-1] == ("succeeded", None)
    assert bench.stage is Stage.PICKUP_CODE


def test_a_door_that_stands_open_succeeds_without_a_pulse(bench: Bench) -> None:
    bench.send(DoorReading("a01", DoorState.OPEN))
    bench.send(bench.open_command())

    assert replies(bench) == [("succeeded", None)]
    assert bench.pulses == [] and bench.state.unlock is None


@pytest.mark.parametrize("settled", [DoorState.OPEN, DoorState.UNKNOWN])
def test_a_parcel_behind_a_remotely_opened_door_must_be_looked_at_and_keeps_its_code(
    bench: Bench, settled: DoorState
) -> None:
    bench.stored("p1")
    home = bench.state.parcels["p1"].compartment
    bench.send(bench.open_command(home or ""))
    bench.send(UnlockSettled(bench.pulses[-1].unlock, settled))

    parcel = bench.state.parcels["p1"]
    assert parcel.to_check and parcel.state is ParcelState.STORED and parcel.compartment == home


def test_a_remote_opening_ends_with_the_closing(bench: Bench) -> None:
    bench.send(bench.open_command())
    bench.door_opens()
    bench.door_closes()

    assert bench.state.unlock is None
    bench.send(bench.open_command("a02", "c2"))
    assert replies(bench, "c2") == [("accepted", None)]


def test_a_remote_opening_left_open_ends_by_the_clock_and_serves_again_when_closed(bench: Bench) -> None:
    bench.send(bench.open_command())
    bench.door_opens()
    bench.now_ms += 120_000
    bench.send(Tick())
    assert bench.state.unlock is not None
    bench.now_ms += 1
    bench.send(Tick())
    assert bench.state.unlock is None
    assert bench.state.compartments["a01"].left_open

    bench.door_closes()
    assert bench.state.compartments["a01"].in_service


def test_a_sensor_that_flickers_does_not_prolong_a_remote_opening(bench: Bench) -> None:
    bench.send(bench.open_command())
    bench.door_opens()
    for _ in range(13):
        bench.now_ms += 10_000
        bench.send(DoorReading("a01", DoorState.UNKNOWN))
        bench.send(DoorReading("a01", DoorState.OPEN))
        bench.send(Tick())

    assert bench.state.unlock is None


def test_a_remote_opening_without_a_word_from_the_shell_ends_by_the_clock(bench: Bench) -> None:
    bench.send(bench.open_command())
    bench.now_ms += 10_001
    bench.send(Tick())

    assert replies(bench)[-1] == ("unknown", None)
    assert bench.state.unlock is None


def test_a_quarantine_outlives_a_remote_opening_left_open(bench: Bench) -> None:
    bench.place("p1")
    bench.door_opens()
    bench.tap("not_empty")
    bench.door_closes()
    bench.door_stays_closed()
    bench.tap("take_back")
    bench.send(bench.open_command("a01"))
    bench.door_opens()
    bench.now_ms += 200_000
    bench.send(Tick())
    bench.send(DoorReading("a01", DoorState.CLOSED))
    bench.send(Tick())

    now = bench.state.compartments["a01"]
    assert not now.in_service and now.out_reason == "COMPARTMENT_OCCUPIED"


def test_an_operator_helps_at_a_stuck_door_and_the_person_goes_on(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    bench.door_stays_closed()
    home = bench.pulses[-1].compartment
    bench.send(bench.open_command(home))
    bench.door_opens()
    assert replies(bench)[-1] == ("succeeded", None)
    assert bench.stage is Stage.DOOR_OPEN

    bench.door_closes()
    bench.tap("done")
    assert bench.fate("p1") == "PICKED_UP"
    assert bench.state.unlock is None


def test_a_person_at_a_remotely_opened_door_is_not_cut_off_by_the_operators_limit(bench: Bench) -> None:
    bench.stored("p1")
    home = bench.state.parcels["p1"].compartment or ""
    bench.send(bench.open_command(home))
    bench.door_opens()
    bench.now_ms += 110_000
    bench.enter(bench.code("p1"))
    assert bench.stage is Stage.DOOR_OPEN and len(bench.pulses) == 2
    bench.now_ms += 60_000
    bench.send(Tick())
    assert not bench.events(ev.DoorLeftOpen)

    bench.send(DoorReading(home, DoorState.CLOSED))
    bench.tap("done")
    assert bench.state.compartments[home].in_service


def test_no_second_unlock_while_a_remotely_opened_door_lost_its_sensor(bench: Bench) -> None:
    bench.stored("p1")
    home = bench.state.parcels["p1"].compartment or ""
    bench.send(bench.open_command(home))
    bench.door_opens()
    bench.send(DoorReading(home, DoorState.UNKNOWN))
    before = len(bench.pulses)
    bench.enter(bench.code("p1"))

    assert bench.notice == "DOOR_BUSY" and len(bench.pulses) == before


@pytest.mark.parametrize("phase", [UnlockPhase.REQUESTED, UnlockPhase.ACTUATED])
@pytest.mark.parametrize(
    ("door", "result"),
    [(DoorState.OPEN, "succeeded"), (DoorState.CLOSED, "unknown"), (DoorState.UNKNOWN, "unknown")],
)
def test_an_opening_cut_by_a_crash_is_resolved_from_feedback_and_told(
    bench: Bench, phase: UnlockPhase, door: DoorState, result: str
) -> None:
    bench.send(bench.open_command())
    if phase is UnlockPhase.ACTUATED:
        bench.send(UnlockOutcome(bench.pulses[-1].unlock, "acknowledged"))
    bench.restart(a01=door)
    assert len(bench.pulses) == 1
    if door is not DoorState.OPEN:
        bench.send(UnlockSettled(bench.pulses[-1].unlock, door))

    assert replies(bench)[-1] == (result, None)
    assert (bench.state.unlock is None) == (result == "unknown")


# --- expect --------------------------------------------------------------------


def test_an_announcement_is_answered_and_kept_in_one_form(bench: Bench) -> None:
    bench.send(expect_command(bench, ExpectParcel("p1", " abc-12345 ", "ems", "k", "张*", "", None, True)))

    assert replies(bench) == [("succeeded", None)]
    assert bench.state.parcels["p1"].tracking_code == "ABC-12345"
    assert bench.events(ev.ParcelExpected)[-1].command == "c1"


def test_an_announcement_outlives_the_door_limit_and_needs_no_clock(bench: Bench) -> None:
    bench.send(expect_command(bench, expected("p1"), clock_ok=False))

    assert replies(bench) == [("succeeded", None)]


def test_a_new_announcement_replaces_one_still_expected(bench: Bench) -> None:
    bench.send(expect_command(bench, expected("p1", size=Size.S)))
    bench.send(expect_command(bench, expected("p1", size=Size.L), "c2"))

    assert bench.state.parcels["p1"].size is Size.L


@pytest.mark.parametrize("where", ["stored", "taken", "being deposited", "choosing", "other"])
def test_an_announcement_never_changes_a_parcel_that_is_here_or_was(bench: Bench, where: str) -> None:
    new = expected("p1", who="somebody-else")
    if where == "stored":
        bench.stored("p1")
    elif where == "taken":
        bench.stored("p1")
        bench.enter(bench.code("p1"))
        bench.door_opens()
        bench.door_closes()
        bench.tap("done")
    elif where == "being deposited":
        bench.place("p1")
    elif where == "choosing":
        bench.send(expected("p1", size=None))
        bench.sign_in()
        bench.tap("start_deposit")
        bench.tap("enter_tracking", tracking_code="TRACK000P1")
        assert bench.stage is Stage.DEPOSIT_SIZE
    else:
        bench.send(expected("p1"))
        new = ExpectParcel("p2", "TRACK000P1", "ems", "r2", "李*", "", Size.S, True)
    before = bench.state.parcels
    bench.send(expect_command(bench, new))
    bench.send(new)

    assert replies(bench) == [("rejected", ErrorCode.BAD_REQUEST)]
    assert bench.state.parcels == before


@pytest.mark.parametrize("text", ["", "short", "*" * 12, "A" * 200])
def test_an_announcement_without_a_usable_tracking_code_is_refused(bench: Bench, text: str) -> None:
    bench.send(expect_command(bench, ExpectParcel("p1", text, "ems", "k", "", "", None, True)))

    assert replies(bench) == [("rejected", ErrorCode.BAD_REQUEST)]
    assert bench.state.parcels == {}


def test_a_manifest_read_twice_records_a_parcel_once_and_a_change_of_consent_once_more(bench: Bench) -> None:
    bench.send(expected("p1", consent=False))
    assert bench.send(expected("p1", consent=False)).events == []
    bench.send(expected("p1", consent=True))

    assert bench.state.parcels["p1"].consent
    assert len(bench.events(ev.ParcelExpected)) == 2


def test_the_same_tracking_code_may_come_again_under_a_new_id_after_it_left(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    bench.door_opens()
    bench.door_closes()
    bench.tap("done")
    bench.send(ExpectParcel("p9", "TRACK000P1", "ems", "r9", "李*", "", Size.S, True))
    bench.sign_in()
    bench.tap("start_deposit")
    bench.tap("enter_tracking", tracking_code="TRACK000P1")

    assert bench.session.parcel == "p9"


def service_command(
    bench: Bench, compartment: str, in_service: bool, operator: str = "op", reason: str = "looked inside"
) -> Command:
    order = SetService(compartment, in_service, operator, reason)
    return bench.order(order, f"s{len(bench.journal)}", expires_at_ms=bench.now_ms + 60_000)


def service_replies(bench: Bench) -> list[tuple[str, ErrorCode | None]]:
    return [(e.result, e.error) for e in bench.effects if isinstance(e, Reply) and e.verb == "set-service"]


def test_an_operator_takes_a_compartment_out_of_service_and_back_in(bench: Bench) -> None:
    bench.send(service_command(bench, "a01", False))
    assert not bench.state.compartments["a01"].in_service
    assert bench.deposit("p1") == "a02"

    bench.send(service_command(bench, "a01", True))

    assert bench.state.compartments["a01"].in_service
    assert service_replies(bench) == [("succeeded", None), ("succeeded", None)]
    assert [e.reason for e in bench.events(ev.CommandReceived)] == ["looked inside", "looked inside"]


def test_a_compartment_with_a_parcel_on_record_does_not_go_back_in(bench: Bench) -> None:
    bench.stored("p1")
    bench.send(service_command(bench, "a01", False))
    bench.send(service_command(bench, "a01", True))

    assert service_replies(bench)[-1] == ("rejected", ErrorCode.COMPARTMENT_OCCUPIED)
    assert not bench.state.compartments["a01"].in_service


def test_a_compartment_with_its_door_open_does_not_go_back_in(bench: Bench) -> None:
    bench.send(DoorReading("a01", DoorState.OPEN))
    bench.send(service_command(bench, "a01", True))

    assert service_replies(bench) == [("rejected", ErrorCode.DOOR_NOT_CLOSED)]


def test_a_door_left_open_by_somebody_goes_back_in_only_closed_and_an_order_to_stay_out_outlives_it(
    bench: Bench,
) -> None:
    bench.place("p1")
    bench.door_opens()
    bench.door_closes()
    bench.tap("take_back")
    bench.send(DoorReading("a01", DoorState.OPEN))
    bench.send(service_command(bench, "a01", False, reason="latch worn"))
    bench.send(DoorReading("a01", DoorState.CLOSED))
    bench.send(Tick())
    now = bench.state.compartments["a01"]
    assert (now.in_service, now.out_reason) == (False, "latch worn")

    bench.send(service_command(bench, "a01", True))
    assert bench.state.compartments["a01"] == CompartmentState(DoorState.CLOSED)


def test_a_parcel_to_be_checked_keeps_its_compartment_out(bench: Bench) -> None:
    bench.place("p1")
    bench.door_opens()
    bench.time_out()
    bench.door_closes()
    assert bench.state.parcels["p1"].to_check
    bench.send(service_command(bench, "a01", True))

    assert service_replies(bench) == [("rejected", ErrorCode.COMPARTMENT_OCCUPIED)]
    assert not bench.state.compartments["a01"].in_service


def test_what_is_inside_can_be_picked_up_from_a_compartment_taken_out_of_service(bench: Bench) -> None:
    code = bench.stored("p1")
    bench.send(service_command(bench, "a01", False))
    bench.enter(code)
    bench.door_opens()
    bench.door_closes()
    bench.tap("done")

    assert bench.fate("p1") == "PICKED_UP"
    assert not bench.state.compartments["a01"].in_service


def test_a_duplicate_of_an_order_about_service_changes_nothing_any_more(bench: Bench) -> None:
    out = service_command(bench, "a01", False)
    bench.send(out)
    bench.send(service_command(bench, "a01", True))
    facts = len(bench.journal)
    bench.send(out)

    assert service_replies(bench)[-1] == ("succeeded", None) and len(bench.journal) == facts
    assert bench.state.compartments["a01"].in_service


@pytest.mark.parametrize(
    ("changes", "result", "error"),
    [
        ({"expires_at_ms": 0}, "expired", ErrorCode.STALE_COMMAND),
        ({"compartment": "a99"}, "rejected", ErrorCode.BAD_REQUEST),
        ({"reason": "DOOR_NOT_CLOSED"}, "rejected", ErrorCode.BAD_REQUEST),
    ],
)
def test_an_order_about_service_that_cannot_be_meant_changes_nothing(
    bench: Bench, changes: dict[str, object], result: str, error: ErrorCode
) -> None:
    before = bench.state.compartments
    command = service_command(bench, "a01", False)
    data = {name: value for name, value in changes.items() if name in SetService.__struct_fields__}
    rest = {name: value for name, value in changes.items() if name not in data}
    bench.send(msgspec.structs.replace(command, data=msgspec.structs.replace(command.data, **data), **rest))

    assert service_replies(bench) == [(result, error)]
    assert bench.state.compartments == before and not bench.events(ev.CommandReceived)


@pytest.mark.parametrize("missing", ["operator", "reason"])
def test_service_needs_a_name_and_a_reason(bench: Bench, missing: str) -> None:
    bench.send(service_command(bench, "a01", False, **{missing: ""}))

    assert service_replies(bench) == [("rejected", ErrorCode.NOT_AUTHORISED)]
    assert bench.state.compartments["a01"].in_service
