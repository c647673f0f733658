"""docs/contract/asyncapi.yaml against AsyncAPI's own schema and two libraries of JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from edge.contract.channels import channels
from edge.contract.examples import example_message
from edge.contract.schemas import message_types
from tests.support.contract_watch import DOCUMENT, Document

SCHEMA = Path(__file__).parents[1] / "data" / "asyncapi-3.0.0.schema.json"
SCHEMAS = DOCUMENT.parent / "schemas"

NOT_MESSAGES = {"envelope", "command"}
"""What goes around the data of others."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def standard() -> Draft7Validator:
    return Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_the_document_is_asyncapi_3(document: dict[str, Any], standard: Draft7Validator) -> None:
    assert [f"{list(e.absolute_path)[:4]}: {e.message[:200]}" for e in standard.iter_errors(document)] == []


@pytest.mark.parametrize("part", ["info", "asyncapi"])
def test_the_standards_schema_can_fail(
    document: dict[str, Any], standard: Draft7Validator, part: str
) -> None:
    broken = {name: value for name, value in document.items() if name != part}

    assert not standard.is_valid(broken)
    assert not standard.is_valid({**document, "channels": {"x": {"adress": "a"}}})


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def look(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                at: Any = document
                for step in part["$ref"].removeprefix("#/").split("/"):
                    at = at[step]
            for value in part.values():
                look(value)
        elif isinstance(part, list):
            for value in part:
                look(value)

    look(document)


def test_no_name_says_where_the_code_keeps_a_class(document: dict[str, Any]) -> None:
    names = set(document["components"]["schemas"])

    assert set(message_types()) <= names
    assert not [name for name in names if name.startswith(("edge.", "hal."))]


def test_every_message_has_a_channel_an_operation_and_an_example(document: dict[str, Any]) -> None:
    wanted = set(message_types()) - NOT_MESSAGES

    assert {name for row in channels() for name in row.messages} == wanted
    assert set(document["components"]["messages"]) == wanted
    assert {op["channel"]["$ref"].rpartition("/")[2] for op in document["operations"].values()} == {
        row.key for row in channels()
    }
    assert all(message["examples"] for message in document["components"]["messages"].values())


@pytest.mark.parametrize("name", sorted(set(message_types()) - NOT_MESSAGES))
def test_the_example_keeps_the_document_and_the_schema_files(name: str) -> None:
    message = example_message(name)
    row = next(row for row in channels() if name in row.messages)
    topic = row.address.format(tenant="acme", station="shanghai-0042", service="desk-3", id="job-1")

    assert Document(DOCUMENT).faults(topic, json.dumps(message).encode()) == []
    data = message if name == "ack" else message["data"]
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(data)
    if name != "ack":
        around = "command" if name.startswith("ph.cmd.") else "envelope"
        Draft202012Validator(json.loads((SCHEMAS / f"{around}.json").read_text(encoding="utf-8"))).validate(
            message
        )


def test_an_example_with_a_field_of_the_wrong_kind_is_found() -> None:
    message = example_message("ph.door.changed.v1")
    message["data"]["door"] = "AJAR"

    (fault,) = Document(DOCUMENT).faults("ph/1/acme/demo-01/evt/door", json.dumps(message).encode())

    assert "data/door" in fault


def test_a_fact_on_the_topic_of_another_area_is_found() -> None:
    body = json.dumps(example_message("ph.door.changed.v1")).encode()

    assert "no message of facts-parcel" in Document(DOCUMENT).faults("ph/1/acme/demo-01/evt/parcel", body)[0]
    assert "no such channel" in Document(DOCUMENT).faults("ph/1/acme/demo-01/evt/nothing", body)[0]


def test_the_examples_in_the_file_are_the_messages_as_sent(document: dict[str, Any]) -> None:
    for name, message in document["components"]["messages"].items():
        (example,) = message["examples"]
        assert example["payload"] == example_message(name)
        root = {"allOf": [message["payload"]], "components": document["components"]}
        jsonschema.validate(example["payload"], root, cls=Draft7Validator)
