"""The state machines as tables: what a touch, a scan and the end of the time do at each step.

A pair that is not here is refused and recorded (`edge.core.decide`); the tests walk the tables and the pairs
outside.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.core import deposit, doors, pickup, recall, service, signin
from edge.core.desk import Desk, PurposeTable
from edge.core.inputs import Scan, Tap
from edge.core.model import Purpose, Stage, State

__all__ = ["PURPOSES", "SCANS", "TAPS", "TIMEOUTS", "Key", "state_key"]

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
