"""What can happen to the station: inputs, each already translated from bytes by the shell.

Nothing here was decided yet.  `Moment` carries the time and fresh identifiers
with every input, so that `decide` needs neither clock nor random source.
"""

from __future__ import annotations

import msgspec

from edge.core.grant_book import Grant
from edge.core.model import DoorState, ErrorCode, Scalar, Size
from edge.core.orders import ExpectParcel, Order

__all__ = [
    "CertificateLooked",
    "Command",
    "ConfigChanged",
    "DeviceStateChanged",
    "DoorReading",
    "ExpectParcel",
    "GrantDelta",
    "GrantDigest",
    "GrantPresented",
    "GrantsRecalled",
    "Input",
    "InputRejected",
    "JobEnded",
    "JobOffered",
    "JobStep",
    "JobStepBegun",
    "JournalLeaving",
    "JournalShed",
    "JournalSetBack",
    "Moment",
    "PinChecked",
    "PrintOutcome",
    "Scan",
    "ScanUnusable",
    "Signed",
    "Started",
    "Tap",
    "Tick",
    "TimerFired",
    "UnlockOutcome",
    "UnlockSettled",
]


class Moment(msgspec.Struct, frozen=True):
    """When an input is decided: `wall_ms` since 1970 UTC; `ids` are fresh unique ids, at least four.

    `clock` says how far `wall_ms` can be trusted: synced, holdover or unset.  `monotonic_ms` is of
    the machine's monotonic clock, which nobody can set and which begins anew with the machine, or None.
    """

    wall_ms: int
    ids: tuple[str, ...]
    clock: str = "synced"
    monotonic_ms: int | None = None


class Started(msgspec.Struct, frozen=True):
    """The service came up; `doors` is the feedback as just read, `version` the software's."""

    doors: dict[str, DoorState]
    version: str


class Tick(msgspec.Struct, frozen=True):
    """A regular look at the wall clock (each 10 s): expiry and clean-up."""


class TimerFired(msgspec.Struct, frozen=True):
    """The session timer armed for `step` of `session` ran out."""

    session: str
    step: int


class Tap(msgspec.Struct, frozen=True):
    """A touch on the screen.  `action` is one of the view's `actions`; other fields as it asks.

    `step` is the view's, as it was when the finger came down: a touch meant
    for a screen that has changed since is refused.  None is not checked.
    """

    action: str
    code: str | None = None
    staff_id: str | None = None
    pin: str | None = None
    tracking_code: str | None = None
    size: Size | None = None
    step: str | None = None


class Scan(msgspec.Struct, frozen=True):
    """A symbol was read.

    `identifier` is the AIM identifier without `]`, or empty; `text` is at most 4,096 characters.
    """

    device: str
    text: str
    identifier: str = ""


class ScanUnusable(msgspec.Struct, frozen=True):
    """Bytes came from a scanner that are no usable scan; `reason` is too-long or not-text."""

    device: str
    reason: str
    length: int


class PinChecked(msgspec.Struct, frozen=True):
    """The shell compared the PIN with the stored hash (scrypt takes 75 ms, hence not in `decide`)."""

    session: str
    step: int
    staff_id: str
    ok: bool


class DoorReading(msgspec.Struct, frozen=True):
    """Debounced lock feedback of one compartment; sent on change only."""

    compartment: str
    door: DoorState


class UnlockOutcome(msgspec.Struct, frozen=True):
    """What became of an asked pulse: `result` is acknowledged, not_sent or unknown (no usable answer)."""

    unlock: str
    result: str
    error: ErrorCode | None = None


class UnlockSettled(msgspec.Struct, frozen=True):
    """The time in which a door should spring open is over; `door` is a fresh reading."""

    unlock: str
    door: DoorState


class PrintOutcome(msgspec.Struct, frozen=True):
    """`result` is printed, failed (nothing came out) or unknown."""

    job: str
    result: str
    error: ErrorCode | None = None
    detail: str = ""


class DeviceStateChanged(msgspec.Struct, frozen=True):
    """A device was lost or answers again."""

    device: str
    online: bool
    detail: str = ""


class CertificateLooked(msgspec.Struct, frozen=True):
    """A certificate of the link is close to its end or past it; told by the shell once for each mark.

    `certificate` is station or authority; `days_left` is below zero when it has expired.
    """

    certificate: str
    expires_at_ms: int
    days_left: int


class Signed(msgspec.Struct, frozen=True):
    """Whose signatures a command bears: `by` are the operators whose signature is good.

    `error` is set when any signature on it is not (SIGNATURE_INVALID, or NOT_AUTHORISED for an operator
    without a key here); `detail` says which.
    """

    by: tuple[str, ...] = ()
    error: ErrorCode | None = None
    detail: str = ""


