"""An offline grant at the real service: scanned, opened, killed, restored, shown again."""

from __future__ import annotations

import asyncio
import base64
import shutil
import time
from pathlib import Path

from simulators.backend_grants import Issuer, Order, issuer_from_hex
from tests.station.town import Town, parcel, town, until
from tests.support.patience import PATIENCE_S

ISSUER: Issuer = issuer_from_hex(7, "42" * 32)


def trust(place: Town) -> None:
    key = base64.b64encode(bytes.fromhex(ISSUER.public_hex)).decode()
    toml = place.rehearsal.station_toml
    toml.write_text(toml.read_text("utf-8") + f'\n[[issuer]]\nid = 7\npublic_key = "{key}"\n', "utf-8")


def pickup(place: Town, parcel_id: str) -> str:
    now_s = time.time()
    order = Order("pickup", parcel_id, now_s - 60, now_s + 3_600)
    return place.backend.grants.issue(ISSUER, place.station, order)[1]


async def show(place: Town, text: str, count: int) -> str:
    """Hold the code before the scanner of a free terminal; why the `count`th refusal was."""
    await place.shows("home", within_s=PATIENCE_S)
    await place.scan(text, "Q1")
    return str((await place.recorded("security.grant-refused", count))[-1]["reason"])


async def test_a_grant_opens_its_door_once_whatever_is_killed_or_restored(tmp_path: Path) -> None:
    async with town(tmp_path, start=False, after_close_s=2.0, stage_timeout_s=2.0) as place:
        trust(place)
        await place.start_service()
        where = await place.deposit(parcel())
        await place.drained()
        text = pickup(place, "P1")
        copy = tmp_path / "copy.sqlite"
        await place.service.stop()
        shutil.copy(place.rehearsal.journal, copy)
        await place.start_service()
        await place.shows("home")

        await place.scan(text + "/Li Wei", "Q1")
        await until(lambda: where in place.world.open_doors(), what="the door of the parcel")
        await place.service.kill()
        [used] = place.facts("security.grant-used")
        assert (used["parcel"], used["delegate"]) == ("P1", "L* W**")
        [asked] = [u for u in place.facts("door.unlock-requested") if u["authorisation"]["kind"] == "grant"]
        assert asked["compartment"] == where
        pulses = place.pulses()
        await place.start_service()
        await place.close(where)
        assert await show(place, text, 1) == "spent"
        await place.drained()
        assert place.backend.grants.book(place.station).spent == {used["grant"]: used["expires_at_ms"]}

        await place.service.kill()
        for file in place.rehearsal.journal.parent.glob("journal.sqlite-*"):
            file.unlink()
        shutil.copy(copy, place.rehearsal.journal)
        await place.start_service()
        assert await show(place, text, 1) == "spent"
        # The journal is older than the register, and the backend has acknowledged beyond it: it is asked.
        reasons = [doubt["reason"] for doubt in await place.recorded("security.grants-doubted")]
        assert reasons[0] == "journal-older"
        await place.recorded("security.grants-confirmed")
        assert place.pulses() == pulses
        assert await asyncio.wait_for(place.service.stop(), PATIENCE_S) == 0
