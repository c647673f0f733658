"""Doors on a virtual clock: one pulse each, two samples to believe, a watch that ends, boards lost, back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

import pytest

from edge.core.effects import SettleUnlock, UnlockDoor
from edge.core.inputs import DeviceStateChanged, DoorReading, Input, UnlockOutcome, UnlockSettled
from edge.core.model import Compartment, DoorState, ErrorCode, Layout, Size
from edge.shell.doors import BUSY_POLL_S, FAILURES_TO_LOSE, IDLE_POLL_S, Doors
from edge.shell.feedback import SAMPLES_TO_BELIEVE, Debouncer, door_of
from hal.errors import NoAnswer
from hal.interfaces import BoardInfo, LockFeedback, PulseResult, TraceLine
from tests.support.virtual_time import run_virtual

T = TypeVar("T")

LOCKED, UNLOCKED, UNKNOWN = LockFeedback.LOCKED, LockFeedback.UNLOCKED, LockFeedback.UNKNOWN


class NoTrace:
    def lines(self) -> tuple[TraceLine, ...]:
        return ()


class FakeBoard:
    """A board with its doors' contacts in the open; `silent` boards let every question run out."""

    def __init__(self, board_id: str, channels: int = 2) -> None:
        self.info = BoardInfo(board_id, "fake", "port", 1, channels)
        self.trace = NoTrace()
        self.contacts = [LOCKED] * channels
        self.silent = False
        self.result = PulseResult.ACKNOWLEDGED
        self.springs_after_s: float | None = None
        self.pulses: list[int] = []
        self.polls: list[float] = []
        self.falls_silent_at_pulse = False

    @property
    def online(self) -> bool:
        return not self.silent

    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        self.pulses.append(channel)
        await asyncio.sleep(0.02)
        self.silent = self.silent or self.falls_silent_at_pulse
        if self.springs_after_s is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(self.springs_after_s, self.contacts.__setitem__, channel - 1, UNLOCKED)
        return self.result

    async def read_feedback(self, deadline: float) -> tuple[LockFeedback, ...]:
        loop = asyncio.get_running_loop()
        self.polls.append(loop.time())
        if self.silent:
            await asyncio.sleep(deadline - loop.time())
            raise NoAnswer("fake@port#1", "silence")
        await asyncio.sleep(0.01)
        return tuple(self.contacts)

    async def version(self, deadline: float) -> str | None:
        return None


class TellingBoard(FakeBoard):
    """One that tells changes by itself, when a test says so."""

    def __init__(self, board_id: str, channels: int = 2) -> None:
        super().__init__(board_id, channels)
        self.tell: Callable[[int, LockFeedback], None] = lambda channel, feedback: None

    def on_feedback(self, told: Callable[[int, LockFeedback], None]) -> None:
        self.tell = told


LAYOUT = Layout(
    {
        "a01": Compartment("a01", "A01", "A", Size.S, "b1", 1),
        "a02": Compartment("a02", "A02", "A", Size.S, "b1", 2),
        "b01": Compartment("b01", "B01", "B", Size.M, "b2", 1),
    }
)


class Cabinet:
    def __init__(self) -> None:
        self.boards: dict[str, FakeBoard] = {"b1": FakeBoard("b1"), "b2": FakeBoard("b2", 1)}
        self.posted: list[tuple[float, Input]] = []
        self.doors = Doors(LAYOUT, self.boards, self._post)

    def _post(self, item: Input) -> None:
        self.posted.append((asyncio.get_running_loop().time(), item))

    def of(self, kind: type[T]) -> list[T]:
        return [item for _, item in self.posted if isinstance(item, kind)]

    async def got(self, kind: type[Input], within_s: float = 60.0) -> None:
        async with asyncio.timeout(within_s):
            while not self.of(kind):
                await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def polling() -> AsyncIterator[Cabinet]:
    cabinet = Cabinet()
    assert await cabinet.doors.look() == dict.fromkeys(LAYOUT.compartments, DoorState.CLOSED)
    task = asyncio.create_task(cabinet.doors.run())
    try:
        yield cabinet
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await cabinet.doors.close()


# --- debouncing ----------------------------------------------------------------------


def fed(levels: str) -> Iterator[str]:
    """`o`, `c` and `?` as samples; yields the level at each change."""
    words = {"o": DoorState.OPEN, "c": DoorState.CLOSED, "?": DoorState.UNKNOWN}
    debouncer = Debouncer()
    for letter in levels:
        if debouncer.sample(words[letter]):
            yield debouncer.level.value[0]


