"""A power cut after every decision of every journey, with every door reading, for a moment or for hours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from edge.core import events as ev
from edge.core.decide import Decision
from edge.core.effects import SettleUnlock
from edge.core.fold import fold
from edge.core.grant_book import Right
from edge.core.inputs import Input, PrintOutcome, Signed, Started, Tick, UnlockOutcome, UnlockSettled
from edge.core.model import DoorState, Session, Setup, Size, State
from edge.core.orders import (
    Cancel,
    Hold,
    OpenMany,
    Order,
    PrintDocument,
    Recall,
    Release,
    Reserve,
    ShiftDeadlines,
)
from tests.core.bench import Bench, expected, make_setup

Journey = Callable[[Bench], None]
Facts = list[tuple[ev.Event, int, int | None]]

PAUSES_S = [0.5, 7_200.0]
"""Within and beyond `resume_within_s`."""


class Recorder(Bench):
    """Remembers where a decision ended: the journal is committed up to there or up to the one before."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self.cuts: list[tuple[int, int]] = []

    def send(self, item: Input) -> Decision:
        decision = super().send(item)
        self.cuts.append((len(self.journal), self.now_ms))
        return decision


# --- journeys ----------------------------------------------------------------


def unclear(bench: Bench) -> None:
    bench.send(UnlockOutcome(bench.pulses[-1].unlock, "unknown"))
    bench.send(UnlockSettled(bench.pulses[-1].unlock, DoorState.UNKNOWN))


def deposit(bench: Bench) -> None:
    bench.place("p1")
    bench.door_opens()
    bench.tap("extend")
    bench.door_closes()
    bench.tap("reopen")
    bench.door_opens()
    bench.door_closes()
    bench.tap("confirm_in")
    bench.tap("print_receipt")


def deposit_other_size(bench: Bench) -> None:
    bench.send(expected("p1", size=None))
    bench.sign_in()
    bench.tap("start_deposit")
    bench.tap("enter_tracking", tracking_code="TRACK000P1")
    bench.tap("choose_size", size=Size.S)
    bench.door_opens()
    bench.door_closes()
    bench.tap("other_compartment")
    bench.tap("choose_size", size=Size.M)
    bench.door_opens()
    bench.door_closes()
    bench.tap("take_back")
    bench.tap("back")
    bench.tap("sign_out")


def deposit_not_empty(bench: Bench) -> None:
    bench.place("p1")
    bench.door_opens()
    bench.tap("not_empty")
    bench.door_closes()
    bench.door_opens()
    bench.door_closes()
    bench.time_out()


def deposit_stuck(bench: Bench) -> None:
    bench.place("p1")
    bench.door_stays_closed()
    bench.tap("retry")
    bench.door_stays_closed("not_sent")
    bench.tap("other_compartment")
    bench.door_stays_closed()
    bench.time_out()


def deposit_stuck_on_the_parcel(bench: Bench) -> None:
    bench.place("p1")
    bench.door_opens()
    bench.door_closes()
    bench.tap("reopen")
    bench.door_stays_closed()
    bench.tap("report")


def deposit_unclear(bench: Bench) -> None:
    bench.place("p1")
    unclear(bench)
    bench.time_out()


def deposit_left_open(bench: Bench) -> None:
    bench.place("p1")
    bench.door_opens()
    bench.time_out()
    bench.door_closes()


