"""What each verb of the contract says: one type a verb, its limits beside each field.

The types are at once the `data` of `ph.cmd.{verb}.v1` on the wire and what the
core decides on, so a new verb is its type, its line in `ORDERS`, and its line
in `edge.core.commands.HANDLERS`.  Only `expect` differs: it brings personal
data, which the shell masks into an `ExpectParcel` before the core sees it.

Unknown fields are refused: a restriction that this station does not know must
not be dropped in silence.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from edge.core.grant_book import Epoch, Lives
from edge.core.model import Size

__all__ = [
    "ORDERS",
    "CompartmentId",
    "ExpectParcel",
    "Open",
    "Operator",
    "Order",
    "ParcelId",
    "Reason",
    "Revoke",
    "SetService",
]

# Python's `$` also matches before a final newline, JSON Schema's does not: the look-ahead makes them equal.
CompartmentId = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,36}(?!\n)$")]
ParcelId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}(?!\n)$")]
Operator = Annotated[str, Meta(max_length=64)]
Reason = Annotated[str, Meta(max_length=200)]


class Open(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.open.v1`: pulse one lock once.

    `operator` and `reason` must not be empty.
    """

    compartment: CompartmentId
    operator: Operator = ""
    reason: Reason = ""


class SetService(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.set-service.v1`: take a compartment out of service, or back in once somebody has looked.

    Back in is refused while a parcel is on record inside or the door is open.  `operator` and `reason` must
    not be empty; `reason` is kept with the compartment while it is out.
    """

    compartment: CompartmentId
    in_service: bool
    operator: Operator = ""
    reason: Reason = ""


class Revoke(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.revoke.v1`: offline grants that open nothing from now on, and perhaps a new epoch.

    `grants` gives the end of each one's life in milliseconds since 1970, after which the station may forget
    it.  An `epoch` above the station's voids every grant signed with a lower one.  `operator` and `reason`
    must not be empty.
    """

    grants: Lives = {}
    epoch: Epoch = 0
    operator: Operator = ""
    reason: Reason = ""


class ExpectParcel(msgspec.Struct, frozen=True):
    """A parcel is announced; personal data arrives already masked.  `size` may be unknown."""

    parcel: str
    tracking_code: str
    carrier: str
    recipient_key: str
    recipient_masked: str
    phone_masked: str
    size: Size | None
    consent: bool


Order = Open | SetService | ExpectParcel | Revoke

ORDERS: Final[dict[str, type[Order]]] = {
    "open": Open,
    "expect": ExpectParcel,
    "set-service": SetService,
    "revoke": Revoke,
}
"""Verb -> what the core decides on."""
