"""Counts the worked examples of tests/golden, and finds those that no test takes.

    python -m tools.count_golden

runs the tests of the drivers' framing and of the simulators that read them, and notes whose bytes each took.
An example is held to both sides; what says why it is not (`driver`, `simulator` or `left_out`) is excused.
tests/golden/without/examples.json has what documents show and no vector has, with the reason.

A table on stderr; the last line of stdout is one JSON object.  Ends with 1 when an example is not taken by a
side that does not say why.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.golden.usage import TAKEN

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests/golden"
WITHOUT = FOLDER / "without/examples.json"
SIDES = ("driver", "simulator")
SLOW = "not garbage and not every_byte and not changed_bit and not after_garbage"
"""Tests that take the same examples again."""


@dataclass(frozen=True, slots=True)
class Example:
    """One entry of a data file; `excused` are the sides it is not held to."""

    family: str
    section: str
    direction: str
    hex: str
    meaning: str
    excused: Mapping[str, str]

    def missing(self) -> list[str]:
        """The sides that should have taken it and did not."""
        taken = TAKEN.get((self.family, self.direction, self.hex), set())
        return [side for side in SIDES if side not in taken and side not in self.excused]


def examples() -> Iterator[Example]:
    """All of them, family by family."""
    for path in sorted(FOLDER.glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            excused = {side: entry[side] for side in SIDES if entry.get(side)} | entry.get("left_out", {})
            data = bytes.fromhex(entry["hex"]).hex()
            yield Example(path.stem, entry["section"], entry["direction"], data, entry["meaning"], excused)


def take() -> int:
    """Run the tests that read examples; pytest's exit code."""
    readers = ("tests.golden.vectors", "tests.support.golden", "tests.framing.golden")
    tests = [
        str(path)
        for folder in ("framing", "simulators")
        for path in sorted((ROOT / "tests" / folder).glob("test_*.py"))
        if any(reader in path.read_text(encoding="utf-8") for reader in readers)
    ]
    with contextlib.redirect_stdout(sys.stderr):
        return int(pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", "-k", SLOW, *tests]))


def main() -> int:
    """Count, and return the exit code."""
    tested = take()
    found = list(examples())
    without: list[dict[str, Any]] = json.loads(WITHOUT.read_text(encoding="utf-8"))
    missing = [(each, side) for each in found for side in each.missing()]
    places = Counter((each.family, each.section) for each in found)
    for (family, section), count in places.items():
        here = [each for each in found if (each.family, each.section) == (family, section)]
        excused = Counter(side for each in here for side in each.excused)
        told = ", ".join(f"{number} not of the {side}" for side, number in excused.items())
        print(f"{family:16} {count:4}  {section}{f' ({told})' if told else ''}", file=sys.stderr)
    for each, side in missing:
        print(
            f"NOT TAKEN by the {side}: {each.family} {each.direction} {each.hex} {each.meaning}",
            file=sys.stderr,
        )
    for entry in without:
        print(f"no vector: {entry['section']}: {entry['what']}: {entry['reason']}", file=sys.stderr)
    totals = {
        "families": len({each.family for each in found}),
        "sections": len(places),
        "vectors": len(found),
        **{side: sum(side not in each.excused for each in found) for side in SIDES},
        "excused": sum(bool(each.excused) for each in found),
        "not_taken": len(missing),
        "without_vector": len(without),
    }
    print(json.dumps(totals))
    return 1 if missing or tested else 0


if __name__ == "__main__":
    sys.exit(main())
