"""Deposit: who may put what where, and that a compartment in doubt is never given away."""

from __future__ import annotations

import msgspec
import pytest

from edge.core import events as ev
from edge.core.decide import available_actions
from edge.core.effects import Print
from edge.core.fold import PRINTS_KEPT, apply, print_key
from edge.core.inputs import DoorReading, PrintOutcome, Scan, UnlockOutcome, UnlockSettled
from edge.core.model import DoorState, ErrorCode, Layout, ParcelState, Size, Stage, State
from tests.core.bench import Bench, expected, make_setup, tracking_code


@pytest.fixture
def bench() -> Bench:
    """A started station: two S (a01, a02), one M (a03), one L (a04)."""
    bench = Bench()
    bench.start()
    return bench


def scan(bench: Bench, parcel: str) -> None:
    bench.send(Scan("window", tracking_code(parcel), "C0"))


def at_scan(bench: Bench, staff_id: str = "1001") -> None:
    bench.sign_in(staff_id)
    bench.tap("start_deposit")


def at_confirm(bench: Bench, parcel: str = "p1", **announced: object) -> str:
    home = bench.place(parcel, **announced)
    bench.door_opens()
    bench.door_closes()
    assert bench.stage is Stage.DEPOSIT_CONFIRM
    return home


def at_doubt(bench: Bench) -> str:
    home = bench.place("p1")
    bench.send(UnlockOutcome(bench.pulses[-1].unlock, "unknown"))
    bench.send(UnlockSettled(bench.pulses[-1].unlock, DoorState.UNKNOWN))
    assert bench.session.doubt
    return home


def held(bench: Bench, compartment: str) -> str | None:
    return bench.state.compartments[compartment].parcel


def test_a_confirmed_parcel_is_stored_with_a_code_and_the_courier_may_go_on(bench: Bench) -> None:
    home = at_confirm(bench)
    bench.tap("confirm_in")

    fact = bench.events(ev.ParcelDeposited)[-1]
    assert (fact.parcel, fact.compartment, fact.compartment_number) == ("p1", home, "A01")
    assert (fact.courier, fact.assurance, fact.code_nonce) == ("1001", "confirmed", 1)
    assert fact.expires_at_ms == bench.now_ms + 72 * 3_600_000
    assert bench.state.parcels["p1"].state is ParcelState.STORED
    assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SCAN, "DEPOSITED")
    assert bench.session.done == 1


def test_the_unlock_is_authorised_by_the_signed_in_courier(bench: Bench) -> None:
    bench.place("p1")

    grant = bench.events(ev.UnlockRequested)[-1].authorisation
    assert (grant.kind, grant.ref) == ("courier", "1001")


def test_the_compartment_is_taken_before_the_pulse(bench: Bench) -> None:
    home = bench.place("p1")

    assert held(bench, home) == "p1"
    kinds = [type(e) for e, *_ in bench.journal]
    assert kinds.index(ev.ParcelPlaced) < kinds.index(ev.UnlockRequested)


def test_many_parcels_in_one_visit_get_a_compartment_each(bench: Bench) -> None:
    homes = [bench.deposit(p) for p in ("p1", "p2", "p3", "p4")]

    assert homes == ["a01", "a02", "a03", "a04"]
    assert bench.session.done == 4


def test_a_typed_tracking_code_is_as_good_as_a_scanned_one(bench: Bench) -> None:
    bench.send(expected("p1"))
    at_scan(bench)
    bench.tap("enter_tracking", tracking_code=" track000 p1")

    assert bench.stage is Stage.DOOR_OPENING


def test_an_sscc_scanned_as_gs1_is_the_parcel_announced_with_brackets(bench: Bench) -> None:
    announced = expected("p1")
    announced = type(announced)("p1", "(00)340123450000000000", "ems", "r1", "张*", "", Size.S, True)
    bench.send(announced)
    at_scan(bench)
    bench.send(Scan("window", "00340123450000000000" + "400PO-1", "C1"))

    assert bench.stage is Stage.DOOR_OPENING


