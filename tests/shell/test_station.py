"""The loop that owns the state: durable before done, in order, bounded, the same after a restart."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from edge.core.codes import derive_code
from edge.core.effects import CheckPin, UnlockDoor
from edge.core.inputs import (
    DeviceStateChanged,
    DoorReading,
    PinChecked,
    Scan,
    Tap,
    Tick,
    UnlockOutcome,
)
from edge.core.model import DoorState, Stage
from edge.core.view import View
from edge.shell.blocking import InlineBlocking
from edge.shell.journal import MAX_BATCH, Fact, Journal, JournalFailed, Record
from edge.shell.journal_state import load_state, to_snapshot
from edge.shell.station import MAX_WAITING, SNAPSHOT_EVERY
from tests.core.bench import expected, make_setup, tracking_code
from tests.shell.station_rig import IDENTITY, Rig, running, types, until
from tests.support.virtual_time import VirtualClock, run_virtual


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def virtual(main: Callable[[], Awaitable[None]]) -> None:
    run_virtual(main)


async def sign_in(rig: Rig) -> None:
    await rig.tap("start_courier")
    await rig.tap("enter_staff_id", staff_id="1001")
    await rig.tap("enter_pin", pin="246810")
    check = rig.of(CheckPin)[-1]
    rig.station.post(PinChecked(check.session, check.step, check.staff_id, True))
    await until(lambda: rig.station.view().screen == "courier_menu")


async def deposit(rig: Rig, parcel: str) -> UnlockDoor:
    """Sign in, announce, deposit and confirm one parcel."""
    rig.station.post(expected(parcel))
    await sign_in(rig)
    await rig.tap("start_deposit")
    await rig.tap("enter_tracking", tracking_code=tracking_code(parcel))
    unlock = rig.of(UnlockDoor)[-1]
    rig.station.post(UnlockOutcome(unlock.unlock, "acknowledged"))
    for level in (DoorState.OPEN, DoorState.CLOSED):
        rig.station.post(DoorReading(unlock.compartment, level))
    await until(lambda: rig.station.view().screen == "deposit_confirm")
    await rig.tap("confirm_in")
    return unlock


# --- durable before done ---------------------------------------------------------


def test_effects_leave_only_when_their_facts_are_on_disk(path: Path) -> None:
    async def main() -> None:
        async with running(path) as rig:
            await deposit(rig, "p1")
            recorded = types(rig.journal.read(0, 1_000))
            for effect, head in zip(rig.effects, rig.heads, strict=True):
                if isinstance(effect, UnlockDoor):
                    assert recorded[head - 1] == "door.unlock-requested"
            assert len(rig.of(UnlockDoor)) == 1

    virtual(main)


def test_nothing_is_shown_or_answered_before_it_is_durable(path: Path) -> None:
    async def main() -> None:
        async with running(path) as rig:
            await rig.tap("start_courier")
            rig.blocking.gate = asyncio.Event()
            tap = asyncio.create_task(rig.tap("cancel"))
            await asyncio.sleep(1)

            assert not tap.done()
            assert rig.station.view().screen == "courier_id"
            assert rig.station.state.session is not None

            rig.blocking.gate.set()
            assert await tap
            assert rig.station.view().screen == "home"

    virtual(main)


def test_a_failed_journal_releases_nothing_shows_out_of_order_and_ends_the_loop(path: Path) -> None:
    async def main() -> None:
        rig = Rig(path)
        task = asyncio.create_task(rig.station.run())
        rig.start()
        rig.station.post(expected("p1"))
        await sign_in(rig)
        await rig.tap("start_deposit")
        released = len(rig.effects)
        rig.journal.fail_after = 0

        refused = await rig.tap("enter_tracking", tracking_code=tracking_code("p1"))

        with pytest.raises(JournalFailed):
            await task
        assert not refused
        assert len(rig.effects) == released, "an unlock left without its record"
        assert rig.station.view().screen == "out_of_order"
        assert rig.station.view().actions == []
        assert await rig.station.submit(Tap("start_pickup")) is None
        assert not rig.station.offer(Tap("start_pickup"))
        assert rig.station.state.unlock is None, "what is not recorded has not happened"
        await rig.journal.close()

    virtual(main)


def test_a_failed_journal_answers_everybody_who_waits(path: Path) -> None:
    """Also those whose input came while the failing commit, or a snapshot, was under way."""

    async def main() -> None:
        rig = Rig(path)
        task = asyncio.create_task(rig.station.run())
        rig.start()
        await until(lambda: rig.journal.head)
        rig.journal.fail_after = 0
        rig.blocking.gate = asyncio.Event()
        first = asyncio.create_task(rig.tap("start_courier"))
        later = asyncio.create_task(rig.tap("start_pickup"))
        await asyncio.sleep(0)
        rig.blocking.gate.set()

        assert [await first, await later] == [False, False]
        with pytest.raises(JournalFailed):
            await task
        await rig.journal.close()

    virtual(main)


def test_a_failed_snapshot_answers_who_came_meanwhile(path: Path) -> None:
    async def main() -> None:
        rig = Rig(path)
        task = asyncio.create_task(rig.station.run())
        rig.start()
        waiting: list[asyncio.Task[bool]] = []

        async def full(seq: int, body: bytes) -> None:
            waiting.append(asyncio.create_task(rig.tap("start_courier")))
            await asyncio.sleep(0.1)
            raise JournalFailed(path, "disk full")

        rig.journal.save_snapshot = full  # type: ignore[method-assign]
        for _ in range(SNAPSHOT_EVERY):
            rig.station.post(Tap("nonsense"))
        with pytest.raises(JournalFailed):
            await task
        assert [await each for each in waiting] == [False]
        await rig.journal.close()

    virtual(main)


def test_a_watching_page_is_told_when_the_station_falls_out_of_order(path: Path) -> None:
    async def main() -> None:
        rig = Rig(path)
        task = asyncio.create_task(rig.station.run())
        rig.start()
        await until(lambda: rig.journal.head)
        seen: list[View] = []

        async def watch() -> None:
            async for view in rig.station.views():
                seen.append(view)

        watching = asyncio.create_task(watch())
        await until(lambda: seen)
        rig.journal.fail_after = 0
        rig.station.post(Tap("start_courier"))
        with pytest.raises(JournalFailed):
            await task
        await until(lambda: seen[-1].screen == "out_of_order")
        assert seen[-1].rev > seen[0].rev
        watching.cancel()
        await rig.journal.close()

    virtual(main)


# --- commits -------------------------------------------------------------------------


def test_inputs_that_waited_together_are_one_transaction_in_order(path: Path) -> None:
    async def main() -> None:
        async with running(path) as rig:
            await until(lambda: rig.journal.head)
            before, head = rig.blocking.runs, rig.journal.head
            for number in range(50):
                rig.station.post(DeviceStateChanged(f"d{number}", online=False))
            await until(lambda: rig.journal.head == head + 50)

            assert rig.blocking.runs == before + 1
            lost = [record.body for record in rig.journal.read(head, 100)]
            assert [f'"device":"d{n}"'.encode() in body for n, body in enumerate(lost)] == [True] * 50

    virtual(main)


def test_an_input_without_facts_costs_no_transaction_and_no_redraw(path: Path) -> None:
    async def main() -> None:
        async with running(path) as rig:
            await until(lambda: rig.journal.head)
            runs, rev = rig.blocking.runs, rig.station.view().rev
            assert await rig.station.submit(Tick()) is not None
            assert rig.blocking.runs == runs
            assert rig.station.view().rev == rev

    virtual(main)


def test_the_facts_of_one_decision_are_never_parted(path: Path) -> None:
    """One fact, then scans of two facts each: fact 1,000 and 1,001 belong to the same scan."""

    async def main() -> None:
        async with running(path) as rig:
            await sign_in(rig)
            await rig.tap("start_deposit")
            sizes: list[int] = []
            keep = rig.journal.append

            async def append(batch: Sequence[Fact]) -> list[Record]:
                sizes.append(len(batch))
                return await keep(batch)

            rig.journal.append = append  # type: ignore[method-assign]
            head = rig.journal.head
            rig.station.post(DeviceStateChanged("d0", online=False))
            for _ in range(MAX_BATCH // 2 + 10):
                rig.station.post(Scan("window", "NOSUCHPARCEL", "C0"))
            await until(lambda: rig.journal.head == head + MAX_BATCH + 21)
            assert sizes == [MAX_BATCH - 1, 22]

    virtual(main)


# --- floods ----------------------------------------------------------------------------


def test_a_flood_is_refused_beyond_its_bound_and_feedback_is_not(path: Path) -> None:
    async def main() -> None:
        async with running(path) as rig:
            await until(lambda: rig.journal.head)
            taken = [rig.station.offer(Tap("nonsense")) for _ in range(MAX_WAITING + 5)]
            assert taken == [True] * MAX_WAITING + [False] * 5
            assert await rig.station.submit(Tap("start_pickup")) is None
            rig.station.post(DoorReading("a01", DoorState.OPEN))
            await until(lambda: rig.station.state.compartments["a01"].door is DoorState.OPEN)
            assert await rig.tap("start_pickup"), "after the flood it serves again"

    virtual(main)


def test_a_caller_that_gives_up_does_not_undo_its_input(path: Path) -> None:
    async def main() -> None:
        async with running(path) as rig:
            await until(lambda: rig.journal.head)
            rig.blocking.gate = asyncio.Event()
            tap = asyncio.create_task(rig.tap("start_courier"))
            await asyncio.sleep(0.1)
            tap.cancel()
            rig.blocking.gate.set()
            await until(lambda: rig.station.view().screen == "courier_id")

    virtual(main)


# --- time --------------------------------------------------------------------------------


def test_a_step_ends_by_itself_exactly_when_its_time_is_over(path: Path) -> None:
    async def main() -> None:
        async with running(path) as rig:
            await rig.tap("start_pickup")
            loop = asyncio.get_running_loop()
            began_s = loop.time()
            assert rig.station.view().seconds == 60.0
            await asyncio.sleep(45)
            left = rig.station.view().seconds_left
            assert left == pytest.approx(15.0, abs=0.1)
            await until(lambda: rig.station.view().screen == "home", 30)
            assert loop.time() - began_s == pytest.approx(60.0, abs=0.1)
            assert types(rig.journal.read(0, 100))[-1] == "session.ended"

    virtual(main)


def test_a_new_step_replaces_the_timer_of_the_one_before(path: Path) -> None:
    async def main() -> None:
        async with running(path) as rig:
            await rig.tap("start_courier")
            await asyncio.sleep(50)
            await rig.tap("enter_staff_id", staff_id="1001")
            await asyncio.sleep(50)
            assert rig.station.view().screen == "courier_pin"
            await until(lambda: rig.station.view().screen == "home", 11)

    virtual(main)


def test_a_session_timer_that_outlives_its_session_does_nothing(path: Path) -> None:
    async def main() -> None:
        async with running(path) as rig:
            await rig.tap("start_courier")
            await rig.tap("cancel")
            head = rig.journal.head
            await asyncio.sleep(120)
            assert rig.journal.head == head
            assert rig.station.view().seconds_left is None

    virtual(main)


# --- views ------------------------------------------------------------------------------


def test_a_slow_reader_skips_to_the_newest_view(path: Path) -> None:
    async def main() -> None:
        async with running(path) as rig:
            await until(lambda: rig.journal.head)
            views = rig.station.views()
            first = await anext(views)
            for action in ("start_courier", "cancel", "start_pickup"):
                await rig.tap(action)
            newest = await anext(views)
            assert (first.screen, newest.screen) == ("home", "pickup_code")
            assert newest.rev == first.rev + 3
            later = asyncio.ensure_future(anext(views))
            await asyncio.sleep(5)
            assert not later.done(), "no change, no view"
            later.cancel()

    virtual(main)


# --- restarts ----------------------------------------------------------------------------


def test_a_restart_knows_what_the_station_knew(path: Path) -> None:
    async def main() -> None:
        async with running(path) as rig:
            unlock = await deposit(rig, "p1")
            before = rig.station.state
        async with running(path) as again:
            await until(lambda: again.station.state.boots == 2)
            after = again.station.state
            assert after.parcels == before.parcels
            assert after.session is not None and before.session is not None
            assert after.session.id == before.session.id
            assert after.session.stage is Stage.DEPOSIT_SCAN
            assert again.of(UnlockDoor) == [], "a restart pulses nothing"
            await again.tap("back")
            await again.tap("sign_out")
            nonce = after.parcels["p1"].code_nonce
            await again.tap("start_pickup")
            await again.tap("enter_code", code=derive_code(bytes(range(32)), "demo-01", "p1", nonce))
            assert [u.compartment for u in again.of(UnlockDoor)] == [unlock.compartment]

    virtual(main)


def crowd(rig: Rig, count: int) -> None:
    for _ in range(count):
        rig.station.post(Tap("nonsense"))


def snapshots(path: Path) -> list[int]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT seq FROM snapshots ORDER BY seq").fetchall()
    connection.close()
    return [seq for (seq,) in rows]


async def with_snapshot(path: Path) -> object:
    """A journal with a snapshot and facts after it; returns the state."""
    async with running(path) as rig:
        await deposit(rig, "p1")
        crowd(rig, SNAPSHOT_EVERY)
        await until(lambda: snapshots(path))
        await rig.tap("back")
        await rig.tap("sign_out")
        return rig.station.state


async def reloaded(path: Path) -> object:
    journal = Journal.open(path, IDENTITY, VirtualClock(), InlineBlocking())
    try:
        return load_state(journal, VirtualClock())[0]
    finally:
        await journal.close()


def test_snapshot_and_later_facts_give_the_state_that_was(path: Path) -> None:
    async def main() -> None:
        was = await with_snapshot(path)
        assert snapshots(path)
        assert await reloaded(path) == was

    virtual(main)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"parcels": 3}', b"not json", b'{"form": "0.0/other", "state": {}}']
)
def test_a_snapshot_of_another_version_is_passed_over_for_the_facts(path: Path, body: bytes) -> None:
    async def main() -> None:
        was = await with_snapshot(path)
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE snapshots SET body=?, hash=?", (body, hashlib.sha256(body).digest()))
        connection.close()
        assert await reloaded(path) == was

    virtual(main)


@pytest.mark.parametrize("step_ms", [-86_400_000, 86_400_000])
def test_a_lock_out_outlives_a_restart_with_the_clock_set_and_ends_in_time(path: Path, step_ms: int) -> None:
    """By the facts, and by a snapshot: both remember the monotonic clock."""

    async def told(rig: Rig) -> str:
        await rig.tap("start_pickup")
        await rig.tap("enter_code", code="123456789")
        session = rig.station.state.session
        notice = session.notice if session is not None else rig.station.state.farewell
        assert notice is not None
        await rig.tap("cancel")
        return notice.code

    async def main() -> None:
        async with running(path, make_setup(station_attempts=2)) as rig:
            assert [await told(rig), await told(rig)] == ["CODE_WRONG", "LOCKED_OUT"]
        await asyncio.sleep(60)
        async with running(path) as rig:
            assert isinstance(rig.clock, VirtualClock)
            rig.clock.wall_start_ms += step_ms
            assert await told(rig) == "LOCKED_OUT"
            await rig.journal.save_snapshot(rig.journal.head, to_snapshot(rig.station.state))
        async with running(path) as rig:
            await asyncio.sleep(59)
            assert await told(rig) == "LOCKED_OUT"
            await asyncio.sleep(1)
            assert await told(rig) == "CODE_WRONG"

    virtual(main)


def test_restarts_do_not_put_off_the_snapshot(path: Path) -> None:
    """Each start records less than a snapshot's worth; what a start folds stays bounded all the same."""

    async def main() -> None:
        for _ in range(3):
            async with running(path) as rig:
                await until(lambda rig=rig: rig.station.state.boots)  # type: ignore[misc]
                head = rig.journal.head
                crowd(rig, SNAPSHOT_EVERY // 2)
                await until(lambda rig=rig, head=head: rig.journal.head >= head + SNAPSHOT_EVERY // 2)  # type: ignore[misc]
        assert snapshots(path), "1,500 facts in three starts, and no snapshot"

    virtual(main)


def test_a_moment_brings_more_ids_than_any_decision_takes(path: Path) -> None:
    """The largest taker: a code scanned at the home screen starts a session and asks for an unlock."""

    async def main() -> None:
        async with running(path, make_setup("S")) as rig:
            await deposit(rig, "p1")
            await rig.tap("back")
            await rig.tap("sign_out")
            nonce = rig.station.state.parcels["p1"].code_nonce
            code = derive_code(bytes(range(32)), "demo-01", "p1", nonce)
            assert await rig.station.submit(Scan("window", f"PHP:{code}", "Q1")) is not None
            assert rig.station.view().screen == "door_opening"

    virtual(main)
