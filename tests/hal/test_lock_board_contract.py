"""What every lock board driver must do, on simulated boards over a real pty."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hal.errors import DeviceOffline, NoAnswer
from hal.interfaces import LockBoard, LockFeedback, PulseResult
from tests.hal.lock_rig import ONE_OF_EACH, VARIANTS, LockRig, Variant, lock_rig
from tests.hal.scripted_line import until

LOCKED, UNLOCKED = LockFeedback.LOCKED, LockFeedback.UNLOCKED


@pytest.fixture(params=VARIANTS, ids=str)
def each_variant(request: pytest.FixtureRequest) -> Variant:
    chosen: Variant = request.param
    return chosen


@pytest.fixture
async def each_rig(each_variant: Variant, tmp_path: Path) -> AsyncIterator[LockRig]:
    async with lock_rig(each_variant, tmp_path) as made:
        yield made


@pytest.fixture(params=ONE_OF_EACH, ids=str)
def variant(request: pytest.FixtureRequest) -> Variant:
    chosen: Variant = request.param
    return chosen


@pytest.fixture
async def rig(variant: Variant, tmp_path: Path) -> AsyncIterator[LockRig]:
    """For what does not depend on polarity or size: faults of the wire cost seconds of time-outs."""
    async with lock_rig(variant, tmp_path) as made:
        yield made


def soon(seconds: float = 5.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def reads(board: LockBoard, channel: int, wanted: LockFeedback) -> None:
    """Poll until `channel` reads `wanted`; a poll into another reply on the line may go unanswered."""
    async with asyncio.timeout(8):
        while True:
            try:
                if (await board.read_feedback(soon(1.0)))[channel - 1] is wanted:
                    return
            except (NoAnswer, DeviceOffline):
                continue


async def turns_away(board: LockBoard) -> None:
    """Poll until the driver says that its port is not there."""
    async with asyncio.timeout(5):
        while True:
            try:
                await board.read_feedback(soon(1.0))
            except NoAnswer:
                continue
            except DeviceOffline:
                return


async def test_facts_are_those_of_the_configuration(each_rig: LockRig, each_variant: Variant) -> None:
    info = each_rig.board.info

    assert (info.id, info.kind, info.address, info.channels) == (
        "one",
        each_variant.kind,
        1,
        each_variant.channels,
    )
    assert info.port == str(each_rig.line.path)


async def test_closed_doors_read_locked_on_every_channel(each_rig: LockRig, each_variant: Variant) -> None:
    assert not each_rig.board.online

    assert await each_rig.board.read_feedback(soon()) == (LOCKED,) * each_variant.channels
    assert each_rig.board.online
    assert each_rig.board.trace.lines()[0].direction == ">"


async def test_each_pulse_opens_its_own_door_and_no_other(each_rig: LockRig, each_variant: Variant) -> None:
    for channel in (1, each_variant.channels // 2 + 1, each_variant.channels):
        assert await each_rig.board.pulse(channel, soon()) is PulseResult.ACKNOWLEDGED
        await reads(each_rig.board, channel, UNLOCKED)

        assert each_rig.world.open_doors() == [f"one-{channel}"]
        feedback = await each_rig.board.read_feedback(soon())
        assert [index + 1 for index, state in enumerate(feedback) if state is UNLOCKED] == [channel]
        assert each_rig.world.pulses(f"one-{channel}") == 1

        await until(lambda here=channel: each_rig.world.close_door(f"one-{here}"))  # type: ignore[misc]
        await reads(each_rig.board, channel, LOCKED)


async def test_forced_door_reads_unlocked(each_rig: LockRig, each_variant: Variant) -> None:
    each_rig.world.force_open(f"two-{each_variant.channels}")

    assert (await each_rig.neighbour.read_feedback(soon()))[-1] is UNLOCKED
    assert await each_rig.board.read_feedback(soon()) == (LOCKED,) * each_variant.channels


@pytest.mark.parametrize("fault", ["no_answer", "garbled_reply", "late_reply", "half_reply", "foreign_reply"])
async def test_spoilt_reply_leaves_the_pulse_unknown_and_given_once(rig: LockRig, fault: str) -> None:
    rig.faults.inject(fault, "one")

    assert await rig.board.pulse(1, soon()) is PulseResult.UNKNOWN

    await reads(rig.board, 1, UNLOCKED)
    assert rig.world.pulses("one-1") == 1
    assert rig.world.open_doors() == ["one-1"]


async def test_reply_that_comes_byte_by_byte_is_an_acknowledgement(
    each_rig: LockRig, each_variant: Variant
) -> None:
    each_rig.faults.inject("split_reply", "one")

    assert await each_rig.board.pulse(2, soon()) is PulseResult.ACKNOWLEDGED
    assert len(await each_rig.board.read_feedback(soon())) == each_variant.channels


async def test_dead_board_gets_no_pulse_and_comes_back_by_itself(rig: LockRig) -> None:
    await rig.board.read_feedback(soon())
    rig.faults.inject("board_dead", "one")

    assert await rig.board.pulse(1, soon()) is PulseResult.UNKNOWN
    with pytest.raises(NoAnswer):
        await rig.board.read_feedback(soon())
    assert not rig.board.online
    assert rig.world.pulses("one-1") == 0

    rig.faults.clear("board_dead", "one")
    assert await rig.board.read_feedback(soon())
    assert rig.board.online


async def test_dead_board_does_not_stop_its_neighbour(rig: LockRig) -> None:
    rig.faults.inject("board_dead", "one")

    async def poll_dead_board() -> None:
        while True:
            with pytest.raises((NoAnswer, DeviceOffline)):
                await rig.board.read_feedback(soon(1.0))

    polling = asyncio.create_task(poll_dead_board())
    try:
        for channel in (1, 2, 3):
            assert await rig.neighbour.pulse(channel, soon(2.0)) is PulseResult.ACKNOWLEDGED
            assert (await rig.neighbour.read_feedback(soon(1.0)))[7] is LOCKED
    finally:
        polling.cancel()


async def test_late_reading_is_never_taken_for_a_fresh_one(rig: LockRig) -> None:
    """A board answers one poll 1.5 s late; polled on at full speed, no reading is older than its request."""
    rig.faults.inject("late_reply", "one")
    with pytest.raises(NoAnswer):
        await rig.board.read_feedback(soon(1.0))
    rig.world.force_open("one-1")

    readings = []
    end = soon(3.0)
    while asyncio.get_running_loop().time() < end:
        try:
            readings.append((await rig.board.read_feedback(soon(1.0)))[0])
        except (NoAnswer, DeviceOffline):
            continue

    assert readings
    assert set(readings) == {UNLOCKED}


async def test_late_echo_of_a_pulse_acknowledges_no_other(rig: LockRig) -> None:
    rig.faults.inject("late_reply", "one")
    assert await rig.board.pulse(1, soon()) is PulseResult.UNKNOWN
    rig.faults.inject("board_dead", "one")

    assert await rig.board.pulse(1, soon()) is PulseResult.UNKNOWN
    assert await rig.board.pulse(2, soon()) is PulseResult.UNKNOWN
    assert rig.world.pulses("one-1") == 1
    assert rig.world.pulses("one-2") == 0


async def test_unplugged_line_sends_nothing_and_heals_when_plugged_in(rig: LockRig) -> None:
    await rig.board.read_feedback(soon())
    rig.line.unplug()
    await until(lambda: not rig.board.online)

    assert await rig.board.pulse(1, soon()) is PulseResult.NOT_SENT
    with pytest.raises(DeviceOffline):
        await rig.board.read_feedback(soon())

    rig.line.replug()
    async with asyncio.timeout(8):
        while not rig.board.online:
            try:
                await rig.board.read_feedback(soon(1.0))
            except (NoAnswer, DeviceOffline):
                await asyncio.sleep(0.02)
    assert rig.world.pulses("one-1") == 0
    assert await rig.board.pulse(1, soon()) is PulseResult.ACKNOWLEDGED
    assert rig.world.pulses("one-1") == 1


async def test_port_that_appears_after_the_start_is_taken(
    rig: LockRig, variant: Variant, tmp_path: Path
) -> None:
    rig.line.unplug()
    await until(lambda: not rig.line.path.is_symlink())
    await turns_away(rig.neighbour)

    rig.line.replug()

    async with asyncio.timeout(8):
        while not rig.neighbour.online:
            try:
                await rig.neighbour.read_feedback(soon(1.0))
            except (NoAnswer, DeviceOffline):
                await asyncio.sleep(0.02)
    assert await rig.neighbour.read_feedback(soon()) == (LOCKED,) * variant.channels


async def test_many_tasks_on_one_line_neither_collide_nor_energise_two_solenoids(rig: LockRig) -> None:
    async def poll(board: LockBoard) -> None:
        while True:
            await board.read_feedback(soon())

    polls = [asyncio.create_task(poll(board)) for board in (rig.board, rig.neighbour)]
    pulses = [board.pulse(channel, soon(20)) for board in (rig.board, rig.neighbour) for channel in (1, 2, 3)]

    results = await asyncio.gather(*pulses)
    for task in polls:
        task.cancel()
    await asyncio.wait(polls)

    assert set(results) == {PulseResult.ACKNOWLEDGED}
    assert all(task.cancelled() for task in polls)
    assert rig.line.collisions == 0
    assert rig.world.max_energised == 1
    wanted = sorted(f"{name}-{channel}" for name in ("one", "two") for channel in (1, 2, 3))
    await until(lambda: sorted(rig.world.open_doors()) == wanted)


async def test_line_that_is_busy_past_the_deadline_sends_nothing(rig: LockRig) -> None:
    rig.faults.inject("board_dead", "one")
    busy = asyncio.create_task(rig.board.pulse(1, soon()))
    await until(lambda: any(burst.direction == ">" for burst in rig.board.trace.lines()))

    with pytest.raises(DeviceOffline):
        await rig.neighbour.read_feedback(soon(0.1))
    assert await rig.neighbour.pulse(1, soon(0.1)) is PulseResult.NOT_SENT
    await busy
    assert rig.world.pulses("two-1") == 0


async def test_cancelled_pulse_leaves_the_line_usable(rig: LockRig) -> None:
    rig.faults.inject("no_answer", "one")
    pulse = asyncio.create_task(rig.board.pulse(1, soon()))
    await until(lambda: rig.world.pulses("one-1") == 1)
    pulse.cancel()
    await asyncio.wait([pulse])

    await reads(rig.board, 1, UNLOCKED)
    assert await rig.board.pulse(2, soon()) is PulseResult.ACKNOWLEDGED
    assert rig.world.pulses("one-1") == 1


async def test_version_is_told_where_the_protocol_has_the_question(
    each_rig: LockRig, each_variant: Variant
) -> None:
    assert await each_rig.board.version(soon()) == ("2.00" if each_variant.kind == "modbus-relay" else None)
