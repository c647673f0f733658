"""The verdict on offline grants, from the journal's facts in their order."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tools.link_torture.bearers import Issued
from tools.link_torture.judge import Ledger

__all__ = ["weigh_grants"]


def weigh_grants(journal: Ledger, issued: Mapping[str, Issued]) -> dict[str, int]:
    """What was opened by grants held against what was issued, spent and taken back.

    The doors a grant opens, however often they are tried, are all of the one visit in which it was spent.
    """
    visit: dict[str, str] = {}
    revoked: set[str] = set()
    epoch = used = refused = again = gone = 0
    for _, body in journal.events:
        event = json.loads(body)
        data = event["data"]
        match event["type"]:
            case "ph.security.grant-used.v1":
                name = data["grant"]
                used += 1
                again += name in visit or name not in issued
                gone += name in revoked or (name in issued and issued[name].epoch < epoch)
                visit.setdefault(name, data["session"])
            case "ph.security.grant-refused.v1":
                refused += 1
            case "ph.security.grants-learned.v1":
                revoked |= set(data["revoked"])
                epoch = max(epoch, data["epoch"])
            case "ph.door.unlock-requested.v1" if data["authorisation"]["kind"] == "grant":
                again += visit.get(data["authorisation"]["ref"]) != data["session"]
    return {
        "grants": len(issued),
        "grants_used": used,
        "grants_refused": refused,
        "grants_revoked": len(revoked & set(issued)),
        "grants_opened_again": again,
        "grants_opened_revoked": gone,
    }
