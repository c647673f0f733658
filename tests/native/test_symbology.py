"""Names and numbers of the symbologies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from native.symbology import GROUPS, Symbology, parse_symbologies

HEADER = Path(__file__).resolve().parents[2] / "native/include/bc.h"


def test_numbers_are_those_of_the_header() -> None:
    text = HEADER.read_text(encoding="utf-8")
    bits = [1 << int(shift) for shift in re.findall(r"BC_\w+ = 1 << (\d+)", text)]
    masks = {name: int(value, 16) for name, value in re.findall(r"#define (BC_\w*ALL) (0x\w+)u", text)}

    assert [int(member) for member in Symbology] == bits
    assert masks == {"BC_LINEAR_ALL": int(Symbology.LINEAR), "BC_ALL": int(Symbology.ALL)}


def test_groups_are_made_of_all() -> None:
    parts = (Symbology.LINEAR, Symbology.MATRIX, Symbology.STACKED)
    assert sum(int(part) for part in parts) == int(Symbology.ALL)
    assert Symbology.LINEAR | Symbology.MATRIX | Symbology.STACKED == Symbology.ALL
    assert list(Symbology.RETAIL) == [Symbology.EAN13, Symbology.EAN8, Symbology.UPCA, Symbology.UPCE]
    assert Symbology.RETAIL in Symbology.LINEAR


@pytest.mark.parametrize(
    ("names", "mask"),
    [
        ("Code128", Symbology.Code128),
        ("code-128, EAN_13", Symbology.Code128 | Symbology.EAN13),
        ("ean 8,matrix", Symbology.EAN8 | Symbology.MATRIX),
        ("all", Symbology.ALL),
        (["linear", "QRCode"], Symbology.LINEAR | Symbology.QRCode),
        ([], Symbology(0)),
    ],
)
def test_names_are_parsed(names: str | list[str], mask: Symbology) -> None:
    assert parse_symbologies(names) == mask


@pytest.mark.parametrize("names", ["Code128,Telepen", "telepen", ["EAN13", " TELEPEN "]])
def test_an_unknown_name_is_told_with_all_known_ones(names: str | list[str]) -> None:
    with pytest.raises(ValueError, match=r"(?i)unknown symbology 'Telepen'") as told:
        parse_symbologies(names)

    assert [str(m.name) for m in Symbology if str(m.name) not in str(told.value)] == []
    assert [group for group in GROUPS if group not in str(told.value)] == []


@pytest.mark.parametrize("names", ["", "EAN13,", ","])
def test_an_empty_name_is_unknown(names: str) -> None:
    with pytest.raises(ValueError, match="unknown symbology ''"):
        parse_symbologies(names)
