"""What the core asks for.  Released by the shell only after the events of the same decision are durable."""

from __future__ import annotations

import msgspec

from edge.core.model import ErrorCode

__all__ = [
    "ArmTimer",
    "CheckPin",
    "Effect",
    "Print",
    "PublishState",
    "RecordGrants",
    "Reply",
    "SettleUnlock",
    "UnlockDoor",
]


class UnlockDoor(msgspec.Struct, frozen=True):
    """Pulse the lock of `compartment` once; answer `UnlockOutcome`, then `UnlockSettled` after `detect_s`.

    Sent at most once for an `unlock`, whatever happens.  `after_grant` names a spent grant that must be
    in the register before the pulse leaves; when it cannot be written, the outcome is `not_sent`.
    """

    unlock: str
    compartment: str
    detect_s: float
    after_grant: str | None = None


class SettleUnlock(msgspec.Struct, frozen=True):
    """Only watch the feedback of `compartment` for `detect_s` and answer `UnlockSettled`; never pulse."""

    unlock: str
    compartment: str
    detect_s: float


class ArmTimer(msgspec.Struct, frozen=True):
    """Answer with `TimerFired(session, step)` after `seconds`; replaces the timer armed before."""

    session: str
    step: int
    seconds: float


class CheckPin(msgspec.Struct, frozen=True):
    """Compare `pin` with `pin_scrypt` off the loop and answer with `PinChecked`.  Never logged."""

    session: str
    step: int
    staff_id: str
    pin: str
    pin_scrypt: str


class Print(msgspec.Struct, frozen=True):
    """Draw and print `document` (receipt, waybill) for `parcel` once; answer with `PrintOutcome`."""

    job: str
    document: str
    parcel: str


class Reply(msgspec.Struct, frozen=True):
    """Answer a command on its reply topic; `result` is a word of contract.md.

    `doors` and `compartment` are as `CommandRecord` has them.
    """

    command: str
    verb: str
    result: str
    reply_to: str
    correlation_id: str
    error: ErrorCode | None = None
    detail: str | None = None
    doors: dict[str, str] = {}
    compartment: str | None = None


class PublishState(msgspec.Struct, frozen=True):
    """Publish `state/compartments` now, changed or not; with `birth` the birth certificate before it."""

    birth: bool = False


class RecordGrants(msgspec.Struct, frozen=True):
    """Write to the register beside the journal: grants with the end of their life; the epoch if not None."""

    spent: dict[str, int] = {}
    revoked: dict[str, int] = {}
    epoch: int | None = None


Effect = UnlockDoor | SettleUnlock | ArmTimer | CheckPin | Print | Reply | PublishState | RecordGrants
