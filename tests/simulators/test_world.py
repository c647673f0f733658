"""Physics in virtual time."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable

import pytest

from simulators.hands import Hands
from simulators.world import COIL_LIMIT_S, Latch, SimParcel, World, WorldError
from tests.simulators.rig import small_plan
from tests.support.virtual_time import run_virtual

PARCEL = SimParcel("EE123456785CN", "Li")


def in_world(test: Callable[[World], Awaitable[None]], means: str = "locked") -> None:
    async def main() -> None:
        await test(World(small_plan(means=means)))

    run_virtual(main)


def kinds(world: World) -> list[str]:
    return [each.kind for each in world.events]


def test_a_pulse_springs_the_door_open_after_the_hook_has_turned() -> None:
    async def test(world: World) -> None:
        world.pulse("c01", 500)
        await asyncio.sleep(0.059)
        assert not world.door_is_open("c01")
        assert world.latch("c01") is Latch.RELEASED
        assert world.contact_closed("c01")
        await asyncio.sleep(0.002)
        assert world.door_is_open("c01")
        assert not world.contact_closed("c01")
        assert world.open_doors() == ["c01"]

    in_world(test)


def test_the_pulse_ends_by_itself() -> None:
    async def test(world: World) -> None:
        world.pulse("c01", 500)
        await asyncio.sleep(0.499)
        assert world.is_energised("c01")
        await asyncio.sleep(0.002)
        assert not world.is_energised("c01")
        assert world.heat_s("c01") == pytest.approx(0.5, abs=0.01)

    in_world(test)


def test_a_twitch_does_not_lift_the_pawl() -> None:
    async def test(world: World) -> None:
        world.pulse("c01", 10)
        await asyncio.sleep(1)
        assert not world.door_is_open("c01")

    in_world(test)


def test_a_door_pushed_shut_is_locked_again() -> None:
    async def test(world: World) -> None:
        world.pulse("c01", 100)
        await asyncio.sleep(1)
        assert world.close_door("c01")
        assert world.latch("c01") is Latch.ENGAGED
        assert world.contact_closed("c01")

    in_world(test)


def test_a_door_pushed_shut_under_power_does_not_catch() -> None:
    async def test(world: World) -> None:
        world.pulse("c01", 500)
        await asyncio.sleep(0.1)
        assert not world.close_door("c01")
        assert world.door_is_open("c01")

    in_world(test)


def test_the_wiring_may_turn_the_contact_round() -> None:
    async def test(world: World) -> None:
        assert not world.contact_closed("c01")
        world.force_open("c01")
        assert world.contact_closed("c01")

    in_world(test, means="unlocked")


def test_nothing_goes_through_a_shut_door() -> None:
    async def test(world: World) -> None:
        with pytest.raises(WorldError, match="door is closed"):
            world.put("c01", PARCEL)
        with pytest.raises(WorldError, match="door is closed"):
            world.take("c01")
        assert kinds(world) == ["refused", "refused"]

    in_world(test)


def test_each_owner_takes_only_what_is_theirs() -> None:
    async def test(world: World) -> None:
        other = SimParcel("RR473124829US", "Wang")
        world.force_open("c01")
        world.put("c01", PARCEL)
        world.put("c01", other)
        assert world.take("c01", "Wang") == [other]
        assert world.parcels("c01") == [PARCEL]
        assert world.take("c01") == [PARCEL]

    in_world(test)


def test_two_solenoids_at_once_are_never_unseen() -> None:
    async def test(world: World) -> None:
        world.pulse("c01", 500)
        await asyncio.sleep(0.6)
        world.pulse("c02", 500)
        assert world.max_energised == 1
        await asyncio.sleep(0.499)
        world.pulse("c03", 100)
        assert world.max_energised == 2
        assert world.max_energised_by_line == {"line": 2}
        (overlap,) = [each for each in world.events if each.kind == "overlap"]
        assert overlap.detail["together"] == ["c02", "c03"]

    in_world(test)


def test_pulses_are_counted_and_dated() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(3)
        world.pulse("c01", 100, at_s=2.5)
        await asyncio.sleep(1)
        world.pulse("c01", 100)
        assert world.pulses("c01") == 2
        assert [each.detail["frame_at_s"] for each in world.events if each.kind == "pulse"] == [2.5, 4.0]

    in_world(test)


def test_a_second_pulse_on_a_live_coil_starts_its_time_again() -> None:
    async def test(world: World) -> None:
        world.pulse("c01", 500)
        await asyncio.sleep(0.4)
        world.pulse("c01", 500)
        await asyncio.sleep(0.4)
        assert world.is_energised("c01")
        await asyncio.sleep(0.2)
        assert not world.is_energised("c01")
        assert world.max_energised == 1

    in_world(test)


def test_a_held_coil_gets_too_hot_and_recovers() -> None:
    async def test(world: World) -> None:
        world.coil_on("c01")
        await asyncio.sleep(COIL_LIMIT_S + 1)
        assert "coil_tripped" in kinds(world)
        world.coil_off("c01")
        world.close_door("c01")
        world.pulse("c01", 500)
        await asyncio.sleep(1)
        assert not world.door_is_open("c01")
        await asyncio.sleep(60)
        world.pulse("c01", 500)
        await asyncio.sleep(1)
        assert world.door_is_open("c01")

    in_world(test)


def test_a_held_coil_heats_in_cycles_and_never_without_bound() -> None:
    async def test(world: World) -> None:
        world.coil_on("c01")
        for _ in range(600):
            await asyncio.sleep(1)
            assert world.heat_s("c01") <= COIL_LIMIT_S + 1.1

    in_world(test)


def test_short_pulses_with_rests_never_trip_the_coil() -> None:
    async def test(world: World) -> None:
        for _ in range(100):
            world.pulse("c01", 500)
            await asyncio.sleep(6)
        assert "coil_tripped" not in kinds(world)

    in_world(test)


def test_a_jammed_latch_takes_the_pulse_and_stays() -> None:
    async def test(world: World) -> None:
        world.faults.inject("jammed_latch", "c01", n=1)
        world.pulse("c01", 500)
        assert world.latch("c01") is Latch.ENGAGED
        await asyncio.sleep(1)
        assert not world.door_is_open("c01")
        world.pulse("c01", 500)
        await asyncio.sleep(1)
        assert world.door_is_open("c01")
        assert world.pulses("c01") == 2

    in_world(test)


def test_a_stuck_door_reads_locked_all_the_time() -> None:
    async def test(world: World) -> None:
        world.faults.inject("door_stuck", "c01")
        world.pulse("c01", 500)
        await asyncio.sleep(0.2)
        assert world.latch("c01") is Latch.RELEASED
        assert world.contact_closed("c01")
        await asyncio.sleep(1)
        assert world.latch("c01") is Latch.ENGAGED
        assert kinds(world) == ["pulse", "door_stayed"]

    in_world(test)


def test_a_stuck_door_let_go_within_the_pulse_springs_open() -> None:
    async def test(world: World) -> None:
        world.faults.inject("door_stuck", "c01")
        world.pulse("c01", 500)
        await asyncio.sleep(0.2)
        world.faults.clear("door_stuck", "c01")
        assert world.door_is_open("c01")

    in_world(test)


def test_a_stuck_door_let_go_later_stays_locked() -> None:
    async def test(world: World) -> None:
        world.faults.inject("door_stuck", "c01")
        world.pulse("c01", 500)
        await asyncio.sleep(2)
        world.faults.clear("door_stuck", "c01")
        await asyncio.sleep(2)
        assert not world.door_is_open("c01")

    in_world(test)


def test_a_stuck_feedback_lies_about_an_open_door() -> None:
    async def test(world: World) -> None:
        world.faults.inject("feedback_stuck", "c01", closed=True)
        world.force_open("c01")
        assert world.contact_closed("c01")
        assert world.door_is_open("c01")

    in_world(test)


def test_a_bouncing_contact_settles() -> None:
    async def test(world: World) -> None:
        world.faults.inject("contact_bounce", "c01", for_ms=40)
        world.force_open("c01")
        assert len({world.contact_closed("c01") for _ in range(100)}) == 2
        await asyncio.sleep(0.041)
        assert {world.contact_closed("c01") for _ in range(100)} == {False}

    in_world(test)


def test_a_slipping_latch_leaves_the_door_open() -> None:
    async def test(world: World) -> None:
        world.force_open("c01")
        world.faults.inject("latch_slips", "c01", n=1)
        assert not world.close_door("c01")
        assert not world.contact_closed("c01")
        assert world.close_door("c01")

    in_world(test)


def test_an_unknown_compartment_is_an_error() -> None:
    async def test(world: World) -> None:
        with pytest.raises(WorldError, match="'z99'"):
            world.pulse("z99", 100)

    in_world(test)


def test_the_page_gets_plain_json() -> None:
    async def test(world: World) -> None:
        world.force_open("c02")
        world.put("c02", PARCEL)
        world.faults.inject("door_stuck", "c03")
        page = json.loads(json.dumps(world.to_dict()))
        first, second, third = page["compartments"][:3]
        assert (first["door"], first["latch"], first["parcels"]) == ("closed", "engaged", [])
        assert (second["door"], second["number"]) == ("open", "C02")
        assert second["parcels"] == [{"tracking_code": "EE123456785CN", "owner": "Li"}]
        assert third["faults"] == ["door_stuck"]

    in_world(test)


def test_hands_wait_for_the_door_deposit_and_shut_it() -> None:
    async def test(world: World) -> None:
        hands = Hands(world, random.Random(1))
        task = asyncio.create_task(hands.deposit("c01", PARCEL))
        await asyncio.sleep(5)
        assert world.parcels("c01") == []
        world.pulse("c01", 500)
        await task
        assert world.parcels("c01") == [PARCEL]
        assert not world.door_is_open("c01")

    in_world(test)


def test_hands_take_out_and_shut() -> None:
    async def test(world: World) -> None:
        hands = Hands(world, random.Random(1))
        world.force_open("c01")
        world.put("c01", PARCEL)
        assert await hands.take_out("c01", "Li") == [PARCEL]
        assert not world.door_is_open("c01")

    in_world(test)


def test_hands_push_again_when_the_latch_slips() -> None:
    async def test(world: World) -> None:
        hands = Hands(world, random.Random(1))
        world.force_open("c01")
        world.faults.inject("latch_slips", "c01", n=2)
        await hands.close("c01")
        assert kinds(world) == ["opened", "did_not_catch", "did_not_catch", "closed"]

    in_world(test)


def test_hands_leave_a_door_open_as_long_as_told() -> None:
    async def test(world: World) -> None:
        hands = Hands(world, random.Random(1), pace=0.0)
        task = asyncio.create_task(hands.leave_open("c01", 30))
        await asyncio.sleep(0)
        world.pulse("c01", 500)
        await task
        opened, closed = (each.at_s for each in world.events if each.kind in ("opened", "closed"))
        assert closed - opened == pytest.approx(30, abs=0.1)

    in_world(test)


def test_hands_give_up_on_a_door_that_stays_shut() -> None:
    async def test(world: World) -> None:
        with pytest.raises(TimeoutError):
            await Hands(world).take_out("c01", within_s=10)

    in_world(test)
