"""What leaves the journal: by age behind the acknowledgement, and at the disk's bound telemetry only."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.core.events import DeviceBack, DeviceLost, DoorForced, Event, SignInFailed
from edge.core.fold import apply
from edge.core.inputs import Input, JournalLeaving, JournalShed
from edge.core.model import State
from edge.shell import journal_trim
from edge.shell.blocking import InlineBlocking
from edge.shell.journal import Fact, Journal, StationIdentity
from edge.shell.journal_state import load_state
from edge.shell.journal_trim import JournalTrim, Usage
from edge.shell.upkeep import DAY_MS, Retention, Upkeep
from tests.support.facts import events
from tests.support.virtual_time import VirtualClock, run_virtual

IDENTITY = StationIdentity("acme", "demo-01")
NOW_MS = 1_840_000_000_000
"""Years after the first release, so that 500 days ago is a time a clock may show."""

ROOMY = Retention(max_mb=1_000_000, min_free_mb=0)


@dataclass
class Kept:
    """A journal with its upkeep; `full` makes the disk look full for so many looks."""

    journal: Journal
    clock: VirtualClock
    retention: Retention = ROOMY
    posted: list[Input] = field(default_factory=list)
    state: State = field(default_factory=State)

    @property
    def upkeep(self) -> Upkeep:
        return Upkeep(self.journal, self.clock, self.retention, lambda: self.state, self.posted.append)

    async def happen(self, *events: Event, days_ago: float = 0) -> None:
        at_ms = self.clock.wall_ms() - round(days_ago * DAY_MS)
        for event in events:
            await self.journal.append([Fact(event, at_ms)])


def kept(path: Path, work: Callable[[Kept], Awaitable[Any]], retention: Retention = ROOMY) -> Any:
    async def main() -> Any:
        clock = VirtualClock(NOW_MS)
        journal = Journal.open(path, IDENTITY, clock, InlineBlocking())
        try:
            return await work(Kept(journal, clock, retention))
        finally:
            await journal.close()

    return run_virtual(main)


def loaded(path: Path) -> State:
    async def look(kept: Kept) -> State:
        return load_state(kept.journal, kept.clock)[0]

    state: State = kept(path, look)
    return state


def seqs(journal: Journal) -> list[int]:
    return [record.seq for record in journal.read(0, 1_000_000)]


LOST, BACK = DeviceLost("lock-1", "x"), DeviceBack("lock-1")
FORCED, PERSONAL = DoorForced("a01"), SignInFailed("s-1", "1042")


def test_what_is_old_and_acknowledged_leaves_and_nothing_else(tmp_path: Path) -> None:
    async def work(kept: Kept) -> None:
        await kept.happen(FORCED, LOST, days_ago=400)
        await kept.happen(FORCED, days_ago=380)
        await kept.happen(FORCED, days_ago=100)
        await kept.journal.acknowledge(2)

        await kept.upkeep.once()

        assert seqs(kept.journal) == [3, 4]
        assert kept.journal.pruned == 2
        assert kept.journal.verify(full=True) is None
        (leaving,) = kept.posted
        assert isinstance(leaving, JournalLeaving) and leaving.last == 2
        assert leaving.hash == kept.journal.read(2, 1)[0].hash.hex() or len(leaving.hash) == 64

    kept(tmp_path / "j", work)


def test_the_hash_told_is_the_one_the_rest_goes_on_from(tmp_path: Path) -> None:
    async def work(kept: Kept) -> str:
        await kept.happen(*[FORCED] * 3, days_ago=400)
        await kept.happen(FORCED)
        await kept.journal.acknowledge(3)
        await kept.upkeep.once()
        (leaving,) = kept.posted
        assert isinstance(leaving, JournalLeaving)
        return leaving.hash

    told = kept(tmp_path / "j", work)

    with sqlite3.connect(tmp_path / "j") as file:
        (first,) = file.execute("SELECT prev_hash FROM events ORDER BY seq LIMIT 1").fetchall()
    assert first[0].hex() == told


def test_the_state_is_the_same_after_everything_left(tmp_path: Path) -> None:
    async def work(kept: Kept) -> State:
        await kept.happen(LOST, BACK, LOST, days_ago=400)
        await kept.journal.acknowledge(3)
        before = load_state(kept.journal, kept.clock)[0]
        await kept.upkeep.once()
        assert seqs(kept.journal) == []
        return before

    before = kept(tmp_path / "j", work)

    assert loaded(tmp_path / "j") == before

    async def go_on(kept: Kept) -> None:
        await kept.happen(BACK)
        assert seqs(kept.journal) == [4]
        assert kept.journal.verify(full=True) is None

    kept(tmp_path / "j", go_on)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    facts=st.lists(st.tuples(events(), st.integers(0, 500)), min_size=1, max_size=12),
    acknowledged=st.integers(0, 12),
    step=st.integers(1, 5),
)
def test_whatever_leaves_the_fold_and_the_chain_hold(
    tmp_path_factory: pytest.TempPathFactory, facts: list[tuple[Event, int]], acknowledged: int, step: int
) -> None:
    path = tmp_path_factory.mktemp("j") / "j"
    ages = sorted((age for _, age in facts), reverse=True)
    upto = min(acknowledged, len(facts))

    async def work(kept: Kept) -> None:
        expected = State()
        for (event, _), age in zip(facts, ages, strict=True):
            at_ms, monotonic_ms = kept.clock.wall_ms() - age * DAY_MS, (500 - age) * 1_000
            await kept.journal.append([Fact(event, at_ms, monotonic_ms=monotonic_ms)])
            expected = apply(expected, event, at_ms, monotonic_ms)
        await kept.journal.acknowledge(upto)

        await kept.upkeep.once()

        assert load_state(kept.journal, kept.clock)[0] == expected
        assert kept.journal.verify(full=True) is None
        left = seqs(kept.journal)
        assert left == list(range(kept.journal.pruned + 1, len(facts) + 1))
        assert kept.journal.pruned == sum(1 for age in ages[:upto] if age > 365)
        for record, age in zip(kept.journal.read(0, 100), ages[kept.journal.pruned :], strict=True):
            personal = type(facts[record.seq - 1][0]).classification == "personal"
            assert (record.body == b"") == (personal and age > 90 and record.seq <= upto)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_trim, "STEP", step)
        kept(path, work)


def test_facts_of_a_time_without_a_clock_are_as_old_as_the_next_with_one(tmp_path: Path) -> None:
    async def work(kept: Kept) -> None:
        await kept.happen(FORCED, days_ago=400)
        await kept.journal.append([Fact(FORCED, 5)])  # 1970: the clock was unset
        await kept.happen(FORCED, days_ago=100)
        await kept.journal.append([Fact(FORCED, 5)])
        await kept.journal.acknowledge(4)

        await kept.upkeep.once()

        assert seqs(kept.journal) == [2, 3, 4]

    kept(tmp_path / "j", work)


@pytest.mark.parametrize("strange_ms", [5, NOW_MS + 3_000 * DAY_MS], ids=["unset", "years ahead"])
def test_a_long_time_with_a_wrong_clock_does_not_keep_the_journal_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strange_ms: int
) -> None:
    monkeypatch.setattr(journal_trim, "STEP", 2)

    async def work(kept: Kept) -> None:
        await kept.happen(FORCED, days_ago=400)
        await kept.journal.append([Fact(FORCED, strange_ms)] * 7)
        await kept.happen(FORCED, days_ago=380)
        await kept.happen(FORCED, days_ago=100)
        await kept.journal.append([Fact(FORCED, strange_ms)])
        await kept.journal.acknowledge(11)

        await kept.upkeep.once()

        assert seqs(kept.journal) == [10, 11]

    kept(tmp_path / "j", work)


def test_nothing_leaves_by_age_while_the_clock_is_unset(tmp_path: Path) -> None:
    async def work(kept: Kept) -> None:
        await kept.happen(FORCED, days_ago=400)
        await kept.journal.acknowledge(1)
        kept.clock.clock_state = "unset"

        await kept.upkeep.once()

        assert seqs(kept.journal) == [1]

    kept(tmp_path / "j", work)


def test_at_the_bound_telemetry_loses_its_content_and_no_fact_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def usage(trim: JournalTrim) -> Usage:
        looks.append(trim.shed_to)
        return Usage(2_000_000_000 if trim.shed_to < 4 else 0, 1 << 40)

    monkeypatch.setattr(JournalTrim, "usage", usage)
    monkeypatch.setattr(journal_trim, "STEP", 2)

    async def work(kept: Kept) -> None:
        await kept.happen(LOST, FORCED, BACK, PERSONAL, LOST)
        before = load_state(kept.journal, kept.clock)[0]

        await kept.upkeep.once()

        assert [r.seq for r in kept.journal.read(0, 10) if not r.body] == [1, 3]
        assert kept.posted == [JournalShed(2, 4, 0, (1 << 40) // 1_000_000)]
        assert load_state(kept.journal, kept.clock)[0] == before
        assert kept.journal.verify(full=True) is None
        assert kept.journal.acknowledged == 0

    kept(tmp_path / "j", work, Retention(max_mb=1_000, min_free_mb=0))


def test_what_was_shed_before_a_crash_is_told_after_it(tmp_path: Path) -> None:
    async def shed(kept: Kept) -> None:
        await kept.happen(LOST, FORCED, BACK)
        await kept.journal.trim(lambda trim: trim.fold_to(3))
        await kept.journal.trim(JournalTrim.shed_step)

    async def again(kept: Kept) -> None:
        await kept.upkeep.once()
        (told,) = kept.posted
        assert isinstance(told, JournalShed) and (told.total, told.last) == (2, 3)

    kept(tmp_path / "j", shed)
    kept(tmp_path / "j", again)


def test_where_nothing_may_be_shed_it_is_said_once_and_all_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(JournalTrim, "usage", lambda trim: Usage(2_000_000_000, 0))

    async def work(kept: Kept) -> None:
        await kept.happen(FORCED, PERSONAL)
        upkeep = kept.upkeep
        await upkeep.once()
        await upkeep.once()
        assert all(r.body for r in kept.journal.read(0, 10))

    kept(tmp_path / "j", work, Retention(max_mb=1_000))

    assert [r.message.count("make room") for r in caplog.records] == [1]


@pytest.mark.parametrize("step", range(1, 9))
def test_a_crash_between_any_two_steps_is_harmless(tmp_path: Path, step: int) -> None:
    class Crash(Exception):
        pass

    async def work(kept: Kept) -> State:
        await kept.happen(LOST, PERSONAL, FORCED, BACK, days_ago=400)
        await kept.journal.acknowledge(4)
        before = load_state(kept.journal, kept.clock)[0]
        real, done = kept.journal.trim, 0

        async def trim(work: Callable[[JournalTrim], Any]) -> Any:
            nonlocal done
            done += 1
            if done > step:
                raise Crash
            return await real(work)

        kept.journal.trim = trim  # type: ignore[assignment]
        with contextlib.suppress(Crash):
            await kept.upkeep.once()
        return before

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_trim, "STEP", 2)
        before = kept(tmp_path / "j", work)

        assert loaded(tmp_path / "j") == before

        async def again(kept: Kept) -> None:
            await kept.upkeep.once()
            assert seqs(kept.journal) == []

        kept(tmp_path / "j", again)
    assert loaded(tmp_path / "j") == before


def test_a_state_kept_by_older_software_is_read_with_defaults(tmp_path: Path) -> None:
    async def work(kept: Kept) -> None:
        await kept.happen(LOST, days_ago=400)
        await kept.journal.acknowledge(1)
        await kept.upkeep.once()

    kept(tmp_path / "j", work)
    with sqlite3.connect(tmp_path / "j") as file:
        state = json.loads(file.execute("SELECT body FROM base").fetchone()[0])
        del state["records_shed"], state["prints"]
        state["gone_field"] = 7
        body = json.dumps(state).encode()
        file.execute("UPDATE base SET body=?, hash=?", (body, sha256(body).digest()))

    assert loaded(tmp_path / "j").lost_devices == {"lock-1": "x"}


def test_a_journal_of_the_first_schema_is_taken_over(tmp_path: Path) -> None:
    async def work(kept: Kept) -> None:
        await kept.happen(LOST, days_ago=400)
        await kept.journal.acknowledge(1)

    kept(tmp_path / "j", work)
    with sqlite3.connect(tmp_path / "j") as file:
        file.execute("DROP TABLE base")
        file.execute("PRAGMA user_version=1")

    async def trim(kept: Kept) -> None:
        await kept.upkeep.once()
        assert seqs(kept.journal) == []

    kept(tmp_path / "j", trim)


def test_records_that_leave_give_their_room_back(tmp_path: Path) -> None:
    async def work(kept: Kept) -> tuple[int, int]:
        for _ in range(20):
            await kept.journal.append([Fact(DeviceLost("lock-1", "x" * 200), 1_800_000_000_000)] * 100)
        await kept.happen(FORCED, days_ago=400)
        await kept.journal.acknowledge(2_001)
        before = await kept.journal.trim(lambda trim: trim.usage().used)
        await kept.upkeep.once()
        return before, await kept.journal.trim(lambda trim: trim.usage().used)

    before, after = kept(tmp_path / "j", work)

    assert before > 1_000_000 and after < before / 5
    assert (tmp_path / "j").stat().st_size < 400_000


def test_every_fact_about_parcels_doors_security_and_audit_is_kept() -> None:
    from edge.core.events import EVENT_TYPES

    for name, type_ in EVENT_TYPES.items():
        if name.split(".")[1] in ("parcel", "door", "security", "audit", "pay"):
            assert not type_.telemetry, name
    assert any(type_.telemetry for type_ in EVENT_TYPES.values())


def test_a_file_that_does_not_answer_once_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def locked(trim: JournalTrim) -> Usage:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(JournalTrim, "usage", locked)

    async def work(kept: Kept) -> None:
        await kept.happen(FORCED)
        await kept.upkeep.once()
        await kept.happen(FORCED)
        assert seqs(kept.journal) == [1, 2]

    kept(tmp_path / "j", work)

    assert "database is locked" in caplog.text
