"""From a right pickup code to the unlock on the wire: what the station adds to one sync and one frame.

The journal syncs to a real file, the frame travels a simulated RS-485 line at
its baud.  The baseline is measured in the same run: a bare SQLite commit (WAL,
synchronous FULL) and the same frame written by hand.  Station and line share
one loop and its own time: for how long the machine runs others is not in it.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import struct
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from pymodbus.framer import FramerRTU
from pytest_benchmark.fixture import BenchmarkFixture

from edge.config import load_config
from edge.core import events as ev
from edge.core.codes import derive_code
from edge.core.effects import UnlockDoor
from edge.core.inputs import Started, Tap
from edge.core.model import Setup
from edge.shell.blocking import ThreadBlocking
from edge.shell.clock import SystemClock
from edge.shell.doors import Doors
from edge.shell.journal import Fact, Journal, StationIdentity
from edge.shell.station import Station
from hal.registry import build
from simulators.cabinet import SimulatedCabinet
from simulators.demo.station_file import make_rehearsal
from simulators.plan import load_plan
from simulators.world import WorldEvent
from tests.support.own_time import OwnTimeLoop

EXAMPLE = Path(__file__).resolve().parents[1] / "examples/station.toml"
LINE, BANK = "line-a", "A"

WARM_ROUNDS = 5
"""Run in any case: with measuring off, the benchmark itself runs once."""

ROUNDS = 3
BASE_ROUNDS = 15

MAX_RATIO = 2.0
"""The median is 0.8 to 1.4 here, idle or busy, and 2.5 to 3.8 when a poll goes before the pulse."""

ATTEMPTS = 3
"""A neighbour on the machine can slow one attempt, and never makes a slow station fast: the best counts."""


class Bench:
    """One station in this process, with a parcel behind each door of one board."""

    def __init__(self, folder: Path) -> None:
        rehearsal = make_rehearsal(EXAMPLE, folder, mqtt_port=1)
        self.config = load_config(rehearsal.station_toml)
        self.cabinet = SimulatedCabinet(load_plan(rehearsal.station_toml), folder)
        self.world = self.cabinet.world
        self.setup = Setup(
            self.config.station.id, self.config.layout, self.config.rules, self.config.staff, bytes(32)
        )
        of_bank = [c.id for c in self.config.layout.compartments.values() if c.bank == BANK]
        self.doors_used = of_bank[: WARM_ROUNDS + ROUNDS]
        self.took_s: list[float] = []
        self._pulsed: asyncio.Future[float] | None = None
        self._rng = random.Random(1)
        self.world.subscribe(self._see)
        self._folder = folder

    def _see(self, event: WorldEvent) -> None:
        if event.kind == "pulse" and self._pulsed is not None and not self._pulsed.done():
            self._pulsed.set_result(asyncio.get_running_loop().time())

    def expect_pulse(self) -> asyncio.Future[float]:
        """Done when the board has the next unlock command whole."""
        self._pulsed = asyncio.get_running_loop().create_future()
        return self._pulsed

    async def baseline_s(self) -> tuple[float, float]:
        """Medians of a bare commit and of a bare frame to the board."""
        await self.cabinet.start()
        plan = self.cabinet.plan
        port = next(str(line.port) for line in plan.lines if line.id == LINE)
        wire = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        frames = []
        for number in range(BASE_ROUNDS):
            body = struct.pack(">BBHH", 1, 5, 0x0200 + number % 8, 1)
            done = self.expect_pulse()
            start_s = asyncio.get_running_loop().time()
            os.write(wire, body + struct.pack(">H", FramerRTU.compute_CRC(body)))
            frames.append(await asyncio.wait_for(done, 5.0) - start_s)
            await asyncio.wait_for(self._reply(wire), 5.0)
        os.close(wire)
        await self._close_all()
        return _middle(_commits(self._folder / "bare.sqlite")), _middle(frames)

    async def _reply(self, wire: int) -> None:
        heard = b""
        while len(heard) < 8:
            await asyncio.sleep(0.002)
            try:
                heard += os.read(wire, 64)
            except BlockingIOError:
                continue

    async def _close_all(self) -> None:
        async with asyncio.timeout(5.0):
            while any(not self.world.close_door(c) for c in self.world.open_doors()):
                await asyncio.sleep(0.01)

    async def start(self, stack: AsyncExitStack) -> None:
        """The service's own parts, joined as `edge.app` joins them."""
        clock, blocking = SystemClock(), ThreadBlocking("journal")
        stack.callback(blocking.close)
        identity = StationIdentity(self.config.station.tenant, self.config.station.id)
        journal = Journal.open(self._folder / "journal.sqlite", identity, clock, blocking)
        stack.push_async_callback(journal.close)
        await journal.append([Fact(event, clock.wall_ms()) for event in self._history()])
        self.station = Station(self.setup, journal, clock, "bench")
        hardware = build(self.config.lines, self.config.boards, [], [])
        await hardware.start()
        stack.push_async_callback(hardware.close)
        self.doors = Doors(self.config.layout, hardware.boards, self.station.post)
        self.station.release = lambda effect: (
            self.doors.unlock(effect) if isinstance(effect, UnlockDoor) else None
        )
        first = await self.doors.look()
        tasks = [asyncio.create_task(part.run()) for part in (self.station, self.doors)]
        stack.push_async_callback(_end, tasks)
        assert await self.station.submit(Started(first, "bench")) is not None

    def _history(self) -> Iterator[ev.Event]:
        far_ms = SystemClock().wall_ms() + 86_400_000
        for number, door in enumerate(self.doors_used):
            code = f"TRACK{number:04d}"
            yield ev.ParcelExpected(f"p{number}", code, "ems", "r", "*", "*", None, True)
            yield ev.ParcelDeposited(
                f"p{number}", code, door, door.upper(), "s", "1", "ems", 1, far_ms, "confirmed"
            )

    async def ask(self) -> str:
        """The screen asks for a code; returns that of the next parcel."""
        await self.station.submit(Tap("start_pickup"))
        assert self.station.view().screen == "pickup_code"
        # People take a while, and not each time the same: the poll is anywhere in its turn.
        await asyncio.sleep(0.1 * self._rng.random())
        return derive_code(self.setup.pepper, self.setup.station_id, f"p{len(self.took_s)}", 1)

    async def leave(self) -> None:
        """The door is pressed shut and the recipient goes."""
        await self._shows("door_open")
        await self._close_all()
        await self._shows("pickup_done")
        await self.station.submit(Tap("done"))

    async def _shows(self, screen: str) -> None:
        async with asyncio.timeout(10.0):
            while self.station.view().screen != screen:
                await asyncio.sleep(0.01)

    async def give(self, code: str) -> None:
        """The code is typed; returns when the board has the unlock."""
        done = self.expect_pulse()
        start_s = asyncio.get_running_loop().time()
        typed = asyncio.ensure_future(self.station.submit(Tap("enter_code", code=code)))
        self.took_s.append(await asyncio.wait_for(done, 5.0) - start_s)
        await typed

    async def visits(self, count: int) -> None:
        """Some whole pickups."""
        for _ in range(count):
            await self.give(await self.ask())
            await self.leave()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _commits(path: Path) -> list[float]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE events(seq INTEGER PRIMARY KEY, body BLOB)")
    times = []
    for _ in range(BASE_ROUNDS):
        start_s = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO events(body) VALUES(?)", [(b"x" * 700,)] * 3)
        connection.execute("COMMIT")
        times.append(time.perf_counter() - start_s)
    connection.close()
    return times


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _ratio(folder: Path, benchmark: BenchmarkFixture | None) -> dict[str, float]:
    """One station from start to stop: what it adds, as a ratio to the baseline before and after it.

    The larger baseline counts: a machine that turned busy in between is not the station's fault.
    """
    with asyncio.Runner(loop_factory=OwnTimeLoop) as runner:
        stack = AsyncExitStack()
        bench = Bench(folder)
        try:
            commit_s, frame_s = runner.run(bench.baseline_s())
            runner.run(bench.start(stack))
            runner.run(bench.visits(WARM_ROUNDS if benchmark else WARM_ROUNDS + ROUNDS))
            if benchmark:
                benchmark.pedantic(  # type: ignore[no-untyped-call]  # pytest-benchmark leaves it untyped
                    lambda code: runner.run(bench.give(code)),
                    setup=lambda: ((runner.run(bench.ask()),), {}),
                    teardown=lambda code: runner.run(bench.leave()),
                    rounds=ROUNDS,
                )
        finally:
            runner.run(stack.aclose())
            runner.run(bench.cabinet.stop())
    later_s = _middle(_commits(folder / "bare-later.sqlite"))
    base_s = max(commit_s, later_s) + frame_s
    return {
        "bare_commit_ms": round(max(commit_s, later_s) * 1000, 2),
        "bare_frame_ms": round(frame_s * 1000, 2),
        "ratio_to_bare": round(_middle(bench.took_s) / base_s, 2),
    }


def test_valid_code_to_unlock_on_the_wire(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    told = _ratio(_made(tmp_path / "1"), benchmark)
    for again in range(2, ATTEMPTS + 1):
        if told["ratio_to_bare"] < MAX_RATIO:
            break
        told = min(told, _ratio(_made(tmp_path / str(again)), None), key=lambda each: each["ratio_to_bare"])
    benchmark.extra_info.update(told)
    assert told["ratio_to_bare"] < MAX_RATIO


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
