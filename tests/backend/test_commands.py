"""Commands: the same id until a final reply, also across lost messages and a restart."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from simulators import backend_commands
from simulators.broker import Broker
from tests.backend.conftest import Backends
from tests.backend.scripted_station import ScriptedStation, fact, until

PARCEL = {
    "parcel_id": "P-0001",
    "tracking_code": "ED187244678CN",
    "recipient": "唐国宇",
    "phone": "12628513060",
    "size": "M",
    "carrier": "ems",
    "consent": True,
    "recipient_id": "",
}


async def test_open_returns_what_the_station_says(backends: Backends, broker: Broker) -> None:
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:

        def answer(command: dict[str, Any]) -> None:
            station.reply(command, "accepted")
            station.reply(command, "actuated")
            station.reply(command, "failed", "OPEN_NOT_DETECTED")

        station.on_command = answer
        reply = await asyncio.wait_for(backend.open_door("demo-01", "a01", "test", "op-1"), 10)

    assert (reply.result, reply.error, reply.progress) == (
        "failed",
        "OPEN_NOT_DETECTED",
        ("accepted", "actuated"),
    )
    command = station.commands[0]
    assert command["data"] == {"compartment": "a01", "operator": "op-1", "reason": "test"}
    life = datetime.fromisoformat(command["expirytime"]) - datetime.fromisoformat(command["time"])
    assert 0 < life.total_seconds() <= 30
    assert command["replyto"].startswith("ph/1/demo/demo-01/rsp/")


async def test_set_service_says_which_way_who_and_why(backends: Backends, broker: Broker) -> None:
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        station.on_command = lambda command: station.reply(command, "rejected", "COMPARTMENT_OCCUPIED")
        asking = backend.set_service("demo-01", "a01", True, "cleared", "op-1")
        reply = await asyncio.wait_for(asking, 10)

    assert (reply.verb, reply.result, reply.error) == ("set-service", "rejected", "COMPARTMENT_OCCUPIED")
    (command,) = station.commands
    assert command["type"] == "ph.cmd.set-service.v1"
    assert command["data"] == {
        "compartment": "a01",
        "in_service": True,
        "operator": "op-1",
        "reason": "cleared",
    }


async def test_an_unanswered_command_is_sent_again_with_its_id(
    backends: Backends, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_commands, "RESEND_EVERY_S", 0.05)
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:

        def answer(command: dict[str, Any]) -> None:
            if len(station.commands) == 3:
                station.reply(command, "succeeded")

        station.on_command = answer
        reply = await asyncio.wait_for(backend.expect(PARCEL), 10)

    assert reply.ok
    assert {command["id"] for command in station.commands} == {reply.command}
    assert station.commands[0]["data"] == PARCEL
    assert backend.parcels == [PARCEL]


async def test_without_a_final_reply_the_result_is_unknown(
    backends: Backends, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_commands, "GRACE_S", 0.1)
    backend = await backends.start()

    reply = await asyncio.wait_for(backend.open_door("demo-01", "a01", "test", "op-1", expires_in_s=0.2), 10)

    assert reply.result == "unknown"


async def test_after_its_expiry_a_command_is_asked_for_and_is_no_order(
    backends: Backends, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_commands, "RESEND_EVERY_S", 0.05)
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:

        def answer(command: dict[str, Any]) -> None:
            if command["expirytime"] < command["time"]:
                station.reply(command, "succeeded")

        station.on_command = answer
        reply = await asyncio.wait_for(
            backend.open_door("demo-01", "a01", "test", "op-1", expires_in_s=0.4), 10
        )

    assert reply.result == "succeeded"
    first, last = station.commands[0], station.commands[-1]
    assert last == first | {"expirytime": "1970-01-01T00:00:00.000Z"}


async def test_a_journaled_result_settles_a_command_whose_replies_were_lost(
    backends: Backends, broker: Broker
) -> None:
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        station.on_command = lambda command: station.publish(result_of(command))
        reply = await asyncio.wait_for(backend.open_door("demo-01", "a01", "test", "op-1"), 10)
    assert (reply.result, reply.error) == ("failed", "OPEN_NOT_DETECTED")


async def test_a_journaled_result_that_comes_very_late_still_counts(
    backends: Backends, broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(backend_commands, "GRACE_S", 1.0)
    monkeypatch.setattr(backend_commands, "RESEND_EVERY_S", 0.05)
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        asking = backend.open_door("demo-01", "a01", "test", "op-1", expires_in_s=0.2)
        assert (await asyncio.wait_for(asking, 10)).result == "unknown"
        assert stored_results(tmp_path) == ["unknown"]
        await until(lambda: bool(station.commands))
        station.publish(result_of(station.commands[0]))
        await until(lambda: stored_results(tmp_path) == ["failed"])


def result_of(command: dict[str, Any]) -> dict[str, Any]:
    return fact(
        1,
        "ph.audit.command-result.v1",
        command=command["id"],
        verb="open",
        result="failed",
        reply_to=command["replyto"],
        correlation_id=command["correlationid"],
        error="OPEN_NOT_DETECTED",
        detail=None,
    )


def stored_results(folder: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(folder / "backend.sqlite")) as connection:
        return [result for (result,) in connection.execute("SELECT result FROM commands")]


async def test_a_restarted_backend_goes_on_asking(backends: Backends, broker: Broker) -> None:
    first = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        asking = asyncio.create_task(first.expect(PARCEL))
        await until(lambda: len(station.commands) >= 1)
        await first.stop()
        await asyncio.gather(asking, return_exceptions=True)
        before = len(station.commands)
        await backends.start()
        await until(lambda: len(station.commands) > before)

    assert len({command["id"] for command in station.commands}) == 1
