"""What the link itself does for a command: state anew, health in the answer, one word to all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from edge.core.effects import PublishState, Reply
from edge.core.orders import Snapshot
from edge.shell.connection import Incoming
from edge.shell.inbound import BROADCAST_SPREAD_S, MAX_SPREAD
from edge.shell.messages import BROADCAST_VERBS, VERBS
from tests.link.virtual import ROOT, command, until
from tests.support.linked import linked
from tests.support.memory_broker import MemoryBroker
from tests.support.virtual_time import VirtualClock, run_virtual

ALL = "ph/1/acme/_all"


def to_all(clock: VirtualClock, verb: str = "snapshot", **changes: Any) -> bytes:
    fields = {
        "type": f"ph.cmd.{verb}.v1",
        "replyto": "ph/1/acme/{station}/rsp/desk",
        "data": {},
    }
    return command(clock, **(fields | changes))


def count(broker: MemoryBroker, topic: str) -> int:
    return len(broker.payloads(topic))


def test_a_snapshot_is_published_although_nothing_changed_and_a_birth_only_when_asked_for(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: count(broker, "state/compartments") == 1)
            station.link.compartments_changed()
            station.link.publish_state(PublishState())
            await until(lambda: count(broker, "state/compartments") == 2)
            assert count(broker, "state/birth") == 1
            station.link.publish_state(PublishState(birth=True))
            await until(lambda: count(broker, "state/compartments") == 3)
            assert count(broker, "state/birth") == 2

    run_virtual(main)


def test_a_flood_of_asking_is_answered_once_a_second(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            began_s = clock.monotonic()
            while clock.monotonic() < began_s + 20:
                station.link.publish_state(PublishState(birth=True))
                await asyncio.sleep(0.05)
            assert 10 <= count(broker, "state/birth") <= 23
            assert 10 <= count(broker, "state/compartments") <= 23

    run_virtual(main)


def test_what_was_asked_for_while_offline_comes_with_the_connection(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: count(broker, "state/compartments") == 1)
            broker.drop()
            station.link.publish_state(PublishState(birth=True))
            await until(lambda: station.link.online and count(broker, "state/compartments") >= 2)
            assert count(broker, "state/birth") >= 2

    run_virtual(main)


def test_health_is_in_the_answer_to_diagnose_alone_and_is_of_its_moment(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: station.link.online)
            await station.happen(3)
            for verb, result in (("diagnose", "succeeded"), ("diagnose", "expired"), ("open", "succeeded")):
                station.link.reply(Reply("c-1", verb, result, f"{ROOT}/rsp/desk", "k"))
            await until(lambda: count(broker, "rsp/desk") == 3)
            first, *others = [p["data"] for p in broker.payloads("rsp/desk")]
            assert first["health"]["head"] == 3  # type: ignore[index]
            assert len(first["health"]["devices_lost"][0]["detail"]) == 120  # type: ignore[index]
            assert all("health" not in data for data in others)  # type: ignore[operator]

    run_virtual(main)


def test_doors_and_compartment_are_in_the_answer(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            doors = {"a01": "opened", "a02": "not-opened"}
            station.link.reply(Reply("c", "open-many", "failed", f"{ROOT}/rsp/desk", "k", doors=doors))
            station.link.reply(Reply("d", "reserve", "succeeded", f"{ROOT}/rsp/desk", "k", compartment="a01"))
            await until(lambda: count(broker, "rsp/desk") == 2)
            many, one = [p["data"] for p in broker.payloads("rsp/desk")]
            assert many["doors"] == doors and "compartment" not in many  # type: ignore[index,operator]
            assert one["compartment"] == "a01" and "doors" not in one  # type: ignore[index,operator]

    run_virtual(main)


@pytest.mark.parametrize("verb", sorted(BROADCAST_VERBS))
def test_a_command_to_all_is_answered_under_ones_own_name_at_ones_own_moment(
    tmp_path: Path, verb: str
) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect, jitter=lambda: 0.5) as station:
            await until(lambda: station.link.online)
            began_s = clock.monotonic()
            broker.send(f"{ALL}/cmd/{verb}", to_all(clock, verb))
            await until(lambda: count(broker, "rsp/desk") == 1)
            assert clock.monotonic() - began_s >= BROADCAST_SPREAD_S / 2
            assert station.commands[0].reply_to == f"{ROOT}/rsp/desk"

    run_virtual(main)


@pytest.mark.parametrize("verb", sorted(set(VERBS) - BROADCAST_VERBS))
def test_nothing_that_changes_anything_goes_to_all(tmp_path: Path, verb: str) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            broker.send(f"{ALL}/cmd/{verb}", to_all(clock, verb))
            await until(lambda: station.link.refused == {"broadcast": 1})
            assert station.commands == [] and count(broker, "rsp/desk") == 0

    run_virtual(main)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"replyto": f"{ROOT}/rsp/desk"}, "bad-replyto"),
        ({"replyto": "ph/1/other/{station}/rsp/desk"}, "bad-replyto"),
        ({"replyto": "ph/1/acme/{station}/rsp/#"}, "bad-replyto"),
        ({"replyto": "ph/1/acme/{station}/evt/door"}, "bad-replyto"),
        ({"data": {"x": 1}}, "bad-data"),
        ({"id": ""}, "bad-envelope"),
    ],
)
def test_what_is_wrong_with_a_command_to_all_is_counted_and_not_answered(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            broker.send(f"{ALL}/cmd/snapshot", to_all(clock, **changes))
            await until(lambda: station.link.refused == {reason: 1})
            assert count(broker, "rsp/desk") == 0 and station.commands == []

    run_virtual(main)


def test_the_placeholder_is_for_all_only(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            broker.send(f"{ROOT}/cmd/snapshot", to_all(clock))
            await until(lambda: station.link.refused == {"bad-replyto": 1})
            broker.connection.hand_over(  # type: ignore[union-attr]
                Incoming(f"{ALL}/cmd/snapshot", to_all(clock), True)
            )
            await until(lambda: station.link.refused.get("retained") == 1)

    run_virtual(main)


def test_a_flood_to_all_piles_up_no_timers_and_none_is_lost_in_silence(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect, jitter=lambda: 1.0) as station:
            await until(lambda: station.link.online)
            for n in range(100):
                broker.send(f"{ALL}/cmd/snapshot", to_all(clock, id=f"c-{n}"))
            await until(lambda: len(station.commands) == MAX_SPREAD)
            assert station.link.refused == {"overload": 100 - MAX_SPREAD}
            assert {type(c.data) for c in station.commands} == {Snapshot}

    run_virtual(main)
