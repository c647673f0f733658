"""Long jobs of the backend: one at a time, taken from `jobs/next`, their steps timed, their status told.

What a job is and how far it came is the core's and in the journal; here the work is done.  The slot on the
broker is retained, so a job that waits behind another is not kept on disk: it comes again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.core import jobs as core
from edge.core.inputs import Input, JobEnded, JobOffered, JobStep, JobStepBegun
from edge.core.model import ErrorCode, JobRecord, Scalar, State
from edge.shell.clock import Clock
from edge.shell.envelope import StationIdentity
from edge.shell.refusals import TokenBucket
from edge.shell.twin_document import DocumentError, JobDocument, digest_of, job_from
from edge.shell.twin_messages import JOB_STATES, DeadlineShift, Diagnostics, JobNext, JobStatus, Update

__all__ = ["PARAMETERS", "JobDoors", "Jobs", "Outcome", "Worker"]

JOBS_PER_S: Final = 0.1
JOB_BURST: Final = 5
"""Fresh ids taken: each leaves facts in the journal, and nobody needs more than one in ten seconds."""

ANSWERS_PER_S: Final = 1.0
ANSWER_BURST: Final = 10
"""Statuses told because a job was offered: a flood of offers must not push answers to commands out of their
queue.  What becomes of a job is told in any case."""

BATCH_PAUSE_S: Final = 0.05
"""Between two batches: whatever a person did meanwhile is decided first."""

AGAIN_S: Final = 1.0
"""Before an input that a flood kept out is handed in again."""

PARAMETERS: Final[Mapping[str, type[msgspec.Struct]]] = {
    core.SHIFT: DeadlineShift,
    "diagnostics": Diagnostics,
    "update": Update,
}
"""The parameters of each kind."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: `state` is succeeded or failed."""

    state: str
    detail: str = ""
    result: Mapping[str, Scalar] | None = None
    error: ErrorCode | None = None


class Worker(Protocol):
    """The work of one kind of job, in named steps.

    A step is recorded before it begins and has the job's time.  `do` returns None to go on with the next
    step; the last one returns an outcome.  `resume` is asked after a restart in the middle of `step`: an
    outcome, or None to do that step again.
    """

    @property
    def steps(self) -> tuple[str, ...]:
        """Their names, in order."""
        ...

    def objection(self, job: JobNext) -> str | None:
        """Why this station cannot do it, or None; asked before it is accepted."""
        ...

    async def do(self, step: str, job: JobRecord) -> Outcome | None:
        """One step; cancelled when its time is over."""
        ...

    def resume(self, step: str, job: JobRecord) -> Outcome | None:
        """See the class."""
        ...


@dataclass(frozen=True, slots=True)
class JobDoors:
    """What jobs ask of the service, on the loop.

    `submit` has an input decided and recorded and returns False when it must be tried again; `tell` sends a
    status; `refused` gets reason and detail of what was no job at all, with its digest, or "" when the same
    may be one later.
    """

    submit: Callable[[Input], Awaitable[bool]]
    state: Callable[[], State]
    tell: Callable[[JobStatus], None]
    refused: Callable[[str, str, str], None]


