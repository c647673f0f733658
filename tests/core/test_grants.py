"""Offline grants: the right door once, and a reason for everything else."""

from __future__ import annotations

import msgspec
import pytest

from edge.core import events as ev
from edge.core import grants
from edge.core.effects import RecordGrants, UnlockDoor
from edge.core.grant_book import KEPT_AFTER_MS, MAX_KEPT, Right
from edge.core.inputs import GrantDelta, GrantPresented, Scan, Tick, UnlockOutcome
from edge.core.model import DoorState, ParcelState, Purpose, Size, Stage
from tests.core.bench import Bench, expected, make_setup

HOUR_MS = 3_600_000


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.start()
    return bench


def refused(bench: Bench) -> list[str]:
    return [e.reason for e in bench.events(ev.GrantRefused)]


def doors_of(bench: Bench, key: str) -> list[str]:
    return [e.compartment for e in bench.events(ev.UnlockRequested) if e.authorisation.ref == key]


# --- the right door ------------------------------------------------------------


def test_a_pickup_grant_opens_its_parcels_door_and_no_other(bench: Bench) -> None:
    bench.stored("p1")
    bench.stored("p2")
    grant = bench.grant(Right.PICKUP, "p2")
    decision = bench.show(grant, "李*")

    unlock = bench.events(ev.UnlockRequested)[-1]
    assert unlock.compartment == bench.state.parcels["p2"].compartment
    assert (unlock.authorisation.kind, unlock.authorisation.ref) == ("grant", grant.key)
    used = bench.events(ev.GrantUsed)[-1]
    assert (used.parcel, used.delegate, used.clock, used.single_use) == ("p2", "李*", "synced", True)
    # Spent and intent are one decision, hence one commit; the register comes before the pulse.
    kinds = [type(e) for e in decision.effects]
    assert kinds.index(RecordGrants) < kinds.index(UnlockDoor)
    assert bench.last_effect(RecordGrants).spent == {grant.key: grant.expires_at_ms}
    assert bench.pulses[-1].after_grant == grant.key
    bench.door_opens()
    bench.door_closes()
    bench.tap("done")
    assert (bench.fate("p1"), bench.fate("p2")) == ("STORED", "PICKED_UP")


def test_a_pickup_grant_may_open_again_within_its_visit_only(bench: Bench) -> None:
    bench.stored("p1")
    grant = bench.grant(Right.PICKUP, "p1")
    bench.show(grant)
    bench.door_stays_closed()
    bench.tap("retry")
    assert bench.pulses[-1].after_grant == grant.key
    bench.door_opens()
    bench.door_closes()
    bench.tap("put_back")
    assert len(doors_of(bench, grant.key)) == 2

    bench.show(grant)

    assert refused(bench) == ["spent"] and bench.notice == "GRANT_USED"
    assert len(doors_of(bench, grant.key)) == 2


def test_a_deposit_grant_takes_in_one_parcel_and_says_goodbye(bench: Bench) -> None:
    bench.send(expected("p1", size=None))
    bench.send(expected("p2"))
    bench.show(bench.grant(Right.DEPOSIT, "p1", size=2))
    assert bench.setup.layout.compartments[bench.pulses[-1].compartment].size is Size.M
    bench.door_opens()
    bench.door_closes()
    bench.tap("confirm_in")

    assert bench.at(None) and bench.notice == "DEPOSITED"
    assert bench.fate("p1") == "STORED"
    assert bench.events(ev.ParcelDeposited)[-1].courier == "grant/7-0000000001"
    bench.send(Scan("window", "TRACK000P2", "C0"))
    assert bench.fate("p2") == "EXPECTED"


@pytest.mark.parametrize("last_tap", ["take_back", None])
def test_a_deposit_by_grant_ends_however_it_goes(bench: Bench, last_tap: str | None) -> None:
    bench.send(expected("p1"))
    bench.show(bench.grant(Right.DEPOSIT, "p1"))
    bench.door_opens()
    bench.door_closes()
    if last_tap is None:
        bench.time_out()
    else:
        bench.tap(last_tap)

    assert bench.at(None)
    assert bench.fate("p1") == ("EXPECTED" if last_tap else "STORED")


def test_a_deposit_by_grant_may_change_to_another_size(bench: Bench) -> None:
    bench.send(expected("p1"))
    bench.show(bench.grant(Right.DEPOSIT, "p1"))
    bench.door_opens()
    bench.door_closes()
    bench.tap("other_compartment")
    bench.tap("choose_size", size=Size.L)
    bench.door_opens()
    bench.door_closes()
    bench.tap("confirm_in")

    assert bench.at(None) and bench.fate("p1") == "STORED"
    rights = {(e.authorisation.kind, e.authorisation.ref) for e in bench.events(ev.UnlockRequested)}
    assert rights == {("grant", "7-0000000001")}


