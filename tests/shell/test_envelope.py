"""Facts to CloudEvents and back."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.events import EVENT_TYPES, ParcelDeposited, StationStarted, UnlockRequested
from edge.core.model import Authorisation, DoorState, Purpose
from edge.shell.envelope import (
    EnvelopeError,
    Fact,
    Stamp,
    StationIdentity,
    decode_event,
    encode_event,
    ms_from_rfc3339,
    rfc3339,
)
from edge.shell.ids import uuid7
from tests.support.facts import events, events_of

IDENTITY = StationIdentity("acme", "demo-01")
STAMP = Stamp(7, "018f0000-0000-7000-8000-000000000000", 1_780_000_000_250, "boot-1", "synced")

DEPOSITED = ParcelDeposited(
    parcel="P-1",
    tracking_code="RR123456785CN",
    compartment="a01",
    compartment_number="1",
    session="s-1",
    courier="c-1",
    carrier="acme",
    code_nonce=1,
    expires_at_ms=1_780_000_600_000,
    assurance="confirmed",
)


def test_the_envelope_carries_every_attribute_of_the_contract() -> None:
    fact = Fact(DEPOSITED, 1_780_000_000_000, correlation_id="tx-1", causation_id="msg-1", monotonic_ms=8_250)

    told = json.loads(encode_event(IDENTITY, fact, STAMP))

    data = told.pop("data")
    assert told == {
        "specversion": "1.0",
        "id": STAMP.id,
        "source": "urn:ph:acme:demo-01",
        "type": "ph.parcel.deposited.v1",
        "subject": "parcel/P-1",
        "time": "2026-05-28T20:26:40.000Z",
        "recordedtime": "2026-05-28T20:26:40.250Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:ph:schema:ph.parcel.deposited.v1",
        "sequence": "00000000000000000007",
        "correlationid": "tx-1",
        "causationid": "msg-1",
        "dataclassification": "personal",
        "bootid": "boot-1",
        "clockstate": "synced",
        "monotonicms": "8250",
    }
    assert "type" not in data
    assert data["expires_at_ms"] == 1_780_000_600_000


def test_correlation_defaults_to_the_facts_own_and_absent_attributes_are_left_out() -> None:
    told = json.loads(encode_event(IDENTITY, Fact(DEPOSITED, 0), STAMP))

    assert told["correlationid"] == "s-1"
    assert "causationid" not in told and "monotonicms" not in told
    assert None not in told.values()


@given(events())
def test_every_fact_survives_the_way_there_and_back(event: Any) -> None:
    envelope, back = decode_event(encode_event(IDENTITY, Fact(event, 1), STAMP))

    assert back == event
    assert type(back) is type(event)
    assert envelope.sequence == f"{7:020d}"


@pytest.mark.parametrize("monotonic_ms", [None, 0, 2**31, 10**15 - 1])
def test_the_monotonic_clock_survives_the_way_there_and_back(monotonic_ms: int | None) -> None:
    envelope, _ = decode_event(encode_event(IDENTITY, Fact(DEPOSITED, 0, monotonic_ms=monotonic_ms), STAMP))

    assert envelope.monotonic_ms == monotonic_ms


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=list(EVENT_TYPES))
def test_every_type_of_fact_survives(kind: type) -> None:
    @settings(max_examples=10)
    @given(events_of(kind))
    def there_and_back(event: Any) -> None:
        assert decode_event(encode_event(IDENTITY, Fact(event, 1), STAMP))[1] == event

    there_and_back()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": "ph.parcel.teleported.v1"}, "unknown event type"),
        ({"specversion": "0.3"}, "no CloudEvent"),
        ({"sequence": "7"}, "no CloudEvent"),
        ({"clockstate": "slow"}, "no CloudEvent"),
        ({"monotonicms": 8250}, "no CloudEvent"),
        ({"monotonicms": "-1"}, "no CloudEvent"),
        ({"monotonicms": "9" * 16}, "no CloudEvent"),
        ({"data": {"parcel": 3}}, "data of ph.parcel.deposited.v1"),
    ],
)
def test_a_strange_record_is_refused_with_the_reason(change: dict[str, Any], says: str) -> None:
    told = json.loads(encode_event(IDENTITY, Fact(DEPOSITED, 0), STAMP)) | change

    with pytest.raises(EnvelopeError, match=says):
        decode_event(json.dumps(told).encode())


def test_an_older_record_without_a_field_added_since_is_read() -> None:
    event = UnlockRequested("u-1", "a01", Purpose.PICKUP, Authorisation("pickup_code", "P-1"))
    told = json.loads(encode_event(IDENTITY, Fact(event, 0), STAMP))
    del told["data"]["command"]

    assert decode_event(json.dumps(told).encode())[1] == event


def test_station_facts_have_the_station_as_subject() -> None:
    started = StationStarted(boot=1, version="1", doors={"a01": DoorState.UNKNOWN})

    assert json.loads(encode_event(IDENTITY, Fact(started, 0), STAMP))["subject"] == "station"


@pytest.mark.parametrize("bad", ["", "Acme", "a/b", "a+b", "x" * 37, "#"])
def test_an_id_that_could_change_the_topic_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="does not match"):
        StationIdentity("acme", bad)


@given(st.integers(0, 253_402_300_799_999))
def test_times_survive_to_the_millisecond(ms: int) -> None:
    assert ms_from_rfc3339(rfc3339(ms)) == ms


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01", "2026-01-01T00:00:00"])
def test_a_time_nobody_can_place_is_refused(text: str) -> None:
    with pytest.raises(EnvelopeError):
        ms_from_rfc3339(text)


def test_uuid7_matches_the_example_of_rfc_9562() -> None:
    """Appendix A.6: time 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F."""
    noise = (0xCC3 << 62 | 0x18C4DC0C0C07398F).to_bytes(10, "big")

    assert uuid7(0x017F22E279B0, noise) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_uuid7_differs_each_time() -> None:
    assert len({uuid7(1) for _ in range(1000)}) == 1000


def test_data_of_all_types_is_a_plain_object() -> None:
    for cls in EVENT_TYPES.values():
        assert "type" not in {field.name for field in msgspec.structs.fields(cls)}
