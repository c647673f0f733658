"""Forty parcels and the people around them, by seed: deposits in rounds, pickups in between, faults, crashes.

One person stands at the terminal at a time, as in front of a real station.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from simulators.backend import Backend
from simulators.backend_commands import now_ms
from simulators.backend_grants import Issuer, Order
from simulators.cabinet import SimulatedCabinet
from simulators.demo.people import Courier, Recipient, Tally
from simulators.demo.screen import Screen
from simulators.demo.service import Service
from simulators.faults import FaultMenu
from simulators.world import SimParcel

__all__ = ["Journey", "Journeys", "Options"]

PACE_S: Final = 0.08
"""A headless person's hand: fast, so that forty journeys take minutes; slower than feedback polling."""

MESSAGE_WITHIN_S: Final = 60.0
"""How long a recipient waits for a message before the journey counts as stuck."""

ROUND: Final = (1, 4)
"""Parcels a courier brings at once."""

MAX_ATTEMPTS: Final = 8
"""Visits for one parcel before its journey counts as failed: crashes can hit one after another."""

GRANT_EARLY_S: Final = 60.0
GRANT_LIFE_S: Final = 3_600.0
"""How long before and after now a recipient's grant is good: longer than any run."""

NO_SPACE: Final = frozenset({"STATION_FULL", "NO_FITTING_COMPARTMENT"})

KINDS: Final = {
    "plain": 45,
    "qr": 7,
    "grant": 8,
    "mistype": 12,
    "reopen": 6,
    "refuse": 8,
    "stuck": 6,
    "wire": 8,
}
"""What happens on a parcel's way, and how often of a hundred."""

WIRE_FAULTS: Final = ("garbled_reply", "no_answer")


@dataclass(slots=True)
class Journey:
    """One parcel's way.  `end` is empty while under way, then picked-up, recalled, or another reason.

    `no_space_since` is how many parcels had left when the station had no room for this one.
    """

    parcel: dict[str, Any]
    kind: str
    end: str = ""
    announced: bool = False
    deposited: bool = False
    attempts: int = 0
    no_space_since: int | None = None

    @property
    def tracking_code(self) -> str:
        """What is on the label."""
        return str(self.parcel["tracking_code"])

    @property
    def parcel_id(self) -> str:
        """The backend's id."""
        return str(self.parcel["parcel_id"])

    @property
    def owner(self) -> str:
        """Who may take it: people with one recipient id are one person."""
        return str(self.parcel.get("recipient_id") or self.parcel["recipient"])


@dataclass(frozen=True, slots=True)
class Options:
    """What a run does.  `broker_down_s` is how long the broker is away in the middle; 0 is never."""

    seed: int
    journeys: int
    crashes: int = 0
    broker_down_s: float = 0.0


def _mended(faults: FaultMenu, name: str, target: str) -> None:
    faults.clear(name, target)


@dataclass(slots=True)
class _Killer:
    """SIGKILLs spread over the visits: `plan[n]` are moments (seconds) into visit n."""

    service: Service
    plan: dict[int, list[float]] = field(default_factory=dict)

    async def during(self, visit: int) -> None:
        """Kill at the planned moments of this visit."""
        for moment_s in sorted(self.plan.get(visit, [])):
            await asyncio.sleep(moment_s)
            await self.service.kill()


