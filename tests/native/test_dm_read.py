"""Data Matrix modules to content, against zint; damaged ones read right or not at all."""

from __future__ import annotations

import random
from bisect import bisect_left

import numpy as np
import pytest
import zint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from native.barcode import Symbology
from tests.native.plane_reader import CHECKSUM, DATA_MATRIX, ECI_NONE, FORMAT, OK, Content, PlaneReader
from tests.native.zint_modules import Modules, modules

DM = zint.Symbology.DATAMATRIX
GS1 = zint.InputMode.GS1 | zint.InputMode.GS1PARENS
RAW = zint.InputMode(0)
"""Bytes as they are."""
VERSIONS = range(1, 49)

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(plane_reader: PlaneReader, made: Modules) -> Content:
    status, content = plane_reader.read(DATA_MATRIX, made)
    assert (status, content is None) == (OK, False)
    assert content is not None
    return content


def fits(text: str, version: int) -> bool:
    try:
        modules(DM, text, option_2=version)
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("share", [0.05, 0.6, 1.0])
def test_every_size_part_full_and_full(plane_reader: PlaneReader, version: int, share: float) -> None:
    most = bisect_left(range(1, 3200), x=True, key=lambda n: not fits("8" * n, version))
    text = "".join(str(i * 7 % 10) for i in range(max(1, int(most * share))))
    made = modules(DM, text, option_2=version)
    content = read(plane_reader, made)

    assert content.payload.decode() == text
    assert (content.symbology, content.version) == (Symbology.DataMatrix, version)
    assert (content.identifier, content.ec_used) == ("]d1", 0.0)


@relaxed
@given(st.binary(min_size=1, max_size=300))
def test_bytes_of_all_kinds(plane_reader: PlaneReader, data: bytes) -> None:
    made = modules(DM, data, input_mode=RAW)

    assert read(plane_reader, made).payload == data


@relaxed
@given(
    st.lists(
        st.one_of(
            st.text("ABCDEFGHIJ0123456789 ", min_size=1, max_size=20),  # C40
            st.text("abcdefghij0123456789 ", min_size=1, max_size=20),  # Text
            st.text("ABCXYZ0123456789\r*> ", min_size=1, max_size=20),  # X12
            st.text("@ABC[]^_!#$%&()", min_size=1, max_size=20),  # EDIFACT
            st.text(st.characters(max_codepoint=255, min_codepoint=1), min_size=1, max_size=20),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_texts_that_change_modes(plane_reader: PlaneReader, parts: list[str]) -> None:
    data = "".join(parts).encode("latin-1")
    made = modules(DM, data, input_mode=RAW)

    assert read(plane_reader, made).payload == data


def test_gs1_is_told_by_the_identifier_and_separators_stay(plane_reader: PlaneReader) -> None:
    made = modules(DM, "(01)09501101530003(10)AB12(21)X9", input_mode=GS1)
    content = read(plane_reader, made)

    assert (content.identifier, content.payload) == ("]d2", b"010950110153000310AB12\x1d21X9")


def test_an_eci_makes_a_segment(plane_reader: PlaneReader) -> None:
    content = read(plane_reader, modules(DM, "жук", eci=7, input_mode=zint.InputMode.UNICODE))

    assert content.identifier == "]d4"
    assert content.segments == ((0, 7),)
    assert content.payload.decode("iso8859-5") == "жук"
    assert read(plane_reader, modules(DM, "plain")).segments == ((0, ECI_NONE),)


@pytest.mark.parametrize("eci", [26, 170, 899, 16382, 16383, 999999])
def test_eci_numbers_of_one_to_three_codewords(plane_reader: PlaneReader, eci: int) -> None:
    made = modules(DM, b"abc", eci=eci, input_mode=RAW)

    assert read(plane_reader, made).segments == ((0, eci),)


def test_structured_append(plane_reader: PlaneReader) -> None:
    made = modules(DM, "part", structapp=zint.StructApp(3, 7, b"5003"))
    content = read(plane_reader, made)

    assert content.append[:2] == (2, 7)
    assert content.append[2] == str(5 * 256 + 3)


def test_reader_initialisation_is_no_data(plane_reader: PlaneReader) -> None:
    made = modules(DM, "SETUP", output_options=zint.OutputOptions.READER_INIT)

    assert read(plane_reader, made).reader_init


@pytest.mark.parametrize("number", ["05", "06"])
def test_macros_stand_for_their_header_and_trailer(plane_reader: PlaneReader, number: str) -> None:
    text = f"[)>\x1e{number}\x1dS12345678\x1e\x04"

    assert read(plane_reader, modules(DM, text)).payload.decode() == text


def test_errors_within_half_the_check_codewords_are_corrected(plane_reader: PlaneReader) -> None:
    rng = random.Random(5)
    made = modules(DM, "PIGEONHOLE 0042", option_2=8)  # 24 check codewords
    for _ in range(200):
        damaged = made.copy()
        for _ in range(9):  # a square of 2 by 2 touches up to 4 codewords: mostly within 11
            x, y = rng.randrange(1, 22), rng.randrange(1, 22)
            damaged[y, x] ^= 255
        content = read(plane_reader, damaged)
        assert content.payload == b"PIGEONHOLE 0042"
        assert 0.0 < content.ec_used <= 1.0


def test_damage_is_read_right_or_not_at_all(plane_reader: PlaneReader) -> None:
    rng = np.random.default_rng(7)
    read_n = 0
    for version in (1, 3, 5, 8, 12, 25, 28):
        made = modules(DM, "AB1", option_2=version)
        for _ in range(300):
            noise = rng.normal(0, rng.uniform(20, 130), made.shape)
            damaged = np.clip(made.astype(np.float64) + noise, 0, 255).astype(np.uint8)
            status, content = plane_reader.read(DATA_MATRIX, damaged)
            if status == OK:
                assert content is not None
                assert content.payload == b"AB1"
                read_n += 1
    assert read_n > 700


def test_random_modules_are_no_symbol(plane_reader: PlaneReader) -> None:
    rng = np.random.default_rng(11)
    for version in VERSIONS:
        pattern = modules(DM, "1", option_2=version)
        for _ in range(20):
            noise = rng.integers(0, 256, pattern.shape, dtype=np.uint8)
            assert plane_reader.read(DATA_MATRIX, noise)[0] in (FORMAT, CHECKSUM)


def test_random_content_inside_true_borders_is_not_read(plane_reader: PlaneReader) -> None:
    rng = np.random.default_rng(13)
    for version in (1, 2, 3, 4, 25, 26):
        pattern = modules(DM, "1", option_2=version)
        for _ in range(400):
            wrong = pattern.copy()
            inside = wrong[1:-1, 1:-1]
            inside[:] = rng.integers(0, 2, inside.shape, dtype=np.uint8) * 255
            assert plane_reader.read(DATA_MATRIX, wrong)[0] != OK
