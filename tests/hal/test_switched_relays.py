"""Relay boards that time nothing: whatever happens, a coil that was switched on goes off again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hal.errors import NoAnswer
from hal.interfaces import LockFeedback, PulseResult
from hal.locks.modbus_switched import SwitchedRelayBoard
from tests.hal.lock_rig import LockRig, Variant, lock_rig
from tests.hal.scripted_line import until

LCTECH = Variant("modbus-lctech", 8)
STM8 = Variant("modbus-stm8", 4)
QUICK = {"reply_timeout_ms": 150, "read_timeout_ms": 300}


def soon(seconds: float = 8.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def released(rig: LockRig) -> SwitchedRelayBoard:
    """The board under test, once its relays have been let go of at start."""
    board = rig.board
    assert isinstance(board, SwitchedRelayBoard)
    await until(lambda: board.released)
    return board


async def test_the_pulse_is_as_long_as_was_said(tmp_path: Path) -> None:
    async with lock_rig(LCTECH, tmp_path, **QUICK) as rig:
        await released(rig)
        assert await rig.board.pulse(3, soon()) is PulseResult.ACKNOWLEDGED
        assert rig.world.is_energised("one-3")
        await until(lambda: not rig.world.is_energised("one-3"))

        assert 0.15 < rig.world.heat_s("one-3") < 1.0
        assert rig.world.pulses("one-3") == 1


async def test_a_coil_that_a_dead_host_left_on_is_switched_off_at_the_start(tmp_path: Path) -> None:
    async with lock_rig(STM8, tmp_path, **QUICK) as rig:
        board = await released(rig)
        await board.close()
        (simulated,) = (each for each in rig.line.boards if each.board_id == "one")
        simulated.hear(bytes.fromhex("01 05 00 01 01 00 9D 9A"), rig.world.now())
        assert rig.world.is_energised("one-1")

        fresh = SwitchedRelayBoard(board.setup, None, on=0x0100)
        await fresh.start()
        await until(lambda: fresh.released)
        await fresh.close()

        assert not rig.world.is_energised("one-1")


@pytest.mark.parametrize("lost", [1, 2, 4])
async def test_off_is_repeated_until_it_is_answered_and_on_never(tmp_path: Path, lost: int) -> None:
    async with lock_rig(LCTECH, tmp_path, **QUICK) as rig:
        board = await released(rig)
        rig.faults.inject("no_answer", "one", n=lost)

        assert await rig.board.pulse(1, soon()) is PulseResult.UNKNOWN
        await until(lambda: board.released and not rig.world.is_energised("one-1"))

        assert rig.world.pulses("one-1") == 1
        sent = [burst.data.hex() for burst in rig.board.trace.lines() if burst.direction == ">"]
        assert sent.count("01050000ff008c3a") == 1
        assert [data for data in sent if data[:4] == "0105"][-lost:] == ["010500000000cdca"] * lost


async def test_a_cancelled_caller_leaves_no_coil_on(tmp_path: Path) -> None:
    async with lock_rig(LCTECH, tmp_path, **QUICK) as rig:
        await released(rig)
        caller = asyncio.create_task(rig.board.pulse(2, soon()))
        await until(lambda: rig.world.is_energised("one-2"))
        caller.cancel()
        await asyncio.wait([caller])

        await until(lambda: not rig.world.is_energised("one-2"))
        assert rig.world.pulses("one-2") == 1


async def test_a_caller_cancelled_in_the_queue_pulses_nothing(tmp_path: Path) -> None:
    async with lock_rig(LCTECH, tmp_path, **QUICK) as rig:
        await released(rig)
        first = asyncio.create_task(rig.board.pulse(1, soon()))
        second = asyncio.create_task(rig.board.pulse(2, soon()))
        await until(lambda: rig.world.is_energised("one-1"))
        second.cancel()
        await asyncio.wait([first, second])
        assert await rig.board.pulse(3, soon()) is PulseResult.ACKNOWLEDGED

        assert rig.world.pulses("one-2") == 0


async def test_closing_waits_for_the_pulse_under_way(tmp_path: Path) -> None:
    async with lock_rig(LCTECH, tmp_path, **QUICK) as rig:
        board = await released(rig)
        assert await rig.board.pulse(1, soon()) is PulseResult.ACKNOWLEDGED
        assert rig.world.is_energised("one-1")

        await board.close()

        assert not rig.world.is_energised("one-1")
        assert board.released


async def test_a_board_that_loses_its_line_in_a_pulse_is_switched_off_when_it_is_back(tmp_path: Path) -> None:
    async with lock_rig(LCTECH, tmp_path, **QUICK) as rig:
        board = await released(rig)
        assert await rig.board.pulse(1, soon()) is PulseResult.ACKNOWLEDGED
        rig.line.unplug()
        await until(lambda: not board.online)
        assert rig.world.is_energised("one-1")

        rig.line.replug()

        await until(lambda: not rig.world.is_energised("one-1"), within_s=15)
        assert rig.world.pulses("one-1") == 1


async def test_a_board_without_inputs_reads_unknown_and_says_when_its_port_is_away(tmp_path: Path) -> None:
    async with lock_rig(STM8, tmp_path, **QUICK) as rig:
        await released(rig)
        assert await rig.board.read_feedback(soon()) == (LockFeedback.UNKNOWN,) * 4
        assert await rig.board.version(soon()) is None


async def test_an_input_board_that_is_away_is_told_apart_from_its_relays(tmp_path: Path) -> None:
    async with lock_rig(Variant("modbus-stm8", 4, options={"inputs_address": 99}), tmp_path, **QUICK) as rig:
        await released(rig)
        rig.faults.inject("board_dead", "line-inputs-99")

        with pytest.raises(NoAnswer):
            await rig.board.read_feedback(soon())
        assert await rig.board.pulse(1, soon()) is PulseResult.ACKNOWLEDGED
