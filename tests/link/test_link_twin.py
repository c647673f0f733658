"""Configuration, jobs, presence and heartbeat over the link, on virtual time."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.shell.blocking import InlineBlocking
from edge.shell.journal import Journal
from edge.shell.link import Link
from edge.shell.link_parts import LinkSettings, Providers
from edge.shell.messages import LineCounts, Power, Vitals
from edge.shell.presence import READY, Condition
from edge.shell.twin_messages import ConfigReport, JobStatus
from tests.support.documents import desired, job
from tests.support.linked import IDENTITY, PEPPER, Linked
from tests.support.memory_broker import MemoryBackend, MemoryBroker
from tests.support.virtual_time import VirtualClock, run_virtual

ROOT = IDENTITY.root
REPORT = ConfigReport(3, "sha256:" + "a" * 64, "probation", ["rules.lockout_s"], [], [], {})


@dataclass
class Upkept(Linked):
    """What the link asks the service for, as a test sets it."""

    condition: Condition = READY
    report: ConfigReport = REPORT
    vitals: Vitals = field(default_factory=Vitals)
    documents: dict[str, list[bytes]] = field(default_factory=dict)

    def taker(self, topic: str) -> Callable[[bytes], None]:
        return self.documents.setdefault(topic, []).append


@contextlib.asynccontextmanager
async def upkept(folder: Path, broker: MemoryBroker, clock: VirtualClock) -> AsyncIterator[Upkept]:
    journal = Journal.open(folder / "j", IDENTITY, clock, InlineBlocking())
    station = Upkept(journal, clock)
    station.link = Link(
        LinkSettings(PEPPER),
        journal,
        clock,
        broker.connect,
        station.take,
        lambda *refused: station.refused.append(refused),
        Providers(
            station.birth,
            station.snapshot,
            condition=lambda: station.condition,
            config=lambda: station.report,
            lines=lambda: {"line-a": LineCounts(10, 1, 0.1)},
            vitals=lambda: station.vitals,
        ),
        documents={topic: station.taker(topic) for topic in ("config/desired", "jobs/next")},
    )
    task = asyncio.create_task(station.link.run())
    try:
        yield station
    finally:
        await station.link.stop()
        await task
        await journal.close()


async def until(condition: Callable[[], object], within_s: float = 60.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


def states(broker: MemoryBroker) -> list[tuple[str, str]]:
    told: list[Any] = broker.payloads("state/presence")
    return [(each["data"]["state"], each["data"]["reason"]) for each in told]


def test_retained_documents_reach_their_takers_and_an_empty_one_too(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        document, work = desired(1, {"rules.lockout_s": 60}), job("j1", "diagnostics", {})
        broker.send(f"{ROOT}/config/desired", document, retain=True)
        async with upkept(tmp_path, broker, VirtualClock()) as station:
            await until(lambda: document in station.documents["config/desired"])
            broker.send(f"{ROOT}/jobs/next", work)
            broker.send(f"{ROOT}/jobs/next", b"")
            await until(lambda: sorted(station.documents["jobs/next"]) == [b"", work])
            assert station.commands == [] and station.refused == []

    run_virtual(main)


def test_the_report_is_retained_and_follows_each_change(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with upkept(tmp_path, broker, VirtualClock()) as station:
            await until(lambda: f"{ROOT}/state/config" in broker.retained)
            assert json.loads(broker.retained[f"{ROOT}/state/config"])["data"]["version"] == 3
            station.report = ConfigReport(4, "", "in-force", [], [], [], {})
            station.link.config_changed()
            await until(lambda: json.loads(broker.retained[f"{ROOT}/state/config"])["data"]["version"] == 4)

    run_virtual(main)


def test_presence_says_degraded_with_its_reason_and_the_next_connection_begins_with_it(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with upkept(tmp_path, broker, VirtualClock()) as station:
            await until(lambda: station.link.online)
            await asyncio.sleep(60)
            assert states(broker) == [("init", ""), ("ready", "")]
            station.condition = Condition("degraded", "board-a1")
            await until(lambda: states(broker)[-1] == ("degraded", "board-a1"), within_s=2)
            broker.drop()
            await until(lambda: not station.link.online)
            await until(lambda: station.link.online)
            assert states(broker)[-2:] == [("init", ""), ("degraded", "board-a1")]
            station.condition = READY
            await until(lambda: states(broker)[-1] == ("ready", ""), within_s=2)

    run_virtual(main)


def test_a_jobs_status_waits_for_the_broker(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with upkept(tmp_path, broker, VirtualClock()) as station:
            await until(lambda: station.link.online)
            broker.up = False
            broker.drop()
            await until(lambda: not station.link.online)
            station.link.tell_job(JobStatus("j1", "diagnostics", "running", "collect", 0, 0, None, "", {}))
            await asyncio.sleep(100)
            broker.up = True
            await until(lambda: broker.payloads("jobs/j1/status"), within_s=200)
            [told] = broker.payloads("jobs/j1/status")
            assert told["type"] == "ph.jobs.status.v1" and told["correlationid"] == "j1"

    run_virtual(main)


def test_the_heartbeat_tells_age_lines_and_vitals_and_expires_after_two_intervals(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        backend = MemoryBackend(broker, ROOT)
        backend.away = True
        async with upkept(tmp_path, broker, VirtualClock()) as station:
            station.vitals = Vitals(temperature_c=41.5, power=Power("battery", 80))
            await station.happen(3)
            await asyncio.sleep(100)
            beats: list[Any] = broker.payloads("tel/heartbeat")
            last = beats[-1]["data"]
            assert last["backlog"] == 3 and 85 <= last["backlog_age_s"] <= 100
            assert last["lines"] == {"line-a": {"transactions": 10, "failures": 1, "error_rate": 0.1}}
            assert last["vitals"]["temperature_c"] == 41.5 and last["vitals"]["power"]["source"] == "battery"
            assert last["vitals"]["disk_free_bytes"] is None
            assert {m.expiry_s for m in broker.log if m.topic.endswith("heartbeat")} == {60}
            backend.away = False
            await until(lambda: station.link.acknowledged == 3, within_s=400)
            await asyncio.sleep(31)
            assert broker.payloads("tel/heartbeat")[-1]["data"]["backlog_age_s"] is None  # type: ignore[index]

    run_virtual(main)


def test_other_times_hold_from_the_next_wait_on(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with upkept(tmp_path, broker, VirtualClock()) as station:
            await until(lambda: station.link.online)
            station.link.tune(5.0, 1.0, 2.0)
            await asyncio.sleep(31)
            before = len(broker.payloads("tel/heartbeat"))
            await asyncio.sleep(50)
            assert 9 <= len(broker.payloads("tel/heartbeat")) - before <= 11
            broker.up = False
            broker.drop()
            tries = len(broker.attempts)
            await asyncio.sleep(60)
            assert len(broker.attempts) - tries >= 30, "at most two seconds between two attempts"
            broker.up = True

    run_virtual(main)
