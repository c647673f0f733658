"""Doors made real: pulses go to the lock boards, feedback comes back as inputs.

One polling task a board.  It looks twice a second while nothing moves,
twenty times a second while one of its doors is being opened or stands open,
and at once when the board tells of a change by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Final

from edge.core.effects import SettleUnlock, UnlockDoor
from edge.core.inputs import DeviceStateChanged, DoorReading, Input, UnlockOutcome, UnlockSettled
from edge.core.model import Compartment, DoorState, ErrorCode, Layout
from edge.shell.feedback import Debouncer, door_of
from hal.errors import HalError
from hal.interfaces import FeedbackPusher, LockBoard, LockFeedback, PulseResult

__all__ = ["Doors"]

IDLE_POLL_S: Final = 0.5
"""A forced door is noticed within a second; 4 boards take a tenth of a 9600 baud line."""

BUSY_POLL_S: Final = 0.05
"""A person sees "open" or "closed" on the screen about a tenth of a second after the latch moved."""

PULSE_TIMEOUT_S: Final = 2.0
"""For the line to become free and the board to answer; field hosts use 0.5–1 s for the answer alone."""

TOLD_S: Final = 0.5
"""A board that told of a change is looked at in a hurry for so long: ten polls, of which two must agree."""

READ_TIMEOUT_S: Final = 1.0
"""For one poll; boards answer in tens of milliseconds, field hosts wait up to 1 s."""

FRESH_S: Final = 1.5
"""A reading older than this is no word on what the door does now: one poll may have failed, not two."""

FAILURES_TO_LOSE: Final = 3
"""Polls in a row without an answer before a board counts as lost: one garbled reply is no loss."""

_OUTCOMES: Final = {
    PulseResult.ACKNOWLEDGED: ("acknowledged", None),
    PulseResult.NOT_SENT: ("not_sent", ErrorCode.BUS_TIMEOUT),
    PulseResult.REFUSED: ("not_sent", ErrorCode.OPEN_NOT_DETECTED),
    PulseResult.UNKNOWN: ("unknown", ErrorCode.BUS_TIMEOUT),
}

_log = logging.getLogger(__name__)


class Doors:
    """All lock boards of the station.  `post` takes the inputs that arise; one loop, one thread."""

    def __init__(
        self, layout: Layout, boards: Mapping[str, LockBoard], post: Callable[[Input], None]
    ) -> None:
        self._layout = layout
        self._boards = boards
        self._post = post
        self._levels = {key: Debouncer() for key in layout.compartments}
        self._by_board = {
            board: [c for c in layout.compartments.values() if c.board == board] for board in boards
        }
        self._failures = dict.fromkeys(boards, 0)
        self._answered_s = dict.fromkeys(boards, float("-inf"))
        self._watched: dict[str, int] = {}
        self._hurry = {board: asyncio.Event() for board in boards}
        self._told_s = dict.fromkeys(boards, float("-inf"))
        for name, board in boards.items():
            if isinstance(board, FeedbackPusher):
                board.on_feedback(self._look_now(name))
        self._tasks: set[asyncio.Task[None]] = set()
        self._polled = {board: asyncio.Event() for board in boards}

    def levels(self) -> dict[str, DoorState]:
        """What is believed of every door now."""
        return {key: level.level for key, level in self._levels.items()}

    async def look(self) -> dict[str, DoorState]:
        """Read every board until its doors are believed (start-up); silent boards leave UNKNOWN."""
        await asyncio.gather(*(self._look_at(board) for board in self._boards))
        return self.levels()

    async def _look_at(self, board: str) -> None:
        for _ in range(2):
            if not await self._poll(board, tell=False):
                return

    async def run(self) -> None:
        """Poll for ever."""
        async with asyncio.TaskGroup() as group:
            for board in self._boards:
                group.create_task(self._poll_for_ever(board), name=f"poll {board}")

    async def _poll_for_ever(self, board: str) -> None:
        while True:
            await self._poll(board, tell=True)
            self._polled[board].set()
            pause_s = BUSY_POLL_S if self._busy(board) else IDLE_POLL_S
            # Not `wait_for`: in Python 3.11 it passes over a cancellation that meets the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._hurry[board].wait()
            self._hurry[board].clear()

    def _busy(self, board: str) -> bool:
        if asyncio.get_running_loop().time() - self._told_s[board] < TOLD_S:
            return True
        return any(
            c.id in self._watched or self._levels[c.id].level is DoorState.OPEN for c in self._by_board[board]
        )

    def _look_now(self, board: str) -> Callable[[int, LockFeedback], None]:
        """What a board tells by itself makes its next polls come soon; they decide."""

        def told(channel: int, feedback: LockFeedback) -> None:
            if not self._busy(board):
                self._hurry[board].set()
            self._told_s[board] = asyncio.get_running_loop().time()

        return told

    async def _poll(self, board: str, *, tell: bool) -> bool:
        """One reading of a board; True when it answered."""
        deadline = asyncio.get_running_loop().time() + READ_TIMEOUT_S
        try:
            feedback = await self._boards[board].read_feedback(deadline)
        except HalError as error:
            self._failed(board, str(error))
            return False
        if self._failures[board] >= FAILURES_TO_LOSE:
            self._post(DeviceStateChanged(f"board-{board}", online=True))
        self._failures[board] = 0
        self._answered_s[board] = asyncio.get_running_loop().time()
        for compartment in self._by_board[board]:
            self._sample(compartment, door_of(feedback[compartment.channel - 1]), tell)
        return True

    def _failed(self, board: str, detail: str) -> None:
        self._failures[board] += 1
        if self._failures[board] == FAILURES_TO_LOSE:
            _log.warning("lock board %s lost: %s", board, detail)
            self._post(DeviceStateChanged(f"board-{board}", online=False, detail=detail))
        if self._failures[board] >= FAILURES_TO_LOSE:
            for compartment in self._by_board[board]:
                self._sample(compartment, DoorState.UNKNOWN, True)

    def _sample(self, compartment: Compartment, level: DoorState, tell: bool) -> None:
        if self._levels[compartment.id].sample(level) and tell:
            self._post(DoorReading(compartment.id, level))

    # --- effects ---------------------------------------------------------------

    def unlock(self, effect: UnlockDoor) -> None:
        """Pulse once and watch; the outcome and the settling come as inputs."""
        self._start(self._unlock(effect), f"unlock {effect.compartment}")

    def settle(self, effect: SettleUnlock) -> None:
        """Watch only."""
        self._start(
            self._watch(effect.unlock, effect.compartment, effect.detect_s), f"watch {effect.compartment}"
        )

    def _start(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("%s failed", task.get_name(), exc_info=task.exception())

    async def _unlock(self, effect: UnlockDoor) -> None:
        compartment = self._layout.compartments[effect.compartment]
        board = self._boards[compartment.board]
        # Polling hurries only after the pulse: before it, it would take the line first for some 30 ms.
        deadline = asyncio.get_running_loop().time() + PULSE_TIMEOUT_S
        result = await board.pulse(compartment.channel, deadline)
        outcome, error = _OUTCOMES[result]
        self._post(UnlockOutcome(effect.unlock, outcome, error))
        if outcome != "not_sent":
            await self._watch(effect.unlock, effect.compartment, effect.detect_s)

    async def _watch(self, unlock: str, compartment_id: str, detect_s: float) -> None:
        """Until the door is believed open or the time is over."""
        compartment = self._layout.compartments[compartment_id]
        loop = asyncio.get_running_loop()
        until = loop.time() + detect_s
        self._watch_begin(compartment)
        try:
            while self._levels[compartment_id].level is not DoorState.OPEN and loop.time() < until:
                polled = self._polled[compartment.board]
                polled.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(until):
                        await polled.wait()
        finally:
            self._watch_end(compartment)
        # A board that fell silent leaves its last level behind, which says nothing about after the pulse.
        fresh = loop.time() - self._answered_s[compartment.board] <= FRESH_S
        level = self._levels[compartment_id].level
        self._post(UnlockSettled(unlock, level if fresh else DoorState.UNKNOWN))

    def _watch_begin(self, compartment: Compartment) -> None:
        self._watched[compartment.id] = self._watched.get(compartment.id, 0) + 1
        self._hurry[compartment.board].set()

    def _watch_end(self, compartment: Compartment) -> None:
        left = self._watched.get(compartment.id, 1) - 1
        if left > 0:
            self._watched[compartment.id] = left
        else:
            self._watched.pop(compartment.id, None)

    async def close(self) -> None:
        """Stop pulsing and watching; what a pulse under way did, feedback tells at the next start."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
