"""What goes wrong, and when: cut and stalled connections, broker restarts, SIGKILLs, all by chance."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from simulators.demo.service import Service
from simulators.world import World, WorldEvent
from tools.link_torture.proxy import ChaosProxy
from tools.link_torture.sites import Site

__all__ = ["Chaos"]

CONNECTED_S: Final = (0.0, 1.0)
"""From CONNACK to the next cut."""

CUT_WITHIN_BYTES: Final = 4_000
"""A cut by count falls in the middle of some packet of the next few."""

STALL_S: Final = (0.05, 0.6)
PULSE_WITHIN_S: Final = 3.0
"""How long a SIGKILL that is meant for an unlock under way waits for one."""

AFTER_PULSE_S: Final = (0.0, 0.1)

SECONDS_A_DISCONNECT: Final = 1.0
SECONDS_A_KILL: Final = 2.5
"""About what each takes; the moments of restarts and kills are spread over the longest of all."""


@dataclass
class Chaos:
    """Does so many `disconnects`, `restarts` (every second one is to lose the broker's data) and `kills`."""

    proxy: ChaosProxy
    site: Site
    service: Service
    world: World
    rng: random.Random
    disconnects: int
    restarts: int
    kills: int
    restarted: int = 0
    wiped: int = 0
    stalls: int = 0

    async def run(self) -> None:
        """Until all of it is done."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._cut())
            group.create_task(self._restart())
            group.create_task(self._kill())

    async def _cut(self) -> None:
        while self.proxy.cuts < self.disconnects:
            await self.proxy.until_connected()
            await asyncio.sleep(self.rng.uniform(*CONNECTED_S))
            reset = self.rng.random() < 0.5
            way = self.rng.choice(("now", "bytes", "stall"))
            if way == "stall":
                self.stalls += 1
                seconds = self.rng.uniform(*STALL_S)
                self.proxy.stall(seconds)
                # Half the time it goes on as if nothing had been, half the time it was the end.
                await asyncio.sleep(seconds * self.rng.choice((0.5, 2.0)))
            after = self.rng.randint(1, CUT_WITHIN_BYTES) if way == "bytes" else 0
            self.proxy.cut(after_bytes=after, reset=reset)

    async def _restart(self) -> None:
        for pause_s in self._pauses(self.restarts):
            await asyncio.sleep(pause_s)
            self.wiped += await self.site.restart(self.rng, wipe=self.restarted % 2 == 1)
            self.restarted += 1

    async def _kill(self) -> None:
        """At any moment, the start included, or just when a lock has been pulsed."""
        for pause_s in self._pauses(self.kills):
            await asyncio.sleep(pause_s)
            if self.rng.random() < 0.5:
                await self._pulse()
                await asyncio.sleep(self.rng.uniform(*AFTER_PULSE_S))
            await self.service.kill()

    async def _pulse(self) -> None:
        pulsed = asyncio.Event()

        def see(event: WorldEvent) -> None:
            if event.kind == "pulse":
                pulsed.set()

        unsubscribe = self.world.subscribe(see)
        with suppress(TimeoutError):
            async with asyncio.timeout(PULSE_WITHIN_S):
                await pulsed.wait()
        unsubscribe()

    def _pauses(self, count: int) -> Iterator[float]:
        """From each of `count` moments of the run to the next; a late one does not delay the others."""
        horizon_s = max(
            self.disconnects * SECONDS_A_DISCONNECT,
            self.restarts * self.site.about_s,
            self.kills * SECONDS_A_KILL,
        )
        now_s = asyncio.get_running_loop().time
        began_s = now_s()
        for moment_s in sorted(self.rng.uniform(0, horizon_s) for _ in range(count)):
            yield max(0.0, began_s + moment_s - now_s())
