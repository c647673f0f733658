"""Offline grants through journal, register, lock and link; copies restored, the power cut anywhere."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edge.core import effects as ef
from edge.core import grant_events as ev
from edge.core.inputs import DoorReading, Scan, Started, UnlockOutcome
from edge.core.model import DoorState
from edge.shell.blocking import InlineBlocking
from edge.shell.envelope import decode_event, rfc3339
from edge.shell.grant_office import GrantOffice
from edge.shell.journal import Journal
from edge.shell.link import Link
from edge.shell.link_parts import LinkSettings, Providers
from edge.shell.messages import compartments_of
from edge.shell.station import Station
from simulators.backend_grants import GrantBook as BackendBook
from simulators.backend_grants import Order, issuer_from_hex
from tests.core.bench import make_setup
from tests.support.linked import IDENTITY, PEPPER, Linked
from tests.support.memory_broker import MemoryBackend, MemoryBroker
from tests.support.virtual_time import VirtualClock, run_virtual

ROOT = IDENTITY.root
ISSUER = issuer_from_hex(7, "42" * 32)
PUBLIC = bytes.fromhex(ISSUER.public_hex)
EVERY_STEP = ("record", "unlock")


class PowerCut(Exception):
    """The process ends here."""


@dataclass
class Cabinet:
    """One start of a station; `pulses` outlives it, as the world does."""

    folder: Path
    clock: VirtualClock
    pulses: list[str]
    cut_before: str = ""
    journal: Journal = field(init=False)
    station: Station = field(init=False)
    office: GrantOffice = field(init=False)

    async def open(self) -> None:
        blocking = InlineBlocking()
        self.journal = Journal.open(self.folder / "journal.sqlite", IDENTITY, self.clock, blocking)
        self.station = Station(make_setup("SSM"), self.journal, self.clock, "Test")
        self.office = GrantOffice(
            self.folder / "other" / "grants.register",
            IDENTITY,
            {7: PUBLIC},
            self.clock,
            blocking,
            post=self.station.post,
            offer=self.station.offer,
            refused=lambda reason, detail: None,
            unlock=self._pulse,
            head=lambda: self.journal.head,
            book=lambda: self.station.state.grants,
        )
        self.station.release = self._release
        recalled = await self.office.open()
        doors = dict.fromkeys(self.station.setup.layout.compartments, DoorState.CLOSED)
        self.station.post(Started(doors, "test"))
        self.station.post(recalled)

    def _release(self, effect: ef.Effect) -> None:
        if isinstance(effect, ef.RecordGrants):
            if self.cut_before == "record":
                raise PowerCut
            self.office.record(effect)
        elif isinstance(effect, ef.UnlockDoor):
            self.office.unlock(effect)

    def _pulse(self, effect: ef.UnlockDoor) -> None:
        if self.cut_before == "unlock":
            raise PowerCut
        self.pulses.append(effect.after_grant or "")
        self.station.post(UnlockOutcome(effect.unlock, "acknowledged"))
        self.station.post(DoorReading(effect.compartment, DoorState.OPEN))
        self.station.post(DoorReading(effect.compartment, DoorState.CLOSED))

    async def show(self, text: str) -> str:
        """Hold a grant before the scanner, when it is free; `used`, or why it was refused."""
        await settle()
        await self.leaves()
        before = self.journal.head
        self.office.scanned(Scan("window", text, "Q1"))
        await settle()
        events = [decode_event(record.body)[1] for record in self.journal.read(before, 100)]
        for event in events:
            if isinstance(event, ev.GrantRefused):
                return event.reason
            if isinstance(event, ev.GrantUsed):
                return "used"
        return "nothing"

    async def leaves(self) -> None:
        """Whoever stood there is gone."""
        while self.station.state.session is not None:
            await asyncio.sleep(30)


async def settle() -> None:
    """Let everything that is ready be done."""
    await asyncio.sleep(0.5)


@contextlib.asynccontextmanager
async def powered(folder: Path, pulses: list[str], cut_before: str = "") -> AsyncIterator[Cabinet]:
    """A start that ends with a power cut: nothing is tidied up, files are as they are."""
    cabinet = Cabinet(folder, VirtualClock(), pulses, cut_before)
    await cabinet.open()
    tasks = [asyncio.create_task(part.run()) for part in (cabinet.station, cabinet.office)]
    try:
        yield cabinet
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await cabinet.journal.close()
    assert all(isinstance(end, asyncio.CancelledError | PowerCut) for end in ends), ends


def grant(clock: VirtualClock, number: int = 1, **changes: Any) -> str:
    now_s = clock.wall_ms() / 1000
    fields: dict[str, Any] = {
        "right": "service",
        "subject": "a02",
        "not_before_s": now_s - 120,
        "expires_s": now_s + 86_400,
    }
    return ISSUER.sign(IDENTITY.tenant, IDENTITY.station, number, Order(**(fields | changes)))


def copy(folder: Path, to: Path) -> None:
    """A copy of the journal as it is, made while it runs."""
    to.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("journal.sqlite*"):
        if not file.name.endswith(".lock"):
            shutil.copy(file, to / file.name)


def restore(copy_of: Path, folder: Path) -> None:
    for file in folder.glob("journal.sqlite*"):
        file.unlink()
    for file in copy_of.iterdir():
        shutil.copy(file, folder / file.name)


# --- journal and register ----------------------------------------------------------------


def test_a_spent_grant_stays_spent_over_a_restart_and_a_restored_copy(tmp_path: Path) -> None:
    async def main() -> None:
        pulses: list[str] = []
        folder, saved = tmp_path / "data", tmp_path / "copy"
        async with powered(folder, pulses) as cabinet:
            text = grant(cabinet.clock)
            await settle()
            copy(folder, saved)
            assert await cabinet.show(text) == "used"
        async with powered(folder, pulses) as cabinet:
            assert await cabinet.show(text) == "spent"
        for _ in range(2):
            restore(saved, folder)
            async with powered(folder, pulses) as cabinet:
                assert await cabinet.show(text) == "spent"
                assert await cabinet.show(grant(cabinet.clock, 2)) == "set-back"
        assert pulses == ["7-0000000001"]

    run_virtual(main)


@pytest.mark.parametrize("restored", [False, True])
@pytest.mark.parametrize("step", EVERY_STEP)
def test_the_power_is_cut_between_two_steps_and_the_code_is_shown_again(
    tmp_path: Path, step: str, restored: bool
) -> None:
    async def main() -> None:
        pulses: list[str] = []
        folder, saved = tmp_path / "data", tmp_path / "copy"
        async with powered(folder, pulses, cut_before=step) as cabinet:
            text = grant(cabinet.clock)
            await settle()
            copy(folder, saved)
            assert await cabinet.show(text) == "used"
        assert pulses == []
        if restored:
            restore(saved, folder)
        async with powered(folder, pulses) as cabinet:
            told = await cabinet.show(text)
        # With the copy back and nothing in the register, nobody knows of it; nor did any door open.
        forgotten = restored and step == "record"
        assert told == ("used" if forgotten else "spent")
        assert pulses == (["7-0000000001"] if forgotten else [])

    run_virtual(main)


def test_the_journal_alone_and_the_register_alone_each_know(tmp_path: Path) -> None:
    async def main() -> None:
        pulses: list[str] = []
        async with powered(tmp_path / "data", pulses) as cabinet:
            text = grant(cabinet.clock)
            assert await cabinet.show(text) == "used"
        shutil.rmtree(tmp_path / "data" / "other")
        async with powered(tmp_path / "data", pulses) as cabinet:
            assert await cabinet.show(text) == "spent"
            assert cabinet.station.state.grants.doubt_ms > 0, "who took the register away?"
        for file in (tmp_path / "data").glob("journal*"):
            file.unlink()
        async with powered(tmp_path / "data", pulses) as cabinet:
            assert await cabinet.show(text) == "spent"
        assert len(pulses) == 1

    run_virtual(main)


# --- with the backend -------------------------------------------------------------------


@dataclass
class Backend:
    """The carrier's side: its own book, fed by facts, answering what stations ask."""

    broker: MemoryBroker
    store: MemoryBackend
    book: BackendBook = field(default_factory=BackendBook)
    answers: bool = True
    asked: list[str] = field(default_factory=list)
    sent: int = 0

    def look(self) -> None:
        """Read the facts stored so far, and the retained state of the station's grants."""
        for body in self.store.stored.values():
            event = json.loads(body)
            self.book.note(event["type"], event["data"])
        state = self.status
        if state is not None and state["asks"] and self.answers and state["asks"] not in self.asked:
            self.asked.append(state["asks"])
            for part in self.book.answer(state["asks"]):
                self.send("delta", part)

    @property
    def status(self) -> dict[str, Any] | None:
        body = self.broker.retained.get(f"{ROOT}/state/grants")
        return None if body is None else json.loads(body)["data"]

    def send(self, kind: str, data: object) -> None:
        self.sent += 1
        event = {
            "specversion": "1.0",
            "id": f"g-{self.sent}",
            "source": "urn:ph:acme:backend",
            "type": f"ph.grants.{kind}.v1",
            "time": rfc3339(1_780_000_000_000),
            "datacontenttype": "application/json",
            "data": data,
        }
        self.broker.send(f"{ROOT}/grants/{kind}", json.dumps(event).encode())


