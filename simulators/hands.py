"""People's hands at the doors: they wait for a door, take their time, and do one thing."""

from __future__ import annotations

import asyncio
import random
from typing import Final

from simulators.world import SimParcel, World, WorldEvent

__all__ = ["Hands"]

REACH_S: Final = 0.6
"""A practised courier's time from an open door to the parcel inside, about."""

SHUT_S: Final = 0.4
"""And from there to a shut door."""

WAIT_FOR_DOOR_S: Final = 60.0
"""Nobody stands before a shut door longer."""


class Hands:
    """Hands with a pace: 1.0 a practised courier, 3.0 an old lady, 0.0 no time at all."""

    def __init__(self, world: World, rng: random.Random | None = None, pace: float = 1.0) -> None:
        self._world = world
        self._rng = rng or random.Random(0)
        self.pace = pace

    async def deposit(
        self, compartment_id: str, parcel: SimParcel, *, close: bool = True, within_s: float = WAIT_FOR_DOOR_S
    ) -> None:
        """Wait for the door, lay the parcel inside and, unless told otherwise, push the door shut."""
        await self.wait_open(compartment_id, within_s)
        await self._pause(REACH_S)
        self._world.put(compartment_id, parcel)
        if close:
            await self.close(compartment_id)

    async def take_out(
        self,
        compartment_id: str,
        owner: str | None = None,
        *,
        close: bool = True,
        within_s: float = WAIT_FOR_DOOR_S,
    ) -> list[SimParcel]:
        """Wait for the door, take all or one owner's parcels and, unless told otherwise, shut the door."""
        await self.wait_open(compartment_id, within_s)
        await self._pause(REACH_S)
        taken = self._world.take(compartment_id, owner)
        if close:
            await self.close(compartment_id)
        return taken

    async def close(self, compartment_id: str, *, within_s: float = WAIT_FOR_DOOR_S) -> None:
        """Push the door until it catches; TimeoutError when it never does."""
        async with asyncio.timeout(within_s):
            await self._pause(SHUT_S)
            while not self._world.close_door(compartment_id):
                await asyncio.sleep(max(0.05, self.pace * SHUT_S))

    async def leave_open(self, compartment_id: str, for_s: float) -> None:
        """Wait for the door, walk away, and come back to shut it `for_s` seconds later."""
        await self.wait_open(compartment_id)
        await asyncio.sleep(for_s)
        await self.close(compartment_id)

    async def wait_open(self, compartment_id: str, within_s: float = WAIT_FOR_DOOR_S) -> None:
        """Return when the door is open; TimeoutError when it stays shut."""
        opened = asyncio.Event()

        def look(event: WorldEvent) -> None:
            if event.kind == "opened" and event.compartment == compartment_id:
                opened.set()

        unsubscribe = self._world.subscribe(look)
        try:
            if not self._world.door_is_open(compartment_id):
                await asyncio.wait_for(opened.wait(), within_s)
        finally:
            unsubscribe()

    async def _pause(self, about_s: float) -> None:
        await asyncio.sleep(about_s * self.pace * self._rng.uniform(0.7, 1.4))
