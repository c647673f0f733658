"""A disk that fills up: the station stops before it does anything it cannot record, and loses nothing."""

from __future__ import annotations

import asyncio
import os
import resource
from pathlib import Path

from edge.shell.blocking import InlineBlocking
from edge.shell.clock import SystemClock
from edge.shell.journal import Journal, StationIdentity
from simulators.backend import Reply
from tests.station.town import Town, parcel, town, until
from tests.support.patience import PATIENCE_S

ROOM_BYTES = 60_000
"""What the disk still takes: some commits, each of a page or more."""


def fill_the_disk(place: Town) -> None:
    """No file of the service can grow beyond the journal's present size and a little room."""
    wal = place.rehearsal.journal.with_name("journal.sqlite-wal")
    most = max(wal.stat().st_size, place.rehearsal.journal.stat().st_size) + ROOM_BYTES
    resource.prlimit(place.service.pid, resource.RLIMIT_FSIZE, (most, most))


async def open_doors_until_it_ends(place: Town) -> list[asyncio.Task[Reply]]:
    """One remote opening after the other; what was asked when the disk was full goes on by itself."""
    asked = []
    for compartment in [c.id for c in place.world.plan.compartments if not place.world.parcels(c.id)]:
        send = place.backend.open_door(place.station, compartment, "test", "op-1")
        asked.append(asyncio.create_task(send))
        await until(lambda task=asked[-1]: task.done() or not place.service.running)  # type: ignore[misc]
        if not place.service.running:
            return asked
        if place.world.door_is_open(compartment):
            await place.close(compartment)
    raise AssertionError("the disk was never full")


async def test_a_full_disk_ends_the_service_with_74_and_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        row = parcel()
        where = await place.deposit(row)
        fill_the_disk(place)
        asked = await open_doors_until_it_ends(place)

        assert await place.service.ended() == 74
        assert f"journal {place.rehearsal.journal}: " in place.service.log()
        recorded = place.journal()
        requests = [fact["compartment"] for fact in place.facts("door.unlock-requested")]
        for compartment in place.world.plan.compartments:
            assert place.world.pulses(compartment.id) <= requests.count(compartment.id), "a pulse unrecorded"

        await until(lambda: place.screen.view is None)
        await place.start_service()
        assert place.journal()[: len(recorded)] == recorded
        view = await place.shows("home")
        assert view["actions"]
        await asyncio.wait_for(asyncio.gather(*asked), PATIENCE_S)
        for door in place.world.open_doors():
            await place.close(door)
        recipient = place.recipient(row)
        assert await asyncio.wait_for(recipient.visit(), PATIENCE_S)
        assert recipient.has_it
        assert place.world.parcels(where) == []
        assert max(place.world.pulses(c.id) for c in place.world.plan.compartments if c.id != where) == 1
        await place.drained()
        assert await place.service.stop() == 0
        await check_chain(place)


async def check_chain(place: Town) -> None:
    identity = StationIdentity(place.rehearsal.station["tenant"], place.station)
    journal = Journal.open(place.rehearsal.journal, identity, SystemClock(), InlineBlocking())
    assert journal.verify(full=True) is None
    await journal.close()


async def test_a_disk_full_from_the_first_byte_is_said_at_once(tmp_path: Path) -> None:
    async with town(tmp_path, start=False) as place:
        await place.service.start(max_file_bytes=16_384)
        assert await place.service.ended() == 74
        assert str(place.rehearsal.journal) in place.service.log()
        assert "Traceback" not in place.service.log()
        assert os.path.getsize(place.rehearsal.pepper) == 65, "the pepper came before and stays"
        pepper = place.rehearsal.pepper.read_bytes()
        await place.start_service()
        await place.shows("home")
        assert place.rehearsal.pepper.read_bytes() == pepper
