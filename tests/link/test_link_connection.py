"""Connections, and what the link says of itself, against a broker in memory on virtual time."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest

from edge.core.model import DoorState
from edge.shell.link import HELD_S
from tests.link.virtual import ROOT, command, until
from tests.support.linked import linked
from tests.support.memory_broker import MemoryBackend, MemoryBroker
from tests.support.virtual_time import VirtualClock, run_virtual


def test_a_connection_begins_with_presence_birth_and_snapshot(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        MemoryBackend(broker, ROOT)
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: f"{ROOT}/state/compartments" in broker.retained)
            presence = json.loads(broker.retained[f"{ROOT}/state/presence"])
            assert presence["data"]["state"] == "ready"
            assert presence["data"]["session"] == station.journal.session_number == 1
            assert presence["data"]["boot_id"] == station.journal.boot_id
            birth = json.loads(broker.retained[f"{ROOT}/state/birth"])
            assert birth["data"]["layout"][0]["id"] == "a01"
            snapshot = json.loads(broker.retained[f"{ROOT}/state/compartments"])
            assert snapshot["data"]["compartments"][0]["door"] == "CLOSED"
        states = [p["data"]["state"] for p in broker.payloads("state/presence")]  # type: ignore[index]
        assert states == ["init", "ready", "disconnected"]
        assert broker.wills == []

    run_virtual(main)


def test_a_lost_connection_leaves_the_will_of_that_very_connection(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: station.link.online)
            broker.drop()
            await until(lambda: not station.link.online)
            await until(lambda: station.link.online)
            will = json.loads(broker.wills[0])["data"]
            assert (will["state"], will["session"], will["connection"]) == ("lost", 1, 1)
            again = json.loads(broker.retained[f"{ROOT}/state/presence"])["data"]
            assert (again["state"], again["connection"]) == ("ready", 2)

    run_virtual(main)


def test_an_hour_without_a_broker_loses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "edge.shell.link")

    async def main() -> None:
        broker = MemoryBroker()
        backend = MemoryBackend(broker, ROOT)
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: station.link.online)
            broker.up = False
            broker.drop()
            caplog.clear()
            for _ in range(360):
                await asyncio.sleep(10)
                await station.happen()
            # Full jitter up to 120 s: an hour of outage is some 60 attempts, not thousands.
            assert 30 < len(broker.attempts) < 150
            assert [r.levelname for r in caplog.records] == ["WARNING"]
            broker.up = True
            await until(lambda: station.link.acknowledged == 360, within_s=200)
            assert sorted(backend.stored) == list(range(1, 361))
        assert [r.levelname for r in caplog.records if r.levelno >= logging.INFO][:2] == ["WARNING", "INFO"]

    run_virtual(main)


def test_a_broker_that_acknowledges_nothing_is_left(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        backend = MemoryBackend(broker, ROOT)
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: station.link.online)
            backend.away = True
            broker.swallow_pubacks = True
            await station.happen(2)
            await until(lambda: len(broker.attempts) == 2, within_s=90)
            broker.swallow_pubacks = backend.away = False
            await until(lambda: station.link.acknowledged == 2, within_s=120)

    run_virtual(main)


def test_refused_credentials_are_retried_slowly_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge.shell.link")

    async def main() -> None:
        broker = MemoryBroker()
        broker.refused_login = True
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await asyncio.sleep(3600)
            assert len(broker.attempts) < 120
            assert len(caplog.records) == 1
            broker.refused_login = False
            await until(lambda: station.link.online, within_s=130)

    run_virtual(main)


def test_two_stations_with_one_id_do_not_fight_each_second(tmp_path: Path) -> None:
    """Each connection is thrown out at once; only one that held resets the back-off."""

    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            for _ in range(20_000):
                await asyncio.sleep(0.1)
                broker.drop()
            assert len(broker.attempts) < 80
            await until(lambda: station.link.online, within_s=200)
            await asyncio.sleep(HELD_S + 1)
            before = len(broker.attempts)
            broker.drop()
            await until(lambda: len(broker.attempts) > before, within_s=1.5)

    run_virtual(main)


def test_heartbeats_come_each_half_minute_and_say_how_far_behind_we_are(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await station.happen(3)
            await asyncio.sleep(301)
            beats = broker.payloads("tel/heartbeat")
            assert 10 <= len(beats) <= 12
            last = beats[-1]["data"]
            assert isinstance(last, dict)
            assert (last["head"], last["acknowledged"], last["backlog"]) == (3, 0, 3)
            assert last["uptime_s"] == pytest.approx(285, abs=20)
            assert all(m.qos == 0 and m.expiry_s == 60 for m in broker.log if m.topic.endswith("heartbeat"))

    run_virtual(main)


def test_the_snapshot_follows_changes_but_at_most_each_second(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: f"{ROOT}/state/compartments" in broker.retained)
            for n in range(100):
                station.door = DoorState.OPEN if n % 2 == 0 else DoorState.CLOSED
                station.link.compartments_changed()
                await asyncio.sleep(0.05)
            station.door = DoorState.OPEN
            station.link.compartments_changed()
            await asyncio.sleep(3)
            assert len(broker.payloads("state/compartments")) <= 9
            told = json.loads(broker.retained[f"{ROOT}/state/compartments"])
            assert told["data"]["compartments"][0]["door"] == "OPEN"
            before = len(broker.payloads("state/compartments"))
            station.link.compartments_changed()
            await asyncio.sleep(3)
            assert len(broker.payloads("state/compartments")) == before

    run_virtual(main)


def test_stopping_while_the_broker_is_away_takes_no_time(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        broker.up = False
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await asyncio.sleep(500)
            began_s = clock.monotonic()
            await station.link.stop()
            assert clock.monotonic() - began_s < 1

    run_virtual(main)


def test_what_the_broker_kept_is_not_subscribed_again_but_after_a_start(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        broker.keeps_sessions = True
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            first = list(broker.subscriptions)
            assert len(first) == len(set(first)) >= 3
            broker.drop()
            await until(lambda: not station.link.online)
            broker.send(f"{ROOT}/cmd/open", command(clock, "while-away"))
            await until(lambda: station.link.online)
            await until(lambda: [c.id for c in station.commands] == ["while-away"])
            assert broker.subscriptions == first
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            assert broker.subscriptions == first * 2, "an earlier life may have asked for other topics"

    run_virtual(main)


def test_a_broker_that_kept_nothing_is_subscribed_again(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: station.link.online)
            first = list(broker.subscriptions)
            broker.drop()
            await until(lambda: not station.link.online)
            await until(lambda: station.link.online)
            assert broker.subscriptions == first * 2

    run_virtual(main)
