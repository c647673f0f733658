"""The fold of remote configuration and jobs; `edge.core.fold` has the table."""

from __future__ import annotations

import msgspec

from edge.core import events as ev
from edge.core.model import ConfigState, JobRecord, State

__all__ = [
    "DOCUMENTS_KEPT",
    "JOBS_KEPT",
    "config_applied",
    "config_confirmed",
    "config_reverted",
    "input_refused",
    "job_accepted",
    "job_finished",
    "job_progress",
]

JOBS_KEPT = 100
"""Jobs remembered for their duplicates: a year of two a week.  An older one is refused by its time."""

DOCUMENTS_KEPT = 20
"""Refused documents remembered: the broker keeps one for configuration and one for jobs, and copies of a few
before them may still be on their way."""

_replace = msgspec.structs.replace


def input_refused(state: State, e: ev.InputRefused, at_ms: int) -> State:
    """Of a document it is remembered, so that it is told once."""
    if not e.document:
        return state
    known = (*(each for each in state.refused_documents if each != e.document), e.document)
    return _replace(state, refused_documents=known[-DOCUMENTS_KEPT:])


def config_applied(state: State, e: ev.ConfigApplied, at_ms: int) -> State:
    """The configuration is in force as a whole."""
    return _replace(state, config=ConfigState(e.version, e.hash, e.values, e.probation))


def config_confirmed(state: State, e: ev.ConfigConfirmed, at_ms: int) -> State:
    """It has proven itself."""
    return _replace(state, config=_replace(state.config, probation=False))


def config_reverted(state: State, e: ev.ConfigReverted, at_ms: int) -> State:
    """The last good one is in force again."""
    return _replace(state, config=ConfigState(e.version, e.hash, e.values))


def job_accepted(state: State, e: ev.JobAccepted, at_ms: int) -> State:
    """A job is under way."""
    record = JobRecord(
        id=e.job,
        kind=e.kind,
        state="running",
        issued_at_ms=e.issued_at_ms,
        accepted_at_ms=at_ms,
        step_timeout_s=e.step_timeout_s,
        parameters=e.parameters,
    )
    return _keep_job(state, record)


def job_progress(state: State, e: ev.JobProgress, at_ms: int) -> State:
    """It has come further."""
    job = state.jobs.get(e.job)
    if job is None:
        return state
    return _keep_job(state, _replace(job, step=e.step, cursor=e.cursor, done=e.done, skipped=e.skipped))


def job_finished(state: State, e: ev.JobFinished, at_ms: int) -> State:
    """It is over; one that never began is remembered too."""
    job = state.jobs.get(e.job) or JobRecord(
        id=e.job, kind=e.kind, state=e.state, issued_at_ms=e.issued_at_ms, accepted_at_ms=at_ms
    )
    ended = _replace(job, state=e.state, error=e.error, detail=e.detail, result=e.result)
    return _keep_job(state, ended)


def _keep_job(state: State, job: JobRecord) -> State:
    jobs = {**state.jobs, job.id: job}
    forgotten_ms = state.jobs_forgotten_ms
    while len(jobs) > JOBS_KEPT:
        oldest = jobs.pop(next(iter(jobs)))
        # A time of issue in the future must not keep later jobs out.
        forgotten_ms = max(forgotten_ms, min(oldest.issued_at_ms, oldest.accepted_at_ms))
    return _replace(state, jobs=jobs, jobs_forgotten_ms=forgotten_ms)
