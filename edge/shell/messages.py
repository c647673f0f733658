"""Payloads of the contract that are not facts: state, telemetry, commands, replies, acknowledgements.

Each is the `data` of a CloudEvent of the type named beside it, except `Ack`,
which is plain JSON.  docs/contract/schemas is generated from these types.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from edge.core.model import CompartmentState, DoorState, ErrorCode, Setup, Size, State
from edge.core.orders import ORDERS, CompartmentId, Diagnose, ParcelId, Rebirth, Snapshot
from edge.shell.envelope import Envelope
from edge.shell.grant_messages import GrantsDelta, GrantsDigest, GrantsStatus
from edge.shell.twin_messages import ConfigDesired, ConfigReport, JobNext, JobStatus

__all__ = [
    "BROADCAST_VERBS",
    "CONTRACT_VERSION",
    "DOOR_OUTCOMES",
    "MESSAGE_TYPES",
    "RESULTS",
    "VERBS",
    "Ack",
    "Birth",
    "CommandEnvelope",
    "CompartmentFact",
    "CompartmentStatus",
    "Compartments",
    "Expect",
    "Health",
    "Heartbeat",
    "LineCounts",
    "Power",
    "LostDevice",
    "Presence",
    "PresenceState",
    "ReplyData",
    "Result",
    "Shed",
    "Vitals",
    "compartments_of",
    "layout_of",
]

CONTRACT_VERSION: Final = "1.0"
"""Of the whole of docs/contract; the first number is in every topic (`ph/1/`)."""

# Python's `$` also matches before a final newline, JSON Schema's does not: the look-ahead makes them equal.
MessageId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}(?!\n)$")]

PresenceState = Literal["init", "ready", "degraded", "updating", "disconnected", "lost"]
Result = Literal["accepted", "actuated", "succeeded", "failed", "rejected", "expired", "unknown"]

RESULTS: Final[dict[str, Result]] = {word: word for word in get_args(Result)}
"""The words a command is answered with."""


class Presence(msgspec.Struct, frozen=True):
    """`ph.state.presence.v1`, retained; also the will, with state `lost`.

    `session` counts the starts of the station's journal and `connection` the
    connections since the start: a death belongs to the birth with the same two.
    `reason` of `degraded` lists what is wrong: devices by their names, `clock`, `disk`; of `updating` it is
    the version to come.
    """

    state: PresenceState
    session: int
    connection: int
    boot_id: str
    reason: str = ""


class CompartmentFact(msgspec.Struct, frozen=True):
    """One compartment as built."""

    id: CompartmentId
    number: str
    bank: str
    size: Size
    floor_mm: int


class Birth(msgspec.Struct, frozen=True):
    """`ph.state.birth.v1`, retained: what this station is."""

    contract: str
    software: str
    session: int
    boot_id: str
    layout: list[CompartmentFact]
    symbologies: list[str]
    labels: list[str]


class CompartmentStatus(msgspec.Struct, frozen=True):
    """One compartment now.  `parcel` is inside or being put in; `out_reason` says why it is out of service.

    `held` is why an operator keeps it back; `reserved_for` the parcel that it is kept for until
    `reserved_until_ms` (since 1970 UTC, 0 for none).
    """

    id: CompartmentId
    door: DoorState
    parcel: str | None
    in_service: bool
    out_reason: str | None
    left_open: bool
    held: str | None = None
    reserved_for: str | None = None
    reserved_until_ms: int = 0


class Compartments(msgspec.Struct, frozen=True):
    """`ph.state.compartments.v1`, retained: all compartments as of the fact with sequence `rev`."""

    rev: int
    compartments: list[CompartmentStatus]


class Power(msgspec.Struct, frozen=True):
    """`source` is mains or battery; `battery_percent` of the emptiest battery, null without one."""

    source: str
    battery_percent: int | None = None


class Vitals(msgspec.Struct, frozen=True):
    """The machine, as far as its kernel tells; null is not known.

    `disk_*` are of the file system the journal is on, `memory_used_bytes` is what the service holds,
    `temperature_c` is the processor's.
    """

    disk_free_bytes: int | None = None
    disk_total_bytes: int | None = None
    memory_used_bytes: int | None = None
    memory_available_bytes: int | None = None
    temperature_c: float | None = None
    power: Power | None = None


class LineCounts(msgspec.Struct, frozen=True):
    """Transactions on one line of lock boards since the start, and how many of them had no usable answer.

    `error_rate` is of those in the last minute, null when there were none.
    """

    transactions: int
    failures: int
    error_rate: float | None = None


class Heartbeat(msgspec.Struct, frozen=True):
    """`ph.tel.heartbeat.v1`, never repeated.  `refused` counts refusals since the start by reason.

    `backlog_age_s` is how long ago the oldest fact happened that the backend has not acknowledged, null
    without one; `lines` are those of lock boards by their names.
    """

    session: int
    connection: int
    boot_id: str
    uptime_s: int
    head: int
    acknowledged: int
    backlog: int
    rewinds: int
    replies_waiting: int
    replies_dropped: int
    refused: dict[str, int]
    clock_state: str
    backlog_age_s: float | None = None
    lines: dict[str, LineCounts] = {}
    vitals: Vitals = Vitals()


DoorOutcome = Literal["opened", "failed", "unknown", "not-opened"]

DOOR_OUTCOMES: Final[dict[str, DoorOutcome]] = {word: word for word in get_args(DoorOutcome)}
"""What can have become of one door of `open-many`."""


class LostDevice(msgspec.Struct, frozen=True):
    """A device that does not answer; `detail` names the port and the last error."""

    device: str
    detail: str


class Health(msgspec.Struct, frozen=True):
    """The station as it is when the answer to `diagnose` leaves; bounded in every field.

    `devices_lost` are at most 32.  Counts of compartments and parcels are of now, `refused` since the start.
    `head` is the newest fact, `acknowledged` the newest that the backend has stored.
    """

    software: str
    uptime_s: int
    boots: int
    clock_state: str
    devices_lost: list[LostDevice]
    compartments: int
    out_of_service: int
    doors_open: int
    doors_unknown: int
    held: int
    reserved: int
    parcels_inside: int
    parcels_to_collect: int
    parcels_to_check: int
    session: bool
    unlocking: CompartmentId | None
    head: int
    acknowledged: int
    connection: int
    replies_waiting: int
    replies_dropped: int
    refused: dict[str, int]


class ReplyData(msgspec.Struct, frozen=True, omit_defaults=True):
    """`ph.rsp.{verb}.v1`: progress or result of the command with the id `command`.

    `doors` is what became of each door of `open-many`, `compartment` the one that was reserved or given up,
    `health` the answer to `diagnose`.
    """

    command: str
    verb: str
    result: Result
    error: ErrorCode | None
    detail: str | None
    doors: dict[str, DoorOutcome] = {}
    compartment: CompartmentId | None = None
    health: Health | None = None


class Shed(msgspec.Struct, frozen=True):
    """`ph.health.shed.v1`, in the place of a fact whose content was shed: the disk was at its bound.

    Only telemetry is ever shed.  `type` is what the fact was, `hash` its place in the station's chain in hex.
    """

    type: str
    hash: str


class Ack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything up to `sequence` is stored durably by the backend.  Plain JSON on `ack/events`, retained.

    `id` is the id of the fact `sequence`: with it a station notices that the
    facts are those of another journal (one it had before, or another
    station's), and does not take its own for stored.
    """

    sequence: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ph.cmd.expect.v1`: a parcel is on its way.

    `recipient` and `phone` are masked on arrival and never stored as they
    came; `recipient_id` (or the phone) tells whether two parcels go to the
    same person.  `consent` says the recipient agreed to locker delivery.
    """

    parcel_id: ParcelId
    tracking_code: Annotated[str, Meta(min_length=1, max_length=64)]
    carrier: Annotated[str, Meta(min_length=1, max_length=32)]
    recipient: Annotated[str, Meta(max_length=80)] = ""
    phone: Annotated[str, Meta(max_length=32)] = ""
    recipient_id: Annotated[str, Meta(max_length=64)] = ""
    size: Size | None = None
    consent: bool = False


VERBS: Final[dict[str, type[msgspec.Struct]]] = {**ORDERS, "expect": Expect}
"""The verbs this version executes, with their data on the wire."""

BROADCAST_VERBS: Final = frozenset(
    verb for verb, form in ORDERS.items() if form in (Snapshot, Rebirth, Diagnose)
)
"""Verbs that may be sent to all stations of a tenant at once: they change nothing."""


class CommandEnvelope(msgspec.Struct, frozen=True):
    """The CloudEvent around a command.  Attributes not named here are allowed and ignored (CloudEvents)."""

    specversion: Literal["1.0"]
    id: MessageId
    source: Annotated[str, Meta(min_length=1, max_length=128)]
    type: Annotated[str, Meta(pattern=r"^ph\.cmd\.[a-z-]{1,32}\.v1(?!\n)$")]
    time: Annotated[str, Meta(max_length=40)]
    expirytime: Annotated[str, Meta(max_length=40)]
    replyto: Annotated[str, Meta(min_length=1, max_length=160)]
    data: msgspec.Raw
    correlationid: MessageId | None = None


MESSAGE_TYPES: Final[dict[str, type[msgspec.Struct]]] = {
    "envelope": Envelope,
    "command": CommandEnvelope,
    **{f"ph.cmd.{verb}.v1": data for verb, data in VERBS.items()},
    "ph.rsp.v1": ReplyData,
    "ph.state.presence.v1": Presence,
    "ph.state.birth.v1": Birth,
    "ph.state.compartments.v1": Compartments,
    "ph.tel.heartbeat.v1": Heartbeat,
    "ph.health.shed.v1": Shed,
    "ack": Ack,
    "ph.config.desired.v1": ConfigDesired,
    "ph.state.config.v1": ConfigReport,
    "ph.jobs.next.v1": JobNext,
    "ph.jobs.status.v1": JobStatus,
    "ph.grants.delta.v1": GrantsDelta,
    "ph.grants.digest.v1": GrantsDigest,
    "ph.state.grants.v1": GrantsStatus,
}
"""Schema file name -> type, for all messages but the facts."""


def layout_of(setup: Setup) -> list[CompartmentFact]:
    """The layout for `Birth`, in printed order."""
    return [
        CompartmentFact(id=c.id, number=c.number, bank=c.bank, size=c.size, floor_mm=c.floor_mm)
        for c in setup.layout.compartments.values()
    ]


def compartments_of(setup: Setup, state: State, rev: int) -> Compartments:
    """The snapshot of all compartments as `state` has them; `rev` is the sequence of the last fact in it.

    A compartment no fact has spoken of yet is UNKNOWN, not left out.
    """
    statuses = []
    for id_ in setup.layout.compartments:
        known = state.compartments.get(id_, CompartmentState())
        statuses.append(
            CompartmentStatus(
                id=id_,
                door=known.door,
                parcel=known.parcel,
                in_service=known.in_service,
                out_reason=known.out_reason,
                left_open=known.left_open,
                held=known.held,
                reserved_for=known.reserved_for,
                reserved_until_ms=known.reserved_until_ms,
            )
        )
    return Compartments(rev=rev, compartments=statuses)
