"""The door cycle every purpose shares: requested → actuated → opened → closed, or failed, or unknown.

One unlock at a time in the whole station.  A door is known to be open or
closed only from feedback; what happens next depends on the purpose, through
the `PurposeTable` each purpose's own file gives.
"""

from __future__ import annotations

from edge.core import events as ev
from edge.core.answers import finish_command, reply_progress
from edge.core.bulk import bulk_after_start, bulk_door_done
from edge.core.desk import Desk, notice
from edge.core.effects import SettleUnlock
from edge.core.inputs import DoorReading, UnlockOutcome, UnlockSettled
from edge.core.model import (
    Authorisation,
    CompartmentState,
    DoorState,
    ErrorCode,
    Purpose,
    Stage,
    Unlock,
    UnlockPhase,
)
from edge.core.unlocking import request_unlock

__all__ = [
    "expire_command_unlock",
    "give_up_waiting",
    "leave_open",
    "on_outcome",
    "on_reading",
    "on_settled",
    "open_for_session",
    "serve_again",
    "watch_unresolved",
]

SETTLE_MARGIN_S = 5.0
"""What a stage waits beyond the detection time for the shell's word, before it treats silence as unknown."""


def open_for_session(
    desk: Desk, compartment: str, purpose: Purpose, authorisation: Authorisation, parcel: str | None = None
) -> None:
    """Ask for one unlock on behalf of the session, or say DOOR_BUSY when another is under way.

    `parcel` becomes the session's with the unlock; without it the session keeps the one it has.
    """
    session = desk.session
    under_way = desk.state.unlock
    stands_open = _door(desk, compartment) is DoorState.OPEN
    if under_way is not None and not (
        stands_open and under_way.compartment == compartment and under_way.phase is UnlockPhase.OPENED
    ):
        desk.stay(notice(ErrorCode.DOOR_BUSY))
        return
    again = session.compartment == compartment and session.purpose is purpose
    desk.advance(
        Stage.DOOR_OPENING,
        desk.rules.open_detect_s + SETTLE_MARGIN_S,
        parcel=parcel or session.parcel,
        compartment=compartment,
        purpose=purpose,
        unlocks=(session.unlocks if again else 0) + 1,
        scanned_out=False,
        not_empty=False,
        doubt=False,
        failure=None,
        was_open=session.was_open if again else False,
    )
    if stands_open:
        # Nothing to pulse: the door stands open (left so, or slow to spring); the session takes it over.
        _opened_for_session(desk)
        return
    request_unlock(desk, compartment, purpose, authorisation, session=session.id)


def on_outcome(desk: Desk, outcome: UnlockOutcome) -> None:
    """What the board said of the pulse.  No usable answer is not an end: feedback will tell."""
    unlock = _current(desk, outcome.unlock)
    if unlock is None or unlock.phase is not UnlockPhase.REQUESTED:
        return
    if outcome.result == "acknowledged":
        desk.emit(ev.UnlockActuated(unlock=unlock.id, compartment=unlock.compartment))
        if unlock.purpose is Purpose.COMMAND and desk.state.bulk is None:
            reply_progress(desk, unlock.authorisation.ref, "actuated")
    elif outcome.result == "not_sent":
        _failed(desk, unlock, outcome.error or ErrorCode.BUS_TIMEOUT)


def on_settled(desk: Desk, settled: UnlockSettled) -> None:
    """The time to spring open is over: opened, failed, or unknown."""
    unlock = _current(desk, settled.unlock)
    if unlock is None or unlock.phase is UnlockPhase.OPENED:
        return
    if settled.door is DoorState.OPEN:
        on_reading(desk, DoorReading(unlock.compartment, DoorState.OPEN))
    elif settled.door is DoorState.CLOSED and unlock.phase is UnlockPhase.ACTUATED:
        _failed(desk, unlock, ErrorCode.OPEN_NOT_DETECTED)
    elif settled.door is DoorState.CLOSED and unlock.phase is UnlockPhase.REQUESTED:
        _failed(desk, unlock, ErrorCode.BUS_TIMEOUT)
    else:
        reason = "restart" if unlock.phase is UnlockPhase.UNRESOLVED else "no-feedback"
        _unknown(desk, unlock, reason)


