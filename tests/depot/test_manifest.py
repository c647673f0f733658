"""Manifests: what is read, and that every fault is named where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.inputs import ExpectParcel
from edge.core.model import Size
from edge.depot.manifest import COLUMNS, MAX_FAULTS, Manifest, ManifestFault, ManifestParcel, read_manifest

HEADER = "parcel_id,tracking_code,recipient,phone,size,carrier,consent,recipient_id"
GOOD = "p-1,rr473124829cn,张小明,13812345678,M,china-post,yes,r-1"


def manifest(*rows: str) -> Manifest:
    return read_manifest("\n".join((HEADER, *rows)) + "\n")


def only_fault(*rows: str) -> ManifestFault:
    read = manifest(*rows)
    assert len(read.faults) == 1
    return read.faults[0]


def test_a_good_row_is_read() -> None:
    read = manifest(GOOD)

    assert read.faults == []
    assert read.parcels == [
        ManifestParcel(
            line=2,
            parcel_id="p-1",
            tracking_code="RR473124829CN",
            recipient="张小明",
            phone="13812345678",
            size=Size.M,
            carrier="china-post",
            consent=True,
            recipient_id="r-1",
        )
    ]


def test_the_announcement_is_masked() -> None:
    assert manifest(GOOD).parcels[0].to_expect("0123456789abcdef") == ExpectParcel(
        parcel="p-1",
        tracking_code="RR473124829CN",
        carrier="china-post",
        recipient_key="0123456789abcdef",
        recipient_masked="张*",
        phone_masked="138****5678",
        size=Size.M,
        consent=True,
    )


def test_repr_keeps_personal_data_to_itself() -> None:
    text = repr(manifest(GOOD))

    assert "RR473124829CN" in text
    assert not any(secret in text for secret in ("张", "13812345678", "r-1"))


def test_byte_order_mark_crlf_blank_lines_and_column_order_do_not_matter(tmp_path: Path) -> None:
    columns = HEADER.split(",")[::-1]
    cells = GOOD.split(",")[::-1]
    path = tmp_path / "manifest.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{','.join(columns)}\r\n\r\n{','.join(cells)}\r\n".encode())

    read = read_manifest(path)

    assert read.faults == []
    assert [(each.line, each.recipient) for each in read.parcels] == [(3, "张小明")]


@pytest.mark.parametrize(
    ("word", "consent"),
    [("yes", True), ("no", False), ("TRUE", True), ("False", False), ("是", True), ("否", False)],
)
def test_consent_in_its_spellings(word: str, consent: bool) -> None:
    assert manifest(GOOD.replace("yes", word)).parcels[0].consent is consent


def test_size_may_be_unknown() -> None:
    assert manifest(GOOD.replace(",M,", ",,")).parcels[0].size is None


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (GOOD.replace("p-1", "p 1"), "parcel_id", "must be"),
        (GOOD.replace("p-1", ""), "parcel_id", "must be"),
        (GOOD.replace("829cn", "820cn"), "tracking_code", "wrong check digit for s10"),
        (GOOD.replace("rr473124829cn", "3.70123E+17"), "tracking_code", "not a tracking code"),
        (
            GOOD.replace("rr473124829cn", "(00)370123456000000003"),
            "tracking_code",
            "wrong check digit for sscc",
        ),
        (
            GOOD.replace("rr473124829cn", "986578788854").replace("china-post", "fedex"),
            "tracking_code",
            "fedex-12",
        ),
        (GOOD.replace("张小明", ""), "recipient", "empty"),
        (GOOD.replace("张小明", "张\x07明"), "recipient", "cannot be printed"),
        (GOOD.replace("张小明", "张" * 201), "recipient", "longer than 200"),
        (GOOD.replace("13812345678", "by mail"), "phone", "not a telephone number"),
        (GOOD.replace("13812345678", "").replace("r-1", ""), "phone", "no recipient_id"),
        (GOOD.replace(",M,", ",XXL,"), "size", "must be S, M, L, XL or empty"),
        (GOOD.replace("china-post", "China Post"), "carrier", "must be"),
        (GOOD.replace("yes", "perhaps"), "consent", "must be"),
        (GOOD.replace("yes", ""), "consent", "must be"),
        (GOOD.replace("r-1", "编号"), "recipient_id", "ASCII"),
        (GOOD + ",more", "", "9 fields under 8 columns"),
        ("p-1", "", "1 fields under 8 columns"),
        (GOOD.replace("张小明", '"张小明'), "", "not readable as CSV"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_goes_on(row: str, column: str, reason: str) -> None:
    other = "p-2,EE123456785CN,John Smith,,L,ems,no,r-2"

    read = manifest(row, other)

    assert [each.parcel_id for each in read.parcels] == ["p-2"]
    assert [(each.line, each.column) for each in read.faults] == [(2, column)]
    assert reason in read.faults[0].reason


def test_a_code_that_only_fails_another_carriers_check_is_taken() -> None:
    row = GOOD.replace("rr473124829cn", "986578788854").replace("china-post", "sf")

    assert manifest(row).parcels[0].tracking_code == "986578788854"


def test_reasons_hold_no_personal_data() -> None:
    fault = only_fault(GOOD.replace("13812345678", "138-secret"))

    assert "secret" not in fault.reason


@pytest.mark.parametrize(
    ("second", "column"),
    [
        (GOOD.replace("rr473124829cn", "EE123456785CN"), "parcel_id"),
        (GOOD.replace("p-1", "p-2").replace("rr473124829cn", "RR473124829CN"), "tracking_code"),
    ],
)
def test_duplicates_name_the_first_line(second: str, column: str) -> None:
    assert only_fault(GOOD, second) == ManifestFault(3, column, "the same as in line 2")


def test_a_rejected_row_is_no_first_of_a_duplicate() -> None:
    read = manifest(GOOD.replace("yes", "perhaps"), GOOD)

    assert [(each.line, each.parcel_id) for each in read.parcels] == [(3, "p-1")]


def test_the_line_that_is_not_utf_8_is_named() -> None:
    data = f"{HEADER}\n{GOOD}\n".encode() + "p-2,EE123456785CN,张伟,,M,ems,是,r-2\n".encode("gb18030")

    read = read_manifest(data + b"p-3,LX123456140CN,Li,,S,china-post,no,r-3\n")

    assert [each.parcel_id for each in read.parcels] == ["p-1", "p-3"]
    assert read.faults == [ManifestFault(3, "", "not UTF-8 at byte 19 of the line")]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named_and_nothing_is_read(column: str) -> None:
    read = read_manifest(f"{HEADER.replace(column, 'extra', 1)}\n{GOOD}\n")

    assert read.parcels == []
    assert (1, column, "missing column") in {(each.line, each.column, each.reason) for each in read.faults}
    assert (1, "extra", "unknown column, not read") in {
        (each.line, each.column, each.reason) for each in read.faults
    }


def test_an_unknown_column_is_named_and_passed_over() -> None:
    read = read_manifest(f"{HEADER},colour\n{GOOD},red\n")

    assert len(read.parcels) == 1
    assert read.faults == [ManifestFault(1, "colour", "unknown column, not read")]


def test_an_empty_file_misses_every_column() -> None:
    assert [each.column for each in read_manifest("").faults] == list(COLUMNS)


def test_rows_beyond_the_bound_are_left_out_and_told() -> None:
    rows = [GOOD.replace("p-1", f"p-{n}").replace("rr473124829cn", f"WAYBILL{n:05d}") for n in range(5)]

    read = read_manifest("\n".join((HEADER, *rows)), max_rows=3)

    assert [each.parcel_id for each in read.parcels] == ["p-0", "p-1", "p-2"]
    assert [(each.line, each.column) for each in read.faults] == [(5, "")]


def test_faults_beyond_the_bound_are_told_once() -> None:
    read = manifest(*["bad"] * (MAX_FAULTS + 50))

    assert len(read.faults) == MAX_FAULTS + 1
    assert "not listed" in read.faults[-1].reason


@given(
    st.binary(max_size=400)
    | st.text(max_size=200).map(lambda text: f"{HEADER}\n{text}".encode("utf-8", "replace"))
)
def test_any_bytes_give_a_manifest(data: bytes) -> None:
    read = read_manifest(data)

    assert all(each.line >= 1 and each.reason for each in read.faults)
    assert data.startswith(HEADER.encode()) or read.faults
