"""Facts: what happened, in the words the journal keeps and the backend reads.

Each class is the `data` of one CloudEvents type, named by its tag
(`ph.parcel.deposited.v1`).  A fact is never changed after it was journaled;
a new meaning is a new version.  Fields hold no pickup code, no PIN and no
unmasked personal data (docs/contract says which class each type has).

The classes stand by what they are about in files of their own; a new one goes into its file and, here, into
`Event`.  `subject`, `correlation` and classification are derived in `edge.core.event_base`,
so that shell and fold agree on them.
"""

from __future__ import annotations

from edge.core.audit_events import (
    CodeRejected,
    CommandProgress,
    CommandReceived,
    CommandResult,
    ConfigApplied,
    ConfigConfirmed,
    ConfigReverted,
    InputRefused,
    JobAccepted,
    JobFinished,
    JobProgress,
    JournalPruned,
    LockedOut,
    SignInFailed,
)
from edge.core.device_events import (
    CertificateExpiring,
    DeviceBack,
    DeviceLost,
    PrintFinished,
    PrintRequested,
    RecordsShed,
    ScanRefused,
    StationStarted,
)
from edge.core.door_events import (
    CompartmentHold,
    CompartmentService,
    DoorChanged,
    DoorForced,
    DoorLeftOpen,
    UnlockActuated,
    UnlockFailed,
    UnlockRequested,
    UnlockUnknown,
)
from edge.core.event_base import EventBase
from edge.core.grant_events import (
    GrantRefused,
    GrantsConfirmed,
    GrantsDiffer,
    GrantsDoubted,
    GrantsLearned,
    GrantUsed,
)
from edge.core.parcel_events import (
    DeadlineShifted,
    ParcelDeposited,
    ParcelExpected,
    ParcelExpired,
    ParcelHold,
    ParcelMissing,
    ParcelPickedUp,
    ParcelPlaced,
    ParcelRecalled,
    ParcelRefused,
    ParcelRejected,
    ParcelReleased,
    ParcelReserved,
    ParcelToCheck,
    RecallOrdered,
    ReservationEnded,
)
from edge.core.session_events import (
    SessionAdvanced,
    SessionEnded,
    SessionStarted,
    SignedIn,
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
