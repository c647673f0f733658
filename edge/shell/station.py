"""The loop that owns the state: inputs in, facts to the journal, effects out — in that order.

One task decides every input.  The facts of all inputs that waited are one
commit; only when it is durable are their effects released and the screen
redrawn.  When the journal fails, no effect is released any more and `run`
raises: a station that cannot record must not act.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from edge.core.decide import Decision, decide
from edge.core.effects import ArmTimer, Effect
from edge.core.events import Event
from edge.core.inputs import Input, Moment, TimerFired
from edge.core.model import Setup, State
from edge.core.screen import out_of_order, render
from edge.core.view import View
from edge.shell.clock import Clock
from edge.shell.ids import uuid7
from edge.shell.journal import MAX_BATCH, Fact, Journal, JournalFailed
from edge.shell.journal_state import load_state, to_snapshot

__all__ = ["MAX_WAITING", "SNAPSHOT_EVERY", "Station"]

MAX_WAITING: Final = 1_000
"""Taps, scans and commands that may wait for their decision (microseconds each); more is a flood and refused.
Feedback and outcomes are never refused: each follows from one ask or one door."""

SNAPSHOT_EVERY: Final = 1_000
"""Events between snapshots: a start folds at most this many, which takes some 10 ms."""

_IDS_PER_MOMENT: Final = 4
"""More than any one decision takes (a test counts)."""


@dataclass(slots=True)
class _Waiting:
    item: Input
    decided: asyncio.Future[Decision] | None = field(default=None)


def _fact(event: Event, moment: Moment) -> Fact:
    return Fact(event, moment.wall_ms, event.correlation, None, moment.monotonic_ms)


class Station:
    """State and its loop.  All methods belong to the loop's own thread.

    `release` is called for each effect after its facts are durable and must
    not block; `drawn` after each decision that changed something.
    """

    def __init__(self, setup: Setup, journal: Journal, clock: Clock, name: str) -> None:
        self.setup = setup
        self.release: Callable[[Effect], None] = lambda effect: None
        self._journal = journal
        self._clock = clock
        self._name = name
        self._state, self._snapshot_at = load_state(journal, clock)
        self._shown = self._state
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._deadline_s: float | None = None
        self._rev = 0
        self._redrawn = asyncio.Event()
        self._failed = False

    @property
    def state(self) -> State:
        """The state whose facts are all durable."""
        return self._shown

    def post(self, item: Input) -> None:
        """Hand in an input that must not be lost (feedback, outcomes, time)."""
        self._waiting.append(_Waiting(item))
        self._wake.set()

    def offer(self, item: Input) -> bool:
        """Hand in an input that may be refused under a flood: False when `MAX_WAITING` wait already."""
        if self._failed or len(self._waiting) >= MAX_WAITING:
            return False
        self.post(item)
        return True

    async def submit(self, item: Input) -> Decision | None:
        """Like `offer`, and wait until decided and durable; None when refused or the journal failed."""
        if self._failed or len(self._waiting) >= MAX_WAITING:
            return None
        decided: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(item, decided))
        self._wake.set()
        try:
            return await decided
        except JournalFailed:
            return None

    async def run(self) -> None:
        """Decide for ever.  Raises JournalFailed when facts cannot be recorded any more."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    await self._round()
        except JournalFailed as failure:
            self._failed = True
            self._redraw()
            self._turn_away(self._waiting, failure)
            raise

    async def _round(self) -> None:
        """Decide all that wait, commit once, release."""
        batch, self._waiting = self._waiting, deque()
        decided: list[tuple[_Waiting, Decision]] = []
        facts: list[list[Fact]] = []
        for waiting in batch:
            now_ms = self._clock.wall_ms()
            ids = tuple(uuid7(now_ms) for _ in range(_IDS_PER_MOMENT))
            monotonic_ms = int(self._clock.monotonic() * 1000)
            moment = Moment(now_ms, ids, self._clock.state(), monotonic_ms)
            decision = decide(self.setup, self._state, waiting.item, moment)
            self._state = decision.state
            decided.append((waiting, decision))
            if decision.events:
                facts.append([_fact(event, moment) for event in decision.events])
        try:
            await self._commit(facts)
        except JournalFailed as failure:
            self._turn_away(batch, failure)
            raise
        self._shown = self._state
        for waiting, decision in decided:
            for effect in decision.effects:
                self._release(effect)
            if waiting.decided is not None and not waiting.decided.done():
                waiting.decided.set_result(decision)
        if facts:
            self._redraw()
            await self._maybe_snapshot()

    @staticmethod
    def _turn_away(waiting: Iterable[_Waiting], failure: JournalFailed) -> None:
        for each in waiting:
            if each.decided is not None and not each.decided.done():
                each.decided.set_exception(failure)

    async def _commit(self, decisions: list[list[Fact]]) -> None:
        """One transaction as a rule, several in order when very many inputs waited.

        The facts of one decision stay together, so that a crash leaves no half of it true; only a start
        at which very many doors were forced has more of them than one transaction takes.
        """
        batch: list[Fact] = []
        for facts in decisions:
            if len(batch) + len(facts) > MAX_BATCH:
                await self._append(batch)
                batch = []
            batch += facts
        await self._append(batch)

    async def _append(self, facts: list[Fact]) -> None:
        for first in range(0, len(facts), MAX_BATCH):
            await self._journal.append(facts[first : first + MAX_BATCH])

    def _release(self, effect: Effect) -> None:
        if isinstance(effect, ArmTimer):
            self._arm(effect)
        else:
            self.release(effect)

    def _arm(self, timer: ArmTimer) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
        self._deadline_s = loop.time() + timer.seconds
        self._timer = loop.call_at(self._deadline_s, self.post, TimerFired(timer.session, timer.step))

    async def _maybe_snapshot(self) -> None:
        head = self._journal.head
        if head - self._snapshot_at >= SNAPSHOT_EVERY:
            self._snapshot_at = head
            await self._journal.save_snapshot(head, to_snapshot(self._shown))

    def _redraw(self) -> None:
        self._rev += 1
        redrawn, self._redrawn = self._redrawn, asyncio.Event()
        redrawn.set()

    def view(self) -> View:
        """What the terminal shows now."""
        left = None
        if self._deadline_s is not None:
            left = max(0.0, self._deadline_s - asyncio.get_running_loop().time())
        view = render(self.setup, self._shown, self._rev, left, self._name)
        return out_of_order(view) if self._failed else view

    async def views(self) -> AsyncIterator[View]:
        """The present view, then each change; a slow reader skips to the newest."""
        while True:
            redrawn = self._redrawn
            yield self.view()
            await redrawn.wait()
