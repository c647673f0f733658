"""A station of pure core for tests: sends inputs, keeps the journal, releases effects to nobody."""

from __future__ import annotations

import itertools
from typing import TypeVar

from edge.core import events as ev
from edge.core.codes import derive_code
from edge.core.decide import Decision, decide
from edge.core.effects import ArmTimer, CheckPin, Effect, UnlockDoor
from edge.core.fold import fold
from edge.core.grant_book import Grant, Right, subject_of
from edge.core.inputs import (
    Command,
    DeviceStateChanged,
    DoorReading,
    ExpectParcel,
    GrantPresented,
    Input,
    Moment,
    PinChecked,
    Scan,
    Started,
    Tap,
    Tick,
    TimerFired,
    UnlockOutcome,
    UnlockSettled,
)
from edge.core.model import (
    Compartment,
    DoorState,
    Layout,
    Role,
    Rules,
    Session,
    Setup,
    Size,
    Staff,
    Stage,
    State,
)
from edge.core.orders import ORDERS, Open, Order
from edge.core.view import NOTICE_CODES

E = TypeVar("E")

PEPPER = bytes(range(32))


def make_setup(sizes: str = "SSML", **rules: float) -> Setup:
    """One compartment a letter of `sizes`, a courier 1001 of any carrier and 1002 of `sf` only."""
    compartments = {
        f"a{n:02d}": Compartment(f"a{n:02d}", f"A{n:02d}", "A", Size(s), "b1", n)
        for n, s in enumerate(sizes, 1)
    }
    staff = {
        "1001": Staff("1001", "王建国", Role.COURIER, "*", "scrypt$1$1$1$$"),
        "1002": Staff("1002", "李四", Role.COURIER, "sf", "scrypt$1$1$1$$"),
    }
    return Setup("demo-01", Layout(compartments), Rules(**rules), staff, PEPPER)  # type: ignore[arg-type]


def tracking_code(parcel: str) -> str:
    """The code on the label of a test parcel."""
    return f"TRACK000{parcel.upper()}"


def expected(
    parcel: str, *, size: Size | None = Size.S, consent: bool = True, who: str = "r1"
) -> ExpectParcel:
    """An announcement whose tracking code is derived from the parcel id."""
    return ExpectParcel(parcel, tracking_code(parcel), "ems", who, "张*", "138****5678", size, consent)


