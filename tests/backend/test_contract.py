"""The backend's own reading of the published contract: schemas, and the pickup code's worked example."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from simulators.backend_codes import pickup_code
from simulators.backend_schemas import ContractSchemas, SchemaError
from simulators.broker import Broker
from tests.backend.conftest import Backends
from tests.backend.scripted_station import ScriptedStation, deposited, fact, until
from tests.backend.test_commands import PARCEL

CONTRACT = Path(__file__).parents[2] / "docs" / "contract"
SCHEMAS = CONTRACT / "schemas"


def test_the_worked_example_of_the_contract_holds() -> None:
    page = (CONTRACT / "pickup-code.md").read_text(encoding="utf-8")
    printed = re.search(r"\| code \| `(\d{9})`", page)

    assert printed is not None
    assert pickup_code(bytes(range(32)), "demo-01", "P-0001", 0) == printed[1]


def test_facts_that_keep_the_contract_have_no_findings() -> None:
    schemas = ContractSchemas(SCHEMAS)

    assert schemas.findings(fact(1)) == []
    assert schemas.findings(deposited(2)) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"sequence": "7"}, "sequence"),
        ({"source": "urn:other"}, "source"),
        ({"type": "ph.door.exploded.v1"}, "no schema for type ph.door.exploded.v1"),
        ({"data": {"compartment": "a01", "door": "AJAR"}}, "AJAR"),
        ({"data": {"door": "OPEN"}}, "compartment"),
        ({"data": None}, "data"),
    ],
)
def test_a_broken_fact_is_named(change: dict[str, Any], word: str) -> None:
    findings = ContractSchemas(SCHEMAS).findings(fact(1) | change)

    assert any(word in finding for finding in findings), findings


def test_a_folder_without_schemas_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"no \*\.json"):
        ContractSchemas(tmp_path)

    (tmp_path / "bad.json").write_text('{"type": 5}', encoding="utf-8")
    with pytest.raises(SchemaError, match=r"bad\.json"):
        ContractSchemas(tmp_path)


@pytest.mark.breaks_contract
async def test_a_violation_is_recorded_and_the_fact_still_stored(backends: Backends, broker: Broker) -> None:
    backend = await backends.start(SCHEMAS)
    with ScriptedStation(broker.host, broker.port) as station:
        station.publish(fact(1))
        station.publish(fact(2, compartment="a01", door="AJAR"))
        await until(lambda: backend.violation_count == 1)

    assert backend.last_sequence("demo-01") == 2
    assert [violation.topic for violation in backend.violations] == ["ph/1/demo/demo-01/evt/door"]


async def test_our_own_commands_keep_the_contract(backends: Backends, broker: Broker) -> None:
    backend = await backends.start(SCHEMAS)
    with ScriptedStation(broker.host, broker.port) as station:
        station.on_command = lambda command: station.reply(command, "succeeded")
        await backend.expect(PARCEL | {"size": None})
        await backend.open_door("demo-01", "a01", "test", "op-1")

    schemas = ContractSchemas(SCHEMAS)
    for command in station.commands:
        assert schemas.findings_of("command", command) == []
        assert schemas.findings_of(command["type"], command["data"]) == []
    assert json.dumps([violation.what for violation in backend.violations]) == "[]"
