"""What somebody does at the terminal, and how far it has come."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from edge.core.error_code import ErrorCode

__all__ = ["Notice", "Purpose", "Session", "SessionKind", "Stage"]


class SessionKind(StrEnum):
    """What the person at the terminal is doing."""

    PICKUP = "pickup"
    COURIER = "courier"


class Purpose(StrEnum):
    """Why a door is being opened; also the table that its door cycle follows."""

    PICKUP = "pickup"
    DEPOSIT = "deposit"
    RECALL = "recall"
    COMMAND = "command"
    SERVICE = "service"


class Stage(StrEnum):
    """Stages of a session."""

    PICKUP_CODE = "pickup_code"
    PICKUP_DONE = "pickup_done"
    COURIER_ID = "courier_id"
    COURIER_PIN = "courier_pin"
    COURIER_CHECK = "courier_check"
    COURIER_MENU = "courier_menu"
    DEPOSIT_SCAN = "deposit_scan"
    DEPOSIT_SIZE = "deposit_size"
    DEPOSIT_CONFIRM = "deposit_confirm"
    RECALL_LIST = "recall_list"
    RECALL_CONFIRM = "recall_confirm"
    DOOR_OPENING = "door_opening"
    DOOR_OPEN = "door_open"
    DOOR_FAILED = "door_failed"
    SERVICE_DONE = "service_done"


class Notice(msgspec.Struct, frozen=True):
    """One thing the screen has to tell; `code` is a key of the page's texts."""

    code: str
    params: dict[str, str | int] = {}


class Session(msgspec.Struct, frozen=True):
    """The one session at the terminal.

    `step` grows by one with every change of stage or extension, so that a
    timer armed for an earlier step is recognised as stale.  `seconds` is how
    long the step may last.  `doubt` is set while nobody knows whether the door
    was open at all, so that silence is not taken for a yes.  `failure` is why
    the last unlock failed, while the session stands before that door.  `was_open` is set once
    this compartment's door was seen open for this purpose: the parcel may have moved.  `grant` is the
    offline grant whose one thing the session is about.
    """

    id: str
    kind: SessionKind
    stage: Stage
    step: int
    seconds: float
    started_at_ms: int
    staff_id: str | None = None
    signed_in: bool = False
    purpose: Purpose | None = None
    parcel: str | None = None
    compartment: str | None = None
    unlocks: int = 0
    extends: int = 0
    scanned_out: bool = False
    not_empty: bool = False
    doubt: bool = False
    failure: ErrorCode | None = None
    was_open: bool = False
    notice: Notice | None = None
    done: int = 0
    grant: str | None = None
