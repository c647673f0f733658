"""Payload bytes as text: what a symbol says of its character set, and what is guessed without it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native.payload_text import ECI_KANJI, ECI_NONE, decode_payload

UNKNOWN = 14
"""An ECI assignment number that is reserved."""


def said(data: bytes, eci: int) -> str:
    return decode_payload(data, [(0, eci)])


def guessed(data: bytes) -> str:
    return said(data, ECI_NONE)


@pytest.mark.parametrize(
    ("eci", "data", "text"),
    [
        (0, b"\x80\x9b", "Ç¢"),
        (1, b"\xe9\xa9", "é©"),
        (2, b"\x80\x9b", "Ç¢"),
        (3, b"\xe9\xa9", "é©"),
        (4, b"\xb3\xbf", "łż"),  # ISO 8859-2
        (5, b"\xa6", "Ĥ"),  # -3
        (6, b"\xa2", "ĸ"),  # -4
        (7, b"\xb6\xd6", "Жж"),  # -5
        (8, b"\xc7", "ا"),  # -6
        (9, b"\xe1", "α"),  # -7
        (10, b"\xe0", "א"),  # -8
        (11, b"\xfd", "ı"),  # -9
        (12, b"\xa2", "Ē"),  # -10
        (13, b"\xa1", "ก"),  # -11
        (15, b"\xa1", "”"),  # -13
        (16, b"\xa1", "Ḃ"),  # -14
        (17, b"\xa4", "€"),  # -15
        (18, b"\xaa", "Ș"),  # -16
        (20, b"\x93\x8c\x8b\x9e\xc3\xde", "東京ﾃﾞ"),
        (21, b"\xb9", "ą"),
        (22, b"\xc6", "Ж"),
        (23, b"\x80", "€"),
        (24, b"\xc7", "ا"),
        (25, b"\x4e\x2d\0A", "中A"),
        (26, "中é🎁".encode(), "中é🎁"),
        (27, b"abc", "abc"),
        (28, b"\xa4\xa4\xa4\xe5", "中文"),
        (29, b"\xd6\xd0\xce\xc4", "中文"),
        (30, b"\xc7\xd1\xb1\xdb", "한글"),
        (31, b"\x81\x40", "丂"),
        (32, b"\x81\x30\x84\x36\xd6\xd0", "¥中"),
        (33, b"\x2d\x4eA\0", "中A"),
        (34, b"\0\0\x4e\x2d", "中"),
        (35, b"\x2d\x4e\0\0", "中"),
        (170, b"Abc9", "Abc9"),
        (899, b"\0\x80\xff", "\0\x80\xff"),
        (ECI_KANJI, b"\x93\x5f\xe4\xaa", "点茗"),
    ],
)
def test_a_symbol_is_taken_at_its_word(eci: int, data: bytes, text: str) -> None:
    assert said(data, eci) == text


def test_the_word_is_taken_against_the_looks() -> None:
    """Valid UTF-8, and not meant as such."""
    assert said("é".encode(), 3) == "Ã©"
    assert guessed("é".encode()) == "é"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x87\x40", "①"),  # row 13: of NEC, not of JIS X 0208
        (b"\xfa\x40", "ⅰ"),
        (b"\x81\x60", "〜"),  # but the signs both have are read as in JIS X 0208
    ],
)
def test_vendors_additions_to_shift_jis_are_read(data: bytes, text: str) -> None:
    assert said(data, 20) == text


@pytest.mark.parametrize(
    "text",
    [
        "MECARD:N:測試;;",
        "Britain’s longest funicular",
        "é",
        "https://例え.jp/?q=é",
        "🎁",
        "ﾃﾞｻﾞｲﾝ",
    ],
)
def test_utf8_is_known_by_being_valid(text: str) -> None:
    assert guessed(text.encode()) == text
    assert guessed(b"\xef\xbb\xbf" + text.encode()) == text, "its mark at the beginning is no text"


@pytest.mark.parametrize(
    "text",
    [
        "*ﾃﾞｻﾞｲﾝQR*\r\nhttp://d-qr.net/ex/",
        "<ﾃﾞｻﾞｲﾝQR> \r\nｲﾗｽﾄ入りｶﾗｰQRｺｰﾄﾞ\r\n",
        "MEBKM:TITLE:hypeモバイル;URL:http\\://live.fdgm.jp/;;",
        "今度のバージョンでは文章の暗号化ができます。",
        "Google モバイル\r\nhttp://google.jp",
        "東京都千代田区",
        "お届け物です",
    ],
)
def test_shift_jis_is_guessed(text: str) -> None:
    assert guessed(text.encode("shift_jis")) == text


@pytest.mark.parametrize(
    "text",
    [
        "AD:SUB:阿;;",
        "张伟",
        "北京市朝阳区建国路88号",
        "快递单号：SF1234567890",
        "取件码 123456，请尽快取件。",
        "鸽巢",
        "收件人：李娜；电话 13812345679",
    ],
)
def test_gb_18030_is_guessed(text: str) -> None:
    assert guessed(text.encode("gb18030")) == text


@pytest.mark.parametrize(
    "text",
    [
        "Größe 25°C",
        "René Müller, Straße 5",
        "São Paulo",
        "crédit à la consommation",
        "£100",
        "© 2020",
        "naïve café",
        "Curaçao",
        "Zürich",
        "señor ¿qué?",
    ],
)
def test_latin_1_is_guessed(text: str) -> None:
    assert guessed(text.encode("latin-1")) == text


def test_nothing_said_is_the_same_as_no_segments() -> None:
    assert decode_payload(b"abc", []) == "abc"
    assert decode_payload(b"", []) == ""


def test_an_unknown_eci_is_as_none_at_all() -> None:
    assert said("中".encode(), UNKNOWN) == "中"


def test_parts_have_their_own_character_sets() -> None:
    data = b"A" + b"\xb6" + b"\xd6\xd0" + b"\xe4\xb8\xad"

    assert decode_payload(data, [(0, ECI_NONE), (1, 7), (2, 29), (4, 26)]) == "AЖ中中"


def test_beside_kanji_mode_bytes_are_shift_jis() -> None:
    """By themselves the second part's bytes are valid UTF-8."""
    kana = b"\xc3\xb1"

    assert guessed(kana) == "ñ"
    assert decode_payload(b"\x93\x5f" + kana, [(0, ECI_KANJI), (2, ECI_NONE)]) == "点ﾃｱ"


