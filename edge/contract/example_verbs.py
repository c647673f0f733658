"""Examples of the commands beyond `open`, `expect` and `set-service`, and of the facts they lead to."""

from __future__ import annotations

from typing import Final

import msgspec

from edge.contract.example_facts import COMMAND, EXPIRES_MS, PARCEL
from edge.core import events as ev
from edge.core import orders
from edge.core.model import ErrorCode, Size

__all__ = ["EXAMPLES", "FACTS"]

_OPERATOR: Final = "li.na"
_SIGNATURES: Final = [
    orders.Signature(
        "li.na",
        "iUiGOQyu31WQ+9RNEl+DLVDF0u70m2XenOXA3joiPbGePISyvjXZdF8tVvbdN29engV3kZOLF+/QGm+wnSSFAQ==",
    ),
    orders.Signature(
        "wang.fang",
        "+cHrDRncwp0EtNkzHNJmWvsxofOYVhNU9gxHOsCnGqoqsgtdEwXMTwXkbWieiZKNY0Kn9WKokjvf0EnWJBIQAQ==",
    ),
]

FACTS: Final[tuple[ev.EventBase, ...]] = (
    ev.ParcelHold(parcel=PARCEL, held=True, reason="the police asks", command=COMMAND),
    ev.ParcelReserved(parcel=PARCEL, compartment="b07", until_ms=EXPIRES_MS, command=COMMAND),
    ev.ReservationEnded(parcel=PARCEL, compartment="b07", reason="expired"),
    ev.RecallOrdered(parcel=PARCEL, compartment="b07", reason="the sender wants it back", command=COMMAND),
    ev.DeadlineShifted(
        parcel=PARCEL,
        compartment="b07",
        expires_at_ms=EXPIRES_MS,
        reason="the street is flooded",
        command=COMMAND,
    ),
    ev.CompartmentHold(compartment="b07", held=True, reason="the police asks", command=COMMAND),
    ev.CommandProgress(
        command=COMMAND, compartment="b07", outcome="failed", error=ErrorCode.OPEN_NOT_DETECTED
    ),
)

EXAMPLES: Final[dict[str, msgspec.Struct]] = {
    "ph.cmd.open-many.v1": orders.OpenMany(
        compartments=["b07", "b08"],
        operator=_OPERATOR,
        reason="bank B is moved to the other wall",
        signatures=_SIGNATURES,
    ),
    "ph.cmd.hold.v1": orders.Hold(parcel_id=PARCEL, operator=_OPERATOR, reason="the police asks"),
    "ph.cmd.release.v1": orders.Release(parcel_id=PARCEL, operator=_OPERATOR, reason="seen by the police"),
    "ph.cmd.reserve.v1": orders.Reserve(parcel_id=PARCEL, until_ms=EXPIRES_MS, size=Size.M),
    "ph.cmd.cancel.v1": orders.Cancel(parcel_id=PARCEL),
    "ph.cmd.recall.v1": orders.Recall(
        parcel_id=PARCEL, operator=_OPERATOR, reason="the sender wants it back"
    ),
    "ph.cmd.shift-deadlines.v1": orders.ShiftDeadlines(
        parcel_id=PARCEL, by_s=86_400, operator=_OPERATOR, reason="the street is flooded"
    ),
    "ph.cmd.print.v1": orders.PrintDocument(parcel_id=PARCEL, document="waybill", operator=_OPERATOR),
    "ph.cmd.reprint.v1": orders.Reprint(
        parcel_id=PARCEL, document="waybill", operator=_OPERATOR, reason="the label got wet"
    ),
    "ph.cmd.snapshot.v1": orders.Snapshot(),
    "ph.cmd.rebirth.v1": orders.Rebirth(),
    "ph.cmd.diagnose.v1": orders.Diagnose(),
}
"""By schema name."""
