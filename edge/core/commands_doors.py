"""Commands that move doors or take a compartment from the public: only for a named person with a reason."""

from __future__ import annotations

from edge.core import events as ev
from edge.core.answers import accept_command, refuse_command, reply_of, settle_command
from edge.core.bulk import start_bulk
from edge.core.desk import Desk
from edge.core.fold_commands import OPENINGS_MS
from edge.core.inputs import Command
from edge.core.model import Authorisation, CompartmentState, DoorState, ErrorCode, Purpose, Stage
from edge.core.orders import Open, OpenMany, SetService
from edge.core.unlocking import request_unlock

__all__ = ["open_door", "open_many", "set_service"]

_DOOR_STAGES = frozenset({Stage.DOOR_OPENING, Stage.DOOR_OPEN})


def open_door(desk: Desk, command: Command, order: Open) -> None:
    """Pulse one lock once, unless its door stands open already."""
    if not _exist(desk, command, order.compartment):
        return
    session = desk.state.session
    if desk.state.unlock is not None or (session is not None and session.stage in _DOOR_STAGES):
        refuse_command(desk, command, ErrorCode.DOOR_BUSY, "another door is being opened")
        return
    stands_open = _door(desk, order.compartment) is DoorState.OPEN
    if not stands_open and _over_rate(desk, command, 1):
        return
    record = accept_command(desk, command)
    if stands_open:
        settle_command(desk, record, "succeeded", None, "the door was open already")
        return
    desk.ask(reply_of(record))
    request_unlock(
        desk, order.compartment, Purpose.COMMAND, Authorisation("command", command.id), command=command.id
    )


def open_many(desk: Desk, command: Command, order: OpenMany) -> None:
    """Open several doors, one at a time; nobody may be before a door meanwhile."""
    if not _exist(desk, command, *order.compartments):
        return
    if len(set(order.compartments)) < len(order.compartments):
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, "a compartment is named twice")
        return
    most = desk.rules.max_bulk_doors
    if len(order.compartments) > most:
        refuse_command(desk, command, ErrorCode.RATE_LIMITED, f"at most {most} doors a command")
        return
    session = desk.state.session
    if desk.state.unlock is not None or (session is not None and session.compartment is not None):
        refuse_command(desk, command, ErrorCode.DOOR_BUSY, "a door is in use")
        return
    if _over_rate(desk, command, len(order.compartments), bulk=True):
        return
    start_bulk(desk, command)


def set_service(desk: Desk, command: Command, order: SetService) -> None:
    """In or out of service; nothing with a parcel on record goes back in: doubt counts as taken."""
    if not _exist(desk, command, order.compartment):
        return
    if not order.in_service and order.reason == ErrorCode.DOOR_NOT_CLOSED:
        # With this reason it would serve again by itself once a door left open is closed.
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, "DOOR_NOT_CLOSED is for the station to find")
        return
    now = desk.state.compartments.get(order.compartment, CompartmentState())
    if order.in_service and now.parcel is not None:
        refuse_command(desk, command, ErrorCode.COMPARTMENT_OCCUPIED, "a parcel is on record inside")
        return
    if order.in_service and now.door is DoorState.OPEN:
        refuse_command(desk, command, ErrorCode.DOOR_NOT_CLOSED, "close the door first")
        return
    record = accept_command(desk, command)
    desk.emit(
        ev.CompartmentService(compartment=order.compartment, in_service=order.in_service, reason=order.reason)
    )
    settle_command(desk, record, "succeeded", None, None)


def _over_rate(desk: Desk, command: Command, doors: int, *, bulk: bool = False) -> bool:
    """True, and refused, when `doors` more openings by command were too many for one hour."""
    caps = [(desk.state.opens_at_ms, desk.rules.max_remote_opens_per_hour)]
    if bulk:
        caps.append((desk.state.bulk_at_ms, desk.rules.max_bulk_doors_per_hour))
    for openings, most in caps:
        recent = sum(desk.elapsed_ms - each < OPENINGS_MS for each in openings)
        if recent + doors > most:
            detail = f"{recent} doors opened in the last hour, at most {most} are allowed"
            refuse_command(desk, command, ErrorCode.RATE_LIMITED, detail)
            return True
    return False


def _exist(desk: Desk, command: Command, *compartments: str) -> bool:
    """True when all `compartments` are of this station; otherwise the command is rejected."""
    missing = [each for each in compartments if each not in desk.setup.layout.compartments]
    if missing:
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, f"no such compartment: {missing[0]}")
    return not missing


def _door(desk: Desk, compartment: str) -> DoorState:
    return desk.state.compartments.get(compartment, CompartmentState()).door
