"""Who stands before the cabinet: a person at a terminal, or a simulator's hands."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any, Final, Protocol, TextIO

__all__ = ["Gone", "Person", "SimulatedPerson", "TerminalPerson"]

YES: Final = frozenset({"y", "yes", "j", "是"})
NO: Final = frozenset({"n", "no", "否"})
QUIT: Final = frozenset({"q", "quit"})
SKIP: Final = frozenset({"s", "skip"})
SIMULATED_ANSWER_S: Final = 10.0
READ_BYTES: Final = 4096


class Gone(Exception):
    """The person left: q, or the end of input."""


class Person(Protocol):
    """Answers what only eyes and hands can.  Every question may raise Gone."""

    def tell(self, text: str) -> None:
        """Say something."""
        ...

    async def agrees(self, question: str) -> bool:
        """Yes or no."""
        ...

    async def which_opened(self, channel: str, expected: str | None) -> str | None:
        """The number on the door that opened, as typed; empty for none; None to leave this channel out.

        `expected` is the door that should have opened.
        """
        ...

    async def shuts(self, door: str) -> None:
        """Return when they say that `door` is shut."""
        ...


class TerminalPerson:
    """Questions on `out`, answers a line each on stdin."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._typed = b""

    def tell(self, text: str) -> None:
        """A line."""
        print(text, file=self._out, flush=True)

    async def agrees(self, question: str) -> bool:
        """Until it is a yes or a no."""
        while True:
            answer = (await self._ask(f"{question} [y/n/q] ")).lower()
            if answer in YES | NO:
                return answer in YES

    async def which_opened(self, channel: str, expected: str | None) -> str | None:
        """y, n, s, q or the number on a door."""
        question = f"{channel}: did door {expected} open?" if expected else f"{channel}: did a door open?"
        while True:
            answer = await self._ask(f"{question} [{'y/' if expected else ''}n/s/q or the door's number] ")
            if answer.lower() in YES and expected:
                return expected
            if answer.lower() in NO:
                return ""
            if answer.lower() in SKIP:
                return None
            if answer and answer.lower() not in YES:
                return answer

    async def shuts(self, door: str) -> None:
        """Enter."""
        await self._ask(f"shut door {door} again, then press Enter [q] ")

    async def _ask(self, question: str) -> str:
        print(question, end="", file=self._out, flush=True)
        while b"\n" not in self._typed:
            data = await self._read()
            if not data:
                raise Gone
            self._typed += data
        line, _, self._typed = self._typed.partition(b"\n")
        answer = line.decode(errors="replace").strip()
        if answer.lower() in QUIT:
            raise Gone
        return answer

    async def _read(self) -> bytes:
        """What stdin has next, empty at its end.

        Waits for it to be readable and reads then: a thread in a read would hold up Ctrl-C, and a terminal
        made non-blocking would be so for our own output too.
        """
        descriptor = sys.stdin.fileno()
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        try:
            loop.add_reader(descriptor, ready.set)
        except PermissionError:  # a file: never waits
            return os.read(descriptor, READ_BYTES)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(descriptor)
        return os.read(descriptor, READ_BYTES)


class SimulatedPerson:
    """Sees and shuts the doors of `pigeonhole-sim devices --control SOCKET`; agrees to everything."""

    def __init__(self, socket: Path, numbers: dict[str, str], out: TextIO = sys.stdout) -> None:
        """`numbers` gives a door's number by the compartment's id."""
        self._socket = socket
        self._numbers = numbers
        self._out = out
        self._ids = itertools.count(1)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def tell(self, text: str) -> None:
        """A line."""
        print(text, file=self._out, flush=True)

    async def agrees(self, question: str) -> bool:
        """Yes."""
        self.tell(f"{question} yes")
        return True

    async def which_opened(self, channel: str, expected: str | None) -> str | None:
        """What stands open."""
        doors = (await self._do("doors"))["doors"]
        opened = [self._numbers.get(name, name) for name, door in doors.items() if door["open"]]
        self.tell(f"{channel}: {', '.join(opened) or 'no door'} opened")
        return opened[0] if opened else ""

    async def shuts(self, door: str) -> None:
        """Push it until it catches."""
        name = next(name for name, number in self._numbers.items() if number == door)
        try:
            async with asyncio.timeout(SIMULATED_ANSWER_S):
                while not (await self._do("close_door", door=name))["shut"]:
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise Gone(f"door {door} does not catch") from error

    async def wake(self) -> None:
        """See that the simulated cabinet is plugged in: nothing is before its first restart.  Raises Gone."""
        try:
            await self._do("doors")
        except Gone:
            await self._do("restart")
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _do(self, what: str, **arguments: str) -> dict[str, Any]:
        try:
            async with asyncio.timeout(SIMULATED_ANSWER_S):
                answer = await self._request({"id": next(self._ids), "do": what, **arguments})
        except (OSError, ValueError) as error:
            raise Gone(f"{self._socket}: {error or 'no answer'}") from error
        if not answer.get("ok"):
            raise Gone(f"{self._socket}: {answer.get('error', 'closed')}")
        return answer

    async def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(self._socket)
        reader, writer = self._streams
        writer.write(json.dumps(request).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await reader.readline() or b"{}")
        return answer