@pytest.mark.parametrize(
    ("samples", "believed"),
    [
        ("c", ""),
        ("cc", "C"),
        ("ccc", "C"),
        ("cco", "C"),
        ("ccoco", "C"),
        ("ccoo", "CO"),
        ("ccocoo", "CO"),
        ("cc?c?c", "C"),
        ("cc??", "CU"),
        ("oococc", "OC"),
        ("??", ""),
    ],
)
def test_a_level_counts_when_two_samples_in_a_row_agree(samples: str, believed: str) -> None:
    assert "".join(fed(samples)) == believed


def test_only_a_locked_latch_is_a_closed_door() -> None:
    assert {level: door_of(level) for level in LockFeedback} == {
        LOCKED: DoorState.CLOSED,
        UNLOCKED: DoorState.OPEN,
        UNKNOWN: DoorState.UNKNOWN,
    }


# --- start-up and polling ---------------------------------------------------------------


def test_the_first_look_believes_every_door_and_posts_nothing() -> None:
    async def main() -> None:
        cabinet = Cabinet()
        cabinet.boards["b1"].contacts = [UNLOCKED, UNKNOWN]
        cabinet.boards["b2"].silent = True
        assert await cabinet.doors.look() == {
            "a01": DoorState.OPEN,
            "a02": DoorState.UNKNOWN,
            "b01": DoorState.UNKNOWN,
        }
        assert cabinet.posted == []

    run_virtual(main)


def test_a_change_that_a_board_tells_is_believed_by_its_polls_and_sooner() -> None:
    async def main() -> None:
        cabinet, board = Cabinet(), TellingBoard("b1")
        cabinet.boards["b1"] = board
        cabinet.doors = Doors(LAYOUT, cabinet.boards, cabinet._post)
        await cabinet.doors.look()
        task = asyncio.create_task(cabinet.doors.run())
        await asyncio.sleep(5)
        board.tell(1, UNLOCKED)  # and its contact says otherwise
        await asyncio.sleep(5)
        assert cabinet.of(DoorReading) == []

        board.contacts[0] = UNLOCKED
        told_s = asyncio.get_running_loop().time()
        board.tell(1, UNLOCKED)
        await cabinet.got(DoorReading)
        assert cabinet.posted[0][0] - told_s < 3 * BUSY_POLL_S
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await cabinet.doors.close()

    run_virtual(main)


def test_a_board_that_tells_without_end_is_polled_in_a_hurry_and_no_faster() -> None:
    async def main() -> None:
        cabinet, board = Cabinet(), TellingBoard("b1")
        cabinet.boards["b1"] = board
        cabinet.doors = Doors(LAYOUT, cabinet.boards, cabinet._post)
        await cabinet.doors.look()
        task = asyncio.create_task(cabinet.doors.run())
        board.polls.clear()
        for _ in range(1000):
            board.tell(1, UNLOCKED)
            await asyncio.sleep(0.005)
        assert len(board.polls) <= 5.0 / BUSY_POLL_S + 3
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await cabinet.doors.close()

    run_virtual(main)


def test_a_change_is_told_once() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            await asyncio.sleep(5)
            assert cabinet.posted == []
            cabinet.boards["b1"].contacts[1] = UNLOCKED
            await asyncio.sleep(5)
            cabinet.boards["b1"].contacts[1] = LOCKED
            await asyncio.sleep(5)
            assert cabinet.of(DoorReading) == [
                DoorReading("a02", DoorState.OPEN),
                DoorReading("a02", DoorState.CLOSED),
            ]

    run_virtual(main)


def test_a_forced_door_is_noticed_within_some_seconds_though_nothing_hurries() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            await asyncio.sleep(3.01)
            cabinet.boards["b1"].contacts[0] = UNLOCKED
            began_s = asyncio.get_running_loop().time()
            await cabinet.got(DoorReading)
            took_s = cabinet.posted[0][0] - began_s
            assert took_s <= (SAMPLES_TO_BELIEVE + 1) * (IDLE_POLL_S + 0.02)

    run_virtual(main)


def test_only_the_board_with_an_open_door_is_asked_often() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            cabinet.boards["b1"].contacts[0] = UNLOCKED
            await cabinet.got(DoorReading)
            counts = {key: len(board.polls) for key, board in cabinet.boards.items()}
            await asyncio.sleep(10)
            asked = {key: len(board.polls) - counts[key] for key, board in cabinet.boards.items()}
            assert asked["b1"] > 100
            assert asked["b2"] <= 10 / IDLE_POLL_S + 1

    run_virtual(main)


