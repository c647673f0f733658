"""One parcel from the courier's hand to its recipient's, through the real service."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.station.town import parcel, town
from tests.support.patience import PATIENCE_S


async def test_a_parcel_goes_in_and_out_to_its_own_recipient(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        row = parcel()
        where = await place.deposit(row)
        recipient = place.recipient(row)
        assert await asyncio.wait_for(recipient.visit(), PATIENCE_S)

        assert recipient.has_it
        assert [p.owner for _, p in place.tally.carried_off] == ["r1"]
        assert place.world.parcels(where) == []
        assert place.world.pulses(where) == 2
        assert place.pulses() == 2
        assert place.world.open_doors() == []
        assert len(place.facts("parcel.deposited")) == 1
        await place.recorded("parcel.picked-up")
        await place.drained()
        assert place.backend.violation_count == 0
        assert await place.service.stop() == 0
