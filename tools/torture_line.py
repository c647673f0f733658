"""Tortures one line: `make torture`, or python -m tools.torture_line [OPTIONS].

32 lock boards of the 8A/80 family with mixed addresses hang on one simulated RS-485 line at 9600 baud.  One
of them is dead and one byte in a hundred is corrupted, in both directions.  Four tasks unlock doors and read
feedback through the real driver.  What happened is judged by the simulated world's record of pulses and doors
and by the wire's record of requests, never by what the driver says of itself.

The line runs on virtual time: wire times, pulses and time-outs are exact and cost nothing, hours pass in
minutes.  Driver and line are joined in memory; ptys are what tests/hal is for.

Progress is on stderr; the last line, on stdout, is one JSON object:

  transactions  = right + unknown + not_sent + wrong
  right         the outcome is what the world saw: one pulse for an acknowledged unlock, the contacts as they
                were for a read
  unknown       no usable answer came; the world may have seen one pulse or none
  not_sent      the line was not free in time; the world saw nothing
  wrong         an outcome that the world contradicts
  wrong_door    pulses on doors that nobody had asked for
  doubled       second pulses, and requests on the wire beyond one for each transaction
  undetectable  frames that noise turned into others with a right check.  An XOR cannot see two hits that
                cancel out; with --noise bit one pair in eight does.  No host can close that gap: what of the
                faults above came from it is why this is counted.

Ends with 1 unless wrong, wrong_door and doubled are 0.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Final

from hal.errors import DeviceOffline, NoAnswer
from hal.interfaces import LockBoard, LockFeedback, PulseResult
from hal.locks.feedback import SolenoidTurn
from hal.registry import LOCKS, BoardSettings, LineSettings
from hal.transport.line_owner import LineOwner
from simulators.faults import FaultMenu
from simulators.lock_kinds import boards_of
from simulators.plan import BankPlan, BoardPlan, CabinetPlan, CompartmentPlan, LinePlan
from simulators.rs485_line import WireRecord
from simulators.world import World, WorldEvent
from tests.support.virtual_time import run_virtual
from tools.memory_port import MemoryLine

__all__ = ["Options", "Verdict", "main", "torture"]

KIND: Final = "8a80"
BAUD: Final = 9600
MAX_BOARDS: Final = 32
"""What the DIP switch of the family can tell apart."""
SIZES: Final = (2, 8, 12, 18, 24)
"""Locks a board, as these boards are sold."""
PATIENCE_S: Final = 4.0
"""From asking to the deadline: a line that owes a late reply is free again well before."""
SHUT_S: Final = 0.7
"""From an open door to one pushed shut: after the pulse."""
ECHO_OF_ASK_S: Final = 5.0
"""A pulse so soon after an answered ask is that ask's second, later it is nobody's."""
PROGRESS_S: Final = 5.0
CHECKED_LENGTHS: Final = range(5, 9)
"""Of frames on this line."""


@dataclass(frozen=True)
class Options:
    """What to do; `noise` is `byte` (a hit byte becomes any other) or `bit` (one bit of it turns)."""

    boards: int = 32
    unlocks: int = 10_000
    reads: int = 10_000
    rate: float = 0.01
    noise: str = "byte"
    dead: int = 1
    seed: int = 1


@dataclass
class Verdict:
    """What came of it; see the module."""

    boards: int = 0
    transactions: int = 0
    pulses_sent: int = 0
    right: int = 0
    unknown: int = 0
    not_sent: int = 0
    wrong: int = 0
    wrong_door: int = 0
    doubled: int = 0
    undetectable: int = 0
    collisions: int = 0
    seconds: float = 0.0
    simulated_seconds: float = 0.0

    @property
    def kept(self) -> bool:
        """True when every promise was."""
        return not (self.wrong or self.wrong_door or self.doubled)


@dataclass(eq=False)
class _Ask:
    """One unlock or read under way, and what the world showed meanwhile: pulses of its door, levels of its
    contacts."""

    door: str
    pulses: int = 0
    levels: dict[str, set[bool]] = field(default_factory=dict)


class _Judge:
    """Watches world and wire."""

    def __init__(self, world: World, line: MemoryLine) -> None:
        self.verdict = Verdict()
        self.requests = 0
        self._world = world
        self._asks: set[_Ask] = set()
        self._last_asked: dict[str, float] = {}
        world.subscribe(self._see)
        line.subscribe(self._hear)

    def begin(self, door: str, doors: Sequence[str] = ()) -> _Ask:
        """Somebody asks for `door`, or for the contacts of `doors`."""
        ask = _Ask(door, levels={each: {self._world.contact_closed(each)} for each in doors})
        self._asks.add(ask)
        return ask

    def unlocked(self, ask: _Ask, result: PulseResult) -> None:
        """The driver says what became of an unlock."""
        self._asks.discard(ask)
        self._last_asked[ask.door] = self._world.now()
        self.verdict.doubled += max(0, ask.pulses - 1)
        if result is PulseResult.UNKNOWN:
            self.verdict.unknown += 1
        elif result is PulseResult.NOT_SENT and not ask.pulses:
            self.verdict.not_sent += 1
        elif result is PulseResult.ACKNOWLEDGED and ask.pulses:
            self.verdict.right += 1
        else:
            self.verdict.wrong += 1

    def read(self, ask: _Ask, feedback: Sequence[LockFeedback]) -> None:
        """The driver says how the contacts of a board are; closed means locked here."""
        self._asks.discard(ask)
        told = [level is LockFeedback.LOCKED for level in feedback]
        fits = LockFeedback.UNKNOWN not in feedback and all(
            level in levels for level, levels in zip(told, ask.levels.values(), strict=True)
        )
        if fits:
            self.verdict.right += 1
        else:
            self.verdict.wrong += 1

    def read_failed(self, ask: _Ask, sent: bool) -> None:
        """The driver says that it could not read."""
        self._asks.discard(ask)
        if sent:
            self.verdict.unknown += 1
        else:
            self.verdict.not_sent += 1

    def _see(self, event: WorldEvent) -> None:
        if event.kind == "pulse":
            self.verdict.pulses_sent += 1
            self._pulsed(event.compartment)
        for ask in self._asks:
            if event.kind in ("opened", "closed") and event.compartment in ask.levels:
                ask.levels[event.compartment].add(event.kind == "closed")

    def _pulsed(self, door: str) -> None:
        asked = [ask for ask in self._asks if ask.door == door]
        for ask in asked:
            ask.pulses += 1
        if asked:
            return
        if self._world.now() - self._last_asked.get(door, float("-inf")) < ECHO_OF_ASK_S:
            self.verdict.doubled += 1
        else:
            self.verdict.wrong_door += 1

    def _hear(self, record: WireRecord) -> None:
        self.requests += record.sender == "host"
        right_check = len(record.data) in CHECKED_LENGTHS and reduce(xor, record.data) == 0
        self.verdict.undetectable += "noise" in record.note and right_check


class _Torture:
    def __init__(self, options: Options) -> None:
        self._options = options
        self._rng = random.Random(options.seed)
        self._plan = _plan(options, self._rng)
        faults = FaultMenu(options.seed)
        self._world = World(self._plan, faults=faults)
        boards = list(boards_of(self._plan, "line", self._world, faults).values())
        self._line = MemoryLine("memory", boards, faults, BAUD, name="line")
        self._judge = _Judge(self._world, self._line)
        faults.inject("line_noise", "line", rate=options.rate, whole=options.noise == "byte")
        for board in self._rng.sample(self._plan.boards, options.dead):
            faults.inject("board_dead", board.id)
        self._doors = {board.id: list(self._plan.wiring(board.id).values()) for board in self._plan.boards}
        self._busy: set[str] = set()
        self._world.subscribe(self._hands)

    async def run(self) -> Verdict:
        began_s = time.perf_counter()
        await self._line.start()
        line = LineSettings("line", "memory", KIND, BAUD)
        owner, turn = LineOwner("memory", BAUD, link=self._line.host), SolenoidTurn()
        drivers = [
            LOCKS[KIND].make(
                BoardSettings(each.id, "line", KIND, each.address, each.channels, each.pulse_ms),
                line,
                owner,
                turn,
            )
            for each in self._plan.boards
        ]
        progress = asyncio.create_task(self._progress())
        await asyncio.gather(
            *(self._repeat(share, self._unlock, drivers) for share in _halves(self._options.unlocks)),
            *(self._repeat(share, self._read, drivers) for share in _halves(self._options.reads)),
        )
        await asyncio.sleep(ECHO_OF_ASK_S)
        progress.cancel()
        await self._line.stop()
        return self._verdict(began_s)

    def _verdict(self, began_s: float) -> Verdict:
        verdict = self._judge.verdict
        verdict.boards = self._options.boards
        verdict.transactions = self._options.unlocks + self._options.reads
        verdict.doubled += max(0, self._judge.requests - verdict.transactions + verdict.not_sent)
        verdict.collisions = self._line.collisions
        verdict.seconds = round(time.perf_counter() - began_s, 1)
        verdict.simulated_seconds = round(self._world.now(), 1)
        return verdict

    async def _repeat(
        self, times: int, act: Callable[[LockBoard], Awaitable[None]], drivers: Sequence[LockBoard]
    ) -> None:
        for _ in range(times):
            await act(self._rng.choice(drivers))
            await asyncio.sleep(self._rng.uniform(0.0, 0.2))

    async def _unlock(self, board: LockBoard) -> None:
        channel = self._rng.randint(1, board.info.channels)
        door = self._doors[board.info.id][channel - 1]
        while door in self._busy:
            await asyncio.sleep(SHUT_S)
        self._busy.add(door)
        ask = self._judge.begin(door)
        self._judge.unlocked(ask, await board.pulse(channel, self._world.now() + PATIENCE_S))
        self._busy.discard(door)

    async def _read(self, board: LockBoard) -> None:
        ask = self._judge.begin("", self._doors[board.info.id])
        try:
            self._judge.read(ask, await board.read_feedback(self._world.now() + PATIENCE_S))
        except NoAnswer:
            self._judge.read_failed(ask, sent=True)
        except DeviceOffline:
            self._judge.read_failed(ask, sent=False)

    def _hands(self, event: WorldEvent) -> None:
        if event.kind == "opened":
            asyncio.get_running_loop().call_later(SHUT_S, self._world.close_door, event.compartment)

    async def _progress(self) -> None:
        told_s = time.perf_counter()
        while True:
            await asyncio.sleep(1.0)
            if time.perf_counter() - told_s > PROGRESS_S:
                told_s = time.perf_counter()
                verdict = self._judge.verdict
                done = verdict.right + verdict.unknown + verdict.not_sent + verdict.wrong
                print(f"{done} transactions, {verdict.pulses_sent} pulses", file=sys.stderr, flush=True)


def torture(options: Options) -> Verdict:
    """One run, on a loop of its own."""

    async def main() -> Verdict:
        return await _Torture(options).run()

    return run_virtual(main)


def _halves(count: int) -> tuple[int, int]:
    return count // 2, count - count // 2


def _plan(options: Options, rng: random.Random) -> CabinetPlan:
    addresses = rng.sample(range(1, MAX_BOARDS + 1), options.boards)
    boards = tuple(
        BoardPlan(f"board-{number}", "line", KIND, address, rng.choice(SIZES), 500, "locked")
        for number, address in enumerate(addresses, 1)
    )
    doors = tuple(
        CompartmentPlan(f"{board.id}-{channel}", f"{board.id}-{channel}", "A", "S", board.id, channel, 0)
        for board in boards
        for channel in range(1, board.channels + 1)
    )
    return CabinetPlan(
        source=Path("torture"),
        station_id="torture",
        name="torture",
        lines=(LinePlan("line", Path("memory"), BAUD, KIND, False),),
        boards=boards,
        banks=(BankPlan("A", "A"),),
        compartments=doors,
        scanners=(),
        printers=(),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="torture_line", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    usual = Options()
    parser.add_argument(
        "--boards",
        type=int,
        default=usual.boards,
        choices=range(1, MAX_BOARDS + 1),
        metavar="N",
        help="on the line (32)",
    )
    parser.add_argument("--unlocks", type=int, default=usual.unlocks, metavar="N", help="(10000)")
    parser.add_argument("--reads", type=int, default=usual.reads, metavar="N", help="(10000)")
    parser.add_argument("--rate", type=float, default=usual.rate, help="share of bytes corrupted (0.01)")
    parser.add_argument("--noise", default=usual.noise, choices=["byte", "bit"], help="of a hit byte (byte)")
    parser.add_argument("--dead", type=int, default=usual.dead, metavar="N", help="boards without power (1)")
    parser.add_argument("--seed", type=int, default=usual.seed, metavar="N", help="of all chance (1)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run as the command line says; returns the exit code."""
    args = _parser().parse_args(argv)
    verdict = torture(Options(**vars(args)))
    print(json.dumps(asdict(verdict)), flush=True)
    return 0 if verdict.kept else 1


if __name__ == "__main__":
    sys.exit(main())
