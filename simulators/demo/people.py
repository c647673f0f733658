"""People at the station: they look at the screen, use their hands, and go on from whatever they see.

A visit is a policy, not a script: each step looks at the present screen, so
that a restart in the middle confuses nobody more than it would a person.
What they do with their hands happens in the simulated world, never in the
service.
"""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from simulators.demo.screen import Screen, View
from simulators.demo.station_file import COURIER_ID, COURIER_PIN
from simulators.world import SimParcel, World

__all__ = ["Courier", "Person", "Recipient", "ScanSymbol", "Tally"]

ScanSymbol = Callable[[str, str], Awaitable[None]]
"""Holds a symbol before the scanner: text and AIM identifier."""

LOOK_AGAIN_S: Final = 1.5
"""How long a person waits for the screen to change before trying again."""

PUSH_AGAIN_S: Final = 0.05

TYPE_CODE_S: Final = 0.5
"""Nine digits on a keypad, by a very quick hand."""

VISIT_S: Final = 120.0
"""Nobody stands there longer; a visit that takes it has failed."""

FINISHED_NOTICES: Final = frozenset({"CODE_USED", "CODE_EXPIRED"})


@dataclass(slots=True)
class Tally:
    """What the judge needs from people: right codes given, who carried off what, what they were told."""

    code_given_s: dict[str, float] = field(default_factory=dict)
    carried_off: list[tuple[str, SimParcel]] = field(default_factory=list)
    notices: dict[str, int] = field(default_factory=dict)

    def told(self, view: View) -> None:
        """Count the notice on a screen."""
        notice = view.get("notice")
        if notice:
            self.notices[notice["code"]] = self.notices.get(notice["code"], 0) + 1


class Person(ABC):
    """Eyes, finger, hands and a pace."""

    def __init__(self, screen: Screen, world: World, rng: random.Random, tally: Tally, pace_s: float) -> None:
        self.screen = screen
        self.world = world
        self.rng = rng
        self.tally = tally
        self._pace_s = pace_s
        self._shown = -1

    async def pause(self) -> None:
        """As long as a hand takes, give or take."""
        await asyncio.sleep(self._pace_s * self.rng.uniform(0.5, 1.5))

    async def visit(self) -> bool:
        """Stand at the terminal until done; True when the person got what they came for."""
        try:
            async with asyncio.timeout(VISIT_S):
                while True:
                    if not await self.screen.until_reachable(30.0):
                        return False
                    view = self.screen.view
                    if view is None:
                        continue
                    if view["rev"] != self._shown:
                        self._shown = view["rev"]
                        self.tally.told(view)
                    done = await self.step(view)
                    if done is not None:
                        return done
        except TimeoutError:
            return False

    @abstractmethod
    async def step(self, view: View) -> bool | None:
        """One look and what follows from it; True or False ends the visit."""

    async def change(self, view: View, within_s: float = LOOK_AGAIN_S) -> None:
        """Wait for another screen than this one."""
        seen = view["rev"]
        await self.screen.until(lambda now: now is None or now["rev"] != seen, within_s)

    async def tap(self, view: View, action: str, **fields: Any) -> None:
        """Touch and wait for the screen to follow."""
        if await self.screen.tap(action, **fields):
            await self.change(view)
        else:
            await asyncio.sleep(0.05)

    def offered(self, view: View, *actions: str) -> str | None:
        """The first of `actions` that the screen offers."""
        return next((action for action in actions if action in view["actions"]), None)

    async def or_wait(self, view: View, action: str | None) -> None:
        """Touch what is offered, or wait for another screen."""
        if action is None:
            await self.change(view)
        else:
            await self.tap(view, action)

    async def close_door(self, compartment: str) -> None:
        """Press the door shut if it stands open; it does not catch while the coil is still energised."""
        if self.world.door_is_open(compartment):
            await self.pause()
        while self.world.door_is_open(compartment) and not self.world.close_door(compartment):
            await asyncio.sleep(PUSH_AGAIN_S)


def _compartment(view: View) -> str:
    return str(view["compartment"]["number"]).lower()


