"""Facts: what happened, in the words the journal keeps and the backend reads.

Each class is the `data` of one CloudEvents type, named by its tag
(`ph.parcel.deposited.v1`).  A fact is never changed after it was journaled;
a new meaning is a new version.  Fields hold no pickup code, no PIN and no
unmasked personal data (docs/contract says which class each type has).

`subject`, `correlation` and classification are derived in `edge.core.event_base`,
so that shell and fold agree on them.
"""

from __future__ import annotations

from typing import ClassVar

from edge.core.event_base import EventBase
from edge.core.grant_events import (
    GrantRefused,
    GrantsConfirmed,
    GrantsDiffer,
    GrantsDoubted,
    GrantsLearned,
    GrantUsed,
)
from edge.core.model import (
    Authorisation,
    DoorState,
    ErrorCode,
    Notice,
    Purpose,
    Scalar,
    SessionKind,
    Size,
    Stage,
)

__all__ = [
    "CertificateExpiring",
    "EVENT_TYPES",
    "CodeRejected",
    "CommandProgress",
    "CommandReceived",
    "CommandResult",
    "CompartmentHold",
    "CompartmentService",
    "ConfigApplied",
    "ConfigConfirmed",
    "ConfigReverted",
    "DeadlineShifted",
    "DeviceBack",
    "DeviceLost",
    "DoorChanged",
    "DoorForced",
    "DoorLeftOpen",
    "Event",
    "EventBase",
    "GrantRefused",
    "GrantUsed",
    "GrantsConfirmed",
    "GrantsDiffer",
    "GrantsDoubted",
    "GrantsLearned",
    "InputRefused",
    "JobAccepted",
    "JobFinished",
    "JobProgress",
    "JournalPruned",
    "LockedOut",
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
    "PrintFinished",
    "PrintRequested",
    "RecallOrdered",
    "ReservationEnded",
    "RecordsShed",
    "ScanRefused",
    "SessionAdvanced",
    "SessionEnded",
    "SessionStarted",
    "SignedIn",
    "SignInFailed",
    "StationStarted",
    "UnlockActuated",
    "UnlockFailed",
    "UnlockRequested",
    "UnlockUnknown",
]


class _OfJob:
    """Facts of one long job of the backend (`jobs/next`) are correlated by its id."""

    __slots__ = ()
    job: str

    @property
    def correlation(self) -> str | None:
        """The job."""
        return self.job


# --- parcels ---------------------------------------------------------------


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


# --- doors -----------------------------------------------------------------


class UnlockRequested(EventBase, frozen=True, tag="ph.door.unlock-requested.v1"):
    """Intent: on disk before the pulse leaves."""

    unlock: str
    compartment: str
    purpose: Purpose
    authorisation: Authorisation
    session: str | None = None
    command: str | None = None


class UnlockActuated(EventBase, frozen=True, tag="ph.door.unlock-actuated.v1"):
    """The board acknowledged the pulse."""

    unlock: str
    compartment: str


class UnlockFailed(EventBase, frozen=True, tag="ph.door.unlock-failed.v1"):
    """The door did not open: nothing was sent, the board refused, or it was seen to stay closed."""

    unlock: str
    compartment: str
    error: ErrorCode


class UnlockUnknown(EventBase, frozen=True, tag="ph.door.unlock-unknown.v1"):
    """Nobody knows whether the pulse had its effect; feedback was read and did not tell."""

    unlock: str
    compartment: str
    reason: str


class DoorChanged(EventBase, frozen=True, tag="ph.door.changed.v1"):
    """The debounced door state changed.  `unlock` names the unlock that explains it, if any."""

    compartment: str
    door: DoorState
    unlock: str | None = None


class DoorForced(EventBase, frozen=True, tag="ph.security.door-forced.v1"):
    """A door opened that nobody had unlocked."""

    compartment: str


class DoorLeftOpen(EventBase, frozen=True, tag="ph.door.left-open.v1"):
    """The person went away from an open door; the compartment is out of service until it is closed.

    With `command` the door was opened by `open-many`, which goes on to the next one.
    """

    compartment: str
    session: str | None = None
    command: str | None = None


class CompartmentService(EventBase, frozen=True, tag="ph.door.service.v1"):
    """The compartment goes in or out of service."""

    compartment: str
    in_service: bool
    reason: str


class CompartmentHold(EventBase, frozen=True, tag="ph.door.hold.v1"):
    """An operator keeps the compartment from everybody at the terminal (`held`), or gives it free."""

    compartment: str
    held: bool
    reason: str
    command: str | None = None


# --- sessions --------------------------------------------------------------


class SessionStarted(EventBase, frozen=True, tag="ph.session.started.v1"):
    """Somebody began at the terminal."""

    telemetry: ClassVar[bool] = True
    session: str
    kind: SessionKind
    stage: Stage
    seconds: float


