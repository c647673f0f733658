"""Manifests: the carrier's CSV list of announced parcels, read row by row, every fault named.

UTF-8 with or without byte order mark, comma separated, RFC 4180 quoting, one row a line: a line break inside
quotes is a fault, so that one forgotten quote cannot swallow the rows after it.  The columns, in any order:

    parcel_id      the carrier's own id, 1–36 of A-Z a-z 0-9 -
    tracking_code  as on the label; kept as `edge.core.identifiers.normalise` writes it
    recipient      the name in full
    phone          the recipient's number; may be empty when recipient_id is given
    size           S, M, L, XL or empty for unknown
    carrier        short name, 1–36 of a-z 0-9 -
    consent        yes/no, true/false, 是/否: may the parcel go into a compartment
    recipient_id   the carrier's key of the person; may be empty when phone is given

A row with a fault is left out and the rest goes on.  Reasons never repeat personal data.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge.core.identifiers import Identified, candidates, normalise
from edge.core.inputs import ExpectParcel
from edge.core.masking import mask_name, mask_phone
from edge.core.model import Size

__all__ = ["COLUMNS", "Manifest", "ManifestFault", "ManifestParcel", "read_manifest"]

COLUMNS = ("parcel_id", "tracking_code", "recipient", "phone", "size", "carrier", "consent", "recipient_id")

MAX_ROWS = 100_000
"""Rows taken from one file: a station's whole year; beyond it somebody sent the wrong file."""

MAX_BYTES = 64 * 1024 * 1024
"""Bytes read of one file: MAX_ROWS rows with every field at a generous length."""

MAX_FIELD = 200
"""Characters of one field: four times the longest name on a waybill."""

MAX_FAULTS = 1_000
"""Faults listed: nobody corrects more by hand, and a wrong file must not fill the memory."""

_PARCEL_ID = re.compile(r"[A-Za-z0-9-]{1,36}")
_CARRIER = re.compile(r"[a-z0-9-]{1,36}")
_RECIPIENT_ID = re.compile(r"[!-~]{0,64}")
_PHONE = re.compile(r"\+?[0-9](?:[0-9 ().-]{3,28})[0-9]")
_CONSENT = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}


@dataclass(frozen=True, slots=True)
class ManifestParcel:
    """One announced parcel with unmasked personal data, which `repr` leaves out.  `line` counts from 1."""

    line: int
    parcel_id: str
    tracking_code: str
    recipient: str = field(repr=False)
    phone: str = field(repr=False)
    size: Size | None
    carrier: str
    consent: bool
    recipient_id: str = field(repr=False)

    def to_expect(self, recipient_key: str) -> ExpectParcel:
        """The announcement for the core, masked.  `recipient_key` is equal exactly for the same recipient."""
        return ExpectParcel(
            parcel=self.parcel_id,
            tracking_code=self.tracking_code,
            carrier=self.carrier,
            recipient_key=recipient_key,
            recipient_masked=mask_name(self.recipient),
            phone_masked=mask_phone(self.phone) if self.phone else "",
            size=self.size,
            consent=self.consent,
        )


@dataclass(frozen=True, slots=True)
class ManifestFault:
    """What is wrong in physical line `line` (from 1); no `column` when it is the row or the whole file."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What could be read and what could not, both in the order of the file."""

    parcels: list[ManifestParcel] = field(default_factory=list)
    faults: list[ManifestFault] = field(default_factory=list)


