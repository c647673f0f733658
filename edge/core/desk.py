"""The working place of one decision: collects events and effects and shows the state as it will be.

A `Desk` lives for one call of `decide`.  It is the only mutable thing in the
core, and nobody outside sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edge.core import events as ev
from edge.core.effects import ArmTimer, Effect
from edge.core.elapsed import elapsed_ms
from edge.core.fold import apply
from edge.core.inputs import Moment
from edge.core.model import Notice, Purpose, Rules, Session, Setup, Stage, State

__all__ = ["Desk", "PurposeTable", "notice"]

_KEPT_FIELDS = (
    "purpose",
    "parcel",
    "compartment",
    "staff_id",
    "unlocks",
    "scanned_out",
    "not_empty",
    "doubt",
    "failure",
    "was_open",
    "done",
    "grant",
)


@dataclass(frozen=True, slots=True)
class PurposeTable:
    """What a purpose does when the session's door closes or is left open; `after_close` asks how it went.

    `closed_unseen` is for a door found closed at a start, and never asks for a pulse.
    """

    closed: Callable[[Desk], None]
    closed_unseen: Callable[[Desk], None]
    left_open: Callable[[Desk], None]
    after_close: Stage


class Desk:
    """Events so far, effects so far, and the state after those events."""

    def __init__(
        self, setup: Setup, state: State, moment: Moment, purposes: Mapping[Purpose, PurposeTable]
    ) -> None:
        self.setup = setup
        self.purposes = purposes
        self.state = state
        self.events: list[ev.Event] = []
        self.effects: list[Effect] = []
        self._moment = moment
        self._ids = iter(moment.ids)

    @property
    def now_ms(self) -> int:
        """Wall time of this decision: for records and for what people were told, never for a duration."""
        return self._moment.wall_ms

    @property
    def elapsed_ms(self) -> int:
        """Station time of this decision: what durations are measured in (`edge.core.elapsed`)."""
        return elapsed_ms(self.state, self._moment.wall_ms, self._moment.monotonic_ms)

    @property
    def clock(self) -> str:
        """How far `now_ms` can be trusted: synced, holdover or unset."""
        return self._moment.clock

    @property
    def rules(self) -> Rules:
        """The operator's numbers."""
        return self.setup.rules

    @property
    def session(self) -> Session:
        """The running session.  Only for code reached through a session's table."""
        session = self.state.session
        if session is None:
            raise LookupError("no session is running")
        return session

    def new_id(self) -> str:
        """A fresh id; `Moment.ids` holds enough for any one decision (a test counts)."""
        return next(self._ids)

    def emit(self, event: ev.Event) -> None:
        """Record a fact; the state moves at once."""
        self.events.append(event)
        self.state = apply(self.state, event, self.now_ms, self._moment.monotonic_ms)

    def ask(self, effect: Effect) -> None:
        """Ask for an effect, released after the facts are durable."""
        self.effects.append(effect)

    def advance(self, stage: Stage, seconds: float, *, notice: Notice | None = None, **changes: Any) -> None:
        """Move the session to `stage` for `seconds`; `changes` are fields of `Session`.

        Notice and extensions are cleared unless given.
        """
        now = self.session
        fields: dict[str, Any] = {name: getattr(now, name) for name in _KEPT_FIELDS}
        fields |= {"extends": 0} | changes
        self.emit(ev.SessionAdvanced(session=now.id, stage=stage, seconds=seconds, notice=notice, **fields))
        self.arm()

    def arm(self) -> None:
        """(Re)start the timer of the present step."""
        now = self.session
        self.ask(ArmTimer(session=now.id, step=now.step, seconds=now.seconds))

    def stay(self, notice: Notice) -> None:
        """Same stage, same length, another notice."""
        self.advance(self.session.stage, self.session.seconds, notice=notice, extends=self.session.extends)

    def end(self, reason: str, notice: Notice | None = None) -> None:
        """The session is over."""
        self.emit(ev.SessionEnded(session=self.session.id, reason=reason, notice=notice))

    def refuse(self, source: str, reason: str, detail: str = "", document: str = "") -> None:
        """Record that an input was refused and do nothing else.  `detail` is cut to 120 characters."""
        self.emit(ev.InputRefused(source=source, reason=reason, detail=detail[:120], document=document))


def notice(code: str, **params: str | int) -> Notice:
    """A notice with its parameters."""
    return Notice(code=str(code), params=params)
