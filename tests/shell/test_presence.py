"""Presence by condition: problems are told at once, and nothing that flaps makes it flap."""

from __future__ import annotations

import asyncio

import pytest

from edge.core.model import JobRecord, State
from edge.shell.presence import DISK_LOW_BYTES, HOLD_S, READY, Condition, PresenceWatch, problems
from tests.support.virtual_time import VirtualClock, run_virtual


@pytest.mark.parametrize(
    ("lost", "clock", "disk", "found"),
    [
        ({}, "synced", 10**12, set()),
        ({}, "holdover", None, set()),
        ({"board-a1": "x"}, "synced", None, {"board-a1"}),
        (
            {"printer-label": "x", "scanner-window": "y"},
            "unset",
            DISK_LOW_BYTES - 1,
            {"printer-label", "scanner-window", "clock", "disk"},
        ),
    ],
)
def test_what_counts_as_a_problem(
    lost: dict[str, str], clock: str, disk: int | None, found: set[str]
) -> None:
    assert problems(State(lost_devices=lost), clock, disk) == found


def test_a_problem_is_told_at_once_and_stays_until_it_was_away_for_a_while() -> None:
    async def main() -> None:
        watch = PresenceWatch(VirtualClock())
        assert watch.look([], State()) == READY
        assert watch.look(["board-a1"], State()) == Condition("degraded", "board-a1")
        await asyncio.sleep(HOLD_S - 1)
        assert watch.look([], State()).state == "degraded"
        await asyncio.sleep(2)
        assert watch.look([], State()) == READY

    run_virtual(main)


def test_a_device_that_comes_and_goes_for_an_hour_changes_presence_twice() -> None:
    async def main() -> None:
        watch = PresenceWatch(VirtualClock())
        seen = [READY]
        for second in range(3600):
            now = watch.look(["scanner-window"] if second % 7 < 3 else [], State())
            if now != seen[-1]:
                seen.append(now)
            await asyncio.sleep(1)
        await asyncio.sleep(HOLD_S)
        seen.append(watch.look([], State()))
        assert [each.state for each in seen] == ["ready", "degraded", "ready"]

    run_virtual(main)


def test_an_update_goes_before_any_problem_and_names_its_version() -> None:
    async def main() -> None:
        job = JobRecord("j", "update", "running", parameters={"version": "2.0"})
        watch = PresenceWatch(VirtualClock())
        assert watch.look(["disk"], State(jobs={"j": job})) == Condition("updating", "2.0")
        assert watch.look(["disk"], State()) == Condition("degraded", "disk")

    run_virtual(main)
