"""The facts of a diagnostics bundle: the newest, whatever was asked for, and no more of them in memory."""

from __future__ import annotations

import asyncio
import json
import tarfile
from pathlib import Path

import pytest

from edge.core.events import DeviceLost, DoorForced
from edge.core.model import JobRecord
from edge.shell import diagnostics_job
from edge.shell.blocking import InlineBlocking
from edge.shell.clock import SystemClock
from edge.shell.diagnostics_job import DiagnosticsJob
from edge.shell.journal import Fact, Journal, Record, StationIdentity
from edge.shell.journal_trim import JournalTrim

IDENTITY = StationIdentity("acme", "demo-01")


def in_bundle(path: Path) -> list[bytes]:
    with tarfile.open(path) as archive:
        file = archive.extractfile(f"{path.name.removesuffix('.tar.gz')}/facts.jsonl")
        assert file is not None
        return file.read().splitlines()


async def collected(journal: Journal, folder: Path, facts: int) -> list[bytes]:
    worker = DiagnosticsJob(journal, folder, dict, [])
    record = JobRecord("j", "diagnostics", "running", parameters={"facts": facts})
    assert await worker.do("collect", record) is None
    return in_bundle(folder / "j.tar.gz")


@pytest.mark.parametrize("bound", [1, 1_000, 100_000, 4_000_000])
def test_of_too_many_facts_the_newest_are_in_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    """Over several pages, and with as much in memory as the bound and a page, whatever was asked for."""
    monkeypatch.setattr(diagnostics_job, "MAX_FACTS_BYTES", bound)
    most = 0

    class Watched(Journal):
        async def fetch(self, after_seq: int, limit: int) -> list[Record]:
            nonlocal most
            records = await super().fetch(after_seq, limit)
            most = max(most, len(records))
            return records

    async def main() -> None:
        journal = Watched.open(tmp_path / "j", IDENTITY, SystemClock(), InlineBlocking())
        await journal.append([Fact(DeviceLost(f"lock-{n}", "x" * (n % 90)), 1) for n in range(900)])
        lines = await collected(journal, tmp_path / "d", 800)
        newest = [record.body for record in journal.read(100, 800)]
        fits = 0
        while fits < 800 and sum(len(body) + 1 for body in newest[-fits - 1 :]) < bound:
            fits += 1
        assert lines == newest[800 - fits :]
        assert most == diagnostics_job.FETCH
        await journal.close()

    asyncio.run(main())


def test_a_fact_whose_content_has_left_is_in_the_bundle_as_the_backend_is_told_of_it(tmp_path: Path) -> None:
    async def main() -> None:
        journal = Journal.open(tmp_path / "j", IDENTITY, SystemClock(), InlineBlocking())
        await journal.append([Fact(DeviceLost("lock-1", "x"), 1), Fact(DoorForced("a01"), 1)])
        await journal.trim(lambda trim: trim.fold_to(2))
        await journal.trim(JournalTrim.shed_step)
        shed, kept = (json.loads(line) for line in await collected(journal, tmp_path / "d", 10))
        assert shed["type"] == "ph.health.shed.v1" and shed["data"]["type"] == "ph.health.device-lost.v1"
        assert kept["type"] == "ph.security.door-forced.v1"
        await journal.close()

    asyncio.run(main())
