"""Every screen the terminal can show, as views a station would send; and a station that plays them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from edge.core.inputs import Tap
from edge.core.model import Notice
from edge.core.view import NOTICE_CODES as CORE_NOTICES
from edge.core.view import CabinetCompartment, View, ViewCompartment, ViewParcel
from edge.kiosk.terminal import StationFace

FACE = StationFace(
    name="鸽巢演示站 Pigeonhole Demo", address="浦东新区世纪大道 1 号 / 1 Century Ave", phone="400-000-0000"
)


ACTIVE = "B04"
STEP = "s/1"
"""Of every scene within a session."""


def cabinet(active: str | None) -> list[CabinetCompartment]:
    """Draw forty compartments, one of them out of service."""
    sizes = {
        "A": ["S", "S", "M", "M", "L", "L", "XL", "M"],
        "B": ["M", "M", "S", "S", "S", "L", "L", "M"],
        "C": ["S"] * 6 + ["M"] * 4 + ["L"] * 2,
        "D": ["M"] * 4 + ["S"] * 4 + ["L"] * 4,
    }
    drawn = []
    for bank, list_ in sizes.items():
        for place, size in enumerate(list_, start=1):
            number = f"{bank}{place:02d}"
            state = "out" if number == "C07" else "normal"
            drawn.append(
                CabinetCompartment(number=number, bank=bank, size=size, state=state, active=number == active)
            )
    return drawn


def scene(
    screen: str,
    actions: str = "",
    *,
    purpose: str | None = None,
    seconds: float | None = 60.0,
    left: float | None = None,
    parcel: ViewParcel | None = None,
    notice: Notice | None = None,
    staff: str | None = None,
    door: bool = False,
    unlocks_left: int | None = None,
    counts: dict[str, int] | None = None,
) -> View:
    """One view; `actions` as words, `door` says that it is about compartment B04."""
    return View(
        rev=0,
        step={"home": "home", "out_of_order": ""}.get(screen, STEP),
        screen=screen,
        actions=actions.split(),
        purpose=purpose,
        seconds=seconds,
        seconds_left=seconds if left is None else left,
        compartment=ViewCompartment(number=ACTIVE, bank="B", size="S") if door else None,
        parcel=parcel,
        notice=notice,
        staff=staff,
        counts=(counts or {}) | ({} if unlocks_left is None else {"unlocks_left": unlocks_left}),
        cabinet=cabinet(ACTIVE if door else None),
        station="demo-01",
    )


def note(code: str, **params: str | int) -> Notice:
    """Return a notice with its parameters."""
    return Notice(code=code, params=params)


MINE = ViewParcel(tracking_code="…6789", recipient="张*", phone="138****5678", size="S")
THEIRS = ViewParcel(tracking_code="EE123456789CN", recipient="李*", phone="139****0001", size=None)
STAFF = {"done": 3, "expired": 2, "free_S": 9, "free_M": 6, "free_L": 2, "free_XL": 0}

SCENES: dict[str, View] = {
    "home": scene("home", "start_pickup start_courier", seconds=None),
    "home-thanks": scene("home", "start_pickup start_courier", seconds=None, notice=note("THANKS")),
    "home-locked": scene(
        "home", "start_pickup start_courier", seconds=None, notice=note("LOCKED_OUT", seconds=118)
    ),
    "pickup-code": scene("pickup_code", "enter_code cancel extend", unlocks_left=3),
    "pickup-code-wrong": scene(
        "pickup_code", "enter_code cancel extend", left=12.0, unlocks_left=3,
        notice=note("CODE_WRONG", attempts_left=6),
    ),
    "pickup-opening": scene(
        "door_opening", purpose="pickup", door=True, seconds=5.0, parcel=MINE, unlocks_left=2,
    ),
    "pickup-open": scene(
        "door_open", "extend", purpose="pickup", door=True, seconds=120.0, left=94.0, parcel=MINE,
        unlocks_left=2,
    ),
    "pickup-failed": scene(
        "door_failed", "retry report extend", purpose="pickup", door=True, parcel=MINE,
        notice=note("OPEN_NOT_DETECTED"), unlocks_left=2,
    ),
    "pickup-done": scene(
        "pickup_done", "done reopen put_back extend", purpose="pickup", door=True, seconds=20.0, left=17.0,
        parcel=MINE, unlocks_left=2,
    ),
    "pickup-doubt": scene(
        "pickup_done", "done reopen put_back extend", purpose="pickup", door=True, parcel=MINE,
        notice=note("CHECK_DOOR"), unlocks_left=2,
    ),
    "courier-id": scene("courier_id", "enter_staff_id cancel extend", unlocks_left=3),
    "courier-pin": scene("courier_pin", "enter_pin cancel extend", unlocks_left=3),
    "courier-pin-wrong": scene(
        "courier_pin", "enter_pin cancel extend", unlocks_left=3,
        notice=note("SIGN_IN_FAILED", attempts_left=4),
    ),
    "courier-check": scene("courier_check", seconds=10.0, unlocks_left=3),
    "courier-menu": scene("courier_menu", "start_deposit start_recall sign_out", staff="王**", counts=STAFF),
    "deposit-scan": scene(
        "deposit_scan", "enter_tracking print_receipt back", staff="王**",
        notice=note("DEPOSITED", compartment="B04"), counts=STAFF,
    ),
    "deposit-scan-refused": scene(
        "deposit_scan", "enter_tracking back", staff="王**", notice=note("CONSENT_MISSING"), counts=STAFF
    ),
    "deposit-size": scene(
        "deposit_size", "choose_size reject_damaged back", staff="王**", parcel=THEIRS, counts=STAFF
    ),
    "deposit-opening": scene(
        "door_opening", purpose="deposit", door=True, seconds=5.0, staff="王**", parcel=THEIRS, counts=STAFF
    ),
    "deposit-open": scene(
        "door_open", "extend not_empty", purpose="deposit", door=True, seconds=120.0, left=14.0, staff="王**",
        parcel=THEIRS, unlocks_left=2, counts=STAFF,
    ),
    "deposit-failed": scene(
        "door_failed", "retry other_compartment take_back extend", purpose="deposit", door=True, staff="王**",
        parcel=THEIRS, notice=note("BUS_TIMEOUT"), unlocks_left=2, counts=STAFF,
    ),
    "deposit-failed-inside": scene(
        "door_failed", "retry other_compartment take_back report extend", purpose="deposit", door=True,
        staff="王**", parcel=THEIRS, notice=note("OPEN_NOT_DETECTED"), unlocks_left=1, counts=STAFF,
    ),
    "deposit-confirm": scene(
        "deposit_confirm", "confirm_in reopen other_compartment take_back extend", purpose="deposit",
        door=True, seconds=20.0, staff="王**", parcel=THEIRS, unlocks_left=2, counts=STAFF,
    ),
    "deposit-doubt": scene(
        "deposit_confirm", "confirm_in reopen other_compartment take_back extend", purpose="deposit",
        door=True, staff="王**", parcel=THEIRS, notice=note("CHECK_DOOR"), unlocks_left=2, counts=STAFF,
    ),
    "recall-list": scene(
        "recall_list", "recall_next back", staff="王**", counts=STAFF,
        notice=note("RECALLED", compartment="A02"),
    ),
    "recall-opening": scene(
        "door_opening", purpose="recall", door=True, seconds=5.0, staff="王**", parcel=THEIRS, counts=STAFF
    ),
    "recall-open": scene(
        "door_open", "extend", purpose="recall", door=True, seconds=120.0, staff="王**", parcel=THEIRS,
        counts=STAFF,
    ),
    "recall-failed": scene(
        "door_failed", "retry report extend", purpose="recall", door=True, staff="王**", parcel=THEIRS,
        notice=note("OPEN_NOT_DETECTED"), unlocks_left=1, counts=STAFF,
    ),
    "recall-confirm": scene(
        "recall_confirm", "reopen missing extend", purpose="recall", door=True, staff="王**", parcel=THEIRS,
        notice=note("WRONG_PARCEL"), unlocks_left=2, counts=STAFF,
    ),
    "service-opening": scene("door_opening", purpose="service", door=True, seconds=5.0, staff="王**"),
    "service-open": scene("door_open", "extend", purpose="service", door=True, seconds=120.0, staff="王**"),
    "service-failed": scene(
        "door_failed", "retry report extend", purpose="service", door=True, staff="王**",
        notice=note("OPEN_NOT_DETECTED"), unlocks_left=2,
    ),
    "service-done": scene(
        "service_done", "done reopen extend", purpose="service", door=True, seconds=20.0, staff="王**",
        unlocks_left=2,
    ),
    "out-of-order": scene("out_of_order", seconds=None),
}  # fmt: skip
"""A name for every screen, purpose and the notices that change most about it."""

SPENT: dict[str, View] = {
    "pickup-code-spent": scene("pickup_code", "enter_code cancel", unlocks_left=3),
    "pickup-done-spent": scene("pickup_done", "done put_back", purpose="pickup", door=True, unlocks_left=0),
    "pickup-failed-spent": scene(
        "door_failed", "report", purpose="pickup", door=True, notice=note("OPEN_NOT_DETECTED"), unlocks_left=0
    ),
    "deposit-open-spent": scene("door_open", purpose="deposit", door=True, seconds=120.0, counts=STAFF),
    "deposit-failed-spent": scene(
        "door_failed", "other_compartment take_back report", purpose="deposit", door=True, unlocks_left=0,
        notice=note("OPEN_NOT_DETECTED"), counts=STAFF,
    ),
    "deposit-confirm-spent": scene(
        "deposit_confirm", "confirm_in other_compartment take_back", purpose="deposit", door=True,
        unlocks_left=0, counts=STAFF,
    ),
    "recall-confirm-spent": scene(
        "recall_confirm", "missing", purpose="recall", door=True, unlocks_left=0, counts=STAFF
    ),
}  # fmt: skip
"""Screens whose openings and extensions are used up."""

NOTICE_CODES = sorted(CORE_NOTICES | {"SCAN_SIGN_IN_FIRST", "TIMEOUT"})
"""All the page must have words for."""


class ScriptedTerminal:
    """A station that shows what a test puts on it, remembers the taps and says `answer` to them."""

    def __init__(self) -> None:
        self.taps: list[Tap] = []
        self.answer = True
        self.watchers = 0
        self._view = SCENES["home"]
        self._changed = asyncio.Condition()

    def view(self) -> View:
        """Return what is shown."""
        return self._view

    async def show(self, view: View) -> int:
        """Put another view on the screen; returns its rev."""
        async with self._changed:
            self._view = msgspec.structs.replace(view, rev=self._view.rev + 1)
            self._changed.notify_all()
        return self._view.rev

    async def watch(self) -> AsyncIterator[View]:
        """Yield the present view and each change; skips what a slow reader missed."""
        self.watchers += 1
        try:
            seen: View | None = None
            while True:
                async with self._changed:
                    while self._view is seen:
                        await self._changed.wait()
                    seen = self._view
                yield seen
        finally:
            self.watchers -= 1

    async def tap(self, tap: Tap) -> bool:
        """Remember the tap."""
        self.taps.append(tap)
        return self.answer
