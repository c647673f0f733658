"""The journal's promises: in order, chained, durable, fail-stop, alone."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.core.events import DeviceBack, DeviceLost
from edge.shell.blocking import InlineBlocking, ThreadBlocking
from edge.shell.clock import SystemClock
from edge.shell.journal import MAX_BATCH, Fact, Journal, JournalFailed, Loaded, Record, StationIdentity
from edge.shell.journal_file import genesis_hash
from tests.support.facts import events
from tests.support.patience import PATIENCE_S

IDENTITY = StationIdentity("acme", "demo-01")
ROOT = Path(__file__).parents[2]


def open_journal(path: Path, identity: StationIdentity = IDENTITY) -> Journal:
    return Journal.open(path, identity, SystemClock(), InlineBlocking())


@contextmanager
def opened(path: Path) -> Iterator[Journal]:
    journal = open_journal(path)
    try:
        yield journal
    finally:
        asyncio.run(journal.close())


def lost(detail: str = "gone") -> Fact:
    return Fact(DeviceLost("lock-1", detail), 1_780_000_000_000)


async def fill(path: Path, count: int) -> None:
    journal = open_journal(path)
    for number in range(count):
        await journal.append([lost(str(number))])
    await journal.close()


def tamper(path: Path, statement: str, *args: Any) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement, args)
    connection.close()


def test_records_are_contiguous_and_come_back_equal(tmp_path: Path) -> None:
    async def write() -> list[Record]:
        journal = open_journal(tmp_path / "j")
        first = await journal.append([lost("a"), lost("b")])
        second = await journal.append([Fact(DeviceBack("lock-1"), 5, monotonic_ms=7)])
        await journal.close()
        return [*first, *second]

    written = asyncio.run(write())

    assert [r.seq for r in written] == [1, 2, 3]
    with opened(tmp_path / "j") as again:
        assert again.read(0, 10) == written
        assert again.read(1, 1) == [written[1]]
        assert again.page(0) == [
            (1, DeviceLost("lock-1", "a"), 1_780_000_000_000, None),
            (2, DeviceLost("lock-1", "b"), 1_780_000_000_000, None),
            (3, DeviceBack("lock-1"), 5, 7),
        ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(events(), max_size=5), max_size=5))
def test_any_batches_make_one_sound_chain(tmp_path: Path, batches: list[list[Any]]) -> None:
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}" / "j"

    async def main() -> None:
        journal = open_journal(path)
        written = []
        for batch in batches:
            written += await journal.append([Fact(event, 1) for event in batch])
        await journal.close()
        journal = open_journal(path)

        assert (
            [r.seq for r in written] == list(range(1, len(written) + 1)) == list(range(1, journal.head + 1))
        )
        assert len({r.id for r in written}) == len(written)
        assert [e for _, e, *_ in journal.page(0)] == [e for batch in batches for e in batch]
        assert journal.verify(full=True) is None
        await journal.close()

    asyncio.run(main())


def test_the_chain_can_be_computed_by_anybody_from_the_bodies(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "j", 5))

    rows = sqlite3.connect(tmp_path / "j").execute("SELECT body, prev_hash, hash FROM events ORDER BY seq")
    previous = genesis_hash(IDENTITY)
    for body, prev_hash, digest in rows.fetchall():
        assert prev_hash == previous
        assert digest == hashlib.sha256(previous + body).digest()
        previous = digest


def test_two_stations_do_not_share_a_genesis() -> None:
    assert genesis_hash(StationIdentity("a", "b")) != genesis_hash(StationIdentity("a", "c"))


def test_every_boot_is_counted_and_named(tmp_path: Path) -> None:
    with opened(tmp_path / "j") as first:
        assert first.session_number == 1
    with opened(tmp_path / "j") as second:
        assert second.session_number == 2
        assert second.boot_id != first.boot_id


def test_a_second_opener_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with opened(tmp_path / "j"), pytest.raises(JournalFailed, match=f"in use by process {os.getpid()}"):
        open_journal(tmp_path / "j")
    with opened(tmp_path / "j") as again:
        assert again.session_number == 2


def test_another_stations_journal_is_refused(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "j", 1))

    with pytest.raises(JournalFailed, match="belongs to acme/demo-01"):
        open_journal(tmp_path / "j", StationIdentity("acme", "demo-02"))


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "j", 1))
    tamper(tmp_path / "j", "PRAGMA user_version=3")

    with pytest.raises(JournalFailed, match="schema 3"):
        open_journal(tmp_path / "j")


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    tamper(tmp_path / "j", "CREATE TABLE cats(name)")

    with pytest.raises(JournalFailed, match="no journal"):
        open_journal(tmp_path / "j")


def test_a_file_of_noise_is_refused(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"noise" * 1000)

    with pytest.raises(JournalFailed):
        open_journal(tmp_path / "j")


@pytest.mark.parametrize("seq", [1, 4, 9])
def test_one_changed_byte_is_found_and_named(tmp_path: Path, seq: int) -> None:
    asyncio.run(fill(tmp_path / "j", 9))
    tamper(
        tmp_path / "j",
        "UPDATE events SET body=CAST(replace(CAST(body AS TEXT), 'lock-1', 'lock-2') AS BLOB) WHERE seq=?",
        seq,
    )

    with pytest.raises(JournalFailed, match=f"broken at record {seq}: the hash"):
        open_journal(tmp_path / "j")


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM events WHERE seq=3", "record 3: is missing; 4 follows"),
        ("DELETE FROM events WHERE seq=5", "record 5: the file ends at 4"),
        ("UPDATE events SET type='ph.parcel.missing.v1' WHERE seq=2", "record 2: the columns and the body"),
        ("UPDATE events SET hash=x'00' WHERE seq=4", "record 4: the hash"),
        ("UPDATE events SET body=x'7b' WHERE seq=4", "record 4: the body is no record"),
    ],
)
def test_every_kind_of_tampering_is_named(tmp_path: Path, statement: str, says: str) -> None:
    asyncio.run(fill(tmp_path / "j", 5))
    tamper(tmp_path / "j", statement)

    with pytest.raises(JournalFailed, match=says):
        open_journal(tmp_path / "j")


def test_damage_before_the_checked_tail_is_found_by_the_full_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.shell.journal.TAIL_CHECKED", 3)
    asyncio.run(fill(tmp_path / "j", 9))
    tamper(tmp_path / "j", "UPDATE events SET happened_ms=1, id='x' WHERE seq=2")

    with opened(tmp_path / "j") as journal:
        assert journal.verify() is None
        found = journal.verify(full=True)
    assert found is not None
    assert found.seq == 2


def test_too_large_a_batch_writes_nothing_and_stops_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        journal = open_journal(tmp_path / "j")
        with pytest.raises(ValueError, match="1001 facts"):
            await journal.append([lost()] * (MAX_BATCH + 1))
        with pytest.raises(ValueError, match="at most 65536"):
            await journal.append([lost(), lost("x" * 70_000)])
        with pytest.raises(OverflowError):
            await journal.append([Fact(DeviceBack("lock-1"), 2**70)])
        assert journal.head == 0
        assert len(await journal.append([lost()] * MAX_BATCH)) == MAX_BATCH
        await journal.close()

    asyncio.run(main())


def test_the_cursor_only_moves_forward_and_never_past_the_head(tmp_path: Path) -> None:
    async def main() -> None:
        journal = open_journal(tmp_path / "j")
        await journal.append([lost()] * 5)
        await journal.acknowledge(3)
        await journal.acknowledge(2)
        assert journal.acknowledged == 3
        with pytest.raises(ValueError, match="the head is 5"):
            await journal.acknowledge(6)
        await journal.close()

    asyncio.run(main())
    with opened(tmp_path / "j") as again:
        assert again.acknowledged == 3


def test_a_start_needs_only_the_newest_snapshot_and_what_follows(tmp_path: Path) -> None:
    async def main() -> None:
        journal = open_journal(tmp_path / "j")
        await journal.append([lost(str(n)) for n in range(10)])
        for seq in (2, 5, 8):
            await journal.save_snapshot(seq, b"state-%d" % seq)
        with pytest.raises(ValueError, match="the head is 10"):
            await journal.save_snapshot(11, b"")
        await journal.close()

    asyncio.run(main())
    with opened(tmp_path / "j") as again:
        loaded = again.load()
        assert (loaded.snapshot, loaded.snapshot_seq) == (b"state-8", 8)
        assert [seq for seq, *_ in again.page(8)] == [9, 10]
        assert again.load(use_snapshot=False) == Loaded(None, 0)
    tamper(tmp_path / "j", "UPDATE snapshots SET body=x'00' WHERE seq=8")
    with opened(tmp_path / "j") as again:
        assert again.load().snapshot == b"state-5"
    tamper(tmp_path / "j", "UPDATE snapshots SET body=x'00'")
    with opened(tmp_path / "j") as again:
        assert again.load().snapshot is None


def test_concurrent_appenders_share_one_order(tmp_path: Path) -> None:
    async def main() -> None:
        blocking = ThreadBlocking("journal")
        journal = Journal.open(tmp_path / "j", IDENTITY, SystemClock(), blocking)

        batches = await asyncio.gather(*[journal.append([lost(str(n))] * 3) for n in range(40)])

        assert sorted(r.seq for batch in batches for r in batch) == list(range(1, 121))
        assert all([r.seq for r in batch] == list(range(batch[0].seq, batch[0].seq + 3)) for batch in batches)
        assert journal.verify(full=True) is None
        await journal.close()
        blocking.close()

    asyncio.run(main())


def test_a_cancelled_append_leaves_the_journal_sound(tmp_path: Path) -> None:
    async def main() -> None:
        blocking = ThreadBlocking("journal")
        journal = Journal.open(tmp_path / "j", IDENTITY, SystemClock(), blocking)
        for number in range(30):
            task = asyncio.create_task(journal.append([lost(str(number))]))
            await asyncio.sleep(0)
            task.cancel()
        after = await journal.append([lost("last")])

        assert after[0].seq == journal.head
        assert journal.verify(full=True) is None
        await journal.close()
        blocking.close()

    asyncio.run(main())


WRITER = """
import asyncio, sys
from edge.core.events import DeviceLost
from edge.shell.blocking import InlineBlocking
from edge.shell.clock import SystemClock
from edge.shell.journal import Fact, Journal, JournalFailed, StationIdentity

