"""What drivers share that command a scanner: one command at a time, its reply picked from the stream.

A reply that comes after its time-out finds nobody waiting and is dropped; where a family's replies do not say
what they answer, one that comes later still can be taken for the next command's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from hal.errors import DeviceOffline, NoAnswer
from hal.interfaces import CommandResult, ScanMode, ScannerVerb
from hal.scanners.reading import ReadingScanner, ScanParser
from hal.transport.backoff import Backoff
from hal.transport.byte_stream import SendFailed
from hal.transport.serial_link import SerialLink

__all__ = ["REPLY_TIMEOUT_S", "CommandingScanner"]

log = logging.getLogger(__name__)

REPLY_TIMEOUT_S = 0.8
"""Scanners answer within some 50 ms, or after the decode they are busy with (a few hundred)."""
WRITE_S = 1.0
SET_UP_S = 2.0

R = TypeVar("R")
T = TypeVar("T")


class CommandingScanner(ReadingScanner[SerialLink, R], Generic[R]):
    """A `HostDrivenScanner` whose verbs are all UNSUPPORTED until a family adds them."""

    verbs: frozenset[ScannerVerb] = frozenset()

    def __init__(
        self,
        scanner_id: str,
        link: SerialLink,
        parser: ScanParser[R],
        *,
        gap_s: float,
        no_read: str = "",
        mode: ScanMode | None = None,
    ) -> None:
        super().__init__(scanner_id, link, parser, gap_s=gap_s, no_read=no_read)
        self._mode = mode
        self._commanding = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._waiting: Callable[[R], bool] | None = None

    async def trigger(self, deadline: float) -> CommandResult:
        """Read one symbol."""
        return CommandResult.UNSUPPORTED

    async def release(self, deadline: float) -> CommandResult:
        """Stop reading."""
        return CommandResult.UNSUPPORTED

    async def set_mode(self, mode: ScanMode, deadline: float) -> CommandResult:
        """Read on command only, or by itself."""
        return CommandResult.UNSUPPORTED

    async def beep(self, deadline: float) -> CommandResult:
        """Sound the beeper once."""
        return CommandResult.UNSUPPORTED

    async def light(self, on: bool, deadline: float) -> CommandResult:
        """Switch the signal LED."""
        return CommandResult.UNSUPPORTED

    async def set_signals(self, sound: bool, led: bool, deadline: float) -> CommandResult:
        """Whether a good read is told by beeper and LED."""
        return CommandResult.UNSUPPORTED

    async def probe(self, deadline: float) -> str | None:
        """Ask for a sign of life."""
        return None

    async def prepare(self) -> None:
        """Set what the settings ask for, until the scanner takes it or refuses.

        A scanner just plugged in is deaf while its firmware starts, one without power until it has some.
        """
        backoff = Backoff()
        told = False
        while True:
            result = await self.set_up(asyncio.get_running_loop().time() + SET_UP_S)
            if result in (CommandResult.DONE, CommandResult.SENT):
                return
            if not told:
                told = True
                log.warning("scanner %s is not set up: %s", self.id, result.value)
            if result is CommandResult.REFUSED:
                return
            await asyncio.sleep(backoff.next_wait_s())

    async def set_up(self, deadline: float) -> CommandResult:
        """All that `prepare` has to set; DONE when there is nothing."""
        if self._mode is None:
            return CommandResult.DONE
        return await self.set_mode(self._mode, deadline)

    async def replied(self, reply: R) -> None:
        """Hand a reply to the command that waits for it."""
        if self._waiting is not None and self._waiting(reply):
            self._waiting = None

    async def write(self, data: bytes, deadline: float) -> None:
        """One burst, not mixed with another task's, never past `deadline`.  Raises SendFailed."""
        async with self._writing:
            if asyncio.get_running_loop().time() >= deadline:
                raise SendFailed(0, "its time is over")
            await self._link.write(data, deadline)

    async def send_only(self, request: bytes, deadline: float) -> CommandResult:
        """A command that is not answered."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._commanding.acquire()
        except TimeoutError:
            return CommandResult.NOT_SENT
        try:
            await self.write(request, min(deadline, asyncio.get_running_loop().time() + WRITE_S))
        except SendFailed as failed:
            return CommandResult.UNKNOWN if failed.sent else CommandResult.NOT_SENT
        finally:
            self._commanding.release()
        return CommandResult.SENT

    async def perform(
        self,
        request: bytes,
        read: Callable[[R], bool | None],
        deadline: float,
        timeout_s: float = REPLY_TIMEOUT_S,
    ) -> CommandResult:
        """A command and its answer: `read` makes True (done), False (refused) or None (not ours) of a
        reply."""
        try:
            done = await self.ask(request, read, deadline, timeout_s)
        except DeviceOffline:
            return CommandResult.NOT_SENT
        except NoAnswer:
            return CommandResult.UNKNOWN
        return CommandResult.DONE if done else CommandResult.REFUSED

    async def ask(
        self,
        request: bytes,
        read: Callable[[R], T | None],
        deadline: float,
        timeout_s: float = REPLY_TIMEOUT_S,
    ) -> T:
        """The first reply that `read` makes something of.  Raises DeviceOffline, NoAnswer."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._commanding.acquire()
        except TimeoutError as exc:
            raise DeviceOffline(self.id, "another command is in the way") from exc
        try:
            return await self._exchange(request, read, deadline, timeout_s)
        finally:
            self._waiting = None
            self._commanding.release()

    async def _exchange(
        self, request: bytes, read: Callable[[R], T | None], deadline: float, timeout_s: float
    ) -> T:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def collect(reply: R) -> bool:
            found = read(reply)
            if found is None:
                return False
            if not answer.done():
                answer.set_result(found)
            return True

        self._waiting = collect
        try:
            await self.write(request, min(deadline, loop.time() + WRITE_S))
            async with asyncio.timeout_at(min(deadline, loop.time() + timeout_s)):
                return await answer
        except SendFailed as exc:
            error = NoAnswer if exc.sent else DeviceOffline
            raise error(self.id, str(exc)) from exc
        except TimeoutError as exc:
            raise NoAnswer(self.id, f"no answer within {timeout_s} s") from exc
