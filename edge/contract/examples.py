"""A whole message of every kind, envelope and all, for the AsyncAPI document and for tests.

A new fact or message type needs a line in `example_facts` or
`example_messages`; without one the document cannot be written.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from edge.contract.example_facts import COMMAND, FACTS
from edge.contract.example_grants import FACTS as FACTS_OF_GRANTS
from edge.contract.example_messages import BOOT, MESSAGES
from edge.contract.example_twin import FACTS as FACTS_OF_THE_TWIN
from edge.contract.example_verbs import FACTS as FACTS_OF_VERBS
from edge.core.events import EVENT_TYPES
from edge.shell.envelope import (
    CONTENT_TYPE,
    Envelope,
    Fact,
    Stamp,
    StationIdentity,
    encode,
    encode_event,
    rfc3339,
    schema_urn,
)
from edge.shell.messages import CommandEnvelope

__all__ = ["IDENTITY", "example_message"]

IDENTITY: Final = StationIdentity("acme", "shanghai-0042")
_AT_MS: Final = 1_789_000_000_000
_ID: Final = "019ab3c2-6f00-7a10-8000-000000000001"
_COMMAND_LIFE_MS: Final = 20_000
_MONOTONIC_MS: Final = 86_400_250

_FACTS: Final = {fact.type: fact for fact in (*FACTS, *FACTS_OF_VERBS, *FACTS_OF_THE_TWIN, *FACTS_OF_GRANTS)}


def example_message(name: str) -> dict[str, Any]:
    """The message of the schema `name`, as it would be on the wire.  Raises KeyError where there is none."""
    if name == "ack":
        body = msgspec.json.encode(MESSAGES[name])
    elif name in EVENT_TYPES:
        body = encode_event(
            IDENTITY,
            Fact(_FACTS[name], _AT_MS, monotonic_ms=_MONOTONIC_MS),  # type: ignore[arg-type]  # every class of EVENT_TYPES is in the union Event
            Stamp(4_711, _ID, _AT_MS + 4, BOOT, "synced"),
        )
    elif name.startswith("ph.cmd."):
        body = _command(name)
    else:
        body = _event(name)
    message: dict[str, Any] = json.loads(body)
    return message


def _command(name: str) -> bytes:
    return msgspec.json.encode(
        CommandEnvelope(
            specversion="1.0",
            id=COMMAND,
            source="urn:ph:acme:backend",
            type=name,
            time=rfc3339(_AT_MS),
            expirytime=rfc3339(_AT_MS + _COMMAND_LIFE_MS),
            replyto=f"{IDENTITY.root}/rsp/desk-3",
            data=msgspec.Raw(msgspec.json.encode(MESSAGES[name])),
            correlationid="case-7781",
        )
    )


def _event(name: str) -> bytes:
    type_ = "ph.rsp.open.v1" if name == "ph.rsp.v1" else name
    return encode(
        Envelope(
            specversion="1.0",
            id=_ID,
            source=IDENTITY.source,
            type=type_,
            subject="station",
            time=rfc3339(_AT_MS),
            datacontenttype=CONTENT_TYPE,
            dataschema=schema_urn(name),
            dataclassification="public",
            bootid=BOOT,
            clockstate="synced",
            data=msgspec.Raw(msgspec.json.encode(MESSAGES[name])),
        )
    )
