"""Facts about what people do at the terminal."""

from __future__ import annotations

from typing import ClassVar

from edge.core.event_base import EventBase
from edge.core.model import ErrorCode, Notice, Purpose, SessionKind, Stage

__all__ = [
    "SessionAdvanced",
    "SessionEnded",
    "SessionStarted",
    "SignedIn",
]


class SessionStarted(EventBase, frozen=True, tag="ph.session.started.v1"):
    """Somebody began at the terminal."""

    telemetry: ClassVar[bool] = True
    session: str
    kind: SessionKind
    stage: Stage
    seconds: float


class SessionAdvanced(EventBase, frozen=True, tag="ph.session.advanced.v1"):
    """The session is in `stage` for at most `seconds`; the fields are the session's, as they now are."""

    telemetry: ClassVar[bool] = True
    classification: ClassVar[str] = "personal"
    session: str
    stage: Stage
    seconds: float
    purpose: Purpose | None = None
    parcel: str | None = None
    compartment: str | None = None
    staff_id: str | None = None
    unlocks: int = 0
    extends: int = 0
    scanned_out: bool = False
    not_empty: bool = False
    doubt: bool = False
    failure: ErrorCode | None = None
    was_open: bool = False
    done: int = 0
    notice: Notice | None = None
    grant: str | None = None


class SignedIn(EventBase, frozen=True, tag="ph.session.signed-in.v1"):
    """A staff member proved who they are."""

    classification: ClassVar[str] = "personal"
    session: str
    staff_id: str
    role: str


class SessionEnded(EventBase, frozen=True, tag="ph.session.ended.v1"):
    """The session is over: done, cancelled, timeout, restart, reported, signed-out, left-open, locked-out."""

    telemetry: ClassVar[bool] = True
    session: str
    reason: str
    notice: Notice | None = None