def test_a_collect_grant_takes_back_what_is_due(bench: Bench) -> None:
    bench.stored("p1")
    bench.expire_all()
    bench.show(bench.grant(Right.COLLECT, "p1"))
    bench.door_opens()
    bench.send_scan("p1")
    bench.door_closes()

    assert bench.at(None) and bench.fate("p1") == "RECALLED"
    assert bench.events(ev.ParcelRecalled)[-1].courier == "grant/7-0000000001"


def test_a_service_grant_opens_a_compartment_and_what_is_inside_is_looked_after(bench: Bench) -> None:
    bench.stored("p1")
    compartment = bench.state.parcels["p1"].compartment
    assert compartment is not None
    bench.show(bench.grant(Right.SERVICE, compartment))
    assert bench.session.purpose is Purpose.SERVICE
    bench.door_opens()
    bench.door_closes()
    assert bench.at(Stage.SERVICE_DONE)
    bench.tap("reopen")
    bench.door_opens()
    bench.door_closes()
    bench.tap("done")

    assert bench.at(None) and bench.fate("p1") == "STORED"
    assert [e.reason for e in bench.events(ev.ParcelToCheck)] == ["service-open"]


@pytest.mark.parametrize("right", [Right.DEPOSIT, Right.COLLECT, Right.SERVICE])
def test_a_grant_that_may_not_be_handed_on_is_for_signed_in_staff(bench: Bench, right: Right) -> None:
    if right is Right.COLLECT:
        bench.stored("p1")
        bench.expire_all()
    else:
        bench.send(expected("p1"))
    grant = bench.grant(right, "a03" if right is Right.SERVICE else "p1", delegable=False)
    bench.show(grant)
    assert refused(bench) == ["sign-in-required"] and bench.notice == "GRANT_SIGN_IN"
    bench.time_out()

    bench.sign_in()
    bench.show(grant)
    bench.door_opens()
    if right is Right.COLLECT:
        bench.send_scan("p1")
    bench.door_closes()
    if right is not Right.COLLECT:
        bench.tap("done" if right is Right.SERVICE else "confirm_in")

    assert bench.at(Stage.COURIER_MENU) and bench.session.signed_in and bench.session.grant is None
    if right is not Right.SERVICE:
        done: list[ev.ParcelDeposited] | list[ev.ParcelRecalled] = (
            bench.events(ev.ParcelDeposited) if right is Right.DEPOSIT else bench.events(ev.ParcelRecalled)
        )
        assert done[-1].courier == "1001"


def test_a_grant_for_many_uses_opens_again_until_it_ends(bench: Bench) -> None:
    grant = bench.grant(Right.SERVICE, "a02", single_use=False)
    for _ in range(2):
        bench.show(grant)
        assert bench.pulses[-1].after_grant is None
        bench.door_opens()
        bench.door_closes()
        bench.tap("done")

    assert len(bench.events(ev.GrantUsed)) == 2 and bench.state.grants.spent == {}
    bench.now_ms = grant.expires_at_ms
    bench.show(grant)
    assert refused(bench) == ["expired"]


def test_at_the_code_screen_a_staff_grant_begins_a_visit_of_its_own(bench: Bench) -> None:
    bench.tap("start_pickup")
    bench.show(bench.grant(Right.SERVICE, "a02"))

    assert [e.reason for e in bench.events(ev.SessionEnded)] == ["cancelled"]
    assert bench.at(Stage.DOOR_OPENING) and bench.session.purpose is Purpose.SERVICE


# --- refusals --------------------------------------------------------------------


def _spend(bench: Bench) -> None:
    bench.show(bench.grant(Right.PICKUP, "p1"))
    bench.door_opens()
    bench.door_closes()
    bench.tap("put_back")


REFUSALS: list[tuple[str, dict[str, object]]] = [
    ("not-yet", {"not_before_ms": 2**50}),
    ("expired", {"expires_at_ms": 1_700_000_000_000}),
    ("wrong-parcel", {"subject": "0123456789"}),
    ("old-epoch", {"epoch": 2}),
    ("revoked", {}),
    ("not-delegable", {"delegable": False}),
]


