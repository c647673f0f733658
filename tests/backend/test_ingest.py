"""Facts through real brokers: once, in order, whatever is repeated, missing or restarted."""

from __future__ import annotations

import random
from typing import Any

import pytest

from simulators.broker import Broker
from tests.backend.conftest import Backends
from tests.backend.scripted_station import ScriptedStation, deposited, fact, until


async def test_the_best_version_of_the_broker_is_used(backends: Backends, broker: Broker) -> None:
    backend = await backends.start()

    assert backend.mqtt_version == broker.speaks[0]


async def test_stores_in_order_and_acknowledges_cumulatively(backends: Backends, broker: Broker) -> None:
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        for sequence in range(1, 301):
            station.publish(fact(sequence))
        await until(lambda: backend.last_sequence("demo-01") == 300)
        await until(lambda: station.acks[-1:] == [300])

    assert [event.sequence for event in backend.stored] == list(range(1, 301))
    assert station.acks == sorted(station.acks)
    assert len(station.acks) < 300
    assert (backend.duplicates_dropped, backend.gaps, backend.violations) == (0, 0, [])


async def test_an_acknowledgement_names_the_fact_also_after_a_restart(
    backends: Backends, broker: Broker
) -> None:
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        for sequence in (1, 2):
            station.publish(fact(sequence))
        named = {"sequence": 2, "id": fact(2)["id"]}
        await until(lambda: station.last_ack == named)
        await backend.stop()
        heard = len(station.acks)
        await backends.start()
        await until(lambda: len(station.acks) > heard)
        assert station.last_ack == named


async def test_duplicates_are_dropped_and_acknowledged_again(backends: Backends, broker: Broker) -> None:
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        for sequence in (1, 2, 3):
            station.publish(fact(sequence))
        await until(lambda: 3 in station.acks)
        heard = len(station.acks)
        for sequence in (1, 2, 3):
            station.publish(fact(sequence))
        await until(lambda: backend.duplicates_dropped == 3)
        await until(lambda: len(station.acks) > heard)

    assert backend.stored_count == 3
    assert backend.violations == []


async def test_what_follows_a_gap_waits_until_the_gap_is_filled(backends: Backends, broker: Broker) -> None:
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        for sequence in (1, 3, 4):
            station.publish(fact(sequence))
        await until(lambda: backend.gaps == 2)
        assert backend.last_sequence("demo-01") == 1
        for sequence in (2, 3, 4):
            station.publish(fact(sequence))
        await until(lambda: backend.last_sequence("demo-01") == 4)

    assert [event.sequence for event in backend.stored] == [1, 2, 3, 4]


async def test_a_shuffled_storm_with_repeats_ends_complete(backends: Backends, broker: Broker) -> None:
    backend = await backends.start()
    rng = random.Random(7)
    with ScriptedStation(broker.host, broker.port) as station:
        while backend.last_sequence("demo-01") < 60:
            start = backend.last_sequence("demo-01")
            window = [s for s in range(max(1, start - 5), min(61, start + 20)) if rng.random() < 0.8]
            for sequence in window:
                station.publish(fact(sequence))
            seen = backend.stored_count + backend.duplicates_dropped + backend.gaps + len(window)
            await until(lambda: backend.stored_count + backend.duplicates_dropped + backend.gaps >= seen)  # noqa: B023  # awaited at once

    assert [event.sequence for event in backend.stored] == list(range(1, 61))
    assert backend.violations == []


async def test_two_facts_with_one_sequence_are_reported(backends: Backends, broker: Broker) -> None:
    backend = await backends.start()
    other = fact(1) | {"id": "00000000-0000-7000-8000-000000000000"}
    with ScriptedStation(broker.host, broker.port) as station:
        station.publish(fact(1))
        station.publish(other)
        await until(lambda: backend.violation_count == 1)

    assert "two different facts" in backend.violations[0].what
    assert backend.stored[0].id == fact(1)["id"]


@pytest.mark.breaks_contract
async def test_garbage_is_recorded_and_stops_nothing(backends: Backends, broker: Broker) -> None:
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        station.send("evt/door", b"\xff\x00 not json")
        station.send("evt/door", b"[1, 2]")
        station.publish(fact(1) | {"source": "urn:ph:demo:other"})
        station.publish(fact(1) | {"sequence": "-1"})
        station.publish(fact(1), topic="evt/parcel")
        await until(lambda: backend.violation_count == 5)

    whats = " | ".join(violation.what for violation in backend.violations)
    for word in ("not JSON", "not a JSON object", "urn:ph:demo:other", "'-1'", "on the topic of parcel"):
        assert word in whats
    assert backend.stored_count == 1


async def test_a_restarted_backend_keeps_its_store_and_says_where_it_stands(
    backends: Backends, broker: Broker
) -> None:
    first = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        for sequence in (1, 2):
            station.publish(fact(sequence))
        await until(lambda: 2 in station.acks)
        await first.stop()
        station.acks.clear()

        second = await backends.start()
        await until(lambda: station.acks[-1:] == [2])
        for sequence in (2, 3):
            station.publish(fact(sequence))
        await until(lambda: second.last_sequence("demo-01") == 3)
        await until(lambda: second.duplicates_dropped == 1)

    assert [event.sequence for event in second.stored] == [1, 2, 3]


async def test_one_message_for_a_deposit_told_twice_and_across_a_restart(
    backends: Backends, broker: Broker
) -> None:
    first = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        station.publish(deposited(1))
        station.publish(deposited(1))
        await until(lambda: first.duplicates_dropped == 1)
        await first.stop()
        second = await backends.start()
        station.publish(deposited(1))
        await until(lambda: second.duplicates_dropped >= 1)

    assert [(message.kind, message.parcel) for message in second.messages] == [("deposited", "P-0001")]


async def test_survives_the_broker_being_killed(backends: Backends, broker: Broker) -> None:
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        station.publish(fact(1))
        await until(lambda: backend.last_sequence("demo-01") == 1)
        await broker.kill()
        await until(lambda: not backend.connected)
        await broker.start()
        await until(lambda: backend.connected)
        station.acks.clear()
        await until(lambda: 1 in station.acks)
        for sequence in (1, 2):
            station.publish(fact(sequence))
        await until(lambda: backend.last_sequence("demo-01") == 2)

    assert [event.sequence for event in backend.stored] == [1, 2]


async def test_the_will_of_an_earlier_life_is_ignored(backends: Backends, broker: Broker) -> None:
    backend = await backends.start()
    told: list[str] = []
    backend.subscribe(lambda kind, _what: told.append(kind))
    with ScriptedStation(broker.host, broker.port) as station:
        for state, session, connection in (("ready", 2, 1), ("lost", 1, 4), ("ready", 2, 2)):
            said: dict[str, Any] = {"state": state, "session": session, "connection": connection}
            event = fact(1, "ph.state.presence.v1", **said, boot_id="boot-1")
            station.publish(event, topic="state/presence")
        await until(lambda: told.count("station") == 3)

    assert backend.station("demo-01").state == "ready"
    assert backend.station("demo-01").sessions == [2]
