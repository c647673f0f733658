"""Every verb from its bytes: the published example passes to the letter, anything beside it is refused."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.examples import example_message
from edge.core.inputs import Command
from edge.core.orders import ORDERS
from edge.shell.commands import CommandParser, Refusal
from edge.shell.envelope import StationIdentity
from edge.shell.messages import VERBS

PARSER = CommandParser(StationIdentity("acme", "shanghai-0042"), bytes(range(32)), {})


def body(verb: str, **changes: Any) -> dict[str, Any]:
    message = example_message(f"ph.cmd.{verb}.v1")
    return message | {"data": message["data"] | changes}


def parse(verb: str, message: dict[str, Any]) -> Command | Refusal:
    return PARSER.parse(verb, json.dumps(message).encode(), clock_ok=True)


@pytest.mark.parametrize("verb", VERBS)
def test_the_published_example_passes_to_the_letter(verb: str) -> None:
    outcome = parse(verb, body(verb))

    assert isinstance(outcome, Command)
    assert isinstance(outcome.data, ORDERS[verb])
    if verb != "expect":
        assert body(verb)["data"].items() <= msgspec.to_builtins(outcome.data).items()


@pytest.mark.parametrize("verb", VERBS)
def test_a_field_nobody_knows_is_refused_and_answered(verb: str) -> None:
    outcome = parse(verb, body(verb, only_if_empty=True))

    assert isinstance(outcome, Refusal)
    assert outcome.reason == "bad-data" and outcome.address is not None


@pytest.mark.parametrize(
    ("verb", "field", "value"),
    [
        ("open", "signatures", [{"operator": "op", "signature": "x"}]),
        ("open-many", "compartments", []),
        ("open-many", "compartments", ["a"] * 101),
        ("open-many", "compartments", ["A01"]),
        ("open-many", "compartments", "b07"),
        ("hold", "parcel_id", "a/b"),
        ("hold", "compartment", "../x"),
        ("reserve", "until_ms", -1),
        ("reserve", "until_ms", 10**18),
        ("reserve", "until_ms", "tomorrow"),
        ("reserve", "size", "XXL"),
        ("shift-deadlines", "by_s", 366 * 86_400 + 1),
        ("shift-deadlines", "by_s", 1.5),
        ("shift-deadlines", "by_s", True),
        ("print", "document", "poster"),
        ("reprint", "reason", "x" * 201),
        ("recall", "operator", "x" * 65),
        ("cancel", "parcel_id", None),
        ("set-service", "in_service", "no"),
    ],
)
def test_a_value_beyond_its_limits_is_refused(verb: str, field: str, value: object) -> None:
    outcome = parse(verb, body(verb, **{field: value}))

    assert isinstance(outcome, Refusal) and outcome.reason == "bad-data"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.data(), st.sampled_from(sorted(VERBS)))
def test_no_data_raises_and_what_passes_is_what_was_said(data: st.DataObject, verb: str) -> None:
    fields = sorted(VERBS[verb].__struct_fields__) or ["x"]
    changes = data.draw(st.dictionaries(st.sampled_from(fields), JSON, max_size=3))
    message = body(verb, **changes)
    outcome = parse(verb, message)

    if isinstance(outcome, Command) and verb != "expect":
        kept = msgspec.to_builtins(outcome.data)
        assert {name: kept[name] for name in message["data"]} == message["data"]
