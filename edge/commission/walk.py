"""The walk from door to door: pulse, look, ask, have it shut, look again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from edge.commission.findings import Channel, Outcome, Seen, contact_of
from edge.commission.people import Person
from edge.core.model import Compartment
from hal.errors import HalError
from hal.interfaces import LockBoard, LockFeedback, PulseResult

__all__ = ["Walk"]

READ_S: Final = 2.0
PULSE_S: Final = 5.0
"""To the deadline of a pulse: also behind another board's late reply."""
READ_ATTEMPTS: Final = 3
"""A read may be asked again; a pulse never is."""
OPENS_S: Final = 2.0
"""From the pulse to a door that springs open and a contact that has settled."""
SHUTS_S: Final = 3.0
"""From "it is shut" to a contact that says so."""
POLL_S: Final = 0.05

Contacts = Sequence[bool | None]


class Walk:
    """`meanings` are the boards' present `contact_closed_means`, `occupied` the compartments with parcels."""

    def __init__(
        self,
        boards: Mapping[str, LockBoard],
        meanings: Mapping[str, str],
        compartments: Mapping[str, Compartment],
        occupied: frozenset[str],
        person: Person,
    ) -> None:
        self._boards = boards
        self._meanings = meanings
        self._occupied = occupied
        self._person = person
        self._compartments = compartments
        self._by_number = {each.number.lower(): each.id for each in compartments.values()}

    async def go(self, channels: Sequence[Channel], keep: Callable[[Seen], None]) -> None:
        """Every channel in order; `keep` gets each as soon as it is known.  Raises Gone.

        A board that does not answer is passed over from there on.
        """
        silent: dict[str, str] = {}
        for number, channel in enumerate(channels, 1):
            self._person.tell(f"-- {number} of {len(channels)}: {channel}")
            if channel.board not in silent:
                try:
                    keep(await self._visit(channel))
                    continue
                except HalError as error:
                    silent[channel.board] = f"{channel.board} does not answer: {error.detail}"
                    self._person.tell(silent[channel.board])
            keep(Seen(channel, Outcome.FAILED, note=silent[channel.board]))

    async def _visit(self, channel: Channel) -> Seen:
        board = self._boards[channel.board]
        shut = await self._contacts(board)
        result = await board.pulse(channel.number, _within(PULSE_S))
        if result in (PulseResult.NOT_SENT, PulseResult.REFUSED):
            return Seen(channel, Outcome.FAILED, note=f"the pulse was {_words(result)}")
        await self._poll(board, OPENS_S, lambda now: bool(contact_of(shut, now)))
        door = await self._which(channel)
        if door is None:
            return Seen(channel, Outcome.SKIPPED, note="left out")
        changed = contact_of(shut, await self._contacts(board))
        if not door:
            return self._nothing(channel, changed)
        await self._have_shut(door, board, shut)
        return self._opened(channel, door, shut, changed)

    async def _which(self, channel: Channel) -> str | None:
        """The compartment that opened, empty for none, None to leave this out."""
        expected = next(
            (
                each.number
                for each in self._compartments.values()
                if (each.board, each.channel) == (channel.board, channel.number)
            ),
            None,
        )
        while True:
            number = await self._person.which_opened(str(channel), expected)
            if not number:
                return number
            door = self._by_number.get(number.lower())
            if door is not None:
                return door
            self._person.tell(f"there is no [[compartment]] with the number {number!r} in the file")

    async def _have_shut(self, door: str, board: LockBoard, shut: Contacts) -> None:
        number = self._compartments[door].number
        if door in self._occupied:
            self._person.tell(f"door {number} holds a parcel: leave it inside")
        for _ in range(READ_ATTEMPTS):
            await self._person.shuts(number)
            if await self._poll(board, SHUTS_S, lambda now: not contact_of(shut, now)):
                return
            self._person.tell(f"the contacts of {board.info.id} still read as with an open door")

    def _nothing(self, channel: Channel, changed: Sequence[int]) -> Seen:
        note = f"contact {', '.join(map(str, changed))} changed nevertheless" if changed else ""
        return Seen(channel, Outcome.NOTHING, note=note)

    def _opened(self, channel: Channel, door: str, shut: Contacts, changed: Sequence[int]) -> Seen:
        if all(level is None for level in shut):
            return Seen(channel, Outcome.OPENED, door, has_contacts=False)
        if channel.number in changed:
            contact = channel.number
        elif len(changed) == 1:
            contact = changed[0]
        else:
            note = f"contacts {', '.join(map(str, changed))} changed at once" if changed else ""
            return Seen(channel, Outcome.OPENED, door, note=note)
        return Seen(channel, Outcome.OPENED, door, contact, shut_closed=shut[contact - 1])

    async def _contacts(self, board: LockBoard) -> Contacts:
        """Closed or not, channel by channel; None where the board cannot tell."""
        closed_means = LockFeedback(self._meanings[board.info.id].upper())
        for attempt in range(READ_ATTEMPTS):
            try:
                levels = await board.read_feedback(_within(READ_S))
                break
            except HalError:
                if attempt == READ_ATTEMPTS - 1:
                    raise
        else:
            raise AssertionError("left by break or raise")
        return [None if level is LockFeedback.UNKNOWN else level is closed_means for level in levels]

    async def _poll(self, board: LockBoard, seconds: float, seen: Callable[[Contacts], bool]) -> bool:
        """Read until `seen`; False when it was not within `seconds`."""
        until = _within(seconds)
        while not seen(await self._contacts(board)):
            if asyncio.get_running_loop().time() > until:
                return False
            await asyncio.sleep(POLL_S)
        return True


def _within(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


def _words(result: PulseResult) -> str:
    return "refused by the board" if result is PulseResult.REFUSED else "not sent: the line is not free"
