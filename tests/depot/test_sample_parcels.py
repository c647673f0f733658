"""The sample manifest is what its tool makes, reads without fault and shows what it should."""

from __future__ import annotations

from pathlib import Path

import biip
import pytest
import tracking_numbers

from edge.core.identifiers import Kind, candidates
from edge.core.model import Size
from edge.depot.manifest import Manifest, read_manifest
from tools.make_parcels import make_manifest

SAMPLE = Path(__file__).parents[2] / "examples" / "parcels.csv"

ORACLE = {
    "ups": "ups",
    "fedex": "fedex",
    "usps": "usps",
    "dhl": "dhl",
    "amazon": "amazon",
    "ontrac": "ontrac",
}


@pytest.fixture(scope="module")
def sample() -> Manifest:
    return read_manifest(SAMPLE)


def test_the_tool_makes_the_same_file_again() -> None:
    assert SAMPLE.read_text(encoding="utf-8") == make_manifest(seed=1, rows=300)


def test_another_seed_makes_other_parcels() -> None:
    assert make_manifest(seed=2, rows=50) != make_manifest(seed=1, rows=50)


def test_the_sample_has_300_rows_and_no_fault(sample: Manifest) -> None:
    assert sample.faults == []
    assert len(sample.parcels) == 300


def test_every_kind_of_tracking_code_is_there_and_checks(sample: Manifest) -> None:
    likeliest = {
        candidates(line.split(",")[1])[0].kind for line in SAMPLE.read_text(encoding="utf-8").splitlines()[1:]
    }
    gs1_only_on_labels = {Kind.GSIN, Kind.GINC}

    assert likeliest >= set(Kind) - gs1_only_on_labels - {Kind.OTHER}


def test_codes_agree_with_independent_checks(sample: Manifest) -> None:
    checked = 0
    for parcel in sample.parcels:
        if parcel.carrier in ORACLE:
            assert (
                tracking_numbers.get_tracking_number(parcel.tracking_code).courier.code
                == ORACLE[parcel.carrier]
            )
            checked += 1
        elif parcel.tracking_code.startswith("0006"):
            assert biip.parse("]C1" + parcel.tracking_code).sscc is not None
            checked += 1
    assert checked >= 50


def test_sizes_carriers_consent_and_rare_names_are_there(sample: Manifest) -> None:
    names = "".join(parcel.recipient for parcel in sample.parcels)
    refused = sum(not parcel.consent for parcel in sample.parcels)

    assert {parcel.size for parcel in sample.parcels} == {*Size, None}
    assert len({parcel.carrier for parcel in sample.parcels}) >= 15
    assert 3 <= refused <= 20
    assert all(char in names for char in "䶮㛃𠮷")
    assert any(parcel.recipient.isascii() for parcel in sample.parcels)


def test_some_recipients_have_several_parcels(sample: Manifest) -> None:
    people = [(parcel.recipient, parcel.phone) for parcel in sample.parcels]

    assert len(set(people)) < len(people)
