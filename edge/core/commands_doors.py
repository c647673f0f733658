"""Commands that move a door or take a compartment from the public: only for a named person with a reason."""

from __future__ import annotations

from edge.core import events as ev
from edge.core.answers import accept_command, refuse_command, reply_of, settle_command
from edge.core.desk import Desk
from edge.core.doors import request_unlock
from edge.core.inputs import Command
from edge.core.model import Authorisation, CompartmentState, DoorState, ErrorCode, Purpose, Stage
from edge.core.orders import Open, SetService

__all__ = ["open_door", "set_service"]

_DOOR_STAGES = frozenset({Stage.DOOR_OPENING, Stage.DOOR_OPEN})


def open_door(desk: Desk, command: Command, order: Open) -> None:
    """Pulse one lock once, unless its door stands open already."""
    if not _may_act_on(desk, command, order):
        return
    session = desk.state.session
    if desk.state.unlock is not None or (session is not None and session.stage in _DOOR_STAGES):
        refuse_command(desk, command, ErrorCode.DOOR_BUSY, "another door is being opened")
        return
    record = accept_command(desk, command)
    if desk.state.compartments.get(order.compartment, CompartmentState()).door is DoorState.OPEN:
        settle_command(desk, record, "succeeded", None, "the door was open already")
        return
    desk.ask(reply_of(record))
    request_unlock(
        desk, order.compartment, Purpose.COMMAND, Authorisation("command", command.id), command=command.id
    )


def set_service(desk: Desk, command: Command, order: SetService) -> None:
    """In or out of service; nothing with a parcel on record goes back in: doubt counts as taken."""
    if not _may_act_on(desk, command, order):
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


def _may_act_on(desk: Desk, command: Command, order: Open | SetService) -> bool:
    """True when the compartment exists and a named person gives a reason; otherwise it is rejected."""
    if order.compartment not in desk.setup.layout.compartments:
        refuse_command(desk, command, ErrorCode.BAD_REQUEST, "no such compartment")
        return False
    if not order.operator or not order.reason:
        refuse_command(desk, command, ErrorCode.NOT_AUTHORISED, "operator and reason are required")
        return False
    return True
