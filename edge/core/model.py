"""What the station knows: compartments, parcels, the running session, counters.

Owns the immutable value types that the fold (`edge.core.fold`) builds out of
events.  Knows no clock, no device and no wire: a wall time is an integer of
milliseconds since 1970 (UTC) that somebody handed in, a duration is seconds.

Every type is a frozen `msgspec.Struct`, so a whole `State` serialises to JSON
as the journal's snapshot without further code.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from edge.core.command_record import Bulk, CommandRecord
from edge.core.error_code import ErrorCode
from edge.core.grant_book import GrantBook
from edge.core.session_model import Notice, Purpose, Session, SessionKind, Stage
from edge.core.upkeep_model import ConfigState, JobRecord, Scalar

__all__ = [
    "AttemptCounter",
    "Authorisation",
    "Bulk",
    "Compartment",
    "CommandRecord",
    "CompartmentState",
    "ConfigState",
    "DoorState",
    "ErrorCode",
    "FIRST_RELEASE_MS",
    "JobRecord",
    "Layout",
    "Notice",
    "Parcel",
    "ParcelState",
    "Purpose",
    "Role",
    "Rules",
    "Scalar",
    "Session",
    "SessionKind",
    "Setup",
    "Size",
    "Staff",
    "Stage",
    "State",
    "Unlock",
    "UnlockPhase",
]


FIRST_RELEASE_MS: Final = 1_767_225_600_000
"""2026-01-01T00:00:00Z.  This software did not exist before: an earlier time is of a clock not set."""


class Size(StrEnum):
    """Compartment and parcel size classes, smallest first (`Size.order`)."""

    S = "S"
    M = "M"
    L = "L"
    XL = "XL"

    @property
    def order(self) -> int:
        """0 for the smallest class; a parcel fits a compartment of equal or higher order."""
        return list(Size).index(self)


class DoorState(StrEnum):
    """The door as the lock feedback tells it; UNKNOWN is a value, never the last level."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


class ParcelState(StrEnum):
    """Where a parcel is in its stay at this station."""

    EXPECTED = "EXPECTED"
    STORED = "STORED"
    EXPIRED = "EXPIRED"
    REFUSED = "REFUSED"
    PICKED_UP = "PICKED_UP"
    RECALLED = "RECALLED"
    MISSING = "MISSING"

    @property
    def inside(self) -> bool:
        """True while the parcel occupies a compartment."""
        return self in (ParcelState.STORED, ParcelState.EXPIRED, ParcelState.REFUSED)


class Role(StrEnum):
    """Roles of people who sign in."""

    COURIER = "courier"
    TECHNICIAN = "technician"


class Compartment(msgspec.Struct, frozen=True):
    """One compartment as built and wired: `id` matches `[a-z0-9-]{1,36}`, `number` is printed on the door."""

    id: str
    number: str
    bank: str
    size: Size
    board: str
    channel: int
    floor_mm: int = 0


class Layout(msgspec.Struct, frozen=True):
    """All compartments of the station, keyed by id, in printed order."""

    compartments: dict[str, Compartment]


class Staff(msgspec.Struct, frozen=True):
    """A person who may sign in.

    `carrier` limits whose parcels they handle (`*` is any); `pin_scrypt` is
    `scrypt$n$r$p$salt-b64$hash-b64`, never a PIN.
    """

    id: str
    name: str
    role: Role
    carrier: str
    pin_scrypt: str


class Rules(msgspec.Struct, frozen=True):
    """Numbers an operator may set ([rules] in station.toml).  Seconds unless the name says otherwise.

    Openings by command: at most `max_remote_opens_per_hour` in any hour (four a minute: a help desk needs
    fewer, one that lets recipients open by phone about as many), of which at most `max_bulk_doors_per_hour`
    by `open-many` and `max_bulk_doors` by one such command: enough to clear a bank, too few to empty a
    large cabinet before somebody asks why.  `signed_commands` asks for the operator's signature on `open`.
    """

    holding_period_s: float = 72 * 3600.0
    stage_timeout_s: float = 60.0
    open_detect_s: float = 5.0
    door_open_s: float = 120.0
    after_close_s: float = 20.0
    extend_s: float = 60.0
    max_extends: int = 3
    max_unlocks_per_visit: int = 3
    code_attempts: int = 5
    station_attempts: int = 8
    lockout_s: float = 120.0
    max_lockout_s: float = 3600.0
    pin_attempts: int = 5
    resume_within_s: float = 60.0
    command_clock_skew_s: float = 5.0
    max_open_life_s: float = 30.0
    max_remote_opens_per_hour: int = 240
    max_bulk_doors: int = 20
    max_bulk_doors_per_hour: int = 60
    max_reservation_s: float = 7 * 86_400.0
    signed_commands: bool = False
    receipt_after_deposit: bool = False
    waybill_on_recall: bool = False
    grant_drift_s: float = 300.0


