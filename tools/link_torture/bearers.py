"""People who come with offline grants: good ones, copies of spent ones, and ones that were taken back."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simulators.backend import Backend
from simulators.backend_grants import GrantBook, Issuer, Order
from simulators.demo.people import Person, ScanSymbol
from simulators.demo.screen import View
from tools.link_torture.patience import until

__all__ = ["Bearer", "GrantDesk", "Issued"]

EARLIER_S: Final = 120.0
LIFE_S: Final = 86_400.0

COMPARE_S: Final = 5.0
"""Between two comparisons with the station: from time to time, as the contract has it."""

REVOKE_WITHIN_S: Final = 20.0


class Bearer(Person):
    """Shows a text, again while another door is busy, does what the screen asks, and goes."""

    def __init__(self, text: str, scan: ScanSymbol, *person: Any) -> None:
        super().__init__(*person)
        self._text = text
        self._scan = scan
        self._to_show = True

    async def step(self, view: View) -> bool | None:
        """See `Person.step`."""
        if view["screen"] != "home":
            self._to_show = (view.get("notice") or {}).get("code") == "DOOR_BUSY"
            again = ("reopen",) if self.rng.random() < 0.2 else ()
            await self.or_wait(view, self.offered(view, *again, "done", "retry", "cancel", "back"))
        elif self._to_show:
            self._to_show = False
            await self.pause()
            await self._scan(self._text, "Q1")
            await self.change(view)
        else:
            return True
        return None


@dataclass(frozen=True, slots=True)
class Issued:
    """A grant as the carrier knows it; `epoch` is the station's when it was signed."""

    epoch: int
    expires_ms: int


Show = Callable[[str], Awaitable[None]]
"""Somebody comes with a text and goes again."""


class GrantDesk:
    """Issues grants, takes some back, and has them shown.  `issued` is by name; every one is single-use."""

    def __init__(
        self,
        station: str,
        backend: Backend,
        issuer: Issuer,
        rng: random.Random,
        doors: Sequence[str],
    ) -> None:
        """`doors` are for service, where the fewest parcels lie."""
        self._station = station
        self._backend = backend
        self._issuer = issuer
        self._rng = rng
        self._doors = doors
        self.issued: dict[str, Issued] = {}

    def issue(self, right: str, subject: str) -> tuple[str, str]:
        """Name and digits of a new one."""
        now_s = time.time()
        order = Order(right, subject, now_s - EARLIER_S, now_s + LIFE_S, self._book.epoch)
        name, text = self._backend.grants.issue(self._issuer, self._station, order)
        # Signed in whole minutes, rounded up.
        self.issued[name] = Issued(order.epoch, int(order.expires_s // 60 + 1) * 60_000)
        return name, text

    async def visit(self, show: Show) -> None:
        """A technician's grant: shown twice, before or after it was taken back, or never good any more."""
        name, text = self.issue("service", self._rng.choice(self._doors))
        way = self._rng.choice(("twice", "twice", "taken-back", "told", "late", "epoch"))
        if way == "taken-back":
            await self._take_back(name)
        elif way == "told":
            self._backend.grants.revoke(self._station, {name: self.issued[name].expires_ms})
        elif way == "epoch":
            self._backend.grants.revoke(self._station, {}, self._book.epoch + 1)
        await show(text)
        if way == "late":
            await self._take_back(name)
        await show(text)

    async def _take_back(self, name: str) -> None:
        data = {"grants": {name: self.issued[name].expires_ms}, "operator": "wang", "reason": "torture"}
        await self._backend.order(self._station, "revoke", data, expires_in_s=REVOKE_WITHIN_S)

    async def settle(self) -> None:
        """Return when station and backend know the same of all grants."""
        self._backend.grants.compare(self._station)
        while not await until(lambda: self.same, COMPARE_S):
            self._backend.grants.compare(self._station)

    @property
    def same(self) -> bool:
        """The station's sums are those of the backend's book, and it asks for nothing."""
        told = self._backend.grants.statuses.get(self._station)
        if told is None or told["asks"] or not told["trusted"]:
            return False
        return {**told, **self._book.digest(told["at_ms"])} == dict(told)

    @property
    def _book(self) -> GrantBook:
        return self._backend.grants.book(self._station)
