"""Messages about offline grants: `grants/delta` and `grants/digest` down, `state/grants` up."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from edge.core.grant_book import Epoch, GrantBook, Lives, hash_of, living
from edge.core.inputs import GrantDelta, GrantDigest
from edge.shell.envelope import EnvelopeError, ms_from_rfc3339
from edge.shell.twin_messages import DownEnvelope

__all__ = [
    "MAX_GRANTS_BYTES",
    "GrantsDelta",
    "GrantsDigest",
    "GrantsMessageError",
    "GrantsStatus",
    "delta_from",
    "digest_from",
    "status_of",
]

MAX_GRANTS_BYTES: Final = 96 * 1024
"""Two tables of 1,000 grants take 70 kB; brokers pass 128 kB and more."""

Sum = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Part = Annotated[int, Meta(ge=0, le=1_000)]
Ask = Annotated[str, Meta(max_length=64)]

_ENVELOPE: Final = msgspec.json.Decoder(DownEnvelope)


class GrantsMessageError(ValueError):
    """Bytes that are no such message; `reason` is a short fixed word."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class GrantsDelta(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.grants.delta.v1`: more grants that are revoked or spent, each with the end of its life.

    Sent because of `asks` in `state/grants`, `answers` repeats it, and the message is part `part` of `parts`
    of all that the backend knows.  Otherwise these are left out.
    """

    epoch: Epoch = 0
    revoked: Lives = {}
    spent: Lives = {}
    part: Part = 0
    parts: Part = 0
    answers: Ask = ""


class GrantsDigest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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
    set back, and grants that may have been used since the copy was made open nothing.
    """

    at_ms: int
    epoch: Epoch
    revoked_count: int
    revoked_hash: Sum
    spent_count: int
    spent_hash: Sum
    trusted: bool
    asks: str | None
    issuers: list[int]


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


def delta_from(payload: bytes) -> GrantDelta:
    """The message on `grants/delta`.  Raises GrantsMessageError."""
    return GrantDelta(**msgspec.structs.asdict(_read(payload, "ph.grants.delta.v1", GrantsDelta)))


def digest_from(payload: bytes) -> GrantDigest:
    """The message on `grants/digest`.  Raises GrantsMessageError."""
    return GrantDigest(**msgspec.structs.asdict(_read(payload, "ph.grants.digest.v1", GrantsDigest)))


def _read(payload: bytes, type_: str, form: type[msgspec.Struct]) -> Any:
    if len(payload) > MAX_GRANTS_BYTES:
        raise GrantsMessageError("too-large", f"{len(payload)} bytes, at most {MAX_GRANTS_BYTES} are allowed")
    try:
        envelope = _ENVELOPE.decode(payload)
        ms_from_rfc3339(envelope.time)
    except (msgspec.MsgspecError, EnvelopeError, UnicodeError, RecursionError) as error:
        raise GrantsMessageError("bad-envelope", str(error)) from error
    if envelope.type != type_:
        raise GrantsMessageError("bad-envelope", f"type is not {type_}")
    try:
        return msgspec.json.decode(envelope.data, type=form)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise GrantsMessageError("bad-data", str(error)) from error
