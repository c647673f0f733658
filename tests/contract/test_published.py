"""The published files against the code, and real messages against the published files."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from edge.contract import published
from edge.core.codes import derive_code
from edge.core.events import EVENT_TYPES
from edge.shell.envelope import Fact, Stamp, encode_event
from edge.shell.messages import VERBS
from tests.shell.test_commands import EXPECT, OPEN, SERVICE
from tests.support.facts import events
from tests.support.linked import IDENTITY, linked
from tests.support.memory_broker import MemoryBackend, MemoryBroker
from tests.support.virtual_time import VirtualClock, run_virtual

DOCS = Path(__file__).parents[2] / "docs" / "contract"


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((DOCS / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_published_contract_is_the_codes() -> None:
    assert published.check(DOCS) == []


def test_a_difference_is_named_and_written_away(tmp_path: Path) -> None:
    copy = tmp_path / "contract"
    shutil.copytree(DOCS, copy)
    (copy / "schemas" / "ack.json").write_text("{}")
    (copy / "schemas" / "envelope.json").unlink()
    (copy / "schemas" / "ph.gone.v1.json").write_text("{}")
    document = (copy / "asyncapi.yaml").read_text(encoding="utf-8")
    (copy / "asyncapi.yaml").write_text(
        document.replace("asyncapi: 3.0.0", "asyncapi: 2.6.0"), encoding="utf-8"
    )
    readme = (copy / "README.md").read_text(encoding="utf-8")
    (copy / "README.md").write_text(readme.replace("BAD_REQUEST` `", ""), encoding="utf-8")

    told = "\n".join(published.check(copy))

    assert "ack.json: differs" in told
    assert "envelope.json: missing" in told
    assert "ph.gone.v1.json: no such type" in told
    assert "README.md: differs" in told
    assert "asyncapi.yaml: differs from the code, first in line 2: 'asyncapi: 2.6.0' there" in told
    published.write(copy)
    assert published.check(copy) == []


def test_every_schema_is_found_by_the_dataschema_of_its_messages() -> None:
    for path in (DOCS / "schemas").glob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        assert schema["$id"] == f"urn:ph:schema:{path.stem}"
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


ENVELOPE = validator("envelope")
FACTS = {name: validator(name) for name in EVENT_TYPES}


@given(events())
def test_every_fact_keeps_the_published_schemas(event: Any) -> None:
    stamp = Stamp(1, "018f0000-0000-7000-8000-000000000000", 0, "boot", "synced")

    message = json.loads(encode_event(IDENTITY, Fact(event, 0), stamp))

    ENVELOPE.validate(message)
    FACTS[message["type"]].validate(message["data"])


def test_every_other_message_keeps_the_published_schemas(tmp_path: Path) -> None:
    async def main() -> list[dict[str, Any]]:
        broker = MemoryBroker()
        MemoryBackend(broker, IDENTITY.root)
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            while not station.link.online:
                await asyncio.sleep(0.1)
            broker.send(f"{IDENTITY.root}/cmd/open", json.dumps(OPEN).encode())
            broker.send(f"{IDENTITY.root}/cmd/open", json.dumps(OPEN | {"data": 7}).encode())
            await asyncio.sleep(40)
        return [json.loads(m.payload) for m in broker.log] + [json.loads(w) for w in broker.wills]

    messages = run_virtual(main)

    seen = set()
    for message in messages:
        ENVELOPE.validate(message)
        name = message["dataschema"].removeprefix("urn:ph:schema:")
        validator(name).validate(message["data"])
        seen.add(name)
    assert {n for n in seen if not n.startswith("ph.health")} == {
        "ph.state.presence.v1",
        "ph.state.birth.v1",
        "ph.state.compartments.v1",
        "ph.tel.heartbeat.v1",
        "ph.rsp.v1",
    }


def test_every_verb_is_in_the_published_table() -> None:
    page = (DOCS / "README.md").read_text(encoding="utf-8")

    for verb in VERBS:
        assert f"\n| `{verb}` | " in page
        assert f"[`ph.cmd.{verb}.v1`](schemas/ph.cmd.{verb}.v1.json)" in page


@pytest.mark.parametrize(
    ("command", "data"),
    [(OPEN, "ph.cmd.open.v1"), (EXPECT, "ph.cmd.expect.v1"), (SERVICE, "ph.cmd.set-service.v1")],
)
def test_commands_the_station_takes_keep_the_published_schemas(command: dict[str, Any], data: str) -> None:
    validator("command").validate(command)
    validator(data).validate(command["data"])
    assert list(validator(data).iter_errors(command["data"] | {"only_if_empty": True}))


def test_an_acknowledgement_is_a_whole_number_from_zero() -> None:
    ack = validator("ack")

    ack.validate({"sequence": 0})
    ack.validate({"sequence": 41, "id": "019ab3c2-6f00-7a10-8000-000000000001"})
    for wrong in ({}, {"sequence": -1}, {"sequence": 1.5}, {"sequence": "1"}, {"sequence": 1, "x": 1}):
        assert list(ack.iter_errors(wrong)), wrong


def test_the_worked_example_of_the_pickup_code_is_right() -> None:
    code = derive_code(bytes(range(32)), "demo-01", "P-0001", 0)

    assert f"`PHP:{code}`" in (DOCS / "pickup-code.md").read_text(encoding="utf-8")