@pytest.mark.parametrize(
    ("why", "error", "shown"),
    [
        ("unknown", ErrorCode.PARCEL_UNKNOWN, "PARCEL_UNKNOWN"),
        ("no-consent", ErrorCode.CONSENT_MISSING, "CONSENT_MISSING"),
        ("other-carrier", ErrorCode.NOT_AUTHORISED, "NOT_AUTHORISED"),
        ("already-stored", ErrorCode.BAD_REQUEST, "ALREADY_STORED"),
        ("left-before", ErrorCode.PARCEL_UNKNOWN, "PARCEL_UNKNOWN"),
    ],
)
def test_a_parcel_that_may_not_go_in_is_refused_with_its_reason(
    bench: Bench, why: str, error: ErrorCode, shown: str
) -> None:
    if why in ("already-stored", "left-before"):
        bench.stored("p1")
    if why == "left-before":
        bench.enter(bench.code("p1"))
        bench.door_opens()
        bench.door_closes()
        bench.tap("done")
    if why == "no-consent":
        bench.send(expected("p1", consent=False))
    if why == "other-carrier":
        bench.send(expected("p1"))
    at_scan(bench, "1002" if why == "other-carrier" else "1001")
    before = len(bench.pulses)

    scan(bench, "p1")

    fact = bench.events(ev.ParcelRejected)[-1]
    assert (fact.reason, fact.error) == (why, error)
    assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SCAN, shown)
    assert len(bench.pulses) == before


@pytest.mark.parametrize("text", ["", "x", "😀" * 100, "A" * 4096, "\x00\x1d"])
def test_a_scan_of_no_known_form_is_refused_and_kept_short(bench: Bench, text: str) -> None:
    at_scan(bench)
    bench.send(Scan("window", text, ""))

    assert bench.notice == "PARCEL_UNKNOWN"
    assert len(bench.events(ev.ParcelRejected)[-1].scan) <= 64


def test_a_recipients_qr_scanned_by_a_courier_leaves_no_code_in_the_journal(bench: Bench) -> None:
    code = bench.stored("p1")
    at_scan(bench)
    bench.send(Scan("window", f"PHP:{code}", "Q3"))
    bench.tap("enter_tracking", tracking_code=f" php:{code}")

    assert len(bench.events(ev.ParcelRejected)) == 2
    assert code not in repr(bench.journal)


def test_an_unknown_size_is_asked_for(bench: Bench) -> None:
    bench.send(expected("p1", size=None))
    at_scan(bench)
    scan(bench, "p1")
    assert bench.stage is Stage.DEPOSIT_SIZE

    assert bench.tap("choose_size").refused
    bench.tap("choose_size", size=Size.L)
    assert bench.pulses[-1].compartment == "a04"


def test_a_damaged_parcel_is_recorded_and_not_taken(bench: Bench) -> None:
    bench.send(expected("p1", size=None))
    at_scan(bench)
    scan(bench, "p1")
    bench.tap("reject_damaged")

    assert bench.events(ev.ParcelRejected)[-1].reason == "damaged"
    assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SCAN, "DAMAGED_RECORDED")
    assert bench.pulses == []


def test_a_full_station_says_so(bench: Bench) -> None:
    for parcel in ("p1", "p2", "p3", "p4"):
        bench.deposit(parcel)
    bench.send(expected("p5"))
    scan(bench, "p5")

    assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SCAN, "STATION_FULL")
    assert bench.state.parcels["p5"].compartment is None


def test_no_fitting_compartment_says_so_and_leaves_the_parcel_expected(bench: Bench) -> None:
    bench.send(expected("p1", size=Size.XL))
    at_scan(bench)
    scan(bench, "p1")

    assert bench.notice == "NO_FITTING_COMPARTMENT"
    assert bench.state.parcels["p1"].state is ParcelState.EXPECTED


def test_no_fitting_compartment_while_choosing_lets_choose_again(bench: Bench) -> None:
    bench.send(expected("p1", size=None))
    at_scan(bench)
    scan(bench, "p1")
    bench.tap("choose_size", size=Size.XL)
    assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SIZE, "NO_FITTING_COMPARTMENT")

    bench.tap("choose_size", size=Size.S)
    assert bench.stage is Stage.DOOR_OPENING


def test_silence_after_a_seen_closing_counts_as_inside(bench: Bench) -> None:
    at_confirm(bench)
    bench.time_out()

    assert bench.events(ev.ParcelDeposited)[-1].assurance == "door-closed"
    assert bench.stage is None


def test_in_doubt_silence_keeps_the_compartment_taken_and_promises_the_recipient_nothing(
    bench: Bench,
) -> None:
    home = at_doubt(bench)
    bench.time_out()

    assert not bench.events(ev.ParcelDeposited)
    assert held(bench, home) == "p1"
    assert bench.state.parcels["p1"].to_check
    assert bench.stage is None


def test_take_back_frees_the_compartment_and_the_parcel_may_come_again(bench: Bench) -> None:
    home = at_confirm(bench)
    bench.tap("take_back")
    assert held(bench, home) is None and bench.notice == "RELEASED"

    scan(bench, "p1")
    assert bench.stage is Stage.DOOR_OPENING


