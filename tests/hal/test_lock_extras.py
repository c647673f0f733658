"""What some kinds of lock boards do beyond the verbs of all: states told unasked, times written, versions."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hal.errors import DeviceRefused
from hal.interfaces import FeedbackPusher, LockFeedback, PulseResult
from simulators.yt_text import YtTextBoard
from tests.hal.lock_rig import EVERY_KIND, LockRig, Variant, lock_rig
from tests.hal.scripted_line import until

LOCKED, UNLOCKED = LockFeedback.LOCKED, LockFeedback.UNLOCKED


def soon(seconds: float = 8.0) -> float:
    return asyncio.get_running_loop().time() + seconds


PUSHING = [
    Variant("8a80", 12, options={"push_feedback": True}),
    Variant("8a80", 12, "unlocked", options={"push_feedback": True, "first_channel": 5}, tcp=True),
    Variant("kerong-cu16", 16, options={"push_feedback": True}),
    Variant("kerong-cu16", 8, "unlocked", options={"push_feedback": True, "first_channel": 4}, tcp=True),
    Variant("wkly", 12, options={"push_feedback": True}),
    Variant("wkly", 12, "unlocked", options={"push_feedback": True, "first_channel": 0}),
]


@pytest.mark.parametrize("variant", PUSHING, ids=str)
async def test_a_change_that_a_board_tells_unasked_is_passed_on(variant: Variant, tmp_path: Path) -> None:
    async with lock_rig(variant, tmp_path) as rig:
        board, heard = rig.board, list[tuple[int, LockFeedback]]()
        assert isinstance(board, FeedbackPusher)
        board.on_feedback(lambda channel, state: heard.append((channel, state)))
        await board.read_feedback(soon())

        rig.world.force_open("one-3")
        await until(lambda: heard == [(3, UNLOCKED)])
        rig.world.close_door("one-3")
        await until(lambda: heard == [(3, UNLOCKED), (3, LOCKED)])

        # The other board's are none of ours, and a poll in between is not disturbed.
        rig.world.force_open("two-1")
        await until(lambda: rig.line.log[-1].sender == "two")
        assert set(await board.read_feedback(soon())) == {LOCKED}
        assert len(heard) == 2


@pytest.mark.parametrize("kind", ["8a80", "kerong-cu16", "wkly"])
async def test_changes_may_be_switched_off(kind: str, tmp_path: Path) -> None:
    variant = Variant(kind, 8, options={"push_feedback": True})
    async with lock_rig(variant, tmp_path, push_feedback=False) as rig:
        heard: list[int] = []
        assert isinstance(rig.board, FeedbackPusher)
        rig.board.on_feedback(lambda channel, _: heard.append(channel))
        rig.world.force_open("one-1")
        await until(lambda: any(record.sender == "one" for record in rig.line.log))

        assert (await rig.board.read_feedback(soon()))[0] is UNLOCKED
        assert heard == []


async def test_only_kinds_with_such_frames_say_so(tmp_path: Path) -> None:
    for number, variant in enumerate(EVERY_KIND):
        async with lock_rig(variant, tmp_path / str(number)) as rig:
            assert isinstance(rig.board, FeedbackPusher) == (variant.kind in ("8a80", "kerong-cu16", "wkly"))


CU16 = Variant("kerong-cu16", 16, acknowledges=False, options={"set_unlock_time": True})


def lengths(rig: LockRig) -> list[int]:
    return [each.detail["ms"] for each in rig.world.events if each.kind == "pulse"]


async def test_an_unlock_time_is_written_once_and_again_after_silence(tmp_path: Path) -> None:
    async with lock_rig(CU16, tmp_path) as rig:
        for simulated in rig.line.boards:
            simulated.pulse_ms = 700  # type: ignore[attr-defined]  # as a board comes from elsewhere
        for channel in (1, 2):
            assert await rig.board.pulse(channel, soon()) is PulseResult.UNKNOWN
            await until(lambda here=channel: rig.world.door_is_open(f"one-{here}"))  # type: ignore[misc]
        assert lengths(rig) == [200, 200]
        sent = [burst.data.hex(" ") for burst in rig.board.trace.lines() if burst.direction == ">"]
        assert sum(data.startswith("02 10 37 00 14") for data in sent) == 1

        rig.faults.inject("board_dead", "one")
        with pytest.raises(Exception, match="no usable answer"):
            await rig.board.read_feedback(soon())
        assert await rig.board.pulse(3, soon()) is PulseResult.NOT_SENT
        assert rig.world.pulses("one-3") == 0
        rig.faults.clear("board_dead", "one")
        assert await rig.board.pulse(3, soon()) is PulseResult.UNKNOWN
        await until(lambda: rig.world.door_is_open("one-3"))


async def test_seconds_are_sent_to_8a80_boards_that_take_them(tmp_path: Path) -> None:
    variant = Variant("8a80", 12, options={"timed_open": True}, pulse_ms=600)
    async with lock_rig(variant, tmp_path) as rig:
        assert await rig.board.pulse(1, soon()) is PulseResult.ACKNOWLEDGED
        assert lengths(rig) == [1000]


async def test_a_text_board_tells_its_version(tmp_path: Path) -> None:
    async with lock_rig(Variant("yt-text", 4), tmp_path) as rig:
        assert await rig.board.version(soon()) == "1.0"


async def test_what_a_board_refuses_is_refused(tmp_path: Path) -> None:
    """More channels are configured than the simulated boards have: they say so, each in its way."""
    results = {}
    for kind in ("wkly", "kerong-cu12", "yt-text"):
        async with lock_rig(Variant(kind, 12), tmp_path / kind) as rig:
            for simulated in rig.line.boards:
                simulated.locks = 4  # type: ignore[attr-defined]
            results[kind] = await rig.board.pulse(9, soon())
            assert rig.board.online
    assert set(results.values()) == {PulseResult.REFUSED}


async def test_a_station_that_cools_down_refuses(tmp_path: Path) -> None:
    async with lock_rig(Variant("winnsen", 4, addresses=(1, 2), checked=False), tmp_path) as rig:
        for simulated in rig.line.boards:
            simulated._duty_s = -1.0  # type: ignore[attr-defined]
        assert await rig.board.pulse(1, soon()) is PulseResult.REFUSED
        assert rig.world.pulses("one-1") == 0


async def test_a_refused_status_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with lock_rig(Variant("yt-text", 4), tmp_path) as rig:
        board = rig.line.boards[0]
        assert isinstance(board, YtTextBoard)
        monkeypatch.setattr(board, "_perform", lambda *_: board._error("no"))
        with pytest.raises(DeviceRefused):
            await rig.board.read_feedback(soon())