class Recipient(Person):
    """Comes with a code for one parcel and takes home what is theirs to open."""

    def __init__(
        self,
        screen: Screen,
        world: World,
        rng: random.Random,
        tally: Tally,
        pace_s: float,
        *,
        name: str,
        tracking_code: str,
        code: str,
        scan: ScanSymbol,
    ) -> None:
        super().__init__(screen, world, rng, tally, pace_s)
        self.name = name
        self.tracking_code = tracking_code
        self.code = code
        self._scan = scan
        self.mistypes = 0
        self.uses_qr = False
        self.grant = ""
        self.reopens = False
        self.refuses = False
        self.taken: list[SimParcel] = []
        self._put_back = False

    @property
    def has_it(self) -> bool:
        """True with the parcel in hand."""
        return any(p.tracking_code == self.tracking_code for p in self.taken)

    @property
    def _satisfied(self) -> bool:
        return self._put_back if self.refuses else self.has_it

    async def step(self, view: View) -> bool | None:
        """See `Person.step`."""
        match view["screen"]:
            case "home":
                if self._satisfied:
                    return True
                await self._begin(view)
            case "pickup_code":
                return await self._at_code(view)
            case "door_open":
                await self._at_open_door(view)
            case "pickup_done":
                await self._after_closing(view)
            case "door_failed":
                action = self.offered(view, "retry", "report")
                await self.or_wait(view, action)
            case _:
                await self.change(view)
        return None

    async def _begin(self, view: View) -> None:
        await self.pause()
        if self.grant:
            # Shown once; should the service die over it, the code is what is left.
            text, self.grant = self.grant, ""
            self._note_code_given()
            await self._scan(text, "Q1")
            await self.change(view)
        elif self.uses_qr and not self.mistypes:
            await asyncio.sleep(TYPE_CODE_S)
            self._note_code_given()
            await self._scan(f"PHP:{self.code}", "Q1")
            await self.change(view)
        else:
            await self.tap(view, "start_pickup")

    async def _at_code(self, view: View) -> bool | None:
        notice = (view.get("notice") or {}).get("code")
        if self._satisfied or notice in FINISHED_NOTICES:
            await self.tap(view, "cancel")
            return None if self._satisfied else False
        await self.pause()
        await asyncio.sleep(TYPE_CODE_S)
        code = self.code
        if self.mistypes:
            self.mistypes -= 1
            code = code[:-1] + str((int(code[-1]) + self.rng.randint(1, 9)) % 10)
        else:
            self._note_code_given()
        await self.tap(view, "enter_code", code=code)
        return None

    def _note_code_given(self) -> None:
        self.tally.code_given_s[self.tracking_code] = asyncio.get_running_loop().time()

    async def _at_open_door(self, view: View) -> None:
        compartment = _compartment(view)
        if not self.world.door_is_open(compartment):
            await self.change(view)
            return
        await self.pause()
        if not self.world.door_is_open(compartment):
            return
        if not self.refuses and not self.reopens:
            # Everything that lies there: a person does not read labels. The judge sees whose it was.
            out = self.world.take(compartment)
            self.tally.carried_off += [(self.name, parcel) for parcel in out]
            self.taken += out
        self._put_back = self.refuses
        self.reopens = False
        await self.close_door(compartment)
        await self.change(view)

    async def _after_closing(self, view: View) -> None:
        await self.pause()
        if self.refuses and "put_back" in view["actions"]:
            self._put_back = True
            await self.tap(view, "put_back")
        elif not self.has_it and "reopen" in view["actions"]:
            await self.tap(view, "reopen")
        else:
            await self.tap(view, "done")


