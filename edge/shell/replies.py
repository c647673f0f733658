"""Answers to commands, kept until the broker has them."""

from __future__ import annotations

import asyncio
from typing import Final

from edge.shell.connection import Connection, ConnectionLost, Outgoing, PublishRefused

__all__ = ["MAX_REPLIES", "ReplyQueue"]

MAX_REPLIES: Final = 1_000
"""Answers that wait while the broker is away.  Beyond, the oldest is shed: its result is journaled, and the
same command sent again is answered with it."""

WINDOW: Final = 32
"""Answers without a PUBACK: as many as commands the broker may have under way to us."""


class ReplyQueue:
    """In order of `put`; what a lost connection had not acknowledged goes out again over the next."""

    def __init__(self) -> None:
        self._waiting: dict[int, Outgoing] = {}
        self._number = 0
        self._next = 0
        self._out: set[int] = set()
        self._turn = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.dropped = 0
        self.refused = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Outgoing) -> None:
        """Queue one answer; sheds the oldest when `MAX_REPLIES` wait."""
        if len(self._waiting) >= MAX_REPLIES:
            del self._waiting[next(iter(self._waiting))]
            self.dropped += 1
        self._waiting[self._number] = message
        self._number += 1
        self._empty.clear()
        self._turn.set()

    async def run(self, connection: Connection) -> None:
        """Send over `connection` until cancelled."""
        self._next = next(iter(self._waiting), self._number)
        out = self._out = set()
        while True:
            self._turn.clear()
            while self._next < self._number and len(out) < WINDOW:
                number = self._next
                self._next += 1
                message = self._waiting.get(number)
                if message is not None:
                    out.add(number)
                    self._send(connection, number, message)
            await self._turn.wait()

    async def drained(self) -> None:
        """Return when nothing waits any more; for a clean stop, under a time-out of the caller."""
        await self._empty.wait()

    def _send(self, connection: Connection, number: int, message: Outgoing) -> None:
        out = self._out

        def sent(done: asyncio.Future[None]) -> None:
            if done.cancelled() or isinstance(done.exception(), ConnectionLost):
                return
            if isinstance(done.exception(), PublishRefused):
                self.refused += 1
            out.discard(number)
            self._waiting.pop(number, None)
            self._turn.set()
            if not self._waiting:
                self._empty.set()

        connection.publish(message).add_done_callback(sent)