def test_one_guess_holds_for_all_parts_nothing_is_said_of() -> None:
    name, rest = "张伟".encode("gb18030"), "北京".encode("gb18030")
    segments = [(0, ECI_NONE), (4, 26), (7, ECI_NONE)]

    assert decode_payload(name + "中".encode() + rest, segments) == "张伟中北京"


@pytest.mark.parametrize(
    ("eci", "data", "text"),
    [
        (26, b"a\xffb", "a\ufffdb"),
        (20, b"a\x81", "a\ufffd"),
        (27, b"a\xe9", "a\ufffd"),
        (25, b"\0A\0", "A\ufffd"),
    ],
)
def test_bytes_that_are_none_become_u_fffd(eci: int, data: bytes, text: str) -> None:
    assert said(data, eci) == text


@given(
    data=st.binary(max_size=60),
    cuts=st.lists(st.tuples(st.integers(0, 60), st.integers(-3, 1000)), max_size=5),
)
def test_any_bytes_become_some_text(data: bytes, cuts: list[tuple[int, int]]) -> None:
    """Never an exception, and never a text that cannot be written as UTF-8."""
    starts = sorted({min(start, len(data)) for start, _ in cuts} | {0})
    segments = [(start, eci) for start, (_, eci) in zip(starts, [*cuts, (0, ECI_NONE)], strict=False)]

    decode_payload(data, segments).encode("utf-8")


@given(st.text(st.characters(min_codepoint=1, max_codepoint=126)))
def test_ascii_is_itself(text: str) -> None:
    assert guessed(text.encode()) == text
