"""Stops, kills and starts of the real service around a parcel."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from simulators.world import SimParcel, WorldEvent
from tests.station.town import Town, parcel, town, until
from tests.support.patience import PATIENCE_S


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_ends_with_0_and_says_good_bye(tmp_path: Path, sign: signal.Signals) -> None:
    async with town(tmp_path) as place:
        await until(lambda: place.backend.station(place.station).state == "ready", what="presence")
        os.kill(place.service.pid, sign)
        assert await place.service.ended() == 0
        await until(lambda: place.backend.station(place.station).state == "disconnected", what="the good-bye")
        assert "Traceback" not in place.service.log()


async def test_a_stop_in_the_middle_of_a_visit_is_quick_and_the_visit_goes_on_after_the_start(
    tmp_path: Path,
) -> None:
    async with town(tmp_path) as place:
        await place.sign_in()
        assert await place.service.stop() == 0
        await until(lambda: place.screen.view is None)
        await place.start_service()
        view = await place.shows("courier_menu")
        assert view["notice"]["code"] == "RESTARTED"


def kill_at_first_pulse(place: Town) -> None:
    """SIGKILL between the last byte of the unlock and whatever the service would do next."""
    killed: list[str] = []

    def watch(event: WorldEvent) -> None:
        if event.kind == "pulse" and not killed:
            killed.append(event.compartment)
            os.kill(place.service.pid, signal.SIGKILL)

    place.world.subscribe(watch)


async def begin_deposit(place: Town, row: dict[str, Any]) -> None:
    """Up to the moment in which the door is asked to open."""
    await place.announce(row)
    await place.sign_in()
    await place.tap("courier_menu", "start_deposit")
    await place.shows("deposit_scan")
    await place.scan(row["tracking_code"])


async def test_a_kill_in_the_middle_of_an_unlock_goes_on_without_a_second_pulse(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        row = parcel()
        kill_at_first_pulse(place)
        await begin_deposit(place, row)
        assert await place.service.ended() == -signal.SIGKILL
        [request] = place.facts("door.unlock-requested")
        where = request["compartment"]
        assert place.facts("door.unlock-actuated") == [], "killed before the outcome was recorded"

        await until(lambda: place.screen.view is None)
        await place.start_service()
        view = await place.shows("door_open")
        assert view["compartment"]["number"].lower() == where
        place.world.put(where, SimParcel(row["tracking_code"], "r1"))
        await place.close(where)
        await place.tap("deposit_confirm", "confirm_in")
        await place.shows("deposit_scan")

        assert place.world.pulses(where) == 1
        assert place.pulses() == 1
        assert len(place.facts("door.unlock-requested")) == 1
        assert [fact["compartment"] for fact in place.facts("parcel.deposited")] == [where]
        await place.drained()


async def test_a_door_that_stayed_shut_over_a_kill_is_not_pulsed_again_by_itself(tmp_path: Path) -> None:
    """Nobody knows what the pulse did, feedback says closed: a person decides what comes next."""
    async with town(tmp_path) as place:
        row = parcel()
        for compartment in place.world.plan.compartments:
            place.faults.inject("door_stuck", compartment.id)
        kill_at_first_pulse(place)
        await begin_deposit(place, row)
        await place.service.ended()
        await until(lambda: place.screen.view is None)
        await place.start_service()
        view = await place.shows("deposit_confirm", "door_failed")
        assert place.pulses() == 1
        assert "reopen" in view["actions"] or "retry" in view["actions"]
        assert place.facts("parcel.deposited") == []
        await place.drained()


async def test_facts_recorded_while_the_broker_is_away_arrive_once_and_in_order(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        row = parcel()
        await place.announce(row)
        await place.broker.stop()
        assert await asyncio.wait_for(place.courier(row).visit(), PATIENCE_S)
        await place.recorded("parcel.deposited")
        await place.service.kill()
        await until(lambda: not place.backend.connected)
        await place.broker.start()
        # What is sent before the backend listens waits for the station's patience with acknowledgements.
        await until(lambda: place.backend.connected)
        await until(lambda: place.screen.view is None)
        await place.start_service()
        await until(lambda: any(m.code for m in place.backend.messages), what="the recipient's message")
        await place.drained()


async def test_a_second_service_on_the_same_journal_ends_with_74_and_the_first_lives(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        first = place.service
        place.service = type(first)(first._command, tmp_path / "second.log")
        await place.service.start()
        assert await place.service.ended() == 74
        assert f"in use by process {first.pid}" in place.service.log()
        assert first.running
        assert place.screen.view is not None
        await first.kill()
