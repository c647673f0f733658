"""Deposit: a signed-in courier scans a parcel, a fitting compartment opens, the parcel goes in.

Whenever it is unclear whether the parcel is inside, the compartment counts as
taken: a compartment wrongly believed free puts two people's parcels together.
"""

from __future__ import annotations

from edge.core import events as ev
from edge.core.allocation import allocate
from edge.core.at_door import (
    compartment_here,
    courier_grant,
    courier_here,
    finish_grant,
    mark_to_check,
    parcel_here,
    quarantine,
    quarantine_failed_door,
)
from edge.core.codes import QR_PREFIX, choose_nonce
from edge.core.desk import Desk, PurposeTable, notice
from edge.core.doors import open_for_session
from edge.core.effects import Print
from edge.core.fold import print_key
from edge.core.grant_book import looks_like_grant
from edge.core.identifiers import normalise
from edge.core.inputs import Scan, Tap
from edge.core.model import (
    Compartment,
    ErrorCode,
    Notice,
    Parcel,
    ParcelState,
    Purpose,
    Size,
    Stage,
)

__all__ = [
    "DEPOSIT",
    "choose_size",
    "confirm_in",
    "enter_tracking",
    "not_empty",
    "other_after_close",
    "other_after_failure",
    "print_receipt",
    "reject_damaged",
    "reopen",
    "report_door",
    "scan",
    "start",
    "take_back",
    "take_back_after_failure",
    "timeout_confirm",
    "timeout_door_failed",
]


def start(desk: Desk, tap: Tap | None = None, said: Notice | None = None) -> None:
    """Ready for the next parcel; an offline grant was for this one only."""
    if desk.session.grant is not None:
        finish_grant(desk, said or notice("THANKS"))
        return
    desk.advance(
        Stage.DEPOSIT_SCAN,
        desk.rules.stage_timeout_s,
        notice=said,
        compartment=None,
        purpose=None,
        unlocks=0,
        not_empty=False,
        doubt=False,
        parcel=desk.session.parcel if said is not None and said.code == "DEPOSITED" else None,
    )


def scan(desk: Desk, read: Scan) -> None:
    """A parcel's symbol was read."""
    _offer(desk, read.text, read.identifier)


def enter_tracking(desk: Desk, tap: Tap) -> None:
    """A tracking code typed because its symbol does not read."""
    _offer(desk, tap.tracking_code or "", "")


def find_parcel(desk: Desk, text: str, identifier: str) -> Parcel | None:
    """The parcel this tracking code belongs to: one that is expected or here before one that has left."""
    code = normalise(text, identifier)
    found = [p for p in desk.state.parcels.values() if code is not None and p.tracking_code == code]
    found.sort(key=lambda p: (p.state is not ParcelState.EXPECTED, not p.state.inside))
    return found[0] if found else None


def _offer(desk: Desk, text: str, identifier: str) -> None:
    parcel = find_parcel(desk, text, identifier)
    error, reason, said = _objection(desk, parcel)
    if error is not None:
        _reject(desk, text, parcel, error, reason)
        desk.stay(notice(said or error))
    elif parcel is not None and parcel.size is None:
        desk.advance(Stage.DEPOSIT_SIZE, desk.rules.stage_timeout_s, parcel=parcel.id)
    elif parcel is not None and parcel.size is not None:
        _place(desk, parcel, parcel.size)


def _objection(desk: Desk, parcel: Parcel | None) -> tuple[ErrorCode | None, str, str | None]:
    """Why this parcel cannot be deposited: error, reason and, where it says more, the notice code."""
    if parcel is None:
        return ErrorCode.PARCEL_UNKNOWN, "unknown", None
    if parcel.state.inside or parcel.compartment is not None:
        return ErrorCode.BAD_REQUEST, "already-stored", "ALREADY_STORED"
    if parcel.state is not ParcelState.EXPECTED:
        return ErrorCode.PARCEL_UNKNOWN, "left-before", None
    staff = desk.setup.staff.get(desk.session.staff_id or "")
    if staff is None or staff.carrier not in ("*", parcel.carrier):
        return ErrorCode.NOT_AUTHORISED, "other-carrier", None
    if not parcel.consent:
        return ErrorCode.CONSENT_MISSING, "no-consent", None
    return None, "", None


def _reject(desk: Desk, text: str, parcel: Parcel | None, error: ErrorCode, reason: str) -> None:
    desk.emit(
        ev.ParcelRejected(
            session=desk.session.id,
            scan=_without_secret(text)[:64],
            error=error,
            reason=reason,
            parcel=parcel.id if parcel is not None else None,
        )
    )