class _RowFault(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def read_manifest(source: Path | str | bytes, *, max_rows: int = MAX_ROWS) -> Manifest:
    """Read a manifest: `Path` names a file, `str` and `bytes` are its content.

    Raises OSError when the file cannot be read; everything inside the file becomes a fault.  Duplicates of a
    parcel id or tracking code are faults of the later row.  At most `MAX_FAULTS` faults are listed.
    """
    data = _content(source)
    manifest = Manifest()
    if len(data) > MAX_BYTES:
        manifest.faults.append(ManifestFault(1, "", f"the file is larger than {MAX_BYTES} bytes"))
        return manifest
    rows = _rows(data.removeprefix(b"\xef\xbb\xbf"))
    header_line, header = next(rows, (1, []))
    if _check_header(header_line, header, manifest):
        _Reader(header, manifest).read(rows, max_rows)
    return manifest


def _content(source: Path | str | bytes) -> bytes:
    if isinstance(source, Path):
        with source.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    return source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source


def _rows(data: bytes) -> Iterator[tuple[int, list[str] | ManifestFault]]:
    """Each line that is not blank, with its number: the fields, or why there are none."""
    for line, raw in enumerate(data.split(b"\n"), start=1):
        raw = raw.removesuffix(b"\r")
        if not raw.strip():
            continue
        try:
            yield line, next(csv.reader([raw.decode("utf-8")], strict=True))
        except UnicodeDecodeError as error:
            yield line, ManifestFault(line, "", f"not UTF-8 at byte {error.start + 1} of the line")
        except csv.Error as error:
            yield line, ManifestFault(line, "", f"not readable as CSV: {error}")


def _check_header(line: int, header: list[str] | ManifestFault, manifest: Manifest) -> bool:
    """Name what is wrong with the header; True when rows can be read under it."""
    if isinstance(header, ManifestFault):
        manifest.faults.append(header)
        return False
    names = [name.strip() for name in header]
    missing = [name for name in COLUMNS if name not in names]
    doubled = sorted({name for name in names if names.count(name) > 1})
    unknown = [name for name in dict.fromkeys(names) if name not in COLUMNS]
    for found, reason in (
        (missing, "missing column"),
        (doubled, "column comes twice"),
        (unknown, "unknown column, not read"),
    ):
        manifest.faults.extend(ManifestFault(line, name[:MAX_FIELD], reason) for name in found[:MAX_FAULTS])
    return not (missing or doubled)


class _Reader:
    """Turns rows into parcels of one manifest and remembers what it has seen."""

    def __init__(self, header: list[str] | ManifestFault, manifest: Manifest) -> None:
        self._header = [name.strip() for name in header] if isinstance(header, list) else []
        self._manifest = manifest
        self._seen: dict[tuple[str, str], int] = {}

    def read(self, rows: Iterator[tuple[int, list[str] | ManifestFault]], max_rows: int) -> None:
        for count, (line, row) in enumerate(rows, start=1):
            if count > max_rows:
                self._fault(
                    ManifestFault(line, "", f"more than {max_rows} rows; this and all after it are left out")
                )
                return
            if isinstance(row, ManifestFault):
                self._fault(row)
                continue
            try:
                self._manifest.parcels.append(self._parcel(line, row))
            except _RowFault as fault:
                self._fault(ManifestFault(line, fault.column, fault.reason))

    def _fault(self, fault: ManifestFault) -> None:
        faults = self._manifest.faults
        if len(faults) < MAX_FAULTS:
            faults.append(fault)
        elif len(faults) == MAX_FAULTS:
            faults.append(
                ManifestFault(fault.line, "", f"more than {MAX_FAULTS} faults; the others are not listed")
            )

    def _parcel(self, line: int, row: list[str]) -> ManifestParcel:
        if len(row) != len(self._header):
            raise _RowFault("", f"{len(row)} fields under {len(self._header)} columns")
        cells = {name: _clean(name, cell) for name, cell in zip(self._header, row, strict=True)}
        parcel = ManifestParcel(
            line=line,
            parcel_id=_matching(cells, "parcel_id", _PARCEL_ID, "1 to 36 letters, digits or hyphens"),
            tracking_code=_tracking_code(cells["tracking_code"], cells["carrier"]),
            recipient=_recipient(cells["recipient"]),
            phone=_phone(cells),
            size=_size(cells["size"]),
            carrier=_matching(cells, "carrier", _CARRIER, "1 to 36 lower-case letters, digits or hyphens"),
            consent=_consent(cells["consent"]),
            recipient_id=_matching(
                cells, "recipient_id", _RECIPIENT_ID, "at most 64 printable ASCII characters"
            ),
        )
        self._refuse_duplicate("parcel_id", parcel.parcel_id, line)
        self._refuse_duplicate("tracking_code", parcel.tracking_code, line)
        self._seen[("parcel_id", parcel.parcel_id)] = line
        self._seen[("tracking_code", parcel.tracking_code)] = line
        return parcel

    def _refuse_duplicate(self, column: str, value: str, line: int) -> None:
        first = self._seen.get((column, value))
        if first is not None:
            raise _RowFault(column, f"the same as in line {first}")


def _clean(column: str, cell: str) -> str:
    if len(cell) > MAX_FIELD:
        raise _RowFault(column, f"longer than {MAX_FIELD} characters")
    cell = cell.strip()
    if not cell.isprintable():
        raise _RowFault(column, "holds characters that cannot be printed")
    return cell


def _matching(cells: dict[str, str], column: str, pattern: re.Pattern[str], rule: str) -> str:
    if not pattern.fullmatch(cells[column]):
        raise _RowFault(column, f"must be {rule}")
    return cells[column]


def _tracking_code(text: str, carrier: str) -> str:
    """The normal form; a fault when the text has a form with a check digit for this carrier and none of them
    checks."""
    readings = [each for each in candidates(text) if _may_be(each, carrier)]
    if readings and all(each.check_ok is False for each in readings):
        raise _RowFault(
            "tracking_code", f"wrong check digit for {' or '.join(each.kind for each in readings)}"
        )
    code = normalise(text)
    if code is None:
        raise _RowFault("tracking_code", "not a tracking code: 8 to 30 digits, letters A-Z and hyphens")
    return code


def _may_be(reading: Identified, carrier: str) -> bool:
    """Forms of another carrier prove nothing against a code; forms of no carrier always count."""
    return reading.carrier in ("", carrier) or {reading.carrier, carrier} == {"ems", "china-post"}


def _recipient(text: str) -> str:
    if not text:
        raise _RowFault("recipient", "empty")
    return text


def _phone(cells: dict[str, str]) -> str:
    phone = cells["phone"]
    if not phone and not cells["recipient_id"]:
        raise _RowFault("phone", "empty, and no recipient_id tells who the recipient is")
    if phone and not _PHONE.fullmatch(phone):
        raise _RowFault("phone", "not a telephone number")
    return phone


def _size(text: str) -> Size | None:
    if not text:
        return None
    try:
        return Size(text.upper())
    except ValueError:
        raise _RowFault("size", "must be S, M, L, XL or empty") from None


def _consent(text: str) -> bool:
    try:
        return _CONSENT[text.lower()]
    except KeyError:
        raise _RowFault("consent", "must be yes, no, true, false, 是 or 否") from None
