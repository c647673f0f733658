"""What tests of the link on virtual time share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from edge.shell.envelope import rfc3339
from tests.support.linked import IDENTITY
from tests.support.virtual_time import VirtualClock

__all__ = ["ROOT", "command", "until"]

ROOT = IDENTITY.root


async def until(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait (virtual) until `condition` holds."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


def command(clock: VirtualClock, id_: str = "c-1", **changes: Any) -> bytes:
    """A good order to open a door, apart from `changes`, as the backend would send it now."""
    now_ms = clock.wall_ms()
    body = {
        "specversion": "1.0",
        "id": id_,
        "source": "urn:backend",
        "type": "ph.cmd.open.v1",
        "time": rfc3339(now_ms),
        "expirytime": rfc3339(now_ms + 20_000),
        "replyto": f"{ROOT}/rsp/desk",
        "data": {"compartment": "a01", "operator": "op-1", "reason": "test"},
    }
    return json.dumps(body | changes).encode()
