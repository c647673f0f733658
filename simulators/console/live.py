"""Pages that watch: one bounded queue each, and server-sent events out of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from typing import Any, Final

from aiohttp import web

__all__ = ["Hub", "stream"]

MAX_WAITING: Final = 500
"""Messages for one page.  A page that far behind is cut off; it comes back and gets everything anew."""

MAX_PAGES: Final = 16
"""Pages at once: a handful of operators, several tabs each."""

KEEP_ALIVE_S: Final = 10.0

Item = tuple[str, str]


class Hub:
    """Hands what happens to every page that watches."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[Item | None]] = set()

    @property
    def pages(self) -> int:
        """How many pages watch."""
        return len(self._pages)

    def tell(self, kind: str, what: Any) -> None:
        """Send one event to all pages."""
        if not self._pages:
            return
        item = (kind, json.dumps(what, ensure_ascii=False))
        for queue in tuple(self._pages):
            try:
                queue.put_nowait(item)
            except asyncio.QueueFull:
                self._pages.discard(queue)
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(None)

    def close(self) -> None:
        """End every stream, so that a server can stop."""
        for queue in tuple(self._pages):
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait(None)

    @contextlib.contextmanager
    def watch(self) -> Iterator[asyncio.Queue[Item | None]]:
        """A queue of events for one page; None in it ends the stream."""
        if len(self._pages) >= MAX_PAGES:
            raise web.HTTPServiceUnavailable(text=f"{MAX_PAGES} pages are open already")
        queue: asyncio.Queue[Item | None] = asyncio.Queue(MAX_WAITING)
        self._pages.add(queue)
        try:
            yield queue
        finally:
            self._pages.discard(queue)


async def stream(request: web.Request, hub: Hub, first: Any) -> web.StreamResponse:
    """Answer with server-sent events: `state` with `first()`, then whatever the hub tells."""
    with hub.watch() as queue:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(_frame("state", json.dumps(first(), ensure_ascii=False)))
        while True:
            try:
                item = await asyncio.wait_for(queue.get(), KEEP_ALIVE_S)
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            if item is None:
                return response
            await response.write(_frame(*item))


def _frame(kind: str, data: str) -> bytes:
    return f"event: {kind}\ndata: {data}\n\n".encode()
