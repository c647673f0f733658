"""Keeps a reply that comes late from being taken for the reply to a later request.

RS-485 protocols carry no request number: a board that answers after the time-out answers the *next* request
of the same shape.  So after a request that met silence, no request that such a late reply could answer is
sent for a while; requests of another shape, and to other boards, go on.
"""

from __future__ import annotations

import asyncio

__all__ = ["LATE_REPLY_S", "LateReplies", "ReplyKey"]

ReplyKey = tuple[int, int]
"""Who would answer and how: board address and function (or head) byte."""

LATE_REPLY_S = 1.5
"""How long after the time-out a reply may still come.  Boards answer in tens of milliseconds; with the
time-out itself this makes 2 s, more than any host of these boards waits before it asks anew."""
MAX_KEYS = 512
"""Every address with two shapes of reply; expired keys are forgotten first."""


class LateReplies:
    """The shapes of reply that may still come, each until a time of the loop's clock."""

    def __init__(self) -> None:
        self._until: dict[ReplyKey, float] = {}

    def expect(self, key: ReplyKey, now: float) -> None:
        """A request met silence; its reply may still come."""
        if len(self._until) >= MAX_KEYS:
            self._until = {old: until for old, until in self._until.items() if until > now}
        self._until[key] = now + LATE_REPLY_S

    def arrived(self, key: ReplyKey) -> None:
        """It came after all (and was thrown away)."""
        self._until.pop(key, None)

    def may_come(self, key: ReplyKey, now: float) -> bool:
        """True while a reply of this shape would be ambiguous."""
        return self._until.get(key, now) > now

    async def pass_by(self, key: ReplyKey, deadline: float) -> None:
        """Return when no late reply can answer a request of this shape.  Raises TimeoutError past
        `deadline`."""
        loop = asyncio.get_running_loop()
        while self.may_come(key, loop.time()):
            if loop.time() >= deadline:
                raise TimeoutError("a late reply to an earlier request may still come")
            await asyncio.sleep(min(self._until[key], deadline) - loop.time())
