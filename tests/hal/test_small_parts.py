"""The trace ring, the back-off and the kinds that entry points add."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

import hal.registry
from hal.errors import DeviceConfigError
from hal.interfaces import LockBoard
from hal.locks import modbus_relay
from hal.locks.feedback import SolenoidTurn
from hal.registry import BoardSettings, LineSettings, build
from hal.transport.backoff import Backoff
from hal.transport.line_owner import LineOwner
from hal.transport.trace import MAX_BURST_BYTES, MAX_BURSTS, RingTrace


async def test_trace_keeps_the_newest_bursts_and_the_beginning_of_long_ones() -> None:
    trace = RingTrace()
    for number in range(MAX_BURSTS + 10):
        trace.add(">", bytes((number % 256,)) * 1000)
    trace.add("<", b"")

    lines = trace.lines()

    assert len(lines) == MAX_BURSTS
    assert {len(line.data) for line in lines} == {MAX_BURST_BYTES}
    assert lines[0].data[0] == 10
    assert [line.at_s for line in lines] == sorted(line.at_s for line in lines)


def test_back_off_doubles_to_its_cap_and_starts_over() -> None:
    backoff = Backoff()
    waits = [backoff.next_wait_s() for _ in range(8)]
    backoff.reset()

    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    assert backoff.next_wait_s() == 0.2


def make_foreign_board(
    board: BoardSettings, line: LineSettings, owner: LineOwner, turn: SolenoidTurn
) -> LockBoard:
    """A maker as another distribution would bring it."""
    return modbus_relay.make(board, line, owner, turn)


def test_entry_points_add_kinds_but_take_none_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def added(*, group: str) -> EntryPoints:
        names = ("foreign", "modbus-relay") if group == "pigeonhole.locks" else ()
        return EntryPoints(EntryPoint(name, f"{__name__}:make_foreign_board", group) for name in names)

    monkeypatch.setattr(hal.registry, "entry_points", added)
    monkeypatch.setattr(EntryPoint, "load", lambda _: make_foreign_board)
    lines = [LineSettings("line", "/nowhere/line", "modbus-rtu")]

    foreign = build(lines, [BoardSettings("f", "line", "foreign", 1, 8)], [], [])
    ours = build(
        lines, [BoardSettings("o", "line", "modbus-relay", 1, 8, contact_closed_means="unlocked")], [], []
    )

    assert foreign.boards["f"].info.kind == "foreign"
    assert ours.boards["o"].info.kind == "modbus-relay"
    with pytest.raises(DeviceConfigError, match=r"modbus-relay, .*8a80, .*foreign"):
        build(lines, [BoardSettings("x", "line", "other", 1, 8)], [], [])
