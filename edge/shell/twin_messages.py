"""The contract's messages of the configuration twin and of jobs; listed in `edge.shell.messages`."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from edge.core.model import ErrorCode, Scalar

__all__ = [
    "JOB_STATES",
    "ConfigDesired",
    "ConfigRefusal",
    "ConfigReport",
    "ConfigReverted",
    "DeadlineShift",
    "Diagnostics",
    "DownEnvelope",
    "JobNext",
    "JobState",
    "JobStatus",
    "Update",
]

StationRef = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,36}/[a-z0-9-]{1,36}(?!\n)$")]
Key = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,32}\.[a-z0-9_]{1,64}(?!\n)$")]
Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}(?!\n)$")]
Signature = Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{86}==(?!\n)$")]
Version = Annotated[int, Meta(ge=1, le=2**53 - 1)]
JobId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}(?!\n)$")]

JobState = Literal["queued", "running", "succeeded", "failed", "rejected", "timed-out"]
JOB_STATES: Final[dict[str, JobState]] = {word: word for word in get_args(JobState)}
"""The words of a job's status."""

ConfigState = Literal["none", "probation", "in-force"]


class ConfigDesired(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.config.desired.v1`, retained on `config/desired`: all that is set from afar, as one document.

    `values` stand over station.toml's by key; a key that is not there is station.toml's again.  `version`
    only grows.  `hash` is the SHA-256 of the signed bytes, `signature` their Ed25519 signature in base64
    (docs/contract/configuration.md); a station with a key demands it.  `station` is `{tenant}/{station}`, so
    that it holds nowhere else.
    """

    station: StationRef
    version: Version
    hash: Digest
    values: dict[Key, Scalar]
    signature: Signature | None = None


class ConfigRefusal(msgspec.Struct, frozen=True):
    """A key not applied: `reason` is unknown-key, not-remote, wrong-type, out-of-range or conflict."""

    key: str
    reason: str
    detail: str = ""


class ConfigReverted(msgspec.Struct, frozen=True):
    """The configuration last taken out, and why: crashed or unhealthy."""

    version: int
    hash: str
    reason: str
    detail: str = ""


class ConfigReport(msgspec.Struct, frozen=True):
    """`ph.state.config.v1`, retained: the remote configuration in force.

    `version` 0 with `state` none is station.toml alone.  `applied` are its keys in force, `refused` those of
    it that are not, `pending_restart` those of `applied` that hold from the next start on, `values` what
    holds now for every key that can be set from afar.  `rejected` says why the document heard last was not
    taken as a whole, else null; `reverted` is what the station last took out by itself, else null.
    """

    version: int
    hash: str
    state: ConfigState
    applied: list[str]
    refused: list[ConfigRefusal]
    pending_restart: list[str]
    values: dict[str, Scalar]
    rejected: str | None = None
    reverted: ConfigReverted | None = None


class JobNext(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.jobs.next.v1`, retained on `jobs/next`: the job to do next.

    `station` and `signature` are as in a configuration.  `id` is its identity for ever: the same id again
    gets the stored status and is not done twice.  With `expected_version` it is only for a station that runs
    this software.  `step_timeout_s` is for each step.  `parameters` are those of its `kind`: deadline-shift,
    diagnostics or update.
    """

    station: StationRef
    id: JobId
    kind: Annotated[str, Meta(pattern=r"^[a-z-]{1,32}(?!\n)$")]
    step_timeout_s: Annotated[float, Meta(ge=1, le=86_400)]
    expected_version: Annotated[str, Meta(max_length=64)] = ""
    parameters: dict[Annotated[str, Meta(pattern=r"^[a-z_]{1,32}(?!\n)$")], Scalar] = {}
    signature: Signature | None = None


class DeadlineShift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `deadline-shift`: all parcels waiting inside (of one carrier, or of all with `*`).

    Their deadlines move by `shift_s` seconds, at most 90 days; one that would be over at once stays.
    """

    shift_s: Annotated[int, Meta(ge=-7_776_000, le=7_776_000)]
    carrier: Annotated[str, Meta(min_length=1, max_length=32)] = "*"


class Diagnostics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `diagnostics`: the newest `facts` records of the journal go into the bundle."""

    facts: Annotated[int, Meta(ge=0, le=5_000)] = 1_000


class Update(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `update`: the version to run afterwards and the digest of what is to be installed."""

    version: Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}(?!\n)$")]
    digest: Digest


class JobStatus(msgspec.Struct, frozen=True):
    """`ph.jobs.status.v1` on `jobs/{id}/status`, at each change and whenever the job is offered again.

    `done` and `skipped` count parcels.  `result` depends on the kind: moved and skipped; path, bytes and
    sha256 of a bundle; version and previous_version of an update.
    """

    job: str
    kind: str
    state: JobState
    step: str
    done: int
    skipped: int
    error: ErrorCode | None
    detail: str
    result: dict[str, Scalar]


class DownEnvelope(msgspec.Struct, frozen=True):
    """The CloudEvent around a document to the station.  Attributes not named here are allowed and ignored."""

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}(?!\n)$")]
    source: Annotated[str, Meta(min_length=1, max_length=128)]
    type: Annotated[str, Meta(max_length=64)]
    time: Annotated[str, Meta(max_length=40)]
    data: msgspec.Raw
