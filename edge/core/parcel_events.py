"""Facts about parcels: where each is in its stay, and what operators ordered for it."""

from __future__ import annotations

from typing import ClassVar

from edge.core.event_base import EventBase
from edge.core.model import ErrorCode, Size

__all__ = [
    "DeadlineShifted",
    "ParcelDeposited",
    "ParcelExpected",
    "ParcelExpired",
    "ParcelHold",
    "ParcelMissing",
    "ParcelPickedUp",
    "ParcelPlaced",
    "ParcelRecalled",
    "ParcelRefused",
    "ParcelRejected",
    "ParcelReleased",
    "ParcelReserved",
    "ParcelToCheck",
    "RecallOrdered",
    "ReservationEnded",
]


class ParcelExpected(EventBase, frozen=True, tag="ph.parcel.expected.v1"):
    """A parcel is announced (command `expect` or a manifest); replaces an earlier one of the same id."""

    classification: ClassVar[str] = "personal"
    parcel: str
    tracking_code: str
    carrier: str
    recipient_key: str
    recipient_masked: str
    phone_masked: str
    size: Size | None
    consent: bool
    command: str | None = None


class ParcelPlaced(EventBase, frozen=True, tag="ph.parcel.placed.v1"):
    """A compartment is allocated to a parcel being deposited; it counts as taken from here on."""

    parcel: str
    compartment: str
    session: str


class ParcelReleased(EventBase, frozen=True, tag="ph.parcel.released.v1"):
    """A deposit was called off and the courier states that the compartment is empty."""

    parcel: str
    compartment: str
    session: str
    reason: str


class ParcelDeposited(EventBase, frozen=True, tag="ph.parcel.deposited.v1"):
    """The parcel is inside and waits for pickup until `expires_at_ms`.

    The pickup code is derived by whoever holds the station's pepper from
    `parcel` and `code_nonce` (docs/contract/pickup-code.md).  `assurance` is
    `confirmed` (the courier said so) or `door-closed` (nobody answered).
    """

    classification: ClassVar[str] = "personal"
    parcel: str
    tracking_code: str
    compartment: str
    compartment_number: str
    session: str
    courier: str
    carrier: str
    code_nonce: int
    expires_at_ms: int
    assurance: str
    upu: str = "EDH"
    biz_step: str = "storing"
    disposition: str = "container_closed"


class ParcelPickedUp(EventBase, frozen=True, tag="ph.parcel.picked-up.v1"):
    """The recipient took the parcel; the compartment is free."""

    parcel: str
    tracking_code: str
    compartment: str
    session: str
    upu: str = "EMI"
    biz_step: str = "accepting"
    disposition: str = ""


class ParcelRefused(EventBase, frozen=True, tag="ph.parcel.refused.v1"):
    """The recipient put the parcel back; it waits for a courier."""

    parcel: str
    compartment: str
    session: str
    reason: str
    upu: str = "EMH"
    biz_step: str = "inspecting"
    disposition: str = "unavailable"


class ParcelRejected(EventBase, frozen=True, tag="ph.parcel.rejected.v1"):
    """A scanned parcel was not accepted for deposit; nothing was opened for it.

    `scan` is cut to 64 characters and never holds what follows a pickup QR's prefix.
    """

    session: str
    scan: str
    error: ErrorCode
    reason: str
    parcel: str | None = None
    upu: str = "EMH"
    biz_step: str = "inspecting"
    disposition: str = "unavailable"


class ParcelExpired(EventBase, frozen=True, tag="ph.parcel.expired.v1"):
    """The holding period is over; the code no longer opens the door, a courier may take the parcel back."""

    parcel: str
    compartment: str
    upu: str = "EMH"
    biz_step: str = "storing"
    disposition: str = "expired"


class ParcelRecalled(EventBase, frozen=True, tag="ph.parcel.recalled.v1"):
    """A courier took the parcel back and scanned it out; the compartment is free."""

    classification: ClassVar[str] = "personal"
    parcel: str
    tracking_code: str
    compartment: str
    session: str
    courier: str
    upu: str = "EDF"
    biz_step: str = "removing"
    disposition: str = "expired"


class ParcelMissing(EventBase, frozen=True, tag="ph.parcel.missing.v1"):
    """A courier found the compartment without its parcel; the compartment is free."""

    parcel: str
    compartment: str
    session: str
    upu: str = "EMH"
    biz_step: str = "inspecting"
    disposition: str = "unknown"


class ParcelHold(EventBase, frozen=True, tag="ph.parcel.hold.v1"):
    """An operator keeps the parcel from everybody at the terminal (`held`), or gives it free."""

    parcel: str
    held: bool
    reason: str
    command: str | None = None


class ParcelReserved(EventBase, frozen=True, tag="ph.parcel.reserved.v1"):
    """A compartment is kept for an announced parcel until `until_ms`, or until the parcel is deposited."""

    parcel: str
    compartment: str
    until_ms: int
    command: str | None = None


class ReservationEnded(EventBase, frozen=True, tag="ph.parcel.reservation-ended.v1"):
    """The compartment is no longer kept for the parcel; `reason` is expired, cancelled or replaced."""

    parcel: str
    compartment: str
    reason: str
    command: str | None = None


class RecallOrdered(EventBase, frozen=True, tag="ph.parcel.recall-ordered.v1"):
    """An operator has the parcel collected before its time; the code no longer opens the door."""

    parcel: str
    compartment: str
    reason: str
    command: str | None = None
    upu: str = "EMH"
    biz_step: str = "storing"
    disposition: str = "unavailable"


class DeadlineShifted(EventBase, frozen=True, tag="ph.parcel.deadline-shifted.v1"):
    """The holding period now ends at `expires_at_ms`; a parcel that had expired can be picked up again.

    `command` is the command, or the job (`jobs/next`), that ordered it.
    """

    parcel: str
    compartment: str
    expires_at_ms: int
    reason: str
    command: str | None = None


class ParcelToCheck(EventBase, frozen=True, tag="ph.parcel.to-check.v1"):
    """What is recorded of this parcel may not be what is there; it goes on the reconciliation list."""

    parcel: str
    compartment: str
    reason: str
    session: str | None = None
