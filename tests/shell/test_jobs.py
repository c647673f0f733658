"""Long jobs in the shell: one at a time, steps recorded and timed, restarts survived, hooks ended."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import tarfile
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.core.inputs import Input, Tap
from edge.core.jobs import running_job
from edge.core.model import JobRecord
from edge.shell.diagnostics_job import BUNDLES_KEPT, DiagnosticsJob, without_secrets
from edge.shell.hooks import run_hook
from edge.shell.jobs import ANSWER_BURST, JOB_BURST, JobDoors, Jobs, Outcome, Worker
from edge.shell.twin_messages import JobNext, JobStatus
from edge.shell.update_job import UpdateJob
from tests.shell.station_rig import IDENTITY, Rig, running, types, until
from tests.support.documents import job
from tests.support.virtual_time import run_virtual

DIGEST = "sha256:" + "d" * 64


class FakeWorker:
    """Two steps that end when told; `began` are the steps begun."""

    steps = ("first", "second")

    def __init__(self) -> None:
        self.began: list[str] = []
        self.go = asyncio.Event()
        self.fail = ""

    def objection(self, job: JobNext) -> str | None:
        return None

    def resume(self, step: str, job: JobRecord) -> Outcome | None:
        return None

    async def do(self, step: str, job: JobRecord) -> Outcome | None:
        self.began.append(step)
        await self.go.wait()
        if self.fail == step:
            raise ValueError("no good")
        return Outcome("succeeded", result={"n": 1}) if step == "second" else None


class Desk:
    """A station with jobs, as one start of the service joins them."""

    def __init__(
        self, rig: Rig, workers: Mapping[str, Worker], version: str, keys: list[Ed25519PublicKey]
    ) -> None:
        self.rig = rig
        self.told: list[JobStatus] = []
        self.refused: list[str] = []
        self.documents: list[str] = []
        doors = JobDoors(self._submit, lambda: rig.station.state, self.told.append, self._refused)
        self.jobs = Jobs(IDENTITY, keys, doors, rig.clock, workers, version)

    async def _submit(self, item: Input) -> bool:
        return await self.rig.station.submit(item) is not None

    def _refused(self, reason: str, detail: str, document: str) -> None:
        self.refused.append(reason)
        self.documents.append(document)

    def words(self, id_: str) -> list[str]:
        return [f"{t.state} {t.step}".strip() for t in self.told if t.job == id_]

    async def ended(self, id_: str, within_s: float = 300.0) -> JobStatus:
        final = ("succeeded", "failed", "rejected", "timed-out")
        await until(lambda: any(t.job == id_ and t.state in final for t in self.told), within_s)
        return next(t for t in reversed(self.told) if t.job == id_)

    def facts(self) -> list[str]:
        return [t for t in types(self.rig.journal.read(0, 10_000)) if t.startswith("audit.job")]


@contextlib.asynccontextmanager
async def desk(
    folder: Path,
    workers: Mapping[str, Worker] | None = None,
    version: str = "1.0",
    keys: list[Ed25519PublicKey] | None = None,
) -> AsyncIterator[Desk]:
    async with running(folder / "journal.sqlite") as rig:
        await until(lambda: rig.station.state.boots)
        made = Desk(rig, workers or {}, version, keys or [])
        task = asyncio.create_task(made.jobs.run())
        try:
            yield made
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def test_a_job_runs_through_its_steps_each_recorded_before_it_begins(tmp_path: Path) -> None:
    async def main() -> None:
        worker = FakeWorker()
        async with desk(tmp_path, {"diagnostics": worker}) as one:
            one.jobs.offer(job("j1", "diagnostics", {}))
            await until(lambda: worker.began)
            assert one.facts() == ["audit.job-accepted", "audit.job-progress"]
            worker.go.set()
            status = await one.ended("j1")
            assert (status.state, status.result) == ("succeeded", {"n": 1})
            assert one.words("j1") == ["running", "running first", "running second", "succeeded second"]

    run_virtual(main)


def test_a_known_id_gets_its_stored_status_after_a_restart_too_and_is_not_done_again(tmp_path: Path) -> None:
    async def main() -> None:
        worker = FakeWorker()
        worker.go.set()
        async with desk(tmp_path, {"diagnostics": worker}) as one:
            one.jobs.offer(job("j1", "diagnostics", {}))
            await one.ended("j1")
        async with desk(tmp_path, {"diagnostics": worker}) as one:
            one.jobs.offer(job("j1", "diagnostics", {"facts": 7}))
            assert [(t.job, t.state, t.result) for t in one.told] == [("j1", "succeeded", {"n": 1})]
            await asyncio.sleep(60)
            assert worker.began == ["first", "second"]

    run_virtual(main)


def test_a_second_job_waits_and_the_newest_only(tmp_path: Path) -> None:
    async def main() -> None:
        worker = FakeWorker()
        async with desk(tmp_path, {"diagnostics": worker}) as one:
            one.jobs.offer(job("j1", "diagnostics", {}))
            await until(lambda: worker.began)
            one.jobs.offer(job("j2", "diagnostics", {}))
            one.jobs.offer(job("j3", "diagnostics", {}))
            assert one.words("j2") == ["queued", "rejected"] and one.words("j3") == ["queued"]
            worker.go.set()
            await one.ended("j3")
            assert list(one.rig.station.state.jobs) == ["j1", "j3"]

    run_virtual(main)


def test_a_job_that_waits_can_be_taken_back(tmp_path: Path) -> None:
    async def main() -> None:
        worker = FakeWorker()
        async with desk(tmp_path, {"diagnostics": worker}) as one:
            one.jobs.offer(job("j1", "diagnostics", {}))
            await until(lambda: worker.began)
            one.jobs.offer(job("j2", "diagnostics", {}))
            one.jobs.offer(b"")
            worker.go.set()
            await one.ended("j1")
            await asyncio.sleep(60)
            assert one.words("j2") == ["queued", "rejected"] and "j2" not in one.rig.station.state.jobs

    run_virtual(main)


def test_a_step_has_its_time_and_no_more(tmp_path: Path) -> None:
    async def main() -> None:
        worker = FakeWorker()
        async with desk(tmp_path, {"diagnostics": worker}) as one:
            began_s = asyncio.get_running_loop().time()
            one.jobs.offer(job("j1", "diagnostics", {}, step_timeout_s=90))
            status = await one.ended("j1")
            assert status.state == "timed-out" and "first" in status.detail
            assert 90 <= asyncio.get_running_loop().time() - began_s < 92

    run_virtual(main)


def test_work_that_fails_fails_the_job_and_the_next_one_goes_on(tmp_path: Path) -> None:
    async def main() -> None:
        worker = FakeWorker()
        worker.fail = "second"
        worker.go.set()
        async with desk(tmp_path, {"diagnostics": worker}) as one:
            one.jobs.offer(job("j1", "diagnostics", {}))
            status = await one.ended("j1")
            assert (status.state, status.detail) == ("failed", "second: ValueError: no good")
            worker.fail = ""
            one.jobs.offer(job("j2", "diagnostics", {}))
            assert (await one.ended("j2")).state == "succeeded"

    run_virtual(main)


@pytest.mark.parametrize("killed_at", ["first", "second"])
def test_a_job_killed_in_a_step_is_taken_up_at_that_step(tmp_path: Path, killed_at: str) -> None:
    async def main() -> None:
        worker = FakeWorker()
        async with desk(tmp_path, {"diagnostics": worker}) as one:
            one.jobs.offer(job("j1", "diagnostics", {}))
            await until(lambda: worker.began)
            if killed_at == "second":
                worker.go.set()
                worker.go = asyncio.Event()
                await until(lambda: len(worker.began) == 2)
        again = FakeWorker()
        again.go.set()
        async with desk(tmp_path, {"diagnostics": again}) as one:
            assert (await one.ended("j1")).state == "succeeded"
            assert again.began == (["first", "second"] if killed_at == "first" else ["second"])

    run_virtual(main)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("deadline-shift", {}),
        ("deadline-shift", {"shift_s": "1"}),
        ("deadline-shift", {"shift_s": 10**9}),
        ("deadline-shift", {"shift_s": 1, "only": "x"}),
        ("update", {"version": "2; rm -rf /", "digest": DIGEST}),
        ("update", {"version": "--help", "digest": DIGEST}),
        ("update", {"version": "2.0", "digest": DIGEST}),
        ("no-such", {}),
    ],
)
def test_what_cannot_be_done_is_rejected_and_recorded(
    tmp_path: Path, kind: str, parameters: dict[str, Any]
) -> None:
    async def main() -> None:
        workers = {"update": UpdateJob([], "1.0", lambda: one.rig.station.state, lambda: None)}
        async with desk(tmp_path, workers) as one:
            one.jobs.offer(job("j1", kind, parameters))
            status = await one.ended("j1")
            assert status.state == "rejected" and status.detail
            assert one.facts() == ["audit.job-finished"]

    run_virtual(main)


@pytest.mark.parametrize(
    "payload",
    [b"{", b"\xff", b"[" * 90_000, b"{}", job("../x", "update", {}), job("j", "x", {}, step_timeout_s=0)],
    ids=lambda each: repr(each)[:12],
)
def test_what_is_no_job_is_refused(tmp_path: Path, payload: bytes) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            one.jobs.offer(payload)
            await asyncio.sleep(1)
            assert len(one.refused) == 1 and one.told == [] and one.facts() == []

    run_virtual(main)


def test_a_job_for_another_station_is_none(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            document = job("j1", "deadline-shift", {"shift_s": 1}, station="acme/other")
            one.jobs.offer(document)
            await asyncio.sleep(1)
            assert one.refused == ["job-other-station"] and one.facts() == []
            assert one.documents == [f"sha256:{sha256(document).hexdigest()}"]

    run_virtual(main)


def test_where_a_key_is_configured_only_what_it_signed_is_a_job(tmp_path: Path) -> None:
    ours, foreign = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (1, 2))
    signed = job("j1", "deadline-shift", {"shift_s": 1}, key=ours)

    async def main() -> None:
        async with desk(tmp_path, keys=[ours.public_key()]) as one:
            one.jobs.offer(job("j1", "deadline-shift", {"shift_s": 1}))
            one.jobs.offer(job("j1", "deadline-shift", {"shift_s": 1}, key=foreign))
            one.jobs.offer(signed.replace(b'"shift_s": 1', b'"shift_s": 2'))
            one.jobs.offer(signed.replace(b"20:26:40Z", b"20:26:41Z"))
            await asyncio.sleep(1)
            assert one.refused == ["job-bad-signature"] * 4 and one.facts() == []
            one.jobs.offer(signed)
            assert (await one.ended("j1")).state == "succeeded"

    run_virtual(main)


def test_a_flood_of_fresh_ids_leaves_few_facts(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            for n in range(100):
                one.jobs.offer(job(f"j{n}", "no-such", {}))
                await asyncio.sleep(0.01)
            assert len(one.facts()) == JOB_BURST
            assert set(one.refused) == {"job-overload"} and set(one.documents) == {""}
            # What was over the bound may still be offered again: nothing was said that would be its end.
            assert len({status.job for status in one.told}) == JOB_BURST

    run_virtual(main)


def test_a_flood_of_offers_of_a_known_job_is_answered_seldom(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            one.jobs.offer(job("j1", "no-such", {}))
            await one.ended("j1")
            told = len(one.told)
            for _ in range(1_000):
                one.jobs.offer(job("j1", "no-such", {}))
            assert len(one.told) - told == ANSWER_BURST

    run_virtual(main)


def test_a_deadline_shift_goes_on_after_a_restart(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            one.jobs.offer(job("j1", "deadline-shift", {"shift_s": 3600}))
            assert (await one.ended("j1")).result == {"moved": 0, "skipped": 0}

    run_virtual(main)


# --- update -----------------------------------------------------------------------------------


def script(folder: Path, text: str) -> list[str]:
    """A command of the operator's."""
    path = folder / "hook.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return [str(path)]


