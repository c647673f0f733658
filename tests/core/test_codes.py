"""Pickup codes: derivation as documented, no two alike among the parcels inside, constant answers."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core import codes
from edge.core.codes import CODE_DIGITS, LOCATOR_DIGITS, check_code, choose_nonce, derive_code
from edge.core.model import Parcel, ParcelState, State
from tests.core.bench import PEPPER, make_setup

DOCUMENT = Path(__file__).parents[2] / "docs" / "contract" / "pickup-code.md"


def a_parcel(parcel: str, state: ParcelState = ParcelState.STORED, nonce: int = 1) -> Parcel:
    return Parcel(parcel, f"TRACK000{parcel}", "ems", "k", "", "", None, True, state, "a01", nonce)


def state_of(*parcels: Parcel) -> State:
    return State(parcels={p.id: p for p in parcels})


def test_the_derivation_is_hmac_sha256_over_four_zero_separated_fields() -> None:
    mac = hmac.new(PEPPER, b"pickup-code/1\x00demo-01\x00p1\x003", hashlib.sha256).digest()
    number = int.from_bytes(mac[:8], "big") % 1_000_000_000

    assert derive_code(PEPPER, "demo-01", "p1", 3) == str(number).zfill(9)


def test_a_known_answer() -> None:
    """Frozen: a change would make every message already sent to a recipient wrong."""
    assert derive_code(PEPPER, "demo-01", "p1", 1) == KNOWN_ANSWER


KNOWN_ANSWER = "964023379"


def test_the_worked_example_of_the_contract() -> None:
    rows = dict(re.findall(r"^\| ([^|]+?) \| (.+?) \|$", DOCUMENT.read_text("utf-8"), re.M))
    station, parcel, nonce = re.findall(r"`([^`]+)`", rows["station id, parcel id, nonce"])
    pepper = bytes.fromhex(re.findall(r"\| pepper \| `([0-9a-f]{64})` \|", DOCUMENT.read_text("utf-8"))[0])
    code = re.findall(r"`([^`]+)`", rows["code"])[0]

    assert derive_code(pepper, station, parcel, int(nonce)) == code
    assert rows["QR text"].strip("`") == codes.QR_PREFIX + code


@given(st.text(max_size=20), st.integers(0, 10**9))
def test_a_code_is_always_nine_ascii_digits(parcel: str, nonce: int) -> None:
    assert re.fullmatch(r"[0-9]{9}", derive_code(PEPPER, "demo-01", parcel, nonce))


def test_station_parcel_nonce_and_pepper_each_change_the_code() -> None:
    base = derive_code(PEPPER, "demo-01", "p1", 1)

    assert base != derive_code(PEPPER, "demo-02", "p1", 1)
    assert base != derive_code(PEPPER, "demo-01", "p2", 1)
    assert base != derive_code(PEPPER, "demo-01", "p1", 2)
    assert base != derive_code(bytes(32), "demo-01", "p1", 1)


def test_no_two_parcels_inside_share_a_locator() -> None:
    setup, state = make_setup(), State()
    for n in range(300):
        parcel = a_parcel(f"p{n}", nonce=0)
        parcel = msgspec.structs.replace(parcel, code_nonce=choose_nonce(setup, state, parcel))
        state = state_of(*state.parcels.values(), parcel)
    all_codes = [derive_code(PEPPER, "demo-01", p.id, p.code_nonce) for p in state.parcels.values()]

    assert len({code[:LOCATOR_DIGITS] for code in all_codes}) == 300


def test_without_a_free_locator_the_whole_code_still_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes squeezed to one locator, and the first two nonces of p2 to p1's very code."""

    def squeezed(pepper: bytes, station: str, parcel: str, nonce: int) -> str:
        return "000000001" if parcel == "p1" or nonce < 3 else f"{nonce:09d}"

    monkeypatch.setattr(codes, "derive_code", squeezed)
    nonce = choose_nonce(make_setup(), state_of(a_parcel("p1")), a_parcel("p2", nonce=0))

    assert squeezed(b"", "", "p2", nonce) != squeezed(b"", "", "p1", 1)


def test_a_nonce_is_never_used_again_for_the_same_parcel() -> None:
    assert choose_nonce(make_setup(), State(), a_parcel("p1", nonce=7)) > 7


@pytest.mark.parametrize(
    ("state", "result"),
    [
        (ParcelState.STORED, "ok"),
        (ParcelState.EXPIRED, "expired"),
        (ParcelState.REFUSED, "expired"),
        (ParcelState.PICKED_UP, "used"),
        (ParcelState.RECALLED, "expired"),
        (ParcelState.MISSING, "expired"),
        (ParcelState.EXPECTED, "wrong"),
    ],
)
def test_only_a_stored_parcels_code_is_ok(state: ParcelState, result: str) -> None:
    code = derive_code(PEPPER, "demo-01", "p1", 1)
    check = check_code(make_setup(), state_of(a_parcel("p1", state)), code)

    assert check.result == result
    assert check.parcel == (None if result == "wrong" else "p1")


def test_a_code_of_a_parcel_inside_wins_over_the_same_code_of_one_that_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(codes, "derive_code", lambda *_: "123456789")
    for order in (("in", "out"), ("out", "in")):
        parcels = {
            "in": a_parcel("in", ParcelState.STORED),
            "out": a_parcel("out", ParcelState.PICKED_UP),
        }
        check = check_code(make_setup(), state_of(*(parcels[p] for p in order)), "123456789")
        assert (check.result, check.parcel) == ("ok", "in")


def test_a_wrong_code_names_the_parcels_inside_with_its_locator() -> None:
    code = derive_code(PEPPER, "demo-01", "p1", 1)
    wrong = code[:3] + f"{(int(code[3:]) + 1) % 10**6:06d}"
    state = state_of(a_parcel("p1"), a_parcel("p2"), a_parcel("p3", ParcelState.PICKED_UP))

    check = check_code(make_setup(), state, wrong)

    assert check.result == "wrong" and check.near == ["p1"]


@given(st.integers(1, 10**6 - 1))
def test_no_other_secret_under_the_same_locator_opens(offset: int) -> None:
    code = derive_code(PEPPER, "demo-01", "p1", 1)
    other = code[:3] + f"{(int(code[3:]) + offset) % 10**6:06d}"

    assert check_code(make_setup(), state_of(a_parcel("p1")), other).result == "wrong"


def test_the_lengths_are_those_of_the_contract() -> None:
    assert (CODE_DIGITS, LOCATOR_DIGITS) == (9, 3)