def pickup(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter("000000000")
    bench.tap("enter_code", code=bench.code("p1"))
    bench.door_opens()
    bench.door_closes()
    bench.tap("reopen")
    bench.door_opens()
    bench.door_closes()
    bench.tap("done")


def pickup_put_back(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    bench.door_opens()
    bench.door_closes()
    bench.tap("put_back")


def pickup_stuck(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    bench.door_stays_closed()
    bench.tap("retry")
    bench.door_stays_closed()
    bench.tap("report")


def pickup_unclear(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    unclear(bench)
    bench.time_out()


def pickup_left_open(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    bench.door_opens()
    bench.time_out()
    bench.door_closes()


def recall(bench: Bench) -> None:
    bench.recall("p1")
    bench.door_opens()
    bench.send_scan("p1")
    bench.door_closes()


def recall_scanned_after(bench: Bench) -> None:
    bench.recall("p1")
    bench.door_opens()
    bench.door_closes()
    bench.send_scan("p9")
    bench.send_scan("p1")


def recall_stuck(bench: Bench) -> None:
    bench.recall("p1")
    bench.door_stays_closed()
    bench.tap("report")
    bench.tap("recall_next")
    bench.door_opens()
    bench.door_closes()
    bench.tap("missing")


def recall_unclear(bench: Bench) -> None:
    bench.recall("p1")
    unclear(bench)
    bench.time_out()


def remote_open(bench: Bench) -> None:
    bench.stored("p1")
    bench.send(bench.open_command("a01"))
    bench.door_opens()
    bench.door_closes()


def remote_open_unclear(bench: Bench) -> None:
    bench.stored("p1")
    bench.send(bench.open_command("a01"))
    unclear(bench)


def remote_help(bench: Bench) -> None:
    bench.stored("p1")
    bench.enter(bench.code("p1"))
    bench.door_stays_closed()
    bench.send(bench.open_command("a01"))
    bench.door_opens()
    bench.door_closes()
    bench.tap("done")


def pickup_by_grant(bench: Bench) -> None:
    bench.stored("p1")
    bench.show(bench.grant(Right.PICKUP, "p1"))
    bench.door_opens()
    bench.door_closes()
    bench.tap("reopen")
    bench.door_opens()
    bench.door_closes()
    bench.tap("done")


def deposit_by_grant(bench: Bench) -> None:
    bench.send(expected("p1"))
    bench.show(bench.grant(Right.DEPOSIT, "p1"))
    bench.door_opens()
    bench.door_closes()
    bench.tap("other_compartment")
    bench.tap("choose_size", size=Size.M)
    bench.door_opens()
    bench.door_closes()
    bench.tap("confirm_in")


def deposit_by_grant_stuck(bench: Bench) -> None:
    bench.send(expected("p1"))
    bench.show(bench.grant(Right.DEPOSIT, "p1"))
    bench.door_stays_closed()
    bench.tap("other_compartment")
    bench.door_stays_closed("not_sent")
    bench.time_out()


def collect_by_grant(bench: Bench) -> None:
    bench.stored("p1")
    bench.expire_all()
    bench.show(bench.grant(Right.COLLECT, "p1"))
    bench.door_opens()
    bench.send_scan("p1")
    bench.door_closes()


def collect_by_grant_of_staff(bench: Bench) -> None:
    bench.stored("p1")
    bench.expire_all()
    bench.sign_in()
    bench.show(bench.grant(Right.COLLECT, "p1", delegable=False))
    bench.door_stays_closed()
    bench.tap("report")


def service_by_grant(bench: Bench) -> None:
    bench.stored("p1")
    bench.show(bench.grant(Right.SERVICE, "a01"))
    bench.door_opens()
    bench.door_closes()
    bench.tap("reopen")
    bench.door_stays_closed()
    bench.tap("report")


def service_by_grant_unclear(bench: Bench) -> None:
    bench.stored("p1")
    bench.show(bench.grant(Right.SERVICE, "a01"))
    unclear(bench)
    bench.time_out()


def open_many(bench: Bench) -> None:
    bench.stored("p1")
    order = OpenMany(["a01", "a02", "a03"], "op", "why")
    bench.send(bench.order(order, signed=Signed(("op", "second"))))
    bench.door_opens()
    bench.door_stays_closed()
    bench.door_opens()
    bench.door_closes()


def operators_orders(bench: Bench) -> None:
    bench.stored("p1")
    bench.send(expected("p2"))
    orders: list[Order] = [
        Reserve("p2", bench.now_ms + 60_000),
        Hold(None, "p1", "op", "why"),
        Hold("a01", None, "op", "why"),
        Release("a01", None, "op", "why"),
        Release(None, "p1", "op", "why"),
        ShiftDeadlines("p1", None, 3600, "op", "why"),
        PrintDocument("p1", "waybill", "op"),
        Recall("p1", "op", "why"),
        Cancel("p2"),
    ]
    for n, order in enumerate(orders):
        bench.send(bench.order(order, f"o{n}"))


JOURNEYS: list[Journey] = [
    pickup_by_grant,
    deposit_by_grant,
    deposit_by_grant_stuck,
    collect_by_grant,
    collect_by_grant_of_staff,
    service_by_grant,
    service_by_grant_unclear,
    deposit,
    deposit_other_size,
    deposit_not_empty,
    deposit_stuck,
    deposit_stuck_on_the_parcel,
    deposit_unclear,
    deposit_left_open,
    pickup,
    pickup_put_back,
    pickup_stuck,
    pickup_unclear,
    pickup_left_open,
    recall,
    recall_scanned_after,
    recall_stuck,
    recall_unclear,
    remote_open,
    remote_open_unclear,
    remote_help,
    open_many,
    operators_orders,
]


# --- the promises --------------------------------------------------------------


def record_is_consistent(state: State) -> None:
    """A parcel and its compartment name each other, and nobody else."""
    held = {p.compartment: p.id for p in state.parcels.values() if p.compartment is not None}
    assert len(held) == sum(p.compartment is not None for p in state.parcels.values())
    for key, now in state.compartments.items():
        assert now.parcel == held.get(key)


def doors_since(
    facts: Facts, compartment: str, kind: type[ev.UnlockRequested | ev.ParcelPlaced]
) -> list[DoorState]:
    """What was read of the door since the last fact of `kind` about it."""
    seen: list[DoorState] = []
    for event, *_ in facts:
        if isinstance(event, kind) and event.compartment == compartment:
            seen = []
        elif isinstance(event, ev.DoorChanged) and event.compartment == compartment:
            seen.append(event.door)
        elif isinstance(event, ev.StationStarted):
            seen.append(event.doors[compartment])
    return seen


def no_conclusion_without_evidence(facts: Facts, first_new: int, session: Session | None) -> None:
    """With nobody there to say so, a parcel changes hands only if the door was seen to behave accordingly."""
    for n in range(first_new, len(facts)):
        event = facts[n][0]
        if isinstance(event, ev.ParcelPickedUp):
            assert DoorState.OPEN in doors_since(facts[:n], event.compartment, ev.UnlockRequested)
        elif isinstance(event, ev.ParcelDeposited):
            seen = [
                d
                for d in doors_since(facts[:n], event.compartment, ev.UnlockRequested)
                if d is not DoorState.UNKNOWN
            ]
            assert DoorState.OPEN in seen and seen[-1] is DoorState.CLOSED
            assert event.assurance == "door-closed"
        elif isinstance(event, ev.ParcelReleased):
            failed = any(
                isinstance(e, ev.UnlockFailed) and e.compartment == event.compartment for e, *_ in facts[:n]
            )
            never_open = DoorState.OPEN not in doors_since(facts[:n], event.compartment, ev.ParcelPlaced)
            assert (failed and never_open) or (session is not None and session.not_empty)
        elif isinstance(event, ev.ParcelRecalled):
            assert session is not None and session.scanned_out
        else:
            assert not isinstance(event, ev.ParcelMissing | ev.ParcelRefused | ev.ParcelPlaced)


def settle(bench: Bench, answered: set[str], doors: dict[str, DoorState]) -> None:
    for effect in list(bench.effects):
        if isinstance(effect, SettleUnlock) and effect.unlock not in answered:
            answered.add(effect.unlock)
            bench.send(UnlockSettled(effect.unlock, doors[effect.compartment]))


def cut_and_leave_alone(
    setup: Setup, facts: Facts, now_ms: int, doors: dict[str, DoorState], *, answers: bool
) -> None:
    """Start after the cut; nobody touches anything any more."""
    bench = Bench(setup)
    bench.journal, bench.now_ms, bench.booted_ms = list(facts), now_ms, now_ms
    bench.state = fold(State(), facts)
    session = bench.state.session
    bench.send(Started(doors, "test"))
    assert bench.pulses == [], "a start pulsed a lock"
    record_is_consistent(bench.state)
    bench.send(Started(doors, "test"))
    record_is_consistent(bench.state)

    answered: set[str] = set()
    for _ in range(6):
        if answers:
            settle(bench, answered, doors)
        if bench.state.session is None:
            break
        bench.time_out()
    assert bench.state.session is None, "the session does not end"
    for _ in range(2):
        bench.now_ms += 130_000
        bench.send(Tick())

    assert bench.pulses == [], "silence pulsed a lock"
    assert bench.state.unlock is None and bench.state.print_jobs == {}
    record_is_consistent(bench.state)
    no_conclusion_without_evidence(bench.journal, len(facts), session)
    told = {e.command for e in bench.events(ev.CommandResult)}
    assert {e.command for e in bench.events(ev.CommandReceived)} <= told


def cuts_of(journey: Journey) -> Iterator[tuple[Recorder, Facts, int]]:
    bench = Recorder(make_setup("SSM", waybill_on_recall=True))
    bench.start()
    journey(bench)
    record_is_consistent(bench.state)
    for length, now_ms in sorted(set(bench.cuts)):
        yield bench, bench.journal[:length], now_ms


@pytest.mark.parametrize("door", list(DoorState))
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda j: j.__name__)
def test_a_power_cut_at_any_step_keeps_every_promise(journey: Journey, door: DoorState) -> None:
    for bench, facts, now_ms in cuts_of(journey):
        before = fold(State(), facts)
        readings = {key: now.door for key, now in before.compartments.items()}
        for pulse in bench.pulses:
            for pause_s in PAUSES_S:
                doors = readings | {pulse.compartment: door}
                at_ms = now_ms + int(pause_s * 1000)
                cut_and_leave_alone(bench.setup, facts, at_ms, doors, answers=True)
                cut_and_leave_alone(bench.setup, facts, at_ms, doors, answers=False)


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda j: j.__name__)
def test_each_journey_leaves_nothing_under_way_and_pulses_once_an_unlock(journey: Journey) -> None:
    bench = Recorder(make_setup("SSM"))
    bench.start()
    journey(bench)
    for job in list(bench.state.print_jobs):
        bench.send(PrintOutcome(job, "printed"))

    assert bench.state.unlock is None and bench.state.print_jobs == {}
    assert len({e.unlock for e in bench.events(ev.UnlockRequested)}) == len(bench.pulses)
