"""A scanned offline grant: is it good here and now, and then its one door opens.

The shell has checked form, issuer, station and signature.  What is left is
what only the station knows: whether the grant is spent or revoked, what time
it is and how surely, and whether the thing it is about is here.
"""

from __future__ import annotations

from typing import Final

from edge.core import events as ev
from edge.core.allocation import allocate, kept_back
from edge.core.at_door import lock_out, locked_notice
from edge.core.attempts import locked_for_ms
from edge.core.desk import Desk, notice
from edge.core.doors import open_for_session
from edge.core.effects import RecordGrants
from edge.core.fold_grants import FORGED
from edge.core.grant_book import KEPT_AFTER_MS, MAX_KEPT, Grant, Right, subject_of
from edge.core.inputs import GrantPresented
from edge.core.model import (
    Authorisation,
    Compartment,
    CompartmentState,
    Parcel,
    ParcelState,
    Purpose,
    SessionKind,
    Size,
    Stage,
)
from edge.core.recall import may_go_back

__all__ = ["NOTICES", "PLACES", "REASONS", "REGISTER", "on_presented"]

REGISTER: Final = "grant-register"
"""The device name under which the register beside the journal is reported lost and back."""

PLACES: Final = frozenset({None, Stage.PICKUP_CODE, Stage.COURIER_MENU})
"""Where a grant may be shown; None is the home screen."""

NOTICES: Final = {
    "expired": "GRANT_EXPIRED",
    "spent": "GRANT_USED",
    "revoked": "GRANT_REVOKED",
    "old-epoch": "GRANT_REVOKED",
    "not-yet": "GRANT_NOT_YET",
    "wrong-station": "GRANT_ELSEWHERE",
    "malformed": "SIGNATURE_INVALID",
    "unknown-issuer": "SIGNATURE_INVALID",
    "bad-signature": "SIGNATURE_INVALID",
    "wrong-parcel": "GRANT_WRONG_PARCEL",
    "parcel-state": "GRANT_WRONG_PARCEL",
    "sign-in-required": "GRANT_SIGN_IN",
    "not-delegable": "GRANT_NOT_YOURS",
    "door-busy": "DOOR_BUSY",
    "no-compartment": "STATION_FULL",
    "held": "PARCEL_HELD",
    "consent-missing": "CONSENT_MISSING",
}
"""What the screen says of a refusal; GRANT_NOT_NOW for all others."""

REASONS: Final = (
    "locked-out",
    "malformed",
    "unknown-issuer",
    "wrong-station",
    "bad-signature",
    "spent",
    "revoked",
    "old-epoch",
    "set-back",
    "clock-unset",
    "not-yet",
    "expired",
    "register-lost",
    "book-full",
    "not-delegable",
    "wrong-place",
    "sign-in-required",
    "door-busy",
    "wrong-parcel",
    "parcel-state",
    "held",
    "consent-missing",
    "size-unknown",
    "no-compartment",
)
"""Every reason of `GrantRefused`, in the order in which they are looked for."""

_SIZES: Final = {1: Size.S, 2: Size.M, 3: Size.L, 4: Size.XL}


def on_presented(desk: Desk, shown: GrantPresented) -> None:
    """Open what the grant says, or refuse it with a fact and words on the screen."""
    session = desk.state.session
    if (session.stage if session is not None else None) not in PLACES:
        desk.refuse("scan", "not-now", "grant")
        return
    grant = shown.grant
    if locked_for_ms(desk.state.attempts, "station", desk.elapsed_ms):
        _refuse(desk, shown, "locked-out")
    elif grant is None:
        _refuse(desk, shown, shown.fault or "malformed")
    elif (reason := _objection(desk, grant, shown.delegate)) is not None:
        _refuse(desk, shown, reason)
    else:
        _USES[grant.right](desk, shown, grant)


# --- is it good? ---------------------------------------------------------------


