"""A bad day of one line: python -m tools.storm_locks [OPERATIONS] [--boards N] [--rate R] [--seed S].

N boards of the 8A/80 family of mixed sizes hang on one line; one of them is
dead, and noise hits each byte with probability R, both ways.  Unlocks and
reads come in random order through our drivers.  Time is virtual, so a day of
waiting takes minutes.  Judged by the simulated metal: no wrong door gets a
pulse, no unlock is sent twice, every outcome is right or UNKNOWN.

A reading counts when two in a row agree, as it does in the service.  The five
bytes' XOR does not see two bytes hit in the same bit: `lone_readings_wrong`
tells how often that passed for a reading.  A request may become another valid
one the same way, at R = 0.01 at most one unlock in 27,000; no host can tell,
so whether a run has one is the seed's.

Progress on stderr; the last line, on stdout, is the result as JSON.  Ends with
1 when something was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from pathlib import Path

from hal.errors import DeviceOffline, NoAnswer
from hal.interfaces import LockBoard, LockFeedback, PulseResult
from hal.locks import board_8a80
from hal.locks.feedback import SolenoidTurn
from hal.settings import BoardSettings, LineSettings
from hal.transport.line_owner import LineOwner
from simulators.board_8a80 import Board8A80
from simulators.faults import FaultMenu
from simulators.plan import BankPlan, BoardPlan, CabinetPlan, CompartmentPlan, LinePlan
from simulators.rs485_line import HostPort, Rs485Line
from simulators.world import World, WorldEvent
from tests.support.virtual_time import run_virtual
from tools.memory_port import HostEnd, LineEnd

BAUD = 9600
SIZES = (8, 12, 24)
PULSE_MS = 300
PATIENCE_S = 2.0
"""What the service gives a pulse."""
READ_PATIENCE_S = 1.0
SETTLE_S = 0.6
"""After an unlock: whatever a board still does, it has done."""
READINGS = 4
TOLD_EVERY = 1_000

Reading = tuple[LockFeedback, ...]


class MemoryLine(Rs485Line):
    """A line whose host is in this process."""

    host: HostEnd

    def make_port(self, path: str | Path) -> HostPort:
        """No port of the machine."""
        self.host = HostEnd(BAUD, self.hear_host)
        return LineEnd(self.host)


class Storm:
    """The line, our drivers on it, and what was counted."""

    def __init__(self, boards: int, rate: float, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self._rng = random.Random(seed)
        self._faults = FaultMenu(seed)
        self._plan = _plan(boards)
        self._world = World(self._plan, faults=self._faults)
        self._pulsed: list[str] = []
        self._world.subscribe(self._on_event)
        simulated = [
            Board8A80(
                each.address,
                each.channels,
                self._plan.wiring(each.id),
                self._world,
                board_id=each.id,
                pulse_ms=PULSE_MS,
            )
            for each in self._plan.boards
        ]
        self._line = MemoryLine("memory", simulated, self._faults, BAUD, name="line")
        owner = LineOwner("memory", BAUD, link=self._line.host)
        turn, settings = SolenoidTurn(), LineSettings("line", "memory", "8a80")
        self._boards = [
            board_8a80.make(
                BoardSettings(each.id, "line", "8a80", each.address, each.channels, PULSE_MS),
                settings,
                owner,
                turn,
            )
            for each in self._plan.boards
        ]
        self._rate = rate

    async def run(self, operations: int) -> None:
        """All of them, one after another."""
        await self._line.start()
        self._faults.inject("line_noise", "line", rate=self._rate)
        dead = self._rng.choice(self._boards).info.id
        self._faults.inject("board_dead", dead)
        loop = asyncio.get_running_loop()
        for number in range(1, operations + 1):
            board = self._rng.choice(self._boards)
            if self._rng.random() < 0.5:
                await self._unlock(board, self._rng.randint(1, board.info.channels))
            else:
                await self._read(board)
            if number % TOLD_EVERY == 0:
                print(f"{number} operations, {loop.time() / 3600:.1f} h", file=sys.stderr, flush=True)
        self.counts["virtual_s"] = round(loop.time())
        await self._line.stop()

    async def _unlock(self, board: LockBoard, channel: int) -> None:
        loop = asyncio.get_running_loop()
        self._pulsed.clear()
        result = await board.pulse(channel, loop.time() + PATIENCE_S)
        await asyncio.sleep(SETTLE_S)
        wanted = f"{board.info.id}-{channel}"
        times = self._pulsed.count(wanted)
        self.counts["unlocks"] += 1
        self.counts[f"unlocks_{result.value}"] += 1
        self.counts["wrong_doors"] += len(self._pulsed) - times
        self.counts["unlocks_twice"] += times > 1
        sure = {PulseResult.ACKNOWLEDGED: 1, PulseResult.NOT_SENT: 0, PulseResult.REFUSED: 0}
        self.counts["outcomes_wrong"] += sure.get(result, times) != times
        for name in self._world.open_doors():
            if not self._world.is_energised(name) and self._rng.random() < 0.7:
                self._world.close_door(name)

    async def _read(self, board: LockBoard) -> None:
        self.counts["reads"] += 1
        last: Reading | None = None
        for _ in range(READINGS):
            reading = await self._reading(board)
            if reading is not None and reading == last:
                right = reading == self._truth(board)
                self.counts["reads_right" if right else "readings_wrong"] += 1
                return
            last = reading
        self.counts["reads_unknown"] += 1

    async def _reading(self, board: LockBoard) -> Reading | None:
        try:
            reading = await board.read_feedback(asyncio.get_running_loop().time() + READ_PATIENCE_S)
        except (NoAnswer, DeviceOffline):
            return None
        self.counts["lone_readings"] += 1
        self.counts["lone_readings_wrong"] += reading != self._truth(board)
        return reading

    def _truth(self, board: LockBoard) -> Reading:
        names = [f"{board.info.id}-{channel}" for channel in range(1, board.info.channels + 1)]
        opened = set(self._world.open_doors())
        return tuple(LockFeedback.UNLOCKED if name in opened else LockFeedback.LOCKED for name in names)

    def _on_event(self, event: WorldEvent) -> None:
        if event.kind == "pulse":
            self._pulsed.append(event.compartment)


def _plan(boards: int) -> CabinetPlan:
    plans = tuple(
        BoardPlan(f"b{address:02}", "line", "8a80", address, SIZES[address % 3], PULSE_MS, "locked")
        for address in range(1, boards + 1)
    )
    return CabinetPlan(
        source=Path("storm"),
        station_id="storm",
        name="storm",
        lines=(LinePlan("line", "memory", BAUD, "8a80"),),
        boards=plans,
        banks=(BankPlan("A", "A"),),
        compartments=tuple(
            CompartmentPlan(f"{board.id}-{channel}", f"{board.id}-{channel}", "A", "S", board.id, channel, 0)
            for board in plans
            for channel in range(1, board.channels + 1)
        ),
        scanners=(),
        printers=(),
    )


WRONG = ("wrong_doors", "unlocks_twice", "outcomes_wrong", "readings_wrong")


def main() -> int:
    """Runs the day the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("operations", nargs="?", type=int, default=10_000)
    parser.add_argument("--boards", type=int, default=32, choices=range(2, 33), metavar="N")
    parser.add_argument("--rate", type=float, default=0.01, metavar="R")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    asked = parser.parse_args()
    counts = storm(asked.operations, asked.boards, asked.rate, asked.seed)
    print(json.dumps({**vars(asked), **counts}))
    return int(any(counts[key] for key in WRONG))


def storm(operations: int, boards: int, rate: float, seed: int) -> dict[str, int]:
    """The counts of one day."""

    async def day() -> Counter[str]:
        made = Storm(boards, rate, seed)
        await made.run(operations)
        return made.counts

    counts = run_virtual(day)
    return {**{key: counts[key] for key in WRONG}, **dict(sorted(counts.items()))}


if __name__ == "__main__":
    sys.exit(main())
