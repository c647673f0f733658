"""How everybody in a torture waits: for a while, for the end, or for something to be so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

__all__ = ["rest", "until"]

LOOK_S: Final = 0.1


async def rest(over: asyncio.Event, seconds: float) -> None:
    """Pause for so many seconds, or until it is `over`."""
    try:
        async with asyncio.timeout(seconds):
            await over.wait()
    except TimeoutError:
        return


async def until(condition: Callable[[], bool], within_s: float) -> bool:
    """Wait for `condition`; False when it does not hold in time."""
    try:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        return condition()
    return True
