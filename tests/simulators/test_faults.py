from __future__ import annotations

import asyncio
import json

import pytest

from simulators.faults import FAULTS, ActiveFault, FaultError, FaultMenu, FaultStep
from tests.support.virtual_time import run_virtual

TARGETS = {
    "line": ["l1"],
    "board": ["b1", "b2"],
    "compartment": ["c1"],
    "scanner": ["s1"],
    "printer": ["p1"],
    "camera": ["k1"],
}


def menu(seed: int = 0) -> FaultMenu:
    return FaultMenu(seed, TARGETS)  # type: ignore[arg-type]  # literal keys in a plain dict


def test_a_counted_fault_ends_itself_with_its_last_strike() -> None:
    faults = menu()
    faults.inject("no_answer", "b1", n=2)
    assert faults.strike("no_answer", "b2") is None
    assert faults.strike("no_answer", "b1") is not None
    assert faults.find("no_answer", "b1") is not None
    assert faults.strike("no_answer", "b1") is not None
    assert faults.strike("no_answer", "b1") is None
    assert faults.active() == []


def test_n_zero_stays_until_cleared() -> None:
    faults = menu()
    faults.inject("door_stuck", "c1")
    assert all(faults.strike("door_stuck", "c1") for _ in range(100))
    assert faults.clear("door_stuck", "c1")
    assert not faults.clear("door_stuck", "c1")


@pytest.mark.parametrize(
    ("name", "target", "params", "said"),
    [
        ("door_stock", "c1", {}, "no fault 'door_stock'"),
        ("door_stuck", "c2", {}, "'c2' is not one of c1"),
        ("paper_out", "b1", {}, "needs a printer"),
        ("late_reply", "b1", {"delay": 1}, "no parameter 'delay'; it has n, delay_s"),
        ("no_answer", "b1", {"n": -1}, "n is -1"),
    ],
)
def test_what_is_not_on_the_menu_is_said(name: str, target: str, params: dict[str, float], said: str) -> None:
    with pytest.raises(FaultError, match=said):
        menu().inject(name, target, **params)


def test_watchers_hear_of_beginnings_and_ends() -> None:
    faults, heard = menu(), list[tuple[str, str, bool]]()

    def watch(fault: ActiveFault, began: bool) -> None:
        heard.append((fault.name, fault.target, began))

    unsubscribe = faults.subscribe(watch)
    faults.inject("no_answer", "b1")
    faults.strike("no_answer", "b1")
    faults.inject("head_open", "p1")
    unsubscribe()
    faults.clear_all()
    assert heard == [("no_answer", "b1", True), ("no_answer", "b1", False), ("head_open", "p1", True)]
    assert faults.active() == []


def test_the_menu_describes_itself_in_json() -> None:
    described = json.loads(json.dumps(menu().describe()))
    assert [each["name"] for each in described] == list(FAULTS)
    assert all(each["summary"] and each["targets"] for each in described)
    late = next(each for each in described if each["name"] == "late_reply")
    assert (late["targets"], late["params"]) == (["b1", "b2"], {"n": 1, "delay_s": 1.5})


def test_a_place_without_cameras_does_not_offer_to_break_them() -> None:
    cabinet = FaultMenu(0, {"line": ["l1"], "scanner": []})
    assert {each["target"] for each in cabinet.describe()} == {"line", "scanner"}


def test_a_days_bad_luck_is_the_same_for_the_same_seed() -> None:
    first = menu().script(7, 86_400)
    assert first == menu().script(7, 86_400)
    assert first != menu().script(8, 86_400)
    assert len(first) > 1_000
    assert all(0 <= step.at_s <= 86_400 for step in first)
    assert {step.name for step in menu().script(7, 86_400, names=["paper_out"])} == {"paper_out"}


def test_a_script_is_played_in_time_and_leaves_nothing_broken() -> None:
    heard: list[tuple[float, str, bool]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        faults = menu()
        faults.subscribe(lambda fault, began: heard.append((loop.time(), fault.name, began)))
        await faults.play(
            [
                FaultStep(30.0, "clear", "head_open", "p1"),
                FaultStep(10.0, "inject", "head_open", "p1"),
                FaultStep(20.0, "inject", "late_reply", "b1", {"delay_s": 3.0}),
                FaultStep(40.0, "clear", "late_reply", "b1"),
            ]
        )
        assert faults.active() == []

    run_virtual(main)
    assert heard == [
        (10.0, "head_open", True),
        (20.0, "late_reply", True),
        (30.0, "head_open", False),
        (40.0, "late_reply", False),
    ]
