"""What a start folds: page by page in memory that does not grow, telling how far it is."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.core.events import DeviceBack, DeviceLost, Event, SignInFailed
from edge.core.fold import apply, fold
from edge.core.model import State
from edge.shell.blocking import InlineBlocking
from edge.shell.clock import SystemClock
from edge.shell.envelope import Stamp, encode_event
from edge.shell.ids import uuid7
from edge.shell.journal import FOLD_PAGE, Fact, Journal, JournalFailed, StationIdentity
from edge.shell.journal_file import chain_hash, genesis_hash
from edge.shell.journal_look import held_state
from edge.shell.journal_state import PROGRESS_EVERY_S, load_state

IDENTITY = StationIdentity("acme", "demo-01")
AT_MS = 1_790_000_000_000

MANY = 200_000
"""Four months of a large cabinet."""

PAGE_BLOCKS = 10_000
"""Small objects a page of facts may have alive (rows, bodies, events); all of them had a million."""

FACTS: list[Event] = [DeviceLost("lock-1", "gone"), DeviceBack("lock-1"), SignInFailed("s-1", "1042")]


def nth(seq: int) -> Event:
    return FACTS[seq % len(FACTS)]


def open_journal(path: Path) -> Journal:
    return Journal.open(path, IDENTITY, SystemClock(), InlineBlocking())


def write(path: Path, count: int, *, unknown: int = 0) -> None:
    """`count` facts, chained as the journal chains them, without its commits of a thousand at most.

    The one at `unknown` is of a type this software does not know.
    """
    asyncio.run(open_journal(path).close())
    stamp = Stamp(0, "@", AT_MS, "b", "synced")
    forms = [(fact.type, encode_event(IDENTITY, Fact(fact, AT_MS), stamp)) for fact in FACTS]

    def rows() -> Iterator[tuple[object, ...]]:
        prev = genesis_hash(IDENTITY)
        for seq in range(1, count + 1):
            id_ = uuid7(AT_MS)
            type_, form = forms[seq % len(forms)]
            body = form.replace(b'"@"', b'"%s"' % id_.encode()).replace(b"0" * 20, b"%020d" % seq)
            if seq == unknown:
                body, type_ = body.replace(type_.encode(), b"ph.cat.seen.v1"), "ph.cat.seen.v1"
            digest = chain_hash(prev, body)
            yield seq, id_, type_, AT_MS, body, prev, digest
            prev = digest

    with closing(sqlite3.connect(path)) as file, file:
        file.executemany("INSERT INTO events VALUES(?,?,?,?,?,?,?)", rows())
        file.execute("UPDATE meta SET value=? WHERE key='head'", (str(count),))


class PageClock(SystemClock):
    """As if each page took `page_s`: a fold asks for the time once before the first and once after each."""

    def __init__(self, page_s: float) -> None:
        super().__init__()
        self._page_s = page_s
        self._now_s = -page_s

    def monotonic(self) -> float:
        self._now_s += self._page_s
        return self._now_s


def loaded(path: Path, page_s: float = 0.0) -> State:
    journal = open_journal(path)
    try:
        state, _ = load_state(journal, PageClock(page_s))
    finally:
        asyncio.run(journal.close())
    return state


def looked_at(path: Path) -> State:
    with held_state(path, IDENTITY) as state:
        return state


@pytest.fixture(scope="module")
def long_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "j"
    write(path, MANY)
    return path


@pytest.mark.parametrize(
    ("fold_all", "module"), [(loaded, "journal_state"), (looked_at, "journal_look")], ids=["start", "look"]
)
def test_folding_everything_needs_no_more_memory_for_more_facts(
    long_journal: Path, monkeypatch: pytest.MonkeyPatch, fold_all: Callable[[Path], State], module: str
) -> None:
    facts = 0
    blocks = [sys.getallocatedblocks()]

    def watched(state: State, event: Event, at_ms: int, monotonic_ms: int | None) -> State:
        nonlocal facts
        facts += 1
        if facts % 1_000 == 1:
            blocks.append(sys.getallocatedblocks())
        return apply(state, event, at_ms, monotonic_ms)

    monkeypatch.setattr(f"edge.shell.{module}.apply", watched)
    state = fold_all(long_journal)

    assert facts == MANY
    assert state.attempts["staff/1042"].failures == sum(nth(seq) is FACTS[2] for seq in range(1, MANY + 1))
    assert max(blocks) - blocks[0] < PAGE_BLOCKS


@pytest.mark.parametrize("count", [0, 1, FOLD_PAGE - 1, FOLD_PAGE, FOLD_PAGE + 1, 3 * FOLD_PAGE + 7])
def test_pages_give_the_state_that_one_fold_gives(tmp_path: Path, count: int) -> None:
    write(tmp_path / "j", count)

    assert loaded(tmp_path / "j") == fold(State(), [(nth(seq), AT_MS) for seq in range(1, count + 1)])


@pytest.mark.parametrize(
    ("page_s", "told"),
    [
        (0.0, []),
        (PROGRESS_EVERY_S / 4, ["1000 of 1000"]),
        (PROGRESS_EVERY_S / 2, ["500 of 1000", "1000 of 1000"]),
        (PROGRESS_EVERY_S, ["250 of 1000", "500 of 1000", "750 of 1000", "1000 of 1000"]),
    ],
)
def test_a_fold_that_takes_long_says_how_far_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, page_s: float, told: list[str]
) -> None:
    write(tmp_path / "j", 4 * FOLD_PAGE)

    with caplog.at_level(logging.INFO):
        loaded(tmp_path / "j", page_s)

    assert [record.getMessage() for record in caplog.records] == [
        f"folding the journal: {each} records" for each in told
    ]


def test_a_record_of_newer_software_is_named_wherever_it_stands(tmp_path: Path) -> None:
    write(tmp_path / "j", FOLD_PAGE + 50, unknown=FOLD_PAGE + 1)

    with pytest.raises(JournalFailed, match=rf"record {FOLD_PAGE + 1}: unknown event type 'ph\.cat"):
        loaded(tmp_path / "j")
