"""The shortest way to each screen of the terminal, for tests that walk the tables."""

from __future__ import annotations

from collections.abc import Callable

from edge.core.grant_book import Right
from edge.core.model import Purpose, Stage
from edge.core.step_tables import Key, state_key
from tests.core.bench import Bench, expected

PARCEL = "p1"


def _home(bench: Bench) -> None:
    bench.send(expected(PARCEL))


def _pickup_code(bench: Bench) -> None:
    bench.tap("start_pickup")


def _courier_id(bench: Bench) -> None:
    bench.tap("start_courier")


def _courier_pin(bench: Bench) -> None:
    _courier_id(bench)
    bench.tap("enter_staff_id", staff_id="1001")


def _courier_check(bench: Bench) -> None:
    _courier_pin(bench)
    bench.tap("enter_pin", pin="246810")


def _courier_menu(bench: Bench) -> None:
    bench.sign_in()


def _deposit_scan(bench: Bench) -> None:
    bench.sign_in()
    bench.tap("start_deposit")


def _deposit_size(bench: Bench) -> None:
    bench.send(expected(PARCEL, size=None))
    _deposit_scan(bench)
    bench.send_scan(PARCEL)


def _recall_list(bench: Bench) -> None:
    bench.stored(PARCEL)
    bench.expire_all()
    bench.sign_in()
    bench.tap("start_recall")


def _opening(purpose: Purpose) -> Callable[[Bench], None]:
    def go(bench: Bench) -> None:
        if purpose is Purpose.DEPOSIT:
            bench.place(PARCEL)
        elif purpose is Purpose.SERVICE:
            bench.show(bench.grant(Right.SERVICE, "a02"))
        elif purpose is Purpose.PICKUP:
            bench.stored(PARCEL)
            bench.enter(bench.code(PARCEL))
        else:
            bench.recall(PARCEL)

    return go


def _open(purpose: Purpose) -> Callable[[Bench], None]:
    def go(bench: Bench) -> None:
        _opening(purpose)(bench)
        bench.door_opens()

    return go


def _failed(purpose: Purpose) -> Callable[[Bench], None]:
    def go(bench: Bench) -> None:
        _opening(purpose)(bench)
        bench.door_stays_closed()

    return go


def _closed(purpose: Purpose) -> Callable[[Bench], None]:
    def go(bench: Bench) -> None:
        _open(purpose)(bench)
        bench.door_closes()

    return go


_DOOR_PURPOSES = (Purpose.PICKUP, Purpose.DEPOSIT, Purpose.RECALL, Purpose.SERVICE)

WAYS: dict[Key, Callable[[Bench], None]] = {
    (None, None): _home,
    (Stage.PICKUP_CODE, None): _pickup_code,
    (Stage.COURIER_ID, None): _courier_id,
    (Stage.COURIER_PIN, None): _courier_pin,
    (Stage.COURIER_CHECK, None): _courier_check,
    (Stage.COURIER_MENU, None): _courier_menu,
    (Stage.DEPOSIT_SCAN, None): _deposit_scan,
    (Stage.DEPOSIT_SIZE, None): _deposit_size,
    (Stage.RECALL_LIST, None): _recall_list,
    **{(Stage.DOOR_OPENING, p): _opening(p) for p in _DOOR_PURPOSES},
    **{(Stage.DOOR_OPEN, p): _open(p) for p in _DOOR_PURPOSES},
    **{(Stage.DOOR_FAILED, p): _failed(p) for p in _DOOR_PURPOSES},
    (Stage.PICKUP_DONE, Purpose.PICKUP): _closed(Purpose.PICKUP),
    (Stage.DEPOSIT_CONFIRM, Purpose.DEPOSIT): _closed(Purpose.DEPOSIT),
    (Stage.RECALL_CONFIRM, Purpose.RECALL): _closed(Purpose.RECALL),
    (Stage.SERVICE_DONE, Purpose.SERVICE): _closed(Purpose.SERVICE),
}
"""How to get to each place that the tables name."""


def reach(key: Key) -> Bench:
    """A started station whose terminal is at `key`."""
    bench = Bench()
    bench.start()
    WAYS[key](bench)
    assert state_key(bench.state) == key
    return bench


def name(key: Key) -> str:
    """A readable test id."""
    stage, purpose = key
    return f"{stage.value if stage else 'home'}{'-' + purpose.value if purpose else ''}"
