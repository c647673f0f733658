"""A duplicate is answered from its record or refused: never executed again, however old it is."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core import events as ev
from edge.core import fold_commands
from edge.core.effects import Reply
from edge.core.fold_commands import COMMANDS_KEPT_MS
from edge.core.inputs import Command, UnlockOutcome
from edge.core.model import ErrorCode
from edge.core.orders import Open, Order, SetService
from tests.core.bench import Bench, expected

KEPT = 4
"""In these tests, so that records are dropped within a few commands."""

NOW_MS = 1_750_000_000_000


@pytest.fixture(autouse=True, scope="module")
def short_memory() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold_commands, "COMMANDS_KEPT", KEPT)
        yield


def started() -> Bench:
    bench = Bench()
    bench.now_ms = NOW_MS
    bench.start()
    return bench


def executions(bench: Bench) -> Counter[str]:
    """How often each command did something, by its facts."""
    done: Counter[str] = Counter()
    for event, *_ in bench.journal:
        if isinstance(event, ev.CommandReceived | ev.ParcelExpected):
            done[event.command or ""] += 1
    return done


def last_answer(bench: Bench) -> tuple[str, ErrorCode | None]:
    reply = bench.last_effect(Reply)
    return reply.result, reply.error


ORDERS: list[Order] = [
    Open("a01", "op", "why"),
    SetService("a02", False, "op", "why"),
    SetService("a02", True, "op", "why"),
    expected("p1"),
    expected("p2"),
]

STEP = st.one_of(
    st.tuples(st.just("new"), st.sampled_from(ORDERS), st.integers(-400_000, 6_000), st.booleans()),
    st.tuples(st.just("again"), st.integers(0, 40), st.none(), st.booleans()),
    st.tuples(st.just("time"), st.sampled_from([1, 30_000, COMMANDS_KEPT_MS]), st.none(), st.none()),
    st.tuples(st.just("restart"), st.none(), st.none(), st.none()),
)


@given(st.lists(STEP, max_size=40), st.booleans())
@settings(max_examples=400, deadline=None)
def test_no_command_is_ever_executed_twice(steps: list[tuple[object, ...]], clock_lost: bool) -> None:
    """With `clock_lost` each other start brings a station that believes it is 1970, and knows better."""
    bench, sent = started(), list[Command]()
    clock_ok, real_ms = True, NOW_MS
    for n, (what, which, issued_in_ms, near) in enumerate(steps):
        if what == "new":
            assert isinstance(issued_in_ms, int)
            life_ms = 20_000 if near else 30 * 86_400_000
            sent.append(
                bench.order(
                    which,  # type: ignore[arg-type]
                    f"c{n}",
                    issued_at_ms=real_ms + issued_in_ms,
                    expires_at_ms=real_ms + life_ms,
                )
            )
            bench.send(msg(sent[-1], clock_ok))
        elif what == "again" and sent:
            assert isinstance(which, int)
            bench.send(msg(sent[which % len(sent)], clock_ok))
        elif what == "time":
            assert isinstance(which, int)
            real_ms += which
            bench.now_ms += which
        elif what == "restart":
            if clock_lost:
                clock_ok = not clock_ok
                bench.now_ms = real_ms if clock_ok else 1_000_000
            bench.restart()
        if bench.state.unlock is not None:
            bench.send(UnlockOutcome(bench.state.unlock.id, "not_sent"))

        assert len(bench.state.commands) <= KEPT
        assert max(executions(bench).values(), default=0) <= 1


def msg(command: Command, clock_ok: bool) -> Command:
    return Command(**{f: getattr(command, f) for f in command.__struct_fields__} | {"clock_ok": clock_ok})


def fill(bench: Bench, count: int) -> None:
    for n in range(count):
        bench.now_ms += 1_000
        bench.send(bench.order(SetService("a02", bool(n % 2), "op", "why"), f"f{bench.now_ms}"))


def test_a_forgotten_command_is_told_that_nobody_knows_and_does_nothing() -> None:
    bench = started()
    command = bench.order(expected("p1"), expires_at_ms=NOW_MS + 10**10)
    bench.send(command)
    fill(bench, KEPT)
    assert "c1" not in bench.state.commands
    decision = bench.send(command)

    assert last_answer(bench) == ("unknown", ErrorCode.STALE_COMMAND)
    assert [type(e) for e in decision.events] == [ev.InputRefused]
    assert "c1" not in bench.state.commands, "a flood of old ones must push nothing out"


def test_records_end_after_a_week_and_what_is_forgotten_stays_so_after_a_restart() -> None:
    bench = started()
    command = bench.order(expected("p1"), expires_at_ms=NOW_MS + 10**10)
    bench.send(command)
    bench.now_ms += COMMANDS_KEPT_MS
    fill(bench, 1)
    assert "c1" not in bench.state.commands
    bench.restart()
    bench.send(command)

    assert last_answer(bench) == ("unknown", ErrorCode.STALE_COMMAND)


def test_what_is_under_way_is_not_forgotten() -> None:
    bench = started()
    bench.send(bench.open_command())
    fill(bench, 3 * KEPT)
    bench.door_opens()

    assert bench.state.commands["c1"].result == "succeeded"


def test_a_command_of_a_clock_gone_wild_does_not_shut_out_all_others() -> None:
    """While our clock is not set, its time cannot be judged; once it is, the others go on."""
    bench = started()
    wild_ms = NOW_MS + 70 * 365 * 86_400_000
    times: dict[str, Any] = {"issued_at_ms": wild_ms, "expires_at_ms": wild_ms, "clock_ok": False}
    wild = bench.order(expected("p0"), "w0", **times)
    bench.send(wild)
    for n in range(1, KEPT):
        bench.send(bench.order(expected(f"p{n}"), f"w{n}", **times))
    decision = bench.send(bench.order(expected("p8"), "c8", clock_ok=False))
    assert decision.refused and decision.effects == []

    bench.send(bench.order(expected("p8"), "c8"))
    assert last_answer(bench) == ("succeeded", None)
    fill(bench, 2 * KEPT)
    assert last_answer(bench) == ("succeeded", None)
    bench.send(msg(wild, True))
    assert last_answer(bench) == ("rejected", ErrorCode.STALE_COMMAND)
    assert max(executions(bench).values()) == 1
