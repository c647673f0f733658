"""A hundred thousand facts stored while offline go out in order, within bounds, and no live door waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from edge.core.events import DeviceBack, DeviceLost, DoorChanged, DoorForced, Event
from edge.core.model import DoorState
from edge.shell.blocking import InlineBlocking, ThreadBlocking
from edge.shell.clock import SystemClock
from edge.shell.connection import Outgoing
from edge.shell.journal import MAX_BATCH, Fact, Journal, StationIdentity
from edge.shell.journal_trim import JournalTrim
from edge.shell.outbox import READ_AHEAD, WINDOW, Outbox
from tests.support.contract_watch import DOCUMENT, Document

IDENTITY = StationIdentity("acme", "demo-01")
BACKLOG = 100_000
LIVE = 200

T = TypeVar("T")


class QueueingThread(ThreadBlocking):
    """Notes how many other pieces of work were waiting or under way when one was handed over."""

    def __init__(self) -> None:
        super().__init__("journal")
        self.waiting = 0
        self.ahead: list[int] = []

    async def run(self, work: Callable[[], T]) -> T:
        self.ahead.append(self.waiting)
        self.waiting += 1
        try:
            return await super().run(work)
        finally:
            self.waiting -= 1


class PromptBackend:
    """A connection that acknowledges at once, and a backend behind it that stores in order."""

    def __init__(self) -> None:
        self.stored = 0
        self.out_of_order = 0
        self.outstanding_most = 0
        self.outbox: Outbox | None = None
        self.bytes = 0

    def publish(self, message: Outgoing) -> asyncio.Future[None]:
        sequence = int(json.loads(message.payload)["sequence"])
        self.out_of_order += sequence != self.stored + 1
        self.stored = sequence
        self.bytes += len(message.payload)
        assert self.outbox is not None
        self.outstanding_most = max(self.outstanding_most, sequence - self.outbox.acknowledged)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        if sequence % 32 == 0 or sequence >= BACKLOG:
            asyncio.get_running_loop().call_soon(self.outbox.on_ack, b'{"sequence":%d}' % sequence)
        return done


async def fill(path: Path) -> None:
    journal = Journal.open(path, IDENTITY, SystemClock(), InlineBlocking())
    fact = Fact(DoorChanged("b07", DoorState.OPEN, None), 1_790_000_000_000)
    for _ in range(BACKLOG // MAX_BATCH):
        await journal.append([fact] * MAX_BATCH)
    await journal.close()


async def test_a_hundred_thousand_facts_drain_in_order_and_a_live_door_never_waits(tmp_path: Path) -> None:
    await fill(tmp_path / "j")
    thread = QueueingThread()
    journal = Journal.open(tmp_path / "j", IDENTITY, SystemClock(), thread)
    backend = PromptBackend()
    refused: list[Any] = []
    outbox = backend.outbox = Outbox(journal, SystemClock(), lambda *why: refused.append(why))
    drain = asyncio.create_task(outbox.run(backend))  # type: ignore[arg-type]  # it publishes, nothing else
    waits: list[int] = []
    for _ in range(LIVE):
        while (
            not drain.done() and outbox.acknowledged < journal.head and len(waits) * 400 > outbox.acknowledged
        ):
            await asyncio.sleep(0)
        asking = asyncio.create_task(journal.append([Fact(DoorForced("b07"), 1_790_000_000_001)]))
        at = len(thread.ahead)
        await asking
        waits.append(thread.ahead[at])
    async with asyncio.timeout(50):
        while outbox.acknowledged < BACKLOG + LIVE:
            await asyncio.sleep(0)
    drain.cancel()
    await asyncio.gather(drain, return_exceptions=True)
    await journal.close()
    thread.close()

    assert (backend.stored, backend.out_of_order, refused) == (BACKLOG + LIVE, 0, [])
    assert backend.outstanding_most <= WINDOW
    # What may stand before a live fact: one reading of READ_AHEAD facts and one saving of the cursor.
    assert max(waits) <= 2, (waits, READ_AHEAD)


async def test_a_record_without_content_is_told_in_its_place(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "j", IDENTITY, SystemClock(), InlineBlocking())
    facts: list[Event] = [DeviceLost("lock-1", "x"), DoorForced("b07"), DeviceBack("lock-1")]
    written = await journal.append([Fact(each, 1_790_000_000_000) for each in facts])
    while await journal.trim(lambda trim: trim.fold_to(3)):
        pass
    await journal.trim(JournalTrim.shed_step)
    sent: list[Outgoing] = []

    class Line:
        def publish(self, message: Outgoing) -> asyncio.Future[None]:
            sent.append(message)
            return asyncio.get_running_loop().create_future()

    outbox = Outbox(journal, SystemClock(), lambda *why: None)
    sending = asyncio.create_task(outbox.run(Line()))  # type: ignore[arg-type]  # it publishes, nothing else
    async with asyncio.timeout(10):
        while len(sent) < 3:
            await asyncio.sleep(0)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await journal.close()

    told = [json.loads(message.payload) for message in sent]
    assert [message.topic.rpartition("/")[2] for message in sent] == ["health", "security", "health"]
    assert [event["type"] for event in told] == [
        "ph.health.shed.v1",
        "ph.security.door-forced.v1",
        "ph.health.shed.v1",
    ]
    assert [(event["id"], int(event["sequence"])) for event in told] == [(r.id, r.seq) for r in written]
    assert told[2]["data"] == {"type": "ph.health.device-back.v1", "hash": written[2].hash.hex()}
    for message in sent:
        assert Document(DOCUMENT).faults(message.topic, message.payload) == []
