"""The digits of a grant, byte for byte: the carrier's code, pure arithmetic and two QR readers agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import segno
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.core.grant_book import Grant, Right, looks_like_grant, subject_of
from edge.core.inputs import GrantPresented, Scan, Tap
from edge.shell.envelope import StationIdentity
from edge.shell.grant_text import DIGITS, EPOCH_MS, GrantReader, is_weak_key, signed_bytes, station_field
from native import barcode
from simulators.backend_grants import RIGHTS, SIZES, Issuer, Order, issuer_from_hex
from tests.support import ed25519

PAGE = Path(__file__).parents[2] / "docs" / "contract" / "grants.md"
HERE = StationIdentity("acme", "demo-01")
SECRET = bytes(range(32))
ISSUER = issuer_from_hex(7, SECRET.hex())
PUBLIC = bytes.fromhex(ISSUER.public_hex)
READER = GrantReader(HERE, {7: PUBLIC})
START_S = 1_767_225_600  # 2026-01-01T00:00:00Z


def order(**changes: object) -> Order:
    fields: dict[str, object] = {
        "right": "pickup",
        "subject": "P-0001",
        "not_before_s": START_S,
        "expires_s": START_S + 72 * 3_600,
        "epoch": 3,
    }
    return Order(**(fields | changes))  # type: ignore[arg-type]


def digits(issuer: Issuer = ISSUER, station: str = "demo-01", **changes: object) -> str:
    return issuer.sign("acme", station, 0x0A1B2C, order(**changes))


def shown(text: str) -> GrantPresented:
    item = READER.read(Scan("window", text, "Q1"))
    assert isinstance(item, GrantPresented)
    return item


def signed(payload: bytes) -> str:
    """A payload of any content with a good signature."""
    key = Ed25519PrivateKey.from_private_bytes(SECRET)
    return f"{int.from_bytes(payload + key.sign(signed_bytes(HERE, payload)), 'big'):0{DIGITS}d}"


def payload_of(text: str) -> bytes:
    return int(text).to_bytes(87, "big")[:23]


# --- the worked example ------------------------------------------------------------


def example() -> dict[str, str]:
    """The rows of the page's worked example, name to the first code in it."""
    part = PAGE.read_text(encoding="utf-8").partition("## Worked example")[2]
    return dict(re.findall(r"^\| ([a-z0-9 ,]+) \| `([^`]*)`", part, re.M))


def test_the_worked_example_is_what_the_carriers_code_signs() -> None:
    rows = example()

    assert rows["private key"] == SECRET.hex() and rows["public key"] == PUBLIC.hex()
    payload = bytes.fromhex(rows["payload"].replace(" ", ""))
    assert payload == payload_of(digits())
    assert rows["digits"] == digits()
    assert bytes.fromhex(rows["signature"]) == int(digits()).to_bytes(87, "big")[23:]
    assert shown(rows["digits"]).grant is not None


def test_the_worked_example_follows_by_arithmetic_alone() -> None:
    """RFC 8032 in plain integers: neither OpenSSL nor any code of the service."""
    rows = example()
    payload = bytes.fromhex(rows["payload"].replace(" ", ""))
    message = b"pigeonhole-grant/1\0acme\0demo-01\0" + payload

    assert bytes.fromhex(rows["signed bytes"].replace(" ", "")) == message
    assert ed25519.public_key(SECRET).hex() == rows["public key"]
    signature = ed25519.sign(SECRET, message)
    assert signature.hex() == rows["signature"]
    assert ed25519.verify(PUBLIC, message, signature)
    assert str(int.from_bytes(payload + signature, "big")).zfill(210) == rows["digits"]


