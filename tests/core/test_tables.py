"""The tables are whole: every place has its taps and its end; every pair outside them is refused."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import msgspec
import pytest

import edge.core
from edge.core import decide as decide_module
from edge.core import events as ev
from edge.core import fold as fold_module
from edge.core import grants, view
from edge.core.decide import available_actions, step_of
from edge.core.effects import UnlockDoor
from edge.core.events import EVENT_TYPES, Event
from edge.core.grant_book import Right
from edge.core.inputs import (
    CertificateLooked,
    ConfigChanged,
    DeviceStateChanged,
    DoorReading,
    ExpectParcel,
    GrantDelta,
    GrantDigest,
    GrantPresented,
    GrantsRecalled,
    Input,
    InputRejected,
    JobEnded,
    JobOffered,
    JobStep,
    JobStepBegun,
    JournalLeaving,
    JournalSetBack,
    JournalShed,
    Moment,
    PinChecked,
    PrintOutcome,
    Scan,
    ScanUnusable,
    Started,
    Tap,
    Tick,
    TimerFired,
    UnlockOutcome,
    UnlockSettled,
)
from edge.core.model import DoorState, ErrorCode, Purpose, Size, Stage, State
from edge.core.step_tables import PURPOSES, SCANS, TAPS, TIMEOUTS, Key
from tests.core.bench import Bench, expected, make_setup
from tests.core.reach import WAYS, name, reach

CORE = Path(edge.core.__path__[0])
KEYS = list(TAPS)
ACTIONS = sorted({action for taps in TAPS.values() for action in taps})


def test_every_place_the_tables_name_can_be_reached_and_the_other_way_round() -> None:
    assert set(TAPS) == set(WAYS)
    assert set(TIMEOUTS) == set(WAYS) - {(None, None)}
    assert set(SCANS) <= set(WAYS)


def test_every_stage_has_a_place() -> None:
    assert {stage for stage, _ in TAPS} == {None, *Stage}
    assert set(PURPOSES) == set(Purpose) - {Purpose.COMMAND}


@pytest.mark.parametrize("key", KEYS, ids=name)
@pytest.mark.parametrize("action", [*ACTIONS, "", "start_deposit\n", "x" * 5000])
def test_a_tap_outside_the_table_is_one_recorded_refusal_and_nothing_else(key: Key, action: str) -> None:
    bench = reach(key)
    if action in available_actions(bench.setup, bench.state):
        return
    before = bench.state
    decision = bench.tap(action, code="123456789", staff_id="1001", pin="246810")

    assert decision.refused and decision.effects == []
    assert [type(e) for e in decision.events] == [ev.InputRefused]
    assert len(msgspec.json.encode(decision.events[0])) < 400
    assert bench.state == msgspec.structs.replace(before, last_event_at_ms=bench.now_ms)


@pytest.mark.parametrize(
    ("key", "action"), [(key, action) for key, taps in TAPS.items() for action in taps], ids=str
)
def test_a_tap_in_the_table_is_decided_without_a_refusal(key: Key, action: str) -> None:
    bench = reach(key)
    if action == "print_receipt":
        bench.deposit("p1")
    if (key, action) == ((Stage.DOOR_FAILED, Purpose.DEPOSIT), "report"):
        bench.tap("retry")
        bench.door_opens()
        bench.door_closes()
        bench.tap("reopen")
        bench.door_stays_closed()
    assert action in available_actions(bench.setup, bench.state)
    step = bench.state.session.step if bench.state.session is not None else None
    decision = bench.tap(
        action, code="123456789", staff_id="1001", pin="246810", tracking_code="TRACK000P1", size=Size.S
    )

    assert not decision.refused and decision.events
    after = bench.state.session
    assert after is None or after.step != step or step is None


@pytest.mark.parametrize(
    ("key", "action"), [(key, action) for key, taps in TAPS.items() for action in taps], ids=str
)
def test_a_tap_meant_for_an_earlier_screen_is_refused_and_does_nothing(key: Key, action: str) -> None:
    bench = reach(key)
    before = bench.state.session
    decision = bench.tap(action, code="123456789", step="home" if before is not None else "s/1")

    assert [(e.reason if isinstance(e, ev.InputRefused) else "") for e in decision.events] == ["stale"]
    assert decision.effects == [] and bench.state.session == before


@pytest.mark.parametrize("key", KEYS, ids=name)
def test_a_second_touch_of_the_same_screen_finds_it_changed(key: Key) -> None:
    for action in available_actions(reach(key).setup, reach(key).state):
        bench = reach(key)
        step = step_of(bench.state)
        bench.tap(action, code="12345678", staff_id="-", tracking_code="?", size=Size.S, step=step)
        assert step_of(bench.state) != step
        pulses = len(bench.pulses)
        assert bench.tap(action, code="123456789", step=step).refused
        assert len(bench.pulses) == pulses


@pytest.mark.parametrize("key", [k for k in KEYS if k not in SCANS], ids=name)
def test_a_scan_where_none_is_asked_for_is_refused_and_changes_no_session(key: Key) -> None:
    bench = reach(key)
    before = bench.state.session
    decision = bench.send(Scan("window", "TRACK000P1", "C0"))

    assert [type(e) for e in decision.events] == [ev.InputRefused]
    assert bench.state.session == before


@pytest.mark.parametrize("key", list(TIMEOUTS), ids=name)
def test_silence_ends_every_place_without_a_pulse(key: Key) -> None:
    bench = reach(key)
    pulses = len(bench.pulses)
    for _ in range(4):
        if bench.state.session is not None:
            bench.time_out()

    assert bench.state.session is None
    assert len(bench.pulses) == pulses


@pytest.mark.parametrize("key", list(TIMEOUTS), ids=name)
def test_every_place_has_a_timer_of_its_own_step_and_a_stale_one_does_nothing(key: Key) -> None:
    bench = reach(key)
    session = bench.session
    assert bench.timer is not None
    assert (bench.timer.session, bench.timer.step) == (session.id, session.step)
    assert bench.timer.seconds == session.seconds > 0

    for stale in (TimerFired(session.id, session.step - 1), TimerFired("other", session.step)):
        assert bench.send(stale).events == []


@pytest.mark.parametrize("key", KEYS, ids=name)
def test_no_input_of_any_type_makes_any_place_fail_or_spend_more_than_four_ids(key: Key) -> None:
    """`Bench.send` hands out exactly the four ids that `Moment` promises."""
    for item in SAMPLES:
        bench = reach(key)
        pulses = len(bench.pulses)
        decision = bench.send(item)
        asked = [e for e in decision.effects if isinstance(e, UnlockDoor)]
        assert len(asked) <= 1 and len(bench.pulses) == pulses + len(asked)


SAMPLES: list[Input] = [
    JournalShed(3, 9, 1, 2),
    JournalLeaving(9, "ab"),
    Started({}, "v"),
    Started(dict.fromkeys(("a01", "a02", "a03", "a04"), DoorState.OPEN), "v"),
    Tick(),
    TimerFired("nobody", 0),
    Tap("cancel"),
    Scan("window", "PHP:123456789", "Q3"),
    Scan("window", "\x1d" * 4096, "C1"),
    ScanUnusable("window", "too-long", 9999),
    PinChecked("nobody", 0, "1001", True),
    DoorReading("a01", DoorState.OPEN),
    DoorReading("a01", DoorState.CLOSED),
    DoorReading("a01", DoorState.UNKNOWN),
    DoorReading("elsewhere", DoorState.OPEN),
    UnlockOutcome("nobody", "acknowledged"),
    UnlockSettled("nobody", DoorState.OPEN),
    PrintOutcome("nobody", "failed", ErrorCode.PRINTER_UNAVAILABLE),
    DeviceStateChanged("printer", False, "x" * 9999),
    DeviceStateChanged("printer", True),
    CertificateLooked("station" * 99, 1_800_000_000_000, -1),
    ExpectParcel("p9", "TRACK000P9", "ems", "r9", "张*", "", None, True),
    Bench().open_command("a04"),
    Bench().order(expected("p8")),
    InputRejected("tap" * 99, "bad-json" * 99, "d" * 9999),
    GrantPresented("window", Bench().grant(Right.SERVICE, "a04")),
    GrantPresented("window", fault="bad-signature", claimed="7-0000000001"),
    GrantDelta(1, {"7-0000000001": 1}, {"7-0000000002": 1}, 1, 1),
    GrantDigest(1, 3, 9, "x", 9, "y"),
    GrantsRecalled({"7-0000000001": 2**50}, {}, 2, "journal-older"),
    JournalSetBack("ack-beyond-head", 9),
    ConfigChanged("applied", 3, "sha256:3", {"rules.lockout_s": 60.0}),
    ConfigChanged("confirmed", 3, "sha256:3"),
    ConfigChanged("reverted", 0, "", reverted_version=3, reverted_hash="sha256:3", reason="unhealthy"),
    JobOffered("j1", "deadline-shift", 1, 60.0, {"shift_s": 3600}),
    JobOffered("j1", "no-such-kind" * 99, 1, 60.0, {}),
    JobStep("j1"),
    JobStepBegun("j1", "install" * 99),
    JobEnded("j1", "failed", detail="d" * 9999),
]


def test_the_samples_cover_every_input_type() -> None:
    assert {type(item) for item in SAMPLES} == set(Input.__args__)


def test_every_input_type_has_a_decider_and_every_fact_a_fold() -> None:
    assert set(decide_module._INPUTS) == set(Input.__args__)
    assert set(fold_module._TABLE) == set(Event.__args__)


def test_every_fact_class_is_in_the_union_and_named_by_the_contracts_pattern() -> None:
    classes = {c for c in vars(ev).values() if isinstance(c, type) and issubclass(c, ev.EventBase)}

    assert classes - {ev.EventBase} == set(Event.__args__) == set(EVENT_TYPES.values())
    areas = {"parcel", "door", "session", "scan", "print", "pay", "health", "security", "audit"}
    for tag in EVENT_TYPES:
        match = re.fullmatch(r"ph\.([a-z]+)\.[a-z-]+\.v[0-9]+", tag)
        assert match is not None and match[1] in areas, tag


def test_equal_arguments_give_equal_decisions() -> None:
    bench = reach((Stage.DEPOSIT_CONFIRM, Purpose.DEPOSIT))
    moment = Moment(bench.now_ms, ("i1", "i2", "i3", "i4"))
    first, second = (
        decide_module.decide(bench.setup, bench.state, Tap("confirm_in"), moment) for _ in range(2)
    )

    assert first == second


def test_deciding_changes_nothing_it_was_given() -> None:
    bench = reach((Stage.DEPOSIT_CONFIRM, Purpose.DEPOSIT))
    before = msgspec.json.encode(bench.state)
    state = bench.state
    decide_module.decide(bench.setup, state, Tap("confirm_in"), Moment(1, ("i1", "i2", "i3", "i4")))

    assert msgspec.json.encode(state) == before


# --- what the page must know -----------------------------------------------------


def _literals(node: ast.expr) -> set[str]:
    """The texts an expression may have as its value; a test inside it (`a if b == "x" else c`) is none."""
    if isinstance(node, ast.IfExp):
        return _literals(node.body) | _literals(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def spoken_notices() -> set[str]:
    """Codes written out in calls of `notice(...)`; `ErrorCode` members and variables are errors by type."""
    found = set()
    for path in CORE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "notice":
                found |= _literals(node.args[0])
    return found


def test_the_list_of_notices_is_what_the_core_says_and_every_error() -> None:
    """`Bench.send` checks beside this that no code outside the list is ever shown in any test."""
    said_by_variable = {"ALREADY_STORED", "GRANT_NOT_NOW", *grants.NOTICES.values()}
    spoken = spoken_notices() | said_by_variable | set(ErrorCode)

    assert spoken == view.NOTICE_CODES


def test_the_table_of_screens_in_the_views_docstring_is_the_table_of_taps() -> None:
    rows = re.findall(r"^\| (\w+) \|[^|]*\| (.*) \|$", view.__doc__ or "", re.M)
    written = {screen: set(re.findall(r"[a-z_]+", actions)) for screen, actions in rows}
    for (stage, _), taps in TAPS.items():
        assert set(taps) <= written[stage.value if stage is not None else "home"]
    words = {"fields", "deposit"} | {"code", "pin", "staff_id", "tracking_code", "size"}
    for screen, actions in written.items():
        if screen in ("screen", "out_of_order"):
            continue
        stage = None if screen == "home" else Stage(screen)
        known = {a for (s, _), taps in TAPS.items() if s is stage for a in taps}
        assert actions - words <= known, screen


def test_no_file_of_the_core_reads_a_clock_or_rolls_a_die() -> None:
    forbidden = {"time", "datetime", "random", "secrets", "uuid", "os", "asyncio", "logging", "threading"}
    for path in CORE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {n.split(".")[0] for n in names} & forbidden, path.name


def test_an_empty_station_serves_nobody_and_fails_at_nothing() -> None:
    bench = Bench(make_setup(""))
    for item in SAMPLES:
        bench.send(item)

    assert bench.pulses == []
    assert isinstance(bench.state, State)
