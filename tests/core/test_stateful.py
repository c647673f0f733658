"""The promises of the core under any order of inputs: taps, doors, faults, crashes and time.

A small physical world stands beside the core: what is really behind each
door.  People act honestly (a courier says what is so) but at any pace, and
may walk away at any moment; boards and doors may fail in every way.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.core import events as ev
from edge.core.decide import available_actions
from edge.core.effects import CheckPin, SettleUnlock, UnlockDoor
from edge.core.fold import fold
from edge.core.inputs import (
    Command,
    DoorReading,
    PinChecked,
    Scan,
    Started,
    Tick,
    UnlockOutcome,
    UnlockSettled,
)
from edge.core.model import DoorState, Purpose, Size, Stage, State
from tests.core.bench import Bench, expected, make_setup, tracking_code

PARCELS = [f"p{n}" for n in range(6)]
OWNER = {p: f"r{n % 3}" for n, p in enumerate(PARCELS)}
OUTCOMES = ["acknowledged", "unknown", "not_sent"]


class Station(RuleBasedStateMachine):
    """Core, doors and hands."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(make_setup("SSM", station_attempts=50, code_attempts=50))
        self.open: set[str] = set()
        self.inside: dict[str, list[str]] = {c: [] for c in self.bench.setup.layout.compartments}
        self.waiting: UnlockDoor | SettleUnlock | None = None
        self.seen_effects = 0
        self.pulsed: set[str] = set()
        self.granted: set[str] = set()
        self.commands = 0
        self.bench.start()
        for parcel in PARCELS:
            self.bench.send(expected(parcel, who=OWNER[parcel], size=Size.S if parcel < "p4" else Size.M))
        self.collect()

    @initialize(parcels=st.lists(st.sampled_from(PARCELS[:4]), unique=True, max_size=2))
    def some_are_deposited(self, parcels: list[str]) -> None:
        for parcel in parcels:
            self.courier_deposits(parcel, True)

    # -- plumbing -----------------------------------------------------------

    def collect(self) -> None:
        """Take new effects as the shell would."""
        for effect in self.bench.effects[self.seen_effects :]:
            if isinstance(effect, UnlockDoor):
                assert effect.unlock not in self.pulsed, "an unlock was sent twice"
                self.pulsed.add(effect.unlock)
                self.waiting = effect
            elif isinstance(effect, SettleUnlock):
                self.waiting = effect
            elif isinstance(effect, CheckPin):
                self.bench.send(
                    PinChecked(effect.session, effect.step, effect.staff_id, effect.pin == "246810")
                )
        self.seen_effects = len(self.bench.effects)

    def stored(self) -> list[str]:
        return [p for p in PARCELS if self.bench.state.parcels[p].state.value == "STORED"]

    def doors(self) -> dict[str, DoorState]:
        return {c: DoorState.OPEN if c in self.open else DoorState.CLOSED for c in self.inside}

    @property
    def stage(self) -> Stage | None:
        return self.bench.stage

    def is_at(self, *stages: Stage) -> bool:
        """Whether the session is in one of `stages` now (asked anew each time: a step may have moved it)."""
        return self.stage in stages

    @property
    def actions(self) -> list[str]:
        return available_actions(self.bench.setup, self.bench.state)

    @property
    def here(self) -> str:
        session = self.bench.state.session
        assert session is not None and session.compartment is not None
        return session.compartment

    def purpose(self) -> Purpose | None:
        session = self.bench.state.session
        return session.purpose if session is not None else None

    # -- people -------------------------------------------------------------

    @precondition(lambda self: self.stage is None)
    @rule(parcel=st.sampled_from(PARCELS), right=st.booleans())
    def recipient_enters_code(self, parcel: str, right: bool) -> None:
        known = self.bench.state.parcels[parcel]
        code = self.bench.code(parcel)
        if right and known.state.value == "STORED":
            self.granted.add(parcel)
        self.bench.tap("start_pickup")
        self.bench.tap("enter_code", code=code if right else f"{(int(code) + 1) % 10**9:09d}")
        self.collect()

    @precondition(lambda self: self.stage is None)
    @rule(pin=st.sampled_from(["246810", "246810", "000000"]))
    def courier_signs_in(self, pin: str) -> None:
        self.bench.tap("start_courier")
        self.bench.tap("enter_staff_id", staff_id="1001")
        self.bench.tap("enter_pin", pin=pin)
        self.collect()

    @precondition(lambda self: self.stage is None)
    @rule(parcel=st.sampled_from(PARCELS), puts=st.booleans())
    def courier_deposits(self, parcel: str, puts: bool) -> None:
        """The whole way in one step, so that runs get deep; the single steps are rules as well."""
        self.courier_signs_in("246810")
        self.bench.tap("start_deposit")
        self.courier_scans(parcel)
        if self.stage is Stage.DOOR_OPENING and self.waiting is not None:
            self.board_acts("acknowledged", True, False)
        if puts and self.stage is Stage.DOOR_OPEN:
            self.person_uses_open_door()
            self.closes(self.here)
            if self.is_at(Stage.DEPOSIT_CONFIRM):
                self.courier_answers_truthfully()
                self.bench.tap("back")
                self.bench.tap("sign_out")

    @precondition(lambda self: self.stage is None and bool(self.stored()))
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES), springs=st.booleans(), takes=st.booleans())
    def recipient_comes(self, data: st.DataObject, outcome: str, springs: bool, takes: bool) -> None:
        """A right code, the board's answer, and maybe the taking, in one step."""
        self.recipient_enters_code(data.draw(st.sampled_from(self.stored())), True)
        if self.stage is Stage.DOOR_OPENING and self.waiting is not None:
            self.board_acts(outcome, springs, True)
        if takes and self.stage is Stage.DOOR_OPEN:
            self.person_uses_open_door()
            self.closes(self.here)

    @precondition(lambda self: self.stage is Stage.COURIER_MENU)
    @rule(work=st.sampled_from(["start_deposit", "start_deposit", "start_recall", "sign_out"]))
    def courier_chooses(self, work: str) -> None:
        self.bench.tap(work)

    @precondition(lambda self: self.stage is Stage.DEPOSIT_SCAN)
    @rule(parcel=st.sampled_from(PARCELS))
    def courier_scans(self, parcel: str) -> None:
        if any(parcel in held for held in self.inside.values()):
            return  # it is behind a door, not in the courier's hand
        self.bench.send(Scan("window", tracking_code(parcel), "C0"))
        self.collect()

    @precondition(lambda self: self.stage is Stage.DEPOSIT_SIZE)
    @rule(size=st.sampled_from(list(Size)))
    def courier_chooses_size(self, size: Size) -> None:
        self.bench.tap("choose_size", size=size)
        self.collect()

    @precondition(lambda self: self.stage is Stage.DOOR_OPEN and self.here in self.open)
    @rule()
    def person_uses_open_door(self) -> None:
        session = self.bench.state.session
        assert session is not None and session.parcel is not None
        held = self.inside[self.here]
        if session.purpose is Purpose.PICKUP:
            for parcel in held:
                assert OWNER[parcel] == OWNER[session.parcel], "a parcel reached the wrong person"
            held.clear()
        elif session.purpose is Purpose.DEPOSIT and not session.not_empty:
            if held and held != [session.parcel]:
                self.bench.tap("not_empty")
            elif not held:
                held.append(session.parcel)
        elif session.purpose is Purpose.RECALL and session.parcel in held:
            held.remove(session.parcel)
            self.bench.send(Scan("window", tracking_code(session.parcel), "C0"))

    @precondition(lambda self: bool(self.open))
    @rule(data=st.data())
    def somebody_closes(self, data: st.DataObject) -> None:
        self.closes(data.draw(st.sampled_from(sorted(self.open))))

    def closes(self, door: str) -> None:
        self.open.discard(door)
        self.bench.send(DoorReading(door, DoorState.CLOSED))
        self.collect()

    @precondition(lambda self: self.stage is Stage.DEPOSIT_CONFIRM)
    @rule()
    def courier_answers_truthfully(self) -> None:
        session = self.bench.state.session
        assert session is not None and session.parcel is not None
        if session.parcel in self.inside[self.here]:
            self.bench.tap("confirm_in")
        else:
            self.bench.tap("take_back")
        self.collect()

    @precondition(lambda self: self.stage in (Stage.PICKUP_DONE, Stage.RECALL_CONFIRM, Stage.DOOR_FAILED))
    @rule(data=st.data())
    def person_answers(self, data: st.DataObject) -> None:
        session = self.bench.state.session
        assert session is not None and session.parcel is not None
        behind = session.parcel in self.inside[self.here]
        # Honest: "done" only with the parcel in hand, "missing" and "taken back" only when it is not inside.
        lies = {"done", "missing", "take_back", "other_compartment"} if behind else {"put_back"}
        truthful = [a for a in self.actions if a not in lies]
        if truthful:
            self.bench.tap(data.draw(st.sampled_from(truthful)))
            self.collect()

    @precondition(lambda self: self.stage is Stage.RECALL_LIST)
    @rule()
    def courier_recalls_next(self) -> None:
        self.bench.tap("recall_next")
        self.collect()

    @precondition(lambda self: "back" in self.actions)
    @rule()
    def courier_goes_back(self) -> None:
        self.bench.tap("back")

    @rule(action=st.text(max_size=20))
    def nonsense_is_refused(self, action: str) -> None:
        before = self.bench.state.session
        if action not in self.actions:
            assert self.bench.tap(action).refused
            assert self.bench.state.session == before

    # -- hardware -----------------------------------------------------------

    @precondition(lambda self: self.waiting is not None)
    @rule(outcome=st.sampled_from(OUTCOMES), springs=st.booleans(), settle=st.booleans())
    def board_acts(self, outcome: str, springs: bool, settle: bool) -> None:
        ask, self.waiting = self.waiting, None
        assert ask is not None
        if isinstance(ask, UnlockDoor):
            if springs and outcome != "not_sent":
                self.open.add(ask.compartment)
            self.bench.send(UnlockOutcome(ask.unlock, outcome))
            if ask.compartment in self.open and not settle:
                self.bench.send(DoorReading(ask.compartment, DoorState.OPEN))
        self.bench.send(UnlockSettled(ask.unlock, self.doors()[ask.compartment]))
        self.collect()

    @rule(compartment=st.sampled_from(["a01", "a02", "a03"]), back=st.booleans())
    def sensor_is_lost(self, compartment: str, back: bool) -> None:
        self.bench.send(DoorReading(compartment, DoorState.UNKNOWN))
        if back:
            self.bench.send(DoorReading(compartment, self.doors()[compartment]))
        self.collect()

    # -- time, crashes, the backend ----------------------------------------

    @precondition(lambda self: self.stage is not None)
    @rule()
    def time_runs_out(self) -> None:
        self.bench.time_out()
        self.collect()

    @rule(hours=st.integers(0, 100))
    def time_passes(self, hours: int) -> None:
        self.bench.now_ms += hours * 3_600_000
        self.bench.send(Tick())

    @rule(pause_s=st.integers(0, 200), lost_pulse=st.booleans())
    def crash_and_restart(self, pause_s: int, lost_pulse: bool) -> None:
        ask, self.waiting = self.waiting, None
        if isinstance(ask, UnlockDoor) and not lost_pulse:
            self.open.add(ask.compartment)  # the pulse had left before the end
        self.bench.now_ms += pause_s * 1000
        before = len(self.bench.pulses)
        self.bench.state = fold(State(), self.bench.journal)
        self.bench.send(Started(self.doors(), "test"))
        assert len(self.bench.pulses) == before, "a restart pulsed a lock"
        self.collect()

    @rule(
        compartment=st.sampled_from(["a01", "a02", "a03", "nowhere"]), late=st.booleans(), dup=st.booleans()
    )
    def operator_opens(self, compartment: str, late: bool, dup: bool) -> None:
        self.commands += 1
        now = self.bench.now_ms
        command = Command(
            id=f"c{self.commands}",
            verb="open",
            reply_to="r",
            correlation_id="c",
            expires_at_ms=now - 1 if late else now + 20_000,
            issued_at_ms=now,
            operator="op",
            reason="test",
            compartment=compartment,
        )
        self.bench.send(command)
        if dup:
            pulses = len(self.bench.pulses)
            self.bench.send(command)
            assert len(self.bench.pulses) == pulses, "a duplicate command pulsed a lock"
        self.collect()

    # -- promises -----------------------------------------------------------

    @invariant()
    def state_is_the_fold_of_the_journal(self) -> None:
        assert fold(State(), self.bench.journal) == self.bench.state

    @invariant()
    def a_compartment_holds_one_recipients_parcel_on_record(self) -> None:
        held: dict[str, str] = {}
        for parcel in self.bench.state.parcels.values():
            if parcel.compartment is not None:
                assert parcel.compartment not in held, "two parcels in one compartment"
                held[parcel.compartment] = parcel.id
        for key, now in self.bench.state.compartments.items():
            assert now.parcel == held.get(key)

    @invariant()
    def every_parcel_inside_is_on_record(self) -> None:
        session = self.bench.state.session
        for compartment, parcels in self.inside.items():
            for parcel in parcels:
                known = self.bench.state.parcels[parcel]
                on_record = known.compartment == compartment
                in_hand = session is not None and session.compartment == compartment
                taken = any(
                    isinstance(e, ev.ParcelPickedUp | ev.ParcelRecalled) and e.parcel == parcel
                    for e, _ in self.bench.journal
                )
                assert on_record or in_hand or taken, f"{parcel} is in {compartment} and nobody knows"

    @invariant()
    def no_unlock_without_authorisation(self) -> None:
        for event in self.bench.events(ev.UnlockRequested):
            grant = event.authorisation
            if grant.kind == "pickup_code":
                assert grant.ref in self.granted
            elif grant.kind == "courier":
                assert any(
                    e.session == event.session and e.staff_id == grant.ref
                    for e in self.bench.events(ev.SignedIn)
                )
            else:
                assert any(e.command == grant.ref for e in self.bench.events(ev.CommandReceived))

    @invariant()
    def one_unlock_at_a_time(self) -> None:
        current: ev.UnlockRequested | None = None
        for event, _ in self.bench.journal:
            if isinstance(event, ev.UnlockRequested):
                assert current is None, "a second door was unlocked"
                current = event
            elif current is not None and (
                isinstance(event, ev.UnlockFailed | ev.UnlockUnknown)
                or (isinstance(event, ev.DoorLeftOpen) and event.compartment == current.compartment)
                or (
                    isinstance(event, ev.DoorChanged)
                    and event.compartment == current.compartment
                    and event.door is DoorState.CLOSED
                )
            ):
                current = None

    def teardown(self) -> None:
        """No session without an end: left alone, every session is over after a few time-outs."""
        for _ in range(12):
            if self.stage is None:
                return
            if self.waiting is not None:
                self.board_acts_alone()
            self.bench.time_out()
            self.collect()
        raise AssertionError(f"the session does not end: {self.bench.state.session}")

    def board_acts_alone(self) -> None:
        ask, self.waiting = self.waiting, None
        assert ask is not None
        self.bench.send(UnlockSettled(ask.unlock, DoorState.CLOSED))


TestStation = Station.TestCase
TestStation.settings = settings(max_examples=250, stateful_step_count=60, deadline=None)