class SessionAdvanced(EventBase, frozen=True, tag="ph.session.advanced.v1"):
    """The session is in `stage` for at most `seconds`; the fields are the session's, as they now are."""

    telemetry: ClassVar[bool] = True
    classification: ClassVar[str] = "personal"
    session: str
    stage: Stage
    seconds: float
    purpose: Purpose | None = None
    parcel: str | None = None
    compartment: str | None = None
    staff_id: str | None = None
    unlocks: int = 0
    extends: int = 0
    scanned_out: bool = False
    not_empty: bool = False
    doubt: bool = False
    failure: ErrorCode | None = None
    was_open: bool = False
    done: int = 0
    notice: Notice | None = None
    grant: str | None = None


class SignedIn(EventBase, frozen=True, tag="ph.session.signed-in.v1"):
    """A staff member proved who they are."""

    classification: ClassVar[str] = "personal"
    session: str
    staff_id: str
    role: str


class SessionEnded(EventBase, frozen=True, tag="ph.session.ended.v1"):
    """The session is over: done, cancelled, timeout, restart, reported, signed-out, left-open, locked-out."""

    telemetry: ClassVar[bool] = True
    session: str
    reason: str
    notice: Notice | None = None


# --- scans, prints, health -------------------------------------------------


class ScanRefused(EventBase, frozen=True, tag="ph.scan.refused.v1"):
    """A scan that cannot be used: over-long or not text.  Only the length of the content is kept."""

    telemetry: ClassVar[bool] = True
    device: str
    reason: str
    length: int


class PrintRequested(EventBase, frozen=True, tag="ph.print.requested.v1"):
    """Intent: on disk before the first byte leaves.  `document` is receipt or waybill.

    A document that was sent before names that job in `reprint_of`, and why it is printed again in
    `reprint_reason`: `failed` or `unknown`, as that job ended, or `asked-again` where it was printed.
    """

    telemetry: ClassVar[bool] = True
    job: str
    document: str
    parcel: str
    session: str | None = None
    reprint_of: str | None = None
    reprint_reason: str | None = None
    command: str | None = None


class PrintFinished(EventBase, frozen=True, tag="ph.print.finished.v1"):
    """`result` is printed, failed or unknown; an unknown job is not repeated by itself."""

    telemetry: ClassVar[bool] = True
    job: str
    result: str
    error: ErrorCode | None = None
    detail: str = ""


class StationStarted(EventBase, frozen=True, tag="ph.health.started.v1"):
    """The service started; `boot` counts the starts of this journal from 1, `doors` is the feedback read."""

    telemetry: ClassVar[bool] = True
    boot: int
    version: str
    doors: dict[str, DoorState]


class DeviceLost(EventBase, frozen=True, tag="ph.health.device-lost.v1"):
    """A device stopped answering; `detail` names the port and the last error."""

    telemetry: ClassVar[bool] = True
    device: str
    detail: str


class DeviceBack(EventBase, frozen=True, tag="ph.health.device-back.v1"):
    """A lost device answers again."""

    telemetry: ClassVar[bool] = True
    device: str


class RecordsShed(EventBase, frozen=True, tag="ph.health.records-shed.v1"):
    """The disk was at its bound: `total` records of telemetry, up to `last`, lost their content so far.

    Their place in the sequence, their id and their hash are kept; `used_mb` and `free_mb` are the journal's
    size and what the file system had left.
    """

    total: int
    last: int
    used_mb: int
    free_mb: int


class CertificateExpiring(EventBase, frozen=True, tag="ph.health.certificate-expiring.v1"):
    """A certificate of the link must be renewed: `station` or `authority`; below zero days it has expired."""

    certificate: str
    expires_at_ms: int
    days_left: int


# --- security, audit -------------------------------------------------------


class CodeRejected(EventBase, frozen=True, tag="ph.security.code-rejected.v1"):
    """A pickup code was wrong, expired or used; `parcels` are those whose counters grow by one."""

    session: str
    reason: str
    parcels: list[str] = []


class SignInFailed(EventBase, frozen=True, tag="ph.security.sign-in-failed.v1"):
    """A wrong staff id or PIN."""

    classification: ClassVar[str] = "personal"
    session: str
    staff_id: str


class LockedOut(EventBase, frozen=True, tag="ph.security.locked-out.v1"):
    """`counter` (station, parcel/<id>, staff/<id>) accepts no attempt before `until_ms`."""

    counter: str
    until_ms: int


class InputRefused(EventBase, frozen=True, tag="ph.security.input-refused.v1"):
    """Something arrived that the present stage or the contract does not allow; nothing was done."""

    source: str
    reason: str
    detail: str = ""


class CommandReceived(EventBase, frozen=True, tag="ph.audit.command-received.v1"):
    """A command was accepted for execution; its result follows as `CommandResult`.

    `signed_by` are the operators whose signatures were good; `issued_at_ms` is the command's own time.
    """

    command: str
    verb: str
    reply_to: str
    correlation_id: str
    operator: str
    reason: str
    compartment: str | None = None
    issued_at_ms: int = 0
    parcel: str | None = None
    compartments: list[str] = []
    signed_by: list[str] = []