@contextlib.asynccontextmanager
async def updating(folder: Path, text: str, version: str = "1.0") -> AsyncIterator[tuple[Desk, list[bool]]]:
    """Real time: the hook is a process."""
    restarts: list[bool] = []
    command = script(folder, text)
    holder: list[Rig] = []
    worker = UpdateJob(command, version, lambda: holder[0].station.state, lambda: restarts.append(True))
    async with desk(folder, {"update": worker}, version) as one:
        holder.append(one.rig)
        yield one, restarts


UPDATE = {"version": "2.0", "digest": DIGEST}


@pytest.mark.parametrize("after", ["1.0", "2.0"])
def test_an_update_is_judged_by_the_version_after_the_restart(tmp_path: Path, after: str) -> None:
    async def main() -> None:
        note = tmp_path / "called"
        async with updating(tmp_path, f'echo "$@" >> {note}') as (one, restarts):
            one.jobs.offer(job("j1", "update", UPDATE))
            await until(lambda: restarts)
            assert note.read_text() == f"2.0 {DIGEST}\n"
            assert one.words("j1") == ["running", "running install", "running restart"]
        async with updating(tmp_path, f"echo again >> {note}", after) as (one, restarts):
            status = await one.ended("j1")
            assert status.state == ("succeeded" if after == "2.0" else "failed")
            assert after in (status.detail or str(status.result))
            assert "again" not in note.read_text() and restarts == []

    asyncio.run(main())


