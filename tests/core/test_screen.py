"""The view: what each person may see and tap, and nothing else."""

from __future__ import annotations

import msgspec
import pytest

from edge.core import events as ev
from edge.core.decide import available_actions
from edge.core.inputs import DoorReading
from edge.core.model import DoorState, Purpose, Role, Size, Staff, Stage
from edge.core.screen import out_of_order, render
from edge.core.step_tables import TAPS, Key
from edge.core.view import View
from tests.core.bench import PEPPER, Bench, make_setup
from tests.core.reach import name, reach


def look(bench: Bench) -> View:
    return render(bench.setup, bench.state, 7, 12.5, "Demo station")


@pytest.mark.parametrize("key", list(TAPS), ids=name)
def test_each_place_shows_its_screen_and_exactly_its_actions(key: Key) -> None:
    bench = reach(key)
    view = look(bench)

    assert view.screen == (key[0].value if key[0] is not None else "home")
    assert view.purpose == (key[1].value if key[1] is not None else None)
    assert view.actions == available_actions(bench.setup, bench.state)
    assert set(view.actions) <= set(TAPS[key])
    assert (view.rev, view.station) == (7, "Demo station")


@pytest.mark.parametrize("key", list(TAPS), ids=name)
def test_each_view_survives_json(key: Key) -> None:
    view = look(reach(key))

    assert msgspec.json.decode(msgspec.json.encode(view), type=View) == view


@pytest.mark.parametrize("key", list(TAPS), ids=name)
def test_no_view_holds_a_secret_or_an_unmasked_name(key: Key) -> None:
    bench = reach(key)
    shown = msgspec.json.encode(look(bench)).decode()

    known = bench.state.parcels.get("p1")
    assert known is None or known.code_nonce == 0 or bench.code("p1") not in shown
    assert "王建国" not in shown and "scrypt" not in shown and "r1" not in shown
    assert PEPPER.hex() not in shown
    assert "1001" not in shown


@pytest.mark.parametrize("key", [k for k in TAPS if k[1] is Purpose.PICKUP], ids=name)
def test_a_recipient_sees_the_end_of_the_tracking_code_and_masked_data(key: Key) -> None:
    view = look(reach(key))

    assert view.parcel is not None
    assert view.parcel.tracking_code == "…00P1"
    assert (view.parcel.recipient, view.parcel.phone) == ("张*", "138****5678")
    assert "TRACK" not in msgspec.json.encode(view).decode()
    assert view.staff is None and set(view.counts) == {"unlocks_left"}


def test_a_courier_sees_the_whole_tracking_code_and_masked_people() -> None:
    view = look(reach((Stage.DOOR_OPEN, Purpose.DEPOSIT)))

    assert view.parcel is not None
    assert view.parcel.tracking_code == "TRACK000P1"
    assert view.parcel.recipient == "张*"
    assert view.staff == "王*"


def test_a_passer_by_learns_nothing_but_the_map() -> None:
    bench = reach((None, None))
    view = look(bench)

    assert view.actions == ["start_pickup", "start_courier"]
    assert (view.counts, view.parcel, view.compartment, view.staff, view.seconds) == (
        {},
        None,
        None,
        None,
        None,
    )
    assert view.seconds_left is None
    assert {c.state for c in view.cabinet} == {"normal"}


def test_somebody_not_signed_in_learns_no_numbers() -> None:
    for key in ((Stage.COURIER_ID, None), (Stage.COURIER_PIN, None), (Stage.COURIER_CHECK, None)):
        view = look(reach(key))
        assert set(view.counts) == {"unlocks_left"} and view.staff is None


def test_a_courier_sees_how_much_is_free_and_due() -> None:
    bench = reach((Stage.RECALL_LIST, None))
    counts = look(bench).counts

    assert counts["expired"] == 1
    assert {k: v for k, v in counts.items() if k.startswith("free_")} == {
        "free_S": 1,
        "free_M": 1,
        "free_L": 1,
        "free_XL": 0,
    }


def test_the_map_shows_open_doors_those_out_of_service_and_this_sessions() -> None:
    bench = reach((Stage.DOOR_FAILED, Purpose.DEPOSIT))
    bench.tap("other_compartment")
    bench.send(DoorReading("a04", DoorState.OPEN))
    cabinet = {c.number: (c.state, c.active) for c in look(bench).cabinet}

    assert cabinet == {
        "A01": ("out", False),
        "A02": ("normal", True),
        "A03": ("normal", False),
        "A04": ("open", False),
    }
    view = look(bench)
    assert view.compartment is not None and (view.compartment.number, view.compartment.size) == ("A02", "S")


def test_used_up_actions_disappear() -> None:
    bench = reach((Stage.DOOR_OPEN, Purpose.DEPOSIT))
    for _ in range(3):
        bench.tap("extend")
    bench.tap("not_empty")

    assert look(bench).actions == []
    assert look(bench).counts["unlocks_left"] == 2


def test_the_seconds_are_those_of_the_step() -> None:
    bench = reach((Stage.DOOR_OPEN, Purpose.PICKUP))
    view = look(bench)

    assert (view.seconds, view.seconds_left) == (120.0, 12.5)


def test_the_last_sessions_farewell_stays_at_home_until_the_next_one() -> None:
    bench = reach((Stage.PICKUP_DONE, Purpose.PICKUP))
    bench.tap("done")
    view = look(bench)
    assert view.notice is not None and view.notice.code == "THANKS"
    bench.tap("start_pickup")

    assert look(bench).notice is None


def test_out_of_order_offers_nothing_and_is_a_newer_view() -> None:
    view = look(reach((Stage.DOOR_OPEN, Purpose.PICKUP)))
    off = out_of_order(view)

    assert (off.screen, off.actions, off.parcel, off.compartment) == ("out_of_order", [], None, None)
    assert off.rev > view.rev


def test_a_staff_member_taken_from_the_list_during_a_stop_is_not_named_and_may_do_nothing() -> None:
    bench = reach((Stage.DEPOSIT_SCAN, None))
    bench.send_scan("p9")
    bench.setup = msgspec.structs.replace(
        make_setup(), staff={"2000": Staff("2000", "赵", Role.COURIER, "*", "scrypt$1$1$1$$")}
    )
    bench.restart()
    assert look(bench).staff is None
    bench.tap("back")
    bench.deposit_refused("p1")

    assert bench.events(ev.ParcelRejected)[-1].reason == "other-carrier"
    assert bench.state.parcels["p1"].size is Size.S
