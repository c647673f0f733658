"""Where each parcel is according to the facts the backend has stored: what a carrier's clerk would see."""

from __future__ import annotations

from typing import Any, Final

from simulators.backend import Backend
from simulators.backend_store import StoredEvent

__all__ = ["ParcelLedger"]

_STATES: Final = {
    "expected": "announced",
    "placed": "going in",
    "released": "announced",
    "deposited": "waiting",
    "picked-up": "picked up",
    "refused": "refused",
    "rejected": "",
    "expired": "expired",
    "recall-ordered": "expired",
    "deadline-shifted": "waiting",
    "hold": "",
    "reserved": "",
    "reservation-ended": "",
    "recalled": "taken back",
    "missing": "missing",
    "to-check": "",
}
"""Kind of parcel fact -> word; "" leaves the state as it was."""

_OUTSIDE: Final = frozenset({"announced", "picked up", "taken back", "missing"})


class ParcelLedger:
    """Folds parcel facts; feed it the stored ones, then each new one in order."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}

    def apply(self, event: StoredEvent) -> bool:
        """Take in one fact; True when a parcel changed."""
        _, area, kind, *_ = event.type.split(".")
        state = _STATES.get(kind, "") if area == "parcel" else ""
        if not state:
            return False
        data = event.data
        entry = self._known.setdefault(data["parcel"], {"state": "", "compartment": ""})
        entry["state"] = state
        entry["compartment"] = "" if state in _OUTSIDE else str(data.get("compartment") or "")
        return True

    def rows(self, backend: Backend) -> list[dict[str, Any]]:
        """Every announced parcel with its state, for the pick list; phones are masked."""
        none = {"state": "unheard", "compartment": ""}
        return [
            {
                "parcel": parcel["parcel_id"],
                "tracking_code": parcel["tracking_code"],
                "size": parcel.get("size") or "?",
                "carrier": parcel["carrier"],
                "recipient": parcel["recipient"],
                "consent": parcel["consent"],
                **self._known.get(parcel["parcel_id"], none),
            }
            for parcel in backend.parcels
        ]

    def by_compartment(self) -> dict[str, str]:
        """Compartment id -> parcel id that the record says is inside (or going in)."""
        return {entry["compartment"]: id_ for id_, entry in self._known.items() if entry["compartment"]}
