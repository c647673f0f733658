"""MaxiCode modules to content, against zint; damaged ones read right or not at all."""

from __future__ import annotations

import random

import numpy as np
import pytest
import zint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from native.barcode import Symbology
from tests.native.plane_reader import (
    BAD_ARGUMENT,
    CHECKSUM,
    ECI_NONE,
    FORMAT,
    MAXICODE,
    OK,
    Content,
    PlaneReader,
)
from tests.native.zint_modules import Modules, modules

MC = zint.Symbology.MAXICODE
RAW = zint.InputMode(0)
"""Bytes as they are."""

CARRIER_HEADER = "[)>\x1e01\x1d96"

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(plane_reader: PlaneReader, made: Modules) -> Content:
    status, content = plane_reader.read(MAXICODE, made)
    assert status == OK
    assert content is not None
    return content


@pytest.mark.parametrize("mode", [4, 5, 6])
@pytest.mark.parametrize("length", [1, 9, 10, 40, 60, 77, 93])
def test_plain_modes_of_every_fill(plane_reader: PlaneReader, mode: int, length: int) -> None:
    if mode == 5 and length > 77:
        length = 76
    text = "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ /-."[i * 7 % 30] for i in range(length))
    content = read(plane_reader, modules(MC, text, option_1=mode))

    assert content.payload.decode() == text
    assert (content.symbology, content.version) == (Symbology.MaxiCode, mode)
    assert (content.identifier, content.ec_used, content.reader_init) == ("]U0", 0.0, mode == 6)
    assert content.segments == ((0, ECI_NONE),)


@relaxed
@given(st.binary(min_size=1, max_size=45), st.sampled_from([4, 5]))
def test_bytes_of_all_kinds(plane_reader: PlaneReader, data: bytes, mode: int) -> None:
    try:
        made = modules(MC, data, option_1=mode, input_mode=RAW)
    except RuntimeError:
        return  # too long for the mode

    assert read(plane_reader, made).payload == data


