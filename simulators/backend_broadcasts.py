"""Commands to all stations of a tenant: one message, an answer from each."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from simulators.backend_commands import Reply, now_ms, rfc3339

__all__ = ["BroadcastDesk"]

EXPIRES_S: Final = 60.0
"""A station answers within 10 s; one that comes back after a minute is asked again by whoever needs it."""

WITHIN_S: Final = 15.0
"""Stations answer within 10 s, at a moment of their own; the rest is the way there and back."""

MAX_OPEN: Final = 16
"""Broadcasts whose answers are awaited; more at once are a mistake."""


class BroadcastDesk:
    """Sends to all and collects.  Lives in one event loop."""

    def __init__(self, tenant: str, publish: Callable[[str, bytes, float], bool]) -> None:
        self._tenant = tenant
        self._publish = publish
        self._open: dict[str, tuple[dict[str, Reply], asyncio.Event]] = {}

    async def send(
        self, verb: str, data: Mapping[str, Any], stations: Collection[str], within_s: float = WITHIN_S
    ) -> dict[str, Reply]:
        """The answers that came until all `stations` have answered or `within_s` is over, by station.

        RuntimeError when too many are awaited already.
        """
        if len(self._open) >= MAX_OPEN:
            raise RuntimeError(f"{MAX_OPEN} broadcasts wait for their answers")
        id_ = str(uuid.uuid4())
        issued = now_ms()
        envelope = {
            "specversion": "1.0",
            "id": id_,
            "source": f"urn:ph:{self._tenant}:backend",
            "type": f"ph.cmd.{verb}.v1",
            "time": rfc3339(issued),
            "datacontenttype": "application/json",
            "dataschema": f"urn:ph:schema:ph.cmd.{verb}.v1",
            "correlationid": id_,
            "expirytime": rfc3339(issued + round(EXPIRES_S * 1000)),
            "replyto": f"ph/1/{self._tenant}/{{station}}/rsp/backend",
            "data": dict(data),
        }
        answers: dict[str, Reply] = {}
        came = asyncio.Event()
        self._open[id_] = answers, came
        try:
            self._publish(f"ph/1/{self._tenant}/_all/cmd/{verb}", json.dumps(envelope).encode(), EXPIRES_S)
            async with asyncio.timeout(within_s):
                while not set(stations) <= set(answers):
                    came.clear()
                    await came.wait()
        except TimeoutError:
            pass
        finally:
            del self._open[id_]
        return answers

    def reply(self, station: str, reply: Reply) -> None:
        """A final answer of `station`; one to nothing we asked is ignored."""
        waiting = self._open.get(reply.command)
        if waiting is not None:
            waiting[0][station] = reply
            waiting[1].set()
