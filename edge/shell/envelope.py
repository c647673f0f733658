"""Facts as CloudEvents 1.0 in structured JSON, and back.

The JSON made here is written once, hashed into the journal and published
byte for byte, so what the backend stores can be checked against the chain.
MQTT 3.1.1 carries no properties: everything is in the JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec

from edge.core.events import EVENT_TYPES, Event, EventBase

__all__ = [
    "CONTENT_TYPE",
    "SEQUENCE_DIGITS",
    "SHED_TYPE",
    "Envelope",
    "EnvelopeError",
    "Fact",
    "Stamp",
    "StationIdentity",
    "decode_event",
    "encode",
    "encode_event",
    "encode_shed",
    "ms_from_rfc3339",
    "rfc3339",
    "schema_urn",
]

CONTENT_TYPE: Final[Literal["application/json"]] = "application/json"
SEQUENCE_DIGITS: Final = 20
"""Zero-padded so that sequences sort as text; twenty digits hold any 64-bit number."""

SHED_TYPE: Final = "ph.health.shed.v1"
"""Told in the place of a record whose content was shed at the bound of the disk."""

ID_PATTERN: Final = re.compile(r"[a-z0-9-]{1,36}")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999, where RFC 3339 ends."""


class EnvelopeError(ValueError):
    """Bytes that are no record of this contract; the message says why."""


@dataclass(frozen=True, slots=True)
class StationIdentity:
    """Whose facts these are.  Both ids match `[a-z0-9-]{1,36}`; anything else raises ValueError."""

    tenant: str
    station: str

    def __post_init__(self) -> None:
        for what, value in (("tenant", self.tenant), ("station", self.station)):
            if not ID_PATTERN.fullmatch(value):
                raise ValueError(f"{what} id {value!r} does not match [a-z0-9-]{{1,36}}")

    @property
    def source(self) -> str:
        """The CloudEvents source, `urn:ph:{tenant}:{station}`."""
        return f"urn:ph:{self.tenant}:{self.station}"

    @property
    def root(self) -> str:
        """The MQTT topic below which this station speaks, without a trailing slash."""
        return f"ph/1/{self.tenant}/{self.station}"


@dataclass(frozen=True, slots=True)
class Fact:
    """A decided event with its context, not yet recorded.

    `happened_ms` is wall time; `correlation_id` names the business transaction
    and defaults to the event's own; `causation_id` is the id of the record or
    message that led to it; `monotonic_ms` is of the machine's monotonic clock.
    """

    event: Event
    happened_ms: int
    correlation_id: str | None = None
    causation_id: str | None = None
    monotonic_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What recording adds: place in the sequence, id, time, boot and how good the clock was."""

    sequence: int
    id: str
    recorded_ms: int
    boot_id: str
    clock_state: str


Time = Annotated[str, msgspec.Meta(max_length=40, extra_json_schema={"format": "date-time"})]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Sequence = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{20}(?!\n)$")]
Classification = Annotated[str, msgspec.Meta(pattern=r"^(public|personal|secret)(?!\n)$")]
ClockState = Annotated[str, msgspec.Meta(pattern=r"^(synced|holdover|unset)(?!\n)$")]


Monotonic = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}(?!\n)$")]
"""Text, because an integer attribute of CloudEvents has 32 bits: 25 days of milliseconds."""


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A CloudEvent with this contract's extension attributes, in the order they are written.

    What a station sends; commands have an envelope of their own
    (`edge.shell.messages.CommandEnvelope`).  `sequence` and `monotonicms` (of the
    machine's monotonic clock) are set for journaled facts only.
    """

    specversion: Literal["1.0"]
    id: Id
    source: Annotated[str, msgspec.Meta(pattern=r"^urn:ph:[a-z0-9-]{1,36}:[a-z0-9-]{1,36}(?!\n)$")]
    type: Annotated[str, msgspec.Meta(pattern=r"^ph\.[a-z-]+(\.[a-z-]+)*\.v[0-9]+(?!\n)$")]
    subject: str | None = None
    time: Time
    recordedtime: Time | None = None
    datacontenttype: Literal["application/json"]
    dataschema: str | None = None
    sequence: Sequence | None = None
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None
    dataclassification: Classification | None = None
    bootid: Id | None = None
    clockstate: ClockState | None = None
    monotonicms: Monotonic | None = None
    data: msgspec.Raw

    @property
    def monotonic_ms(self) -> int | None:
        """`monotonicms` as a number."""
        return None if self.monotonicms is None else int(self.monotonicms)


