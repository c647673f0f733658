"""Keeps the journal within its bounds: what is old leaves, and at the disk's bound telemetry is shed.

Works in steps of some milliseconds with pauses between them, so that a live
door never waits for more than one.  What leaves by age needs the backend's
acknowledgement, the retention time and a clock that is set; what is shed at
the bound is telemetry only, whether acknowledged or not: its place in the
sequence stays, and the backend is told in its place what is gone.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from edge.core.inputs import Input, JournalLeaving, JournalShed
from edge.core.model import State
from edge.shell.clock import Clock
from edge.shell.envelope import EnvelopeError
from edge.shell.journal import Journal
from edge.shell.journal_trim import JournalTrim, Usage

__all__ = ["Retention", "Upkeep"]

LOOK_EVERY_S: Final = 30.0
"""How often the disk is looked at: at 50 facts a second, more than any station has, 2 MB."""

AGE_EVERY_S: Final = 3_600.0
"""How often what is old is looked for: retention is days."""

PAUSE_S: Final = 0.05
"""Between two steps: upkeep takes a tenth of the journal's thread, and clears 4,000 records a second."""

MB: Final = 1_000_000
DAY_MS: Final = 86_400_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept, and how much: see [journal] in station.toml."""

    days: int = 365
    personal_days: int = 90
    max_mb: int = 2_000
    min_free_mb: int = 200

    def over(self, usage: Usage) -> bool:
        """True when the journal is too large or the disk too full."""
        return usage.used > self.max_mb * MB or usage.free < self.min_free_mb * MB


class Upkeep:
    """One task, `run`, for the service's life.  `state` gives the durable state, `post` takes inputs."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        retention: Retention,
        state: Callable[[], State],
        post: Callable[[Input], None],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._retention = retention
        self._state = state
        self._post = post
        self._aged_s = float("-inf")
        self._told_full = False

    async def run(self) -> None:
        """Look for ever.  Raises JournalFailed."""
        while True:
            await self.once()
            await asyncio.sleep(LOOK_EVERY_S)

    async def once(self) -> None:
        """One look, and all the steps it calls for."""
        try:
            if self._retention.over(await self._journal.trim(JournalTrim.usage)):
                await self._shed()
            else:
                self._told_full = False
            await self._tell_shed()
            if self._clock.monotonic() - self._aged_s >= AGE_EVERY_S:
                self._aged_s = self._clock.monotonic()
                await self._age()
        except (EnvelopeError, OSError, sqlite3.Error) as error:
            # Nothing is lost by keeping more than needed; the journal itself says when it cannot go on.
            _log.error("the journal is not trimmed: %s", error)

    # --- by age -----------------------------------------------------------------

    async def _age(self) -> None:
        if self._clock.state() == "unset":
            return
        now_ms = self._clock.wall_ms()
        old = await self._older_than(self._journal.pruned, now_ms - self._retention.days * DAY_MS, now_ms)
        personal = await self._older_than(old, now_ms - self._retention.personal_days * DAY_MS, now_ms)
        await self._fold_to(max(old, personal))
        await self._until(lambda trim: trim.reduce(personal), personal)
        if old > self._journal.pruned:
            digest = await self._journal.trim(lambda trim: trim.hash_of(old))
            self._post(JournalLeaving(old, digest))
            while await self._journal.trim(lambda trim: trim.prune(old)):
                await asyncio.sleep(PAUSE_S)
        await self._give_back()

    async def _older_than(self, after: int, before_ms: int, now_ms: int) -> int:
        """The last acknowledged record that is older, beginning behind `after`."""
        found, at, more, limit = after, after, True, self._journal.acknowledged
        while more:
            look = partial(JournalTrim.older_than, after=at, before_ms=before_ms, now_ms=now_ms, limit=limit)
            older, at, more = await self._journal.trim(look)
            found = older or found
            await asyncio.sleep(PAUSE_S if more else 0)
        return found

    async def _fold_to(self, target: int) -> None:
        while await self._journal.trim(lambda trim: trim.fold_to(target)):
            await asyncio.sleep(PAUSE_S)

    async def _until(self, step: Callable[[JournalTrim], int], target: int) -> None:
        """Steps until one comes as far as `target`, or no further."""
        last = -1
        while (reached := await self._journal.trim(step)) < target and reached > last:
            last = reached
            await asyncio.sleep(PAUSE_S)

    # --- at the bound -----------------------------------------------------------

    async def _shed(self) -> None:
        """Telemetry loses its content, the oldest first, until the journal is within its bound again."""
        await self._fold_to(self._journal.head)
        reached = -1
        while True:
            usage = await self._journal.trim(JournalTrim.usage)
            if not self._retention.over(usage):
                break
            last, reached = reached, await self._journal.trim(JournalTrim.shed_step)
            if reached <= last:
                self._say_full(usage)
                break
            await asyncio.sleep(PAUSE_S)
        await self._give_back()

    async def _tell_shed(self) -> None:
        """What was shed and is no fact yet; after a crash between the two it is told late, not never."""
        if self._journal.shed > self._state().records_shed:
            usage = await self._journal.trim(JournalTrim.usage)
            last = await self._journal.trim(lambda trim: trim.shed_to)
            self._post(JournalShed(self._journal.shed, last, usage.used // MB, usage.free // MB))

    async def _give_back(self) -> None:
        while await self._journal.trim(JournalTrim.give_back):
            await asyncio.sleep(PAUSE_S)

    def _say_full(self, usage: Usage) -> None:
        if not self._told_full:
            self._told_full = True
            _log.error(
                "journal %s: %d MB used, %d MB free, and nothing left that may be shed: "
                "make room, or let the backend acknowledge",
                self._journal.path,
                usage.used // MB,
                usage.free // MB,
            )