@pytest.mark.parametrize(("reason", "changes"), REFUSALS, ids=[r for r, _ in REFUSALS])
def test_what_a_good_grant_lacks_is_named(bench: Bench, reason: str, changes: dict[str, object]) -> None:
    bench.stored("p1")
    bench.send(GrantDelta(3, {"7-00000000aa": 2**50}, {}))
    number = 0xAA if reason == "revoked" else 1
    grant = bench.grant(Right.PICKUP, "p1", number, **({"epoch": 3} | changes))
    pulses = len(bench.pulses)
    bench.show(grant, "李*")

    assert refused(bench) == [reason] and len(bench.pulses) == pulses
    assert bench.notice == grants.NOTICES.get(reason, "GRANT_NOT_NOW")
    assert bench.events(ev.GrantUsed) == [] and bench.state.grants.spent == {}


@pytest.mark.parametrize("state", [ParcelState.EXPIRED, ParcelState.REFUSED, ParcelState.PICKED_UP])
def test_a_parcel_that_waits_no_more_is_not_given_out(bench: Bench, state: ParcelState) -> None:
    bench.stored("p1")
    grant = bench.grant(Right.PICKUP, "p1", expires_at_ms=2**50)
    if state is ParcelState.EXPIRED:
        bench.expire_all()
    else:
        bench.enter(bench.code("p1"))
        bench.door_opens()
        bench.door_closes()
        bench.tap("put_back" if state is ParcelState.REFUSED else "done")
    assert bench.state.parcels["p1"].state is state
    bench.show(grant)

    assert refused(bench) == ["parcel-state"] and bench.notice == "GRANT_WRONG_PARCEL"


def test_a_pickup_grant_is_no_right_to_take_a_waiting_parcel_back_nor_the_other_way_round(
    bench: Bench,
) -> None:
    bench.stored("p1")
    bench.show(bench.grant(Right.COLLECT, "p1"))
    assert refused(bench) == ["parcel-state"]
    bench.time_out()
    bench.show(bench.grant(Right.DEPOSIT, "p1"))
    assert refused(bench)[-1] == "parcel-state"


def test_two_parcels_with_one_subject_open_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.stored("p1")
    bench.stored("p2")
    grant = bench.grant(Right.PICKUP, "p1")
    monkeypatch.setattr(grants, "subject_of", lambda kind, ref: grant.subject)
    bench.show(grant)

    assert refused(bench) == ["parcel-state"] and bench.state.unlock is None


@pytest.mark.parametrize(
    ("announced", "reason"),
    [
        ({"consent": False}, "consent-missing"),
        ({"size": None}, "size-unknown"),
        ({"size": Size.XL}, "no-compartment"),
    ],
)
def test_a_deposit_needs_consent_size_and_room(
    bench: Bench, announced: dict[str, object], reason: str
) -> None:
    bench.send(expected("p1", **announced))  # type: ignore[arg-type]
    bench.show(bench.grant(Right.DEPOSIT, "p1"))

    assert refused(bench) == [reason] and bench.state.grants.spent == {}


def test_while_another_door_is_under_way_a_grant_is_refused_and_stays_good(bench: Bench) -> None:
    bench.stored("p1")
    bench.send(bench.open_command("a04"))
    grant = bench.grant(Right.PICKUP, "p1")
    bench.show(grant)
    assert refused(bench) == ["door-busy"] and bench.notice == "DOOR_BUSY"
    bench.door_opens("a04")
    bench.door_closes()
    bench.show(grant)

    assert bench.pulses[-1].after_grant == grant.key


@pytest.mark.parametrize("fault", ["malformed", "unknown-issuer", "wrong-station", "bad-signature"])
def test_what_the_shell_found_wrong_is_recorded_and_shown(bench: Bench, fault: str) -> None:
    bench.send(GrantPresented("window", fault=fault, claimed="9-0000000001"))

    fact = bench.events(ev.GrantRefused)[-1]
    assert (fact.reason, fact.grant, fact.right) == (fault, "9-0000000001", None)
    assert bench.notice == ("GRANT_ELSEWHERE" if fault == "wrong-station" else "SIGNATURE_INVALID")
    assert bench.at(Stage.PICKUP_CODE)


