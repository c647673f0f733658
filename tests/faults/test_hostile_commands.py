"""Commands nobody should send, one by one: each is refused on record, and the station goes on serving."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.link.brokers import Desk
from tests.station.town import Town, town, until


def command(place: Town, **changes: Any) -> dict[str, Any]:
    """A right `open` of A01, fresh, with `changes`."""
    now = datetime.now(UTC)
    return {
        "specversion": "1.0",
        "id": "test-1",
        "source": "urn:backend",
        "type": "ph.cmd.open.v1",
        "time": now.isoformat(),
        "expirytime": (now + timedelta(seconds=20)).isoformat(),
        "replyto": f"{place.root}/rsp/desk",
        "data": {"compartment": "a01", "operator": "op-1", "reason": "test"},
        **changes,
    }


def hostile(place: Town) -> list[tuple[str, bytes, str]]:
    """Verb, payload and the reason it must be refused for; no more than are recorded at once."""
    right = json.dumps(command(place)).encode()

    def wrong(**changes: Any) -> bytes:
        return json.dumps(command(place, **changes)).encode()

    return [
        ("open", b"open sesame", "bad-envelope"),
        ("open", b"", "bad-envelope"),
        ("open", right.replace(b"test", b"t\xffst", 1), "not-utf8"),
        ("open", right[:-1] + b" " * 20_000 + b"}", "too-large"),
        ("open", b"[" * 5_000 + b"]" * 5_000, "too-deep"),
        ("open", wrong(id=7), "bad-envelope"),
        ("open", wrong(data={"compartment": ["a01"], "operator": "op", "reason": "r"}), "bad-data"),
        ("open", wrong(replyto="ph/1/other/station/rsp/desk"), "bad-replyto"),
        ("self-destruct", wrong(type="ph.cmd.self-destruct.v1"), "unknown-verb"),
    ]


async def test_malformed_commands_are_refused_on_record_and_the_station_lives(tmp_path: Path) -> None:
    async with town(tmp_path) as place, Desk(place.broker) as desk:
        await desk.listen("ph/1/other/#", f"{place.root}/rsp/desk")
        await until(lambda: place.backend.station(place.station).state == "ready")
        pid = place.service.pid
        for number, (verb, payload, reason) in enumerate(hostile(place), 1):
            desk.send(f"{place.root}/cmd/{verb}", payload)
            refused = await place.recorded("security.input-refused", number)
            assert refused[-1]["reason"] == reason, (verb, payload[:60], refused[-1])

        assert place.service.pid == pid
        assert place.service.running
        assert place.pulses() == 0
        assert [topic for topic, _, _ in desk.heard if not topic.startswith(place.root)] == []
        await until(lambda: desk.payloads("/rsp/desk"))
        answers = [json.loads(body)["data"] for body in desk.payloads("/rsp/desk")]
        assert {answer["result"] for answer in answers} == {"rejected"}

        reply = await place.backend.open_door(place.station, "a01", "it works", "op-1")
        assert reply.ok, reply
        assert place.pulses() == 1
        await place.drained()


@pytest.mark.parametrize(("protocol", "reasons"), [("3.1.1", ["too-large"]), ("5", [])])
async def test_a_command_of_a_megabyte_is_refused_or_kept_by_the_broker(
    tmp_path: Path, protocol: str, reasons: list[str]
) -> None:
    """MQTT 5 tells the broker the largest packet we take; under 3.1.1 it comes and is refused here."""
    async with town(tmp_path, mqtt=protocol) as place, Desk(place.broker) as desk:
        await desk.listen(f"{place.root}/rsp/desk")
        await until(lambda: place.backend.station(place.station).state == "ready")
        before = place.service.rss_bytes()
        desk.send(f"{place.root}/cmd/open", json.dumps(command(place)).encode() + b" " * 1_000_000)
        reply = await place.backend.open_door(place.station, "a01", "it works", "op-1")
        assert reply.ok, reply
        assert [fact["reason"] for fact in place.facts("security.input-refused")] == reasons
        assert place.pulses() == 1
        assert place.service.rss_bytes() - before < 20 * 1024 * 1024


async def test_a_retained_command_opens_nothing_when_the_station_connects(tmp_path: Path) -> None:
    """It would be carried out again at each reconnect."""
    async with town(tmp_path, start=False) as place, Desk(place.broker) as desk:
        await desk.listen(f"{place.root}/cmd/#")
        desk.send(f"{place.root}/cmd/open", json.dumps(command(place)).encode(), retain=True)
        await until(lambda: desk.heard)
        await place.start_service()
        [refused] = await place.recorded("security.input-refused")
        assert refused["reason"] == "retained"
        await place.drained()
        assert place.pulses() == 0
        assert place.facts("audit.command-received") == []


async def test_one_command_sent_twenty_times_pulses_once(tmp_path: Path) -> None:
    async with town(tmp_path) as place, Desk(place.broker) as desk:
        await desk.listen(f"{place.root}/rsp/desk")
        await until(lambda: place.backend.station(place.station).state == "ready")
        payload = json.dumps(command(place)).encode()
        for _ in range(20):
            desk.send(f"{place.root}/cmd/open", payload)
        await until(lambda: b'"succeeded"' in b"".join(desk.payloads("/rsp/desk")))
        desk.send(f"{place.root}/cmd/open", payload)
        answers = len(desk.heard)
        await until(lambda: len(desk.heard) > answers, what="the answer to a late duplicate")
        assert json.loads(desk.heard[-1][1])["data"]["result"] == "succeeded"
        assert place.pulses() == 1
        assert len(place.facts("door.unlock-requested")) == 1