@contextlib.asynccontextmanager
async def online(cabinet: Cabinet, broker: MemoryBroker) -> AsyncIterator[Link]:
    birth = Linked(cabinet.journal, cabinet.clock).birth
    station = cabinet.station
    link = Link(
        LinkSettings(PEPPER),
        cabinet.journal,
        cabinet.clock,
        broker.connect,
        station.offer,
        lambda *refused: None,
        Providers(
            birth,
            lambda: compartments_of(station.setup, station.state, cabinet.journal.head),
            grants=cabinet.office.status,
        ),
        documents=cabinet.office.documents(),
        set_back=cabinet.office.set_back,
    )

    async def follow() -> None:
        async for _ in station.views():
            link.compartments_changed()

    tasks = [asyncio.create_task(link.run()), asyncio.create_task(follow())]
    try:
        yield link
    finally:
        await link.stop()
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], object], within_s: float = 120.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


def test_the_backend_hears_what_is_spent_and_the_station_what_is_revoked(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        backend = Backend(broker, MemoryBackend(broker, ROOT))
        async with powered(tmp_path, []) as cabinet, online(cabinet, broker):
            assert await cabinet.show(grant(cabinet.clock)) == "used"
            await until(lambda: backend.store.contiguous == cabinet.journal.head)
            backend.look()
            await until(lambda: backend.status is not None and backend.status["spent_count"] == 1)
            digest = backend.book.digest(cabinet.clock.wall_ms())
            status = backend.status
            assert status is not None and status["trusted"] and status["issuers"] == [7]
            assert digest["spent_hash"] == status["spent_hash"]
            revoked = {"7-0000000002": cabinet.clock.wall_ms() + 86_400_000}
            backend.book.revoke(revoked)
            backend.send("delta", {"epoch": 0, "revoked": revoked, "spent": {}})
            await until(lambda: cabinet.station.state.grants.revoked == revoked)
            assert await cabinet.show(grant(cabinet.clock, 2)) == "revoked"
            facts = cabinet.journal.head
            backend.send("digest", backend.book.digest(cabinet.clock.wall_ms()))
            await asyncio.sleep(5)
            assert cabinet.journal.head == facts, "equal sets need no fact"

    run_virtual(main)


def test_a_missed_revocation_is_found_by_the_digest_and_made_good(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        backend = Backend(broker, MemoryBackend(broker, ROOT))
        async with powered(tmp_path, []) as cabinet, online(cabinet, broker):
            until_ms = cabinet.clock.wall_ms() + 86_400_000
            # More than one message holds, so that the answer comes in parts.
            backend.book.revoke({f"7-{n:010x}": until_ms for n in range(2, 1_402)}, epoch=2)
            backend.send("digest", backend.book.digest(cabinet.clock.wall_ms()))
            await until(lambda: backend.status is not None and backend.status["asks"])
            backend.look()
            await until(lambda: cabinet.station.state.grants.ask == "")
            assert cabinet.station.state.grants.revoked == backend.book.revoked
            assert await cabinet.show(grant(cabinet.clock, 1_401, epoch=2)) == "revoked"
            assert await cabinet.show(grant(cabinet.clock, 5_000, epoch=1)) == "old-epoch"
            await until(lambda: backend.status is not None and backend.status["asks"] is None)

    run_virtual(main)


def test_when_journal_and_register_are_both_restored_the_backend_tells_what_was_spent(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        backend = Backend(broker, MemoryBackend(broker, ROOT))
        pulses: list[str] = []
        folder, saved = tmp_path / "data", tmp_path / "copy"
        async with powered(folder, pulses) as cabinet, online(cabinet, broker):
            text, unused = grant(cabinet.clock), grant(cabinet.clock, 2)
            await settle()
            copy(folder, saved)
            shutil.copytree(folder / "other", saved / "other")
            assert await cabinet.show(text) == "used"
            await until(lambda: backend.store.contiguous == cabinet.journal.head)
            backend.look()
        shutil.rmtree(folder)
        shutil.copytree(saved, folder)
        backend.answers = False
        async with powered(folder, pulses) as cabinet, online(cabinet, broker):
            await until(lambda: cabinet.station.state.grants.doubt_ms)
            assert await cabinet.show(text) == "set-back"
            assert await cabinet.show(unused) == "set-back"
            # An older answer, still in the broker's queue, says nothing of this asking.
            backend.send("delta", {"epoch": 0, "part": 1, "parts": 1, "answers": "an-older-one"})
            await until(lambda: backend.status is not None and backend.status["asks"])
            assert cabinet.station.state.grants.doubt_ms > 0
            backend.answers = True
            backend.look()
            await until(lambda: not cabinet.station.state.grants.doubt_ms)
            assert await cabinet.show(text) == "spent"
            assert await cabinet.show(unused) == "used"
        # The same acknowledgement again is no new set-back.
        async with powered(folder, pulses) as cabinet, online(cabinet, broker) as link:
            await until(lambda: link.refused.get("ack-beyond-head") or link.online)
            await settle()
            assert cabinet.station.state.grants.doubt_ms == 0
        assert pulses == ["7-0000000001", "7-0000000002"]

    run_virtual(main)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[" * 90_000,
        b"\xff" * 40,
        b"x" * 200_000,
        json.dumps({"specversion": "1.0"}).encode(),
    ],
)
@pytest.mark.parametrize("topic", ["delta", "digest"])
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    tmp_path: Path, topic: str, payload: bytes
) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        MemoryBackend(broker, ROOT)
        async with powered(tmp_path, []) as cabinet, online(cabinet, broker) as link:
            await until(lambda: link.online)
            before = cabinet.station.state.grants
            broker.send(f"{ROOT}/grants/{topic}", payload)
            await settle()
            assert cabinet.station.state.grants is before and link.online

    run_virtual(main)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("delta", {"epoch": -1}),
        ("delta", {"epoch": 65_536}),
        ("delta", {"revoked": {"nonsense": 1}}),
        ("delta", {"revoked": {"7-0000000001": -1}}),
        ("delta", {"spent": {"7-0000000001": 2**60}}),
        ("delta", {"spent": {f"7-{n:010x}": 1 for n in range(1_001)}}),
        ("delta", {"unknown": True}),
        ("digest", {"at_ms": 1}),
        ("digest", {"epoch": "1"}),
    ],
)
def test_data_outside_the_contract_is_refused_whole(tmp_path: Path, kind: str, data: dict[str, Any]) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        backend = Backend(broker, MemoryBackend(broker, ROOT))
        async with powered(tmp_path, []) as cabinet, online(cabinet, broker) as link:
            await until(lambda: link.online)
            before = cabinet.station.state.grants
            backend.send(kind, data)
            await settle()
            assert cabinet.station.state.grants is before

    run_virtual(main)
