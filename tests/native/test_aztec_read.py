"""Aztec modules to content, against zint; damaged ones read right or not at all."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import pytest
import zint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from native.barcode import Symbology
from tests.native.plane_reader import AZTEC, OK, Content, PlaneReader
from tests.native.zint_modules import Modules, modules

AZ = zint.Symbology.AZTEC
GS1 = zint.InputMode.GS1 | zint.InputMode.GS1PARENS
RAW = zint.InputMode(0)
"""Bytes as they are."""
SIZES = range(1, 37)
"""zint's: compact of 1 to 4 layers, then full of 1 to 32."""

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(plane_reader: PlaneReader, made: Modules) -> Content:
    status, content = plane_reader.read(AZTEC, made)
    assert (status, content is None) == (OK, False)
    assert content is not None
    return content


def fits(text: str, size: int) -> bool:
    try:
        return modules(AZ, text, option_2=size).shape == modules(AZ, "1", option_2=size).shape
    except RuntimeError:
        return False


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0.05, 0.7])
def test_every_size_hardly_filled_and_as_full_as_recommended(
    plane_reader: PlaneReader, size: int, share: float
) -> None:
    most = bisect_left(range(1, 4000), x=True, key=lambda n: not fits("8" * n, size))
    text = "".join(str(i * 7 % 10) for i in range(max(1, int(most * share))))
    content = read(plane_reader, modules(AZ, text, option_2=size))

    assert content.payload.decode() == text
    assert (content.symbology, content.version) == (Symbology.Aztec, size if size <= 4 else size - 4)
    assert (content.identifier, content.ec_used) == ("]z0", 0.0)


@relaxed
@given(st.binary(min_size=1, max_size=200))
def test_bytes_of_all_kinds(plane_reader: PlaneReader, data: bytes) -> None:
    assert read(plane_reader, modules(AZ, data, input_mode=RAW)).payload == data


@relaxed
@given(
    st.lists(
        st.one_of(
            st.text("ABCDEF ", min_size=1, max_size=12),
            st.text("abcdef ", min_size=1, max_size=12),
            st.text("0123456789,.", min_size=1, max_size=12),
            st.text("!\"#$%&'()*+-/:;<=>?[]{}\r\n", min_size=1, max_size=8),
            st.text("\x01\x05\x1b\x1d@\\\\^_`|~\x7f", min_size=1, max_size=8),
            st.sampled_from([". ", ", ", ": ", "\r\n", "aB", "1a", "A1b!"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_texts_that_change_tables(plane_reader: PlaneReader, parts: list[str]) -> None:
    data = "".join(parts).encode("latin-1")

    assert read(plane_reader, modules(AZ, data, input_mode=RAW)).payload == data


def test_gs1_is_told_by_the_identifier_and_separators_stay(plane_reader: PlaneReader) -> None:
    content = read(plane_reader, modules(AZ, "(01)09501101530003(10)AB12(21)X9", input_mode=GS1))

    assert (content.identifier, content.payload) == ("]z1", b"010950110153000310AB12\x1d21X9")


@pytest.mark.parametrize("eci", [7, 26, 899, 999999])
def test_an_eci_makes_a_segment(plane_reader: PlaneReader, eci: int) -> None:
    content = read(plane_reader, modules(AZ, b"abc", eci=eci, input_mode=RAW))

    assert (content.identifier, content.segments, content.payload) == ("]z3", ((0, eci),), b"abc")


@pytest.mark.parametrize("name", [b"", b"BATCH7"])
def test_structured_append(plane_reader: PlaneReader, name: bytes) -> None:
    content = read(plane_reader, modules(AZ, "part", structapp=zint.StructApp(3, 7, name)))

    assert content.append == (2, 7, name.decode())
    assert (content.identifier, content.payload) == ("]z6", b"part")


def test_an_eci_behind_the_header_of_a_structured_append_begins_the_content(
    plane_reader: PlaneReader,
) -> None:
    content = read(
        plane_reader, modules(AZ, b"abc", structapp=zint.StructApp(1, 2, b""), eci=26, input_mode=RAW)
    )

    assert (content.identifier, content.segments, content.payload) == ("]z9", ((0, 26),), b"abc")


def test_reader_initialisation_is_no_data(plane_reader: PlaneReader) -> None:
    made = modules(AZ, "SETUP", output_options=zint.OutputOptions.READER_INIT)

    assert read(plane_reader, made).reader_init


@pytest.mark.parametrize("number", range(256))
def test_every_rune(plane_reader: PlaneReader, number: int) -> None:
    content = read(plane_reader, modules(zint.Symbology.AZRUNE, str(number)))

    assert (content.payload.decode(), content.identifier, content.version) == (f"{number:03}", "]zC", 0)


def test_damage_is_read_right_or_not_at_all(plane_reader: PlaneReader) -> None:
    rng = np.random.default_rng(7)
    read_n = 0
    for size in (1, 2, 3, 5, 8, 14):
        made = modules(AZ, "AB1", option_2=size)
        for _ in range(200):
            noise = rng.normal(0, rng.uniform(20, 130), made.shape)
            damaged = np.clip(made.astype(np.float64) + noise, 0, 255).astype(np.uint8)
            status, content = plane_reader.read(AZTEC, damaged)
            if status == OK:
                assert content is not None
                assert content.payload == b"AB1"
                read_n += 1
    assert read_n > 400


def test_random_content_around_a_true_middle_is_not_read(plane_reader: PlaneReader) -> None:
    rng = np.random.default_rng(13)
    for size in (1, 2, 3, 4, 5, 6):
        made = modules(AZ, "1", option_2=size)
        middle = made.shape[0] // 2
        keep = 5 if size <= 4 else 7
        for _ in range(300):
            wrong = rng.integers(0, 2, made.shape, dtype=np.uint8) * 255
            inside = slice(middle - keep, middle + keep + 1)
            wrong[inside, inside] = made[inside, inside]
            assert plane_reader.read(AZTEC, wrong)[0] != OK
