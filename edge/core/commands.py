"""Commands of the backend: checked, executed once, answered the same for ever.

A duplicate is recognised by its id and gets the stored result again, finished
or not.  A command that moves a door must be fresh, named and reasoned; one that
takes a compartment from the public or gives it back, named and reasoned.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.core import events as ev
from edge.core.desk import Desk
from edge.core.doors import reply_of, request_unlock, settle_command
from edge.core.identifiers import normalise
from edge.core.inputs import Command, ExpectParcel
from edge.core.model import (
    Authorisation,
    CommandRecord,
    CompartmentState,
    DoorState,
    ErrorCode,
    ParcelState,
    Purpose,
    Stage,
)

__all__ = ["VERBS", "on_command", "on_expect"]

_DOOR_STAGES = frozenset({Stage.DOOR_OPENING, Stage.DOOR_OPEN})


def on_command(desk: Desk, command: Command) -> None:
    """Answer a duplicate from the store; refuse what is late or unknown; execute the rest."""
    known = desk.state.commands.get(command.id)
    if known is not None:
        desk.ask(reply_of(known))
        return
    stale = _staleness(desk, command)
    if stale is not None:
        result, detail = stale
        _finish(desk, command, result, ErrorCode.STALE_COMMAND, detail)
        return
    execute = VERBS.get(command.verb)
    if execute is None:
        _finish(desk, command, "rejected", ErrorCode.BAD_REQUEST, f"unknown verb {command.verb[:32]}")
        return
    execute(desk, command)


def _staleness(desk: Desk, command: Command) -> tuple[str, str] | None:
    """(result, detail) when the times of the command do not allow it any more, or cannot be judged."""
    if desk.now_ms > command.expires_at_ms:
        return "expired", "expirytime has passed"
    if command.verb != "open":
        return None
    if not command.clock_ok:
        return "rejected", "the station's clock is not set, so freshness cannot be judged"
    skew_ms = desk.rules.command_clock_skew_s * 1000
    if command.issued_at_ms > desk.now_ms + skew_ms:
        return "rejected", "time lies in the future"
    if command.expires_at_ms > desk.now_ms + desk.rules.max_open_life_s * 1000 + skew_ms:
        return "rejected", f"expirytime is more than {desk.rules.max_open_life_s:g} s away"
    return None


def _may_act_on(desk: Desk, command: Command) -> bool:
    """True when the compartment exists and a named person gives a reason; otherwise it is rejected."""
    if command.compartment not in desk.setup.layout.compartments:
        _finish(desk, command, "rejected", ErrorCode.BAD_REQUEST, "no such compartment")
        return False
    if not command.operator or not command.reason:
        _finish(desk, command, "rejected", ErrorCode.NOT_AUTHORISED, "operator and reason are required")
        return False
    return True


def _receive(desk: Desk, command: Command) -> CommandRecord:
    """Record who asks for what and why."""
    desk.emit(
        ev.CommandReceived(
            command=command.id,
            verb=command.verb,
            reply_to=command.reply_to,
            correlation_id=command.correlation_id,
            operator=command.operator[:64],
            reason=command.reason[:200],
            compartment=command.compartment,
        )
    )
    return desk.state.commands[command.id]


def _set_service(desk: Desk, command: Command) -> None:
    """In or out of service; nothing with a parcel on record goes back in: doubt counts as taken."""
    if not _may_act_on(desk, command):
        return
    compartment, in_service = command.compartment or "", command.in_service
    if in_service is None:
        _finish(desk, command, "rejected", ErrorCode.BAD_REQUEST, "in_service is missing")
        return
    if not in_service and command.reason == ErrorCode.DOOR_NOT_CLOSED:
        # With this reason it would serve again by itself once a door left open is closed.
        _finish(
            desk, command, "rejected", ErrorCode.BAD_REQUEST, "DOOR_NOT_CLOSED is for the station to find"
        )
        return
    now = desk.state.compartments.get(compartment, CompartmentState())
    if in_service and now.parcel is not None:
        _finish(desk, command, "rejected", ErrorCode.COMPARTMENT_OCCUPIED, "a parcel is on record inside")
        return
    if in_service and now.door is DoorState.OPEN:
        _finish(desk, command, "rejected", ErrorCode.DOOR_NOT_CLOSED, "close the door first")
        return
    record = _receive(desk, command)
    desk.emit(
        ev.CompartmentService(compartment=compartment, in_service=in_service, reason=command.reason[:200])
    )
    settle_command(desk, record, "succeeded", None, None)


def _open(desk: Desk, command: Command) -> None:
    if not _may_act_on(desk, command):
        return
    compartment = command.compartment or ""
    session = desk.state.session
    if desk.state.unlock is not None or (session is not None and session.stage in _DOOR_STAGES):
        _finish(desk, command, "rejected", ErrorCode.DOOR_BUSY, "another door is being opened")
        return
    record = _receive(desk, command)
    if desk.state.compartments.get(compartment, CompartmentState()).door is DoorState.OPEN:
        settle_command(desk, record, "succeeded", None, "the door was open already")
        return
    desk.ask(reply_of(record))
    request_unlock(
        desk, compartment, Purpose.COMMAND, Authorisation("command", command.id), command=command.id
    )


def _expect(desk: Desk, command: Command) -> None:
    if command.expect is None:
        _finish(desk, command, "rejected", ErrorCode.BAD_REQUEST, "no parcel in data")
        return
    objection = _expect_objection(desk, command.expect)
    if objection is not None:
        _finish(desk, command, "rejected", ErrorCode.BAD_REQUEST, objection)
        return
    desk.emit(_expected(command.expect, command.id))
    _finish(desk, command, "succeeded", None, None)


def on_expect(desk: Desk, expect: ExpectParcel) -> None:
    """A parcel announced by a manifest; recorded only if it says something new of a parcel still expected."""
    if _expect_objection(desk, expect) is not None:
        return
    said = _expected(expect, None)
    known = desk.state.parcels.get(expect.parcel)
    if known is None or any(getattr(known, name) != getattr(said, name) for name in _ANNOUNCED):
        desk.emit(said)


def _expect_objection(desk: Desk, expect: ExpectParcel) -> str | None:
    code = normalise(expect.tracking_code)
    if code is None:
        return "tracking code has no usable form"
    known = desk.state.parcels.get(expect.parcel)
    if known is not None and (known.state is not ParcelState.EXPECTED or known.compartment is not None):
        return f"parcel is {known.state.value.lower()} here"
    session = desk.state.session
    if known is not None and session is not None and session.parcel == expect.parcel:
        # The courier has it in hand under the old announcement.
        return "parcel is being deposited"
    for other in desk.state.parcels.values():
        active = other.state is ParcelState.EXPECTED or other.state.inside
        if active and other.id != expect.parcel and other.tracking_code == code:
            return "tracking code belongs to another parcel here"
    if known is None and len(desk.state.parcels) >= MAX_PARCELS:
        return f"more than {MAX_PARCELS} parcels are known"
    return None


MAX_PARCELS = 5_000
"""Parcels a station keeps: weeks of deliveries to the largest cabinet; bounds memory and each look-up."""


_ANNOUNCED = (
    "tracking_code",
    "carrier",
    "recipient_key",
    "recipient_masked",
    "phone_masked",
    "size",
    "consent",
)
"""What an announcement says of a parcel, by its name in fact and state alike."""


def _expected(expect: ExpectParcel, command: str | None) -> ev.ParcelExpected:
    return ev.ParcelExpected(
        parcel=expect.parcel,
        tracking_code=normalise(expect.tracking_code) or expect.tracking_code,
        carrier=expect.carrier,
        recipient_key=expect.recipient_key,
        recipient_masked=expect.recipient_masked,
        phone_masked=expect.phone_masked,
        size=expect.size,
        consent=expect.consent,
        command=command,
    )


def _finish(desk: Desk, command: Command, result: str, error: ErrorCode | None, detail: str | None) -> None:
    record = CommandRecord(
        id=command.id,
        verb=command.verb[:32],
        result=result,
        reply_to=command.reply_to,
        correlation_id=command.correlation_id,
    )
    settle_command(desk, record, result, error, detail)


VERBS: dict[str, Callable[[Desk, Command], None]] = {
    "open": _open,
    "expect": _expect,
    "set-service": _set_service,
}