def test_another_size_after_closing_frees_the_first_compartment(bench: Bench) -> None:
    home = at_confirm(bench)
    bench.tap("other_compartment")
    assert bench.stage is Stage.DEPOSIT_SIZE and held(bench, home) is None

    bench.tap("choose_size", size=Size.M)
    bench.door_opens()
    bench.door_closes()
    bench.tap("confirm_in")
    assert bench.state.parcels["p1"].compartment == "a03"
    assert sum(c.parcel == "p1" for c in bench.state.compartments.values()) == 1


def test_reopen_uses_the_same_compartment(bench: Bench) -> None:
    home = at_confirm(bench)
    bench.tap("reopen")

    assert bench.pulses[-1].compartment == home
    assert bench.session.unlocks == 2


def test_a_compartment_that_is_not_empty_is_closed_to_everybody_and_another_opens(bench: Bench) -> None:
    first = bench.place("p1")
    bench.door_opens()
    bench.tap("not_empty")
    assert bench.notice == "NOT_EMPTY_RECORDED" and bench.tap("not_empty").refused
    bench.door_closes()

    now = bench.state.compartments[first]
    assert not now.in_service and now.out_reason == "COMPARTMENT_OCCUPIED" and now.parcel is None
    assert bench.pulses[-1].compartment == "a02" and bench.stage is Stage.DOOR_OPENING
    assert bench.session.unlocks == 1


def test_not_empty_with_nothing_else_free_goes_back_to_scanning() -> None:
    bench = Bench(make_setup("S"))
    bench.start()
    bench.place("p1")
    bench.door_opens()
    bench.tap("not_empty")
    bench.door_closes()

    assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SCAN, "STATION_FULL")
    assert bench.state.parcels["p1"].compartment is None


def test_a_compartment_that_is_not_empty_stays_out_even_if_left_open_and_closed_later(bench: Bench) -> None:
    first = bench.place("p1")
    bench.door_opens()
    bench.tap("not_empty")
    bench.time_out()
    bench.door_closes()

    # Whatever becomes of the courier's own parcel, the strange one is still inside.
    bench.sign_in()
    bench.tap("start_recall")
    bench.tap("recall_next")
    bench.door_opens()
    bench.door_closes()
    bench.tap("missing")
    now = bench.state.compartments[first]
    assert not now.in_service and now.out_reason == "COMPARTMENT_OCCUPIED"


def test_a_door_left_open_promises_nothing_and_keeps_the_compartment(bench: Bench) -> None:
    home = bench.place("p1")
    bench.door_opens()
    bench.time_out()

    assert not bench.events(ev.ParcelDeposited)
    assert held(bench, home) == "p1" and bench.state.parcels["p1"].to_check
    bench.door_closes()
    assert not bench.state.compartments[home].in_service


def test_a_door_that_springs_back_is_never_committed_as_closed(bench: Bench) -> None:
    home = at_confirm(bench)
    bench.send(DoorReading(home, DoorState.OPEN))
    assert bench.stage is Stage.DOOR_OPEN
    bench.time_out()

    assert not bench.events(ev.ParcelDeposited)
    assert held(bench, home) == "p1"


def test_a_failed_door_lets_take_another_compartment_and_quarantines_itself(bench: Bench) -> None:
    first = bench.place("p1")
    bench.door_stays_closed()
    bench.tap("other_compartment")

    assert not bench.state.compartments[first].in_service and held(bench, first) is None
    assert bench.pulses[-1].compartment == "a02"


def test_a_failed_door_lets_keep_the_parcel(bench: Bench) -> None:
    first = bench.place("p1")
    bench.door_stays_closed()
    bench.tap("take_back")

    assert bench.stage is Stage.DEPOSIT_SCAN and held(bench, first) is None
    assert bench.state.parcels["p1"].state is ParcelState.EXPECTED


def test_walking_away_from_a_failed_door_frees_the_parcel_not_the_compartment(bench: Bench) -> None:
    first = bench.place("p1")
    bench.door_stays_closed()
    bench.time_out()

    assert bench.state.parcels["p1"].compartment is None
    assert not bench.state.compartments[first].in_service
    assert bench.stage is None


