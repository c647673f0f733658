"""`make torture`, short: the promises of a noisy line, and a judge that is not fooled by a driver."""

from __future__ import annotations

import json

import pytest

from hal.framing import board_8a80
from tools.memory_port import HostEnd
from tools.torture_line import Options, main, torture

SHORT = Options(unlocks=300, reads=300)


def test_a_noisy_line_with_a_dead_board_keeps_every_promise(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--unlocks", "400", "--reads", "400"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["boards"] == 32
    assert (told["wrong"], told["wrong_door"], told["doubled"]) == (0, 0, 0)
    assert told["right"] + told["unknown"] + told["not_sent"] == told["transactions"] == 800
    assert told["right"] > 600
    assert told["unknown"] > 20, "the dead board and the noise are told as what they are"
    assert 300 < told["pulses_sent"] < 400


def test_without_noise_and_dead_boards_nothing_is_unknown() -> None:
    verdict = torture(Options(unlocks=200, reads=200, rate=0.0, dead=0))
    assert (verdict.right, verdict.pulses_sent, verdict.kept) == (400, 200, True)


def test_the_same_seed_gives_the_same_run() -> None:
    first, second = (torture(Options(unlocks=50, reads=50, seed=5)) for _ in range(2))
    assert (first.right, first.pulses_sent) == (second.right, second.pulses_sent)
    assert first.simulated_seconds == second.simulated_seconds


def test_a_driver_that_opens_the_neighbour_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = board_8a80.encode_unlock
    monkeypatch.setattr(
        board_8a80, "encode_unlock", lambda board, lock, seconds: right(board, 3 - min(lock, 2), seconds)
    )
    verdict = torture(SHORT)
    assert verdict.wrong_door > 50
    assert not verdict.kept


def test_a_link_that_sends_twice_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    once = HostEnd.write

    async def twice(line: HostEnd, data: bytes, deadline: float) -> None:
        await once(line, data, deadline)
        await once(line, data, deadline)

    monkeypatch.setattr(HostEnd, "write", twice)
    verdict = torture(SHORT)
    assert verdict.doubled > 50
    assert not verdict.kept
