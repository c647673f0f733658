"""State as a fold over events: `apply(state, event, …)` and nothing else changes a `State`.

One function an event type, in a table.  An event never fails to apply: it is
a fact.  The bounds below keep the state small for ever; they drop only what
has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from edge.core import attempts, fold_commands, fold_grants, fold_holds, fold_upkeep
from edge.core import events as ev
from edge.core.elapsed import elapsed_ms
from edge.core.fold_commands import COMMANDS_KEPT
from edge.core.fold_holds import change_compartment as _compartment
from edge.core.fold_holds import change_parcel as _parcel
from edge.core.model import (
    CompartmentState,
    DoorState,
    ErrorCode,
    Parcel,
    ParcelState,
    PrintRecord,
    Purpose,
    Session,
    State,
    Unlock,
    UnlockPhase,
)

__all__ = ["COMMANDS_KEPT", "FINISHED_PARCELS_KEPT", "PRINTS_KEPT", "apply", "fold", "print_key"]

FINISHED_PARCELS_KEPT = 1_000
"""Parcels remembered after they left, so that a used code is told from a wrong one; weeks of use."""

PRINTS_KEPT = 1_000
"""Documents whose last job is remembered, so that printing one again has its reason on record."""

_replace = msgspec.structs.replace


def fold(state: State, facts: Iterable[tuple[ev.Event, int] | tuple[ev.Event, int, int | None]]) -> State:
    """Apply `(event, happened_ms)` or `(event, happened_ms, monotonic_ms)` in order."""
    for fact in facts:
        state = apply(state, *fact)
    return state


def apply(state: State, event: ev.Event, at_ms: int, monotonic_ms: int | None = None) -> State:
    """The state after `event`, which happened at wall time `at_ms`, and at `monotonic_ms` if it tells."""
    change = _TABLE[type(event)]
    now_ms = elapsed_ms(state, at_ms, monotonic_ms)
    if now_ms != state.elapsed_ms or monotonic_ms != state.monotonic_ms:
        state = _replace(state, elapsed_ms=now_ms, monotonic_ms=monotonic_ms)
    return _replace(change(state, event, at_ms), last_event_at_ms=at_ms)


def _finish(state: State, parcel: str, ending: ParcelState) -> State:
    """The parcel left: free its compartment, forget the person (a recall still prints a label)."""
    known = state.parcels.get(parcel)
    if known is not None and known.compartment is not None:
        state = _compartment(state, known.compartment, parcel=None)
    state = _parcel(state, parcel, state=ending, compartment=None, to_check=False, held=False)
    if ending is not ParcelState.RECALLED:
        state = _parcel(state, parcel, recipient_masked="", phone_masked="", recipient_key="")
    # Last in the order of keys, so that the oldest to have *left* is the first forgotten.
    others = {key: each for key, each in state.parcels.items() if key != parcel}
    ended = {parcel: state.parcels[parcel]} if parcel in state.parcels else {}
    return _drop_oldest_finished(_replace(state, parcels=others | ended))


def _drop_oldest_finished(state: State) -> State:
    finished = [
        p.id for p in state.parcels.values() if not p.state.inside and p.state is not ParcelState.EXPECTED
    ]
    excess = len(finished) - FINISHED_PARCELS_KEPT
    if excess <= 0:
        return state
    gone = set(finished[:excess])
    return _replace(state, parcels={k: v for k, v in state.parcels.items() if k not in gone})


def _expected(state: State, e: ev.ParcelExpected, at_ms: int) -> State:
    known = state.parcels.get(e.parcel)
    parcel = Parcel(
        id=e.parcel,
        tracking_code=e.tracking_code,
        carrier=e.carrier,
        recipient_key=e.recipient_key,
        recipient_masked=e.recipient_masked,
        phone_masked=e.phone_masked,
        size=e.size,
        consent=e.consent,
        state=ParcelState.EXPECTED,
        held=known.held if known is not None else False,
    )
    return _replace(state, parcels={**state.parcels, e.parcel: parcel})


def _placed(state: State, e: ev.ParcelPlaced, at_ms: int) -> State:
    return _compartment(_parcel(state, e.parcel, compartment=e.compartment), e.compartment, parcel=e.parcel)


def _released(state: State, e: ev.ParcelReleased, at_ms: int) -> State:
    state = _parcel(state, e.parcel, compartment=None, to_check=False)
    return _compartment(state, e.compartment, parcel=None)


def _deposited(state: State, e: ev.ParcelDeposited, at_ms: int) -> State:
    state = _parcel(
        state,
        e.parcel,
        state=ParcelState.STORED,
        compartment=e.compartment,
        code_nonce=e.code_nonce,
        stored_at_ms=at_ms,
        expires_at_ms=e.expires_at_ms,
        to_check=False,
    )
    state = fold_holds.unreserve(state, e.parcel)
    return _compartment(state, e.compartment, parcel=e.parcel)


def _picked_up(state: State, e: ev.ParcelPickedUp, at_ms: int) -> State:
    return _finish(state, e.parcel, ParcelState.PICKED_UP)


def _refused(state: State, e: ev.ParcelRefused, at_ms: int) -> State:
    return _parcel(state, e.parcel, state=ParcelState.REFUSED)


def _expired(state: State, e: ev.ParcelExpired, at_ms: int) -> State:
    return _parcel(state, e.parcel, state=ParcelState.EXPIRED)


def _recalled(state: State, e: ev.ParcelRecalled, at_ms: int) -> State:
    return _finish(state, e.parcel, ParcelState.RECALLED)


def _missing(state: State, e: ev.ParcelMissing, at_ms: int) -> State:
    return _finish(state, e.parcel, ParcelState.MISSING)


def _to_check(state: State, e: ev.ParcelToCheck, at_ms: int) -> State:
    return _parcel(state, e.parcel, to_check=True)


def _unlock_requested(state: State, e: ev.UnlockRequested, at_ms: int) -> State:
    unlock = Unlock(
        id=e.unlock,
        compartment=e.compartment,
        purpose=e.purpose,
        authorisation=e.authorisation,
        since_ms=state.elapsed_ms,
    )
    if e.command is not None:
        state = fold_commands.count_opening(state, e.command)
    return _replace(state, unlock=unlock)


def _unlock_actuated(state: State, e: ev.UnlockActuated, at_ms: int) -> State:
    unlock = state.unlock
    if unlock is None or unlock.id != e.unlock:
        return state
    if unlock.purpose is Purpose.COMMAND:
        state = fold_commands.mark_actuated(state, unlock.authorisation.ref)
    return _replace(state, unlock=_replace(unlock, phase=UnlockPhase.ACTUATED, since_ms=state.elapsed_ms))


def _unlock_over(state: State, e: ev.UnlockFailed | ev.UnlockUnknown, at_ms: int) -> State:
    if state.unlock is None or state.unlock.id != e.unlock:
        return state
    return _replace(state, unlock=None)


def _door_changed(state: State, e: ev.DoorChanged, at_ms: int) -> State:
    state = _compartment(state, e.compartment, door=e.door)
    unlock = state.unlock
    if unlock is None or unlock.compartment != e.compartment:
        return state
    if e.door is DoorState.OPEN and e.unlock == unlock.id and unlock.phase is not UnlockPhase.OPENED:
        return _replace(state, unlock=_replace(unlock, phase=UnlockPhase.OPENED, since_ms=state.elapsed_ms))
    if e.door is DoorState.CLOSED and unlock.phase is UnlockPhase.OPENED:
        return _replace(state, unlock=None)
    return state


def _unchanged(state: State, e: ev.Event, at_ms: int) -> State:
    return state


def _left_open(state: State, e: ev.DoorLeftOpen, at_ms: int) -> State:
    now = state.compartments.get(e.compartment, CompartmentState())
    # A reason to be out of service that was there before outlives the closing of the door.
    reason = ErrorCode.DOOR_NOT_CLOSED.value if now.in_service else now.out_reason
    state = _compartment(state, e.compartment, left_open=True, in_service=False, out_reason=reason)
    if state.unlock is not None and state.unlock.compartment == e.compartment:
        state = _replace(state, unlock=None)
    return state


def _service(state: State, e: ev.CompartmentService, at_ms: int) -> State:
    return _compartment(
        state,
        e.compartment,
        in_service=e.in_service,
        out_reason=None if e.in_service else e.reason,
        left_open=False,
    )


def _session_started(state: State, e: ev.SessionStarted, at_ms: int) -> State:
    session = Session(
        id=e.session, kind=e.kind, stage=e.stage, step=0, seconds=e.seconds, started_at_ms=at_ms
    )
    return _replace(state, session=session, farewell=None)


def _session_advanced(state: State, e: ev.SessionAdvanced, at_ms: int) -> State:
    session = state.session
    if session is None or session.id != e.session:
        return state
    changed = _replace(
        session,
        stage=e.stage,
        step=session.step + 1,
        seconds=e.seconds,
        staff_id=e.staff_id,
        purpose=e.purpose,
        parcel=e.parcel,
        compartment=e.compartment,
        unlocks=e.unlocks,
        extends=e.extends,
        scanned_out=e.scanned_out,
        not_empty=e.not_empty,
        doubt=e.doubt,
        failure=e.failure,
        was_open=e.was_open,
        notice=e.notice,
        done=e.done,
        grant=e.grant,
    )
    return _replace(state, session=changed)


def _signed_in(state: State, e: ev.SignedIn, at_ms: int) -> State:
    if state.session is None or state.session.id != e.session:
        return state
    session = _replace(state.session, signed_in=True, staff_id=e.staff_id)
    return _replace(state, session=session, attempts=attempts.cleared(state.attempts, f"staff/{e.staff_id}"))


def _session_ended(state: State, e: ev.SessionEnded, at_ms: int) -> State:
    if state.session is None or state.session.id != e.session:
        return state
    return _replace(state, session=None, farewell=e.notice)


def _print_requested(state: State, e: ev.PrintRequested, at_ms: int) -> State:
    key = print_key(e.document, e.parcel)
    others = [(k, v) for k, v in state.prints.items() if k != key][1 - PRINTS_KEPT :]
    prints = {**dict(others), key: PrintRecord(e.job, e.document, e.parcel, command=e.command)}
    return _replace(state, print_jobs={**state.print_jobs, e.job: e.document}, prints=prints)


def _print_finished(state: State, e: ev.PrintFinished, at_ms: int) -> State:
    prints = {
        key: _replace(record, result=e.result) if record.job == e.job else record
        for key, record in state.prints.items()
    }
    jobs = {k: v for k, v in state.print_jobs.items() if k != e.job}
    return _replace(state, print_jobs=jobs, prints=prints)


def print_key(document: str, parcel: str) -> str:
    """The key of `State.prints`."""
    return f"{document} {parcel}"


def _started(state: State, e: ev.StationStarted, at_ms: int) -> State:
    compartments = {
        key: _replace(known, door=e.doors.get(key, DoorState.UNKNOWN))
        for key, known in state.compartments.items()
    }
    for key, door in e.doors.items():
        compartments.setdefault(key, CompartmentState(door=door))
    unlock = state.unlock
    if unlock is not None and unlock.phase in (UnlockPhase.REQUESTED, UnlockPhase.ACTUATED):
        unlock = _replace(unlock, phase=UnlockPhase.UNRESOLVED)
    state = fold_commands.cut_bulk(state)
    return _replace(state, boots=e.boot, compartments=compartments, unlock=unlock, lost_devices={})


def _device_lost(state: State, e: ev.DeviceLost, at_ms: int) -> State:
    return _replace(state, lost_devices={**state.lost_devices, e.device: e.detail})


def _device_back(state: State, e: ev.DeviceBack, at_ms: int) -> State:
    return _replace(state, lost_devices={k: v for k, v in state.lost_devices.items() if k != e.device})


def _code_rejected(state: State, e: ev.CodeRejected, at_ms: int) -> State:
    if e.reason != "wrong":
        return state
    keys = ["station", *(f"parcel/{p}" for p in e.parcels)]
    return _replace(state, attempts=attempts.counted(state.attempts, keys, state.elapsed_ms))


def _sign_in_failed(state: State, e: ev.SignInFailed, at_ms: int) -> State:
    return _replace(
        state, attempts=attempts.counted(state.attempts, [f"staff/{e.staff_id}"], state.elapsed_ms)
    )


def _locked_out(state: State, e: ev.LockedOut, at_ms: int) -> State:
    # The fact tells people a wall time; how long it is from the moment of the lock-out is what holds.
    until_ms = state.elapsed_ms + max(0, e.until_ms - at_ms)
    return _replace(state, attempts=attempts.locked(state.attempts, e.counter, until_ms))


def _records_shed(state: State, e: ev.RecordsShed, at_ms: int) -> State:
    return _replace(state, records_shed=e.total)


_TABLE: dict[type[ev.EventBase], Callable[[State, Any, int], State]] = {
    ev.ParcelExpected: _expected,
    ev.ParcelPlaced: _placed,
    ev.ParcelReleased: _released,
    ev.ParcelDeposited: _deposited,
    ev.ParcelPickedUp: _picked_up,
    ev.ParcelRefused: _refused,
    ev.ParcelRejected: _unchanged,
    ev.ParcelExpired: _expired,
    ev.ParcelRecalled: _recalled,
    ev.ParcelMissing: _missing,
    ev.ParcelToCheck: _to_check,
    ev.ParcelHold: fold_holds.parcel_hold,
    ev.ParcelReserved: fold_holds.reserved,
    ev.ReservationEnded: fold_holds.reservation_ended,
    ev.RecallOrdered: fold_holds.recall_ordered,
    ev.DeadlineShifted: fold_holds.deadline_shifted,
    ev.UnlockRequested: _unlock_requested,
    ev.UnlockActuated: _unlock_actuated,
    ev.UnlockFailed: _unlock_over,
    ev.UnlockUnknown: _unlock_over,
    ev.DoorChanged: _door_changed,
    ev.DoorForced: _unchanged,
    ev.DoorLeftOpen: _left_open,
    ev.CompartmentService: _service,
    ev.CompartmentHold: fold_holds.compartment_hold,
    ev.SessionStarted: _session_started,
    ev.SessionAdvanced: _session_advanced,
    ev.SignedIn: _signed_in,
    ev.SessionEnded: _session_ended,
    ev.ScanRefused: _unchanged,
    ev.PrintRequested: _print_requested,
    ev.PrintFinished: _print_finished,
    ev.StationStarted: _started,
    ev.DeviceLost: _device_lost,
    ev.DeviceBack: _device_back,
    ev.CertificateExpiring: _unchanged,
    ev.CodeRejected: _code_rejected,
    ev.SignInFailed: _sign_in_failed,
    ev.LockedOut: _locked_out,
    ev.InputRefused: fold_upkeep.input_refused,
    ev.CommandReceived: fold_commands.command_received,
    ev.CommandProgress: fold_commands.command_progress,
    ev.CommandResult: fold_commands.command_result,
    ev.ConfigApplied: fold_upkeep.config_applied,
    ev.ConfigConfirmed: fold_upkeep.config_confirmed,
    ev.ConfigReverted: fold_upkeep.config_reverted,
    ev.JobAccepted: fold_upkeep.job_accepted,
    ev.JobProgress: fold_upkeep.job_progress,
    ev.JobFinished: fold_upkeep.job_finished,
    ev.RecordsShed: _records_shed,
    ev.JournalPruned: _unchanged,
    **fold_grants.TABLE,
}
