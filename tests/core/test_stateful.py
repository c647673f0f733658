"""The promises of the core under any order of inputs: taps, doors, faults, crashes and time."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from edge.core.grant_book import Right
from edge.core.inputs import DoorReading, Signed, Tick
from edge.core.model import DoorState, ParcelState, Purpose, Size, Stage
from edge.core.orders import (
    Cancel,
    Hold,
    OpenMany,
    Order,
    Recall,
    Release,
    Reserve,
    SetService,
    ShiftDeadlines,
)
from tests.core.world import PARCELS, RIGHT_PIN, STRANGE, World

OUTCOMES = st.sampled_from(["acknowledged", "acknowledged", "unknown", "not_sent"])
MOSTLY = st.sampled_from([True, True, True, False])
RARELY = st.sampled_from([False, False, False, False, True])
COMPARTMENTS = ["a01", "a02", "a03"]


class Station(RuleBasedStateMachine):
    """Whole journeys as single rules get deep; each of their steps is a rule as well, to be interrupted."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.commands = 0

    @property
    def stage(self) -> Stage | None:
        return self.world.stage

    @initialize(parcels=st.lists(st.sampled_from(PARCELS), unique=True, max_size=3))
    def some_are_deposited(self, parcels: list[str]) -> None:
        for parcel in parcels:
            self.courier_deposits(parcel, "acknowledged", True, True)

    # -- whole journeys -------------------------------------------------------

    @precondition(lambda self: self.stage is None)
    @rule(parcel=st.sampled_from(PARCELS), outcome=OUTCOMES, springs=MOSTLY, goes_on=MOSTLY)
    def courier_deposits(self, parcel: str, outcome: str, springs: bool, goes_on: bool) -> None:
        world = self.world
        world.sign_in()
        world.bench.tap("start_deposit")
        self.courier_scans(parcel)
        if world.at(Stage.DEPOSIT_SIZE):
            self.courier_chooses_size(Size.S)
        if world.at(Stage.DOOR_OPENING):
            world.board_acts(outcome, springs=springs, seen_at_once=True)
        if goes_on and world.at(Stage.DOOR_OPEN):
            world.use_open_door()
            world.closes(world.here)
            if springs and world.at(Stage.DEPOSIT_CONFIRM) and "confirm_in" in world.truths():
                world.bench.tap("confirm_in")
                world.bench.tap("back")
                world.bench.tap("sign_out")
                world.collect()

    @precondition(lambda self: self.stage is None and bool(self.world.in_state("STORED")))
    @rule(data=st.data(), outcome=OUTCOMES, springs=MOSTLY, sensor=MOSTLY, goes_on=st.booleans())
    def recipient_comes(
        self, data: st.DataObject, outcome: str, springs: bool, sensor: bool, goes_on: bool
    ) -> None:
        world = self.world
        world.enter_code(data.draw(st.sampled_from(world.in_state("STORED"))), right=True)
        world.board_acts(outcome, springs=springs, seen_at_once=True, sensor=sensor)
        if goes_on and world.at(Stage.DOOR_OPEN):
            world.use_open_door()
            world.closes(world.here)

    @precondition(
        lambda self: self.stage is None and bool(self.world.in_state("STORED", "EXPIRED", "REFUSED"))
    )
    @rule(outcome=OUTCOMES, springs=MOSTLY, sensor=MOSTLY, goes_on=st.booleans(), scans=st.booleans())
    def courier_recalls(self, outcome: str, springs: bool, sensor: bool, goes_on: bool, scans: bool) -> None:
        world = self.world
        self.time_passes(100)
        world.sign_in()
        world.bench.tap("start_recall")
        self.courier_recalls_next()
        world.board_acts(outcome, springs=springs, seen_at_once=True, sensor=sensor)
        if goes_on and world.at(Stage.DOOR_OPEN):
            world.use_open_door(scans=scans)
            world.closes(world.here)

    # -- people, step by step ---------------------------------------------------

    @precondition(lambda self: self.stage is None)
    @rule(parcel=st.sampled_from(PARCELS), right=st.booleans())
    def recipient_enters_code(self, parcel: str, right: bool) -> None:
        self.world.enter_code(parcel, right=right)

    @rule(data=st.data(), right=st.sampled_from(list(Right)), number=st.integers(1, 6))
    def somebody_shows_a_grant(self, data: st.DataObject, right: Right, number: int) -> None:
        """Who holds a deposit grant has the parcel in hand; all others may try anything, anywhere."""
        ref = data.draw(st.sampled_from(COMPARTMENTS if right is Right.SERVICE else PARCELS))
        if right is not Right.DEPOSIT or not self.world.is_behind_a_door(ref):
            self.world.shows_grant(right, ref, number)

    @precondition(lambda self: self.stage is None)
    @rule(pin=st.sampled_from([RIGHT_PIN, RIGHT_PIN, "000000"]))
    def courier_signs_in(self, pin: str) -> None:
        self.world.sign_in(pin)

    @precondition(lambda self: self.stage is Stage.COURIER_MENU)
    @rule(work=st.sampled_from(["start_deposit", "start_deposit", "start_recall", "sign_out"]))
    def courier_chooses(self, work: str) -> None:
        self.world.bench.tap(work)
        self.world.collect()

    @precondition(lambda self: self.stage is Stage.DEPOSIT_SCAN)
    @rule(parcel=st.sampled_from(PARCELS))
    def courier_scans(self, parcel: str) -> None:
        if not self.world.is_behind_a_door(parcel):
            self.world.scan(parcel)

    @precondition(lambda self: self.stage is Stage.DEPOSIT_SIZE)
    @rule(size=st.sampled_from(list(Size)))
    def courier_chooses_size(self, size: Size) -> None:
        self.world.bench.tap("choose_size", size=size)
        self.world.collect()

    @precondition(lambda self: self.stage is Stage.RECALL_LIST)
    @rule()
    def courier_recalls_next(self) -> None:
        self.world.bench.tap("recall_next")
        self.world.collect()

    @precondition(lambda self: self.stage is Stage.DOOR_OPEN and self.world.here in self.world.open)
    @rule(scans=st.booleans(), takes_back=RARELY)
    def person_uses_open_door(self, scans: bool, takes_back: bool) -> None:
        self.world.use_open_door(scans=scans, takes_back=takes_back)

    @precondition(lambda self: self.stage is Stage.DOOR_OPEN and self.world.here in self.world.open)
    @rule(acts=MOSTLY)
    def person_uses_the_door_and_closes_it(self, acts: bool) -> None:
        if acts:
            self.world.use_open_door()
        self.world.closes(self.world.here)

    @precondition(lambda self: bool(self.world.open))
    @rule(data=st.data())
    def somebody_closes(self, data: st.DataObject) -> None:
        self.world.closes(data.draw(st.sampled_from(sorted(self.world.open))))

    @precondition(
        lambda self: self.world.at(
            Stage.PICKUP_DONE, Stage.DEPOSIT_CONFIRM, Stage.RECALL_CONFIRM, Stage.DOOR_FAILED
        )
    )
    @rule(data=st.data())
    def person_answers(self, data: st.DataObject) -> None:
        truths = self.world.truths()
        if truths:
            self.world.bench.tap(data.draw(st.sampled_from(truths)))
            self.world.collect()

    @precondition(lambda self: self.stage is Stage.RECALL_CONFIRM and self.world.mine in self.world.in_hand)
    @rule()
    def courier_scans_out(self) -> None:
        self.world.scan(self.world.mine)

    @precondition(lambda self: bool({"back", "extend"} & set(self.world.actions)))
    @rule()
    def person_goes_back_or_asks_for_time(self) -> None:
        self.world.bench.tap("back" if "back" in self.world.actions else "extend")
        self.world.collect()

    @rule(action=st.text(max_size=20))
    def nonsense_is_refused(self, action: str) -> None:
        before = self.world.bench.state.session
        if action not in self.world.actions:
            assert self.world.bench.tap(action).refused
            assert self.world.bench.state.session == before

    # -- hardware ---------------------------------------------------------------

    @precondition(lambda self: self.world.waiting is not None)
    @rule(outcome=OUTCOMES, springs=MOSTLY, seen_at_once=st.booleans(), sensor=MOSTLY)
    def board_acts(self, outcome: str, springs: bool, seen_at_once: bool, sensor: bool) -> None:
        self.world.board_acts(outcome, springs=springs, seen_at_once=seen_at_once, sensor=sensor)

    @rule(compartment=st.sampled_from(COMPARTMENTS), back=st.booleans())
    def sensor_is_lost(self, compartment: str, back: bool) -> None:
        self.world.bench.send(DoorReading(compartment, DoorState.UNKNOWN))
        if back:
            self.world.bench.send(DoorReading(compartment, self.world.doors()[compartment]))
        self.world.collect()

    @precondition(
        lambda self: self.world.at(
            Stage.PICKUP_DONE, Stage.DEPOSIT_CONFIRM, Stage.RECALL_CONFIRM, Stage.DOOR_FAILED
        )
    )
    @rule()
    def latch_lets_go(self) -> None:
        self.world.open.add(self.world.here)
        self.world.bench.send(DoorReading(self.world.here, DoorState.OPEN))
        self.world.collect()

    @precondition(lambda self: bool(self.world.open))
    @rule(data=st.data())
    def somebody_leaves_something(self, data: st.DataObject) -> None:
        held = self.world.inside[data.draw(st.sampled_from(sorted(self.world.open)))]
        if STRANGE not in held:
            held.append(STRANGE)

    # -- time, crashes, the backend -----------------------------------------------

    @precondition(lambda self: self.stage is not None)
    @rule(walks_away=RARELY)
    def time_runs_out(self, walks_away: bool) -> None:
        for _ in range(3 if walks_away else 1):
            if self.stage is not None:
                self.world.bench.time_out()
        self.world.collect()

    @rule(hours=st.integers(0, 100))
    def time_passes(self, hours: int) -> None:
        self.world.bench.now_ms += hours * 3_600_000
        self.world.bench.send(Tick())
        self.world.collect()

    @rule(pause_s=st.integers(0, 200), lost_pulse=st.booleans(), closed=st.booleans(), blind=RARELY)
    def crash_and_restart(self, pause_s: int, lost_pulse: bool, closed: bool, blind: bool) -> None:
        self.world.crash(pause_s=pause_s, lost_pulse=lost_pulse, closed_meanwhile=closed, blind=blind)

    @rule(compartment=st.sampled_from([*COMPARTMENTS, "nowhere"]), late=RARELY, dup=st.booleans())
    def operator_opens(self, compartment: str, late: bool, dup: bool) -> None:
        self.commands += 1
        bench = self.world.bench
        command = bench.open_command(compartment, f"c{self.commands}")
        if late:
            command = bench.open_command(compartment, command.id, expires_at_ms=bench.now_ms - 1)
        bench.send(command)
        if dup:
            pulses = len(bench.pulses)
            bench.send(command)
            assert len(bench.pulses) == pulses, "a duplicate command pulsed a lock"
        self.world.collect()

    @rule(compartment=st.sampled_from(COMPARTMENTS), in_service=st.booleans())
    def operator_sets_service(self, compartment: str, in_service: bool) -> None:
        """Whoever puts a compartment back has looked: nothing is inside, unless the record knows of it."""
        world, bench = self.world, self.world.bench
        before = bench.state.compartments[compartment]
        if in_service and world.inside[compartment] and before.parcel is None:
            return
        self.commands += 1
        bench.send(bench.order(SetService(compartment, in_service, "op", "looked"), f"c{self.commands}"))
        now = bench.state.compartments[compartment]
        if before.parcel is not None or before.door is DoorState.OPEN:
            assert not now.in_service or before.in_service, (
                "given out with a parcel on record or an open door"
            )
        elif in_service:
            world.declared.discard(compartment)
        assert in_service or not now.in_service
        world.collect()

    def ordered(self, data: Order) -> str:
        """An operator orders something else; its first answer's result."""
        self.commands += 1
        bench = self.world.bench
        bench.send(bench.order(data, f"c{self.commands}", signed=Signed(("op", "second"))))
        self.world.collect()
        return bench.state.commands[f"c{self.commands}"].result

    @rule(doors=st.lists(st.sampled_from(COMPARTMENTS), min_size=1, max_size=3, unique=True))
    def two_operators_open_many(self, doors: list[str]) -> None:
        """The auditor counts unlocks under way: never a second one."""
        self.ordered(OpenMany(doors, "op", "why"))

    @rule(parcel=st.sampled_from(PARCELS), compartment=st.sampled_from([None, *COMPARTMENTS]), held=MOSTLY)
    def operator_holds_or_releases(self, parcel: str, compartment: str | None, held: bool) -> None:
        form = Hold if held else Release
        self.ordered(form(compartment, None if compartment else parcel, "op", "why"))

    @rule(parcel=st.sampled_from(PARCELS), compartment=st.sampled_from([None, *COMPARTMENTS]))
    def backend_reserves(self, parcel: str, compartment: str | None) -> None:
        bench = self.world.bench
        result = self.ordered(Reserve(parcel, bench.now_ms + 3_600_000, compartment))
        kept = [key for key, now in bench.state.compartments.items() if now.reserved_for == parcel]
        assert len(kept) <= 1 and (result != "succeeded" or len(kept) == 1)

    @rule(parcel=st.sampled_from(PARCELS))
    def backend_cancels(self, parcel: str) -> None:
        self.ordered(Cancel(parcel))

    @rule(parcel=st.sampled_from(PARCELS))
    def operator_recalls(self, parcel: str) -> None:
        self.ordered(Recall(parcel, "op", "why"))

    @rule(parcel=st.sampled_from([None, *PARCELS]), hours=st.integers(-80, 80))
    def operator_shifts_deadlines(self, parcel: str | None, hours: int) -> None:
        bench = self.world.bench
        if self.ordered(ShiftDeadlines(parcel, None, hours * 3600, "op", "why")) == "succeeded":
            stored = [p for p in bench.state.parcels.values() if p.state is ParcelState.STORED]
            assert parcel is not None or all(p.expires_at_ms > bench.now_ms for p in stored)

    @precondition(lambda self: self.stage is None)
    @rule(compartment=st.sampled_from(COMPARTMENTS))
    def technician_clears_what_is_strange(self, compartment: str) -> None:
        held = self.world.inside[compartment]
        if STRANGE in held and compartment in self.world.open:
            held.remove(STRANGE)

    # -- the end ------------------------------------------------------------------

    def teardown(self) -> None:
        """No session without an end, no unlock without one either, once everybody has gone."""
        bench = self.world.bench
        for n in range(12):
            if self.stage is None:
                break
            if n % 2:
                self.world.board_acts("unknown", springs=False, seen_at_once=False)
            if self.world.at(*Stage):
                bench.time_out()
                self.world.collect()
        assert bench.at(None), f"the session does not end: {bench.state.session}"
        for _ in range(len(COMPARTMENTS) + 1):
            self.time_passes(1)
        assert bench.state.unlock is None or bench.state.unlock.purpose is not Purpose.COMMAND
        assert bench.state.unlock is None, bench.state.unlock
        assert bench.state.bulk is None
        assert all(record.final for record in bench.state.commands.values())


TestStation = Station.TestCase
TestStation.settings = settings(max_examples=700, stateful_step_count=50, deadline=None)
