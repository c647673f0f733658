"""A courier or technician signs in: staff id, PIN, menu.

An unknown staff id is asked for its PIN like a known one, so that ids cannot
be found out by trying.
"""

from __future__ import annotations

from edge.core import events as ev
from edge.core.at_door import lock_out, locked_notice
from edge.core.attempts import locked_for_ms
from edge.core.desk import Desk, notice
from edge.core.effects import CheckPin
from edge.core.inputs import PinChecked, Tap
from edge.core.model import AttemptCounter, SessionKind, Stage

__all__ = ["enter_pin", "enter_staff_id", "menu", "on_pin_checked", "sign_out", "start"]

NOBODY_PIN_SCRYPT = "scrypt$16384$8$1$cGlnZW9uaG9sZS1ub2JvZHk=$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""Compared for unknown staff ids, so that they take as long; no PIN is known to hash to zeros."""

MAX_STAFF_ID_LENGTH = 16
"""Longer than any staff number in use; keeps typed text out of the journal."""


def start(desk: Desk, tap: Tap) -> None:
    """A member of staff steps up."""
    desk.emit(
        ev.SessionStarted(
            session=desk.new_id(),
            kind=SessionKind.COURIER,
            stage=Stage.COURIER_ID,
            seconds=desk.rules.stage_timeout_s,
        )
    )
    desk.arm()


def enter_staff_id(desk: Desk, tap: Tap) -> None:
    """The staff id is typed."""
    staff_id = (tap.staff_id or "").strip()[:MAX_STAFF_ID_LENGTH]
    if not staff_id.isalnum():
        desk.stay(notice("SIGN_IN_FAILED"))
        return
    desk.advance(Stage.COURIER_PIN, desk.rules.stage_timeout_s, staff_id=staff_id)


def enter_pin(desk: Desk, tap: Tap) -> None:
    """The PIN is typed: compare it off the loop, unless the id is locked."""
    staff_id = desk.session.staff_id or ""
    left_ms = locked_for_ms(desk.state.attempts, f"staff/{staff_id}", desk.elapsed_ms)
    if left_ms:
        desk.end("locked-out", locked_notice(left_ms))
        return
    staff = desk.setup.staff.get(staff_id)
    desk.advance(Stage.COURIER_CHECK, desk.rules.stage_timeout_s)
    desk.ask(
        CheckPin(
            session=desk.session.id,
            step=desk.session.step,
            staff_id=staff_id,
            pin=tap.pin or "",
            pin_scrypt=staff.pin_scrypt if staff is not None else NOBODY_PIN_SCRYPT,
        )
    )


def on_pin_checked(desk: Desk, checked: PinChecked) -> None:
    """The comparison is back; an answer for an earlier step is nobody's."""
    session = desk.state.session
    if session is None or (session.id, session.step) != (checked.session, checked.step):
        return
    staff = desk.setup.staff.get(checked.staff_id)
    if checked.ok and staff is not None and checked.staff_id == session.staff_id:
        desk.emit(ev.SignedIn(session=session.id, staff_id=staff.id, role=staff.role))
        menu(desk)
        return
    desk.emit(ev.SignInFailed(session=session.id, staff_id=checked.staff_id))
    key = f"staff/{checked.staff_id}"
    if length_ms := lock_out(desk, key, desk.rules.pin_attempts):
        desk.end("locked-out", locked_notice(length_ms))
        return
    left = desk.rules.pin_attempts - desk.state.attempts.get(key, AttemptCounter()).failures
    desk.advance(
        Stage.COURIER_PIN, desk.rules.stage_timeout_s, notice=notice("SIGN_IN_FAILED", attempts_left=left)
    )


def menu(desk: Desk, tap: Tap | None = None) -> None:
    """Choose the work."""
    desk.advance(
        Stage.COURIER_MENU,
        desk.rules.stage_timeout_s,
        parcel=None,
        compartment=None,
        purpose=None,
        unlocks=0,
        doubt=False,
    )


def sign_out(desk: Desk, tap: Tap) -> None:
    """The courier is done."""
    desk.end("signed-out", notice("THANKS"))
