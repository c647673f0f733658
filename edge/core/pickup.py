"""Pickup: a code opens the door of its parcel, the recipient takes it, closes, and says how it went."""

from __future__ import annotations

import re

from edge.core import events as ev
from edge.core.allocation import kept_back
from edge.core.at_door import (
    courier_grant,
    lock_out,
    locked_notice,
    mark_to_check,
    parcel_here,
    quarantine_failed_door,
)
from edge.core.attempts import locked_for_ms
from edge.core.codes import CODE_DIGITS, QR_PREFIX, CodeCheck, check_code
from edge.core.desk import Desk, PurposeTable, notice
from edge.core.doors import open_for_session
from edge.core.inputs import Scan, Tap
from edge.core.model import (
    AttemptCounter,
    Authorisation,
    Parcel,
    Purpose,
    SessionKind,
    Stage,
)

__all__ = [
    "PICKUP",
    "done",
    "enter_code",
    "reopen",
    "put_back",
    "report_door",
    "scan_code",
    "start",
    "start_by_scan",
    "timeout_door_failed",
    "timeout_done",
]

_CODE = re.compile(rf"[0-9]{{{CODE_DIGITS}}}")


def start(desk: Desk, tap: Tap | None = None) -> None:
    """Somebody wants a parcel out."""
    desk.emit(
        ev.SessionStarted(
            session=desk.new_id(),
            kind=SessionKind.PICKUP,
            stage=Stage.PICKUP_CODE,
            seconds=desk.rules.stage_timeout_s,
        )
    )
    desk.arm()


def start_by_scan(desk: Desk, scan: Scan) -> None:
    """A recipient's QR held before the scanner at the home screen says everything at once."""
    if not scan.text.startswith(QR_PREFIX):
        desk.refuse("scan", "no-session", scan.identifier)
        return
    start(desk)
    scan_code(desk, scan)


def scan_code(desk: Desk, scan: Scan) -> None:
    """A scan where a pickup code is asked for; anything but our QR is no attempt at a code."""
    if not scan.text.startswith(QR_PREFIX):
        desk.stay(notice("SCAN_REFUSED"))
        return
    _attempt(desk, scan.text.removeprefix(QR_PREFIX).strip())


def enter_code(desk: Desk, tap: Tap) -> None:
    """A code typed on the keypad."""
    _attempt(desk, (tap.code or "").strip())


def _attempt(desk: Desk, code: str) -> None:
    left_ms = locked_for_ms(desk.state.attempts, "station", desk.elapsed_ms)
    if left_ms:
        _say_locked(desk, left_ms)
        return
    if not _CODE.fullmatch(code):
        desk.stay(notice("CODE_WRONG"))
        return
    check = check_code(desk.setup, desk.state, code)
    if check.result == "ok" and check.parcel is not None:
        _open(desk, desk.state.parcels[check.parcel])
    else:
        _rejected(desk, check)


def _open(desk: Desk, parcel: Parcel) -> None:
    left_ms = locked_for_ms(desk.state.attempts, f"parcel/{parcel.id}", desk.elapsed_ms)
    if left_ms:
        _say_locked(desk, left_ms)
        return
    assert parcel.compartment is not None, "a stored parcel has a compartment"
    if kept_back(desk.state, parcel):
        desk.emit(ev.CodeRejected(session=desk.session.id, reason="held"))
        desk.stay(notice("PARCEL_HELD"))
        return
    desk.advance(desk.session.stage, desk.session.seconds, parcel=parcel.id)
    open_for_session(desk, parcel.compartment, Purpose.PICKUP, Authorisation("pickup_code", parcel.id))


def _say_locked(desk: Desk, left_ms: int) -> None:
    desk.emit(ev.CodeRejected(session=desk.session.id, reason="locked-out"))
    desk.stay(locked_notice(left_ms))


def _rejected(desk: Desk, check: CodeCheck) -> None:
    desk.emit(ev.CodeRejected(session=desk.session.id, reason=check.result, parcels=check.near))
    if check.result != "wrong":
        desk.stay(notice("CODE_USED" if check.result == "used" else "CODE_EXPIRED"))
        return
    limits = {"station": desk.rules.station_attempts}
    limits |= {f"parcel/{p}": desk.rules.code_attempts for p in check.near}
    for key, limit in limits.items():
        lock_out(desk, key, limit)
    left_ms = locked_for_ms(desk.state.attempts, "station", desk.elapsed_ms)
    if left_ms:
        desk.end("locked-out", locked_notice(left_ms))
        return
    failures = desk.state.attempts.get("station", AttemptCounter()).failures
    desk.stay(notice("CODE_WRONG", attempts_left=desk.rules.station_attempts - failures))


def closed(desk: Desk) -> None:
    """The recipient closed the door: everything taken?"""
    desk.advance(Stage.PICKUP_DONE, desk.rules.after_close_s, doubt=False)


def done(desk: Desk, tap: Tap | None = None) -> None:
    """The recipient has the parcel."""
    _record_picked_up(desk)
    desk.end("done", notice("THANKS"))


def _record_picked_up(desk: Desk) -> None:
    parcel = parcel_here(desk)
    assert parcel.compartment is not None
    desk.emit(
        ev.ParcelPickedUp(
            parcel=parcel.id,
            tracking_code=parcel.tracking_code,
            compartment=parcel.compartment,
            session=desk.session.id,
        )
    )


def reopen(desk: Desk, tap: Tap | None = None) -> None:
    """Once more, on the same code or grant: something was left inside, or the door did not open."""
    parcel = parcel_here(desk)
    assert parcel.compartment is not None
    code = Authorisation("pickup_code", parcel.id)
    right = code if desk.session.grant is None else courier_grant(desk)
    open_for_session(desk, parcel.compartment, Purpose.PICKUP, right)


def put_back(desk: Desk, tap: Tap) -> None:
    """The recipient does not want it and left it inside."""
    parcel = parcel_here(desk)
    assert parcel.compartment is not None
    desk.emit(
        ev.ParcelRefused(
            parcel=parcel.id, compartment=parcel.compartment, session=desk.session.id, reason="put-back"
        )
    )
    desk.end("done", notice("REFUSED_RECORDED"))


def timeout_done(desk: Desk) -> None:
    """Nobody answered after the closing: taken, unless it is in doubt that the door was open at all."""
    if desk.session.doubt:
        mark_to_check(desk, "unlock-unknown")
        desk.end("timeout")
    else:
        done(desk)


def left_open(desk: Desk) -> None:
    """The recipient went away from the open door: the parcel counts as taken, the compartment waits."""
    _record_picked_up(desk)


def report_door(desk: Desk, tap: Tap) -> None:
    """The door does not open: the parcel stays the recipient's, somebody must come."""
    quarantine_failed_door(desk)
    mark_to_check(desk, "door-failed")
    desk.end("reported", notice("REPORTED"))


def timeout_door_failed(desk: Desk) -> None:
    """The recipient left a door that did not open."""
    quarantine_failed_door(desk)
    mark_to_check(desk, "door-failed")
    desk.end("timeout")


PICKUP = PurposeTable(closed=closed, closed_unseen=closed, left_open=left_open, after_close=Stage.PICKUP_DONE)