def test_a_flood_of_forged_grants_locks_out_as_wrong_codes_do(bench: Bench) -> None:
    bench.stored("p1")
    limit = bench.setup.rules.station_attempts
    for n in range(limit):
        assert not bench.events(ev.LockedOut)
        bench.send(GrantPresented("window", fault="bad-signature", claimed=f"7-{n:010x}"))
    assert [e.counter for e in bench.events(ev.LockedOut)] == ["station"]
    assert bench.at(None) and bench.notice == "LOCKED_OUT"

    good = bench.grant(Right.PICKUP, "p1")
    bench.show(good)
    assert refused(bench)[-1] == "locked-out" and bench.notice == "LOCKED_OUT"
    bench.tap("enter_code", code=bench.code("p1"))
    assert bench.events(ev.CodeRejected)[-1].reason == "locked-out"
    bench.now_ms += int(bench.setup.rules.lockout_s * 1000)
    bench.show(good)
    assert bench.pulses[-1].after_grant == good.key


def test_wrong_codes_and_forged_grants_count_together(bench: Bench) -> None:
    bench.tap("start_pickup")
    for n in range(bench.setup.rules.station_attempts - 1):
        bench.tap("enter_code", code=f"{n:09d}")
    bench.send(GrantPresented("window", fault="malformed"))

    assert bench.events(ev.LockedOut)[-1].counter == "station"


@pytest.mark.parametrize("fault", ["wrong-station"])
def test_an_honest_mistake_is_not_counted(bench: Bench, fault: str) -> None:
    for _ in range(20):
        bench.send(GrantPresented("window", fault=fault))

    assert bench.events(ev.LockedOut) == [] and bench.state.attempts == {}


def test_a_grant_shown_elsewhere_is_refused_and_changes_nothing(bench: Bench) -> None:
    bench.stored("p1")
    bench.sign_in()
    bench.tap("start_deposit")
    session = bench.session
    decision = bench.show(bench.grant(Right.PICKUP, "p1"))

    assert decision.refused and bench.session == session


def test_a_courier_in_the_menu_cannot_use_a_recipients_grant(bench: Bench) -> None:
    bench.stored("p1")
    bench.sign_in()
    bench.show(bench.grant(Right.PICKUP, "p1"))

    assert refused(bench) == ["wrong-place"] and bench.at(Stage.COURIER_MENU)


def test_a_grant_scanned_as_a_parcel_leaves_no_trace_of_its_digits(bench: Bench) -> None:
    bench.sign_in()
    bench.tap("start_deposit")
    bench.send(Scan("window", "1234567890" * 21 + "/Li", "Q1"))

    assert bench.events(ev.ParcelRejected)[-1].scan == "grant"


# --- spent -------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["acknowledged", "unknown", "not_sent"])
def test_a_spent_grant_stays_spent_whatever_the_door_did_and_over_restarts(
    bench: Bench, outcome: str
) -> None:
    bench.stored("p1")
    grant = bench.grant(Right.PICKUP, "p1")
    bench.show(grant)
    bench.send(UnlockOutcome(bench.pulses[-1].unlock, outcome))
    bench.door_stays_closed(outcome)
    bench.time_out()
    bench.time_out() if bench.state.session is not None else None
    bench.restart()
    bench.show(grant)

    assert refused(bench) == ["spent"]
    assert len(doors_of(bench, grant.key)) == 1


def test_without_the_register_no_single_use_grant_is_taken(bench: Bench) -> None:
    bench.stored("p1")
    bench.send_device(grants.REGISTER, online=False)
    grant = bench.grant(Right.PICKUP, "p1")
    bench.show(grant)
    assert refused(bench) == ["register-lost"]
    bench.send_device(grants.REGISTER, online=True)
    bench.show(grant)

    assert bench.pulses[-1].after_grant == grant.key


def test_the_book_is_bounded_and_never_forgets_what_may_come_back(bench: Bench) -> None:
    until_ms = bench.now_ms + HOUR_MS
    full = {f"7-{n:010x}": until_ms for n in range(1000, 1000 + MAX_KEPT)}
    bench.state = msgspec.structs.replace(
        bench.state, grants=msgspec.structs.replace(bench.state.grants, spent=full)
    )
    bench.stored("p1")
    bench.show(bench.grant(Right.PICKUP, "p1"))
    assert refused(bench) == ["book-full"]

    bench.now_ms = until_ms + KEPT_AFTER_MS
    bench.send(Tick())
    bench.state = msgspec.structs.replace(
        bench.state, grants=msgspec.structs.replace(bench.state.grants, spent=dict(list(full.items())[:9]))
    )
    bench.show(bench.grant(Right.PICKUP, "p1", expires_at_ms=2**50, not_before_ms=0))
    assert list(bench.state.grants.spent) == ["7-0000000001"], "those whose life is over have left"


# --- clocks ------------------------------------------------------------------------

DRIFT_MS = 300_000