def _without_secret(text: str) -> str:
    """A QR that opens a door, held here by mistake, is recorded as such, not with its content."""
    if looks_like_grant(text.strip()):
        return "grant"
    return QR_PREFIX if text.strip().upper().startswith(QR_PREFIX) else text


def choose_size(desk: Desk, tap: Tap) -> None:
    """The courier says how big a compartment must be."""
    if tap.size is None:
        desk.refuse("tap", "size-missing")
        return
    _place(desk, parcel_here(desk), tap.size)


def reject_damaged(desk: Desk, tap: Tap) -> None:
    """Visibly damaged parcels are not taken in."""
    parcel = parcel_here(desk)
    _reject(desk, parcel.tracking_code, parcel, ErrorCode.BAD_REQUEST, "damaged")
    start(desk, said=notice("DAMAGED_RECORDED"))


def _place(desk: Desk, parcel: Parcel, size: Size) -> None:
    _place_in(desk, parcel, allocate(desk.setup.layout, desk.state, size, parcel=parcel.id))


def _place_in(desk: Desk, parcel: Parcel, choice: Compartment | ErrorCode) -> None:
    if not isinstance(choice, Compartment):
        _reject(desk, parcel.tracking_code, parcel, choice, "no-compartment")
        if desk.session.stage is Stage.DEPOSIT_SIZE:
            desk.stay(notice(choice))
        else:
            start(desk, said=notice(choice))
        return
    if desk.state.unlock is not None:
        start(desk, said=notice(ErrorCode.DOOR_BUSY))
        return
    session = desk.session
    desk.emit(ev.ParcelPlaced(parcel=parcel.id, compartment=choice.id, session=session.id))
    desk.advance(session.stage, session.seconds, parcel=parcel.id)
    open_for_session(desk, choice.id, Purpose.DEPOSIT, courier_grant(desk))


def not_empty(desk: Desk, tap: Tap) -> None:
    """Something is in there already: close it, another one opens."""
    session = desk.session
    desk.advance(
        Stage.DOOR_OPEN,
        session.seconds,
        notice=notice("NOT_EMPTY_RECORDED"),
        not_empty=True,
        extends=session.extends,
    )


def closed(desk: Desk) -> None:
    """The courier closed the door."""
    if desk.session.not_empty:
        _give_up_occupied(desk)
        parcel = parcel_here(desk)
        _place(desk, parcel, _size(desk, parcel))
    else:
        desk.advance(Stage.DEPOSIT_CONFIRM, desk.rules.after_close_s, doubt=False)


def closed_unseen(desk: Desk) -> None:
    """The door was closed while the station was off: as `closed`, but a start opens no other door."""
    if desk.session.not_empty:
        _give_up_occupied(desk)
        start(desk, said=notice("NOT_EMPTY_RECORDED"))
    else:
        closed(desk)


def _give_up_occupied(desk: Desk) -> None:
    quarantine(desk, ErrorCode.COMPARTMENT_OCCUPIED)
    _release(desk, "not-empty")


def _size(desk: Desk, parcel: Parcel) -> Size:
    """The parcel's own size, else that of the compartment the courier chose."""
    return parcel.size or desk.setup.layout.compartments[compartment_here(desk)].size


def _release(desk: Desk, reason: str) -> None:
    desk.emit(
        ev.ParcelReleased(
            parcel=parcel_here(desk).id,
            compartment=compartment_here(desk),
            session=desk.session.id,
            reason=reason,
        )
    )


def confirm_in(desk: Desk, tap: Tap) -> None:
    """The courier says that the parcel is inside."""
    _commit(desk, "confirmed")


def _commit(desk: Desk, assurance: str) -> None:
    parcel, compartment = parcel_here(desk), compartment_here(desk)
    number = desk.setup.layout.compartments[compartment].number
    desk.emit(
        ev.ParcelDeposited(
            parcel=parcel.id,
            tracking_code=parcel.tracking_code,
            compartment=compartment,
            compartment_number=number,
            session=desk.session.id,
            courier=courier_here(desk),
            carrier=parcel.carrier,
            code_nonce=choose_nonce(desk.setup, desk.state, parcel),
            expires_at_ms=desk.now_ms + int(desk.rules.holding_period_s * 1000),
            assurance=assurance,
        )
    )
    if desk.rules.receipt_after_deposit:
        request_print(desk, "receipt", parcel.id)
    desk.advance(desk.session.stage, desk.session.seconds, done=desk.session.done + 1)
    start(desk, said=notice("DEPOSITED", compartment=number))


