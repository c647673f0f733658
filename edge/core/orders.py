"""What each verb of the contract says: one type a verb, its limits beside each field.

The types are at once the `data` of `ph.cmd.{verb}.v1` on the wire and what the
core decides on, so a new verb is its type, its line in `ORDERS`, and its line
in `edge.core.commands.HANDLERS`.  Only `expect` differs: it brings personal
data, which the shell masks into an `ExpectParcel` before the core sees it.

Unknown fields are refused: a restriction that this station does not know must
not be dropped in silence.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from edge.core.grant_book import Epoch, Lives
from edge.core.model import Size

__all__ = [
    "ORDERS",
    "Cancel",
    "CompartmentId",
    "Diagnose",
    "ExpectParcel",
    "Hold",
    "Open",
    "OpenMany",
    "Order",
    "ParcelId",
    "PrintDocument",
    "Rebirth",
    "Recall",
    "Release",
    "Reprint",
    "Reserve",
    "Revoke",
    "SetService",
    "ShiftDeadlines",
    "Signature",
    "Snapshot",
]

MAX_DOORS: Final = 100
"""Doors one message may name; how many a station opens for it is a rule (`max_bulk_doors`)."""

MAX_SIGNATURES: Final = 4
"""Two are needed; the rest is room, and bounds what checking one message costs."""

MAX_WALL_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""

MAX_SHIFT_S: Final = 366 * 86_400
"""A year: nothing in a station waits longer."""

# Python's `$` also matches before a final newline, JSON Schema's does not: the look-ahead makes them equal.
CompartmentId = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,36}(?!\n)$")]
ParcelId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}(?!\n)$")]
Operator = Annotated[str, Meta(max_length=64)]
Reason = Annotated[str, Meta(max_length=200)]
WallMs = Annotated[int, Meta(ge=0, le=MAX_WALL_MS)]
Document = Literal["receipt", "waybill"]


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operator's Ed25519 signature over the command, base64 (docs/contract/signed-commands.md)."""

    operator: Annotated[str, Meta(min_length=1, max_length=64)]
    signature: Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{86}==(?!\n)$")]


Signatures = Annotated[list[Signature], Meta(max_length=MAX_SIGNATURES)]


class Open(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.open.v1`: pulse one lock once.

    `operator` and `reason` must not be empty.  `signatures` are needed where the station asks for them.
    """

    compartment: CompartmentId
    operator: Operator = ""
    reason: Reason = ""
    signatures: Signatures = []


class OpenMany(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.open-many.v1`: open several doors one after the other, each pulsed once.

    Needs the signatures of two different operators; `operator` is one of them.
    """

    compartments: Annotated[list[CompartmentId], Meta(min_length=1, max_length=MAX_DOORS)]
    operator: Operator = ""
    reason: Reason = ""
    signatures: Signatures = []


class Hold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.hold.v1`: keep a parcel, or a compartment with its content, from everybody at the terminal.

    Exactly one of `compartment` and `parcel_id`; `operator` and `reason` must not be empty.
    """

    compartment: CompartmentId | None = None
    parcel_id: ParcelId | None = None
    operator: Operator = ""
    reason: Reason = ""


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.release.v1`: end a hold.  Fields as in `hold`."""

    compartment: CompartmentId | None = None
    parcel_id: ParcelId | None = None
    operator: Operator = ""
    reason: Reason = ""


class Reserve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.reserve.v1`: keep a compartment for an announced parcel until `until_ms` (since 1970 UTC).

    Without `compartment` the station chooses one for `size`, or for the size that was announced.
    """

    parcel_id: ParcelId
    until_ms: WallMs
    compartment: CompartmentId | None = None
    size: Size | None = None


class Cancel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.cancel.v1`: give up the reservation for a parcel; its announcement stays."""

    parcel_id: ParcelId


class Recall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.recall.v1`: have a parcel collected before its time; its code no longer opens.

    `operator` and `reason` must not be empty.
    """

    parcel_id: ParcelId
    operator: Operator = ""
    reason: Reason = ""


class ShiftDeadlines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.shift-deadlines.v1`: move the end of the holding period of one parcel.

    Without `parcel_id` of all that wait for pickup.  Exactly one of `until_ms` (since 1970 UTC; for one
    parcel) and `by_s` (seconds, negative is sooner).  `operator` and `reason` must not be empty.
    """

    parcel_id: ParcelId | None = None
    until_ms: WallMs | None = None
    by_s: Annotated[int, Meta(ge=-MAX_SHIFT_S, le=MAX_SHIFT_S)] | None = None
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


class PrintDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.print.v1`: print the receipt or waybill of a parcel, once.  `operator` must not be empty."""

    parcel_id: ParcelId
    document: Document
    operator: Operator = ""


class Reprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.reprint.v1`: print a document again.  `operator` and `reason` must not be empty."""

    parcel_id: ParcelId
    document: Document
    operator: Operator = ""
    reason: Reason = ""


class Snapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.snapshot.v1`: publish `state/compartments` now, changed or not."""


class Rebirth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.rebirth.v1`: publish `state/birth` and `state/compartments` anew."""


class Diagnose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.diagnose.v1`: answer with the station's health (`health` in the reply)."""


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


Order = (
    Open
    | OpenMany
    | Hold
    | Release
    | Reserve
    | Cancel
    | Recall
    | ShiftDeadlines
    | SetService
    | PrintDocument
    | Reprint
    | Snapshot
    | Rebirth
    | Diagnose
    | ExpectParcel
    | Revoke
)

ORDERS: Final[dict[str, type[Order]]] = {
    "open": Open,
    "open-many": OpenMany,
    "hold": Hold,
    "release": Release,
    "reserve": Reserve,
    "cancel": Cancel,
    "expect": ExpectParcel,
    "recall": Recall,
    "shift-deadlines": ShiftDeadlines,
    "set-service": SetService,
    "revoke": Revoke,
    "print": PrintDocument,
    "reprint": Reprint,
    "snapshot": Snapshot,
    "rebirth": Rebirth,
    "diagnose": Diagnose,
}
"""Verb -> what the core decides on."""
