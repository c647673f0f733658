"""Examples of what is said of offline grants."""

from __future__ import annotations

from typing import Final

import msgspec

from edge.contract.example_facts import PARCEL, VISIT
from edge.core import events as ev
from edge.core import orders
from edge.core.event_base import EventBase
from edge.core.grant_book import Right
from edge.shell import grant_messages as gm

__all__ = ["EXAMPLES", "FACTS"]

_GRANT: Final = "7-00000a1b2c"
_OTHER: Final = "7-00000a1b2d"
_UNTIL_MS: Final = 1_789_200_000_000
_ASK: Final = "019ab3c2-6f00-7a10-8000-0000000000a5"
_NONE: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

EXAMPLES: Final[dict[str, msgspec.Struct]] = {
    "ph.cmd.revoke.v1": orders.Revoke(
        grants={_OTHER: _UNTIL_MS}, operator="li.na", reason="the recipient lost the phone"
    ),
    "ph.grants.delta.v1": gm.GrantsDelta(
        epoch=3, revoked={_OTHER: _UNTIL_MS}, spent={_GRANT: _UNTIL_MS}, part=1, parts=1, answers=_ASK
    ),
    "ph.grants.digest.v1": gm.GrantsDigest(
        at_ms=1_789_000_000_000,
        epoch=3,
        revoked_count=0,
        revoked_hash=_NONE,
        spent_count=0,
        spent_hash=_NONE,
    ),
    "ph.state.grants.v1": gm.GrantsStatus(
        at_ms=1_789_000_000_000,
        epoch=3,
        revoked_count=0,
        revoked_hash=_NONE,
        spent_count=0,
        spent_hash=_NONE,
        trusted=False,
        asks=_ASK,
        issuers=[7],
    ),
}
"""By schema name."""

FACTS: Final[tuple[EventBase, ...]] = (
    ev.GrantUsed(
        grant=_GRANT,
        right=Right.PICKUP,
        single_use=True,
        expires_at_ms=_UNTIL_MS,
        session=VISIT,
        compartment="b07",
        device="window",
        clock="synced",
        parcel=PARCEL,
        delegate="李*",
    ),
    ev.GrantRefused(reason="spent", device="window", grant=_GRANT, right=Right.PICKUP, session=VISIT),
    ev.GrantsLearned(source="delta", epoch=3, spent={}, revoked={_OTHER: _UNTIL_MS}, clock="synced"),
    ev.GrantsDoubted(reason="ack-beyond-head", before_ms=1_789_000_000_000, ask=_ASK, mark=4_711),
    ev.GrantsDiffer(epoch=2, revoked_count=1, spent_count=4, ask=_ASK),
    ev.GrantsConfirmed(epoch=3, revoked_count=2, spent_count=4),
)
