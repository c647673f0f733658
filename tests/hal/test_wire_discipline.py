"""Every kind of lock board on a line whose time is exact: who speaks when.

One transaction at a time, at least 3.5 characters of silence before each request (Modbus over Serial Line
V1.02, 2.5.1.1), and no request before the last one's reply or its time is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from hal.errors import HalError
from hal.interfaces import LockBoard
from hal.locks.feedback import SolenoidTurn
from hal.registry import LOCKS, USUAL_BAUD, BoardSettings, LineSettings
from hal.transport.line_owner import LineOwner
from simulators.faults import FaultMenu
from simulators.lock_kinds import boards_of
from simulators.rs485_line import Rs485Line, WireRecord
from simulators.world import World
from tests.hal.lock_rig import EVERY_KIND, Variant, plan_of
from tests.support.virtual_time import run_virtual
from tools.memory_port import MemoryLine

ASKS = 12
STRIKES = 3
"""Of each of three tasks that all want the line at once."""

BITS_A_BYTE = 10
GRAIN_S = 1e-6
"""Sums of floating-point times."""


class Overheard:
    """The bursts of a line: who spoke from when to when."""

    def __init__(self, line: Rs485Line, baud: int) -> None:
        self._byte_s = BITS_A_BYTE / baud
        self.bursts: list[tuple[str, float, float]] = []
        line.subscribe(self._hear)

    def _hear(self, record: WireRecord) -> None:
        began_s = record.at_s - len(record.data) * self._byte_s
        self.bursts.append(("host" if record.sender == "host" else "board", began_s, record.at_s))

    def silences(self) -> list[tuple[str, float]]:
        """Before each burst but the first: who ends it and how long it was."""
        ordered = sorted(self.bursts, key=lambda burst: burst[1])
        return [(later[0], later[1] - earlier[2]) for earlier, later in pairwise(ordered)]


async def _ask(boards: list[LockBoard], rng: random.Random) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(ASKS):
        board = rng.choice(boards)
        try:
            if rng.random() < 0.4:
                await board.pulse(rng.randint(1, board.info.channels), loop.time() + 5)
            else:
                await board.read_feedback(loop.time() + 5)
        except HalError:
            continue


@asynccontextmanager
async def discipline_rig(
    variant: Variant, baud: int, *faults: str
) -> AsyncIterator[tuple[list[LockBoard], Rs485Line]]:
    """Two boards of the variant and their line in memory; `faults` strike three times at the first."""
    plan = plan_of(variant, Path("memory"), baud)
    menu = FaultMenu(seed=3)
    world = World(plan, faults=menu)
    simulated = list(boards_of(plan, "line", world, menu).values())
    line = MemoryLine("memory", simulated, menu, baud, name="line")
    await line.start()
    for fault in faults:
        menu.inject(fault, "one", n=STRIKES)
    (line_plan,) = plan.lines
    settings = LineSettings("line", "memory", line_plan.protocol, baud)
    owner, turn = LineOwner("memory", baud, link=line.host), SolenoidTurn()
    boards = [
        LOCKS[each.kind].make(
            BoardSettings(
                each.id,
                "line",
                each.kind,
                each.address,
                each.channels,
                each.pulse_ms,
                each.contact_closed_means,
                options=each.options,
            ),
            settings,
            owner,
            turn,
        )
        for each in plan.boards
    ]
    yield boards, line
    await line.stop()


async def _overhear(variant: Variant, baud: int, *faults: str) -> tuple[Overheard, Rs485Line]:
    async with discipline_rig(variant, baud, *faults) as (boards, line):
        overheard = Overheard(line, baud)
        await asyncio.gather(*(_ask(boards, random.Random(seed)) for seed in range(3)))
        await asyncio.sleep(2.0)
    return overheard, line


@pytest.mark.parametrize("baud", [None, 115_200], ids=["usual-baud", "115200"])
@pytest.mark.parametrize("variant", EVERY_KIND, ids=str)
def test_silence_before_every_request_and_nobody_talks_over_another(
    variant: Variant, baud: int | None
) -> None:
    rate = baud or USUAL_BAUD[LOCKS[variant.kind].protocol]
    assert rate is not None
    overheard, line = run_virtual(lambda: _overhear(variant, rate))
    before_requests = [silence for who, silence in overheard.silences() if who == "host"]
    assert len(before_requests) >= ASKS // 2
    assert min(before_requests) >= 3.5 * BITS_A_BYTE / rate - GRAIN_S
    assert line.collisions == 0


@pytest.mark.parametrize("fault", ["no_answer", "garbled_reply", "half_reply", "late_reply"])
@pytest.mark.parametrize("variant", EVERY_KIND, ids=str)
def test_after_a_spoilt_reply_the_line_is_quiet_too(variant: Variant, fault: str) -> None:
    rate = USUAL_BAUD[LOCKS[variant.kind].protocol]
    assert rate is not None
    overheard, line = run_virtual(lambda: _overhear(variant, rate, fault))
    between_requests = [
        silence for who, silence in overheard.silences() if who == "host" and silence >= -GRAIN_S
    ]
    if fault == "late_reply":
        # One that comes 1.5 s late may meet another board's request: the late board's fault, each time.
        assert line.collisions <= STRIKES
    else:
        assert min(between_requests) >= 3.5 * BITS_A_BYTE / rate - GRAIN_S


@pytest.mark.parametrize("variant", [each for each in EVERY_KIND if each.acknowledges], ids=str)
def test_a_caller_without_patience_does_not_free_the_line_for_a_collision(variant: Variant) -> None:
    """It asks for an unlock whose reply comes behind its own deadline; the neighbour is asked meanwhile."""

    async def impatient() -> Rs485Line:
        rate = USUAL_BAUD[LOCKS[variant.kind].protocol]
        async with discipline_rig(variant, rate) as (boards, line):
            loop = asyncio.get_running_loop()
            first = asyncio.create_task(boards[0].pulse(1, loop.time() + 0.03))
            await asyncio.sleep(0.001)
            while loop.time() < 1.0:
                with contextlib.suppress(HalError):
                    await boards[1].read_feedback(loop.time() + 5)
            await first
            await asyncio.sleep(2.0)
            return line

    assert run_virtual(impatient).collisions == 0
