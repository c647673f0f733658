"""Offline grants as the core sees them: what one says, and which are spent or revoked for how long.

A grant's bytes and its signature are the shell's business; here it is already
known to be an issuer's word for this station.  The book is part of the state,
so it is folded from facts alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

__all__ = [
    "FOR_EVER_MS",
    "KEPT_AFTER_MS",
    "LEARNED_AT_ONCE",
    "MAX_KEPT",
    "Epoch",
    "Grant",
    "GrantBook",
    "GrantKey",
    "Lives",
    "Right",
    "confirmed",
    "differs",
    "doubted",
    "hash_of",
    "learned",
    "living",
    "looks_like_grant",
    "subject_of",
    "used",
]

MAX_KEPT: Final = 5_000
"""Spent and revoked grants kept, each: 111 a day through a longest life of 45 days, 400 kB of state.
With more spent, a further grant is refused; with more revoked, a new epoch is the way."""

KEPT_AFTER_MS: Final = 24 * 3_600_000
"""How long after its end a grant stays in the book: a wrong hour or time zone forgets nothing."""

LEARNED_AT_ONCE: Final = 500
"""Entries of one fact: 25 kB, well below what a record may take."""

FOR_EVER_MS: Final = 2**53
"""Later than any clock: the end of a doubt whose beginning is not known.  JSON readers keep it exactly."""


_FORM: Final = re.compile(r"[0-9]{210}(?![^/])")


# Python's `$` also matches before a final newline, JSON Schema's does not: the look-ahead makes them equal.
GrantKey = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,2}-[0-9a-f]{10}(?!\n)$")]
"""`{issuer}-{id}`: an issuer's number and ten hexadecimal digits."""

Lives = Annotated[dict[GrantKey, Annotated[int, Meta(ge=0, le=2**53)]], Meta(max_length=1_000)]
"""Grants with the end of each one's life in milliseconds since 1970; 1,000 take some 35 kB of JSON."""

Epoch = Annotated[int, Meta(ge=0, le=65_535)]
"""As the two bytes in a grant hold it."""


class Right(StrEnum):
    """What a grant allows, once: take a parcel out, put one in, take one back, or open for service."""

    PICKUP = "pickup"
    DEPOSIT = "deposit"
    COLLECT = "collect"
    SERVICE = "service"


class Grant(msgspec.Struct, frozen=True):
    """What an issuer signed for this station.

    `key` names it, `{issuer}-{id}` with ten hexadecimal digits of id.
    `subject` is `subject_of` the parcel, or of the compartment for
    `Right.SERVICE`.  `size` overrides the parcel's size at a deposit: 1 to 4
    are S to XL, 0 leaves it.  `any_time` allows a pickup while the clock is unset.
    """

    key: str
    right: Right
    subject: str
    not_before_ms: int
    expires_at_ms: int
    epoch: int
    single_use: bool
    delegable: bool
    any_time: bool = False
    size: int = 0


class GrantBook(msgspec.Struct, frozen=True):
    """Spent and revoked grants with the end of their life in milliseconds, by key, oldest first.

    Grants of an epoch before `epoch` are void.  Whatever ended
    `KEPT_AFTER_MS` before `forgotten_ms` may have left the book and is over
    whatever the clock says.  While `doubt_ms` is not 0 the book may lack
    what was spent before that time.  `ask` is not empty while the backend is
    asked for all it knows, and names the asking; `parts` of the answer have
    come, in any order.
    """

    epoch: int = 0
    spent: dict[str, int] = {}
    revoked: dict[str, int] = {}
    forgotten_ms: int = 0
    doubt_ms: int = 0
    ask: str = ""
    parts: list[int] = []
    ever_used: bool = False
    mark: int = 0
    """The highest sequence that this journal is known to have lost, of a set-back dealt with."""


def looks_like_grant(text: str) -> bool:
    """Whether a scanned text is meant for a grant: 210 decimal digits, perhaps `/` and a name behind them."""
    return _FORM.match(text) is not None


