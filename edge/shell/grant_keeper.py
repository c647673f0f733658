"""Between the core and a lock: no grant's pulse leaves before its second record is on stable storage.

The journal's commit comes first (the station does that), then the register's
line, then the pulse.  A register that cannot be written costs single-use
grants until it can, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.core.effects import RecordGrants, UnlockDoor
from edge.core.grant_book import GrantBook
from edge.core.grants import REGISTER
from edge.core.inputs import DeviceStateChanged, GrantsRecalled, Input, UnlockOutcome
from edge.core.model import ErrorCode
from edge.shell.blocking import Blocking
from edge.shell.clock import Clock
from edge.shell.envelope import StationIdentity
from edge.shell.grant_register import GrantRegister, RegisterError

__all__ = ["RETRY_S", "WITHIN_S", "GrantKeeper"]

WITHIN_S: Final = 3.0
"""A pulse that would leave later than this after its decision does not leave: the person sees a failed door,
and a door must not open once the screen has said so.  Well within the core's own limit of 10 s."""

RETRY_S: Final = 30.0
"""Between attempts at a register that failed: a stick pulled out, a full disk."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    effect: RecordGrants | UnlockDoor
    at_s: float


class GrantKeeper:
    """One station's register and the pulses that wait for it.  All but `blocking`'s work is on the loop.

    `post` hands inputs in, `unlock` pulses, `head` is the journal's and `book`
    the state's, as of what is durable.
    """

    def __init__(
        self,
        path: Path,
        identity: StationIdentity,
        clock: Clock,
        blocking: Blocking,
        *,
        post: Callable[[Input], None],
        unlock: Callable[[UnlockDoor], None],
        head: Callable[[], int],
        book: Callable[[], GrantBook],
    ) -> None:
        self._path = path
        self._identity = identity
        self._clock = clock
        self._blocking = blocking
        self._post = post
        self._unlock = unlock
        self._head = head
        self._book = book
        self._register: GrantRegister | None = None
        self._lost = False
        # Bounded by the core: one unlock at a time, and what it asks to record is limited for each input.
        self._queue: asyncio.Queue[_Asked] = asyncio.Queue()

    async def open(self) -> Input:
        """Read the register; what is to be decided after the start: what it holds, or that it is lost."""
        head = self._head()
        try:
            async with asyncio.timeout(WITHIN_S):
                register = await self._blocking.run(lambda: GrantRegister(self._path, self._identity))
        except (RegisterError, TimeoutError) as error:
            return self._lost_by(error)
        self._register = register
        doubt = "journal-older" if register.head > head else register.trouble
        return GrantsRecalled(
            dict(register.spent), dict(register.revoked), register.epoch, doubt, register.forgotten_ms
        )

    def record(self, effect: RecordGrants) -> None:
        """Write it, in its turn."""
        self._queue.put_nowait(_Asked(effect, self._clock.monotonic()))

    def unlock(self, effect: UnlockDoor) -> None:
        """Pulse at once, or after the grant's record when there is one to wait for."""
        if effect.after_grant is None:
            self._unlock(effect)
        else:
            self._queue.put_nowait(_Asked(effect, self._clock.monotonic()))

    async def run(self) -> None:
        """Serve what was asked for, in order, for ever."""
        while True:
            try:
                async with asyncio.timeout(RETRY_S if self._lost else None):
                    asked = await self._queue.get()
            except TimeoutError:
                await self._recover()
                continue
            if isinstance(asked.effect, UnlockDoor):
                await self._unlock_recorded(asked.effect, asked.at_s)
            else:
                await self._write(asked.effect)

    async def close(self) -> None:
        """Write what still waits, and close."""
        while not self._queue.empty():
            asked = self._queue.get_nowait()
            if isinstance(asked.effect, RecordGrants):
                await self._write(asked.effect)
        if self._register is not None:
            await self._blocking.run(self._register.close)

    async def _unlock_recorded(self, effect: UnlockDoor, asked_s: float) -> None:
        register = self._register
        late = self._clock.monotonic() - asked_s > WITHIN_S
        if late or register is None or effect.after_grant not in register.spent:
            _log.error("%s is not opened: its grant could not be recorded in time", effect.compartment)
            self._post(UnlockOutcome(effect.unlock, "not_sent", ErrorCode.BUS_TIMEOUT))
        else:
            self._unlock(effect)

    async def _write(self, effect: RecordGrants) -> bool:
        register = self._register
        if register is None:
            return False
        head = self._head()

        def write() -> None:
            register.add(effect.spent, effect.revoked, effect.epoch or 0, head)
            if register.long:
                register.compact(self._book().forgotten_ms)

        try:
            async with asyncio.timeout(WITHIN_S):
                await self._blocking.run(write)
        except (RegisterError, TimeoutError) as error:
            self._post(self._lost_by(error))
            return False
        return True

    def _whole_book(self) -> RecordGrants:
        book = self._book()
        return RecordGrants(book.spent, book.revoked, book.epoch)

    def _lost_by(self, error: Exception) -> DeviceStateChanged:
        detail = str(error) or f"{self._path}: no answer in {WITHIN_S:g} s"
        if not self._lost:
            _log.error("grants cannot be recorded: %s", detail)
        self._lost = True
        return DeviceStateChanged(REGISTER, online=False, detail=detail)

    async def _recover(self) -> None:
        """From the file as it is now: it may be another one, or one put back."""
        if self._register is not None:
            try:
                async with asyncio.timeout(WITHIN_S):
                    await self._blocking.run(self._register.close)
            except TimeoutError:
                return  # the write that failed still hangs
            self._register = None
        recalled = await self.open()
        if not isinstance(recalled, GrantsRecalled) or not await self._write(self._whole_book()):
            return
        self._lost = False
        _log.warning("grants can be recorded again")
        self._post(recalled)
        self._post(DeviceStateChanged(REGISTER, online=True))
