"""Commands from hostile bytes: what passes, what is refused, what can still be answered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.inputs import Command
from edge.core.model import Size
from edge.core.orders import ExpectParcel, Open, SetService
from edge.shell.commands import MAX_COMMAND_BYTES, MAX_DEPTH, CommandParser, Refusal
from edge.shell.envelope import StationIdentity
from edge.shell.recipient import recipient_key

PARSER = CommandParser(StationIdentity("acme", "demo-01"), bytes(range(32)))
REPLY_TO = "ph/1/acme/demo-01/rsp/desk"

OPEN: dict[str, Any] = {
    "specversion": "1.0",
    "id": "0198-abc",
    "source": "urn:backend",
    "type": "ph.cmd.open.v1",
    "time": "2026-05-28T20:26:40.000Z",
    "expirytime": "2026-05-28T20:27:00+00:00",
    "replyto": REPLY_TO,
    "correlationid": "tx-1",
    "data": {"compartment": "a01", "operator": "op-1", "reason": "stuck parcel"},
}
SERVICE: dict[str, Any] = OPEN | {
    "type": "ph.cmd.set-service.v1",
    "data": {"compartment": "a01", "in_service": False, "operator": "op-1", "reason": "hinge broken"},
}
EXPECT: dict[str, Any] = OPEN | {
    "type": "ph.cmd.expect.v1",
    "data": {
        "parcel_id": "P-1",
        "tracking_code": "RR123456785CN",
        "carrier": "acme",
        "recipient": "张伟",
        "phone": "+86 138 1234 5678",
        "size": "M",
        "consent": True,
    },
}


def parse(body: Any, verb: str = "open") -> Command | Refusal:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return PARSER.parse(verb, payload, clock_ok=True)


def refused(body: Any, verb: str = "open") -> Refusal:
    outcome = parse(body, verb)
    assert isinstance(outcome, Refusal)
    return outcome


def expected(**changes: Any) -> ExpectParcel:
    outcome = parse(EXPECT | {"data": EXPECT["data"] | changes}, "expect")
    assert isinstance(outcome, Command)
    assert isinstance(outcome.data, ExpectParcel)
    return outcome.data


def test_open_passes_with_all_it_says() -> None:
    assert parse(OPEN) == Command(
        id="0198-abc",
        verb="open",
        reply_to=REPLY_TO,
        correlation_id="tx-1",
        expires_at_ms=1_780_000_020_000,
        issued_at_ms=1_780_000_000_000,
        data=Open("a01", "op-1", "stuck parcel"),
        clock_ok=True,
    )


def test_set_service_passes_with_all_it_says() -> None:
    outcome = parse(SERVICE, "set-service")

    assert isinstance(outcome, Command)
    assert (outcome.verb, outcome.data) == ("set-service", SetService("a01", False, "op-1", "hinge broken"))


@pytest.mark.parametrize(
    "data",
    [
        {"in_service": None},
        {"in_service": "false"},
        {"in_service": 0},
        {"compartment": "A01"},
        {"until": "2026-06-01"},
    ],
)
def test_a_set_service_that_is_not_to_the_letter_is_refused(data: dict[str, Any]) -> None:
    outcome = refused(SERVICE | {"data": SERVICE["data"] | data}, "set-service")

    assert outcome.reason == "bad-data" and outcome.address is not None


def test_set_service_does_not_assume_which_way() -> None:
    data = {k: v for k, v in SERVICE["data"].items() if k != "in_service"}

    assert refused(SERVICE | {"data": data}, "set-service").reason == "bad-data"


def test_expect_arrives_masked() -> None:
    parcel = expected()

    assert (parcel.parcel, parcel.tracking_code, parcel.carrier) == ("P-1", "RR123456785CN", "acme")
    assert (parcel.recipient_masked, parcel.phone_masked) == ("张*", "138****5678")
    assert (parcel.size, parcel.consent) == (Size.M, True)
    assert "1381234" not in repr(parcel)
    assert "伟" not in repr(parcel)


def test_consent_and_size_are_not_assumed() -> None:
    body = EXPECT | {"data": {"parcel_id": "P-1", "tracking_code": "X1", "carrier": "acme"}}

    outcome = parse(body, "expect")

    assert isinstance(outcome, Command)
    assert isinstance(outcome.data, ExpectParcel)
    assert (outcome.data.consent, outcome.data.size) == (False, None)


def test_the_same_person_has_the_same_key_however_the_phone_is_written() -> None:
    keys = {
        expected(phone=phone).recipient_key
        for phone in ("13812345678", "+8613812345678", "0086 138-1234-5678", "１３８１２３４５６７８")
    }
    assert len(keys) == 1
    assert keys != {expected(phone="13812345679").recipient_key}


def test_a_recipient_id_counts_before_the_phone() -> None:
    first = expected(recipient_id=" U-77 ")
    second = expected(recipient_id="u-77", phone="13999999999")

    assert first.recipient_key == second.recipient_key
    assert first.recipient_key != expected().recipient_key


def test_two_unnamed_recipients_are_two_people() -> None:
    first = expected(phone="", parcel_id="P-1")
    second = expected(phone="", parcel_id="P-2")

    assert first.recipient_key != second.recipient_key


def test_another_pepper_gives_another_key() -> None:
    known = {"recipient_id": "u-1", "phone": "", "parcel_id": "p"}

    assert recipient_key(bytes(32), **known) != recipient_key(bytes(range(32)), **known)


def test_without_correlation_the_command_is_its_own() -> None:
    body = {k: v for k, v in OPEN.items() if k != "correlationid"}

    outcome = parse(body)

    assert isinstance(outcome, Command)
    assert outcome.correlation_id == "0198-abc"


def test_attributes_nobody_knows_are_ignored_but_data_nobody_knows_is_refused() -> None:
    assert isinstance(parse(OPEN | {"traceparent": "00-0-0-00"}), Command)
    assert refused(OPEN | {"data": OPEN["data"] | {"only_if_empty": True}}).reason == "bad-data"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"specversion": "0.3"}, "bad-envelope"),
        ({"type": "ph.cmd.expect.v1"}, "bad-envelope"),
        ({"type": "ph.cmd.open.v2"}, "bad-envelope"),
        ({"time": "yesterday"}, "bad-envelope"),
        ({"time": "2026-05-28T20:26:40"}, "bad-envelope"),
        ({"expirytime": None}, "bad-envelope"),
        ({"data": None}, "bad-data"),
        ({"data": []}, "bad-data"),
        ({"data": {"compartment": "A01"}}, "bad-data"),
        ({"data": {"compartment": "a01\n"}}, "bad-data"),
        ({"data": {"compartment": "../a01"}}, "bad-data"),
        ({"data": {"compartment": "a01", "reason": "x" * 201}}, "bad-data"),
    ],
)
def test_what_breaks_the_contract_is_refused_and_answered(change: dict[str, Any], reason: str) -> None:
    outcome = refused(OPEN | change)

    assert outcome.reason == reason
    assert outcome.address is not None
    assert (outcome.address.command, outcome.address.reply_to) == ("0198-abc", REPLY_TO)
    assert outcome.address.correlation_id == "tx-1"


@pytest.mark.parametrize(
    "replyto",
    [
        "ph/1/acme/other/rsp/desk",
        "ph/1/acme/demo-01/evt/door",
        "ph/1/acme/demo-01/rsp/",
        "ph/1/acme/demo-01/rsp",
        "ph/1/acme/demo-01/rsp/#",
        "ph/1/acme/demo-01/rsp/+/x",
        "ph/1/acme/demo-01/rsp/a//b",
        "ph/1/acme/demo-01/rsp/desk\n",
        "ph/1/acme/demo-01/rsp/\u0000",
        "ph/1/acme/demo-01/rspx/desk",
        "",
    ],
)
def test_a_reply_address_that_is_not_ours_gets_no_word(replyto: str) -> None:
    outcome = refused(OPEN | {"replyto": replyto})

    assert outcome.address is None


@pytest.mark.parametrize("id_", ["", "a b", "x" * 65, "id\n", 7, None, {"a": 1}])
def test_an_id_that_is_none_gets_no_word(id_: object) -> None:
    outcome = refused(OPEN | {"id": id_})

    assert outcome.reason == "bad-envelope"
    assert outcome.address is None


def test_an_unknown_verb_is_answered() -> None:
    outcome = refused(OPEN | {"type": "ph.cmd.explode.v1"}, "explode")

    assert outcome.reason == "unknown-verb"
    assert outcome.address is not None


@pytest.mark.parametrize("parcel_id", ["", "a/b", "a b", "P-1\n", "x" * 65, "张"])
def test_a_parcel_id_that_could_not_be_a_subject_is_refused(parcel_id: str) -> None:
    body = EXPECT | {"data": EXPECT["data"] | {"parcel_id": parcel_id}}

    assert refused(body, "expect").reason == "bad-data"


def test_size_depth_and_encoding_are_bounded() -> None:
    nested = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    deeper = "[" * MAX_DEPTH + "]" * MAX_DEPTH

    assert refused(b" " * (MAX_COMMAND_BYTES + 1)).reason == "too-large"
    assert refused(b"[" * 10_000).reason == "too-deep"
    assert refused(json.dumps(OPEN).encode().replace(b"op-1", b"\xff\xfe")).reason == "not-utf8"
    assert refused(f'{{"x": {deeper}}}'.encode()).reason == "too-deep"
    assert refused(f'{{"x": {nested}}}'.encode()).reason == "bad-envelope"


@pytest.mark.parametrize(
    "twice",
    [
        '"compartment": "a02", "compartment"',
        '"compartment": "a02", "comp\\u0061rtment"',
        '"compartment": 1, "compartment"',
    ],
)
def test_a_key_named_twice_is_refused_because_readers_differ_about_it(twice: str) -> None:
    body = json.dumps(OPEN).replace('"compartment"', twice, 1).encode()

    refusal = refused(body)
    assert (refusal.reason, refusal.detail) == ("doubled-key", "'compartment' is there twice in one object")
    assert isinstance(parse(OPEN | {"note": [{"data": 1}, {"data": 2}]}), Command)


def test_brackets_inside_text_are_no_depth() -> None:
    body = OPEN | {"data": OPEN["data"] | {"reason": '[[[[[[[[[["\\" {{{'}}

    assert isinstance(parse(body), Command)


@given(st.binary(max_size=300))
def test_no_bytes_raise(payload: bytes) -> None:
    assert isinstance(parse(payload), Refusal)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(OPEN)), JSON), st.sampled_from(["open", "expect", "x"]))
def test_no_values_raise(changes: dict[str, Any], verb: str) -> None:
    outcome = parse(OPEN | changes, verb)

    if isinstance(outcome, Command):
        assert outcome.reply_to == REPLY_TO