def test_an_update_whose_command_fails_says_so_and_nothing_restarts(tmp_path: Path) -> None:
    async def main() -> None:
        async with updating(tmp_path, "echo digest differs >&2; exit 3") as (one, restarts):
            one.jobs.offer(job("j1", "update", UPDATE))
            status = await one.ended("j1", 10)
            assert status.state == "failed" and "ended with 3: digest differs" in status.detail
            assert restarts == [] and running_job(one.rig.station.state) is None

    asyncio.run(main())


def test_an_update_waits_for_the_person_at_the_screen(tmp_path: Path) -> None:
    async def main() -> None:
        async with updating(tmp_path, "exit 0") as (one, restarts):
            await one.rig.tap("start_pickup")
            one.jobs.offer(job("j1", "update", UPDATE))
            await until(lambda: "running restart" in one.words("j1"))
            assert restarts == []
            await one.rig.station.submit(Tap("cancel"))
            await until(lambda: restarts)

    asyncio.run(main())


def test_a_command_whose_time_is_over_is_ended_with_its_children(tmp_path: Path) -> None:
    async def main() -> None:
        note = tmp_path / "child"
        async with updating(tmp_path, f"sleep 60 & echo $! > {note}; wait") as (one, restarts):
            one.jobs.offer(job("j1", "update", UPDATE, step_timeout_s=1))
            assert (await one.ended("j1", 10)).state == "timed-out" and restarts == []
            child = int(note.read_text())
            await until(lambda: not alive(child))

    asyncio.run(main())


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
    except OSError:
        return False


