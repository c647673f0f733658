"""A carrier's list of announced parcels, as CSV.

Columns: parcel_id, tracking_code, recipient, phone, size, carrier, consent,
recipient_id.  UTF-8, with or without a byte order mark.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

__all__ = ["COLUMNS", "ManifestError", "read_manifest"]

COLUMNS: Final = (
    "parcel_id",
    "tracking_code",
    "recipient",
    "phone",
    "size",
    "carrier",
    "consent",
    "recipient_id",
)
SIZES: Final = ("S", "M", "L", "XL")

_YES_NO: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}

MAX_ROWS: Final = 100_000
"""More than a large depot handles in a day; a longer file is a mistake."""


class ManifestError(ValueError):
    """The file is no manifest; the message names file, line and column."""


def read_manifest(path: Path, on_fault: Callable[[str], None] | None = None) -> list[dict[str, Any]]:
    """The parcels of `path` as the data of `expect` commands, in the order of the file.

    An empty size becomes None.  A bad row (an empty id, a size or consent that
    is no such word, a parcel listed twice) is told to `on_fault` by file and
    line and left out; without `on_fault` it raises ManifestError, as a missing
    column and too many rows always do.
    """
    parcels: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ManifestError(f"{path}: line 1: missing column {', '.join(missing)}")
        for row in reader:
            where = f"{path}: line {reader.line_num}"
            if len(parcels) >= MAX_ROWS:
                raise ManifestError(f"{where}: more than {MAX_ROWS} parcels")
            try:
                parcel = _parcel(row, where)
                if parcel["parcel_id"] in seen:
                    raise ManifestError(f"{where}: parcel_id repeats line {seen[parcel['parcel_id']]}")
            except ManifestError as fault:
                if on_fault is None:
                    raise
                on_fault(str(fault))
                continue
            seen[parcel["parcel_id"]] = reader.line_num
            parcels.append(parcel)
    return parcels


def _parcel(row: dict[str | Any, str | Any], where: str) -> dict[str, Any]:
    parcel: dict[str, Any] = {name: str(row[name] or "").strip() for name in COLUMNS}
    for name in ("parcel_id", "tracking_code", "carrier"):
        if not parcel[name]:
            raise ManifestError(f"{where}: {name} is empty")
    size = parcel["size"].upper()
    if size and size not in SIZES:
        raise ManifestError(f"{where}: size {parcel['size']!r} is none of {', '.join(SIZES)}")
    parcel["size"] = size or None
    consent = _YES_NO.get(parcel["consent"].lower())
    if consent is None:
        raise ManifestError(f"{where}: consent {parcel['consent']!r} is neither yes nor no")
    parcel["consent"] = consent
    return parcel