def request_print(desk: Desk, document: str, parcel: str, command: str | None = None) -> None:
    """Intent first; the job is sent once.

    Nothing is sent while the same document is under way; one that was sent before is sent again with its
    reason on record.
    """
    before = desk.state.prints.get(print_key(document, parcel))
    if before is not None and before.result is None:
        return
    job = desk.new_id()
    session = desk.state.session
    desk.emit(
        ev.PrintRequested(
            job=job,
            document=document,
            parcel=parcel,
            session=session.id if session is not None and command is None else None,
            reprint_of=before.job if before is not None else None,
            reprint_reason=_reason_after(before.result) if before is not None else None,
            command=command,
        )
    )
    desk.ask(Print(job=job, document=document, parcel=parcel))


def _reason_after(result: str | None) -> str:
    return "asked-again" if result == "printed" else result or "unknown"


def print_receipt(desk: Desk, tap: Tap) -> None:
    """A receipt for the parcel just deposited."""
    parcel = parcel_here(desk)
    request_print(desk, "receipt", parcel.id)
    desk.advance(
        desk.session.stage, desk.session.seconds, notice=notice("PRINTING"), extends=desk.session.extends
    )


def reopen(desk: Desk, tap: Tap) -> None:
    """Once more the same compartment."""
    open_for_session(desk, compartment_here(desk), Purpose.DEPOSIT, courier_grant(desk))


def other_after_close(desk: Desk, tap: Tap) -> None:
    """It does not fit: the courier took it out again and asks for another size."""
    _release(desk, "other-compartment")
    desk.advance(
        Stage.DEPOSIT_SIZE,
        desk.rules.stage_timeout_s,
        compartment=None,
        purpose=None,
        unlocks=0,
        doubt=False,
    )


def take_back(desk: Desk, tap: Tap) -> None:
    """The courier took the parcel out again and keeps it."""
    _release(desk, "taken-back")
    start(desk, said=notice("RELEASED"))


def other_after_failure(desk: Desk, tap: Tap) -> None:
    """This door does not open: take another compartment, of another board if this one is out of reach."""
    quarantine_failed_door(desk)
    board = desk.setup.layout.compartments[compartment_here(desk)].board
    unreachable = board if desk.session.failure is ErrorCode.BUS_TIMEOUT else None
    parcel = parcel_here(desk)
    # Chosen while this one still counts as taken: in service or not, the other one is never the same again.
    choice = allocate(desk.setup.layout, desk.state, _size(desk, parcel), unreachable, parcel.id)
    _release(desk, "door-failed")
    _place_in(desk, parcel, choice)


def take_back_after_failure(desk: Desk, tap: Tap) -> None:
    """This door does not open and the courier keeps the parcel."""
    quarantine_failed_door(desk)
    _release(desk, "door-failed")
    start(desk, said=notice("RELEASED"))


def report_door(desk: Desk, tap: Tap) -> None:
    """The parcel was put inside before, and now the door does not open again: somebody must come."""
    quarantine_failed_door(desk)
    mark_to_check(desk, "door-failed")
    start(desk, said=notice("REPORTED"))


def timeout_door_failed(desk: Desk) -> None:
    """The door was seen to stay closed and the courier went away.

    With the parcel, if the door never opened; if it had been open before, the parcel may be inside.
    """
    quarantine_failed_door(desk)
    if desk.session.was_open:
        mark_to_check(desk, "door-failed")
    else:
        _release(desk, "door-failed")
    desk.end("timeout")


def timeout_confirm(desk: Desk) -> None:
    """Nobody answered: the door was open and is closed, so the parcel is inside; in doubt, somebody looks."""
    if desk.session.doubt:
        mark_to_check(desk, "unlock-unknown")
    else:
        _commit(desk, "door-closed")
    if desk.state.session is not None:
        desk.end("timeout")


def left_open(desk: Desk) -> None:
    """The courier went away from the open door: nobody may be told that the parcel is safe."""
    if desk.session.not_empty:
        # The strange thing stays inside whatever becomes of the courier's own parcel.
        quarantine(desk, ErrorCode.COMPARTMENT_OCCUPIED)
    mark_to_check(desk, "left-open")


DEPOSIT = PurposeTable(
    closed=closed, closed_unseen=closed_unseen, left_open=left_open, after_close=Stage.DEPOSIT_CONFIRM
)
