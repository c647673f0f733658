"""What the page's forms make is what the station's own types take, verb by verb."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest

from edge.core.orders import ORDERS
from simulators.console.verbs import VERBS, Field, Verb, data_of, described, subject_of

AT_MS: Final = 1_800_000_000_000

TYPED: Final = {
    "compartment": "A07",
    "compartments": "a01, A02 a03",
    "parcel": "P-00017",
    "hours": "1.5",
    "hours_on": "1.5",
    "text": " because ",
}

NOT_ON_THE_PAGE: Final = {"expect": "parcels come from the manifest", "revoke": "a button beside each grant"}


def _typed(verb: Verb) -> dict[str, str]:
    words = {field.name: field.choices[0] if field.choices else TYPED[field.kind] for field in verb.fields}
    if verb.name in ("hold", "release"):
        words.pop("compartment")  # one of the two
    return words


def _verb(name: str) -> Verb:
    return next(verb for verb in VERBS if verb.name == name)


def test_every_verb_of_the_station_is_on_the_page() -> None:
    assert {verb.name for verb in VERBS} == set(ORDERS) - set(NOT_ON_THE_PAGE)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_filled_form_is_what_the_station_takes(verb: Verb) -> None:
    data = data_of(verb, _typed(verb), "console", AT_MS)

    order = msgspec.convert(data, ORDERS[verb.name], strict=True)
    for name in ("operator", "reason"):
        if hasattr(order, name):
            assert getattr(order, name)


@pytest.mark.parametrize(
    ("verb", "field"), [(verb, field) for verb in VERBS for field in verb.fields if field.needed], ids=str
)
def test_a_field_left_empty_is_named(verb: Verb, field: Field) -> None:
    with pytest.raises(ValueError, match=field.label):
        data_of(verb, _typed(verb) | {field.name: " "}, "console", AT_MS)


@pytest.mark.parametrize(
    ("name", "words", "what"),
    [
        ("shift-deadlines", {"by_s": "soon"}, "number"),
        ("shift-deadlines", {"by_s": "nan"}, "at most"),
        ("shift-deadlines", {"by_s": "1e9"}, "at most"),
        ("set-service", {"in_service": "perhaps"}, "one of no, yes"),
        ("open", {"reason": 7}, "text"),
    ],
)
def test_what_cannot_be_meant_is_refused(name: str, words: dict[str, Any], what: str) -> None:
    verb = _verb(name)
    with pytest.raises(ValueError, match=what):
        data_of(verb, _typed(verb) | words, "console", AT_MS)


def test_hours_become_a_moment_or_a_span() -> None:
    reserve, shift = _verb("reserve"), _verb("shift-deadlines")
    assert data_of(reserve, _typed(reserve), "c", AT_MS)["until_ms"] == AT_MS + 5_400_000
    assert data_of(shift, {"by_s": "-2", "reason": "r"}, "c", AT_MS)["by_s"] == -7200


def test_a_command_is_named_by_what_it_is_about() -> None:
    assert subject_of({"compartments": ["a01", "a02"]}) == "A01 A02"
    assert subject_of({"compartment": "a01", "parcel_id": "P-1"}) == "A01 P-1"
    assert subject_of({}) == ""


def test_the_page_gets_the_table_as_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(described()))[0]["fields"][0]["kind"] == "compartment"
