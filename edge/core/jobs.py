"""Long jobs of the backend: one at a time, each id once, each step recorded.

The deadline shift is decided here, batch by batch: what a batch moved and how far the job has come are one
decision, so a crash between batches neither repeats nor leaves out a parcel.  The other kinds are the shell's
work; the core records their steps and their ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.core import events as ev
from edge.core.commands_parcels import MAX_STAY_MS
from edge.core.desk import Desk
from edge.core.inputs import JobEnded, JobOffered, JobStep, JobStepBegun
from edge.core.model import ErrorCode, JobRecord, Parcel, ParcelState, State

__all__ = ["BATCH", "KINDS", "SHIFT", "on_ended", "on_offered", "on_step", "on_step_begun", "running_job"]

BATCH = 50
"""Parcels of one decision: some 20 kB of facts, a commit of milliseconds: nobody at a screen notices."""

SHIFT = "deadline-shift"
KINDS = (SHIFT, "diagnostics", "update")
"""What this version can do."""

ISSUED_AHEAD_MS = 300_000
"""A job issued later than this in our future was not issued yet, or our clock is wrong."""

_DETAIL_MAX = 400


def running_job(state: State) -> JobRecord | None:
    """The job under way, or None."""
    return next((job for job in state.jobs.values() if job.state == "running"), None)


def on_offered(desk: Desk, offer: JobOffered) -> None:
    """Begin it, or record why not.  A known id changes nothing; neither does an offer during another job."""
    if offer.id in desk.state.jobs or running_job(desk.state) is not None:
        return
    objection = _objection(desk, offer)
    if objection is not None:
        error, detail = objection
        desk.emit(
            ev.JobFinished(
                job=offer.id,
                kind=offer.kind[:32],
                state="rejected",
                issued_at_ms=offer.issued_at_ms,
                error=error,
                detail=detail[:_DETAIL_MAX],
            )
        )
        return
    desk.emit(
        ev.JobAccepted(
            job=offer.id,
            kind=offer.kind,
            issued_at_ms=offer.issued_at_ms,
            step_timeout_s=offer.step_timeout_s,
            parameters=offer.parameters,
        )
    )


def _objection(desk: Desk, offer: JobOffered) -> tuple[ErrorCode, str] | None:
    if offer.objection:
        return ErrorCode.BAD_REQUEST, offer.objection
    if offer.kind not in KINDS:
        return ErrorCode.BAD_REQUEST, f"unknown kind {offer.kind[:32]}"
    if offer.issued_at_ms <= desk.state.jobs_forgotten_ms:
        return ErrorCode.STALE_COMMAND, "issued before jobs that are forgotten by now"
    if offer.clock_ok and offer.issued_at_ms > desk.now_ms + ISSUED_AHEAD_MS:
        return ErrorCode.STALE_COMMAND, "time lies in the future"
    if offer.expected_version and offer.expected_version != offer.running_version:
        return (
            ErrorCode.STALE_COMMAND,
            f"written for version {offer.expected_version}, {offer.running_version} runs",
        )
    if offer.kind == SHIFT and not offer.clock_ok:
        return ErrorCode.STALE_COMMAND, "the station's clock is not set, so no deadline can be judged"
    return None


def on_step(desk: Desk, step: JobStep) -> None:
    """The next batch of the deadline shift; the last one ends the job."""
    job = running_job(desk.state)
    if job is None or job.id != step.job or job.kind != SHIFT:
        return
    batch = sorted(_to_shift(desk, job), key=lambda parcel: parcel.id)[: BATCH + 1]
    done, skipped, cursor = job.done, job.skipped, job.cursor
    shift_ms = int(float(job.parameters["shift_s"]) * 1000)
    latest_ms = desk.now_ms + MAX_STAY_MS
    for parcel in batch[:BATCH]:
        cursor = parcel.id
        expires_at_ms = parcel.expires_at_ms + shift_ms
        if not desk.now_ms < expires_at_ms <= latest_ms or parcel.compartment is None:
            # Nobody's time is over from one moment to the next without having been told.
            skipped += 1
            continue
        done += 1
        desk.emit(
            ev.DeadlineShifted(
                parcel=parcel.id,
                compartment=parcel.compartment,
                expires_at_ms=expires_at_ms,
                reason=SHIFT,
                command=job.id,
            )
        )
    desk.emit(ev.JobProgress(job=job.id, step="shifting", cursor=cursor, done=done, skipped=skipped))
    if len(batch) <= BATCH:
        on_ended(desk, JobEnded(job.id, "succeeded", result={"moved": done, "skipped": skipped}))


def _to_shift(desk: Desk, job: JobRecord) -> Iterator[Parcel]:
    """What was inside when the job was accepted and was not looked at yet."""
    carrier = job.parameters.get("carrier", "*")
    for parcel in desk.state.parcels.values():
        if (
            parcel.state is ParcelState.STORED
            and parcel.id > job.cursor
            and parcel.stored_at_ms <= job.accepted_at_ms
            and carrier in ("*", parcel.carrier)
        ):
            yield parcel


def on_step_begun(desk: Desk, begun: JobStepBegun) -> None:
    """Intent: on disk before the shell acts."""
    job = running_job(desk.state)
    if job is not None and job.id == begun.job:
        desk.emit(
            ev.JobProgress(
                job=job.id, step=begun.step[:64], cursor=job.cursor, done=job.done, skipped=job.skipped
            )
        )


def on_ended(desk: Desk, ended: JobEnded) -> None:
    """The end of the job under way; of any other it is no news."""
    job = running_job(desk.state)
    if job is None or job.id != ended.job:
        return
    desk.emit(
        ev.JobFinished(
            job=job.id,
            kind=job.kind,
            state=ended.state,
            issued_at_ms=job.issued_at_ms,
            error=ended.error,
            detail=ended.detail[:_DETAIL_MAX],
            result=ended.result,
        )
    )
