"""A cabinet, its station.toml, and a person who looks at the simulated doors and shuts them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.commission.command import Commission
from edge.commission.people import Gone
from edge.config import load_config
from simulators.cabinet import SimulatedCabinet
from simulators.plan import load_plan

__all__ = ["Before", "Site", "ScriptedPerson", "site", "station_toml"]

HEAD = """\
# The station at the corner.
[station]
id = "corner-01" # as on the plate
tenant = "demo"
name = "Corner"
address = "1 Century Ave"
phone = "400"

[paths]
data = "data"
pepper = "data/pepper.hex"
"""


def station_toml(
    folder: Path,
    boards: dict[str, tuple[str, str]],
    doors: dict[str, tuple[str, int]],
    name: str = "station.toml",
) -> Path:
    """`boards`: id to kind and contact_closed_means; each on a line of its own.  `doors`: number to board and
    channel."""
    text = HEAD
    for board, (kind, meaning) in boards.items():
        protocol = "8a80" if kind == "8a80" else "modbus-rtu"
        text += f"""
[[line]]
id = "line-{board}"
port = "dev/{board}"
protocol = "{protocol}"

[[board]]
id = "{board}"   # DIP 1
line = "line-{board}"
kind = "{kind}"
address = 1
channels = 8
pulse_ms = 100
contact_closed_means = "{meaning}" # found by hand
"""
    text += '\n[[bank]]\nid = "A"\n'
    for number, (board, channel) in doors.items():
        text += (
            f'\n[[compartment]]\nnumber = "{number}" # a door\nbank = "A"\nsize = "S"\n'
            f'board = "{board}"\nchannel = {channel} # counted from the top\nfloor_mm = 100\n'
        )
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@dataclass
class ScriptedPerson:
    """Tells what stands open and shuts it.  `before` is called with each channel before it answers."""

    cabinet: SimulatedCabinet
    before: Callable[[str], None] = lambda channel: None
    agree: bool = True
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def tell(self, text: str) -> None:
        self.told.append(text)

    async def agrees(self, question: str) -> bool:
        self.asked.append(question)
        return self.agree

    async def which_opened(self, channel: str, expected: str | None) -> str | None:
        self.before(channel)
        self.asked.append(channel)
        opened = self.cabinet.world.open_doors()
        return self.cabinet.plan.compartment(opened[0]).number if opened else ""

    async def shuts(self, door: str) -> None:
        self.cabinet.world.close_door(door.lower())

    def heard(self, *words: str) -> bool:
        """True when one line told has all the words."""
        return any(all(word in line for word in words) for line in self.told)


Before = Callable[[str], None]


@dataclass
class Site:
    """`file` is what the commissioning reads; the cabinet is wired as its own file says."""

    file: Path
    cabinet: SimulatedCabinet
    person: ScriptedPerson

    def commission(self, **options: object) -> Commission:
        return Commission(load_config(self.file), **options)  # type: ignore[arg-type]  # as a test gives them

    async def run(self, occupied: frozenset[str] = frozenset(), **options: object) -> int:
        return await self.commission(**options).run(self.person, occupied)

    def pulses(self) -> dict[str, int]:
        """By the number on the door; only those pulsed."""
        counts = {each.number: self.cabinet.world.pulses(each.id) for each in self.cabinet.plan.compartments}
        return {number: count for number, count in counts.items() if count}


@asynccontextmanager
async def site(file: Path, wired: Path | None = None) -> AsyncIterator[Site]:
    """`wired` is the station.toml the metal follows, by default `file` itself."""
    cabinet = SimulatedCabinet(load_plan(wired or file), file.parent / "labels")
    await cabinet.start()
    try:
        yield Site(file, cabinet, ScriptedPerson(cabinet))
    finally:
        await cabinet.stop()


def leave(at: str) -> Before:
    """A person who walks away at this channel."""

    def before(channel: str) -> None:
        if channel == at:
            raise Gone

    return before
