"""`pigeonhole commission`: what is walked, what came of it, and what is written.

Holds the journal's lock and the ports from the first question to the last, so no service can start meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edge.commission.findings import Channel, Conclusion, conclude
from edge.commission.people import Gone, Person, SimulatedPerson, TerminalPerson
from edge.commission.progress import Progress
from edge.commission.station_edit import StationEdit, write_atomically
from edge.commission.walk import Walk
from edge.config import Config, ConfigError, load_config
from edge.core.model import State
from edge.shell.envelope import StationIdentity
from edge.shell.journal_file import JournalFailed
from edge.shell.journal_look import held_state
from hal.registry import Hardware, build
from hal.transport.line_owner import LineOwner

__all__ = ["Commission", "occupied_in", "require_simulated", "run"]

EXIT_WRONG: Final = 1
JOURNAL: Final = "journal.sqlite"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def run(args: argparse.Namespace) -> int:
    """Carry the command out; see --help for the exit codes.  Raises ConfigError and DeviceConfigError."""
    config = load_config(args.config)
    if args.yes_simulated is not None:
        try:
            asyncio.run(SimulatedPerson(args.yes_simulated, {}).wake())
        except Gone as gone:
            print(f"pigeonhole: {gone}", file=sys.stderr)
            return EXIT_WRONG
        require_simulated(config)
    commission = Commission(config, args.door, args.board, args.all_channels, args.restart)
    numbers = {each.id: each.number for each in config.layout.compartments.values()}
    person: Person = (
        TerminalPerson() if args.yes_simulated is None else SimulatedPerson(args.yes_simulated, numbers)
    )
    identity = StationIdentity(config.station.tenant, config.station.id)
    try:
        with held_state(config.paths.data / JOURNAL, identity) as state:
            return asyncio.run(commission.run(person, occupied_in(state)))
    except JournalFailed as error:
        print(f"pigeonhole: {error}; stop the service first", file=sys.stderr)
        return EXIT_WRONG
    finally:
        if commission.progress.path.exists():
            print(f"what is known so far is in {commission.progress.path}; the same command goes on there")


def occupied_in(state: State) -> frozenset[str]:
    """The compartments with a parcel inside, or perhaps inside."""
    return frozenset(name for name, each in state.compartments.items() if each.parcel is not None)


class Commission:
    """One run.  Raises ConfigError when a door or board is not in the file, or what an earlier run left does
    not fit."""

    def __init__(
        self,
        config: Config,
        doors: Sequence[str] = (),
        boards: Sequence[str] = (),
        all_channels: bool = False,
        restart: bool = False,
    ) -> None:
        self._config = config
        self._compartments = config.layout.compartments
        self._named = frozenset(door.lower() for door in doors)
        self._boards = frozenset(boards) or frozenset(board.id for board in config.boards)
        self._all_channels = all_channels
        self._hardware: Hardware = build(config.lines, config.boards, [], [])
        self._meanings = {board.id: board.contact_closed_means for board in config.boards}
        unknown = [each for each in self._named if each not in self._compartments]
        unknown += [each for each in self._boards if each not in self._meanings]
        if unknown:
            raise ConfigError(f"{config.source}: there is no {', '.join(sorted(unknown))}")
        self.progress = Progress(config, restart)

    async def run(self, person: Person, occupied: frozenset[str]) -> int:
        """Walk, conclude, show, ask, write; returns the exit code."""
        channels = self.channels(occupied)
        self._introduce(person, occupied, channels)
        await self._hardware.start()
        try:
            away = self._away(channels)
            if away:
                person.tell(f"{', '.join(away)}: not there, or held by another process; stop the service")
                return EXIT_WRONG
            walk = Walk(self._hardware.boards, self._meanings, self._compartments, occupied, person)
            todo = [each for each in channels if self._named or not self.progress.done(each)]
            if todo and not await person.agrees("are all doors shut, and nobody's hand near them?"):
                return EXIT_WRONG
            await walk.go(todo, self.progress.add)
            return await self._finish(person)
        except Gone as gone:
            person.tell(str(gone) or "stopped")
            return EXIT_WRONG
        finally:
            await self._hardware.close()

    def channels(self, occupied: frozenset[str]) -> list[Channel]:
        """What is to be pulsed, board by board: with `all_channels` also what no compartment is wired to."""
        wired = {Channel(each.board, each.channel): each.id for each in self._compartments.values()}
        wanted: list[Channel] = []
        for board in self._config.boards:
            if board.id not in self._boards:
                continue
            for number in range(1, board.channels + 1):
                channel = Channel(board.id, number)
                door = wired.get(channel)
                if self._wants(door, occupied):
                    wanted.append(channel)
        return wanted

    def _wants(self, door: str | None, occupied: frozenset[str]) -> bool:
        if self._named:
            return door in self._named
        if door is None:
            return self._all_channels
        return door not in occupied

    def _introduce(self, person: Person, occupied: frozenset[str], channels: Sequence[Channel]) -> None:
        left_out = sorted(
            self._compartments[door].number
            for door in occupied
            if door in self._compartments and door not in self._named
        )
        if left_out:
            person.tell(f"left out, a parcel is inside: {', '.join(left_out)}")
            person.tell("(should the wiring be wrong, one of these may open all the same: stay at the doors)")
        done = sum(self.progress.done(channel) for channel in channels)
        person.tell(
            f"{len(channels)} channels" + (f", {done} of them known from an earlier run" if done else "")
        )

    def _away(self, channels: Sequence[Channel]) -> list[str]:
        """The ports that are needed and cannot be had."""
        needed = {self._hardware.boards[channel.board].info.port for channel in channels}
        lines = [part for part in self._hardware.parts if isinstance(part, LineOwner)]
        return sorted(line.port for line in lines if line.port in needed and not line.online)

    async def _finish(self, person: Person) -> int:
        conclusion = conclude(self.progress.seen, self._compartments, self._meanings)
        for problem in conclusion.problems:
            person.tell(f"! {problem}")
        written = await self._write(person, conclusion)
        if written and not conclusion.problems:
            self.progress.forget()
            person.tell("every door that was opened is where the file says")
            return 0
        return EXIT_WRONG

    async def _write(self, person: Person, conclusion: Conclusion) -> bool:
        """Show the changes and write them when told to; True when file and findings agree."""
        edit = StationEdit(self._config.source)
        for board, meaning in conclusion.meanings.items():
            edit.set_meaning(board, meaning)
        edit.move(conclusion.moves, lambda door: self._compartments[door].number)
        difference = edit.difference()
        if not difference:
            person.tell(f"nothing to change in {self._config.source}")
            return True
        person.tell(difference)
        if not await person.agrees(f"write this to {self._config.source}?"):
            return False
        if not edit.unchanged_on_disk():
            person.tell(f"{self._config.source} was changed by somebody else meanwhile; nothing is written")
            return False
        await asyncio.to_thread(write_atomically, self._config.source, edit.text(), load_config)
        person.tell(f"{self._config.source} is written")
        return True


def require_simulated(config: Config) -> None:
    """ConfigError unless every line is a pseudo-terminal or on this machine's own loopback: where hands are
    simulated nobody stands before a door that springs open."""
    for line in config.lines:
        host = urlsplit(line.port).hostname if "://" in line.port else None
        simulated = host in LOOPBACK if host else str(Path(line.port).resolve()).startswith("/dev/pts/")
        if not simulated:
            raise ConfigError(f"{config.source}: line {line.id}: {line.port} is not simulated")