def test_the_layout_of_the_page_is_the_layout_of_the_bytes() -> None:
    payload = payload_of(digits(right="deposit", size="L", single_use=True, delegable=False, any_time=True))

    assert payload[0] == 0x12 and payload[1] == 7
    assert payload[2] == 0x01 | 0x04 | 3 << 4
    assert payload[3:8] == bytes.fromhex("00000a1b2c")
    assert payload[8:11] == station_field(HERE)
    assert payload[11:16].hex() == subject_of("parcel", "P-0001")
    assert int.from_bytes(payload[16:19], "big") == (START_S * 1_000 - EPOCH_MS) // 60_000
    assert int.from_bytes(payload[19:21], "big") == 72 * 60
    assert int.from_bytes(payload[21:23], "big") == 3


# --- what is read ----------------------------------------------------------------------


@given(
    st.sampled_from(list(RIGHTS)),
    st.integers(0, 2**40 - 1),
    st.integers(0, 2**24 - 1),
    st.integers(1, 2**16 - 1),
    st.integers(0, 2**16 - 1),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.sampled_from(list(SIZES)),
)
def test_every_grant_that_can_be_signed_is_read_as_it_was_meant(
    right: str, id_: int, start: int, life: int, epoch: int, flags: tuple[bool, bool, bool], size: str
) -> None:
    not_before_s = EPOCH_MS // 1_000 + start * 60
    single_use, delegable, any_time = flags
    size = size if right == "deposit" else ""
    wanted = Order(
        right, "x", not_before_s, not_before_s + life * 60, epoch, single_use, delegable, any_time, size
    )
    grant = shown(ISSUER.sign("acme", "demo-01", id_, wanted)).grant

    assert grant == Grant(
        key=ISSUER.name_of(id_),
        right=Right(right),
        subject=subject_of("compartment" if right == "service" else "parcel", "x"),
        not_before_ms=not_before_s * 1_000,
        expires_at_ms=(not_before_s + life * 60) * 1_000,
        epoch=epoch,
        single_use=single_use,
        delegable=delegable,
        any_time=any_time,
        size=SIZES[size],
    )


def test_times_are_rounded_so_that_nobody_waits_and_nobody_loses_a_minute() -> None:
    grant = shown(digits(not_before_s=START_S + 59, expires_s=START_S + 61)).grant

    assert grant is not None
    assert (grant.not_before_ms, grant.expires_at_ms) == (START_S * 1_000, (START_S + 120) * 1_000)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (digits(issuer_from_hex(8, SECRET.hex())), "unknown-issuer"),
        (digits(issuer_from_hex(7, "ff" * 32)), "bad-signature"),
        (digits(station="demo-02"), "wrong-station"),
        ("9" * DIGITS, "malformed"),
        ("0" * DIGITS, "malformed"),
        (signed(bytes([0x21]) + payload_of(digits())[1:]), "malformed"),
        (signed(bytes([0x15]) + payload_of(digits())[1:]), "malformed"),
        (signed(payload_of(digits())[:2] + b"\x09" + payload_of(digits())[3:]), "malformed"),
        (signed(payload_of(digits())[:2] + b"\x81" + payload_of(digits())[3:]), "malformed"),
        (signed(payload_of(digits())[:2] + b"\x51" + payload_of(digits())[3:]), "malformed"),
        (signed(payload_of(digits())[:2] + b"\x11" + payload_of(digits())[3:]), "malformed"),
        (signed(payload_of(digits())[:1] + b"\x00" + payload_of(digits())[2:]), "malformed"),
        (signed(payload_of(digits())[:19] + b"\0\0" + payload_of(digits())[21:]), "malformed"),
    ],
)
def test_what_is_no_grant_for_this_station_is_named(text: str, fault: str) -> None:
    assert shown(text).fault == fault and shown(text).grant is None


def test_the_same_short_station_field_is_not_enough() -> None:
    """Two stations may share three bytes; the signature is over the whole name."""
    stranger = StationIdentity("acme", "demo-02")
    payload = payload_of(digits())
    key = Ed25519PrivateKey.from_private_bytes(SECRET)
    whole = payload + key.sign(signed_bytes(stranger, payload))

    assert shown(f"{int.from_bytes(whole, 'big'):0{DIGITS}d}").fault == "bad-signature"


