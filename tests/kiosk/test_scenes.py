"""The scenes are what a station really sends: their buttons are those of the core's own tables."""

from __future__ import annotations

import pytest

from edge.core.decide import available_actions
from edge.core.model import Layout, Purpose, Rules, Session, SessionKind, Setup, Stage, State
from edge.core.step_tables import TAPS
from edge.core.view import View
from tests.kiosk.scenes import SCENES, SPENT

RULES = Rules()
ALL = SCENES | SPENT
SHUT = ("out_of_order",)
"""Screens that are no stage of the core: the shell shows them when it cannot serve."""


def state_behind(view: View) -> State:
    """Build the state a view claims to show, from what a person cannot choose: what is used up."""
    if view.screen == "home":
        return State()
    left = view.counts.get("unlocks_left", RULES.max_unlocks_per_visit)
    return State(
        session=Session(
            id="s",
            kind=SessionKind.COURIER if view.staff else SessionKind.PICKUP,
            stage=Stage(view.screen),
            step=1,
            seconds=60.0,
            started_at_ms=0,
            purpose=Purpose(view.purpose) if view.purpose else None,
            parcel="p1" if view.parcel or "print_receipt" in view.actions else None,
            unlocks=RULES.max_unlocks_per_visit - left,
            extends=0 if "extend" in view.actions else RULES.max_extends,
            not_empty="not_empty" not in view.actions,
            was_open="report" in view.actions,
        )
    )


@pytest.mark.parametrize("name", [name for name in ALL if ALL[name].screen not in SHUT])
def test_a_scene_has_the_actions_of_its_place_less_those_used_up(name: str) -> None:
    setup = Setup("demo-01", Layout({}), RULES, {}, b"")

    assert sorted(ALL[name].actions) == sorted(available_actions(setup, state_behind(ALL[name])))


def test_every_place_has_a_scene_with_all_its_actions() -> None:
    whole = {(view.screen, view.purpose): set[str]() for view in SCENES.values() if view.screen not in SHUT}
    for view in SCENES.values():
        if view.screen not in SHUT:
            whole[view.screen, view.purpose] |= set(view.actions)

    assert whole == {
        (stage.value if stage else "home", purpose.value if purpose else None): set(taps)
        for (stage, purpose), taps in TAPS.items()
    }
