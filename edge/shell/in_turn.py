"""Several places of one broker: when one does not serve, the next attempt goes to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from edge.shell.connection import Connect, ConnectFailed, Connection, Hello

__all__ = ["InTurn"]

HELD_S: Final = 10.0
"""A connection that ended sooner did not serve: a node without its cluster accepts and then drops us."""


class InTurn:
    """`edge.shell.connection.Connect` over `places`, which keep one session between them.

    One attempt a call; how long to wait in between is the caller's.  A place
    that served is asked again first: its sessions need not be moved.
    """

    def __init__(self, places: Sequence[Connect]) -> None:
        if not places:
            raise ValueError("no place to connect to")
        self._places = tuple(places)
        self._at = 0

    async def __call__(self, hello: Hello) -> Connection:
        """See `Connect`."""
        at = self._at
        try:
            connection = await self._places[at](hello)
        except ConnectFailed:
            self._leave(at)
            raise
        loop = asyncio.get_running_loop()
        began_s = loop.time()

        def ended(_: asyncio.Future[str]) -> None:
            if loop.time() - began_s < HELD_S:
                self._leave(at)

        connection.closed.add_done_callback(ended)
        return connection

    def _leave(self, at: int) -> None:
        if self._at == at:
            self._at = (at + 1) % len(self._places)