def give_up_waiting(desk: Desk) -> None:
    """The session's own limit in DOOR_OPENING ran out without a word from the shell."""
    unlock = desk.state.unlock
    if unlock is None:
        _after_unclear(desk)
    else:
        _unknown(desk, unlock, "no-answer")


def on_reading(desk: Desk, reading: DoorReading) -> None:
    """Feedback changed."""
    compartment, door = reading.compartment, reading.door
    known = desk.state.compartments.get(compartment, CompartmentState())
    unlock = desk.state.unlock
    own = unlock is not None and unlock.compartment == compartment
    opens = unlock is not None and own and unlock.phase is not UnlockPhase.OPENED and door is DoorState.OPEN
    if known.door is door and not opens:
        return
    session = desk.state.session
    of_session = session is not None and session.compartment == compartment
    desk.emit(
        ev.DoorChanged(compartment=compartment, door=door, unlock=unlock.id if unlock and own else None)
    )
    if door is DoorState.OPEN:
        if unlock is not None and opens:
            _opened(desk, unlock)
        elif known.door is DoorState.CLOSED and not own and not of_session:
            _forced(desk, compartment)
        if of_session:
            _open_again(desk, by_itself=not opens)
    elif door is DoorState.CLOSED:
        if session is not None and of_session and session.stage is Stage.DOOR_OPEN:
            desk.purposes[_purpose(desk)].closed(desk)
        serve_again(desk)


def _open_again(desk: Desk, *, by_itself: bool) -> None:
    """The session's door is open after it had failed or had been closed: back to the open door.

    `by_itself` (the latch did not hold) counts as an opening, so that a latch or sensor that jumps to and
    fro cannot hold the session for ever.
    """
    session = desk.session
    if session.stage is Stage.DOOR_FAILED:
        _opened_for_session(desk)
    elif session.stage is desk.purposes[_purpose(desk)].after_close:
        if by_itself and session.unlocks >= desk.rules.max_unlocks_per_visit:
            leave_open(desk)
        else:
            unlocks = session.unlocks + by_itself
            desk.advance(Stage.DOOR_OPEN, desk.rules.door_open_s, unlocks=unlocks, was_open=True)


def leave_open(desk: Desk) -> None:
    """DOOR_OPEN ran out, the person went away: out of service until the door is closed."""
    session = desk.session
    assert session.compartment is not None, "DOOR_OPEN always has a compartment"
    desk.emit(ev.DoorLeftOpen(compartment=session.compartment, session=session.id))
    desk.purposes[_purpose(desk)].left_open(desk)
    desk.end("left-open", notice(ErrorCode.DOOR_NOT_CLOSED))


def watch_unresolved(desk: Desk) -> None:
    """After a restart: resolve the unlock found without outcome from feedback, never by pulsing again."""
    unlock = desk.state.unlock
    if unlock is None:
        bulk_after_start(desk)
        return
    door = _door(desk, unlock.compartment)
    if unlock.phase is UnlockPhase.OPENED:
        if door is DoorState.CLOSED:
            # The fold took the start-up reading as the door's state; say that this ends the unlock.
            desk.emit(ev.DoorChanged(compartment=unlock.compartment, door=door, unlock=unlock.id))
    elif door is DoorState.OPEN:
        on_reading(desk, DoorReading(unlock.compartment, door))
    else:
        desk.ask(SettleUnlock(unlock.id, unlock.compartment, desk.rules.open_detect_s))


def expire_command_unlock(desk: Desk) -> None:
    """A remote opening has no session whose timer ends it: the regular look at the clock does."""
    unlock = desk.state.unlock
    if unlock is None or unlock.purpose is not Purpose.COMMAND:
        return
    session = desk.state.session
    if session is not None and session.stage is Stage.DOOR_OPEN and session.compartment == unlock.compartment:
        return  # a person uses the door meanwhile, and their session's timer watches it
    age_s = (desk.elapsed_ms - unlock.since_ms) / 1000
    if unlock.phase is UnlockPhase.OPENED and age_s > desk.rules.door_open_s:
        desk.emit(ev.DoorLeftOpen(compartment=unlock.compartment))
    elif unlock.phase is not UnlockPhase.OPENED and age_s > desk.rules.open_detect_s + SETTLE_MARGIN_S:
        _unknown(desk, unlock, "no-answer")


