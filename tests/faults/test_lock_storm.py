"""A bad day of one line (tools/storm_locks.py), shortened; and the judge of it, judged."""

from __future__ import annotations

import pytest

from hal.interfaces import PulseResult
from hal.locks.board_8a80 import Board8A80
from tools.storm_locks import WRONG, storm


def test_noise_and_a_dead_board_open_no_wrong_door_and_nothing_twice() -> None:
    counts = storm(operations=800, boards=32, rate=0.01, seed=1)

    assert {key: counts[key] for key in WRONG} == dict.fromkeys(WRONG, 0)
    assert counts["unlocks_acknowledged"] > 200
    assert counts["unlocks_unknown"] > 20
    assert counts["reads_right"] > 200


def test_a_quiet_line_leaves_only_the_dead_board_unknown() -> None:
    counts = storm(operations=300, boards=8, rate=0.0, seed=2)

    assert {key: counts[key] for key in WRONG} == dict.fromkeys(WRONG, 0)
    assert counts["lone_readings_wrong"] == 0
    assert 0 < counts["reads_unknown"] + counts["unlocks_unknown"] < 80


async def _twice(board: Board8A80, channel: int, deadline: float) -> PulseResult:
    await _once(board, channel, deadline)
    return await _once(board, channel, deadline)


_once = Board8A80.pulse


def test_a_driver_that_repeats_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Board8A80, "pulse", _twice)

    assert storm(operations=60, boards=4, rate=0.0, seed=3)["unlocks_twice"] > 0


def test_a_driver_that_takes_the_next_lock_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def next_lock(board: Board8A80, channel: int, deadline: float) -> PulseResult:
        return await _once(board, channel % board.info.channels + 1, deadline)

    monkeypatch.setattr(Board8A80, "pulse", next_lock)

    counts = storm(operations=60, boards=4, rate=0.0, seed=3)
    assert counts["wrong_doors"] > 0
    assert counts["outcomes_wrong"] > 0