class Command(msgspec.Struct, frozen=True):
    """A command of the backend, well-formed: `data` is what its verb says (`edge.core.orders`).

    `issued_at_ms` is its time and `expires_at_ms` its expirytime; `clock_ok` says that our clock is set.
    """

    id: str
    verb: str
    reply_to: str
    correlation_id: str
    expires_at_ms: int
    issued_at_ms: int
    data: Order
    clock_ok: bool = True
    signed: Signed = Signed()


class JournalShed(msgspec.Struct, frozen=True):
    """The journal took telemetry's content out at the disk's bound: `total` records since its beginning."""

    total: int
    last: int
    used_mb: int
    free_mb: int


class JournalLeaving(msgspec.Struct, frozen=True):
    """Records up to `last` are about to leave the journal; `hash` is the chain's there, in hex."""

    last: int
    hash: str


class InputRejected(msgspec.Struct, frozen=True):
    """The shell refused something malformed before it became an input; recorded so that nothing is silent.

    `document` is the digest of a document that the broker keeps and tells again with each connection: the
    same one is recorded once.
    """

    source: str
    reason: str
    detail: str = ""
    document: str = ""


class GrantPresented(msgspec.Struct, frozen=True):
    """A text of a grant's form was scanned.

    `fault` says why it is none for this station: malformed, unknown-issuer,
    wrong-station or bad-signature; `claimed` is then the key it names, without
    proof.  Otherwise `grant` is what the issuer signed.  `delegate` is the
    name written behind it, masked, empty for none; nobody signed that.
    """

    device: str
    grant: Grant | None = None
    fault: str | None = None
    claimed: str = ""
    delegate: str = ""


class GrantDelta(msgspec.Struct, frozen=True):
    """More spent and revoked grants with the end of their life, told by the backend.

    `part` of `parts` is of the whole of what it knows, sent for the asking `answers`; 0 of 0 is some of it.
    """

    epoch: int
    revoked: dict[str, int]
    spent: dict[str, int]
    part: int = 0
    parts: int = 0
    answers: str = ""


class GrantDigest(msgspec.Struct, frozen=True):
    """What the backend knows of the grants that live beyond `at_ms`: counts and `grant_book.hash_of`."""

    at_ms: int
    epoch: int
    revoked_count: int
    revoked_hash: str
    spent_count: int
    spent_hash: str


class GrantsRecalled(msgspec.Struct, frozen=True):
    """What the register beside the journal holds, at a start.

    `doubt` says why the journal may be older than it was, empty while nothing says so.  What ended long
    before `forgotten_ms` may have left the register.
    """

    spent: dict[str, int]
    revoked: dict[str, int]
    epoch: int
    doubt: str = ""
    forgotten_ms: int = 0


class JournalSetBack(msgspec.Struct, frozen=True):
    """Proof that this journal once held more than it does; `reason` says what showed it.

    `mark` is the sequence that it once held: the same proof twice is no news.
    """

    reason: str
    mark: int


class ConfigChanged(msgspec.Struct, frozen=True):
    """The shell has put another remote configuration in force, durably in its own file.

    `change` is applied, confirmed or reverted.  `values` are all it sets; `refused` says of the others why
    not; for a revert `reverted_version` and `reverted_hash` name what was taken out, and `reason` why.
    """

    change: str
    version: int
    hash: str
    values: dict[str, Scalar] = {}
    refused: dict[str, str] = {}
    probation: bool = True
    reverted_version: int = 0
    reverted_hash: str = ""
    reason: str = ""
    detail: str = ""


class JobOffered(msgspec.Struct, frozen=True):
    """A job of the backend, its parameters checked by kind; `objection` is why the shell would not have it.

    `expected_version` is the software it was written for (empty: any), `running_version` ours; `clock_ok`
    says that our clock is set.
    """

    id: str
    kind: str
    issued_at_ms: int
    step_timeout_s: float
    parameters: dict[str, Scalar]
    expected_version: str = ""
    running_version: str = ""
    clock_ok: bool = True
    objection: str = ""


class JobStep(msgspec.Struct, frozen=True):
    """Do the next batch of a job that goes through parcels."""

    job: str


class JobStepBegun(msgspec.Struct, frozen=True):
    """The shell is about to begin `step` of a job: to be recorded first."""

    job: str
    step: str


class JobEnded(msgspec.Struct, frozen=True):
    """What came of a job's work in the shell; `state` as in `JobRecord`."""

    job: str
    state: str
    error: ErrorCode | None = None
    detail: str = ""
    result: dict[str, Scalar] = {}


Input = (
    Started
    | Tick
    | TimerFired
    | Tap
    | Scan
    | ScanUnusable
    | PinChecked
    | DoorReading
    | UnlockOutcome
    | UnlockSettled
    | PrintOutcome
    | DeviceStateChanged
    | CertificateLooked
    | ExpectParcel
    | Command
    | InputRejected
    | GrantPresented
    | GrantDelta
    | GrantDigest
    | GrantsRecalled
    | JournalSetBack
    | ConfigChanged
    | JobOffered
    | JobStep
    | JobStepBegun
    | JobEnded
    | JournalShed
    | JournalLeaving
)
