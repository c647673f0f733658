"""Facts about doors and compartments: every unlock from intent to outcome, and what feedback told."""

from __future__ import annotations

from edge.core.event_base import EventBase
from edge.core.model import Authorisation, DoorState, ErrorCode, Purpose

__all__ = [
    "CompartmentHold",
    "CompartmentService",
    "DoorChanged",
    "DoorForced",
    "DoorLeftOpen",
    "UnlockActuated",
    "UnlockFailed",
    "UnlockRequested",
    "UnlockUnknown",
]


class UnlockRequested(EventBase, frozen=True, tag="ph.door.unlock-requested.v1"):
    """Intent: on disk before the pulse leaves."""

    unlock: str
    compartment: str
    purpose: Purpose
    authorisation: Authorisation
    session: str | None = None
    command: str | None = None


class UnlockActuated(EventBase, frozen=True, tag="ph.door.unlock-actuated.v1"):
    """The board acknowledged the pulse."""

    unlock: str
    compartment: str


class UnlockFailed(EventBase, frozen=True, tag="ph.door.unlock-failed.v1"):
    """The door did not open: nothing was sent, the board refused, or it was seen to stay closed."""

    unlock: str
    compartment: str
    error: ErrorCode


class UnlockUnknown(EventBase, frozen=True, tag="ph.door.unlock-unknown.v1"):
    """Nobody knows whether the pulse had its effect; feedback was read and did not tell."""

    unlock: str
    compartment: str
    reason: str


class DoorChanged(EventBase, frozen=True, tag="ph.door.changed.v1"):
    """The debounced door state changed.  `unlock` names the unlock that explains it, if any."""

    compartment: str
    door: DoorState
    unlock: str | None = None


class DoorForced(EventBase, frozen=True, tag="ph.security.door-forced.v1"):
    """A door opened that nobody had unlocked."""

    compartment: str


class DoorLeftOpen(EventBase, frozen=True, tag="ph.door.left-open.v1"):
    """The person went away from an open door; the compartment is out of service until it is closed.

    With `command` the door was opened by `open-many`, which goes on to the next one.
    """

    compartment: str
    session: str | None = None
    command: str | None = None


class CompartmentService(EventBase, frozen=True, tag="ph.door.service.v1"):
    """The compartment goes in or out of service."""

    compartment: str
    in_service: bool
    reason: str


class CompartmentHold(EventBase, frozen=True, tag="ph.door.hold.v1"):
    """An operator keeps the compartment from everybody at the terminal (`held`), or gives it free."""

    compartment: str
    held: bool
    reason: str
    command: str | None = None