@pytest.mark.parametrize("how", ["report", "silence"])
def test_a_door_that_does_not_open_again_on_a_parcel_put_in_keeps_the_parcel_on_record(
    bench: Bench, how: str
) -> None:
    home = at_confirm(bench)
    bench.tap("reopen")
    bench.door_stays_closed()
    if how == "report":
        bench.tap("report")
        assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SCAN, "REPORTED")
    else:
        bench.time_out()

    assert held(bench, home) == "p1" and bench.state.parcels["p1"].to_check
    assert not bench.state.compartments[home].in_service
    assert not bench.events(ev.ParcelDeposited)


def test_retries_of_a_failed_door_are_three(bench: Bench) -> None:
    bench.place("p1")
    bench.door_stays_closed()
    for _ in range(2):
        bench.tap("retry")
        bench.door_stays_closed()

    assert available_actions(bench.setup, bench.state) == ["other_compartment", "take_back", "extend"]


def test_a_remote_opening_under_way_makes_the_courier_wait_and_places_nothing(bench: Bench) -> None:
    bench.send(expected("p1"))
    at_scan(bench)
    bench.send(bench.open_command("a04"))
    scan(bench, "p1")

    assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SCAN, "DOOR_BUSY")
    assert bench.state.parcels["p1"].compartment is None


@pytest.mark.parametrize("stage", [Stage.COURIER_MENU, Stage.DEPOSIT_SCAN, Stage.DEPOSIT_SIZE])
def test_walking_away_before_a_door_changes_no_parcel(bench: Bench, stage: Stage) -> None:
    bench.send(expected("p1", size=None))
    bench.sign_in()
    if stage is not Stage.COURIER_MENU:
        bench.tap("start_deposit")
    if stage is Stage.DEPOSIT_SIZE:
        scan(bench, "p1")
    assert bench.stage is stage
    bench.time_out()

    assert bench.stage is None
    assert bench.state.parcels["p1"].compartment is None


def test_back_from_choosing_a_size_and_from_scanning(bench: Bench) -> None:
    bench.send(expected("p1", size=None))
    at_scan(bench)
    scan(bench, "p1")
    bench.tap("back")
    assert bench.stage is Stage.DEPOSIT_SCAN and bench.session.parcel is None
    bench.tap("back")
    assert bench.at(Stage.COURIER_MENU)


def test_a_parcel_whose_size_is_being_chosen_cannot_be_announced_anew(bench: Bench) -> None:
    bench.send(expected("p1", size=None))
    at_scan(bench)
    scan(bench, "p1")
    bench.send(expected("p1", size=None, consent=False))

    assert bench.state.parcels["p1"].consent


def test_a_receipt_is_offered_after_a_deposit_and_printed_once_a_tap(bench: Bench) -> None:
    at_scan(bench)
    assert bench.tap("print_receipt").refused
    bench.tap("back")
    bench.deposit("p1")
    bench.tap("print_receipt")

    job = bench.last_effect(Print)
    assert (job.document, job.parcel) == ("receipt", "p1")
    assert bench.notice == "PRINTING"
    assert bench.state.print_jobs == {job.job: "receipt"}
    bench.send(PrintOutcome(job.job, "printed"))
    assert bench.state.print_jobs == {}


@pytest.mark.parametrize(
    ("result", "reason"), [("printed", "asked-again"), ("failed", "failed"), ("unknown", "unknown")]
)
def test_a_receipt_printed_again_names_the_job_before_and_the_reason(
    bench: Bench, result: str, reason: str
) -> None:
    bench.deposit("p1")
    bench.tap("print_receipt")
    first = bench.last_effect(Print)
    bench.send(PrintOutcome(first.job, result))
    bench.tap("print_receipt")

    once, again = bench.events(ev.PrintRequested)
    assert (once.reprint_of, once.reprint_reason) == (None, None)
    assert (again.reprint_of, again.reprint_reason) == (first.job, reason)
    assert again.job != first.job


def test_a_receipt_under_way_is_not_sent_again(bench: Bench) -> None:
    bench.deposit("p1")
    bench.tap("print_receipt")
    bench.tap("print_receipt")

    assert len(bench.events(ev.PrintRequested)) == 1
    assert bench.notice == "PRINTING"


def test_the_receipt_of_another_parcel_is_no_reprint(bench: Bench) -> None:
    for parcel in ("p1", "p2"):
        bench.deposit(parcel)
        bench.tap("print_receipt")
        bench.send(PrintOutcome(bench.last_effect(Print).job, "printed"))

    assert [e.reprint_of for e in bench.events(ev.PrintRequested)] == [None, None]


def test_only_so_many_prints_are_remembered() -> None:
    state = State()
    for i in range(PRINTS_KEPT + 5):
        state = apply(state, ev.PrintRequested(job=f"j{i}", document="receipt", parcel=f"p{i}"), i)

    assert len(state.prints) == PRINTS_KEPT
    assert print_key("receipt", "p4") not in state.prints and print_key("receipt", "p5") in state.prints


