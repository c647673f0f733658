"""`decide(setup, state, input, moment) -> Decision`: the whole station in one pure function.

The state machines are the tables of `edge.core.step_tables`.  A (stage, input) pair that is not in them is
refused and recorded.
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
    doors,
    grant_sync,
    grants,
    jobs,
    remote,
    signin,
    startup,
)
from edge.core import events as ev
from edge.core.desk import Desk, notice
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
from edge.core.step_tables import PURPOSES, SCANS, TAPS, TIMEOUTS, state_key

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
    if not rejected.document or rejected.document not in desk.state.refused_documents:
        desk.refuse(rejected.source[:32], rejected.reason[:64], rejected.detail, rejected.document)


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