def test_feedback_a_board_cannot_tell_is_unknown_never_the_last_level() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            cabinet.boards["b1"].contacts[0] = UNKNOWN
            await cabinet.got(DoorReading)
            assert cabinet.of(DoorReading) == [DoorReading("a01", DoorState.UNKNOWN)]
            assert cabinet.doors.levels()["a01"] is DoorState.UNKNOWN

    run_virtual(main)


# --- boards lost and back ------------------------------------------------------------------


def test_a_board_is_lost_once_its_doors_unknown_and_back_once() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            cabinet.boards["b1"].silent = True
            await asyncio.sleep(60)
            changes = cabinet.of(DeviceStateChanged)
            assert [(c.device, c.online) for c in changes] == [("board-b1", False)]
            assert "silence" in changes[0].detail
            assert {r.compartment: r.door for r in cabinet.of(DoorReading)} == {
                "a01": DoorState.UNKNOWN,
                "a02": DoorState.UNKNOWN,
            }
            cabinet.posted.clear()

            cabinet.boards["b1"].silent = False
            await asyncio.sleep(60)
            assert [(c.device, c.online) for c in cabinet.of(DeviceStateChanged)] == [("board-b1", True)]
            assert {r.compartment: r.door for r in cabinet.of(DoorReading)} == {
                "a01": DoorState.CLOSED,
                "a02": DoorState.CLOSED,
            }

    run_virtual(main)


def test_fewer_silent_polls_than_the_limit_are_no_loss() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            board = cabinet.boards["b1"]
            await asyncio.sleep(2)
            board.silent = True
            polls = len(board.polls)
            while len(board.polls) < polls + FAILURES_TO_LOSE - 1:
                await asyncio.sleep(0.01)
            board.silent = False
            await asyncio.sleep(10)
            assert cabinet.posted == []

    run_virtual(main)


def test_a_dead_board_does_not_keep_another_from_being_seen() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            cabinet.boards["b1"].silent = True
            cabinet.boards["b2"].contacts[0] = UNLOCKED
            began_s = asyncio.get_running_loop().time()
            await cabinet.got(DoorReading)
            assert cabinet.of(DoorReading)[0] == DoorReading("b01", DoorState.OPEN)
            assert cabinet.posted[0][0] - began_s < 2

    run_virtual(main)


# --- unlocking -------------------------------------------------------------------------------

UNLOCK = UnlockDoor("u1", "a02", 5.0)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (PulseResult.ACKNOWLEDGED, UnlockOutcome("u1", "acknowledged")),
        (PulseResult.UNKNOWN, UnlockOutcome("u1", "unknown", ErrorCode.BUS_TIMEOUT)),
    ],
)
def test_a_pulse_that_may_have_left_is_told_and_watched(result: PulseResult, outcome: UnlockOutcome) -> None:
    async def main() -> None:
        async with polling() as cabinet:
            board = cabinet.boards["b1"]
            board.result = result
            cabinet.doors.unlock(UNLOCK)
            await cabinet.got(UnlockSettled)
            assert board.pulses == [2]
            assert cabinet.of(UnlockOutcome) == [outcome]
            assert cabinet.of(UnlockSettled) == [UnlockSettled("u1", DoorState.CLOSED)]

    run_virtual(main)


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (PulseResult.NOT_SENT, ErrorCode.BUS_TIMEOUT),
        (PulseResult.REFUSED, ErrorCode.OPEN_NOT_DETECTED),
    ],
)
def test_a_pulse_that_did_not_leave_is_told_and_not_watched(result: PulseResult, error: ErrorCode) -> None:
    async def main() -> None:
        async with polling() as cabinet:
            cabinet.boards["b1"].result = result
            cabinet.doors.unlock(UNLOCK)
            await asyncio.sleep(20)
            assert cabinet.of(UnlockOutcome) == [UnlockOutcome("u1", "not_sent", error)]
            assert cabinet.of(UnlockSettled) == []
            assert cabinet.boards["b1"].pulses == [2], "a pulse is never repeated"

    run_virtual(main)


def test_every_pulse_result_has_an_outcome() -> None:
    async def main() -> None:
        for result in PulseResult:
            async with polling() as cabinet:
                cabinet.boards["b1"].result = result
                cabinet.doors.unlock(UNLOCK)
                await cabinet.got(UnlockOutcome)

    run_virtual(main)


