"""The worked examples of the vendors' documents, a file a family, for driver's and simulator's tests."""

from __future__ import annotations

import json
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def golden(family: str) -> dict[str, bytes]:
    """The bytes of each example by its meaning."""
    entries = json.loads((GOLDEN / f"{family}.json").read_text(encoding="utf-8"))
    return {entry["meaning"]: bytes.fromhex(entry["hex"]) for entry in entries}
