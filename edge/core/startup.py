"""Coming up after a stop or a crash: take up what was under way, from the journal and fresh feedback.

The person may still stand there, so a session is taken up where it was; after
a long pause it is ended as if its time had run out, with the same care.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.core import events as ev
from edge.core.commands_station import resolve_unfinished
from edge.core.desk import Desk, notice
from edge.core.doors import serve_again, watch_unresolved
from edge.core.inputs import Started
from edge.core.model import CompartmentState, DoorState, Purpose, Stage

__all__ = ["on_started"]


def on_started(desk: Desk, started: Started, time_out: Callable[[Desk], None]) -> None:
    """Record the start, resolve the open unlock, then take up or end the session.

    `time_out` is what the table does when the session's stage runs out.
    """
    # The longer of two: the wall clock may have been set back, station time knows of no time without power.
    known_ms = desk.elapsed_ms - desk.state.elapsed_ms
    pause_s = max(known_ms, desk.now_ms - desk.state.last_event_at_ms) / 1000
    before = {key: known.door for key, known in desk.state.compartments.items()}
    doors = dict.fromkeys(desk.setup.layout.compartments, DoorState.UNKNOWN) | started.doors
    desk.emit(ev.StationStarted(boot=desk.state.boots + 1, version=started.version, doors=doors))
    for job in list(desk.state.print_jobs):
        desk.emit(ev.PrintFinished(job=job, result="unknown", detail="restart"))
    _notice_forced(desk, before)
    watch_unresolved(desk)
    resolve_unfinished(desk)
    if desk.state.session is not None:
        _take_up(desk, pause_s, time_out)
    serve_again(desk)


def _notice_forced(desk: Desk, before: dict[str, DoorState]) -> None:
    """A door found open that was closed when last seen, and that nothing under way explains."""
    session, unlock = desk.state.session, desk.state.unlock
    explained = {session.compartment if session else None, unlock.compartment if unlock else None}
    for key, now in desk.state.compartments.items():
        if key not in explained and now.door is DoorState.OPEN and before.get(key) is DoorState.CLOSED:
            desk.emit(ev.DoorForced(compartment=key))
            if now.parcel is not None:
                desk.emit(ev.ParcelToCheck(parcel=now.parcel, compartment=key, reason="forced"))


def _take_up(desk: Desk, pause_s: float, time_out: Callable[[Desk], None]) -> None:
    session = desk.session
    door = desk.state.compartments.get(session.compartment or "", CompartmentState()).door
    if session.stage is Stage.DOOR_OPENING and desk.state.unlock is not None:
        desk.arm()
    elif session.stage is Stage.DOOR_OPEN and door is DoorState.CLOSED:
        desk.purposes[_purpose(desk)].closed_unseen(desk)
    elif door is DoorState.OPEN and _is_past_door(desk):
        desk.advance(Stage.DOOR_OPEN, desk.rules.door_open_s, was_open=True)
    elif pause_s > desk.rules.resume_within_s:
        time_out(desk)
    elif session.stage is Stage.COURIER_CHECK:
        desk.advance(Stage.COURIER_PIN, desk.rules.stage_timeout_s, notice=notice("RESTARTED"))
    elif session.stage is Stage.DOOR_OPEN:
        desk.advance(Stage.DOOR_OPEN, desk.rules.door_open_s, scanned_out=session.scanned_out)
    else:
        desk.stay(notice("RESTARTED"))


def _is_past_door(desk: Desk) -> bool:
    """True when the session believes its door shut: it failed to open, or was closed."""
    return desk.session.stage in (Stage.DOOR_FAILED, desk.purposes[_purpose(desk)].after_close)


def _purpose(desk: Desk) -> Purpose:
    purpose = desk.session.purpose
    assert purpose is not None, "a door stage has a purpose"
    return purpose