def test_a_hook_keeps_only_the_end_of_what_it_says(tmp_path: Path) -> None:
    async def main() -> None:
        end = await run_hook(script(tmp_path, "yes x | head -c 200000; echo; echo last; exit 4"))
        assert end.code == 4 and end.output.endswith("last") and len(end.output) <= 2000
        with pytest.raises(OSError, match="No such file"):
            await run_hook([str(tmp_path / "none")])

    asyncio.run(main())


# --- diagnostics ------------------------------------------------------------------------------------


def test_a_bundle_holds_what_was_asked_and_its_digest_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path / "journal.sqlite") as rig:
            await until(lambda: rig.station.state.boots)
            for _ in range(30):
                await rig.tap("start_pickup")
                await rig.tap("cancel")
            upload = script(tmp_path, f'cp "$1" {tmp_path}/away.tar.gz; echo https://example.org/7')
            worker = DiagnosticsJob(rig.journal, tmp_path / "d", lambda: {"a.json": b"{}"}, upload)
            record = JobRecord("j1", "diagnostics", "running", parameters={"facts": 12})
            assert await worker.do("collect", record) is None
            outcome = await worker.do("upload", record)
            assert outcome is not None and outcome.state == "succeeded" and outcome.result is not None
            body = Path(str(outcome.result["path"])).read_bytes()
            assert outcome.result["sha256"] == sha256(body).hexdigest() and outcome.result["bytes"] == len(
                body
            )
            assert outcome.result["uploaded"] is True and outcome.detail == "https://example.org/7"
            assert (tmp_path / "away.tar.gz").read_bytes() == body
            with tarfile.open(fileobj=io.BytesIO(body)) as archive:
                assert sorted(archive.getnames()) == ["j1/a.json", "j1/facts.jsonl"]
                file = archive.extractfile("j1/facts.jsonl")
                assert file is not None
                facts = [json.loads(line) for line in file.read().splitlines()]
            head = rig.journal.head
            assert [int(f["sequence"]) for f in facts] == list(range(head - 11, head + 1))
            assert os.stat(str(outcome.result["path"])).st_mode & 0o077 == 0

    asyncio.run(main())


def test_only_the_newest_bundles_stay(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path / "journal.sqlite") as rig:
            worker = DiagnosticsJob(rig.journal, tmp_path / "d", dict, [])
            for n in range(BUNDLES_KEPT + 2):
                await worker.do("collect", JobRecord(f"j{n}", "diagnostics", "running"))
            names = sorted(path.name for path in (tmp_path / "d").iterdir())
            assert names == [f"j{n}.tar.gz" for n in range(2, BUNDLES_KEPT + 2)]

    asyncio.run(main())


def test_no_secret_of_station_toml_is_in_the_bundle() -> None:
    table = {
        "mqtt": {"username": "u", "password": "hunter2"},
        "paths": {"pepper": "/etc/pepper.hex"},
        "staff": [{"id": "1001", "pin_scrypt": "scrypt$1$secret"}],
        "printer": [{"address": "tcp://root:a@hunter2@10.0.0.1"}],
        "diagnostics": {"upload": ["curl", "-H", "Authorization: hunter2"]},
        "update": {"command": ["install", "--key=hunter2"]},
        "rules": {"pin_attempts": 5},
        "deep": {"api_token": ["hunter2"], "private": {"password": "hunter2"}},
    }
    shown = json.dumps(without_secrets(table))

    assert "hunter2" not in shown and "scrypt$" not in shown
    assert "u" in shown and "10.0.0.1" in shown and "curl" in shown and "install" in shown
