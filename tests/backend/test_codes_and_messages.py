"""Pickup codes, and what recipients read."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.backend_codes import grouped, pickup_code, qr_text
from simulators.backend_manifest import ManifestError, read_manifest
from simulators.backend_messages import Deposit, Place, compose
from tests.backend.scripted_station import deposited, fact

PEPPER = bytes(range(32))
PLACE = Place("demo-01", "鸽巢演示站", "世纪大道 1 号", "400-000-0000", PEPPER)
HEADER = "parcel_id,tracking_code,recipient,phone,size,carrier,consent,recipient_id\n"


def test_a_code_is_nine_digits_and_depends_on_everything() -> None:
    code = pickup_code(PEPPER, "demo-01", "P-0001", 0)
    others = {
        pickup_code(bytes(32), "demo-01", "P-0001", 0),
        pickup_code(PEPPER, "demo-02", "P-0001", 0),
        pickup_code(PEPPER, "demo-01", "P-0002", 0),
        pickup_code(PEPPER, "demo-01", "P-0001", 1),
    }

    assert len(code) == 9
    assert code.isdigit()
    assert len(others | {code}) == 5
    assert qr_text(code) == "PHP:" + code


def test_the_deposit_message_says_where_which_code_and_until_when() -> None:
    code = pickup_code(PEPPER, "demo-01", "P-0001", 0)

    message = compose(deposited(9), PLACE, "12628513060", lambda _parcel: None)

    assert message is not None
    assert message.code == code
    assert message.qr == "PHP:" + code
    for text in (message.zh, message.en):
        for part in (
            "鸽巢演示站",
            "世纪大道 1 号",
            "A05",
            grouped(code),
            "03-04 12:00",
            "400-000-0000",
            "78CN",
        ):
            assert part in text
    assert "3 天" in message.zh
    assert "3 days" in message.en


@pytest.mark.parametrize("kind", ["picked-up", "expired", "recalled", "recall-ordered", "deadline-shifted"])
def test_later_messages_name_the_parcel_and_hold_no_code(kind: str) -> None:
    event = fact(12, f"ph.parcel.{kind}.v1", parcel="P-0001", compartment="a05")

    message = compose(event, PLACE, "1", lambda parcel: Deposit(parcel, "ED187244678CN", "A05"))

    assert message is not None
    assert (message.kind, message.compartment_number, message.code) == (kind, "A05", "")
    assert "78CN" in message.zh
    assert "78CN" in message.en


def test_a_shifted_deadline_says_until_when() -> None:
    event = fact(
        12,
        "ph.parcel.deadline-shifted.v1",
        parcel="P-0001",
        compartment="a05",
        expires_at_ms=1_772_596_800_000,
    )

    message = compose(event, PLACE, "1", lambda parcel: Deposit(parcel, "ED187244678CN", "A05"))

    assert message is not None
    assert "03-04 12:00" in message.zh and "03-04 12:00" in message.en


def test_other_facts_call_for_no_message() -> None:
    assert compose(fact(3), PLACE, "1", lambda _parcel: None) is None


def test_the_manifest_becomes_the_data_of_commands(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(
        HEADER + "P-1,ED1,唐国宇,12628513060,,ems,yes,\nP-2,ED2,Li,1,L,ems,no,r-1\n", encoding="utf-8-sig"
    )

    first, second = read_manifest(path)

    assert (first["size"], first["consent"], first["recipient"]) == (None, True, "唐国宇")
    assert (second["size"], second["consent"], second["recipient_id"]) == ("L", False, "r-1")


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        (",ED1,a,1,S,ems,yes,\n", "line 2: parcel_id"),
        ("P-1,ED1,a,1,XS,ems,yes,\n", "line 2: size"),
        ("P-1,ED1,a,1,S,ems,maybe,\n", "line 2: consent"),
        ("P-1,ED1,a,1,S,ems,yes,\nP-1,ED2,a,1,S,ems,yes,\n", "line 3: parcel_id repeats line 2"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, rows: str, where: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(HEADER + rows, encoding="utf-8")

    with pytest.raises(ManifestError, match=where):
        read_manifest(path)


def test_a_bad_row_of_a_manifest_is_told_by_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "parcels.csv"
    header = "parcel_id,tracking_code,recipient,phone,size,carrier,consent,recipient_id"
    rows = [f"p{n},EE123456785CN,A,1,{size},ems,yes,r1" for n, size in ((1, "S"), (2, "HUGE"), (3, "M"))]
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    told: list[str] = []

    parcels = read_manifest(path, told.append)

    assert [p["parcel_id"] for p in parcels] == ["p1", "p3"]
    assert len(told) == 1 and "line 3" in told[0] and "HUGE" in told[0]


def test_the_example_manifest_is_read() -> None:
    parcels = read_manifest(Path(__file__).parents[2] / "examples" / "parcels.csv")

    assert len(parcels) >= 40
    assert all(parcel["tracking_code"] for parcel in parcels)