def _objection(desk: Desk, grant: Grant, delegate: str) -> str | None:
    """Why nothing may open for this grant at all, whatever it is about."""
    session = desk.state.session
    signed_in = session is not None and session.signed_in
    if (reason := _book_objection(desk, grant) or _time_objection(desk, grant)) is not None:
        return reason
    if grant.single_use and REGISTER in desk.state.lost_devices:
        return "register-lost"
    if grant.single_use and len(desk.state.grants.spent) >= MAX_KEPT:
        return "book-full"
    if delegate and not grant.delegable:
        return "not-delegable"
    if signed_in and grant.right is Right.PICKUP:
        return "wrong-place"
    if not signed_in and not grant.delegable and grant.right is not Right.PICKUP:
        return "sign-in-required"
    return "door-busy" if desk.state.unlock is not None or desk.state.bulk is not None else None


def _book_objection(desk: Desk, grant: Grant) -> str | None:
    book = desk.state.grants
    if grant.key in book.spent:
        return "spent"
    if grant.key in book.revoked:
        return "revoked"
    if grant.epoch < book.epoch:
        return "old-epoch"
    if book.doubt_ms and grant.not_before_ms - _drift_ms(desk) <= book.doubt_ms:
        # Valid while the lost part of the journal was written: it may have been used then.
        return "set-back"
    return None


def _time_objection(desk: Desk, grant: Grant) -> str | None:
    """The times, as surely as the clock allows; without a clock only what says that it needs none."""
    if grant.expires_at_ms + KEPT_AFTER_MS <= desk.state.grants.forgotten_ms:
        # The record that it was spent may be gone, so it is over even if the clock was set back.
        return "expired"
    if desk.clock == "unset":
        needs_none = grant.any_time and grant.single_use and grant.right is Right.PICKUP
        return None if needs_none else "clock-unset"
    slack_ms = 0 if desk.clock == "synced" else _drift_ms(desk)
    if desk.now_ms < grant.not_before_ms - slack_ms:
        return "not-yet"
    if desk.now_ms >= grant.expires_at_ms + slack_ms:
        return "expired"
    return None


def _drift_ms(desk: Desk) -> int:
    return int(desk.rules.grant_drift_s * 1000)


def _refuse(desk: Desk, shown: GrantPresented, reason: str) -> None:
    """One fact, and words for whoever holds it; a series of forged ones locks the station out."""
    grant = shown.grant
    if desk.state.session is None:
        _begin(desk, SessionKind.PICKUP)
    desk.emit(
        ev.GrantRefused(
            reason=reason,
            device=shown.device,
            grant=grant.key if grant is not None else shown.claimed,
            right=grant.right if grant is not None else None,
            session=desk.session.id,
        )
    )
    if reason == "locked-out":
        desk.stay(locked_notice(locked_for_ms(desk.state.attempts, "station", desk.elapsed_ms)))
    elif reason in FORGED and (length_ms := lock_out(desk, "station", desk.rules.station_attempts)):
        desk.end("locked-out", locked_notice(length_ms))
    else:
        desk.stay(notice(NOTICES.get(reason, "GRANT_NOT_NOW")))


# --- its one thing ---------------------------------------------------------------


def _begin(desk: Desk, kind: SessionKind) -> None:
    """A session for whoever stands there; at PICKUP_CODE nothing can be done without a code."""
    desk.emit(
        ev.SessionStarted(
            session=desk.new_id(), kind=kind, stage=Stage.PICKUP_CODE, seconds=desk.rules.stage_timeout_s
        )
    )


def _use(
    desk: Desk,
    shown: GrantPresented,
    grant: Grant,
    compartment: str,
    kind: SessionKind,
    parcel: str | None = None,
) -> Authorisation:
    """Spend it: the fact that goes to disk with the intent to unlock, and the record beside the journal."""
    session = desk.state.session
    if session is not None and session.kind is not kind:
        desk.end("cancelled")
    if desk.state.session is None:
        _begin(desk, kind)
    desk.emit(
        ev.GrantUsed(
            grant=grant.key,
            right=grant.right,
            single_use=grant.single_use,
            expires_at_ms=grant.expires_at_ms,
            session=desk.session.id,
            compartment=compartment,
            device=shown.device,
            clock=desk.clock,
            parcel=parcel,
            delegate=shown.delegate,
        )
    )
    if grant.single_use:
        desk.ask(RecordGrants(spent={grant.key: grant.expires_at_ms}))
    desk.advance(desk.session.stage, desk.session.seconds, grant=grant.key, parcel=parcel)
    return Authorisation("grant", grant.key)


