"""`decide(setup, state, input, moment) -> Decision`: the whole station in one pure function.

The tables below are the state machines.  A (stage, input) pair that is not in
them is refused and recorded; the tests walk the tables and the pairs outside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from edge.core import (
    commands,
    commands_holds,
    commands_parcels,
    commands_station,
    deposit,
    doors,
    grant_sync,
    grants,
    jobs,
    pickup,
    recall,
    remote,
    service,
    signin,
    startup,
)
from edge.core import events as ev
from edge.core.desk import Desk, PurposeTable, notice
from edge.core.effects import Effect
from edge.core.inputs import (
    CertificateLooked,
    Command,
    ConfigChanged,
    DeviceStateChanged,
    DoorReading,
    ExpectParcel,
    GrantDelta,
    GrantDigest,
    GrantPresented,
    GrantsRecalled,
    Input,
    InputRejected,
    JobEnded,
    JobOffered,
    JobStep,
    JobStepBegun,
    JournalLeaving,
    JournalSetBack,
    JournalShed,
    Moment,
    PinChecked,
    PrintOutcome,
    Scan,
    ScanUnusable,
    Started,
    Tap,
    Tick,
    TimerFired,
    UnlockOutcome,
    UnlockSettled,
)
from edge.core.model import FIRST_RELEASE_MS, ParcelState, Purpose, Setup, Stage, State

__all__ = ["Decision", "available_actions", "decide", "step_of"]


class Decision(msgspec.Struct, frozen=True):
    """`state` is the state after `events`; `effects` may be released once the events are durable."""

    state: State
    events: list[ev.Event]
    effects: list[Effect]

    @property
    def refused(self) -> bool:
        """True when the input was refused as a whole."""
        return any(isinstance(e, ev.InputRefused) for e in self.events)


PURPOSES: dict[Purpose, PurposeTable] = {
    Purpose.PICKUP: pickup.PICKUP,
    Purpose.DEPOSIT: deposit.DEPOSIT,
    Purpose.RECALL: recall.RECALL,
    Purpose.SERVICE: service.SERVICE,
}

TapHandler = Callable[[Desk, Tap], None]
ScanHandler = Callable[[Desk, Scan], None]
TimeoutHandler = Callable[[Desk], None]
Key = tuple[Stage | None, Purpose | None]


def _extend(desk: Desk, tap: Tap) -> None:
    session = desk.session
    # `seconds` starts anew as a whole: what is left now is not known here and may be more than `extend_s`.
    seconds = max(session.seconds, desk.rules.extend_s)
    desk.advance(session.stage, seconds, notice=session.notice, extends=session.extends + 1)


def _cancel(desk: Desk, tap: Tap) -> None:
    desk.end("cancelled")


def _time_over(desk: Desk) -> None:
    desk.end("timeout")


TAPS: dict[Key, dict[str, TapHandler]] = {
    (None, None): {"start_pickup": pickup.start, "start_courier": signin.start},
    (Stage.PICKUP_CODE, None): {"enter_code": pickup.enter_code, "cancel": _cancel, "extend": _extend},
    (Stage.COURIER_ID, None): {"enter_staff_id": signin.enter_staff_id, "cancel": _cancel, "extend": _extend},
    (Stage.COURIER_PIN, None): {"enter_pin": signin.enter_pin, "cancel": _cancel, "extend": _extend},
    (Stage.COURIER_CHECK, None): {},
    (Stage.COURIER_MENU, None): {
        "start_deposit": deposit.start,
        "start_recall": recall.start,
        "sign_out": signin.sign_out,
    },
    (Stage.DEPOSIT_SCAN, None): {
        "enter_tracking": deposit.enter_tracking,
        "print_receipt": deposit.print_receipt,
        "back": signin.menu,
    },
    (Stage.DEPOSIT_SIZE, None): {
        "choose_size": deposit.choose_size,
        "reject_damaged": deposit.reject_damaged,
        "back": deposit.start,
    },
    (Stage.RECALL_LIST, None): {"recall_next": recall.next_door, "back": signin.menu},
    (Stage.DOOR_OPENING, Purpose.PICKUP): {},
    (Stage.DOOR_OPENING, Purpose.DEPOSIT): {},
    (Stage.DOOR_OPENING, Purpose.RECALL): {},
    (Stage.DOOR_OPENING, Purpose.SERVICE): {},
    (Stage.DOOR_OPEN, Purpose.PICKUP): {"extend": _extend},
    (Stage.DOOR_OPEN, Purpose.DEPOSIT): {"extend": _extend, "not_empty": deposit.not_empty},
    (Stage.DOOR_OPEN, Purpose.RECALL): {"extend": _extend},
    (Stage.DOOR_OPEN, Purpose.SERVICE): {"extend": _extend},
    (Stage.DOOR_FAILED, Purpose.PICKUP): {
        "retry": pickup.reopen,
        "report": pickup.report_door,
        "extend": _extend,
    },
    (Stage.DOOR_FAILED, Purpose.DEPOSIT): {
        "retry": deposit.reopen,
        "other_compartment": deposit.other_after_failure,
        "take_back": deposit.take_back_after_failure,
        "report": deposit.report_door,
        "extend": _extend,
    },
    (Stage.DOOR_FAILED, Purpose.RECALL): {"retry": recall.reopen, "report": recall.skip, "extend": _extend},
    (Stage.DOOR_FAILED, Purpose.SERVICE): {
        "retry": service.reopen,
        "report": service.report_door,
        "extend": _extend,
    },
    (Stage.PICKUP_DONE, Purpose.PICKUP): {
        "done": pickup.done,
        "reopen": pickup.reopen,
        "put_back": pickup.put_back,
        "extend": _extend,
    },
    (Stage.DEPOSIT_CONFIRM, Purpose.DEPOSIT): {
        "confirm_in": deposit.confirm_in,
        "reopen": deposit.reopen,
        "other_compartment": deposit.other_after_close,
        "take_back": deposit.take_back,
        "extend": _extend,
    },
    (Stage.RECALL_CONFIRM, Purpose.RECALL): {
        "reopen": recall.reopen,
        "missing": recall.missing,
        "extend": _extend,
    },
    (Stage.SERVICE_DONE, Purpose.SERVICE): {
        "done": service.done,
        "reopen": service.reopen,
        "extend": _extend,
    },
}
"""What a touch does, by stage and, where a door is concerned, purpose."""

SCANS: dict[Key, ScanHandler] = {
    (None, None): pickup.start_by_scan,
    (Stage.PICKUP_CODE, None): pickup.scan_code,
    (Stage.DEPOSIT_SCAN, None): deposit.scan,
    (Stage.DOOR_OPEN, Purpose.RECALL): recall.scan_out,
    (Stage.RECALL_CONFIRM, Purpose.RECALL): recall.scan_out,
}
"""What a scan does; anywhere else it is refused."""

TIMEOUTS: dict[Key, TimeoutHandler] = {
    (Stage.PICKUP_CODE, None): _time_over,
    (Stage.COURIER_ID, None): _time_over,
    (Stage.COURIER_PIN, None): _time_over,
    (Stage.COURIER_CHECK, None): _time_over,
    (Stage.COURIER_MENU, None): _time_over,
    (Stage.DEPOSIT_SCAN, None): _time_over,
    (Stage.DEPOSIT_SIZE, None): _time_over,
    (Stage.RECALL_LIST, None): _time_over,
    (Stage.DOOR_OPENING, Purpose.PICKUP): doors.give_up_waiting,
    (Stage.DOOR_OPENING, Purpose.DEPOSIT): doors.give_up_waiting,
    (Stage.DOOR_OPENING, Purpose.RECALL): doors.give_up_waiting,
    (Stage.DOOR_OPENING, Purpose.SERVICE): doors.give_up_waiting,
    (Stage.DOOR_OPEN, Purpose.PICKUP): doors.leave_open,
    (Stage.DOOR_OPEN, Purpose.DEPOSIT): doors.leave_open,
    (Stage.DOOR_OPEN, Purpose.RECALL): doors.leave_open,
    (Stage.DOOR_OPEN, Purpose.SERVICE): doors.leave_open,
    (Stage.DOOR_FAILED, Purpose.PICKUP): pickup.timeout_door_failed,
    (Stage.DOOR_FAILED, Purpose.DEPOSIT): deposit.timeout_door_failed,
    (Stage.DOOR_FAILED, Purpose.RECALL): recall.timeout_door_failed,
    (Stage.DOOR_FAILED, Purpose.SERVICE): service.timeout_door_failed,
    (Stage.PICKUP_DONE, Purpose.PICKUP): pickup.timeout_done,
    (Stage.DEPOSIT_CONFIRM, Purpose.DEPOSIT): deposit.timeout_confirm,
    (Stage.RECALL_CONFIRM, Purpose.RECALL): recall.timeout_confirm,
    (Stage.SERVICE_DONE, Purpose.SERVICE): service.timeout_done,
}
"""How each stage ends by itself: every stage is here, so no session lasts for ever."""


def state_key(state: State) -> Key:
    """Where the terminal is, as the tables are keyed."""
    session = state.session
    return (None, None) if session is None else (session.stage, session.purpose)


def step_of(state: State) -> str:
    """Names the step of the session; two screens with the same name mean the same by the same button."""
    session = state.session
    return "home" if session is None else f"{session.id}/{session.step}"


def available_actions(setup: Setup, state: State) -> list[str]:
    """The taps the tables allow now, without those that are used up."""
    setup = remote.in_force(setup, state)
    actions = list(TAPS[state_key(state)])
    session = state.session
    if session is None:
        return actions
    spent = set()
    if session.unlocks >= setup.rules.max_unlocks_per_visit:
        spent |= {"retry", "reopen"}
    if session.extends >= setup.rules.max_extends:
        spent.add("extend")
    if session.not_empty:
        spent.add("not_empty")
    if session.purpose is Purpose.DEPOSIT and not session.was_open:
        spent.add("report")  # the parcel is in the courier's hand
    if session.stage is Stage.DEPOSIT_SCAN and session.parcel is None:
        spent.add("print_receipt")
    return [a for a in actions if a not in spent]


def decide(setup: Setup, state: State, item: Input, moment: Moment) -> Decision:
    """Decide one input.

    Pure: equal arguments give equal decisions; never raises for an input of the given types.
    """
    desk = Desk(remote.in_force(setup, state), state, moment, PURPOSES)
    _INPUTS[type(item)](desk, item)
    return Decision(state=desk.state, events=desk.events, effects=desk.effects)


def _on_tap(desk: Desk, tap: Tap) -> None:
    if tap.step is not None and tap.step != step_of(desk.state):
        desk.refuse("tap", "stale", tap.action[:32])
        return
    if tap.action not in available_actions(desk.setup, desk.state):
        desk.refuse("tap", "not-now", tap.action[:32])
        return
    TAPS[state_key(desk.state)][tap.action](desk, tap)


def _on_scan(desk: Desk, scan: Scan) -> None:
    handler = SCANS.get(state_key(desk.state))
    if handler is None:
        desk.refuse("scan", "not-now", scan.identifier)
    else:
        handler(desk, scan)


def _on_timer(desk: Desk, timer: TimerFired) -> None:
    session = desk.state.session
    if session is not None and (session.id, session.step) == (timer.session, timer.step):
        TIMEOUTS[state_key(desk.state)](desk)


def _on_started(desk: Desk, started: Started) -> None:
    startup.on_started(desk, started, lambda d: TIMEOUTS[state_key(d.state)](d))


def _on_tick(desk: Desk, tick: Tick) -> None:
    doors.expire_command_unlock(desk)
    doors.serve_again(desk)
    commands_holds.end_reservations(desk)
    _count_anew(desk)
    busy = desk.state.session.parcel if desk.state.session is not None else None
    for parcel in list(desk.state.parcels.values()):
        over = parcel.state is ParcelState.STORED and parcel.expires_at_ms <= desk.now_ms
        if over and parcel.id != busy and parcel.compartment is not None:
            desk.emit(ev.ParcelExpired(parcel=parcel.id, compartment=parcel.compartment))


def _count_anew(desk: Desk) -> None:
    """Holding periods that began while the clock was not set begin now, and are not over since 1970."""
    if desk.now_ms < FIRST_RELEASE_MS:
        return
    expires_at_ms = desk.now_ms + int(desk.rules.holding_period_s * 1000)
    for parcel in list(desk.state.parcels.values()):
        timeless = parcel.state is ParcelState.STORED and parcel.expires_at_ms < FIRST_RELEASE_MS
        if timeless and parcel.compartment is not None:
            desk.emit(
                ev.DeadlineShifted(
                    parcel=parcel.id,
                    compartment=parcel.compartment,
                    expires_at_ms=expires_at_ms,
                    reason="clock-set",
                )
            )


def _on_scan_unusable(desk: Desk, scan: ScanUnusable) -> None:
    desk.emit(ev.ScanRefused(device=scan.device, reason=scan.reason, length=scan.length))


def _on_print(desk: Desk, outcome: PrintOutcome) -> None:
    if outcome.job in desk.state.print_jobs:
        desk.emit(
            ev.PrintFinished(
                job=outcome.job, result=outcome.result, error=outcome.error, detail=outcome.detail[:120]
            )
        )
        commands_station.settle_print(desk, outcome.job, outcome.result, outcome.error, outcome.detail)
    session = desk.state.session
    if outcome.error is not None and session is not None and session.stage is Stage.DEPOSIT_SCAN:
        desk.advance(session.stage, session.seconds, notice=notice(outcome.error), extends=session.extends)


def _on_device(desk: Desk, change: DeviceStateChanged) -> None:
    lost = change.device in desk.state.lost_devices
    if change.online and lost:
        desk.emit(ev.DeviceBack(device=change.device))
    elif not change.online and not lost:
        desk.emit(ev.DeviceLost(device=change.device, detail=change.detail[:200]))


def _on_certificate(desk: Desk, looked: CertificateLooked) -> None:
    desk.emit(
        ev.CertificateExpiring(
            certificate=looked.certificate[:32],
            expires_at_ms=looked.expires_at_ms,
            days_left=looked.days_left,
        )
    )


def _on_rejected(desk: Desk, rejected: InputRejected) -> None:
    desk.refuse(rejected.source[:32], rejected.reason[:64], rejected.detail)


def _on_shed(desk: Desk, shed: JournalShed) -> None:
    if shed.total > desk.state.records_shed:
        desk.emit(
            ev.RecordsShed(total=shed.total, last=shed.last, used_mb=shed.used_mb, free_mb=shed.free_mb)
        )


def _on_leaving(desk: Desk, leaving: JournalLeaving) -> None:
    desk.emit(ev.JournalPruned(last=leaving.last, hash=leaving.hash))


_INPUTS: dict[type[Any], Callable[[Desk, Any], None]] = {
    Started: _on_started,
    Tick: _on_tick,
    TimerFired: _on_timer,
    Tap: _on_tap,
    Scan: _on_scan,
    ScanUnusable: _on_scan_unusable,
    PinChecked: signin.on_pin_checked,
    DoorReading: doors.on_reading,
    UnlockOutcome: doors.on_outcome,
    UnlockSettled: doors.on_settled,
    PrintOutcome: _on_print,
    DeviceStateChanged: _on_device,
    CertificateLooked: _on_certificate,
    ExpectParcel: commands_parcels.on_expect,
    Command: commands.on_command,
    InputRejected: _on_rejected,
    GrantPresented: grants.on_presented,
    GrantDelta: grant_sync.on_delta,
    GrantDigest: grant_sync.on_digest,
    GrantsRecalled: grant_sync.on_recalled,
    JournalSetBack: grant_sync.on_set_back,
    ConfigChanged: remote.on_config,
    JobOffered: jobs.on_offered,
    JobStep: jobs.on_step,
    JobStepBegun: jobs.on_step_begun,
    JobEnded: jobs.on_ended,
    JournalShed: _on_shed,
    JournalLeaving: _on_leaving,
}
