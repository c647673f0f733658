"""Which worked examples the tests took the bytes of, and on whose side: counted by tools/count_golden.py."""

from __future__ import annotations

import os

__all__ = ["TAKEN", "side_of", "took"]

TAKEN: dict[tuple[str, str, str], set[str]] = {}
"""By family, direction and bytes in hex: `driver` where a framing test took them, `simulator` where a
simulator's did."""


def side_of(test: str) -> str | None:
    """Whose tests these are, by the path or the name of a module; None for any other."""
    place = test.replace("/", ".")
    if place.startswith("tests.framing."):
        return "driver"
    return "simulator" if place.startswith("tests.simulators.") else None


def took(family: str, direction: str, data: bytes, side: str | None = None) -> None:
    """Note it, for the test that runs or for `side`."""
    found = side or side_of(os.environ.get("PYTEST_CURRENT_TEST", ""))
    if found is not None:
        TAKEN.setdefault((family, direction, data.hex()), set()).add(found)
