"""The worked examples of the vendors' documents, a file a family, for driver's and simulator's tests."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.golden.usage import side_of, took

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


class Examples(Mapping[str, bytes]):
    """The bytes of each example by its meaning; which are taken is noted."""

    def __init__(self, family: str, side: str | None) -> None:
        entries = json.loads((GOLDEN / f"{family}.json").read_text(encoding="utf-8"))
        self._family = family
        self._found = {entry["meaning"]: entry for entry in entries}
        self._side = side

    def __getitem__(self, meaning: str) -> bytes:
        entry = self._found[meaning]
        data = bytes.fromhex(entry["hex"])
        took(self._family, entry["direction"], data, self._side)
        return data

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def golden(family: str) -> Mapping[str, bytes]:
    """The examples of a family, for the module that asks."""
    asker = str(sys._getframe(1).f_globals["__name__"])
    return Examples(family, side_of(asker))