class Courier(Person):
    """Signs in, puts parcels in, takes back what is due, signs out."""

    def __init__(
        self, screen: Screen, world: World, rng: random.Random, tally: Tally, pace_s: float, scan: ScanSymbol
    ) -> None:
        super().__init__(screen, world, rng, tally, pace_s)
        self._scan = scan
        self.in_hand: dict[str, SimParcel] = {}
        self.symbols: dict[str, tuple[str, str]] = {}
        self.refused: dict[str, str] = {}
        self.recalled: list[SimParcel] = []
        self.recalls = False
        self._offered: str | None = None
        self._scanned = ""
        self._tried = 0

    def load(self, parcel: SimParcel, identifier: str = "C0") -> None:
        """Give the courier a parcel to deposit."""
        self.in_hand[parcel.tracking_code] = parcel
        self.symbols[parcel.tracking_code] = (parcel.tracking_code, identifier)

    async def step(self, view: View) -> bool | None:
        """See `Person.step`."""
        match view["screen"]:
            case "home":
                if not self.in_hand and not self.recalls:
                    return True
                await self.pause()
                await self.tap(view, "start_courier")
            case "courier_id":
                await self.tap(view, "enter_staff_id", staff_id=COURIER_ID)
            case "courier_pin":
                await self.tap(view, "enter_pin", pin=COURIER_PIN)
            case "courier_menu":
                await self._choose(view)
            case "deposit_scan":
                await self._offer(view)
            case "deposit_size":
                await self._choose_size(view)
            case "door_open":
                await self._at_open_door(view)
            case "deposit_confirm":
                await self._confirm(view)
            case "door_failed":
                await self.or_wait(view, self.offered(view, "retry", "other_compartment", "report"))
            case "recall_list":
                await self.tap(view, "recall_next" if self.recalls else "back")
            case "recall_confirm":
                await self._confirm_recall(view)
            case "pickup_code":
                await self.tap(view, "cancel")
            case _:
                await self.change(view)
        return None

    async def _choose(self, view: View) -> None:
        await self.pause()
        if self.in_hand:
            await self.tap(view, "start_deposit")
        elif self.recalls and view["counts"].get("expired", 0):
            await self.tap(view, "start_recall")
        else:
            self.recalls = False
            await self.tap(view, "sign_out")

    async def _offer(self, view: View) -> None:
        notice = (view.get("notice") or {}).get("code")
        if self._offered is not None and notice is not None and self._offered in self.in_hand:
            self._answered(self._offered, notice)
        self._offered = None
        if not self.in_hand:
            await self.tap(view, "back")
            return
        await self.pause()
        self._offered = next(iter(self.in_hand))
        self._scanned = self._offered
        text, identifier = self.symbols[self._offered]
        await self._scan(text, identifier)
        await self.change(view)

    def _answered(self, tracking_code: str, notice: str) -> None:
        """The station said no to this parcel; the courier keeps it and remembers why."""
        if notice in ("DEPOSITED", "RESTARTED", "PRINTING", "PRINTER_UNAVAILABLE", "PRINTER_OUT_OF_PAPER"):
            return
        if notice in ("DOOR_BUSY", "RELEASED") and self._tried < 3:
            self._tried += 1
            return
        self._tried = 0
        self.refused[tracking_code] = notice
        del self.in_hand[tracking_code]

    async def _choose_size(self, view: View) -> None:
        await self.pause()
        for size in ("S", "M", "L", "XL"):
            if view["counts"].get(f"free_{size}", 0):
                await self.tap(view, "choose_size", size=size)
                return
        await self.tap(view, "back")

    async def _at_open_door(self, view: View) -> None:
        compartment = _compartment(view)
        if not self.world.door_is_open(compartment):
            await self.change(view)
            return
        await self.pause()
        if not self.world.door_is_open(compartment):
            return
        if view["purpose"] == "recall":
            await self._take_out(view, compartment)
        else:
            await self._put_in(view, compartment)

    async def _put_in(self, view: View, compartment: str) -> None:
        """The parcel is the one just scanned: the screen may show its code in another form than the label."""
        inside = [p.tracking_code for p in self.world.parcels(compartment)]
        if any(code != self._scanned for code in inside) and "not_empty" in view["actions"]:
            await self.tap(view, "not_empty")
        elif self._scanned in self.in_hand and not inside:
            self.world.put(compartment, self.in_hand.pop(self._scanned))
        await self.close_door(compartment)
        await self.change(view)

    async def _take_out(self, view: View, compartment: str) -> None:
        out = self.world.take(compartment)
        if out:
            self.recalled += out
            self._scanned = out[-1].tracking_code
            await self._scan(self._scanned, "C0")
            await self.change(view)
        await self.close_door(compartment)
        await self.change(self.screen.view or view)

    async def _confirm(self, view: View) -> None:
        await self.pause()
        if self.world.parcels(_compartment(view)):
            await self.tap(view, "confirm_in")
        else:
            await self.or_wait(view, self.offered(view, "reopen", "other_compartment", "take_back"))

    async def _confirm_recall(self, view: View) -> None:
        await self.pause()
        if any(p.tracking_code == self._scanned for p in self.recalled):
            await self._scan(self._scanned, "C0")
            await self.change(view)
        else:
            await self.or_wait(view, self.offered(view, "reopen", "missing"))