class Setup(msgspec.Struct, frozen=True):
    """What stands still while the service runs; the pepper is secret and never logged or journaled."""

    station_id: str
    layout: Layout
    rules: Rules
    staff: dict[str, Staff]
    pepper: bytes


class Authorisation(msgspec.Struct, frozen=True):
    """Why a door may open: recorded with every unlock.

    `kind` is pickup_code, courier, command or grant; `ref` names the parcel,
    staff id, command id or offline grant that grants it.  Never holds a secret.
    """

    kind: str
    ref: str


class Parcel(msgspec.Struct, frozen=True):
    """One physical parcel this station has heard of.  Personal fields arrive masked.

    `held` keeps it from everybody at the terminal; `recall_ordered` means that its holding period was ended
    by a command and does not come back.

    `recipient_key` is equal for two parcels exactly when the recipient is the
    same; `code_nonce` and `stored_at_ms` are set while the parcel is inside.
    """

    id: str
    tracking_code: str
    carrier: str
    recipient_key: str
    recipient_masked: str
    phone_masked: str
    size: Size | None
    consent: bool
    state: ParcelState
    compartment: str | None = None
    code_nonce: int = 0
    stored_at_ms: int = 0
    expires_at_ms: int = 0
    to_check: bool = False
    held: bool = False
    recall_ordered: bool = False


class CompartmentState(msgspec.Struct, frozen=True):
    """What changes about a compartment.  `parcel` is the parcel inside or being put in.

    `held` is why it is kept from everybody at the terminal; `reserved_for` the one parcel it may be given to.
    """

    door: DoorState = DoorState.UNKNOWN
    parcel: str | None = None
    in_service: bool = True
    out_reason: str | None = None
    left_open: bool = False
    held: str | None = None
    reserved_for: str | None = None
    reserved_until_ms: int = 0


class UnlockPhase(StrEnum):
    """How far an unlock is known to have come; UNRESOLVED is REQUESTED or ACTUATED found after a restart."""

    REQUESTED = "requested"
    ACTUATED = "actuated"
    OPENED = "opened"
    UNRESOLVED = "unresolved"


class Unlock(msgspec.Struct, frozen=True):
    """The one unlock under way: journaled as intent before the pulse leaves.

    `since_ms` is when `phase` began, in station time (`edge.core.elapsed`).

    The record goes away with the closing of the door, with a recorded failure
    or when the door was left open.
    """

    id: str
    compartment: str
    purpose: Purpose
    authorisation: Authorisation
    phase: UnlockPhase = UnlockPhase.REQUESTED
    since_ms: int = 0


class AttemptCounter(msgspec.Struct, frozen=True):
    """Wrong attempts since `first_ms`; locked while now < `locked_to_ms`; `lockouts` counts.

    Both are station time (`edge.core.elapsed`): no step of the wall clock ends or lengthens a lock-out.
    """

    failures: int = 0
    first_ms: int = 0
    locked_to_ms: int = 0
    lockouts: int = 0


class PrintRecord(msgspec.Struct, frozen=True):
    """The last job for a parcel's document; `result` as PrintFinished has it, None while it is under way.

    `command` is the one that asked for it, if any.
    """

    job: str
    document: str
    parcel: str
    result: str | None = None
    command: str | None = None


class State(msgspec.Struct, frozen=True):
    """The fold of all events so far.  `farewell` is what the last session's end leaves on the home screen."""

    compartments: dict[str, CompartmentState] = {}
    parcels: dict[str, Parcel] = {}
    session: Session | None = None
    unlock: Unlock | None = None
    attempts: dict[str, AttemptCounter] = {}
    commands: dict[str, CommandRecord] = {}
    forgotten_before_ms: int = 0
    """No command issued until then is executed any more: its record may have been dropped."""
    bulk: Bulk | None = None
    elapsed_ms: int = 0
    """Station time of the last event (`edge.core.elapsed`)."""
    monotonic_ms: int | None = None
    """The machine's monotonic clock at the last event; None where that told none."""
    opens_at_ms: tuple[int, ...] = ()
    """When commands had doors unlocked, within the last hour, in station time."""
    bulk_at_ms: tuple[int, ...] = ()
    """Those of them by `open-many`."""
    print_jobs: dict[str, str] = {}
    prints: dict[str, PrintRecord] = {}
    """By document and parcel, the newest `fold.PRINTS_KEPT`."""
    lost_devices: dict[str, str] = {}
    farewell: Notice | None = None
    boots: int = 0
    last_event_at_ms: int = 0
    grants: GrantBook = GrantBook()
    config: ConfigState = ConfigState()
    jobs: dict[str, JobRecord] = {}
    """By id, oldest first, the newest `fold_upkeep.JOBS_KEPT`."""
    jobs_forgotten_ms: int = 0
    """No job issued up to here is begun: it may be one that was forgotten."""
    records_shed: int = 0
    """As the newest RecordsShed told."""
    refused_documents: tuple[str, ...] = ()
    """Digests of documents refused as a whole, the newest `fold_upkeep.DOCUMENTS_KEPT`."""
