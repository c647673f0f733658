"""A journal and a link as the service would join them, for tests of the link."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge.core.effects import Reply
from edge.core.events import DeviceLost
from edge.core.inputs import Command
from edge.core.model import Compartment, DoorState, Layout, Rules, Setup, Size, State
from edge.shell.blocking import Blocking, InlineBlocking
from edge.shell.clock import Clock
from edge.shell.connection import Connect
from edge.shell.health_report import health_of
from edge.shell.journal import Fact, Journal, StationIdentity
from edge.shell.link import Link
from edge.shell.link_parts import LinkSettings, Providers
from edge.shell.messages import (
    CONTRACT_VERSION,
    Birth,
    CompartmentFact,
    Compartments,
    CompartmentStatus,
    Health,
    Heartbeat,
)

__all__ = ["IDENTITY", "LAYOUT", "Linked", "linked"]

IDENTITY = StationIdentity("acme", "demo-01")
LAYOUT = Layout({"a01": Compartment("a01", "1", "a", Size.M, "lock-1", 1)})
PEPPER = bytes(range(32))


@dataclass
class Linked:
    """The parts, and what the link handed in."""

    journal: Journal
    clock: Clock
    link: Link = field(init=False)
    door: DoorState = DoorState.CLOSED
    commands: list[Command] = field(default_factory=list)
    refused: list[tuple[str, ...]] = field(default_factory=list)
    accept: bool = True

    async def happen(self, count: int = 1) -> None:
        """Record some facts."""
        await self.journal.append(
            [Fact(DeviceLost("lock-1", "x"), self.clock.wall_ms()) for _ in range(count)]
        )

    def take(self, command: Command) -> bool:
        """Answer every command at once, as a service would after its commit."""
        if self.accept:
            self.commands.append(command)
            self.link.reply(
                Reply(command.id, command.verb, "succeeded", command.reply_to, command.correlation_id)
            )
        return self.accept

    def snapshot(self) -> Compartments:
        status = CompartmentStatus("a01", self.door, None, True, None, False)
        return Compartments(rev=self.journal.head, compartments=[status])

    def health(self, numbers: Heartbeat) -> Health:
        setup = Setup(IDENTITY.station, LAYOUT, Rules(), {}, PEPPER)
        return health_of(setup, State(lost_devices={"lock-1": "x" * 500}), numbers, "test")

    def birth(self) -> Birth:
        return Birth(
            contract=CONTRACT_VERSION,
            software="test",
            session=self.journal.session_number,
            boot_id=self.journal.boot_id,
            layout=[CompartmentFact("a01", "1", "a", Size.M, 0)],
            symbologies=["qr"],
            labels=[],
        )


@contextlib.asynccontextmanager
async def linked(
    path: Path,
    clock: Clock,
    connect: Connect,
    *,
    blocking: Blocking | None = None,
    jitter: Callable[[], float] | None = None,
    settings: LinkSettings | None = None,
) -> AsyncIterator[Linked]:
    """A running link; stopped in good order at the end."""
    journal = Journal.open(path, IDENTITY, clock, blocking or InlineBlocking())
    station = Linked(journal, clock)
    link = Link(
        settings or LinkSettings(PEPPER),
        journal,
        clock,
        connect,
        station.take,
        lambda *refused: station.refused.append(refused),
        Providers(station.birth, station.snapshot, station.health),
        jitter=jitter or random.Random(1).random,
    )
    station.link = link
    task = asyncio.create_task(link.run())
    try:
        yield station
    finally:
        if not task.done():
            await link.stop()
        await task
        await journal.close()
