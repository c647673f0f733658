"""What the state knows of remote configuration and jobs; imported through `edge.core.model`."""

from __future__ import annotations

import msgspec

from edge.core.error_code import ErrorCode

__all__ = ["ConfigState", "JobRecord", "Scalar"]

Scalar = bool | int | float | str
"""What a configuration key or a parameter of a job can be."""


class ConfigState(msgspec.Struct, frozen=True):
    """The remote configuration in force: `values` by key (`rules.lockout_s`) stand over station.toml's.

    Version 0 is none.  While on `probation` it has not shown yet that the station stays healthy with it.
    """

    version: int = 0
    hash: str = ""
    values: dict[str, Scalar] = {}
    probation: bool = False


class JobRecord(msgspec.Struct, frozen=True):
    """A job and how far it has come; a job of the same id gets this as its status again.

    `state` is running, succeeded, failed, rejected or timed-out.  `cursor` is the last parcel looked at by a
    job that goes through parcels, `done` how many it changed, `skipped` how many it left as they were.
    """

    id: str
    kind: str
    state: str
    issued_at_ms: int = 0
    accepted_at_ms: int = 0
    step_timeout_s: float = 0.0
    parameters: dict[str, Scalar] = {}
    step: str = ""
    cursor: str = ""
    done: int = 0
    skipped: int = 0
    error: ErrorCode | None = None
    detail: str = ""
    result: dict[str, Scalar] = {}
