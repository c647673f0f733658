"""`render`: the view of the terminal as a pure function of setup and state."""

from __future__ import annotations

from edge.core.allocation import free_by_size
from edge.core.decide import available_actions, step_of
from edge.core.masking import mask_name
from edge.core.model import (
    CompartmentState,
    DoorState,
    Notice,
    Session,
    SessionKind,
    Setup,
    Stage,
    State,
)
from edge.core.recall import due
from edge.core.remote import in_force
from edge.core.view import CabinetCompartment, View, ViewCompartment, ViewParcel

__all__ = ["render"]

TRACKING_TAIL = 4
"""Characters of a tracking code a recipient sees: enough to tell two parcels apart, no use to a passer-by."""


def render(setup: Setup, state: State, rev: int, seconds_left: float | None, station: str) -> View:
    """What to show now.  `seconds_left` is the shell's, from the timer it armed; None without a session."""
    setup, session = in_force(setup, state), state.session
    return View(
        rev=rev,
        step=step_of(state),
        screen=session.stage.value if session is not None else "home",
        actions=available_actions(setup, state),
        purpose=session.purpose.value if session is not None and session.purpose is not None else None,
        seconds=session.seconds if session is not None else None,
        seconds_left=seconds_left if session is not None else None,
        compartment=_compartment(setup, session),
        parcel=_parcel(state, session),
        notice=_notice(state, session),
        staff=_staff(setup, session),
        counts=_counts(setup, state, session),
        cabinet=_cabinet(setup, state, session),
        station=station,
    )


def out_of_order(view: View) -> View:
    """The same station when it cannot serve: nothing can be tapped."""
    return View(
        rev=view.rev + 1,
        step="",
        screen="out_of_order",
        actions=[],
        purpose=None,
        seconds=None,
        seconds_left=None,
        compartment=None,
        parcel=None,
        notice=None,
        staff=None,
        counts={},
        cabinet=view.cabinet,
        station=view.station,
    )


def _notice(state: State, session: Session | None) -> Notice | None:
    return session.notice if session is not None else state.farewell


def _compartment(setup: Setup, session: Session | None) -> ViewCompartment | None:
    known = setup.layout.compartments.get(session.compartment or "") if session is not None else None
    if known is None:
        return None
    return ViewCompartment(number=known.number, bank=known.bank, size=known.size.value)


def _parcel(state: State, session: Session | None) -> ViewParcel | None:
    parcel = state.parcels.get(session.parcel or "") if session is not None else None
    if session is None or parcel is None:
        return None
    code = parcel.tracking_code
    if session.kind is SessionKind.PICKUP:
        code = "…" + code[-TRACKING_TAIL:]
    return ViewParcel(
        tracking_code=code,
        recipient=parcel.recipient_masked,
        phone=parcel.phone_masked,
        size=parcel.size.value if parcel.size is not None else None,
    )


def _staff(setup: Setup, session: Session | None) -> str | None:
    if session is None or not session.signed_in:
        return None
    staff = setup.staff.get(session.staff_id or "")
    return mask_name(staff.name) if staff is not None else None


def _counts(setup: Setup, state: State, session: Session | None) -> dict[str, int]:
    """Numbers for signed-in staff; a passer-by learns nothing about how full the station is."""
    if session is None:
        return {}
    counts = {"unlocks_left": max(0, setup.rules.max_unlocks_per_visit - session.unlocks)}
    if session.signed_in:
        counts["done"] = session.done
        counts["expired"] = len(due(setup, state, session.staff_id or ""))
        counts |= {f"free_{size.value}": n for size, n in free_by_size(setup.layout, state).items()}
    return counts


def _cabinet(setup: Setup, state: State, session: Session | None) -> list[CabinetCompartment]:
    active = session.compartment if session is not None and session.stage is not Stage.DEPOSIT_SIZE else None
    drawn = []
    for known in setup.layout.compartments.values():
        now = state.compartments.get(known.id, CompartmentState())
        word = "open" if now.door is DoorState.OPEN else ("normal" if now.in_service else "out")
        drawn.append(
            CabinetCompartment(
                number=known.number,
                bank=known.bank,
                size=known.size.value,
                state=word,
                active=known.id == active,
            )
        )
    return drawn