@given(st.integers(0, 87 * 8 - 1))
def test_any_bit_turned_opens_nothing(bit: int) -> None:
    item = shown(f"{int(digits()) ^ (1 << bit):0{DIGITS}d}")

    assert item.grant is None and item.fault is not None


def test_a_signature_written_another_way_is_refused() -> None:
    """The second half of a signature is below the group's order, or one grant would have two texts."""
    whole = int(digits()).to_bytes(87, "big")
    s = int.from_bytes(whole[55:], "little") + ed25519.ORDER
    other = whole[:55] + s.to_bytes(32, "little")

    assert shown(f"{int.from_bytes(other, 'big'):0{DIGITS}d}").fault == "bad-signature"


@given(st.text("0123456789", min_size=DIGITS, max_size=DIGITS))
def test_any_digits_are_taken_without_a_crash_and_open_nothing(text: str) -> None:
    assert shown(text).grant is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PHP:123456789",
        "9" * (DIGITS - 1),
        "9" * (DIGITS + 1),
        "x" + "9" * (DIGITS - 1),
        "٣" * DIGITS,
        "9" * DIGITS + "x",
        "9" * 4_096,
    ],
)
def test_what_has_not_the_form_stays_a_scan(text: str) -> None:
    item = Scan("window", text, "Q1")

    assert READER.read(item) is item and not looks_like_grant(text)


def test_other_inputs_pass() -> None:
    tap = Tap("cancel")

    assert READER.read(tap) is tap


@pytest.mark.parametrize(
    ("behind", "name"),
    [("", ""), ("/", ""), ("/ ", ""), ("/李伟", "李*"), ("/Li Wei", "L* W**"), ("/" + "x" * 3_000, None)],
)
def test_a_delegates_name_is_masked(behind: str, name: str | None) -> None:
    item = shown(digits() + behind)

    assert item.grant is not None and len(item.delegate) <= 64
    assert name is None or item.delegate == name


def test_keys_that_protect_nothing_are_known() -> None:
    """Every point of small order, found by arithmetic, in every spelling of 32 bytes."""
    for encoded in ed25519.small_order_encodings():
        assert is_weak_key(encoded), encoded.hex()
    assert not is_weak_key(PUBLIC)


# --- as a picture ------------------------------------------------------------------------


def drawn(content: str) -> tuple[Image.Image, str]:
    segments: Any = [(content[:DIGITS], None)]
    if len(content) > DIGITS:
        segments.append((content[DIGITS:], None, "utf-8"))
    symbol = segno.make_qr(segments, error="m", boost_error=False)
    matrix = [bytes(255 * (1 - module) for module in row) for row in symbol.matrix]
    side = len(matrix)
    small = Image.frombytes("L", (side, side), b"".join(matrix))
    page = Image.new("L", (side + 8, side + 8), 255)
    page.paste(small, (4, 4))
    return page.resize((page.width * 4, page.height * 4), Image.Resampling.NEAREST), str(symbol.version)


@pytest.mark.parametrize("behind", ["", "/Li Wei", "/" + "x" * 16, "/李伟"])
def test_it_fits_a_version_6_symbol_at_level_m_and_both_readers_read_it(behind: str) -> None:
    text = digits() + behind
    picture, version = drawn(text)
    (own,) = barcode.read(np.asarray(picture))
    theirs = zxingcpp.read_barcode(picture)

    assert version == "6" and theirs is not None
    assert own.text == text and theirs.text == text
    assert shown(own.text).grant is not None


def test_the_digits_alone_leave_no_room_for_a_smaller_one() -> None:
    assert segno.make_qr(digits(), error="m", boost_error=False).version == 6
    assert segno.make_qr("9" * DIGITS, error="m", boost_error=False).version == 6