@relaxed
@given(
    st.lists(
        st.one_of(
            st.text("ABCDE$%&", min_size=1, max_size=8),
            st.text("abcde{}~@", min_size=1, max_size=8),
            st.text("0123456789", min_size=1, max_size=20),  # nine and more digits are packed
            st.text("ÀÁÂÛª¬", min_size=1, max_size=6),
            st.text("àáâû¡¨", min_size=1, max_size=6),
            st.text("\x00\x01\x1f¢£\x9f", min_size=1, max_size=6),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_texts_that_change_code_sets(plane_reader: PlaneReader, parts: list[str]) -> None:
    data = "".join(parts).encode("latin-1")
    try:
        made = modules(MC, data, option_1=4, input_mode=RAW)
    except RuntimeError:
        return

    assert read(plane_reader, made).payload == data


@pytest.mark.parametrize(
    ("primary", "mode", "fields"),
    [
        ("999999999840012", 2, "999999999\x1d840\x1d012\x1d"),
        ("123450000111222", 2, "123450000\x1d111\x1d222\x1d"),
        ("000000001001999", 2, "000000001\x1d001\x1d999\x1d"),
        ("B1050 056999", 3, "B1050 \x1d056\x1d999\x1d"),
        ("4A.P/X528001", 3, "4A.P/X\x1d528\x1d001\x1d"),
    ],
)
@pytest.mark.parametrize("header", ["", CARRIER_HEADER])
def test_a_carriers_message_has_its_fields_in_front(
    plane_reader: PlaneReader, primary: str, mode: int, fields: str, header: str
) -> None:
    rest = "1Z00004951\x1dUPSN\x1d06X610"
    content = read(plane_reader, modules(MC, header + rest, option_1=mode, primary=primary))

    assert content.payload.decode() == header + fields + rest
    assert (content.version, content.identifier) == (mode, "]U1")


def test_an_eci_makes_a_segment(plane_reader: PlaneReader) -> None:
    content = read(plane_reader, modules(MC, "жук", eci=7, option_1=4, input_mode=zint.InputMode.UNICODE))
    carrier = read(
        plane_reader,
        modules(MC, "жук", eci=7, option_1=2, primary="123450000111222", input_mode=zint.InputMode.UNICODE),
    )

    assert content.identifier == "]U2"
    assert content.segments == ((0, 7),)
    assert content.payload.decode("iso8859-5") == "жук"
    assert carrier.identifier == "]U3"
    assert carrier.payload.decode("iso8859-5") == "123450000\x1d111\x1d222\x1dжук"


@pytest.mark.parametrize("eci", [26, 31, 32, 899, 1023, 1024, 16382, 32767, 32768, 999999])
def test_eci_numbers_of_one_to_four_codewords(plane_reader: PlaneReader, eci: int) -> None:
    made = modules(MC, b"abc", eci=eci, option_1=4, input_mode=RAW)

    assert read(plane_reader, made).segments == ((0, eci),)


@pytest.mark.parametrize(("index", "count"), [(1, 2), (3, 7), (8, 8)])
def test_structured_append(plane_reader: PlaneReader, index: int, count: int) -> None:
    plain = modules(MC, "part", option_1=4, structapp=zint.StructApp(index, count, b""))
    carrier = modules(
        MC, "part", option_1=2, primary="123450000111222", structapp=zint.StructApp(index, count, b"")
    )

    for made in (plain, carrier):
        assert read(plane_reader, made).append == (index - 1, count, "")
    assert read(plane_reader, plain).payload == b"part"


def test_errors_within_half_the_check_codewords_are_corrected(plane_reader: PlaneReader) -> None:
    rng = random.Random(5)
    made = modules(MC, "PIGEONHOLE 0042", option_1=4)
    for _ in range(100):
        damaged = made.copy()
        for _ in range(12):  # outside the primary message: each touches one or two codewords
            x, y = rng.randrange(28), rng.choice([*range(1, 8), *range(25, 32)])
            damaged[y, x] ^= 255
        content = read(plane_reader, damaged)
        assert content.payload == b"PIGEONHOLE 0042"
        assert 0.0 < content.ec_used <= 1.0


def test_damage_is_read_right_or_not_at_all(plane_reader: PlaneReader) -> None:
    rng = np.random.default_rng(7)
    read_n = 0
    for mode in (4, 5):
        made = modules(MC, "HELD IN BOX 7", option_1=mode)
        for _ in range(150):
            noise = rng.normal(0, rng.uniform(20, 150), made.shape)
            damaged = np.clip(made.astype(np.float64) + noise, 0, 255).astype(np.uint8)
            status, content = plane_reader.read(MAXICODE, damaged)
            if status == OK:
                assert content is not None
                assert content.payload == b"HELD IN BOX 7"
                read_n += 1
    assert read_n > 100


def test_blur_is_learnt_from_what_is_known(plane_reader: PlaneReader) -> None:
    made = modules(MC, "BLURRED LABEL 42", option_1=4).astype(np.float64)
    padded = np.pad(made, 1)
    blurred = 0.34 * made + 0.11 * (padded[1:-1, :-2] + padded[1:-1, 2:])
    for right in (0, 1):  # odd rows lie half a module further right
        lower = slice(right, 30 + right), slice(right + 1, 31 + right)
        for rows in (slice(right, 33, 2), slice(right + 2, 35, 2)):
            blurred[right::2] += 0.11 * (padded[rows, lower[0]] + padded[rows, lower[1]])
    grey = np.clip(blurred + np.random.default_rng(3).normal(0, 8, made.shape), 0, 255).astype(np.uint8)
    assert np.mean((grey > 127) != (made > 127)) > 0.05

    assert read(plane_reader, grey).payload == b"BLURRED LABEL 42"


def test_random_modules_are_no_symbol(plane_reader: PlaneReader) -> None:
    rng = np.random.default_rng(11)
    for _ in range(200):
        noise = rng.integers(0, 256, (33, 30), dtype=np.uint8)
        assert plane_reader.read(MAXICODE, noise)[0] in (FORMAT, CHECKSUM)


def test_random_content_around_a_true_pattern_is_not_read(plane_reader: PlaneReader) -> None:
    rng = np.random.default_rng(13)
    one, other = modules(MC, "A", option_1=4), modules(MC, "zzzz1111", option_1=5)
    fixed = one == other  # and the pattern among it
    for _ in range(200):
        noise = rng.integers(0, 2, one.shape, dtype=np.uint8) * 255
        wrong = np.where(fixed & (rng.random(one.shape) < 0.5), one, noise).astype(np.uint8)
        for row, column in PATTERN:
            wrong[row, column] = one[row, column]
        assert plane_reader.read(MAXICODE, wrong)[0] != OK


PATTERN = [
    *((0, 28), (0, 29), (9, 10), (9, 11), (10, 11), (9, 17), (10, 17), (10, 18), (15, 7), (16, 7), (16, 8)),
    *((16, 20), (16, 21), (17, 20), (22, 10), (22, 11), (23, 10), (22, 17), (23, 16), (23, 17)),
]


def test_a_primary_message_of_another_symbol_does_not_make_a_content(plane_reader: PlaneReader) -> None:
    """Both are read, the damaged one not: what one block says is not put together with noise."""
    made = modules(MC, "FIRST LABEL", option_1=4)
    noise = np.random.default_rng(1).integers(0, 2, made.shape, dtype=np.uint8) * 255
    half = made.copy()
    half[:8], half[25:] = noise[:8], noise[25:]

    assert plane_reader.read(MAXICODE, made)[0] == OK
    assert plane_reader.read(MAXICODE, half)[0] == CHECKSUM


def test_a_plane_of_another_size_is_refused(plane_reader: PlaneReader) -> None:
    assert plane_reader.read(MAXICODE, np.zeros((30, 33), np.uint8))[0] == BAD_ARGUMENT
