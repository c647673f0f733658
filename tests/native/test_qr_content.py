"""What QR and Micro QR modules say: modes, sets, GS1, structured append; streams that break a rule."""

from __future__ import annotations

import random
from functools import reduce
from operator import xor

import numpy as np
import pytest
import segno
import zint
from hypothesis import given
from hypothesis import strategies as st

from tests.native.module_reader import (
    CHECKSUM,
    ECI_KANJI,
    ECI_NONE,
    FORMAT,
    LIMIT,
    MOST_SEGMENTS,
    ModuleReader,
)
from tests.native.qr_reading import (
    ALPHANUMERIC,
    GS,
    KANJI,
    read,
    relaxed,
    status_of,
)
from tests.native.qr_symbols import (
    bits,
    capacity,
    make,
    segno_modules,
    spoil,
    symbol_of,
    zint_modules,
)


@relaxed
@given(
    text=st.one_of(
        st.text("0123456789", min_size=1, max_size=700),
        st.text(ALPHANUMERIC, min_size=1, max_size=400),
        st.text(st.characters(max_codepoint=255, min_codepoint=1), min_size=1, max_size=300),
        st.lists(
            st.one_of(
                st.text("0123456789", max_size=20),
                st.text(ALPHANUMERIC, max_size=20),
                st.text("azé~\\", max_size=9),
            ),
            min_size=1,
            max_size=12,
        )
        .map("".join)
        .filter(bool),
    ),
    level=st.integers(1, 4),
    mask=st.integers(0, 7),
)
def test_reads_back_what_zint_wrote(module_reader: ModuleReader, text: str, level: int, mask: int) -> None:
    modules = zint_modules(text.encode("latin-1"), option_1=level, option_3=mask + 1 << 8)

    content = read(module_reader, modules)

    assert content.payload == text.encode("latin-1")
    assert (content.identifier, content.segments) == ("]Q1", ((0, ECI_NONE),))


@relaxed
@given(
    data=st.one_of(
        st.text("0123456789", min_size=1, max_size=35),
        st.text(ALPHANUMERIC, min_size=1, max_size=21),
        st.text("azé~\\", min_size=1, max_size=13),
        st.text(KANJI, min_size=1, max_size=9),
    ),
    mask=st.integers(0, 3),
    level=st.sampled_from(["L", "M", "Q"]),
)
def test_reads_back_what_micro_qr_holds(
    module_reader: ModuleReader, data: str, mask: int, level: str
) -> None:
    try:
        code = segno.make(
            data,
            micro=True,
            error=level,
            mask=mask,
            boost_error=False,
            encoding=None if data[0] in KANJI else "utf-8",
        )
    except segno.DataOverflowError:
        return  # more than a Micro QR of that level holds

    content = read(module_reader, segno_modules(code), micro=True)

    kanji = code.mode == "kanji"
    assert content.payload == data.encode(
        "shift_jis" if kanji else "utf-8" if code.mode == "byte" else "ascii"
    )
    assert content.segments == ((0, ECI_KANJI if kanji else ECI_NONE),)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 1000, 7086, 7088, 7089])
def test_reads_the_longest_content(module_reader: ModuleReader, length: int) -> None:
    digits = ("271828182845904523536" * 340)[:length]

    assert read(module_reader, zint_modules(digits, option_1=1)).payload == digits.encode()


def test_kanji_and_plain_text_share_a_segment(module_reader: ModuleReader) -> None:
    """Shift JIS has ASCII in it, and mixed text changes mode more often than a symbol has segments."""
    turn = bits(("1000", 4), (1, 8), (0, 13), ("0010", 4), (1, 9), (10, 6))

    content = read(module_reader, symbol_of(turn * 18, version=5, level="L"))

    assert content.payload == b"\x81\x40A" * 18
    assert content.segments == ((0, ECI_KANJI),)


