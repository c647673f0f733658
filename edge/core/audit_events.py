"""Facts about attempts and refusals, and about who ordered what: commands, configurations, jobs."""

from __future__ import annotations

from typing import ClassVar

from edge.core.event_base import EventBase
from edge.core.model import ErrorCode, Scalar

__all__ = [
    "CodeRejected",
    "CommandProgress",
    "CommandReceived",
    "CommandResult",
    "ConfigApplied",
    "ConfigConfirmed",
    "ConfigReverted",
    "InputRefused",
    "JobAccepted",
    "JobFinished",
    "JobProgress",
    "JournalPruned",
    "LockedOut",
    "SignInFailed",
]


class _OfJob:
    """Facts of one long job of the backend (`jobs/next`) are correlated by its id."""

    __slots__ = ()
    job: str

    @property
    def correlation(self) -> str | None:
        """The job."""
        return self.job


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
    """Something arrived that the present stage or the contract does not allow; nothing was done.

    `document` is `sha256:` and the SHA-256 of the message's bytes, for a configuration or a job refused as a
    whole; the same one is told once, however often it comes.
    """

    source: str
    reason: str
    detail: str = ""
    document: str = ""


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
