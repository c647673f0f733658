"""Reasons for facts: commands of the backend, hands at the doors, people with codes and grants."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any, Final

from simulators.backend import Backend, Reply
from simulators.backend_signatures import SignedWith
from simulators.cabinet import SimulatedCabinet
from simulators.demo.people import Courier, Person, Recipient, Tally
from simulators.demo.screen import Screen
from simulators.pty_port import PortError
from simulators.world import SimParcel, WorldEvent
from tools.link_torture.bearers import Bearer, GrantDesk
from tools.link_torture.patience import rest, until

__all__ = ["OPERATORS", "Traffic"]

OPERATORS: Final = (SignedWith("wang", bytes([1]) * 32), SignedWith("li", bytes([2]) * 32))
"""Who signs; for a rehearsal only."""

WHO: Final = {"operator": "wang", "reason": "torture"}

OPENERS: Final = 4
CLERKS: Final = 6
"""Operators who open doors, and those who do all else; each waits for an answer before the next command."""

OPERATOR_PAUSE_S: Final = 0.4
PATIENT: Final = 0.8
"""Share of openings that wait for the door before to be shut and for whoever stands at the screen to be gone.
The others meet DOOR_BUSY, or make a visitor meet it."""

SHUT_S: Final = (0.8, 2.0)
"""From an open door to one pushed shut."""

PUSH_AGAIN_S: Final = 0.3
PACE_S: Final = 0.03
VISIT_S: Final = 30.0
"""A person goes away then; who the station has forgotten after a crash stands there for nothing."""

FORCE_EVERY_S: Final = (0.5, 3.0)
SCAN_EVERY_S: Final = (1.0, 5.0)
VISIT_EVERY_S: Final = (1.0, 6.0)
"""Between two visits: while a door is open for a person no other opens for an operator."""

MESSAGE_S: Final = 12.0
"""A recipient waits so long for the message of a parcel."""

TECHNICIANS: Final = 0.5
"""Share of visits by people with a grant for service."""

WITH_GRANT: Final = 0.7
"""Share of recipients who come with a grant instead of a code."""


Ask = Callable[[], Awaitable[Reply]]


class Traffic:
    """`start` begins, `stop` ends it and waits for the answers still due.  `results` counts them by verb."""

    def __init__(
        self,
        station: str,
        backend: Backend,
        cabinet: SimulatedCabinet,
        screen: Screen,
        rng: random.Random,
        grants: GrantDesk,
    ) -> None:
        self._station = station
        self._grants = grants
        self._backend = backend
        self._cabinet = cabinet
        self._world = cabinet.world
        self._screen = screen
        self._rng = rng
        self._doors = [each.id for each in cabinet.plan.compartments]
        self._number = 0
        self._turn = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._operators: list[asyncio.Task[None]] = []
        self._hands: list[asyncio.Task[None]] = []
        self._tally = Tally()
        self.results: Counter[str] = Counter()
        self.visits = 0
        self._visited = False

    def start(self, stack: AsyncExitStack) -> None:
        """Begin; `stack` ends what is left."""
        stack.callback(self._world.subscribe(self._opened))
        at_doors: tuple[Ask, ...] = (*(self._open,) * 6, self._open_many)
        at_desks: tuple[Ask, ...] = (self._expect, self._expect, self._service, self._any_other)
        for ways, people in ((at_doors, OPENERS), (at_desks, CLERKS)):
            self._operators += [asyncio.create_task(self._operate(ways)) for _ in range(people)]
        self._hands = [asyncio.create_task(each()) for each in (self._force, self._scan, self._people)]
        stack.callback(self._cancel)

    async def stop(self) -> None:
        """People go home; operators wait for their last answers."""
        self._stopping.set()
        await asyncio.gather(*self._operators, *self._hands)

    def _cancel(self) -> None:
        for task in (*self._operators, *self._hands):
            task.cancel()

    async def _rest(self, seconds: float) -> None:
        await rest(self._stopping, seconds)

    # --- commands ------------------------------------------------------------------

    async def _operate(self, ways: Sequence[Ask]) -> None:
        while not self._stopping.is_set():
            reply = await self._rng.choice(ways)()
            self.results[f"{reply.verb} {reply.result}"] += 1
            await self._rest(self._rng.uniform(0, 2 * OPERATOR_PAUSE_S))

    async def _open(self) -> Reply:
        door = self._rng.choice(self._doors)
        if self._rng.random() < PATIENT:
            async with self._turn:
                await until(lambda: not self._visited, VISIT_S)
                reply = await self._backend.open_door(self._station, door, "torture", "op-1")
                await self._rest(SHUT_S[1] if reply.ok else 0.0)
                return reply
        return await self._backend.open_door(self._station, door, "torture", "op-3")

    async def _service(self) -> Reply:
        door = self._rng.choice(self._doors)
        return await self._backend.set_service(
            self._station, door, self._rng.random() < 0.7, "torture", "op-2"
        )

    async def _open_many(self) -> Reply:
        doors = self._rng.sample(self._doors, 3)
        async with self._turn:
            await until(lambda: not self._visited, VISIT_S)
            return await self._order("open-many", *OPERATORS, compartments=doors, **WHO)

    async def _any_other(self) -> Reply:
        door = self._rng.choice(self._doors)
        parcel = f"T{self._rng.randint(1, max(1, self._number))}"
        later_ms = time.time_ns() // 1_000_000 + 3_600_000
        verb, data = self._rng.choice(
            (
                ("hold", {"compartment": door, **WHO}),
                ("release", {"compartment": door, **WHO}),
                ("hold", {"parcel_id": parcel, **WHO}),
                ("release", {"parcel_id": parcel, **WHO}),
                ("reserve", {"parcel_id": parcel, "until_ms": later_ms}),
                ("cancel", {"parcel_id": parcel}),
                ("recall", {"parcel_id": parcel, **WHO}),
                ("shift-deadlines", {"by_s": 60, **WHO}),
                ("print", {"parcel_id": parcel, "document": "receipt", "operator": "wang"}),
                ("reprint", {"parcel_id": parcel, "document": "receipt", **WHO}),
                ("snapshot", {}),
                ("rebirth", {}),
                ("diagnose", {}),
            )
        )
        return await self._order(verb, **data)

    async def _order(self, verb: str, *signers: SignedWith, **data: Any) -> Reply:
        return await self._backend.order(self._station, verb, data, *signers)

    async def _expect(self) -> Reply:
        return await self._backend.expect(self._parcel())

    def _parcel(self) -> dict[str, Any]:
        self._number += 1
        return {
            "parcel_id": f"T{self._number}",
            "tracking_code": f"TORTURE{self._number:06d}",
            "carrier": "ems",
            "recipient": "张伟",
            "phone": "13812345678",
            "recipient_id": f"r{self._number}",
            "size": "S",
            "consent": True,
        }

    # --- hands -----------------------------------------------------------------------

    def _opened(self, event: WorldEvent) -> None:
        if event.kind == "opened":
            asyncio.get_running_loop().call_later(self._rng.uniform(*SHUT_S), self._shut, event.compartment)

    def _shut(self, door: str) -> None:
        if not self._world.close_door(door):
            asyncio.get_running_loop().call_later(PUSH_AGAIN_S, self._shut, door)

    async def _force(self) -> None:
        while not self._stopping.is_set():
            await self._rest(self._rng.uniform(*FORCE_EVERY_S))
            self._world.force_open(self._rng.choice(self._doors))

    async def _scan(self) -> None:
        while not self._stopping.is_set():
            await self._rest(self._rng.uniform(*SCAN_EVERY_S))
            if not self._visited:  # a courier would take the answer for that to the parcel in hand
                await self._hold_up(f"NOBODY{self._rng.randrange(100)}", "C0")

    async def _hold_up(self, text: str, identifier: str) -> None:
        try:
            await next(iter(self._cabinet.scanners.values())).scan(text, identifier)
        except PortError:
            return  # nobody has the scanner open while the service is down

    # --- people at the screen -------------------------------------------------------------

    async def _people(self) -> None:
        while not self._stopping.is_set():
            await self._rest(self._rng.uniform(*VISIT_EVERY_S))
            if self._rng.random() < TECHNICIANS:
                await self._grants.visit(self._show)
                continue
            row = self._parcel()
            if not (await self._backend.expect(row)).ok:
                continue
            courier = Courier(self._screen, self._world, self._rng, self._tally, PACE_S, self._hold_up)
            courier.load(SimParcel(row["tracking_code"], row["recipient_id"]))
            await self._visit(courier)
            await until(lambda row=row: self._code(row) is not None, MESSAGE_S)  # type: ignore[misc]
            code = self._code(row)
            if code is not None:
                recipient = self._recipient(row, code)
                if self._rng.random() < WITH_GRANT:
                    _, recipient.grant = self._grants.issue("pickup", row["parcel_id"])
                copy = recipient.grant
                await self._visit(recipient)
                if copy:
                    await self._show(copy)

    def _code(self, row: dict[str, Any]) -> str | None:
        """What the recipient was written."""
        return next((m.code for m in self._backend.messages if m.parcel == row["parcel_id"]), None)

    async def _show(self, text: str) -> None:
        """Somebody holds up a grant."""
        person = (self._screen, self._world, self._rng, self._tally, PACE_S)
        await self._visit(Bearer(text, self._hold_up, *person))

    def _recipient(self, row: dict[str, Any], code: str) -> Recipient:
        return Recipient(
            self._screen,
            self._world,
            self._rng,
            self._tally,
            PACE_S,
            name=row["recipient_id"],
            tracking_code=row["tracking_code"],
            code=code,
            scan=self._hold_up,
        )

    async def _visit(self, person: Person) -> None:
        self.visits += 1
        self._visited = True
        with suppress(TimeoutError):
            async with asyncio.timeout(VISIT_S):
                await person.visit()
        self._visited = False