@pytest.mark.parametrize(
    ("clock", "from_start_ms", "from_end_ms", "reason"),
    [
        ("synced", 0, -HOUR_MS, None),
        ("synced", -1, -HOUR_MS, "not-yet"),
        ("synced", HOUR_MS, -1, None),
        ("synced", HOUR_MS, 0, "expired"),
        ("holdover", -DRIFT_MS, -HOUR_MS, None),
        ("holdover", -DRIFT_MS - 1, -HOUR_MS, "not-yet"),
        ("holdover", HOUR_MS, DRIFT_MS - 1, None),
        ("holdover", HOUR_MS, DRIFT_MS, "expired"),
        ("unset", HOUR_MS, -HOUR_MS, "clock-unset"),
        ("unset", -HOUR_MS, HOUR_MS, "clock-unset"),
    ],
)
def test_times_are_judged_as_surely_as_the_clock_allows(
    bench: Bench, clock: str, from_start_ms: int, from_end_ms: int, reason: str | None
) -> None:
    bench.stored("p1")
    grant = bench.grant(
        Right.PICKUP,
        "p1",
        not_before_ms=bench.now_ms - from_start_ms,
        expires_at_ms=bench.now_ms - from_end_ms,
    )
    bench.clock = clock
    bench.show(grant)

    assert refused(bench) == ([reason] if reason else [])


def test_with_the_clock_unset_only_a_pickup_that_says_so_opens_and_only_once(bench: Bench) -> None:
    bench.stored("p1")
    bench.send(expected("p2"))
    bench.clock = "unset"
    for n, right in enumerate((Right.DEPOSIT, Right.SERVICE), 1):
        ref = "p2" if right is Right.DEPOSIT else "a02"
        bench.show(bench.grant(right, ref, n, any_time=True))
    bench.show(bench.grant(Right.PICKUP, "p1", 3, any_time=True, single_use=False))
    assert refused(bench) == ["clock-unset"] * 3

    bench.now_ms = 1_000
    grant = bench.grant(Right.PICKUP, "p1", 4, any_time=True, not_before_ms=2**50, expires_at_ms=2**50 + 1)
    bench.show(grant)
    bench.door_opens()
    bench.door_closes()
    bench.tap("put_back")
    bench.show(grant)
    assert refused(bench)[3:] == ["spent"]


def test_what_was_forgotten_is_over_even_when_the_clock_goes_back(bench: Bench) -> None:
    """A spent grant leaves the book with its life; its times would fit again after the clock was set back."""
    bench.stored("p1")
    first = bench.grant(Right.PICKUP, "p1", 1, any_time=True)
    bench.show(first)
    bench.door_opens()
    bench.door_closes()
    bench.tap("put_back")
    shown_at_ms = bench.now_ms
    bench.now_ms = first.expires_at_ms + KEPT_AFTER_MS
    bench.show(bench.grant(Right.SERVICE, "a04", 2))
    assert first.key not in bench.state.grants.spent
    bench.door_opens()
    bench.door_closes()
    bench.tap("done")

    for clock, now_ms in (("synced", shown_at_ms), ("holdover", shown_at_ms), ("unset", 0)):
        bench.clock, bench.now_ms = clock, now_ms
        bench.show(first)
    assert refused(bench) == ["expired"] * 3


def test_a_clock_that_is_not_synced_forgets_nothing(bench: Bench) -> None:
    bench.stored("p1")
    first = bench.grant(Right.PICKUP, "p1", 1)
    bench.show(first)
    bench.door_opens()
    bench.door_closes()
    bench.tap("put_back")
    bench.clock, bench.now_ms = "holdover", 2**50
    bench.show(bench.grant(Right.SERVICE, "a04", 2))

    assert first.key in bench.state.grants.spent


def test_the_reasons_are_a_closed_list() -> None:
    assert set(grants.NOTICES) <= set(grants.REASONS)
    assert len(set(grants.REASONS)) == len(grants.REASONS)


def test_a_door_that_stands_open_is_taken_over_and_the_grant_is_spent_all_the_same() -> None:
    bench = Bench(make_setup("S"))
    bench.start()
    bench.stored("p1")
    bench.start(a01=DoorState.OPEN)
    grant = bench.grant(Right.PICKUP, "p1")
    pulses = len(bench.pulses)
    bench.show(grant)

    assert bench.at(Stage.DOOR_OPEN) and len(bench.pulses) == pulses
    assert grant.key in bench.state.grants.spent
    assert bench.last_effect(RecordGrants).spent == {grant.key: grant.expires_at_ms}
