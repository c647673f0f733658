"""A lock board at its driver, and what a case may do around it.

A simulator has two boards on one line, `one` and `two`; their doors are called `one-1`, `two-1` and so on.
A real board may stand alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hal.conformance.cases import CaseFailed, expect
from hal.conformance.control import Control, poll, soon
from hal.errors import DeviceOffline, DeviceRefused, NoAnswer
from hal.interfaces import LockBoard, LockFeedback, PulseResult, TraceLine
from hal.locks.modbus_switched import SwitchedRelayBoard

__all__ = ["LockBench", "LockTraits"]

WAIT_S = 15.0
"""For what a door, a coil or a healed line takes, on a busy machine."""


@dataclass(frozen=True, slots=True)
class LockTraits:
    """What a family can do.

    `acknowledges`: it answers an unlock, None when nobody said; `reads`: it has feedback; `checked`: a check
    covers all of its frames that matters.
    """

    acknowledges: bool | None = None
    reads: bool = True
    checked: bool = True

    @property
    def results(self) -> frozenset[PulseResult]:
        """What a pulse may give when all is well."""
        told = {
            True: {PulseResult.ACKNOWLEDGED},
            False: {PulseResult.UNKNOWN},
            None: {PulseResult.ACKNOWLEDGED, PulseResult.UNKNOWN},
        }
        return frozenset(told[self.acknowledges])


@dataclass(slots=True)
class LockBench:
    """`channel` is the one that the operator lets be opened; `tell` asks for something by hand."""

    board: LockBoard
    neighbour: LockBoard | None = None
    control: Control | None = None
    traits: LockTraits = LockTraits()
    channel: int | None = None
    tell: Callable[[str], None] = lambda text: None

    def trace(self) -> tuple[TraceLine, ...]:
        """The last bytes of the line."""
        return self.board.trace.lines()

    # --- at the driver ---

    async def feedback(self, board: LockBoard | None = None) -> tuple[LockFeedback, ...]:
        """A reading of all channels, however often it must be asked for."""
        asked = board or self.board
        told: tuple[LockFeedback, ...] | None = None
        failure: Exception | None = None
        limit = soon(WAIT_S)
        while told is None:
            expect(soon(0) < limit, f"no reading within {WAIT_S:g} s; last: {failure}")
            try:
                told = await asked.read_feedback(soon(1.5))
            except (NoAnswer, DeviceOffline, DeviceRefused) as error:
                failure = error
                await asyncio.sleep(0.01)
        expect(len(told) == asked.info.channels, f"{len(told)} readings of {asked.info.channels} channels")
        return told

    async def reads(self, channel: int, wanted: LockFeedback, board: LockBoard | None = None) -> None:
        """Return when `channel` reads `wanted`; at once where there is no feedback."""

        async def there() -> bool:
            return (await self.feedback(board))[channel - 1] is wanted

        if self.traits.reads:
            await poll(there, WAIT_S, f"channel {channel} reads {wanted}")

    async def ready(self) -> None:
        """The board answers, and relays that the driver itself switches have been let go of."""
        await self.feedback()

        async def released() -> bool:
            boards = [self.board, self.neighbour]
            return all(each.released for each in boards if isinstance(each, SwitchedRelayBoard))

        await poll(released, WAIT_S, "every relay says that it is off")

    # --- at the simulator ---

    async def do(self, what: str, **arguments: Any) -> Mapping[str, Any]:
        """One request to the simulator."""
        if self.control is None:
            raise CaseFailed("there is no simulator")
        return await self.control.do(what, **arguments)

    async def door(self, door: str) -> Mapping[str, Any]:
        """`open`, `live` (its coil has power) and `pulses` of a door."""
        found: Mapping[str, Any] = (await self.do("doors"))["doors"][door]
        return found

    async def pulsed(self) -> dict[str, int]:
        """Which doors' coils have had power, and how often."""
        doors: Mapping[str, Mapping[str, Any]] = (await self.do("doors"))["doors"]
        return {name: door["pulses"] for name, door in doors.items() if door["pulses"]}

    async def opens(self, door: str) -> None:
        """Return when `door`, and no other, stands open."""

        async def alone() -> bool:
            doors = (await self.do("doors"))["doors"]
            return [name for name, each in doors.items() if each["open"]] == [door]

        await poll(alone, WAIT_S, f"{door} and no other stands open")

    async def shut(self, door: str) -> None:
        """Push the door until it catches."""

        async def caught() -> bool:
            return bool((await self.do("close_door", door=door))["shut"])

        await poll(caught, WAIT_S, f"{door} catches")

    async def no_coil_live(self) -> None:
        """Return when no coil has power."""

        async def none() -> bool:
            return not any(each["live"] for each in (await self.do("doors"))["doors"].values())

        await poll(none, WAIT_S, "no coil has power")

    async def unheard_bytes(self) -> int:
        """How many were sent and not yet on the wire; those of a request that timed out may never be."""
        sent = sum(len(line.data) for line in self.trace() if line.direction == ">")
        return sent - int((await self.do("doors"))["heard_bytes"])

    async def all_heard(self, but: int = 0) -> None:
        """Return when everything sent has been on the wire, `but` so many bytes: boards that never answer
        are not waited for."""

        async def heard() -> bool:
            return await self.unheard_bytes() <= but

        await poll(heard, WAIT_S, "all that was sent is on the wire")
