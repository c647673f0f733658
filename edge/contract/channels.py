"""Which message goes where: every topic of the contract with its direction, quality of service and content.

The tables of docs/contract/README.md and the channels of asyncapi.yaml are
both written from here.  A new topic is a new row.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from edge.core.events import EVENT_TYPES
from edge.shell.messages import BROADCAST_VERBS, VERBS

__all__ = ["ROOT", "TENANT_ROOT", "Channel", "channels"]

ROOT: Final = "ph/1/{tenant}/{station}"
TENANT_ROOT: Final = "ph/1/{tenant}/_all"


class Channel(msgspec.Struct, frozen=True):
    """One topic.  `messages` are schema names; `direction` is the station's view.

    `key` names the channel in the AsyncAPI document, `note` is a sentence for a reader.
    """

    key: str
    address: str
    direction: Literal["sent", "received"]
    qos: Literal[0, 1]
    retained: bool
    messages: tuple[str, ...]
    note: str


def channels() -> tuple[Channel, ...]:
    """Every channel, what the station sends first."""
    return (*_STATE, *_facts(), _HEARTBEAT, _REPLIES, *_commands(), *_broadcasts(), *_RECEIVED)


_STATE: Final = (
    Channel(
        "presence",
        f"{ROOT}/state/presence",
        "sent",
        1,
        True,
        ("ph.state.presence.v1",),
        "How the station is; also the will, 15 s after the connection was lost (MQTT 5) or at once (3.1.1).",
    ),
    Channel(
        "birth",
        f"{ROOT}/state/birth",
        "sent",
        1,
        True,
        ("ph.state.birth.v1",),
        "What the station is, once for each connection.",
    ),
    Channel(
        "compartments",
        f"{ROOT}/state/compartments",
        "sent",
        1,
        True,
        ("ph.state.compartments.v1",),
        "Every compartment, at most once a second, when something changed.",
    ),
    Channel(
        "config-report",
        f"{ROOT}/state/config",
        "sent",
        1,
        True,
        ("ph.state.config.v1",),
        "The remote configuration in force, what of it was refused, what the station took back by itself.",
    ),
    Channel(
        "grants-state",
        f"{ROOT}/state/grants",
        "sent",
        1,
        True,
        ("ph.state.grants.v1",),
        "What the station knows of offline grants, as sums, and whether it asks for all (grants.md).",
    ),
    Channel(
        "job-status",
        f"{ROOT}/jobs/{{id}}/status",
        "sent",
        1,
        False,
        ("ph.jobs.status.v1",),
        "How far a job is, at each change and whenever it is offered again.",
    ),
)

_HEARTBEAT: Final = Channel(
    "heartbeat",
    f"{ROOT}/tel/heartbeat",
    "sent",
    0,
    False,
    ("ph.tel.heartbeat.v1",),
    "Each 30 s; with MQTT 5 it expires after two intervals.",
)

_REPLIES: Final = Channel(
    "replies",
    f"{ROOT}/rsp/{{service}}",
    "sent",
    1,
    False,
    ("ph.rsp.v1",),
    "Progress and result of a command, on the topic that its `replyto` names.",
)

_RECEIVED: Final = (
    Channel(
        "acknowledgement",
        f"{ROOT}/ack/events",
        "received",
        1,
        True,
        ("ack",),
        "Plain JSON: the highest sequence up to which the backend has stored all facts durably.",
    ),
    Channel(
        "config-desired",
        f"{ROOT}/config/desired",
        "received",
        1,
        True,
        ("ph.config.desired.v1",),
        "All that is set from afar, as one versioned document (configuration.md).",
    ),
    Channel(
        "job-next",
        f"{ROOT}/jobs/next",
        "received",
        1,
        True,
        ("ph.jobs.next.v1",),
        "The long job to do next (jobs.md).",
    ),
    Channel(
        "grants-delta",
        f"{ROOT}/grants/delta",
        "received",
        1,
        False,
        ("ph.grants.delta.v1",),
        "Offline grants that are revoked or spent (grants.md).",
    ),
    Channel(
        "grants-digest",
        f"{ROOT}/grants/digest",
        "received",
        1,
        False,
        ("ph.grants.digest.v1",),
        "What the backend knows of offline grants, as sums to compare.",
    ),
)


def _facts() -> tuple[Channel, ...]:
    areas: dict[str, list[str]] = {}
    for name in EVENT_TYPES:
        areas.setdefault(name.split(".")[1], []).append(name)
    return tuple(
        Channel(
            f"facts-{area}",
            f"{ROOT}/evt/{area}",
            "sent",
            1,
            False,
            (*names, *_IN_PLACE.get(area, ())),
            f"Facts about {_AREAS.get(area, area)}, in order of `sequence` over all areas.",
        )
        for area, names in areas.items()
    )


_AREAS: Final = {
    "parcel": "parcels",
    "door": "doors and compartments",
    "session": "what people do at the terminal",
    "scan": "scans",
    "print": "documents printed",
    "health": "the station and its devices",
    "security": "attempts and refusals",
    "audit": "commands and who gave them",
}


_IN_PLACE: Final = {"health": ("ph.health.shed.v1",)}
"""Told in the place of facts, with their sequence, and no facts of the journal themselves."""


def _commands() -> tuple[Channel, ...]:
    return tuple(
        Channel(
            f"command-{verb}",
            f"{ROOT}/cmd/{verb}",
            "received",
            1,
            False,
            (f"ph.cmd.{verb}.v1",),
            _purpose(form),
        )
        for verb, form in VERBS.items()
    )


def _broadcasts() -> tuple[Channel, ...]:
    return tuple(
        Channel(
            f"command-to-all-{verb}",
            f"{TENANT_ROOT}/cmd/{verb}",
            "received",
            1,
            False,
            (f"ph.cmd.{verb}.v1",),
            "To all stations of the tenant; `replyto` has `{station}` for each one's id.",
        )
        for verb in sorted(BROADCAST_VERBS)
    )


def _purpose(form: type[msgspec.Struct]) -> str:
    """What the first line of a docstring says behind the name of its type."""
    text = (form.__doc__ or "").partition("\n")[0].partition(": ")[2]
    return text[:1].upper() + text[1:]