class CommandProgress(EventBase, frozen=True, tag="ph.audit.command-progress.v1"):
    """One door of `open-many` is done: `outcome` is opened, failed or unknown."""

    command: str
    compartment: str
    outcome: str
    error: ErrorCode | None = None


class CommandResult(EventBase, frozen=True, tag="ph.audit.command-result.v1"):
    """What a duplicate of this command is answered from now on.  `result` is a word of contract.md.

    `doors` says what became of each door of `open-many`; `compartment` is the one that was reserved.
    """

    command: str
    verb: str
    result: str
    reply_to: str
    correlation_id: str
    error: ErrorCode | None = None
    detail: str | None = None
    issued_at_ms: int = 0
    compartment: str | None = None
    doors: dict[str, str] = {}


class ConfigApplied(EventBase, frozen=True, tag="ph.audit.config-applied.v1"):
    """A remote configuration is in force from here on, as a whole; `values` are all it sets, by key.

    `refused` says of every key it does not set why not.  On `probation` the station reverts by itself unless
    it stays healthy.
    """

    version: int
    hash: str
    values: dict[str, Scalar]
    refused: dict[str, str] = {}
    probation: bool = True


class ConfigConfirmed(EventBase, frozen=True, tag="ph.audit.config-confirmed.v1"):
    """The station has stayed healthy with the configuration in force: it is the last good one now."""

    version: int
    hash: str


class ConfigReverted(EventBase, frozen=True, tag="ph.audit.config-reverted.v1"):
    """The configuration `reverted_version` is taken out; `version`, `hash` and `values` are in force again.

    `reason` is crashed, unhealthy, lost-file or withdrawn; version 0 is station.toml alone.
    """

    reverted_version: int
    reverted_hash: str
    reason: str
    version: int
    hash: str
    values: dict[str, Scalar]
    detail: str = ""


class JobAccepted(_OfJob, EventBase, frozen=True, tag="ph.audit.job-accepted.v1"):
    """A long job begins; no other does before its `JobFinished`."""

    job: str
    kind: str
    issued_at_ms: int
    step_timeout_s: float
    parameters: dict[str, Scalar]


class JobProgress(_OfJob, EventBase, frozen=True, tag="ph.audit.job-progress.v1"):
    """How far a job has come; on disk before `step` is begun, or together with what the step did.

    `cursor` is the last parcel looked at, `done` how many were changed, `skipped` how many were not.
    """

    job: str
    step: str
    cursor: str = ""
    done: int = 0
    skipped: int = 0


class JobFinished(_OfJob, EventBase, frozen=True, tag="ph.audit.job-finished.v1"):
    """A job is over: `state` is succeeded, failed, rejected or timed-out; `result` is what its kind gives."""

    job: str
    kind: str
    state: str
    issued_at_ms: int
    error: ErrorCode | None = None
    detail: str = ""
    result: dict[str, Scalar] = {}


class JournalPruned(EventBase, frozen=True, tag="ph.audit.journal-pruned.v1"):
    """Records up to `last` leave the journal: stored by the backend and older than the retention time.

    Written before they leave.  `hash` is the chain's at `last`, where it begins from now on.
    """

    last: int
    hash: str


Event = (
    ParcelExpected
    | ParcelPlaced
    | ParcelReleased
    | ParcelDeposited
    | ParcelPickedUp
    | ParcelRefused
    | ParcelRejected
    | ParcelExpired
    | ParcelRecalled
    | ParcelMissing
    | ParcelToCheck
    | ParcelHold
    | ParcelReserved
    | ReservationEnded
    | RecallOrdered
    | DeadlineShifted
    | UnlockRequested
    | UnlockActuated
    | UnlockFailed
    | UnlockUnknown
    | DoorChanged
    | DoorForced
    | DoorLeftOpen
    | CompartmentService
    | CompartmentHold
    | SessionStarted
    | SessionAdvanced
    | SignedIn
    | SessionEnded
    | ScanRefused
    | PrintRequested
    | PrintFinished
    | StationStarted
    | DeviceLost
    | DeviceBack
    | CertificateExpiring
    | CodeRejected
    | SignInFailed
    | LockedOut
    | InputRefused
    | CommandReceived
    | CommandProgress
    | CommandResult
    | GrantUsed
    | GrantRefused
    | GrantsLearned
    | GrantsDoubted
    | GrantsDiffer
    | GrantsConfirmed
    | ConfigApplied
    | ConfigConfirmed
    | ConfigReverted
    | JobAccepted
    | JobProgress
    | JobFinished
    | RecordsShed
    | JournalPruned
)

EVENT_TYPES: dict[str, type[EventBase]] = {str(cls.__struct_config__.tag): cls for cls in Event.__args__}