async def main():
    j = Journal.open(sys.argv[1], StationIdentity("acme", "demo-01"), SystemClock(), InlineBlocking())
    print("open", j.head, flush=True)
    n = 0
    while True:
        n += 1
        records = await j.append([Fact(DeviceLost("lock-1", "x" * 200), 1)] * (1 + n % 3))
        if n % 7 == 0:
            await j.acknowledge(j.head)
        if n % 11 == 0:
            await j.save_snapshot(j.head, b"s" * 500)
        print(records[-1].seq, records[-1].id, flush=True)

{before}
asyncio.run(main())
"""


def writer(path: Path, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER.replace("{before}", before), str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_what_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    """Two dozen kills of one journal, each after another number of appends."""
    path = tmp_path / "j"
    told: dict[int, str] = {}
    for kill in range(24):
        process = writer(path)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("open"), process.stderr.read() if process.stderr else ""
        for _ in range(3 + 17 * kill % 41):
            seq, id_ = process.stdout.readline().split()
            told[int(seq)] = id_
        process.kill()
        rest, _ = process.communicate()
        for line in rest.splitlines(keepends=True):
            if line.endswith("\n"):
                seq, id_ = line.split()
                told[int(seq)] = id_
        with opened(path) as journal:
            assert journal.verify(full=True) is None
            kept = {r.seq: r.id for r in journal.read(0, 100_000)}
            assert list(kept) == list(range(1, journal.head + 1))
            assert told.items() <= kept.items()


def test_a_full_disk_stops_the_journal_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "j"
    process = writer(
        path, "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))"
    )
    out, err = process.communicate(timeout=PATIENCE_S)

    assert "JournalFailed" in err
    assert str(path) in err
    lines = [line.split() for line in out.splitlines()[1:]]
    assert len(lines) > 10
    with opened(path) as journal:
        assert journal.verify(full=True) is None
        kept = {r.seq: r.id for r in journal.read(0, 100_000)}
        assert {int(seq): id_ for seq, id_ in lines}.items() <= kept.items()


FULL_DISK = """
import asyncio, resource, sys, json
from edge.core.events import DeviceLost
from edge.shell.blocking import InlineBlocking
from edge.shell.clock import SystemClock
from edge.shell.journal import Fact, Journal, JournalFailed, StationIdentity

