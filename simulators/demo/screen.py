"""Eyes and a finger at the touch screen: follows the view and taps, over the page's own HTTP interface."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Final

import aiohttp

__all__ = ["Screen", "View"]

View = dict[str, Any]

RETRY_S: Final = 0.05
"""Between attempts to reach a service that is just being restarted."""


class Screen:
    """One terminal.  `view` is None while the service cannot be reached, as a page would show "offline"."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self.view: View | None = None

    async def start(self) -> None:
        """Begin to watch."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=2.0))
        self._task = asyncio.create_task(self._follow(), name="screen")

    async def stop(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def tap(self, action: str, **fields: Any) -> bool:
        """Touch; True when the station acted.  False as well when it cannot be reached."""
        assert self._session is not None, "start() first"
        body = {"action": action, "step": self.view["step"] if self.view else None, **fields}
        try:
            async with self._session.post(
                f"{self._url}/tap", json=body, timeout=aiohttp.ClientTimeout(total=10.0)
            ) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return False

    async def until(self, condition: Callable[[View | None], bool], within_s: float) -> bool:
        """Wait until the view fulfils `condition`; False when it did not in time."""
        try:
            async with asyncio.timeout(within_s), self._changed:
                await self._changed.wait_for(lambda: condition(self.view))
        except TimeoutError:
            return False
        return True

    async def until_reachable(self, within_s: float) -> bool:
        """Wait until there is a view."""
        return await self.until(lambda view: view is not None, within_s)

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
                await self._read_stream()
            await self._set(None)
            await asyncio.sleep(RETRY_S)

    async def _read_stream(self) -> None:
        assert self._session is not None
        async with self._session.get(f"{self._url}/events") as stream:
            if stream.status != 200:
                return
            async for line in stream.content:
                if line.startswith(b"data:"):
                    await self._set(json.loads(line[5:]))

    async def _set(self, view: View | None) -> None:
        async with self._changed:
            self.view = view
            self._changed.notify_all()
