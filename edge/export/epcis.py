"""A parcel's facts in GS1's words: an EPCIS 2.0 document in JSON-LD.

Sources: GS1 EPCIS 2.0 (ISO/IEC 19987:2024) sections 7.4 and 10, GS1 Core
Business Vocabulary 2.0 (ISO/IEC 19988:2024) section 7, GS1 Digital Link 1.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote

from edge.core.ident_checks import mod10_check_digit
from edge.export.reader import Entry
from edge.shell.envelope import StationIdentity, rfc3339

__all__ = ["CONTEXT", "document_lines", "epcis_event"]

CONTEXT: Final = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"ph": "urn:ph:epcis:"},
]
"""EPCIS's own context; `ph:` are this station's words beside it."""

_SSCC: Final = re.compile(r"(?:00)?(\d{18})")


def document_lines(identity: StationIdentity, entries: Iterable[Entry], created_ms: int) -> Iterator[str]:
    """The document in pieces, one event a line: a year of facts is never in memory at once."""
    head = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": rfc3339(created_ms),
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "epcisBody": {"eventList": [\n'
    separator = ""
    for entry in entries:
        event = epcis_event(identity, entry)
        if event is not None:
            yield separator + json.dumps(event, ensure_ascii=False)
            separator = ",\n"
    yield "\n]}}\n"


def epcis_event(identity: StationIdentity, entry: Entry) -> dict[str, Any] | None:
    """An ObjectEvent for a fact with a business step; None for any other, and where the content has left."""
    if entry.reduced:
        return None
    message = json.loads(entry.body)
    data = message["data"]
    if not data.get("biz_step"):
        return None
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{entry.id}",
        "eventTime": message["time"],
        "recordTime": message.get("recordedtime", message["time"]),
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": data["biz_step"],
        "epcList": [_epc(identity, data)],
        "readPoint": {"id": _place(identity, data.get("compartment"))},
        "bizLocation": {"id": _place(identity, None)},
    }
    if data.get("disposition"):
        event["disposition"] = data["disposition"]
    event["ph:type"] = entry.type
    event["ph:sequence"] = entry.seq
    for field in ("upu", "parcel", "reason", "error"):
        if data.get(field):
            event[f"ph:{field}"] = data[field]
    return event


def _epc(identity: StationIdentity, data: dict[str, Any]) -> str:
    """An SSCC as GS1 Digital Link; every other parcel by a name of the carrier's own."""
    code = str(data.get("tracking_code") or data.get("scan") or "")
    sscc = _SSCC.fullmatch(code)
    if sscc is not None and mod10_check_digit(sscc[1][:-1]) == sscc[1][-1]:
        return f"https://id.gs1.org/00/{sscc[1]}"
    if code:
        return f"urn:ph:{identity.tenant}:tracking:{quote(code, safe='')}"
    return f"urn:ph:{identity.tenant}:parcel:{quote(str(data['parcel']), safe='')}"


def _place(identity: StationIdentity, compartment: str | None) -> str:
    station = f"urn:ph:{identity.tenant}:{identity.station}"
    return station if not compartment else f"{station}:{compartment}"
