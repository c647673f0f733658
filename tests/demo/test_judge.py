"""The judge must be able to condemn: each broken promise, made on purpose, is counted."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from simulators.backend import Backend, StationConfig
from simulators.backend_store import Fact
from simulators.demo.journeys import Journey
from simulators.demo.judge import Witness, judge, percentile
from simulators.demo.people import Tally
from simulators.demo.service import Service
from simulators.demo.station_file import Rehearsal, make_rehearsal
from simulators.plan import load_plan
from simulators.world import SimParcel, World

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def rehearsal(tmp_path: Path) -> Rehearsal:
    return make_rehearsal(EXAMPLES / "station.toml", tmp_path, mqtt_port=1)


@pytest.fixture
async def world(rehearsal: Rehearsal) -> World:
    return World(load_plan(rehearsal.station_toml))


def write_journal(path: Path, sequences: list[int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT)")
        connection.executemany("INSERT INTO events VALUES (?, ?)", [(n, f"id-{n}") for n in sequences])


def fact(sequence: int) -> Fact:
    event = {
        "id": f"id-{sequence}",
        "type": "ph.health.device-back.v1",
        "subject": "device/x",
        "time": "2026-01-01T00:00:00Z",
        "data": {"device": "x"},
    }
    return Fact("urn:ph:demo:demo-01", sequence, event, b"{}")


def verdict(
    rehearsal: Rehearsal, witness: Witness, stored: int, journeys: list[Journey]
) -> dict[str, object]:
    backend = Backend(
        "127.0.0.1",
        1,
        tenant="demo",
        stations=[StationConfig("demo-01", "n", "a", "p", pepper=bytes(32))],
        store_path=rehearsal.folder / "backend.sqlite",
    )
    backend._store.ingest([fact(n) for n in range(1, stored + 1)], 0, lambda _: None)
    service = Service(rehearsal.station_toml, rehearsal.folder / "log")
    return judge(journeys, witness, backend, service, rehearsal, "none", 1.0)


async def test_a_fact_the_backend_never_got_is_lost(rehearsal: Rehearsal, world: World) -> None:
    write_journal(rehearsal.journal, [1, 2, 3])
    told = verdict(rehearsal, Witness(world, Tally()), stored=2, journeys=[])
    assert told["events"] == {
        "journaled": 3,
        "acknowledged": 2,
        "lost": 1,
        "duplicated": 0,
        "contiguous": True,
    }


async def test_a_hole_in_the_journal_is_seen(rehearsal: Rehearsal, world: World) -> None:
    write_journal(rehearsal.journal, [1, 3])
    told = verdict(rehearsal, Witness(world, Tally()), stored=1, journeys=[])
    assert isinstance(told["events"], dict)
    assert told["events"]["contiguous"] is False


async def test_somebody_elses_parcel_in_a_hand_is_misdelivered(world: World) -> None:
    tally = Tally()
    witness = Witness(world, tally)
    tally.carried_off += [("zhang", SimParcel("A", "zhang")), ("zhang", SimParcel("B", "li"))]
    assert witness.misdelivered == 1


async def test_two_peoples_parcels_behind_one_door_are_counted(world: World) -> None:
    witness = Witness(world, Tally())
    world.force_open("a01")
    world.put("a01", SimParcel("A", "zhang"))
    assert witness.double_allocated == 0
    world.put("a01", SimParcel("B", "li"))
    assert (witness.double_allocated, witness.left_inside) == (1, 2)


async def test_a_refusal_nobody_recorded_leaves_its_journey_unaccounted(
    rehearsal: Rehearsal, world: World
) -> None:
    write_journal(rehearsal.journal, [])
    ends = ["picked-up", "recalled", "refused: CONSENT_MISSING", "no message came"]
    journeys = [Journey({"parcel_id": f"p{n}"}, "plain", end=end) for n, end in enumerate(ends)]
    told = verdict(rehearsal, Witness(world, Tally()), stored=0, journeys=journeys)
    assert (told["completed"], told["unaccounted"]) == (2, 2)


def test_percentiles_are_of_the_samples() -> None:
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([], 0.5)) == (50.0, 99.0, None)
