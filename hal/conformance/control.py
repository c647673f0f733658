"""The hands and eyes of a case at a simulator: requests by name, answered by what runs it.

A simulator in another process answers at a unix socket, one JSON object a line (docs/conformance.md).
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Control", "ControlFailed", "NotSimulated", "SocketControl", "poll", "soon"]

ANSWER_S = 45.0
"""Beyond the slowest request: a scan of ten thousand characters, a byte at a time."""

MAX_ANSWER_BYTES = 8 << 20
"""The labels of a case, in hex."""

LOOK_AGAIN_S = 0.01


class ControlFailed(Exception):
    """The simulator does not do what it was asked to, or is gone."""


class NotSimulated(ControlFailed):
    """This simulator does not have what was asked for."""


class Control(Protocol):
    """What runs a simulator."""

    async def do(self, what: str, **arguments: Any) -> Mapping[str, Any]:
        """Carry out one request and return its answer; raises when it cannot be."""
        ...


class SocketControl:
    """A `Control` at a unix socket."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers = itertools.count(1)
        self._awaited: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect.  Raises OSError."""
        reader, self._writer = await asyncio.open_unix_connection(self._path, limit=MAX_ANSWER_BYTES)
        self._reading = asyncio.create_task(self._read(reader))

    async def close(self) -> None:
        """Hang up; the simulator goes on."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        if self._writer is not None:
            self._writer.close()

    async def do(self, what: str, **arguments: Any) -> Mapping[str, Any]:
        """The answer to one request.  Raises ControlFailed."""
        if self._writer is None or self._reading is None or self._reading.done():
            raise ControlFailed(f"{self._path}: the simulator is gone")
        number = next(self._numbers)
        answered = self._awaited[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"id": number, "do": what, **arguments}).encode() + b"\n")
        try:
            async with asyncio.timeout(ANSWER_S):
                answer: Mapping[str, Any] = await answered
        except TimeoutError as error:
            raise ControlFailed(f"{what}: the simulator does not answer") from error
        finally:
            self._awaited.pop(number, None)
        if not answer.get("ok"):
            failure = NotSimulated if answer.get("unsupported") else ControlFailed
            raise failure(f"{what}: {answer.get('error')}")
        return answer

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                answer = json.loads(line)
                awaited = self._awaited.get(answer.get("id"))
                if awaited is not None and not awaited.done():
                    awaited.set_result(answer)
        finally:
            for awaited in self._awaited.values():
                if not awaited.done():
                    awaited.set_exception(ControlFailed(f"{self._path}: the simulator hung up"))


def soon(seconds: float) -> float:
    """A deadline so far from now."""
    return asyncio.get_running_loop().time() + seconds


async def poll(condition: Callable[[], Awaitable[bool]], within_s: float, what: str) -> None:
    """Return when `condition` holds; TimeoutError naming `what` when it does not come to."""
    try:
        async with asyncio.timeout(within_s):
            while not await condition():
                await asyncio.sleep(LOOK_AGAIN_S)
    except TimeoutError as error:
        raise TimeoutError(f"not within {within_s:g} s: {what}") from error