class Journeys:
    """Runs all journeys to their end.  `progress` is told one line a step."""

    def __init__(
        self,
        options: Options,
        parcels: list[dict[str, Any]],
        cabinet: SimulatedCabinet,
        backend: Backend,
        service: Service,
        screen: Screen,
        progress: Callable[[str], None],
        issuer: Issuer,
    ) -> None:
        self._options = options
        self._cabinet = cabinet
        self._backend = backend
        self._screen = screen
        self._progress = progress
        self._issuer = issuer
        self._rng = random.Random(options.seed)
        self.tally = Tally()
        self.journeys = [Journey(p, self._kind()) for p in self._rng.sample(parcels, options.journeys)]
        self.visits = 0
        self._killer = _Killer(service)
        # A journey takes at least one visit of its own (the pickup or recall): all kills fall inside the run.
        for _ in range(options.crashes):
            visit = self._rng.randrange(options.journeys)
            self._killer.plan.setdefault(visit, []).append(self._rng.uniform(0.0, 1.5))

    def _kind(self) -> str:
        return self._rng.choices(
            ["plain", "qr", "grant", "mistype", "reopen", "refuse", "stuck", "wire"],
            [45, 7, 8, 12, 6, 8, 6, 8],
        )[0]

    @property
    def ended(self) -> int:
        """Journeys that are over."""
        return sum(1 for j in self.journeys if j.end)

    async def run(self) -> None:
        """All journeys."""
        await self._announce()
        while any(not j.end for j in self.journeys):
            await self._next_visit()

    async def _announce(self) -> None:
        """All parcels of the day are announced before the first courier comes, as a carrier does."""

        async def one(journey: Journey) -> None:
            reply = await self._backend.expect(journey.parcel)
            journey.announced = reply.ok
            if not reply.ok:
                journey.end = f"not announced: {reply}"

        await asyncio.gather(*(one(j) for j in self.journeys))
        self._progress(f"{sum(j.announced for j in self.journeys)} parcels announced")

    async def _next_visit(self) -> None:
        to_deposit = self._worth_bringing()
        ready = [j for j in self.journeys if j.deposited and not j.end and self._message(j)]
        waiting = [j for j in self.journeys if j.deposited and not j.end]
        if to_deposit and (not ready or self._rng.random() < 0.4):
            size = self._rng.randint(*ROUND)
            await self._visit(self._deposit_round(to_deposit[:size]))
        elif ready:
            await self._visit(self._pickup(self._rng.choice(ready)))
        elif not await self._some_message(waiting):
            for journey in waiting:
                journey.end = "no message came"

    def _worth_bringing(self) -> list[Journey]:
        """Parcels not deposited yet; one there was no room for comes again when others have left."""
        out = [j for j in self.journeys if not j.end and not j.deposited]
        hopeful = [j for j in out if j.no_space_since is None or j.no_space_since < self.ended]
        others_move = any(j.deposited and not j.end for j in self.journeys)
        return hopeful if hopeful or others_move else out

    async def _visit(self, work: Any) -> None:
        number, self.visits = self.visits, self.visits + 1
        began_s = asyncio.get_running_loop().time()
        killing = asyncio.create_task(self._killer.during(number), name="killer")
        await work
        await killing
        seconds = asyncio.get_running_loop().time() - began_s
        self._progress(
            f"{self.ended} of {len(self.journeys)} journeys ended, visit {self.visits} took {seconds:.1f} s"
        )

    def _message(self, journey: Journey) -> Any:
        """The newest message with a code for this parcel, or None."""
        return next(
            (m for m in reversed(self._backend.messages) if m.parcel == journey.parcel_id and m.code), None
        )

    async def _some_message(self, waiting: list[Journey]) -> bool:
        loop = asyncio.get_running_loop()
        until = loop.time() + MESSAGE_WITHIN_S + self._options.broker_down_s
        while loop.time() < until:
            if any(self._message(j) for j in waiting):
                return True
            await asyncio.sleep(0.05)
        return False

    async def _scan(self, text: str, identifier: str) -> None:
        scanner = next(iter(self._cabinet.scanners.values()))
        await scanner.scan(text, identifier)

    # --- visits ----------------------------------------------------------------

    async def _deposit_round(self, journeys: list[Journey]) -> None:
        courier = self._courier()
        for journey in journeys:
            courier.load(SimParcel(journey.tracking_code, journey.owner))
        await courier.visit()
        for journey in journeys:
            refusal = courier.refused.get(journey.tracking_code)
            if self._where(journey) is not None:
                journey.deposited = True
                journey.attempts = 0
            elif refusal in NO_SPACE and journey.no_space_since != self.ended:
                journey.no_space_since = self.ended
            elif refusal is not None and refusal != "DOOR_BUSY":
                journey.end = f"refused: {refusal}"
            else:
                journey.attempts += 1
                if journey.attempts >= MAX_ATTEMPTS:
                    journey.end = "could not be deposited"

    def _where(self, journey: Journey) -> str | None:
        """The compartment that really holds the parcel."""
        for compartment in self._cabinet.plan.compartments:
            if any(
                p.tracking_code == journey.tracking_code for p in self._cabinet.world.parcels(compartment.id)
            ):
                return compartment.id
        return None

    def _courier(self) -> Courier:
        return Courier(self._screen, self._cabinet.world, self._rng, self.tally, PACE_S, self._scan)

    def _grant(self, journey: Journey) -> str:
        """An offline grant beside the code in the message."""
        now_s = now_ms() / 1000
        order = Order("pickup", journey.parcel_id, now_s - GRANT_EARLY_S, now_s + GRANT_LIFE_S)
        return self._backend.grants.issue(self._issuer, self._message(journey).station, order)[1]

    async def _pickup(self, journey: Journey) -> None:
        journey.attempts += 1
        message = self._message(journey)
        recipient = Recipient(
            self._screen,
            self._cabinet.world,
            self._rng,
            self.tally,
            PACE_S,
            name=journey.owner,
            tracking_code=journey.tracking_code,
            code=message.code,
            scan=self._scan,
        )
        recipient.uses_qr = journey.kind == "qr"
        recipient.grant = self._grant(journey) if journey.kind == "grant" else ""
        recipient.mistypes = 1 if journey.kind == "mistype" else 0
        recipient.reopens = journey.kind == "reopen"
        recipient.refuses = journey.kind == "refuse"
        mended = self._break_something(journey)
        await recipient.visit()
        mended()
        if recipient.refuses:
            await self._recall(journey)
        elif recipient.has_it:
            journey.end = "picked-up"
        elif journey.attempts >= MAX_ATTEMPTS:
            journey.end = "could not be picked up"

    def _break_something(self, journey: Journey) -> Callable[[], None]:
        """Put the journey's fault in; returns how to mend it."""
        where = self._where(journey)
        faults = self._cabinet.faults
        if where is None or journey.attempts > 1:
            return lambda: None
        if journey.kind == "stuck":
            # The first pulse only: the second try finds the door free, as after a knock on it.
            faults.inject("door_stuck", where, n=1)
            return lambda: _mended(faults, "door_stuck", where)
        if journey.kind == "wire":
            board = next(c.board for c in self._cabinet.plan.compartments if c.id == where)
            fault = self._rng.choice(WIRE_FAULTS)
            faults.inject(fault, board, n=1)
            return lambda: _mended(faults, fault, board)
        return lambda: None

    async def _recall(self, journey: Journey) -> None:
        """The courier takes back what was refused."""
        courier = self._courier()
        courier.recalls = True
        await courier.visit()
        for parcel in courier.recalled:
            for other in self.journeys:
                if other.tracking_code == parcel.tracking_code:
                    other.end = "recalled"
        if not journey.end and journey.attempts >= MAX_ATTEMPTS:
            journey.end = "could not be recalled"
