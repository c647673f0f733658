"""The operator's desk: commands sent with what came of each, and offline grants with what became of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from simulators.backend import Backend, Reply
from simulators.backend_commands import now_ms
from simulators.backend_grants import Issuer, Order
from simulators.backend_signatures import SignedWith
from simulators.console.live import Hub
from simulators.console.verbs import VERBS, Verb, data_of, subject_of

__all__ = ["Desk"]

OPERATOR: Final = "console"

ORDERS_SHOWN: Final = 60
GRANTS_SHOWN: Final = 20
"""An operator looks at the latest; the backend's store has them all."""

MAX_UNDER_WAY: Final = 200
"""Commands without an end: a page that asks for more has a key that is stuck."""

GRANT_LIFE_S: Final = 24 * 3600.0

_SENT: Final = "sent"


@dataclass(slots=True)
class _Ordered:
    number: int
    verb: str
    subject: str
    at: int
    result: str = _SENT
    progress: tuple[str, ...] = ()
    error: str = ""
    detail: str = ""
    doors: dict[str, str] = field(default_factory=dict)
    health: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Granted:
    name: str
    right: str
    subject: str
    digits: str
    expires: int


class Desk:
    """Commands and grants of one station, as the page shows them.  Lives in the backend's loop.

    `signers` sign what needs signatures, in order; `issuer` signs grants,
    without one there are none.
    """

    def __init__(
        self,
        hub: Hub,
        backend: Backend,
        station: str,
        signers: Sequence[SignedWith] = (),
        issuer: Issuer | None = None,
    ) -> None:
        self._hub = hub
        self._backend = backend
        self._station = station
        self._signers = tuple(signers)
        self._issuer = issuer
        self._orders: deque[_Ordered] = deque(maxlen=ORDERS_SHOWN)
        self._grants: deque[_Granted] = deque(maxlen=GRANTS_SHOWN)
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0
        self.verbs = {verb.name: verb for verb in VERBS if verb.signatures <= len(self._signers)}

    @property
    def grants_offered(self) -> bool:
        """Whether there is somebody to sign grants."""
        return self._issuer is not None

    async def stop(self) -> None:
        """Wait for nothing that was begun; the backend keeps what it has to ask again."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def orders(self) -> list[dict[str, Any]]:
        """The commands, oldest first, for the page."""
        return [asdict(each) for each in self._orders]

    def grants(self) -> list[dict[str, Any]]:
        """The grants, oldest first, each `issued`, `used`, `taken back` or `over`."""
        return [asdict(each) | {"state": self._state(each)} for each in self._grants]

    def order(self, name: str, values: Mapping[str, Any]) -> str:
        """Send one of `verbs` with a form's texts and return at once; ValueError for what cannot be sent."""
        verb = self.verbs.get(name)
        if verb is None:
            raise ValueError(f"no such verb; there are {', '.join(self.verbs)}")
        data = data_of(verb, values, self._operator(verb), now_ms())
        return self._send(name, data, self._signers[: verb.signatures])

    def grant(self, right: str, subject: str) -> str:
        """Sign a grant, good once within a day: a parcel's `pickup` or `deposit`, a door's `service`."""
        if self._issuer is None:
            raise ValueError("nobody here signs grants")
        if right not in ("pickup", "deposit", "service") or not 0 < len(subject) <= 64:
            raise ValueError("a grant is for pickup, deposit or service, of a parcel or compartment")
        began_s = now_ms() / 1000
        epoch = self._backend.grants.book(self._station).epoch
        order = Order(right, subject, began_s, began_s + GRANT_LIFE_S, epoch)
        name, digits = self._backend.grants.issue(self._issuer, self._station, order)
        # To the end of the minute, as the grant's bytes have it.
        expires = (int(order.expires_s) // 60 + 1) * 60_000
        self._grants.append(_Granted(name, right, subject, digits, expires))
        return f"grant {name}: {right} of {subject}"

    def take_back(self, name: str) -> str:
        """Revoke a grant by a command; the station then refuses it, also without the network."""
        granted = next((each for each in self._grants if each.name == name), None)
        if granted is None:
            raise ValueError(f"no grant {name[:20]!r} on this page")
        data = {"grants": {name: granted.expires}, "operator": OPERATOR, "reason": "taken back"}
        self._backend.grants.book(self._station).revoke({name: granted.expires})
        return self._send("revoke", data, (), subject=name)

    def _operator(self, verb: Verb) -> str:
        return self._signers[0].operator if verb.signatures else OPERATOR

    def _state(self, granted: _Granted) -> str:
        book = self._backend.grants.book(self._station)
        if granted.name in book.spent:
            return "used"
        if granted.name in book.revoked:
            return "taken back"
        return "over" if granted.expires <= now_ms() else "issued"

    def _send(
        self, verb: str, data: Mapping[str, Any], signers: Sequence[SignedWith], subject: str = ""
    ) -> str:
        if len(self._tasks) >= MAX_UNDER_WAY:
            raise ValueError(f"{MAX_UNDER_WAY} commands are under way")
        self._count += 1
        ordered = _Ordered(self._count, verb, subject or subject_of(data), now_ms())
        self._orders.append(ordered)
        self._hub.tell("orders", self.orders())
        task = asyncio.create_task(self._until_ended(ordered, data, signers), name=f"order-{verb}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return f"asked the station to {verb} {ordered.subject}".strip()

    async def _until_ended(
        self, ordered: _Ordered, data: Mapping[str, Any], signers: Sequence[SignedWith]
    ) -> None:
        try:
            reply = await self._backend.order(self._station, ordered.verb, data, *signers)
        except RuntimeError as error:  # too many wait at the backend
            reply = Reply("", ordered.verb, "failed", detail=str(error))
        ordered.result, ordered.progress = reply.result, reply.progress
        ordered.error, ordered.detail = reply.error or "", reply.detail or ""
        ordered.doors, ordered.health = reply.doors, reply.health
        head = f"{ordered.verb} {ordered.subject}".strip()
        text = f"{head}: {' → '.join([*reply.progress, reply.result])} {ordered.error}".strip()
        self._hub.tell("notice", {"good": reply.ok, "text": text})
        self._hub.tell("orders", self.orders())
