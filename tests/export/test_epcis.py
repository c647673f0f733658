"""The EPCIS document against GS1's own JSON Schema and vocabulary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from biip.sscc import Sscc

from edge.cli import main
from edge.contract.example_facts import FACTS
from edge.core.events import EVENT_TYPES, ParcelPickedUp
from tests.export.journals import tamper, write

SCHEMA = json.loads((Path(__file__).parents[1] / "data" / "epcis-2.0.schema.json").read_text())


@pytest.fixture(scope="module")
def gs1() -> Any:
    return jsonschema_rs.validator_for(SCHEMA, validate_formats=True)


def exported(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    assert main(["events", "--epcis", "--journal", str(path), *more]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_the_document_is_valid_and_holds_every_fact_with_a_business_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], gs1: Any
) -> None:
    document = exported(write(tmp_path / "j"), capsys)

    assert [error.message[:300] for error in gs1.iter_errors(document)] == []
    events = document["epcisBody"]["eventList"]
    assert [e["ph:type"] for e in events] == [f.type for f in FACTS if getattr(f, "biz_step", "")]
    assert {e["ph:upu"] for e in events} == {"EDH", "EMI", "EMH", "EDF"}
    assert len({e["eventID"] for e in events}) == len(events)


@pytest.mark.parametrize("broken", ["eventTime", "epcList", "action"])
def test_the_schema_can_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], gs1: Any, broken: str
) -> None:
    document = exported(write(tmp_path / "j"), capsys)
    del document["epcisBody"]["eventList"][0][broken]

    assert not gs1.is_valid(document)


def test_a_journal_without_such_facts_is_a_valid_empty_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], gs1: Any
) -> None:
    document = exported(write(tmp_path / "j", ()), capsys)

    assert document["epcisBody"]["eventList"] == [] and gs1.is_valid(document)


def test_every_step_and_disposition_is_a_word_of_gs1() -> None:
    """Against the lists in GS1's own schema, which the validator takes as one way of several to be valid."""
    steps = set(SCHEMA["definitions"]["bizStep"]["anyOf"][1]["enum"])
    dispositions = set(SCHEMA["definitions"]["disposition"]["anyOf"][1]["enum"])

    for name, type_ in EVENT_TYPES.items():
        defaults = dict(
            zip(reversed(type_.__struct_fields__), reversed(type_.__struct_defaults__), strict=False)
        )
        assert defaults.get("biz_step", "") in {"", *steps}, name
        assert defaults.get("disposition", "") in {"", *dispositions}, name


def test_an_sscc_is_a_digital_link_and_any_other_code_the_carriers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], gs1: Any
) -> None:
    sscc = "340123450000000000"
    whole = sscc[:-1] + str(_check(sscc[:-1]))
    codes = [whole, "00" + whole, whole[:-1] + str((int(whole[-1]) + 1) % 10), "ED 187/244"]
    facts = tuple(ParcelPickedUp("P-1", code, "b07", "s-1") for code in codes)

    document = exported(write(tmp_path / "j", facts), capsys)

    assert Sscc.parse(whole).check_digit == int(whole[-1])
    assert gs1.is_valid(document)
    assert [e["epcList"] for e in document["epcisBody"]["eventList"]] == [
        [f"https://id.gs1.org/00/{whole}"],
        [f"https://id.gs1.org/00/{whole}"],
        [f"urn:ph:acme:tracking:{codes[2]}"],
        ["urn:ph:acme:tracking:ED%20187%2F244"],
    ]


def _check(body: str) -> int:
    return -sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(body))) % 10


def test_content_that_has_left_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "j")
    whole = exported(path, capsys)["epcisBody"]["eventList"]
    tamper(path, "UPDATE events SET body=x'' WHERE seq=4")

    assert exported(path, capsys)["epcisBody"]["eventList"] == [e for e in whole if e["ph:sequence"] != 4]