async def main():
    j = Journal.open(sys.argv[1], StationIdentity("acme", "demo-01"), SystemClock(), InlineBlocking())
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    try:
        while True:
            await j.append([Fact(DeviceLost("lock-1", "x" * 2000), 1)])
    except JournalFailed as error:
        first = error
    head = j.head
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    refused = 0
    for work in (lambda: j.append([Fact(DeviceLost("lock-1", "y"), 1)]), lambda: j.acknowledge(1),
                 lambda: j.save_snapshot(1, b"")):
        try:
            await work()
        except JournalFailed:
            refused += 1
    print(json.dumps({"path": str(first.path), "cause": first.cause, "head": head, "after": j.head,
                      "refused": refused, "read": len(j.read(0, 100000)), "broken": j.verify(True)}))

asyncio.run(main())
"""


def test_after_a_failure_nothing_more_is_accepted_but_all_is_readable(tmp_path: Path) -> None:
    """Even though the disk has room again: what the failed sync left behind is not known to this process."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "j")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=PATIENCE_S,
        check=True,
    )

    told = json.loads(done.stdout)
    assert told["path"] == str(tmp_path / "j")
    assert told["cause"]
    assert told["head"] > 3
    assert told["after"] == told["head"] == told["read"]
    assert told["refused"] == 3
    assert told["broken"] is None


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(JournalFailed, match="cannot be locked"):
        open_journal(tmp_path / "file" / "j")


def test_the_file_is_private_to_the_service(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "j", 1))

    assert (tmp_path / "j").stat().st_mode & 0o077 == 0
