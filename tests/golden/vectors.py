"""Reading the golden files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.golden.usage import took

__all__ = ["LOCK_FAMILIES", "Vector", "vectors"]

LOCK_FAMILIES = (
    "modbus_relay",
    "modbus_lctech",
    "modbus_stm8",
    "board_8a80",
    "kerong_16",
    "kerong_48",
    "kerong_60",
    "kerong_scu",
    "kerong_12",
    "winnsen",
    "wkly",
    "board_5a5a",
    "yt_text",
    "board_zoo",
)


@dataclass(frozen=True)
class Vector:
    """One worked example."""

    family: str
    section: str
    direction: str
    wire_hex: str
    meaning: str
    to: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    opens: tuple[int, ...] | None = None
    silent: bool = False
    driver: str | None = None
    simulator: str | None = None

    @property
    def hex(self) -> str:
        took(self.family, self.direction, bytes.fromhex(self.wire_hex))
        return self.wire_hex

    @property
    def data(self) -> bytes:
        return bytes.fromhex(self.hex)

    def __str__(self) -> str:
        return f"{self.family}-{self.direction}-{self.wire_hex.replace(' ', '')[:40]}-{self.meaning[:24]}"


def vectors(family: str) -> list[Vector]:
    """All of a family, in the order of its document."""
    path = Path(__file__).with_name(f"{family}.json")
    found = [
        Vector(family, wire_hex=entry.pop("hex"), **entry)
        for entry in json.loads(path.read_text(encoding="utf-8"))
    ]
    assert all(each.direction in "<>" for each in found)
    return found