def subject_of(kind: str, ref: str) -> str:
    """Ten hexadecimal digits for a `parcel` or `compartment` (docs/contract/grants.md)."""
    text = b"\0".join((b"pigeonhole-grant-subject/1", kind.encode(), ref.encode()))
    return hashlib.sha256(text).hexdigest()[:10]


def living(entries: Mapping[str, int], at_ms: int) -> list[str]:
    """The keys whose life ends after `at_ms`, sorted: what a digest of that time covers."""
    return sorted(key for key, until_ms in entries.items() if until_ms > at_ms)


def hash_of(keys: Iterable[str]) -> str:
    """SHA-256 in hexadecimal over the keys, each followed by a line feed; for sorted keys."""
    return hashlib.sha256("".join(f"{key}\n" for key in keys).encode()).hexdigest()


def used(book: GrantBook, key: str, until_ms: int, at_ms: int, *, spent: bool, clock: str) -> GrantBook:
    """The book after a use; a single-use grant is spent."""
    book = msgspec.structs.replace(_forget(book, at_ms, clock), ever_used=True)
    return _with(book, {key: until_ms}, {}) if spent else book


def learned(
    book: GrantBook,
    *,
    spent: Mapping[str, int],
    revoked: Mapping[str, int],
    epoch: int,
    part: int,
    forgotten_ms: int,
    at_ms: int,
    clock: str,
) -> GrantBook:
    """The book with more spent and revoked; nothing is taken back.  `part` counts a full list's, else 0."""
    book = _with(_forget(book, at_ms, clock), spent, revoked)
    parts = sorted({*book.parts, part}) if part else book.parts
    return msgspec.structs.replace(
        book,
        epoch=max(book.epoch, epoch),
        parts=parts,
        forgotten_ms=max(book.forgotten_ms, forgotten_ms),
        ever_used=book.ever_used or bool(spent),
    )


def doubted(book: GrantBook, before_ms: int, ask: str, mark: int) -> GrantBook:
    """The book may lack what was spent before `before_ms`; an earlier doubt is never shortened."""
    return msgspec.structs.replace(
        book,
        doubt_ms=max(book.doubt_ms, before_ms),
        ask=ask,
        parts=[],
        mark=max(book.mark, mark),
    )


def differs(book: GrantBook, ask: str) -> GrantBook:
    """The backend's sets are not these: its full list is asked for."""
    return msgspec.structs.replace(book, ask=ask, parts=[])


def confirmed(book: GrantBook) -> GrantBook:
    """Everything the backend knows is in the book: no doubt is left."""
    return msgspec.structs.replace(book, doubt_ms=0, ask="", parts=[])


def _with(book: GrantBook, spent: Mapping[str, int], revoked: Mapping[str, int]) -> GrantBook:
    return msgspec.structs.replace(
        book, spent=_longest(book.spent, spent), revoked=_longest(book.revoked, revoked)
    )


def _longest(known: dict[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Both together; of a key in both, the later end."""
    return {**known, **{key: max(until_ms, known.get(key, 0)) for key, until_ms in more.items()}}


def _forget(book: GrantBook, at_ms: int, clock: str) -> GrantBook:
    """Without what is long over, which only a synced clock may say: a wrong one would let spent ones in."""
    if clock != "synced":
        return book
    spent, revoked = _not_over(book.spent, at_ms), _not_over(book.revoked, at_ms)
    if len(spent) == len(book.spent) and len(revoked) == len(book.revoked):
        return book
    forgotten_ms = max(book.forgotten_ms, at_ms)
    return msgspec.structs.replace(book, spent=spent, revoked=revoked, forgotten_ms=forgotten_ms)


def _not_over(entries: dict[str, int], at_ms: int) -> dict[str, int]:
    return {key: until_ms for key, until_ms in entries.items() if until_ms + KEPT_AFTER_MS > at_ms}