def test_the_watch_ends_as_soon_as_the_door_is_believed_open() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            cabinet.boards["b1"].springs_after_s = 0.06
            began_s = asyncio.get_running_loop().time()
            cabinet.doors.unlock(UNLOCK)
            await cabinet.got(UnlockSettled)
            told = [item for _, item in cabinet.posted if not isinstance(item, UnlockOutcome)]
            assert told == [DoorReading("a02", DoorState.OPEN), UnlockSettled("u1", DoorState.OPEN)]
            assert cabinet.posted[-1][0] - began_s < 0.06 + 5 * BUSY_POLL_S

    run_virtual(main)


def test_a_door_that_stays_settles_after_the_detection_time_and_not_before() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            cabinet.doors.unlock(UNLOCK)
            await cabinet.got(UnlockOutcome)
            sent_s = cabinet.posted[-1][0]
            await cabinet.got(UnlockSettled)
            assert cabinet.posted[-1][0] - sent_s == pytest.approx(5.0, abs=0.05)

    run_virtual(main)


def test_a_board_that_falls_silent_after_the_pulse_settles_as_unknown() -> None:
    """Its last word, "closed", is from before the pulse."""

    async def main() -> None:
        for detect_s in (2.0, 5.0):
            async with polling() as cabinet:
                cabinet.boards["b1"].falls_silent_at_pulse = True
                cabinet.doors.unlock(UnlockDoor("u1", "a02", detect_s))
                await cabinet.got(UnlockSettled)
                assert cabinet.of(UnlockSettled) == [UnlockSettled("u1", DoorState.UNKNOWN)]

    run_virtual(main)


def test_one_lost_poll_at_the_end_does_not_make_the_door_unknown() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            board = cabinet.boards["b1"]
            cabinet.doors.unlock(UNLOCK)
            await cabinet.got(UnlockOutcome)
            await asyncio.sleep(4.5)
            board.silent = True
            polls = len(board.polls)
            while len(board.polls) <= polls:
                await asyncio.sleep(0.001)
            board.silent = False
            await cabinet.got(UnlockSettled)
            assert cabinet.of(UnlockSettled) == [UnlockSettled("u1", DoorState.CLOSED)]

    run_virtual(main)


def test_no_poll_goes_before_a_pulse() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            board = cabinet.boards["b1"]
            await asyncio.sleep(1.1)
            began_s = asyncio.get_running_loop().time()
            cabinet.doors.unlock(UNLOCK)
            await cabinet.got(UnlockOutcome)
            answered_s = cabinet.posted[-1][0]
            assert [at_s for at_s in board.polls if began_s <= at_s < answered_s] == []

    run_virtual(main)


def test_settling_watches_and_never_pulses() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            cabinet.doors.settle(SettleUnlock("u1", "a01", 5.0))
            await asyncio.sleep(1)
            cabinet.boards["b1"].contacts[0] = UNLOCKED
            await cabinet.got(UnlockSettled)
            assert cabinet.of(UnlockSettled) == [UnlockSettled("u1", DoorState.OPEN)]
            assert cabinet.boards["b1"].pulses == []

    run_virtual(main)


def test_after_the_watch_the_board_is_asked_slowly_again() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            cabinet.doors.unlock(UNLOCK)
            await cabinet.got(UnlockSettled)
            polls = len(cabinet.boards["b1"].polls)
            await asyncio.sleep(10)
            assert len(cabinet.boards["b1"].polls) - polls <= 10 / IDLE_POLL_S + 2

    run_virtual(main)


def test_a_stop_in_the_moment_of_an_unlock_ends_the_polling() -> None:
    async def main() -> None:
        cabinet = Cabinet()
        task = asyncio.create_task(cabinet.doors.run())
        await asyncio.sleep(0.1)
        cabinet.doors.unlock(UNLOCK)
        await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=60)
        assert done, "the stop was passed over"
        await cabinet.doors.close()

    run_virtual(main)


def test_closing_ends_a_watch_without_a_word() -> None:
    async def main() -> None:
        async with polling() as cabinet:
            cabinet.doors.unlock(UNLOCK)
            await cabinet.got(UnlockOutcome)
            await cabinet.doors.close()
            await asyncio.sleep(20)
            assert cabinet.of(UnlockSettled) == []

    run_virtual(main)
