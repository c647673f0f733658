"""A small physical world beside the core: doors, what is really behind them, hands, and an auditor.

People here are honest (they say what is so) but act at any pace and may walk
away at any moment; boards, latches and sensors may fail in every way.
"""

from __future__ import annotations

from edge.core import events as ev
from edge.core.decide import available_actions
from edge.core.effects import CheckPin, SettleUnlock, UnlockDoor
from edge.core.fold import fold
from edge.core.grant_book import Right
from edge.core.inputs import DoorReading, PinChecked, Scan, Started, UnlockOutcome, UnlockSettled
from edge.core.model import DoorState, Purpose, Size, Stage, State
from tests.core.bench import Bench, expected, make_setup, tracking_code

PARCELS = [f"p{n}" for n in range(6)]
OWNER = {p: f"r{n % 3}" for n, p in enumerate(PARCELS)}
RIGHT_PIN = "246810"
GRANT_PURPOSES = {
    Right.PICKUP: Purpose.PICKUP,
    Right.DEPOSIT: Purpose.DEPOSIT,
    Right.COLLECT: Purpose.RECALL,
    Right.SERVICE: Purpose.SERVICE,
}
STRANGE = "something nobody announced"


class World:
    """Core, doors and hands: `inside` is what is really behind each door, `open` the doors standing open."""

    def __init__(self) -> None:
        self.bench = Bench(make_setup("SSM", station_attempts=50, code_attempts=50, pin_attempts=50))
        self.open: set[str] = set()
        self.inside: dict[str, list[str]] = {c: [] for c in self.bench.setup.layout.compartments}
        self.in_hand: set[str] = set()
        self.waiting: UnlockDoor | SettleUnlock | None = None
        self.granted: set[str] = set()
        self.grants: dict[str, Purpose] = {}
        self.declared: set[str] = set()
        self.auditor = Auditor(self)
        self.seen_effects = 0
        self.bench.start()
        for parcel in PARCELS:
            size = Size.S if parcel < "p3" else (Size.M if parcel < "p5" else None)
            self.bench.send(expected(parcel, who=OWNER[parcel], size=size))
        self.collect()

    # -- what is so -----------------------------------------------------------

    @property
    def stage(self) -> Stage | None:
        """Where the terminal is."""
        return self.bench.stage

    def at(self, *stages: Stage) -> bool:
        """Whether the terminal is at one of `stages` now."""
        return self.bench.stage in stages

    @property
    def actions(self) -> list[str]:
        """What can be tapped now."""
        return available_actions(self.bench.setup, self.bench.state)

    @property
    def here(self) -> str:
        """The session's compartment."""
        compartment = self.bench.session.compartment
        assert compartment is not None
        return compartment

    @property
    def mine(self) -> str:
        """The session's parcel."""
        parcel = self.bench.session.parcel
        assert parcel is not None
        return parcel

    def in_state(self, *words: str) -> list[str]:
        """Parcels whose record says one of `words`."""
        return [p for p in PARCELS if self.bench.fate(p) in words]

    def doors(self) -> dict[str, DoorState]:
        """What good sensors would read."""
        return {c: DoorState.OPEN if c in self.open else DoorState.CLOSED for c in self.inside}

    def is_behind_a_door(self, parcel: str) -> bool:
        """Whether the parcel is really in the station."""
        return any(parcel in held for held in self.inside.values())

    # -- the shell's part -------------------------------------------------------

    def collect(self) -> None:
        """Take new effects as the shell would."""
        for effect in self.bench.effects[self.seen_effects :]:
            if isinstance(effect, UnlockDoor):
                assert effect.unlock not in self.auditor.pulsed, "an unlock was sent twice"
                self.auditor.pulsed.add(effect.unlock)
                self.waiting = effect
            elif isinstance(effect, SettleUnlock):
                self.waiting = effect
            elif isinstance(effect, CheckPin):
                ok = effect.pin == RIGHT_PIN
                self.bench.send(PinChecked(effect.session, effect.step, effect.staff_id, ok))
        self.seen_effects = len(self.bench.effects)
        self.auditor.read()

    def board_acts(self, outcome: str, *, springs: bool, seen_at_once: bool, sensor: bool = True) -> None:
        """The board answers, the door springs open or not, the time to see it runs out."""
        ask, self.waiting = self.waiting, None
        if ask is None:
            return
        if isinstance(ask, UnlockDoor):
            if springs and outcome != "not_sent":
                self.open.add(ask.compartment)
            self.bench.send(UnlockOutcome(ask.unlock, outcome))
            if sensor and ask.compartment in self.open and seen_at_once:
                self.bench.send(DoorReading(ask.compartment, DoorState.OPEN))
        settled = self.doors()[ask.compartment] if sensor else DoorState.UNKNOWN
        self.bench.send(UnlockSettled(ask.unlock, settled))
        self.collect()

    def closes(self, door: str) -> None:
        """Somebody presses a door shut."""
        self.open.discard(door)
        self.bench.send(DoorReading(door, DoorState.CLOSED))
        self.collect()

    def crash(self, *, pause_s: int, lost_pulse: bool, closed_meanwhile: bool, blind: bool) -> None:
        """The power goes and comes back; `blind` sensors read UNKNOWN then."""
        ask, self.waiting = self.waiting, None
        if isinstance(ask, UnlockDoor) and not lost_pulse:
            self.open.add(ask.compartment)  # the pulse had left before the end
        if closed_meanwhile:
            self.open.clear()
        self.bench.now_ms += pause_s * 1000
        before = len(self.bench.pulses)
        self.bench.state = fold(State(), self.bench.journal)
        self.bench.send(Started({} if blind else self.doors(), "test"))
        assert len(self.bench.pulses) == before, "a restart pulsed a lock"
        self.collect()

    # -- hands --------------------------------------------------------------------

    def sign_in(self, pin: str = RIGHT_PIN) -> None:
        """A courier types id and PIN."""
        self.bench.tap("start_courier")
        self.bench.tap("enter_staff_id", staff_id="1001")
        self.bench.tap("enter_pin", pin=pin)
        self.collect()

    def scan(self, parcel: str) -> None:
        """A label is held before the scanner."""
        self.bench.send(Scan("window", tracking_code(parcel), "C0"))
        self.collect()

    def enter_code(self, parcel: str, *, right: bool) -> None:
        """A recipient types a code."""
        code = self.bench.code(parcel)
        if right and self.bench.fate(parcel) == "STORED":
            self.granted.add(parcel)
        self.bench.tap("start_pickup")
        self.bench.tap("enter_code", code=code if right else f"{(int(code) + 1) % 10**9:09d}")
        self.collect()

    def shows_grant(self, right: Right, ref: str, number: int) -> None:
        """Somebody holds a grant for a parcel (for service, a compartment) before the scanner."""
        grant = self.bench.grant(right, ref, number, not_before_ms=0, expires_at_ms=2**50)
        self.grants.setdefault(grant.key, GRANT_PURPOSES[right])
        if self.grants[grant.key] is GRANT_PURPOSES[right]:
            self.bench.show(grant)
            self.collect()

    def use_open_door(self, *, scans: bool = True, takes_back: bool = False) -> None:
        """The person does at the open door what they came for."""
        purpose, held = self.bench.session.purpose, self.inside[self.here]
        if purpose is Purpose.PICKUP:
            for parcel in [p for p in held if p != STRANGE]:
                assert OWNER[parcel] == OWNER[self.mine], "a parcel reached the wrong person"
                held.remove(parcel)
        elif purpose is Purpose.DEPOSIT:
            self._deposit_into(held, takes_back=takes_back)
        elif purpose is Purpose.RECALL and self.mine in held:
            held.remove(self.mine)
            self.in_hand.add(self.mine)
        if purpose is Purpose.RECALL and scans and self.mine in self.in_hand:
            self.scan(self.mine)

    def _deposit_into(self, held: list[str], *, takes_back: bool) -> None:
        if self.mine in held:
            if takes_back:
                held.remove(self.mine)
        elif held:
            if "not_empty" in self.actions:
                self.declared.add(self.here)
                self.bench.tap("not_empty")
                self.collect()
        elif not self.bench.session.not_empty:
            held.append(self.mine)

    def truths(self) -> list[str]:
        """The answers an honest person may give now."""
        if self.bench.session.purpose is Purpose.SERVICE:
            return self.actions
        behind = self.mine in self.inside[self.here]
        lies = {"done", "missing", "take_back", "other_compartment"} if behind else {"put_back", "confirm_in"}
        if self.mine in self.in_hand:
            lies |= {"missing"}
        if self.bench.session.purpose is Purpose.DEPOSIT and not behind:
            lies |= {"report"}
        return [a for a in self.actions if a not in lies]