class Jobs:
    """See the module; `run` is one task for the service's life."""

    def __init__(
        self,
        identity: StationIdentity,
        keys: Sequence[Ed25519PublicKey],
        doors: JobDoors,
        clock: Clock,
        workers: Mapping[str, Worker],
        version: str,
    ) -> None:
        """With `keys` only what one of them signed is a job; `version` is the software that runs."""
        self._identity = identity
        self._keys = keys
        self._doors = doors
        self._clock = clock
        self._workers = workers
        self._version = version
        self._bucket = TokenBucket(clock, JOBS_PER_S, JOB_BURST)
        self._answers = TokenBucket(clock, ANSWERS_PER_S, ANSWER_BURST)
        self._slot: JobDocument | None = None
        self._wake = asyncio.Event()
        self._busy = False

    def offer(self, payload: bytes) -> None:
        """A message on `jobs/next`; an empty one takes back what waits.  Never raises."""
        if not payload:
            self._replace(None)
            return
        try:
            document = job_from(payload, self._identity, self._keys)
        except DocumentError as error:
            self._doors.refused(f"job-{error.reason}", str(error), digest_of(payload))
            return
        known = self._doors.state().jobs.get(document.job.id)
        if known is not None:
            self._answer(status_of(known))
            return
        self._replace(document)
        if self._busy:
            self._answer(_unborn(document.job, "queued", "another job is under way"))
        self._wake.set()

    def _replace(self, document: JobDocument | None) -> None:
        waiting, self._slot = self._slot, document
        if waiting is not None and (document is None or document.job.id != waiting.job.id):
            self._answer(_unborn(waiting.job, "rejected", "taken back before it began"))

    async def run(self) -> None:
        """Take up the job a restart interrupted, then take jobs for ever."""
        under_way = core.running_job(self._doors.state())
        if under_way is not None:
            _log.info("taking up job %s (%s, %s)", under_way.id, under_way.kind, under_way.step)
            await self._work(under_way, resumed=True)
        while True:
            await self._wake.wait()
            self._wake.clear()
            document, self._slot = self._slot, None
            if document is not None:
                await self._take(document)

    async def _take(self, document: JobDocument) -> None:
        job = document.job
        if job.id not in self._doors.state().jobs and not self._bucket.take():
            # No answer: nothing is kept of it, so the same job may still be begun after a "rejected".
            self._doors.refused("job-overload", f"more than {JOB_BURST} jobs at once", "")
            return
        await self._submit(
            JobOffered(
                id=job.id,
                kind=job.kind,
                issued_at_ms=document.issued_at_ms,
                step_timeout_s=job.step_timeout_s,
                parameters=job.parameters,
                expected_version=job.expected_version,
                running_version=self._version,
                clock_ok=self._clock.state() != "unset",
                objection=self._objection(job) or "",
            )
        )
        record = self._doors.state().jobs.get(job.id)
        if record is None:
            return
        self._doors.tell(status_of(record))
        if record.state == "running":
            await self._work(record, resumed=False)

    def _objection(self, job: JobNext) -> str | None:
        form = PARAMETERS.get(job.kind)
        if form is None:
            return f"unknown kind {job.kind}"
        try:
            msgspec.convert(job.parameters, form)
        except msgspec.ValidationError as error:
            return f"parameters: {error}"
        worker = self._workers.get(job.kind)
        return worker.objection(job) if worker is not None else None

    def _answer(self, status: JobStatus) -> None:
        if self._answers.take():
            self._doors.tell(status)

    # --- the work ---------------------------------------------------------------------------------

    async def _work(self, job: JobRecord, *, resumed: bool) -> None:
        self._busy = True
        try:
            ended = await (self._shift(job) if job.kind == core.SHIFT else self._steps(job, resumed))
            if ended is not None:
                await self._submit(ended)
            _log.info("job %s: %s", job.id, self._doors.state().jobs[job.id].state)
            self._doors.tell(status_of(self._doors.state().jobs[job.id]))
        finally:
            self._busy = False
            self._wake.set()

    async def _shift(self, job: JobRecord) -> JobEnded | None:
        """Batch after batch; the core ends it."""
        while self._doors.state().jobs[job.id].state == "running":
            try:
                async with asyncio.timeout(job.step_timeout_s):
                    await self._submit(JobStep(job.id))
            except TimeoutError:
                return JobEnded(job.id, "timed-out", detail="a batch")
            await asyncio.sleep(BATCH_PAUSE_S)
        return None

    async def _steps(self, job: JobRecord, resumed: bool) -> JobEnded:
        worker = self._workers.get(job.kind)
        if worker is None:
            return JobEnded(job.id, "failed", detail=f"this software cannot do {job.kind}")
        steps = worker.steps
        if resumed and job.step in steps:
            outcome = worker.resume(job.step, job)
            if outcome is not None:
                return _ended(job, outcome)
            steps = steps[steps.index(job.step) :]
        for step in steps:
            ended = await self._step(worker, step, job)
            if ended is not None:
                return ended
        return JobEnded(job.id, "failed", detail="its last step had no outcome")

    async def _step(self, worker: Worker, step: str, job: JobRecord) -> JobEnded | None:
        await self._submit(JobStepBegun(job.id, step))
        self._doors.tell(status_of(self._doors.state().jobs[job.id]))
        limit = asyncio.timeout(job.step_timeout_s)
        try:
            async with limit:
                outcome = await worker.do(step, job)
        except TimeoutError as error:
            if limit.expired():
                return JobEnded(job.id, "timed-out", detail=f"{step}, after {job.step_timeout_s:g} s")
            return JobEnded(job.id, "failed", detail=f"{step}: {error}")
        except Exception as error:  # the unit is a step: what a worker raises is how the job ends
            _log.exception("job %s failed at %s", job.id, step)
            return JobEnded(job.id, "failed", detail=f"{step}: {type(error).__name__}: {error}")
        return None if outcome is None else _ended(job, outcome)

    async def _submit(self, item: Input) -> None:
        while not await self._doors.submit(item):
            await asyncio.sleep(AGAIN_S)


def status_of(job: JobRecord) -> JobStatus:
    """What is told of a job the journal knows."""
    return JobStatus(
        job=job.id,
        kind=job.kind,
        state=JOB_STATES.get(job.state, "failed"),
        step=job.step,
        done=job.done,
        skipped=job.skipped,
        error=job.error,
        detail=job.detail,
        result=job.result,
    )


def _unborn(job: JobNext, state: str, detail: str) -> JobStatus:
    return JobStatus(job.id, job.kind, JOB_STATES[state], "", 0, 0, None, detail, {})


def _ended(job: JobRecord, outcome: Outcome) -> JobEnded:
    return JobEnded(job.id, outcome.state, outcome.error, outcome.detail, dict(outcome.result or {}))