class Bench:
    """Inputs in, journal and state out.  `journal` is what a restart folds, `pulses` the unlocks asked."""

    def __init__(self, setup: Setup | None = None) -> None:
        self.setup = setup or make_setup()
        self.state = State()
        self.journal: list[tuple[ev.Event, int, int | None]] = []
        self.effects: list[Effect] = []
        self.pulses: list[UnlockDoor] = []
        self.now_ms = 1_750_000_000_000
        self.booted_ms = self.now_ms
        self.clock = "synced"
        self.timer: ArmTimer | None = None
        self._ids = itertools.count(1)

    def send(self, item: Input) -> Decision:
        """Decide, journal, remember the effects."""
        ids = tuple(f"id-{next(self._ids):05d}" for _ in range(4))
        moment = Moment(self.now_ms, ids, self.clock, self.monotonic_ms)
        before = self.state
        decision = decide(self.setup, before, item, moment)
        facts = [(e, self.now_ms, self.monotonic_ms) for e in decision.events]
        assert fold(before, facts) == decision.state
        self.journal += facts
        self.state = decision.state
        self.effects += decision.effects
        for effect in decision.effects:
            if isinstance(effect, UnlockDoor):
                self.pulses.append(effect)
            elif isinstance(effect, ArmTimer):
                self.timer = effect
        assert self.notice is None or self.notice in NOTICE_CODES, "the page has no text for this"
        return decision

    @property
    def monotonic_ms(self) -> int:
        """The machine's clock: time passes with `now_ms`, apart from `step_clock` and `reboot`."""
        return self.now_ms - self.booted_ms

    def step_clock(self, by_ms: int) -> None:
        """The wall clock is set; no time passes."""
        self.now_ms += by_ms
        self.booted_ms += by_ms

    def reboot(self, off_ms: int = 0) -> Decision:
        """The machine is off for a while and comes up."""
        self.now_ms += off_ms
        self.booted_ms = self.now_ms
        return self.restart()

    def start(self, **doors: DoorState) -> Decision:
        """Come up with every door closed but those named."""
        closed = dict.fromkeys(self.setup.layout.compartments, DoorState.CLOSED)
        return self.send(Started(closed | doors, "test"))

    def restart(self, **doors: DoorState) -> Decision:
        """Lose the memory, fold the journal, come up again."""
        self.state = fold(State(), self.journal)
        self.timer = None
        return self.start(**doors)

    def tap(self, action: str, **fields: object) -> Decision:
        """Touch the screen."""
        return self.send(Tap(action, **fields))  # type: ignore[arg-type]

    def time_out(self) -> Decision:
        """Let the armed timer fire."""
        assert self.timer is not None
        self.now_ms += int(self.timer.seconds * 1000)
        return self.send(TimerFired(self.timer.session, self.timer.step))

    def door_opens(self, compartment: str | None = None) -> Decision:
        """The board acknowledges the last pulse and the door springs open."""
        pulse = self.pulses[-1]
        self.send(UnlockOutcome(pulse.unlock, "acknowledged"))
        return self.send(DoorReading(compartment or pulse.compartment, DoorState.OPEN))

    def door_closes(self) -> Decision:
        """The door of the last pulse is pressed shut."""
        return self.send(DoorReading(self.pulses[-1].compartment, DoorState.CLOSED))

    def door_stays_closed(self, outcome: str = "acknowledged") -> Decision:
        """The detection time is over and nothing moved."""
        pulse = self.pulses[-1]
        self.send(UnlockOutcome(pulse.unlock, outcome))
        return self.send(UnlockSettled(pulse.unlock, DoorState.CLOSED))

    def sign_in(self, staff_id: str = "1001", *, ok: bool = True) -> Decision:
        """Go through id and PIN."""
        self.tap("start_courier")
        self.tap("enter_staff_id", staff_id=staff_id)
        self.tap("enter_pin", pin="246810")
        check = self.last_effect(CheckPin)
        return self.send(PinChecked(check.session, check.step, check.staff_id, ok))

    def deposit(self, parcel: str, **announced: object) -> str:
        """Announce and deposit one parcel whole, signed in before or not; returns its compartment."""
        self.send(expected(parcel, **announced))  # type: ignore[arg-type]
        if self.state.session is None:
            self.sign_in()
        if self.stage is Stage.COURIER_MENU:
            self.tap("start_deposit")
        self.send(Scan("window", tracking_code(parcel), "C0"))
        self.door_opens()
        self.door_closes()
        self.tap("confirm_in")
        compartment = self.state.parcels[parcel].compartment
        assert compartment is not None
        return compartment

    def place(self, parcel: str, **announced: object) -> str:
        """Announce, sign in and scan, so that a pulse is asked for; returns the compartment."""
        self.send(expected(parcel, **announced))  # type: ignore[arg-type]
        self.sign_in()
        self.tap("start_deposit")
        self.send(Scan("window", tracking_code(parcel), "C0"))
        return self.pulses[-1].compartment

    def stored(self, parcel: str, **announced: object) -> str:
        """Deposit and sign out: the terminal is at home again; returns the pickup code."""
        self.deposit(parcel, **announced)
        self.tap("back")
        self.tap("sign_out")
        return self.code(parcel)

    def enter(self, code: str) -> Decision:
        """Step up and type a pickup code."""
        self.tap("start_pickup")
        return self.tap("enter_code", code=code)

    def send_scan(self, parcel: str) -> Decision:
        """Hold the parcel's label before the scanner."""
        return self.send(Scan("window", tracking_code(parcel), "C0"))

    def send_device(self, device: str, *, online: bool) -> Decision:
        """A device is lost or back."""
        return self.send(DeviceStateChanged(device, online, "" if online else "port gone"))

    def deposit_refused(self, parcel: str) -> None:
        """From the menu, announce and scan a parcel that must not be taken."""
        self.send(expected(parcel))
        self.tap("start_deposit")
        pulses = len(self.pulses)
        self.send_scan(parcel)
        assert len(self.pulses) == pulses

    def expire_all(self) -> None:
        """Let the holding period of everything inside run out."""
        self.now_ms += int(self.setup.rules.holding_period_s * 1000)
        self.send(Tick())

    def recall(self, parcel: str) -> str:
        """Deposit, expire, sign in and ask for the parcel's door; returns its compartment."""
        self.stored(parcel)
        self.expire_all()
        self.sign_in()
        self.tap("start_recall")
        self.tap("recall_next")
        return self.pulses[-1].compartment

    def order(self, data: Order, command: str = "c1", **changes: object) -> Command:
        """A good command of now, apart from `changes`."""
        fields: dict[str, object] = {
            "verb": next(verb for verb, form in ORDERS.items() if isinstance(data, form)),
            "reply_to": "rsp/console",
            "correlation_id": "k1",
            "expires_at_ms": self.now_ms + 20_000,
            "issued_at_ms": self.now_ms,
            "data": data,
        }
        return Command(id=command, **(fields | changes))  # type: ignore[arg-type]

    def open_command(
        self,
        compartment: str = "a01",
        command: str = "c1",
        operator: str = "op",
        reason: str = "help call",
        **changes: object,
    ) -> Command:
        """A good remote opening of now, apart from `changes`."""
        return self.order(Open(compartment, operator, reason), command, **changes)

    def grant(self, right: Right, ref: str, number: int = 1, **changes: object) -> Grant:
        """A good grant of now for a parcel (for service, a compartment), apart from `changes`."""
        fields: dict[str, object] = {
            "subject": subject_of("compartment" if right is Right.SERVICE else "parcel", ref),
            "not_before_ms": self.now_ms - 60_000,
            "expires_at_ms": self.now_ms + 24 * 3_600_000,
            "epoch": 0,
            "single_use": True,
            "delegable": True,
        }
        return Grant(key=f"7-{number:010x}", right=right, **(fields | changes))  # type: ignore[arg-type]

    def show(self, grant: Grant, delegate: str = "") -> Decision:
        """Hold the grant before the scanner."""
        return self.send(GrantPresented("window", grant, delegate=delegate))

    def code(self, parcel: str) -> str:
        """The pickup code the recipient got."""
        nonce = self.state.parcels[parcel].code_nonce
        return derive_code(PEPPER, self.setup.station_id, parcel, nonce)

    @property
    def session(self) -> Session:
        """The running session."""
        assert self.state.session is not None
        return self.state.session

    @property
    def stage(self) -> Stage | None:
        """The session's stage, None at home."""
        return self.state.session.stage if self.state.session is not None else None

    def at(self, stage: Stage | None) -> bool:
        """Whether the session is at `stage` now; type checkers narrow the property after a first look."""
        return self.stage is stage

    def fate(self, parcel: str) -> str:
        """The state of a parcel as its word."""
        return self.state.parcels[parcel].state.value

    @property
    def notice(self) -> str | None:
        """The notice's code on the screen now."""
        notice = self.state.session.notice if self.state.session is not None else self.state.farewell
        return notice.code if notice is not None else None

    def last_effect(self, kind: type[E]) -> E:
        """The newest effect of a kind."""
        return next(e for e in reversed(self.effects) if isinstance(e, kind))

    def events(self, kind: type[E]) -> list[E]:
        """All journaled facts of a kind."""
        return [e for e, *_ in self.journal if isinstance(e, kind)]
