"""Every verb from a backend to a cabinet, through the real service and a real broker."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from simulators.backend import Reply
from simulators.backend_commands import now_ms
from simulators.backend_signatures import SignedWith
from simulators.world import WorldEvent
from tests.station.town import Town, parcel, town, until
from tests.support.patience import PATIENCE_S

WANG = SignedWith("wang", bytes([1]) * 32)
LI = SignedWith("li", bytes([2]) * 32)
ZHAO = SignedWith("zhao", bytes([3]) * 32)
WHO = {"operator": "wang", "reason": "a test"}


async def start_with_operators(place: Town) -> None:
    """Enter two operators and start the service."""
    path = place.rehearsal.station_toml
    rows = [f'[[operator]]\nid = "{who.operator}"\npublic_key = "{who.public_key}"\n' for who in (WANG, LI)]
    path.write_text(path.read_text(encoding="utf-8") + "\n" + "\n".join(rows), encoding="utf-8")
    await place.start_service()
    await until(lambda: place.backend.station(place.station).state == "ready", what="presence")


async def ordered(place: Town, verb: str, *signers: SignedWith, **data: object) -> Reply:
    """Send a command and wait for its end."""
    return await asyncio.wait_for(place.backend.order(place.station, verb, data, *signers), PATIENCE_S)


async def test_every_verb_is_done_and_told_by_the_contract(tmp_path: Path) -> None:
    async with town(tmp_path, start=False) as place:
        await start_with_operators(place)
        asked = asyncio.create_task(place.backend.order_all("diagnose"))
        row = parcel(1)
        await place.announce(row)
        until_ms = now_ms() + 3_600_000
        kept = await ordered(place, "reserve", parcel_id="P1", until_ms=until_ms)
        assert kept.ok and kept.compartment
        assert (await ordered(place, "cancel", parcel_id="P1")).compartment == kept.compartment
        where = await place.deposit(row)
        for verb in ("hold", "release"):
            assert (await ordered(place, verb, parcel_id="P1", **WHO)).ok
            assert (await ordered(place, verb, compartment="b01", **WHO)).ok
        assert (await ordered(place, "shift-deadlines", by_s=3600, **WHO)).ok
        printed = await ordered(place, "print", parcel_id="P1", document="receipt", operator="wang")
        assert (printed.result, printed.progress) == ("succeeded", ("accepted",))
        assert (await ordered(place, "reprint", parcel_id="P1", document="receipt", **WHO)).ok
        assert (await ordered(place, "recall", parcel_id="P1", **WHO)).ok
        health = (await ordered(place, "diagnose")).health
        assert health is not None
        assert (health["parcels_inside"], health["parcels_to_collect"]) == (1, 1)
        assert (await ordered(place, "set-service", compartment="b02", in_service=False, **WHO)).ok
        opened = await ordered(place, "open", compartment=where, **WHO)
        assert (opened.result, opened.progress) == ("succeeded", ("accepted", "actuated"))
        answers = await asked
        assert [(name, reply.ok) for name, reply in answers.items()] == [(place.station, True)]
        await place.drained()
        assert place.backend.violation_count == 0, place.backend.violations


async def test_two_operators_open_doors_one_after_the_other(tmp_path: Path) -> None:
    async with town(tmp_path, start=False) as place:
        await start_with_operators(place)
        doors = ["a01", "a02", "a03"]
        for signers in ((), (WANG,), (WANG, WANG)):
            refused = await ordered(place, "open-many", *signers, compartments=doors, **WHO)
            assert (refused.result, refused.error) == ("rejected", "NOT_AUTHORISED")
        forged = SignedWith("li", bytes([9]) * 32)
        refused = await ordered(place, "open-many", WANG, forged, compartments=doors, **WHO)
        assert (refused.result, refused.error) == ("rejected", "SIGNATURE_INVALID")
        refused = await ordered(place, "open-many", WANG, ZHAO, compartments=doors, **WHO)
        assert (refused.result, refused.error) == ("rejected", "NOT_AUTHORISED")
        assert place.pulses() == 0

        done = await ordered(place, "open-many", WANG, LI, compartments=doors, **WHO)
        assert (done.result, done.doors) == ("succeeded", dict.fromkeys(doors, "opened"))
        assert [place.world.pulses(door) for door in doors] == [1, 1, 1]
        await place.drained()
        assert place.backend.violation_count == 0, place.backend.violations


async def test_a_kill_between_two_doors_opens_no_further_one_and_is_told(tmp_path: Path) -> None:
    async with town(tmp_path, start=False) as place:
        await start_with_operators(place)
        pulsed: list[str] = []

        def watch(event: WorldEvent) -> None:
            if event.kind == "pulse":
                pulsed.append(event.compartment)
                if len(pulsed) == 2:
                    os.kill(place.service.pid, signal.SIGKILL)

        place.world.subscribe(watch)
        doors = ["a01", "a02", "a03"]
        asking = asyncio.create_task(ordered(place, "open-many", WANG, LI, compartments=doors, **WHO))
        await until(lambda: not place.service.running or len(pulsed) == 2)
        await place.service.ended()
        await place.start_service()
        told = await asking

        assert pulsed == ["a01", "a02"]
        assert told.doors == {"a01": "opened", "a02": "opened", "a03": "not-opened"}
        assert told.result == "failed"
        assert place.world.pulses("a03") == 0
