"""The screen as data: everything the kiosk page may know, and nothing else.

`render` is a pure function of setup and state.  The page draws a `View` and
posts `Tap`s whose `action` is in `View.actions`; it keeps no state of its own
beyond what is being typed and the chosen language.  Texts live in the page,
keyed by `screen`, `notice.code` and `action`.

The table of screens, with the actions each can offer:

| screen | meaning | actions (fields) |
|---|---|---|
| home | nobody is here | start_pickup, start_courier |
| pickup_code | type or scan the pickup code | enter_code (code), cancel, extend |
| pickup_done | the door is closed again | done, reopen, put_back, extend |
| courier_id | type the staff id | enter_staff_id (staff_id), cancel, extend |
| courier_pin | type the PIN | enter_pin (pin), cancel, extend |
| courier_check | the PIN is being compared | – |
| courier_menu | choose the work | start_deposit, start_recall, sign_out |
| deposit_scan | scan the next parcel | enter_tracking (tracking_code), print_receipt, back |
| deposit_size | choose a compartment size | choose_size (size), reject_damaged, back |
| deposit_confirm | is the parcel inside? | confirm_in, reopen, other_compartment, take_back, extend |
| recall_list | how many parcels go back | recall_next, back |
| recall_confirm | door closed, parcel not scanned yet | reopen, missing, extend |
| service_done | the door opened for service is closed again | done, reopen, extend |
| door_opening | the pulse is on its way | – |
| door_open | the door is open (purpose says why) | extend, not_empty (deposit) |
| door_failed | the door did not open | retry, report, extend; deposit: other_compartment, take_back |
| out_of_order | the station cannot serve | – |

`retry`, `reopen`, `extend` disappear when used up.  `print_receipt` appears after a deposit.
"""

from __future__ import annotations

import msgspec

from edge.core.model import ErrorCode, Notice

__all__ = ["NOTICE_CODES", "CabinetCompartment", "View", "ViewCompartment", "ViewParcel"]

NOTICE_CODES = frozenset(ErrorCode) | {
    "ALREADY_STORED",
    "CHECK_DOOR",
    "CODE_EXPIRED",
    "CODE_USED",
    "CODE_WRONG",
    "DAMAGED_RECORDED",
    "DEPOSITED",
    "GRANT_ELSEWHERE",
    "GRANT_EXPIRED",
    "GRANT_NOT_NOW",
    "GRANT_NOT_YET",
    "GRANT_NOT_YOURS",
    "GRANT_REVOKED",
    "GRANT_SIGN_IN",
    "GRANT_USED",
    "GRANT_WRONG_PARCEL",
    "LOCKED_OUT",
    "NOTHING_TO_RECALL",
    "NOT_EMPTY_RECORDED",
    "PARCEL_HELD",
    "PRINTING",
    "RECALLED",
    "REFUSED_RECORDED",
    "RELEASED",
    "REPORTED",
    "RESTARTED",
    "SCAN_REFUSED",
    "SIGN_IN_FAILED",
    "THANKS",
    "WRONG_PARCEL",
}
"""Every `Notice.code` the core can show; the page has a text for each.  A test finds what the core says."""


class CabinetCompartment(msgspec.Struct, frozen=True):
    """One compartment on the map: `state` is normal, open or out; `active` marks this session's."""

    number: str
    bank: str
    size: str
    state: str
    active: bool


class ViewCompartment(msgspec.Struct, frozen=True):
    """The compartment of this session."""

    number: str
    bank: str
    size: str


class ViewParcel(msgspec.Struct, frozen=True):
    """The parcel of this session, masked: tracking code to its last four characters for a recipient."""

    tracking_code: str
    recipient: str
    phone: str
    size: str | None


class View(msgspec.Struct, frozen=True):
    """What the terminal shows.

    `rev` grows with every change; `step` changes whenever a touch would mean
    something else, and comes back with each `Tap`.  `seconds` is the whole time of this step
    and `seconds_left` what is left of it at sending (both None at home);
    `counts` carries numbers a screen shows: `free_S`…`free_XL`, `expired`,
    `done`, `unlocks_left`.
    """

    rev: int
    step: str
    screen: str
    actions: list[str]
    purpose: str | None
    seconds: float | None
    seconds_left: float | None
    compartment: ViewCompartment | None
    parcel: ViewParcel | None
    notice: Notice | None
    staff: str | None
    counts: dict[str, int]
    cabinet: list[CabinetCompartment]
    station: str