def _parcels(desk: Desk, grant: Grant) -> list[Parcel]:
    """The parcels the grant may mean, and no other: all of this station with its subject."""
    return [p for p in desk.state.parcels.values() if subject_of("parcel", p.id) == grant.subject]


def _one(desk: Desk, shown: GrantPresented, found: list[Parcel], suited: list[Parcel]) -> Parcel | None:
    """The one parcel meant; none, two with one subject or one in another state is a refusal."""
    if len(found) == 1 and suited and not kept_back(desk.state, suited[0]):
        return suited[0]
    if len(found) == 1 and suited:
        _refuse(desk, shown, "held")
        return None
    _refuse(desk, shown, "parcel-state" if found else "wrong-parcel")
    return None


def _pick_up(desk: Desk, shown: GrantPresented, grant: Grant) -> None:
    found = _parcels(desk, grant)
    stored = [p for p in found if p.state is ParcelState.STORED]
    parcel = _one(desk, shown, found, stored)
    if parcel is None:
        return
    assert parcel.compartment is not None, "a stored parcel has a compartment"
    right = _use(desk, shown, grant, parcel.compartment, SessionKind.PICKUP, parcel.id)
    open_for_session(desk, parcel.compartment, Purpose.PICKUP, right)


def _collect(desk: Desk, shown: GrantPresented, grant: Grant) -> None:
    found = _parcels(desk, grant)
    parcel = _one(desk, shown, found, [p for p in found if may_go_back(p)])
    if parcel is None:
        return
    assert parcel.compartment is not None, "what may go back has a compartment"
    right = _use(desk, shown, grant, parcel.compartment, SessionKind.COURIER, parcel.id)
    open_for_session(desk, parcel.compartment, Purpose.RECALL, right)


def _deposit(desk: Desk, shown: GrantPresented, grant: Grant) -> None:
    found = _parcels(desk, grant)
    waiting = [p for p in found if p.state is ParcelState.EXPECTED and p.compartment is None]
    parcel = _one(desk, shown, found, waiting)
    if parcel is None:
        return
    size = _SIZES.get(grant.size, parcel.size)
    if not parcel.consent or size is None:
        _refuse(desk, shown, "size-unknown" if parcel.consent else "consent-missing")
        return
    choice = allocate(desk.setup.layout, desk.state, size, parcel=parcel.id)
    if not isinstance(choice, Compartment):
        _refuse(desk, shown, "no-compartment")
        return
    right = _use(desk, shown, grant, choice.id, SessionKind.COURIER, parcel.id)
    desk.emit(ev.ParcelPlaced(parcel=parcel.id, compartment=choice.id, session=desk.session.id))
    open_for_session(desk, choice.id, Purpose.DEPOSIT, right)


def _open_for_service(desk: Desk, shown: GrantPresented, grant: Grant) -> None:
    found = [c for c in desk.setup.layout.compartments if subject_of("compartment", c) == grant.subject]
    if len(found) != 1:
        _refuse(desk, shown, "wrong-parcel")
        return
    now = desk.state.compartments.get(found[0], CompartmentState())
    if now.held is not None:
        _refuse(desk, shown, "held")
        return
    inside = now.parcel
    right = _use(desk, shown, grant, found[0], SessionKind.COURIER)
    if inside is not None:
        # As with a remote opening: whoever has the door open may take what is recorded inside.
        desk.emit(
            ev.ParcelToCheck(
                parcel=inside, compartment=found[0], reason="service-open", session=desk.session.id
            )
        )
    open_for_session(desk, found[0], Purpose.SERVICE, right)


_USES: Final = {
    Right.PICKUP: _pick_up,
    Right.DEPOSIT: _deposit,
    Right.COLLECT: _collect,
    Right.SERVICE: _open_for_service,
}
