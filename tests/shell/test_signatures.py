"""Signatures of operators: the published example, one canonical form, and nothing that passes by accident."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from edge.core.inputs import Command, Signed
from edge.core.model import ErrorCode
from edge.shell.commands import CommandParser, Refusal
from edge.shell.envelope import StationIdentity
from edge.shell.messages import CommandEnvelope
from edge.shell.signatures import signed_bytes

PAGE = Path(__file__).parents[2] / "docs" / "contract" / "signed-commands.md"
KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n, name in ((1, "wang"), (2, "li"))}
PUBLIC = {name: key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) for name, key in KEYS.items()}
PARSER = CommandParser(StationIdentity("acme", "demo-01"), bytes(32), PUBLIC)

DATA: dict[str, Any] = {
    "compartments": ["a01", "a02"],
    "operator": "wang",
    "reason": "bank A is to be moved",
}
COMMAND: dict[str, Any] = {
    "specversion": "1.0",
    "id": "0197-0001",
    "source": "urn:backend",
    "type": "ph.cmd.open-many.v1",
    "time": "2026-05-28T20:26:40.000Z",
    "expirytime": "2026-05-28T20:27:00.000Z",
    "replyto": "ph/1/acme/demo-01/rsp/desk",
}


def form(command: dict[str, Any], data: dict[str, Any], station: str, verb: str) -> bytes:
    """The page's steps 1 to 3 in other words than the service's: the standard library's JSON."""
    what = {name: command[name] for name in ("expirytime", "id", "time")}
    what |= {"data": data, "station": station, "verb": verb}
    text = json.dumps(what, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return b"ph-command/1\n" + text.encode()


def sign(name: str, text: bytes) -> dict[str, str]:
    return {"operator": name, "signature": base64.b64encode(KEYS[name].sign(text)).decode()}


def signed(*names: str, data: dict[str, Any] = DATA, **changes: Any) -> dict[str, Any]:
    command = COMMAND | changes
    text = form(command, data, "acme/demo-01", "open-many")
    return command | {"data": data | {"signatures": [sign(name, text) for name in names]}}


def judged(command: dict[str, Any], verb: str = "open-many") -> Signed:
    parsed = PARSER.parse(verb, json.dumps(command).encode(), clock_ok=True)
    assert isinstance(parsed, Command), parsed
    return parsed.signed


def test_the_published_example_is_right() -> None:
    page = PAGE.read_text(encoding="utf-8")
    text = form(COMMAND, DATA, "acme/demo-01", "open-many")

    assert text.decode() in page and f"{len(text)} of them" in page
    for name in KEYS:
        row = (
            f"| `{name}` | `{base64.b64encode(PUBLIC[name]).decode()}` | `{sign(name, text)['signature']}` |"
        )
        assert row in page
    assert judged(signed("wang", "li")).by == ("wang", "li")


def test_who_signed_is_who_counts() -> None:
    assert judged(signed()).by == ()
    assert judged(signed("li")).by == ("li",)
    assert judged(signed("wang", "wang")).by == ("wang",)


def test_the_order_of_fields_and_the_spaces_between_do_not_matter() -> None:
    command = signed("wang", "li")
    turned = dict(reversed(command.items())) | {"data": dict(reversed(command["data"].items()))}
    parsed = PARSER.parse("open-many", json.dumps(turned, indent=3).encode(), clock_ok=True)

    assert isinstance(parsed, Command) and parsed.signed.by == ("wang", "li")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "0197-0002"},
        {"time": "2026-05-28T20:26:41.000Z"},
        {"time": "2026-05-28T20:26:40.0Z"},
        {"expirytime": "2026-05-28T21:27:00.000Z"},
        {"data": DATA | {"compartments": ["a02", "a01"]}},
        {"data": DATA | {"compartments": ["a01", "a02", "a03"]}},
        {"data": DATA | {"operator": "li"}},
        {"data": DATA | {"reason": "bank A is to be moved "}},
    ],
)
def test_nothing_that_was_signed_can_be_changed(changes: dict[str, Any]) -> None:
    command = signed("wang", "li")
    data = changes.pop("data", DATA) | {"signatures": command["data"]["signatures"]}

    outcome = judged(command | {"data": data} | changes)
    assert (outcome.by, outcome.error) == ((), ErrorCode.SIGNATURE_INVALID)


def test_a_signature_is_for_one_station_and_one_verb() -> None:
    for station, verb in (
        ("acme/demo-02", "open-many"),
        ("beta/demo-01", "open-many"),
        ("acme/demo-01", "open"),
    ):
        text = form(COMMAND, DATA, station, verb)
        command = COMMAND | {"data": DATA | {"signatures": [sign("wang", text), sign("li", text)]}}
        assert judged(command).error is ErrorCode.SIGNATURE_INVALID


def test_the_other_operators_signature_under_ones_own_name_is_none() -> None:
    command = signed("wang", "li")
    for each in command["data"]["signatures"]:
        each["operator"] = "wang"

    assert judged(command).error is ErrorCode.SIGNATURE_INVALID


def test_an_operator_nobody_entered_is_not_authorised() -> None:
    command = signed("wang")
    command["data"]["signatures"][0]["operator"] = "zhao"

    assert judged(command).error is ErrorCode.NOT_AUTHORISED


@pytest.mark.parametrize("text", ["", "AAAA", "A" * 88, "A" * 86 + "=\n", "é" * 44])
def test_what_has_not_the_form_of_a_signature_is_no_command(text: str) -> None:
    command = signed("wang")
    command["data"]["signatures"][0]["signature"] = text

    assert isinstance(PARSER.parse("open-many", json.dumps(command).encode(), clock_ok=True), Refusal)


def test_five_signatures_are_too_many_to_check() -> None:
    assert isinstance(
        PARSER.parse("open-many", json.dumps(signed(*["wang"] * 5)).encode(), clock_ok=True), Refusal
    )


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_has_one_canonical_form(reason: str, operator: str) -> None:
    data = {"compartment": "a01", "operator": operator, "reason": reason, "signatures": []}
    for ascii_only in (True, False):
        raw = json.dumps(data, ensure_ascii=ascii_only).encode()
        body = COMMAND | {"data": json.loads(raw)}
        envelope = CommandEnvelope(
            specversion="1.0",
            id=body["id"],
            source="s",
            type="ph.cmd.open.v1",
            time=body["time"],
            expirytime=body["expirytime"],
            replyto="r",
            data=msgspec.Raw(raw),
        )
        bare = {name: value for name, value in data.items() if name != "signatures"}
        assert signed_bytes("acme/demo-01", "open", envelope) == form(COMMAND, bare, "acme/demo-01", "open")