def test_more_changes_of_set_than_segments_are_said(module_reader: ModuleReader) -> None:
    kanji, byte = bits(("1000", 4), (1, 8), (0, 13)), bits(("0100", 4), (1, 8), (0xE1, 8))
    pairs = MOST_SEGMENTS // 2

    content = read(module_reader, symbol_of((kanji + byte) * pairs, version=5, level="L"))
    assert content.segments == tuple(
        (3 * (i // 2) + 2 * (i % 2), ECI_NONE if i % 2 else ECI_KANJI) for i in range(MOST_SEGMENTS)
    )
    assert content.payload == b"\x81\x40\xe1" * pairs
    too_many = symbol_of((kanji + byte) * pairs + kanji, version=5, level="L")
    assert status_of(module_reader, too_many) == (LIMIT, None)


def test_bytes_that_say_nothing_of_their_set_are_apart_from_kanji(module_reader: ModuleReader) -> None:
    stream = bits(("1000", 4), (1, 8), (0x8140 - 0x8140, 13), ("0100", 4), (1, 8), (0xE9, 8))

    content = read(module_reader, symbol_of(stream))

    assert content.payload == b"\x81\x40\xe9"
    assert content.segments == ((0, ECI_KANJI), (2, ECI_NONE))


def test_hanzi_is_told_as_gb_2312(module_reader: ModuleReader) -> None:
    text = "书读百遍其义自现"

    content = read(module_reader, segno_modules(segno.make(text, mode="hanzi")))

    assert content.payload == text.encode("gb2312")
    assert content.segments == ((0, 29),)


@pytest.mark.parametrize("eci", [3, 26, 127, 128, 899, 16383, 16384, 999999])
def test_eci_designators_of_every_length(module_reader: ModuleReader, eci: int) -> None:
    content = read(module_reader, zint_modules(b"abc", eci=eci))

    assert (content.identifier, content.segments) == ("]Q2", ((0, eci),))
    assert content.payload == b"abc"


def test_segments_of_different_sets(module_reader: ModuleReader) -> None:
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.QRCODE
    symbol.encode_segs([zint.Seg(b"plain", 0), zint.Seg("é€".encode(), 26), zint.Seg(b"\xe1", 9)])
    rows = np.unpackbits(np.array(symbol.encoded_data, dtype=np.uint8), axis=1, bitorder="little")
    modules = (rows[: symbol.width, : symbol.width] * 255).astype(np.uint8)

    content = read(module_reader, modules)

    assert content.payload == b"plain" + "é€".encode() + b"\xe1"
    assert content.segments == ((0, ECI_NONE), (5, 26), (10, 9))


def test_gs1_has_separators_and_its_identifier(module_reader: ModuleReader) -> None:
    for text, payload in (
        ("[01]09501101530003[10]ABC1[21]X", b"010950110153000310ABC1" + GS + b"21X"),
        ("[01]09501101530003[10]A%C[21]x", b"010950110153000310A%C" + GS + b"21x"),
        ("[10]A%[21]B", b"10A%" + GS + b"21B"),
    ):
        content = read(module_reader, zint_modules(text, input_mode=zint.InputMode.GS1))

        assert (content.identifier, content.payload) == ("]Q3", payload)


def test_structured_append_of_two_encoders(module_reader: ModuleReader) -> None:
    text = "Pigeonhole: a parcel locker's edge service, told in some symbols"
    parity = reduce(xor, text.encode())
    parts = [read(module_reader, segno_modules(code)) for code in segno.make_sequence(text, symbol_count=4)]

    assert b"".join(part.payload for part in parts).decode() == text
    assert [part.append for part in parts] == [(index, len(parts), parity) for index in range(len(parts))]
    assert read(module_reader, zint_modules("x", structapp=zint.StructApp(16, 16, b"255"))).append == (
        15,
        16,
        255,
    )


# Streams that no encoder here writes


def test_the_symbol_maker_makes_what_encoders_make(module_reader: ModuleReader) -> None:
    stream = bits(("0100", 4), (5, 8), *((byte, 8) for byte in b"hello"))

    assert np.array_equal(symbol_of(stream), zint_modules(b"hello", option_1=2, option_2=2, option_3=1 << 8))


@pytest.mark.parametrize(("indicator", "prefix"), [(7, b"07"), (99, b"99"), (165, b"A"), (222, b"z")])
def test_fnc1_in_second_position_puts_its_indicator_first(
    module_reader: ModuleReader, indicator: int, prefix: bytes
) -> None:
    stream = bits(("1001", 4), (indicator, 8), ("0010", 4), (4, 9), (38 * 45 + 10, 11), (38 * 45 + 38, 11))

    content = read(module_reader, symbol_of(stream))

    assert (content.identifier, content.payload) == ("]Q5", prefix + GS + b"A%")


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(bits(("0001", 4), (3, 10), (1000, 10)), id="three digits of 1000"),
        pytest.param(bits(("0001", 4), (2, 10), (100, 7)), id="two digits of 100"),
        pytest.param(bits(("0001", 4), (1, 10), (10, 4)), id="a digit of 10"),
        pytest.param(bits(("0010", 4), (2, 9), (2025, 11)), id="two characters past the alphabet"),
        pytest.param(bits(("0010", 4), (1, 9), (45, 6)), id="a character past the alphabet"),
        pytest.param(bits(("1000", 4), (1, 8), (0x3F, 13)), id="Kanji that Shift JIS lacks"),
        pytest.param(bits(("1101", 4), (2, 4), (1, 8), (0, 13)), id="Hanzi of another subset"),
        pytest.param(bits(("1101", 4), (1, 4), (1, 8), (95, 13)), id="Hanzi that GB 2312 lacks"),
        pytest.param(bits(("0100", 4), (200, 8), *((65, 8) for _ in range(20))), id="bytes past the end"),
        pytest.param(
            bits(
                ("0110", 4),
            ),
            id="no such mode",
        ),
        pytest.param(
            bits(
                ("1111", 4),
            ),
            id="no such mode either",
        ),
        pytest.param(bits(("0111", 4), (0xE0, 8)), id="no such ECI designator"),
        pytest.param(
            bits(("0111", 4), (0xCF, 8), (0xFFFF, 16), ("0100", 4), (1, 8), (65, 8)), id="no such ECI"
        ),
        pytest.param(
            bits(("0011", 4), (3, 4), (2, 4), (0, 8), ("0100", 4), (1, 8), (65, 8)), id="part 4 of 3"
        ),
        pytest.param(
            bits(("0100", 4), (1, 8), (65, 8), ("0011", 4), (0, 4), (1, 4), (0, 8)), id="late append"
        ),
        pytest.param(bits(("0100", 4), (1, 8), (65, 8), ("0101", 4)), id="late FNC1"),
        pytest.param(bits(("0101", 4), ("0101", 4), ("0100", 4), (1, 8), (65, 8)), id="FNC1 twice"),
        pytest.param(bits(("1001", 4), (150, 8), ("0100", 4), (1, 8), (65, 8)), id="no such application"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_stream_that_breaks_a_rule_is_no_content(module_reader: ModuleReader, stream: str) -> None:
    assert status_of(module_reader, symbol_of(stream)) == (FORMAT, None)


def test_odd_padding_is_forgiven_while_the_correction_is_sure(module_reader: ModuleReader) -> None:
    code = make("0", version=2, level="M", mask=0)
    modules = symbol_of(bits(("0001", 4), (1, 10), (7, 4)), pad=b"\x11\xec")
    rng = random.Random(1)

    assert read(module_reader, spoil(modules, code, [3, 9, 20, 30], rng)).payload == b"7"
    at_the_limit = rng.sample(range(44), capacity(code))
    assert status_of(module_reader, spoil(modules, code, at_the_limit, rng)) == (CHECKSUM, None)
