"""AIM identifiers as people read them."""

from __future__ import annotations

import pytest

from hal.framing.aim import describe


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("C0", "Code 128"),
        ("C1", "GS1-128"),
        ("A2", "Code 39"),
        ("A3", "Code 39"),
        ("E4", "EAN-8"),
        ("Q1", "QR"),
        ("d2", "GS1 DataMatrix"),
        ("zC", "Aztec rune"),
        ("D0", "Code One"),
        ("", ""),
        ("?0", ""),
    ],
)
def test_identifiers_have_names(identifier: str, name: str) -> None:
    assert describe(identifier) == name