def _current(desk: Desk, unlock_id: str) -> Unlock | None:
    """The unlock under way if it is the one meant; an answer that comes too late is nobody's."""
    unlock = desk.state.unlock
    return unlock if unlock is not None and unlock.id == unlock_id else None


def _door(desk: Desk, compartment: str) -> DoorState:
    return desk.state.compartments.get(compartment, CompartmentState()).door


def _purpose(desk: Desk) -> Purpose:
    purpose = desk.session.purpose
    assert purpose is not None, "a session with a compartment has a purpose"
    return purpose


def _command_done(
    desk: Desk, unlock: Unlock, result: str, error: ErrorCode | None, detail: str | None
) -> None:
    """One door opened, failed or unknown: the end of `open`, a step of `open-many`."""
    command = unlock.authorisation.ref
    if not bulk_door_done(desk, command, result, error):
        finish_command(desk, command, result, error, detail)


def _opened(desk: Desk, unlock: Unlock) -> None:
    if unlock.purpose is Purpose.COMMAND:
        _check_content(desk, unlock.compartment, "remote-open")
        _command_done(desk, unlock, "succeeded", None, None)
    elif desk.state.session is not None and desk.session.compartment == unlock.compartment:
        _opened_for_session(desk)


def _opened_for_session(desk: Desk) -> None:
    desk.advance(Stage.DOOR_OPEN, desk.rules.door_open_s, was_open=True)


def _failed(desk: Desk, unlock: Unlock, error: ErrorCode) -> None:
    desk.emit(ev.UnlockFailed(unlock=unlock.id, compartment=unlock.compartment, error=error))
    if unlock.purpose is Purpose.COMMAND:
        _command_done(desk, unlock, "failed", error, None)
    elif desk.state.session is not None and desk.session.compartment == unlock.compartment:
        desk.advance(Stage.DOOR_FAILED, desk.rules.stage_timeout_s, notice=notice(error), failure=error)


def _unknown(desk: Desk, unlock: Unlock, reason: str) -> None:
    desk.emit(ev.UnlockUnknown(unlock=unlock.id, compartment=unlock.compartment, reason=reason))
    if unlock.purpose is Purpose.COMMAND:
        _check_content(desk, unlock.compartment, "unlock-unknown")
        _command_done(desk, unlock, "unknown", None, reason)
    elif desk.state.session is not None and desk.session.compartment == unlock.compartment:
        _after_unclear(desk)


def _after_unclear(desk: Desk) -> None:
    """Nobody knows whether the door was open: ask the person, as after a closing, and mark the doubt."""
    stage = desk.purposes[_purpose(desk)].after_close
    desk.advance(stage, desk.rules.stage_timeout_s, notice=notice("CHECK_DOOR"), doubt=True)


def _forced(desk: Desk, compartment: str) -> None:
    desk.emit(ev.DoorForced(compartment=compartment))
    _check_content(desk, compartment, "forced")


def _check_content(desk: Desk, compartment: str, reason: str) -> None:
    """Whoever had the door open may have taken what is recorded inside."""
    parcel = desk.state.compartments.get(compartment, CompartmentState()).parcel
    if parcel is not None:
        desk.emit(ev.ParcelToCheck(parcel=parcel, compartment=compartment, reason=reason))


def serve_again(desk: Desk) -> None:
    """Doors left open that are closed now serve again, if nothing is recorded inside and nobody uses them.

    One that was out of service for another reason stays out.  Called after a closing, at a start and
    regularly, since the parcel may leave long after the closing.
    """
    session = desk.state.session
    for key, now in desk.state.compartments.items():
        waits = now.left_open and now.out_reason == ErrorCode.DOOR_NOT_CLOSED and now.parcel is None
        if waits and now.door is DoorState.CLOSED and (session is None or session.compartment != key):
            desk.emit(ev.CompartmentService(compartment=key, in_service=True, reason="door-closed"))
