"""A `Station` on a real journal and a virtual clock, with its effects kept in a list."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from edge.core.effects import Effect
from edge.core.inputs import Started, Tap
from edge.core.model import DoorState, Setup
from edge.shell.blocking import InlineBlocking
from edge.shell.clock import Clock
from edge.shell.journal import Fact, Journal, JournalFailed, Record, StationIdentity
from edge.shell.station import Station
from tests.core.bench import make_setup
from tests.support.virtual_time import VirtualClock

__all__ = ["IDENTITY", "Rig", "running", "types", "until"]

IDENTITY = StationIdentity("acme", "demo-01")

T = TypeVar("T")


class WatchedBlocking(InlineBlocking):
    """Counts what the journal hands over, and can be made to yield, as a worker thread would."""

    def __init__(self) -> None:
        self.runs = 0
        self.gate: asyncio.Event | None = None

    async def run(self, work: Callable[[], T]) -> T:
        self.runs += 1
        if self.gate is not None:
            await self.gate.wait()
        return await super().run(work)


class FailingJournal(Journal):
    """Fails the next append, before or after some were written, as a full disk would."""

    fail_after: int | None = None

    async def append(self, batch: Sequence[Fact]) -> list[Record]:
        if batch and self.fail_after is not None:
            if self.fail_after == 0:
                raise JournalFailed(self.path, "disk full")
            self.fail_after -= 1
        return await super().append(batch)


class Rig:
    """The parts of one start of a station."""

    def __init__(self, path: Path, setup: Setup | None = None) -> None:
        self.clock: Clock = VirtualClock()
        self.blocking = WatchedBlocking()
        journal = FailingJournal.open(path, IDENTITY, self.clock, self.blocking)
        assert isinstance(journal, FailingJournal)
        self.journal = journal
        self.effects: list[Effect] = []
        self.heads: list[int] = []
        self.station = Station(setup or make_setup(), journal, self.clock, "Test station")
        self.station.release = self._release

    def _release(self, effect: Effect) -> None:
        self.effects.append(effect)
        # What is on disk, not what the journal says of itself, at the moment of release.
        self.heads.append(len(self.journal.read(0, 100_000)))

    def of(self, kind: type[T]) -> list[T]:
        """Released effects of one kind."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def start(self) -> None:
        """Come up with every door closed."""
        doors = dict.fromkeys(self.station.setup.layout.compartments, DoorState.CLOSED)
        self.station.post(Started(doors, "test"))

    async def tap(self, action: str, **fields: Any) -> bool:
        """Touch; True when acted upon."""
        decision = await self.station.submit(Tap(action, **fields))
        return decision is not None and not decision.refused


@contextlib.asynccontextmanager
async def running(path: Path, setup: Setup | None = None) -> AsyncIterator[Rig]:
    """A started station whose loop runs; cancelled and closed at the end, with no failure passed over."""
    rig = Rig(path, setup)
    task = asyncio.create_task(rig.station.run())
    try:
        rig.start()
        yield rig
    finally:
        task.cancel()
        results = await asyncio.gather(task, return_exceptions=True)
        await rig.journal.close()
    assert all(isinstance(result, asyncio.CancelledError) for result in results), results


def types(records: Sequence[Record]) -> list[str]:
    """The middle of each type, `parcel.deposited`."""
    return [json.loads(record.body)["type"].removeprefix("ph.").removesuffix(".v1") for record in records]


async def until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    """Poll until `condition` holds; on a virtual clock this costs nothing."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)