def test_a_printer_without_paper_is_told_to_the_courier_who_can_go_on(bench: Bench) -> None:
    bench.deposit("p1")
    bench.tap("print_receipt")
    job = bench.last_effect(Print)
    bench.send(PrintOutcome(job.job, "failed", ErrorCode.PRINTER_OUT_OF_PAPER))

    assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SCAN, "PRINTER_OUT_OF_PAPER")
    assert "print_receipt" in available_actions(bench.setup, bench.state)


def test_a_receipt_by_rule_is_asked_with_the_deposit() -> None:
    bench = Bench(make_setup(receipt_after_deposit=True))
    bench.start()
    bench.deposit("p1")

    assert [e.parcel for e in bench.events(ev.PrintRequested)] == ["p1"]


def test_an_outcome_of_no_known_job_is_not_recorded(bench: Bench) -> None:
    assert bench.send(PrintOutcome("nobody", "printed")).events == []


def test_a_line_that_does_not_answer_takes_no_compartment_out_of_service(bench: Bench) -> None:
    bench.place("p1")
    bench.send(UnlockOutcome(bench.pulses[-1].unlock, "not_sent", ErrorCode.BUS_TIMEOUT))
    assert bench.notice == "BUS_TIMEOUT"
    bench.tap("take_back")

    assert bench.state.compartments["a01"].in_service
    assert bench.state.compartments["a01"].parcel is None


def test_the_other_compartment_is_one_of_another_board_when_this_one_is_out_of_reach() -> None:
    setup = make_setup("SSL")
    compartments = setup.layout.compartments
    far = msgspec.structs.replace(compartments["a03"], board="b2", channel=1)
    layout = Layout({**compartments, "a03": far})
    bench = Bench(msgspec.structs.replace(setup, layout=layout))
    bench.start()
    bench.place("p1")
    bench.send(UnlockOutcome(bench.pulses[-1].unlock, "not_sent", ErrorCode.BUS_TIMEOUT))
    bench.tap("other_compartment")

    assert bench.pulses[-1].compartment == "a03"


def out_of_reach(bench: Bench) -> None:
    bench.send(UnlockOutcome(bench.pulses[-1].unlock, "not_sent", ErrorCode.BUS_TIMEOUT))
    assert bench.notice == "BUS_TIMEOUT"


def test_the_other_compartment_is_never_the_same_again_even_on_the_only_board(bench: Bench) -> None:
    bench.place("p1")
    tried = [bench.pulses[-1].compartment]
    out_of_reach(bench)
    bench.tap("other_compartment")
    tried.append(bench.pulses[-1].compartment)

    assert tried == ["a01", "a02"]
    assert held(bench, "a01") is None and bench.state.compartments["a01"].in_service


def test_with_no_other_compartment_the_one_out_of_reach_is_not_offered_as_such() -> None:
    bench = Bench(make_setup("S"))
    bench.start()
    bench.place("p1")
    out_of_reach(bench)
    bench.tap("other_compartment")

    assert (bench.stage, bench.notice) == (Stage.DEPOSIT_SCAN, "STATION_FULL")
    assert len(bench.pulses) == 1 and held(bench, "a01") is None
    bench.send_scan("p1")
    assert bench.pulses[-1].compartment == "a01"


def test_two_boards_of_a_dead_line_do_not_keep_the_courier_from_a_bigger_door_elsewhere() -> None:
    setup = make_setup("SSL")
    compartments = setup.layout.compartments
    boards = {"a01": "b1", "a02": "b2", "a03": "b3"}
    wired = {key: msgspec.structs.replace(compartments[key], board=b) for key, b in boards.items()}
    bench = Bench(msgspec.structs.replace(setup, layout=Layout(wired)))
    bench.start()
    bench.place("p1")
    out_of_reach(bench)
    for dead in ("a01", "a02"):
        bench.send(DoorReading(dead, DoorState.UNKNOWN))
    bench.tap("other_compartment")

    assert bench.pulses[-1].compartment == "a03"


def test_a_lock_that_failed_before_its_board_was_lost_is_no_excuse_for_the_next(bench: Bench) -> None:
    bench.place("p1")
    bench.send(UnlockOutcome(bench.pulses[-1].unlock, "not_sent", ErrorCode.BUS_TIMEOUT))
    bench.tap("retry")
    bench.door_stays_closed()
    bench.tap("take_back")

    assert not bench.state.compartments["a01"].in_service
