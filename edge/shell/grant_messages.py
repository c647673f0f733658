"""Messages about offline grants (`grants/delta`, `grants/digest`, `state/grants`) and how they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from edge.core.grant_book import Epoch, GrantBook, Lives, hash_of, living
from edge.core.inputs import GrantDelta, GrantDigest, Input
from edge.shell.refusals import Refusals
from edge.shell.unreadable import unreadable

__all__ = [
    "GRANT_MESSAGES",
    "MAX_GRANTS_BYTES",
    "GrantsDeltaData",
    "GrantsDigestData",
    "GrantsEnvelope",
    "GrantsInbox",
    "GrantsStatus",
    "status_of",
]

MAX_GRANTS_BYTES: Final = 96 * 1024
"""Two tables of 1,000 grants take 70 kB; brokers pass 128 kB and more."""

Sum = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Part = Annotated[int, Meta(ge=0, le=1_000)]
Ask = Annotated[str, Meta(max_length=64)]


class GrantsEnvelope(msgspec.Struct, frozen=True):
    """The CloudEvent around what a backend tells of grants.  Attributes not named here are ignored."""

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(min_length=1, max_length=64)]
    source: Annotated[str, Meta(min_length=1, max_length=128)]
    type: Annotated[str, Meta(pattern=r"^ph\.grants\.(delta|digest)\.v1(?!\n)$")]
    data: msgspec.Raw


class GrantsDeltaData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.grants.delta.v1`: more grants that are revoked or spent, each with the end of its life.

    Sent for an `asks` of `state/grants`, `answers` repeats it and the message is part `part` of `parts` of
    all that the backend knows.  Otherwise these are left out.
    """

    epoch: Epoch = 0
    revoked: Lives = {}
    spent: Lives = {}
    part: Part = 0
    parts: Part = 0
    answers: Ask = ""


class GrantsDigestData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.grants.digest.v1`: what the backend knows of the grants that live beyond `at_ms`.

    A hash is SHA-256 over their sorted keys, each followed by a line feed.
    """

    at_ms: Annotated[int, Meta(ge=0, le=2**53)]
    epoch: Epoch
    revoked_count: Count
    revoked_hash: Sum
    spent_count: Count
    spent_hash: Sum


class GrantsStatus(msgspec.Struct, frozen=True):
    """`ph.state.grants.v1`, retained: what the station knows of offline grants, as sums over those alive.

    While `asks` is set the station asks for all the backend knows.  While `trusted` is false its journal was
    set back, and grants that may have been used since the copy open nothing.
    """

    at_ms: int
    epoch: Epoch
    revoked_count: int
    revoked_hash: str
    spent_count: int
    spent_hash: str
    trusted: bool
    asks: str | None
    issuers: list[int]


GRANT_MESSAGES: Final[dict[str, type[msgspec.Struct]]] = {
    "grants": GrantsEnvelope,
    "ph.grants.delta.v1": GrantsDeltaData,
    "ph.grants.digest.v1": GrantsDigestData,
    "ph.state.grants.v1": GrantsStatus,
}
"""Schema file name -> type."""


def status_of(book: GrantBook, at_ms: int, issuers: list[int]) -> GrantsStatus:
    """The book as its sums at `at_ms`."""
    revoked, spent = living(book.revoked, at_ms), living(book.spent, at_ms)
    return GrantsStatus(
        at_ms=at_ms,
        epoch=book.epoch,
        revoked_count=len(revoked),
        revoked_hash=hash_of(revoked),
        spent_count=len(spent),
        spent_hash=hash_of(spent),
        trusted=not book.doubt_ms,
        asks=book.ask or None,
        issuers=issuers,
    )


class GrantsInbox:
    """What arrives below `grants/`.  `hand_in` returns False when the station's queue is full."""

    def __init__(self, root: str, refusals: Refusals, hand_in: Callable[[Input], bool | None]) -> None:
        self._prefix = f"{root}/grants/"
        self._refusals = refusals
        self._hand_in = hand_in
        self._envelope: msgspec.json.Decoder[GrantsEnvelope] = msgspec.json.Decoder(GrantsEnvelope)
        self._data: dict[str, msgspec.json.Decoder[Any]] = {
            "delta": msgspec.json.Decoder(GrantsDeltaData),
            "digest": msgspec.json.Decoder(GrantsDigestData),
        }

    @property
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return tuple(self._prefix + name for name in self._data)

    def take(self, topic: str, payload: bytes) -> bool:
        """True when the topic is one of these; never raises for what is on it."""
        name = topic.removeprefix(self._prefix)
        if name == topic or name not in self._data:
            return False
        if (why := unreadable(payload, MAX_GRANTS_BYTES)) is not None:
            self._refusals.refuse(topic, *why)
            return True
        try:
            envelope = self._envelope.decode(payload)
            if envelope.type != f"ph.grants.{name}.v1":
                raise msgspec.ValidationError(f"type is not ph.grants.{name}.v1")
            data = self._data[name].decode(envelope.data)
        except msgspec.MsgspecError as error:
            self._refusals.refuse(topic, "bad-grants", str(error))
            return True
        if self._hand_in(_input(data)) is False:
            self._refusals.refuse(topic, "overload", "too many inputs wait")
        return True


def _input(data: GrantsDeltaData | GrantsDigestData) -> Input:
    fields = msgspec.structs.asdict(data)
    return GrantDelta(**fields) if isinstance(data, GrantsDeltaData) else GrantDigest(**fields)
