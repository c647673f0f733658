"""What was seen at the doors, and what it says of the wiring.  Pure.

One open and one closed door tell both facts: the contact that changed is the door's, and its level while the
door was shut is what "closed" means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from edge.core.model import Compartment

__all__ = ["Channel", "Conclusion", "Move", "Outcome", "Seen", "conclude", "contact_of"]


class Channel(msgspec.Struct, frozen=True):
    """One lock: `number` counts from 1 on `board`."""

    board: str
    number: int

    def __str__(self) -> str:
        return f"{self.board} channel {self.number}"


class Outcome(StrEnum):
    """What came of one channel; FAILED when the board did not take part to the end."""

    OPENED = "opened"
    NOTHING = "nothing"
    FAILED = "failed"
    SKIPPED = "skipped"


class Seen(msgspec.Struct, frozen=True):
    """One door: `door` is the compartment that opened.  `contact` is the channel whose contact changed, None
    when none did; `shut_closed` says whether it was closed with the door shut.  `has_contacts` is False for
    boards that cannot tell any.  `note` is for people."""

    channel: Channel
    outcome: Outcome
    door: str | None = None
    contact: int | None = None
    shut_closed: bool | None = None
    has_contacts: bool = True
    note: str = ""


class Move(msgspec.Struct, frozen=True):
    """A compartment that is wired elsewhere than the file says."""

    door: str
    was: Channel
    now: Channel


class Conclusion(msgspec.Struct, frozen=True):
    """`meanings` are the boards whose `contact_closed_means` is other than the file says, and what it is;
    `problems` need a person with a screwdriver, or another look."""

    moves: list[Move]
    meanings: dict[str, str]
    problems: list[str]


def contact_of(shut: Sequence[bool | None], opened: Sequence[bool | None]) -> list[int]:
    """The channels whose contacts read differently in the two, from 1; unknown ones do not count."""
    pairs = enumerate(zip(shut, opened, strict=True), 1)
    return [number for number, (a, b) in pairs if a is not None and b is not None and a != b]


def conclude(
    seen: Iterable[Seen], compartments: Mapping[str, Compartment], meanings: Mapping[str, str]
) -> Conclusion:
    """What all that was seen says of the file, which has `compartments` by id and, of each board, `meanings`:
    its `contact_closed_means`."""
    seen = list(seen)
    found, contrary = _meanings(seen, compartments)
    changed = {board: meaning for board, meaning in found.items() if meaning != meanings[board]}
    moves, misplaced = _moves(seen, compartments)
    return Conclusion(moves, changed, [*_at_the_doors(seen, compartments), *contrary, *misplaced])


def _meanings(
    seen: Sequence[Seen], compartments: Mapping[str, Compartment]
) -> tuple[dict[str, str], list[str]]:
    """What a closed contact means at most doors of each board, and the doors that differ from their board."""
    meanings, problems = {}, []
    told: dict[str, list[Seen]] = {}
    for each in seen:
        if each.shut_closed is not None:
            told.setdefault(each.channel.board, []).append(each)
    for board, doors in told.items():
        ((most, count), *_) = Counter(door.shut_closed for door in doors).most_common()
        if count * 2 == len(doors):
            problems.append(f"board {board}: half of its contacts are closed when locked, half when open")
            continue
        meanings[board] = "locked" if most else "unlocked"
        problems += [
            f"door {_name(door, compartments)}: its contact works the other way round than the board's others"
            for door in doors
            if door.shut_closed is not most
        ]
    return meanings, problems


def _moves(seen: Sequence[Seen], compartments: Mapping[str, Compartment]) -> tuple[list[Move], list[str]]:
    """Compartments found elsewhere, and those that cannot be written where they were found."""
    found: dict[str, list[Channel]] = {}
    for each in seen:
        if each.door is not None:
            found.setdefault(each.door, []).append(each.channel)
    problems = [
        f"door {compartments[door].number} opened at {' and at '.join(map(str, channels))}"
        for door, channels in found.items()
        if len(channels) > 1
    ]
    moves = []
    for door, channels in found.items():
        was = Channel(compartments[door].board, compartments[door].channel)
        if len(channels) == 1 and channels[0] != was:
            moves.append(Move(door, was, channels[0]))
    # A place is free once who is written there has been found elsewhere.
    while True:
        leaving = {move.door for move in moves}
        taken = {Channel(c.board, c.channel): c.number for c in compartments.values() if c.id not in leaving}
        blocked = [move for move in moves if move.now in taken]
        if not blocked:
            return moves, problems
        problems += [
            f"door {compartments[move.door].number} opened at {move.now}, where the file has door "
            f"{taken[move.now]}, which was not found elsewhere"
            for move in blocked
        ]
        moves = [move for move in moves if move not in blocked]


def _at_the_doors(seen: Sequence[Seen], compartments: Mapping[str, Compartment]) -> list[str]:
    problems = []
    for each in seen:
        if each.outcome is Outcome.NOTHING:
            problems.append(f"{each.channel}: no door opened")
        elif each.outcome is not Outcome.OPENED:
            problems.append(f"{each.channel}: {each.note or each.outcome.value}")
        elif not each.has_contacts:
            continue
        elif each.contact is None:
            problems.append(f"door {_name(each, compartments)}: {each.note or 'no contact changed'}")
        elif each.contact != each.channel.number:
            problems.append(
                f"door {_name(each, compartments)}: opened by channel {each.channel.number}, its contact is "
                f"at channel {each.contact} of {each.channel.board}: swap one of the two cables"
            )
    return problems


def _name(seen: Seen, compartments: Mapping[str, Compartment]) -> str:
    return compartments[seen.door].number if seen.door is not None else str(seen.channel)
