"""Where blocking work runs: one worker thread in service, inline in tests.

One worker, so that what is handed over runs in the order it was handed over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

__all__ = ["Blocking", "InlineBlocking", "ThreadBlocking"]

_T = TypeVar("_T")


class Blocking(Protocol):
    """Runs callables one after the other, in the order of `run` calls."""

    async def run(self, work: Callable[[], _T]) -> _T:
        """Run `work` and return or raise what it does.

        Work that was begun is finished even when the caller is cancelled.
        """
        ...

    def close(self) -> None:
        """Finish what is under way; no `run` may follow."""
        ...


class ThreadBlocking:
    """One named worker thread, started with the first call."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[[], _T]) -> _T:
        """See `Blocking.run`.

        Shielded: a cancelled caller must not pull its work back out of the
        queue, because a later piece may rely on it.
        """
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._pool, work))

    def close(self) -> None:
        """See `Blocking.close`; waits for the work under way."""
        self._pool.shutdown(wait=True)


class InlineBlocking:
    """Runs the work at once on the loop: for tests, where nothing truly blocks."""

    async def run(self, work: Callable[[], _T]) -> _T:
        """See `Blocking.run`."""
        return work()

    def close(self) -> None:
        """Nothing is ever under way."""
