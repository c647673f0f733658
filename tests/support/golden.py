"""Worked examples of the vendors' documents: one JSON file a family in tests/golden.

An entry has `section`, `direction` (`>` host to device, `<` back), `hex`, `meaning`, and `left_out` with the
reason where the driver or the simulator has nothing to do with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.golden.usage import took

FOLDER = Path(__file__).parents[1] / "golden"


@dataclass(frozen=True, slots=True)
class Golden:
    family: str
    direction: str
    data: bytes
    topic: str
    """The meaning up to its colon."""
    told: str
    """The meaning behind it."""

    @property
    def wire(self) -> bytes:
        took(self.family, self.direction, self.data)
        return self.data

    @property
    def words(self) -> frozenset[str]:
        """Conditions, `ready` for none."""
        return frozenset(self.told.split()) - {"ready"}


def golden(family: str, side: str) -> list[Any]:
    """The entries that concern `side` (`driver` or `simulator`), as parameters of a test."""
    entries = json.loads((FOLDER / f"{family}.json").read_text(encoding="utf-8"))
    return [
        pytest.param(_golden(family, entry), id=f"{entry['direction']}{number}")
        for number, entry in enumerate(entries)
        if side not in entry.get("left_out", {})
    ]


def _golden(family: str, entry: dict[str, Any]) -> Golden:
    topic, _, told = entry["meaning"].partition(": ")
    return Golden(family, entry["direction"], bytes.fromhex(entry["hex"]), topic, told)
