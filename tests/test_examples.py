"""The example station keeps what its comments and the README promise."""

from __future__ import annotations

import base64
import hashlib
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "station.toml"

LOW_REACH_MM = range(380, 1221)
"""Heights over the ground that a seated person reaches."""


@pytest.fixture(scope="module")
def station() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))


def test_forty_compartments_each_on_a_channel_of_its_own(station: dict[str, Any]) -> None:
    compartments = station["compartment"]
    channels = {board["id"]: board["channels"] for board in station["board"]}

    assert len({each["number"] for each in compartments}) == 40
    assert len({(each["board"], each["channel"]) for each in compartments}) == 40
    assert all(1 <= each["channel"] <= channels[each["board"]] for each in compartments)
    assert {each["bank"] for each in compartments} == {each["id"] for each in station["bank"]}


def test_each_size_is_within_low_reach(station: dict[str, Any]) -> None:
    """One at least of each size, and a twentieth of all."""
    low = Counter(each["size"] for each in station["compartment"] if each["floor_mm"] in LOW_REACH_MM)

    assert set(low) == {"S", "M", "L", "XL"}
    assert sum(low.values()) >= len(station["compartment"]) / 20


def test_boards_of_a_line_have_different_addresses(station: dict[str, Any]) -> None:
    wired = [(board["line"], board["address"]) for board in station["board"]]

    assert len(set(wired)) == len(wired)
    assert {line for line, _ in wired} == {line["id"] for line in station["line"]}


@pytest.mark.parametrize(("staff_id", "pin"), [("1001", "246810"), ("9001", "135791")])
def test_the_pins_of_the_readme_open_the_example(station: dict[str, Any], staff_id: str, pin: str) -> None:
    (staff,) = (each for each in station["staff"] if each["id"] == staff_id)
    kind, n, r, p, salt, expected = staff["pin_scrypt"].split("$")

    derived = hashlib.scrypt(
        pin.encode(), salt=base64.b64decode(salt), n=int(n), r=int(r), p=int(p), dklen=32
    )

    assert kind == "scrypt"
    assert derived == base64.b64decode(expected)
    assert f"`{pin}`" in (EXAMPLE.parents[1] / "README.md").read_text(encoding="utf-8")
