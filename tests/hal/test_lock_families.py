"""What every kind of lock board must do, on all kinds at once: each on a line of its own, over a pty or a
socket.

The wires take their real time, so the kinds take it together.  A failure names its kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hal.errors import DeviceOffline, DeviceRefused, NoAnswer
from hal.interfaces import LockBoard, LockFeedback, PulseResult
from hal.locks.modbus_switched import SwitchedRelayBoard
from hal.registry import LOCKS
from tests.hal.lock_rig import EVERY_KIND, SPECIAL, LockRig, Variant, lock_rig
from tests.hal.scripted_line import until

LOCKED, UNLOCKED, UNKNOWN = LockFeedback.LOCKED, LockFeedback.UNLOCKED, LockFeedback.UNKNOWN
ACKNOWLEDGED, NOT_SENT, REFUSED, UNSURE = (
    PulseResult.ACKNOWLEDGED,
    PulseResult.NOT_SENT,
    PulseResult.REFUSED,
    PulseResult.UNKNOWN,
)
SHORT = {"reply_timeout_ms": 800, "read_timeout_ms": 400}
"""For faults that cost time-outs: longer than a pulse and its reply."""
LONG = {"reply_timeout_ms": 4000, "read_timeout_ms": 3000}
"""Where every reply comes, however busy the machine is."""

Check = Callable[[LockRig], Awaitable[None]]


def soon(seconds: float = 8.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def everywhere(
    folder: Path,
    check: Check,
    variants: Sequence[Variant] = EVERY_KIND,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Run `check` on a rig of each variant, all together."""

    async def one(number: int, variant: Variant) -> str:
        try:
            async with lock_rig(variant, folder / str(number), **(options or {})) as rig:
                await check(rig)
        except Exception as failure:  # every kind is told of, not the first alone
            told = [f"{each.direction} {each.data.hex(' ')}" for each in rig.board.trace.lines()[-12:]]
            return "\n".join([f"{variant}: {type(failure).__name__} {failure}", *told])
        return ""

    told = await asyncio.gather(*(one(number, variant) for number, variant in enumerate(variants)))
    assert not any(told), "\n".join(filter(None, told))


async def feedback(board: LockBoard) -> tuple[LockFeedback, ...]:
    """A reading, however often it must be asked for."""
    async with asyncio.timeout(12):
        while True:
            try:
                return await board.read_feedback(soon(1.0))
            except (NoAnswer, DeviceOffline, DeviceRefused):
                await asyncio.sleep(0.01)


async def reads(rig: LockRig, board: LockBoard, channel: int, wanted: LockFeedback) -> None:
    """Return when `channel` reads `wanted`; at once where there is no feedback."""
    async with asyncio.timeout(12):
        while rig.variant.reads and (await feedback(board))[channel - 1] is not wanted:
            await asyncio.sleep(0)


def pulsed(rig: LockRig) -> dict[str, int]:
    """Which doors' coils had power, and how often."""
    counts = {each.id: rig.world.pulses(each.id) for each in rig.world.plan.compartments}
    return {name: count for name, count in counts.items() if count}


def live(rig: LockRig) -> list[str]:
    """Which coils have power now."""
    return [each.id for each in rig.world.plan.compartments if rig.world.is_energised(each.id)]


def test_no_kind_is_left_out() -> None:
    assert {each.kind for each in EVERY_KIND} == {each.kind for each in SPECIAL} == set(LOCKS)