_ENVELOPE: Final = msgspec.json.Decoder(Envelope)
_DATA: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    tag: msgspec.json.Decoder(cls) for tag, cls in EVENT_TYPES.items()
}


def rfc3339(wall_ms: int) -> str:
    """`2026-01-31T08:15:30.250Z`; a time outside 1970 to 9999 is cut, never a reason to lose a fact."""
    moment = _EPOCH + timedelta(milliseconds=min(max(wall_ms, 0), _MAX_MS))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def ms_from_rfc3339(text: str) -> int:
    """Milliseconds since 1970 UTC; raises EnvelopeError without a date, a time and an offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise EnvelopeError(f"no RFC 3339 time: {text[:40]!r}") from error
    if moment.tzinfo is None:
        raise EnvelopeError(f"a time without an offset: {text[:40]!r}")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def schema_urn(type_: str) -> str:
    """The `dataschema` of a message type; the schema files of docs/contract carry it as `$id`."""
    return f"urn:ph:schema:{type_}"


def encode_event(identity: StationIdentity, fact: Fact, stamp: Stamp) -> bytes:
    """The exact bytes to journal and to publish; `data` is the event without its tag."""
    event = fact.event
    data = msgspec.to_builtins(event)
    del data["type"]
    envelope = Envelope(
        specversion="1.0",
        id=stamp.id,
        source=identity.source,
        type=event.type,
        subject=event.subject,
        time=rfc3339(fact.happened_ms),
        recordedtime=rfc3339(stamp.recorded_ms),
        datacontenttype=CONTENT_TYPE,
        dataschema=schema_urn(event.type),
        sequence=f"{stamp.sequence:0{SEQUENCE_DIGITS}d}",
        correlationid=fact.correlation_id or event.correlation,
        causationid=fact.causation_id,
        dataclassification=event.classification,
        bootid=stamp.boot_id,
        clockstate=stamp.clock_state,
        monotonicms=None if fact.monotonic_ms is None else str(fact.monotonic_ms),
        data=msgspec.Raw(msgspec.json.encode(data)),
    )
    return msgspec.json.encode(envelope)


def encode_shed(
    identity: StationIdentity, seq: int, id_: str, type_: str, happened_ms: int, digest: bytes
) -> bytes:
    """What is told in the place of a record whose content was shed: its id, its sequence, its hash."""
    return msgspec.json.encode(
        Envelope(
            specversion="1.0",
            id=id_,
            source=identity.source,
            type=SHED_TYPE,
            subject="station",
            time=rfc3339(happened_ms),
            datacontenttype=CONTENT_TYPE,
            dataschema=schema_urn(SHED_TYPE),
            sequence=f"{seq:0{SEQUENCE_DIGITS}d}",
            dataclassification="public",
            data=msgspec.Raw(msgspec.json.encode({"type": type_, "hash": digest.hex()})),
        )
    )


def encode(envelope: Envelope) -> bytes:
    """Any other message of the contract as JSON."""
    return msgspec.json.encode(envelope)


def decode_event(body: bytes) -> tuple[Envelope, Event]:
    """A record back as its envelope and fact.

    Raises EnvelopeError when it is no CloudEvent of this contract, of an
    unknown type (written by newer software) or when its data does not fit.
    """
    try:
        envelope = _ENVELOPE.decode(body)
    except msgspec.MsgspecError as error:
        raise EnvelopeError(f"no CloudEvent: {error}") from error
    decoder = _DATA.get(envelope.type)
    if decoder is None:
        raise EnvelopeError(f"unknown event type {envelope.type!r}")
    try:
        event: EventBase = decoder.decode(envelope.data)
    except msgspec.MsgspecError as error:
        raise EnvelopeError(f"data of {envelope.type}: {error}") from error
    return envelope, event  # type: ignore[return-value]  # every class of EVENT_TYPES is in the union Event
