"""Facts about offline grants (docs/contract/grants.md)."""

from __future__ import annotations

from typing import ClassVar

from edge.core.event_base import EventBase
from edge.core.grant_book import Right

__all__ = [
    "GrantRefused",
    "GrantUsed",
    "GrantsConfirmed",
    "GrantsDiffer",
    "GrantsDoubted",
    "GrantsLearned",
]


class GrantUsed(EventBase, frozen=True, tag="ph.security.grant-used.v1"):
    """An offline grant opens its one door: intent, on disk before the pulse; a single-use one is spent by it.

    It stays spent whatever the door does.  `delegate` is the masked name the holder wrote behind the grant,
    which nobody signed; `clock` is how good the clock was that judged its times.
    """

    classification: ClassVar[str] = "personal"
    grant: str
    right: Right
    single_use: bool
    expires_at_ms: int
    session: str
    compartment: str
    device: str
    clock: str
    parcel: str | None = None
    delegate: str = ""


class GrantRefused(EventBase, frozen=True, tag="ph.security.grant-refused.v1"):
    """A scanned grant opened nothing.

    `grant` is what it calls itself, without proof where `reason` is unknown-issuer, wrong-station or
    bad-signature; docs/contract/grants.md lists the reasons.
    """

    reason: str
    device: str
    grant: str = ""
    right: Right | None = None
    session: str | None = None


class GrantsLearned(EventBase, frozen=True, tag="ph.security.grants-learned.v1"):
    """More grants are known to be spent or revoked, or a new epoch voids those before it.

    `source` is delta, command or register.  Both tables give the end of each grant's life in milliseconds.
    `part` counts the parts of the backend's full list from 1 and is 0 for anything less.  Whatever ended a
    day before `forgotten_ms` is over for good.
    """

    source: str
    epoch: int
    spent: dict[str, int]
    revoked: dict[str, int]
    clock: str
    part: int = 0
    command: str | None = None
    forgotten_ms: int = 0


class GrantsDoubted(EventBase, frozen=True, tag="ph.security.grants-doubted.v1"):
    """The journal was set back: grants valid before `before_ms` are refused until the backend tells.

    `reason` is journal-older, register-missing, register-damaged, ack-beyond-head or digest.  Only an answer
    to `ask` ends the doubt: an older message may lack what was spent after it was sent.  `mark` is a sequence
    that the journal once held and the backend has acknowledged, 0 where none is known.
    """

    reason: str
    before_ms: int
    ask: str
    mark: int = 0


class GrantsDiffer(EventBase, frozen=True, tag="ph.security.grants-differ.v1"):
    """The backend's digest is not that of this station's grants: its full list is asked for."""

    epoch: int
    revoked_count: int
    spent_count: int
    ask: str


class GrantsConfirmed(EventBase, frozen=True, tag="ph.security.grants-confirmed.v1"):
    """All that the backend knows of spent and revoked grants is known here; a doubt is over."""

    epoch: int
    revoked_count: int
    spent_count: int
