"""The backend's side of offline grants: issues them, follows what stations say of them, tells the rest."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from simulators.backend_commands import now_ms, rfc3339
from simulators.backend_grants import GrantBook, Issuer, Order
from simulators.backend_store import StoredEvent

__all__ = ["FACTS", "GrantDesk"]

FACTS: Final = frozenset({"ph.security.grant-used.v1", "ph.security.grants-learned.v1"})
"""The facts from which a book is built."""

Publish = Callable[[str, bytes], bool]
"""topic, payload -> handed to the broker."""


class GrantDesk:
    """One tenant's grants.  Lives in one event loop; `statuses` is what each station last said of its own."""

    def __init__(self, tenant: str, publish: Publish) -> None:
        self._tenant = tenant
        self._publish = publish
        self._books: dict[str, GrantBook] = {}
        self.statuses: dict[str, Mapping[str, Any]] = {}

    def book(self, station: str) -> GrantBook:
        """What is known of a station's grants."""
        return self._books.setdefault(station, GrantBook())

    def load(self, events: Iterable[StoredEvent]) -> None:
        """Build the books from the stored facts of `FACTS`."""
        for event in events:
            self.note_fact(event.source.rpartition(":")[2], event.type, event.data)

    def note_fact(self, station: str, event_type: str, data: Mapping[str, Any]) -> None:
        """A fact was stored."""
        if event_type in FACTS:
            self.book(station).note(event_type, data)

    def note_status(self, station: str, data: Mapping[str, Any]) -> None:
        """A station tells of its grants; one that asks gets all there is, however often it asks."""
        self.statuses[station] = data
        ask = data.get("asks")
        if isinstance(ask, str) and ask:
            for part in self.book(station).answer(ask):
                self._send(station, "delta", part)

    def link_up(self) -> None:
        """The broker is reachable again: let every known station compare."""
        for station in self._books:
            self.compare(station)

    def compare(self, station: str) -> None:
        """Send the sums; a station that knows something else asks."""
        self._send(station, "digest", self.book(station).digest(now_ms()))

    def issue(self, issuer: Issuer, station: str, order: Order) -> tuple[str, str]:
        """Sign a grant with an id of its own; returns its name and its digits."""
        grant_id = secrets.randbits(40)
        return issuer.name_of(grant_id), issuer.sign(self._tenant, station, grant_id, order)

    def revoke(self, station: str, lives: Mapping[str, int], epoch: int | None = None) -> None:
        """Take grants back, each with the end of its life in ms; `epoch` voids all signed before."""
        book = self.book(station)
        book.revoke(lives, epoch)
        self._send(station, "delta", {"epoch": book.epoch, "revoked": dict(lives), "spent": {}})

    def _send(self, station: str, kind: str, data: Mapping[str, Any]) -> None:
        event = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": f"urn:ph:{self._tenant}:backend",
            "type": f"ph.grants.{kind}.v1",
            "time": rfc3339(now_ms()),
            "datacontenttype": "application/json",
            "dataschema": f"urn:ph:schema:ph.grants.{kind}.v1",
            "data": dict(data),
        }
        self._publish(f"ph/1/{self._tenant}/{station}/grants/{kind}", json.dumps(event).encode())
