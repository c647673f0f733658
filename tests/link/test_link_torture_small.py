"""`make link-torture`, short: nothing lost when all goes wrong; a judge and a wire that are not fooled."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.patience import PATIENCE_S
from tools.link_torture import clerks
from tools.link_torture.__main__ import main
from tools.link_torture.judge import Ledger, unexplained, weigh
from tools.link_torture.packets import Publish, acknowledged_id, protocol_level, read_packet
from tools.link_torture.proxy import ChaosProxy, Mischief
from tools.link_torture.torture import MUST_BE_ZERO, Options, kept
from tools.link_torture.witness import Pulse, Witness

KEEP_THE_DOCUMENT = ("wrong-hash", "other-station", "bad-signature", "old-version")
"""Faults of a configuration that are none of its form."""

CONNECT_5 = bytes.fromhex("101000044d5154540502000500000370726f")
CONNACK_5 = bytes.fromhex("2003000000")


def test_a_short_torture_keeps_every_promise(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # In tests every message is held to the document: what it does not allow is for the long run.
    monkeypatch.setattr(clerks, "FAULTS", KEEP_THE_DOCUMENT)
    few = ["--disconnects", "6", "--restarts", "2", "--kills", "1", "--seed", "2"]
    assert main(["--broker", "mosquitto-tls", *few]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (list(told["mqtt"]), told["tls"]) == (["5"], "TLSv1.3")
    assert {key: told[key] for key in MUST_BE_ZERO} == dict.fromkeys(MUST_BE_ZERO, 0)
    assert told["configs_applied"] and told["jobs"]
    assert told["events"] > 30
    assert told["commands"] > 5
    assert (told["lost"], told["duplicated"], told["out_of_order"], told["unresolved"]) == (0, 0, 0, 0)
    assert (told["disconnects"] >= 6, told["broker_restarts"], told["brokers_wiped"], told["kills"]) == (
        True,
        2,
        1,
        1,
    )
    assert told["duplicates_injected"]
    assert told["reordered_injected"]


def test_the_help_names_all_that_must_be_zero(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert set(re.findall(r"(\w+) \*  ", capsys.readouterr().out)) == set(MUST_BE_ZERO)


@pytest.mark.parametrize("key", MUST_BE_ZERO)
def test_each_of_them_counts(key: str) -> None:
    options = Options(disconnects=1, restarts=1, kills=1)
    good = {"events": 1, "disconnects": 1, "broker_restarts": 1, "kills": 1} | dict.fromkeys(MUST_BE_ZERO, 0)
    assert kept(good, options)
    assert not kept(good | {key: 1}, options)
    assert not kept(good | {"kills": 0}, options)


# --- the judge ---------------------------------------------------------------------------


def fact(seq: int, type_: str = "ph.door.changed.v1", at_ms: int = 0, **data: Any) -> tuple[int, bytes]:
    recorded = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()
    return seq, json.dumps({"id": f"e{seq}", "type": type_, "recordedtime": recorded, "data": data}).encode()


FACTS = [fact(n) for n in range(1, 6)]
ENDS: list[tuple[str, str | None]] = [("c1", "succeeded"), ("c2", "unknown")]
GOOD = Ledger(FACTS, ENDS)


def wrong(
    journal: Ledger = GOOD, backend: Ledger = GOOD, said: dict[str, str] | None = None
) -> dict[str, int]:
    verdict = weigh(journal, backend, said or {})
    return {key: value for key, value in verdict.items() if value and key not in ("events", "commands")}


@pytest.mark.parametrize(
    ("backend", "found"),
    [
        (GOOD, {}),
        (replace(GOOD, events=FACTS[:2] + FACTS[3:]), {"lost": 1}),
        (replace(GOOD, events=[*FACTS[:4], fact(5, "ph.door.left-open.v1")]), {"lost": 1}),
        (replace(GOOD, events=[*FACTS, fact(6)]), {"invented": 1}),
        (replace(GOOD, events=[*FACTS, FACTS[4]]), {"duplicated": 2, "out_of_order": 1}),
        (replace(GOOD, events=[FACTS[1], FACTS[0], *FACTS[2:]]), {"out_of_order": 1}),
        (replace(GOOD, results=[("c1", "succeeded"), ("c2", None)]), {"unresolved": 1}),
        (replace(GOOD, results=[("c1", "failed"), ("c2", "unknown")]), {"unresolved": 1}),
        (replace(GOOD, results=[*ENDS, ("c3", "unknown")]), {"unresolved": 1}),
    ],
)
def test_what_is_missing_or_told_twice_at_the_backend_is_seen(backend: Ledger, found: dict[str, int]) -> None:
    assert wrong(backend=backend) == found


def test_a_hole_in_the_journal_a_second_result_and_another_answer_are_seen() -> None:
    assert wrong(journal=replace(GOOD, events=FACTS[:2] + FACTS[3:])) == {"lost": 1, "invented": 1}
    assert wrong(journal=replace(GOOD, results=[*ENDS, ("c1", "succeeded")])) == {"unresolved": 1}
    assert wrong(said={"c2": "succeeded"}) == {"unresolved": 1}


def test_each_pulse_needs_a_request_of_its_own_that_came_before() -> None:
    journal = Ledger(
        [
            fact(1, "ph.door.unlock-requested.v1", 1_000, compartment="a01"),
            fact(2, "ph.door.unlock-requested.v1", 5_000, compartment="a01"),
        ],
        [],
    )
    assert unexplained([Pulse("a01", 1_010), Pulse("a01", 5_000)], journal) == 0
    assert unexplained([Pulse("a01", 5_010)], journal) == 0
    assert unexplained([Pulse("a01", 990)], journal) == 1
    assert unexplained([Pulse("a01", 1_010), Pulse("a01", 1_020), Pulse("a01", 5_010)], journal) == 1
    assert unexplained([Pulse("a01", 5_010), Pulse("a01", 5_020)], journal) == 1
    assert unexplained([Pulse("a02", 5_010)], journal) == 1


def test_two_final_words_on_one_command_are_a_contradiction() -> None:
    witness = Witness()
    for result in ("accepted", "succeeded", "succeeded", "failed"):
        body = json.dumps({"data": {"command": "c1", "result": result}}).encode()
        witness.hear(Publish(b"", "ph/1/t/s/rsp/backend", 1, False, 1, 0, body))
    assert witness.said == {"c1": "succeeded"}
    assert len(witness.contradictions) == 1


# --- the wire -------------------------------------------------------------------------------


def publish(id_: int, body: bytes) -> bytes:
    """A PUBLISH of MQTT 5 with QoS 1 and no properties."""
    variable = b"\x00\x03a/b" + id_.to_bytes(2) + b"\x00" + body
    return bytes([0x32, len(variable)]) + variable


async def test_packets_are_cut_where_they_end() -> None:
    reader = asyncio.StreamReader()
    long = b"\x32\x80\x02" + bytes(256)
    reader.feed_data(CONNECT_5 + long + publish(7, b"x")[:-1])
    reader.feed_eof()
    assert protocol_level(await read_packet(reader)) == 5
    assert await read_packet(reader) == long
    with pytest.raises(asyncio.IncompleteReadError) as end:
        await read_packet(reader)
    assert end.value.partial == publish(7, b"x")[:-1]


def test_a_copy_is_the_same_message_with_another_id() -> None:
    read = Publish.read(publish(7, b"hello"), 5)
    assert (read.topic, read.id, read.payload) == ("a/b", 7, b"hello")
    assert read.copy(0xF000) == publish(0xF000, b"hello")


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def through(mischief: Mischief, count: int) -> tuple[list[int], list[int]]:
    """Send `count` publications through a proxy; ids at the broker, ids acknowledged at the station."""
    arrived: list[int] = []

    async def broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_packet(reader)
        writer.write(CONNACK_5)
        while True:
            try:
                id_ = Publish.read(await read_packet(reader), 5).id
            except asyncio.IncompleteReadError:
                writer.close()
                return
            arrived.append(id_)
            writer.write(b"\x40\x02" + id_.to_bytes(2))

    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    proxy = ChaosProxy([server.sockets[0].getsockname()[1]], random.Random(1), mischief, lambda publish: None)
    await proxy.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.ports[0])
    writer.write(CONNECT_5)
    assert await read_packet(reader) == CONNACK_5
    acknowledged = []
    for id_ in range(1, count + 1):
        writer.write(publish(id_, b"x"))
    for _ in range(count):
        acknowledged.append(acknowledged_id(await asyncio.wait_for(read_packet(reader), PATIENCE_S)))
    assert proxy.cut()
    await proxy.stop()
    server.close()
    return arrived, acknowledged


async def test_a_wire_without_mischief_changes_nothing() -> None:
    assert await through(Mischief(), 20) == (list(range(1, 21)), list(range(1, 21)))


async def test_what_is_added_reaches_the_broker_and_its_acknowledgement_nobody() -> None:
    mischief = Mischief(duplicate=0.5)
    arrived, acknowledged = await through(mischief, 20)
    assert acknowledged == list(range(1, 21))
    assert 0 < mischief.duplicates <= len([id_ for id_ in arrived if id_ > 20]) + 3


async def test_what_is_held_back_is_overtaken_and_arrives_all_the_same() -> None:
    mischief = Mischief(reorder=0.3)
    arrived, _ = await through(mischief, 20)
    assert sorted(arrived) == list(range(1, 21))
    assert arrived != sorted(arrived)
    assert mischief.reordered > 0