async def test_each_pulse_opens_its_own_door_and_no_other(tmp_path: Path) -> None:
    async def check(rig: LockRig) -> None:
        expected = ACKNOWLEDGED if rig.variant.acknowledges else UNSURE
        channels = rig.variant.channels
        closed = LOCKED if rig.variant.reads else UNKNOWN
        assert await feedback(rig.board) == (closed,) * channels
        for channel in sorted({1, channels // 2 + 1, channels}):
            assert await rig.board.pulse(channel, soon()) is expected
            await reads(rig, rig.board, channel, UNLOCKED)
            await until(lambda here=channel: rig.world.open_doors() == [f"one-{here}"])  # type: ignore[misc]
            if rig.variant.reads:
                told = await feedback(rig.board)
                assert [number for number, state in enumerate(told, 1) if state is UNLOCKED] == [channel]
            assert rig.world.pulses(f"one-{channel}") == 1
            await until(lambda here=channel: rig.world.close_door(f"one-{here}"))  # type: ignore[misc]
            await reads(rig, rig.board, channel, LOCKED)
        rig.world.force_open(f"two-{channels}")
        await reads(rig, rig.neighbour, channels, UNLOCKED)
        assert await feedback(rig.board) == (closed,) * channels
        assert rig.line.collisions == 0
        assert rig.world.max_energised == 1
        assert rig.board.online

    await everywhere(tmp_path, check, [*EVERY_KIND, *SPECIAL], LONG)


ANY = {ACKNOWLEDGED, UNSURE, REFUSED}
SPOILT = {UNSURE}
Expected = tuple[set[PulseResult], set[int], dict[str, Any]]
FAULTS: dict[str, dict[str, Expected]] = {
    "replies": {
        "no_answer": (SPOILT, {1}, {"n": 1}),
        "garbled_reply": (SPOILT, {1}, {"n": 1}),
        "late_reply": (SPOILT, {1}, {"n": 1, "delay_s": 1.2}),
        "half_reply": (SPOILT, {1}, {"n": 1}),
        "foreign_reply": (SPOILT, {1}, {"n": 1}),
    },
    "splits": {"split_reply": ({ACKNOWLEDGED}, {1}, {})},
    "boards": {
        "board_dead": (SPOILT, {0}, {}),
        "wrong_address": (SPOILT, {0}, {"address": 29}),
        "brown_out": (SPOILT, {0}, {"for_s": 60}),
        "babble": (ANY, {0, 1}, {"every_s": 0.2}),
    },
    "line": {"line_noise": (ANY, {0, 1}, {"rate": 0.02})},
    "doors": {
        "door_stuck": (ANY, {1}, {}),
        "jammed_latch": (ANY, {1}, {}),
        "coil_hot": (ANY, {1}, {}),
        "contact_bounce": (ANY, {1}, {}),
        "contact_flaps": (ANY, {1}, {}),
        "feedback_stuck": (ANY, {1}, {"closed": True}),
        "door_forced": (ANY, {1}, {}),
    },
}
"""Each fault of a wire, a board or a door: what may be known of a pulse, how often its coil had power."""
TARGETS = {"replies": "one", "splits": "one", "boards": "one", "line": "line", "doors": "one-1"}
SHUT = {"jammed_latch", "coil_hot"}


@pytest.mark.parametrize("groups", [("replies",), ("boards", "line"), ("splits", "doors")], ids="-".join)
async def test_under_each_fault_a_pulse_is_given_once_and_what_is_not_known_is_unknown(
    tmp_path: Path, groups: tuple[str, ...]
) -> None:
    def under(group: str, fault: str) -> Check:
        results, counts, params = FAULTS[group][fault]

        async def check(rig: LockRig) -> None:
            await ready(rig)
            lost = unheard(rig)
            rig.faults.inject(fault, TARGETS[group], **params)
            result = await rig.board.pulse(1, soon())
            await until(lambda: unheard(rig) <= lost)
            rig.faults.clear(fault, TARGETS[group])

            # Without a check a spoilt byte may pass for another result, and noise may name another lock.
            unchecked = not rig.variant.checked and group not in ("doors", "splits")
            expected = results if rig.variant.acknowledges else {UNSURE}
            assert unchecked or result in expected, f"{result} of {expected}"
            if rig.variant.checked or group != "line":
                assert pulsed(rig).get("one-1", 0) in counts
                assert set(pulsed(rig)) <= {"one-1"}
            assert sum(pulsed(rig).values()) <= 1
            await settles(rig)
            assert fault not in SHUT or not rig.world.door_is_open("one-1")

        return check

    async def one(group: str, fault: str) -> None:
        patience = LONG if group in ("splits", "doors") else SHORT
        try:
            await everywhere(tmp_path / fault, under(group, fault), options=patience)
        except AssertionError as failure:
            raise AssertionError(f"under {fault}: {failure}") from failure

    await asyncio.gather(*(one(group, fault) for group in groups for fault in FAULTS[group]))


async def test_a_brown_out_in_the_middle_of_a_pulse_ends_it_and_nothing_repeats_it(tmp_path: Path) -> None:
    async def check(rig: LockRig) -> None:
        await ready(rig)
        pulse = asyncio.create_task(rig.board.pulse(1, soon()))
        await until(lambda: rig.world.is_energised("one-1"))
        rig.faults.inject("brown_out", "one", for_s=0.4)
        assert live(rig) == []

        assert await pulse in (ANY if rig.variant.acknowledges else {UNSURE})
        await settles(rig)
        assert pulsed(rig) == {"one-1": 1, "two-1": 1}

    await everywhere(tmp_path, check, options=SHORT)


async def ready(rig: LockRig) -> None:
    """The board answers, and relays that the driver switches have been let go of."""
    await feedback(rig.board)
    for board in (rig.board, rig.neighbour):
        if isinstance(board, SwitchedRelayBoard):
            await until(lambda here=board: here.released)  # type: ignore[misc]


def unheard(rig: LockRig) -> int:
    """Bytes that were sent and have not been on the wire; those of a request that timed out may never be."""
    sent = sum(len(burst.data) for burst in rig.board.trace.lines() if burst.direction == ">")
    return sent - sum(len(record.data) for record in rig.line.log if record.sender == "host")


async def settles(rig: LockRig) -> None:
    """What the board reads comes to be what the world is, no coil stays live, and the neighbour opens."""
    await until(lambda: not live(rig), within_s=12)
    async with asyncio.timeout(12):  # a door springs open some time after its pulse
        while rig.variant.reads:
            told = (await feedback(rig.board))[0]
            if told is (UNLOCKED if rig.world.door_is_open("one-1") else LOCKED):
                break
    await until(lambda: not live(rig), within_s=12)
    before = rig.world.pulses("two-1")
    async with asyncio.timeout(12):  # a late reply of before may still hold the line
        while await rig.neighbour.pulse(1, soon()) is NOT_SENT:
            continue
    await until(lambda: rig.world.door_is_open("two-1"), within_s=12)
    assert rig.world.pulses("two-1") == before + 1


async def test_unplugged_line_sends_nothing_and_heals_when_plugged_in(tmp_path: Path) -> None:
    async def check(rig: LockRig) -> None:
        await feedback(rig.board)
        rig.faults.inject("line_unplugged", "line")
        await until(lambda: not rig.board.online)
        while await rig.board.pulse(1, soon(1.0)) is not NOT_SENT:  # TCP learns of it by the first answer
            assert pulsed(rig) == {}
        with pytest.raises((DeviceOffline, NoAnswer)):
            await rig.board.read_feedback(soon(1.0))
        rig.faults.clear("line_unplugged", "line")
        await settles(rig)
        assert rig.world.pulses("one-1") == 0

    await everywhere(tmp_path, check, [*EVERY_KIND, *(each for each in SPECIAL if each.tcp)], SHORT)


async def test_one_dead_or_babbling_board_does_not_stop_its_line(tmp_path: Path) -> None:
    def beside(fault: str, **params: float) -> Check:
        return lambda rig: goes_on(rig, fault, params)

    async def goes_on(rig: LockRig, fault: str, params: dict[str, float]) -> None:
        rig.faults.inject(fault, "one", **params)

        async def poll() -> None:
            while True:
                try:
                    await rig.board.read_feedback(soon(1.0))
                except (NoAnswer, DeviceOffline, DeviceRefused):
                    await asyncio.sleep(0.01)
                else:
                    await asyncio.sleep(0.05)

        polling = asyncio.create_task(poll())
        try:
            for _ in range(2):
                await feedback(rig.neighbour)
            # A board that talks into a request may spoil it; the caller, who looks at the door, asks again.
            async with asyncio.timeout(25):
                while not rig.world.door_is_open("two-1"):
                    await rig.neighbour.pulse(1, soon(3.0))
                    await asyncio.sleep(0.1)
        finally:
            polling.cancel()
            await asyncio.wait([polling])
        if rig.variant.checked:
            assert set(pulsed(rig)) == {"two-1"}

    await asyncio.gather(
        everywhere(tmp_path / "dead", beside("board_dead"), options=SHORT),
        everywhere(tmp_path / "babble", beside("babble", every_s=0.6), options=SHORT),
    )


async def test_many_tasks_neither_collide_nor_energise_two_solenoids(tmp_path: Path) -> None:
    async def check(rig: LockRig) -> None:
        async def poll(board: LockBoard) -> None:
            while True:
                await board.read_feedback(soon())
                await asyncio.sleep(0.01)

        boards = (rig.board, rig.neighbour)
        polls = [asyncio.create_task(poll(board)) for board in boards]
        channels = range(1, min(3, rig.variant.channels) + 1)
        pulses = [board.pulse(each, soon(20)) for board in boards for each in channels]
        results = await asyncio.gather(*pulses)
        for task in polls:
            task.cancel()
        await asyncio.wait(polls)

        assert set(results) == {ACKNOWLEDGED if rig.variant.acknowledges else UNSURE}
        assert all(task.cancelled() for task in polls)
        assert (rig.line.collisions, rig.world.max_energised) == (0, 1)
        wanted = sorted(f"{name}-{each}" for name in ("one", "two") for each in channels)
        await until(lambda: sorted(rig.world.open_doors()) == wanted)
        assert set(pulsed(rig).values()) == {1}

    await everywhere(tmp_path, check, options=LONG)