class Auditor:
    """Reads each new fact once and holds it against the promises."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.read_up_to = 0
        self.pulsed: set[str] = set()
        self.signed_in: set[tuple[str, str]] = set()
        self.commands: set[str] = set()
        self.gone: set[str] = set()
        self.under_way: ev.UnlockRequested | None = None
        self.shown_in: dict[str, str | None] = {}

    def read(self) -> None:
        """Audit the facts since the last time, then the whole record against what is really there."""
        journal = self.world.bench.journal
        for event, *_ in journal[self.read_up_to :]:
            self._audit(event)
        self.read_up_to = len(journal)
        self._compare_record()

    def _audit(self, event: ev.Event) -> None:
        if isinstance(event, ev.SignedIn):
            self.signed_in.add((event.session, event.staff_id))
        elif isinstance(event, ev.CommandReceived):
            self.commands.add(event.command)
        elif isinstance(event, ev.ParcelPickedUp | ev.ParcelRecalled | ev.ParcelMissing):
            self.gone.add(event.parcel)
        elif isinstance(event, ev.UnlockRequested):
            assert self.under_way is None, "a second door was unlocked"
            self.under_way = event
            self._check_grant(event)
        elif self.under_way is not None and self._ends(event, self.under_way):
            self.under_way = None

    def _check_grant(self, event: ev.UnlockRequested) -> None:
        grant = event.authorisation
        state = self.world.bench.state
        held = state.compartments[event.compartment].held is not None
        if grant.kind == "pickup_code":
            assert grant.ref in self.world.granted
            assert not held and not state.parcels[grant.ref].held, "handed out although held"
        elif grant.kind == "grant":
            assert grant.ref in self.world.bench.state.grants.spent
            assert self.shown_in.setdefault(grant.ref, event.session) == event.session, "opened again later"
            assert self.world.grants[grant.ref] == event.purpose
        elif grant.kind == "courier":
            assert (event.session, grant.ref) in self.signed_in
        else:
            assert grant.kind == "command" and grant.ref in self.commands
        if event.purpose is Purpose.DEPOSIT:
            assert event.compartment not in self.world.declared, "given out although declared occupied"
            parcel = state.compartments[event.compartment].parcel
            assert state.compartments[event.compartment].reserved_for in (None, parcel), "given to another"

    @staticmethod
    def _ends(event: ev.Event, unlock: ev.UnlockRequested) -> bool:
        if isinstance(event, ev.UnlockFailed | ev.UnlockUnknown):
            return event.unlock == unlock.unlock
        if isinstance(event, ev.DoorLeftOpen):
            return event.compartment == unlock.compartment
        return (
            isinstance(event, ev.DoorChanged)
            and event.compartment == unlock.compartment
            and event.door is DoorState.CLOSED
        )

    def _compare_record(self) -> None:
        state = self.world.bench.state
        held: dict[str, str] = {}
        for parcel in state.parcels.values():
            if parcel.compartment is not None:
                assert parcel.compartment not in held, "two parcels in one compartment"
                held[parcel.compartment] = parcel.id
        for key, now in state.compartments.items():
            assert now.parcel == held.get(key)
        session = state.session
        for compartment, parcels in self.world.inside.items():
            for name in parcels:
                known = name == STRANGE or held.get(compartment) == name or name in self.gone
                in_use = session is not None and session.compartment == compartment
                assert known or in_use, f"{name} is in {compartment} and nobody knows"
