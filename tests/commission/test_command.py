"""`pigeonhole commission` as a process: a person at a terminal, a running service, simulated hands."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from pathlib import Path

import pytest

from edge.commission.command import occupied_in, require_simulated
from edge.config import ConfigError, load_config
from edge.core import events as ev
from edge.core.model import Size
from edge.shell.blocking import InlineBlocking
from edge.shell.clock import SystemClock
from edge.shell.envelope import StationIdentity
from edge.shell.journal import Fact, Journal, JournalFailed
from edge.shell.journal_look import held_state
from tests.commission.rig import Site, site, station_toml
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
BOARDS = {"one": ("8a80", "unlocked")}
DOORS = {"A01": ("one", 1), "A02": ("one", 2)}
IDENTITY = StationIdentity("demo", "corner-01")


async def start(file: Path, *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "edge.cli", "commission", "--config", str(file), *options),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


class Terminal:
    """Types what a person would who stands at the simulated doors."""

    def __init__(self, place: Site, process: asyncio.subprocess.Process) -> None:
        self._place = place
        self._process = process
        self.said = ""

    async def work(self, stop_at: str = "") -> int:
        """Answer until the command ends; `q` at the question that has `stop_at`."""
        assert self._process.stdout is not None
        answered = 0
        async with asyncio.timeout(PATIENCE_S):
            while data := await self._process.stdout.read(4096):
                self.said += data.decode()
                question = self.said[answered:].rpartition("\n")[2]
                if question.endswith("] "):
                    answered = len(self.said)
                    self._type("q" if stop_at and stop_at in question else self._answer(question))
            return await self._process.wait()

    def _answer(self, question: str) -> str:
        world = self._place.cabinet.world
        if question.startswith("shut door "):
            world.close_door(question.split()[2].lower())
            return ""
        if "did door " in question:
            expected = question.partition("did door ")[2].split()[0]
            opened = [name.upper() for name in world.open_doors()]
            return "y" if opened == [expected] else opened[0] if opened else "n"
        return "y"

    def _type(self, answer: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{answer}\n".encode())


async def test_a_person_at_the_terminal_finds_crossed_cables(tmp_path: Path) -> None:
    wired = station_toml(tmp_path, BOARDS, {"A01": ("one", 2), "A02": ("one", 1)}, "wired.toml")
    file = station_toml(tmp_path, {"one": ("8a80", "locked")}, DOORS)
    async with site(file, wired) as place:
        process = await start(file)
        terminal = Terminal(place, process)
        assert await terminal.work(stop_at="one channel 2") == 1
        assert "the same command goes on there" in terminal.said
        place.cabinet.world.close_door("a01")

        terminal = Terminal(place, await start(file))
        assert await terminal.work() == 0, terminal.said
        assert "1 of them known" in terminal.said
        assert place.pulses() == {"A01": 2, "A02": 1}
    config = load_config(file)
    assert {c.number: c.channel for c in config.layout.compartments.values()} == {"A01": 2, "A02": 1}
    assert config.boards[0].contact_closed_means == "unlocked"


async def test_ctrl_c_keeps_what_is_known(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file) as place:
        process = await start(file)
        assert process.stdout is not None and process.stdin is not None
        async with asyncio.timeout(PATIENCE_S):
            said = await process.stdout.readuntil(b"near them? [y/n/q] ")
            process.stdin.write(b"y\n")
            said += await process.stdout.readuntil(b"door A01 open?")
            process.stdin.write(b"y\n")
            said += await process.stdout.readuntil(b"shut door A01")
            place.cabinet.world.close_door("a01")
            process.stdin.write(b"\n")
            said += await process.stdout.readuntil(b"door A02 open?")
            process.send_signal(2)
            said += await process.stdout.read()
            assert await process.wait() == 130
        assert b"Traceback" not in said
    known = json.loads((tmp_path / "station.toml.commission.json").read_text())
    assert [each["door"] for each in known["seen"]] == ["a01"]


async def test_simulated_hands_are_for_simulated_ports_only(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    with pytest.raises(ConfigError, match="line-one"):
        require_simulated(load_config(file))
    async with site(file):
        require_simulated(load_config(file))


async def test_simulated_hands_by_a_control_socket(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file) as place:
        world = place.cabinet.world

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                asked = json.loads(line)
                answer: dict[str, object] = {"id": asked["id"], "ok": True}
                if asked["do"] == "doors":
                    doors = place.cabinet.plan.compartments
                    answer["doors"] = {each.id: {"open": world.door_is_open(each.id)} for each in doors}
                else:
                    answer["shut"] = world.close_door(asked["door"])
                writer.write(json.dumps(answer).encode() + b"\n")
            writer.close()

        server = await asyncio.start_unix_server(serve, tmp_path / "hands")
        process = await start(file, "--yes-simulated", str(tmp_path / "hands"))
        said, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        server.close()
        assert process.returncode == 0, said.decode()
        assert place.pulses() == {"A01": 1, "A02": 1}


async def test_without_hands_at_the_socket_it_ends_and_says_so(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file):
        process = await start(file, "--yes-simulated", str(tmp_path / "none"))
        said, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        assert process.returncode == 1
        assert str(tmp_path / "none").encode() in said
        assert b"Traceback" not in said


async def test_answers_may_come_from_a_file(tmp_path: Path) -> None:
    """Which ends before the doors do."""
    file = station_toml(tmp_path, BOARDS, DOORS)
    answers = tmp_path / "answers"
    answers.write_text("y\nn\n")
    async with site(file) as place:
        with answers.open("rb") as typed:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "edge.cli", "commission", "--config", str(file)),
                cwd=ROOT,
                stdin=typed,
                stdout=asyncio.subprocess.PIPE,
            )
            said, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        assert process.returncode == 1
        assert b"stopped" in said
        assert place.pulses() == {"A01": 1, "A02": 1}


# --- the journal ---------------------------------------------------------------------------


def opened(folder: Path) -> Journal:
    return Journal.open(folder / "data/journal.sqlite", IDENTITY, SystemClock(), InlineBlocking())


async def test_what_the_journal_takes_for_occupied_is_left_out_by_the_command(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    journal = opened(tmp_path)
    expected = ev.ParcelExpected("p1", "T1", "ems", "key", "a***", "1***", Size.S, True)
    await journal.append([Fact(expected, 1), Fact(ev.ParcelPlaced("p1", "a02", "s1"), 2)])
    await journal.close()
    records = opened_records(tmp_path)
    async with site(file) as place:
        terminal = Terminal(place, await start(file))
        assert await terminal.work() == 0, terminal.said
        assert "a parcel is inside: A02" in terminal.said
        assert place.pulses() == {"A01": 1}
    assert opened_records(tmp_path) == records, "looking records nothing and counts no boot"


def opened_records(folder: Path) -> tuple[int, str]:
    connection = sqlite3.connect(folder / "data/journal.sqlite")
    records = connection.execute("SELECT count(*) FROM events").fetchone()[0]
    boots = connection.execute("SELECT value FROM meta WHERE key='boots'").fetchone()[0]
    connection.close()
    return records, boots


def test_a_station_that_never_ran_has_nothing_inside_and_gets_no_file(tmp_path: Path) -> None:
    with held_state(tmp_path / "data/journal.sqlite", IDENTITY) as state:
        assert occupied_in(state) == frozenset()
    assert list(tmp_path.iterdir()) == []


async def test_the_journal_of_another_station_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    await opened(tmp_path).close()
    path = tmp_path / "data/journal.sqlite"
    with (
        pytest.raises(JournalFailed, match="belongs to demo/corner-01"),
        held_state(path, StationIdentity("demo", "other")),
    ):
        pass
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(JournalFailed), held_state(path, IDENTITY):
        pass


async def test_a_service_that_has_the_journal_is_not_walked_over(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    journal = opened(tmp_path)
    async with site(file) as place:
        process = await start(file)
        said, _ = await asyncio.wait_for(process.communicate(b"y\n"), PATIENCE_S)
        assert process.returncode == 1
        assert b"in use by process" in said and b"stop the service" in said
        assert place.pulses() == {}
    await journal.close()
