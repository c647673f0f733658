"""rMQR modules to content, against zint; damaged ones read right or not at all."""

from __future__ import annotations

import random
from bisect import bisect_left

import numpy as np
import pytest
import zint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from native.barcode import Symbology
from tests.native.plane_reader import (
    BAD_ARGUMENT,
    CHECKSUM,
    ECI_KANJI,
    ECI_NONE,
    FORMAT,
    LIMIT,
    MOST_SEGMENTS,
    OK,
    RMQR,
    Content,
    PlaneReader,
)
from tests.native.zint_modules import Modules, modules

KIND = zint.Symbology.RMQR
VERSIONS = range(1, 33)
LEVELS = {"M": 2, "H": 4}
"""And zint's numbers of them."""

UNICODE = zint.InputMode.UNICODE
RAW = zint.InputMode(0)
"""Bytes as they are."""

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
KANJI = "点茗日本語漢字駅配達荷物受取"
MODES = {
    "numeric": "3141592653",
    "alphanumeric": ALPHANUMERIC[::-1],
    "bytes": "parcel, key; ",
    "kanji": KANJI,
}

GS = b"\x1d"

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(plane_reader: PlaneReader, made: Modules) -> Content:
    status, content = plane_reader.read(RMQR, made)
    assert (status, content is None) == (OK, False)
    assert content is not None
    return content


def made_of(text: str, version: int, level: str) -> Modules:
    return modules(KIND, text, option_1=LEVELS[level], option_2=version, input_mode=UNICODE)


def fits(text: str, version: int, level: str) -> bool:
    try:
        made_of(text, version, level)
    except RuntimeError:
        return False
    return True


# Every structure and mode


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_level_and_mode_short_and_full(
    plane_reader: PlaneReader, version: int, level: str, mode: str
) -> None:
    endless = MODES[mode] * 60
    most = bisect_left(range(1, 400), x=True, key=lambda n: not fits(endless[:n], version, level))
    assert most > 0
    for length in {1, most}:
        text = endless[:length]

        content = read(plane_reader, made_of(text, version, level))

        assert content.payload == text.encode("shift_jis")
        assert content.segments == ((0, ECI_KANJI if mode == "kanji" else ECI_NONE),)
        assert (content.symbology, content.version, content.ec_level) == (Symbology.rMQR, version, level)
        assert (content.identifier, content.ec_used) == ("]Q1", 0.0)
        assert content.append == (0, 0, "")


@relaxed
@given(
    parts=st.lists(
        st.one_of(
            st.text("0123456789", min_size=1, max_size=30),
            st.text(ALPHANUMERIC, min_size=1, max_size=20),
            st.text(st.characters(max_codepoint=255, min_codepoint=1), min_size=1, max_size=20),
        ),
        min_size=1,
        max_size=5,
    ),
    level=st.sampled_from(sorted(LEVELS)),
)
def test_texts_that_change_modes(plane_reader: PlaneReader, parts: list[str], level: str) -> None:
    data = "".join(parts).encode("latin-1")[:74]

    made = modules(KIND, data, option_1=LEVELS[level], input_mode=RAW)

    assert read(plane_reader, made).payload == data


@pytest.mark.parametrize("eci", [3, 26, 127, 128, 899, 16383, 16384, 999999])
def test_eci_designators_of_every_length(plane_reader: PlaneReader, eci: int) -> None:
    content = read(plane_reader, modules(KIND, b"abc", eci=eci, input_mode=RAW))

    assert (content.identifier, content.segments, content.payload) == ("]Q2", ((0, eci),), b"abc")


def test_gs1_has_separators_and_its_identifier(plane_reader: PlaneReader) -> None:
    for text, payload in (
        ("[01]09501101530003[10]ABC1[21]X", b"010950110153000310ABC1" + GS + b"21X"),
        ("[01]09501101530003[10]A%C[21]x", b"010950110153000310A%C" + GS + b"21x"),
    ):
        content = read(plane_reader, modules(KIND, text, input_mode=zint.InputMode.GS1))

        assert (content.identifier, content.payload) == ("]Q3", payload)


def test_more_changes_of_set_than_segments_are_said(plane_reader: PlaneReader) -> None:
    def of_segments(n: int) -> Modules:
        symbol = zint.Symbol()
        symbol.symbology = KIND
        symbol.encode_segs([zint.Seg(b"\xe1", 9 if i % 2 else 7) for i in range(n)])
        rows = np.unpackbits(np.array(symbol.encoded_data, dtype=np.uint8), axis=1, bitorder="little")
        return (rows[: symbol.rows, : symbol.width] * 255).astype(np.uint8)

    assert len(read(plane_reader, of_segments(MOST_SEGMENTS)).segments) == MOST_SEGMENTS
    assert plane_reader.read(RMQR, of_segments(MOST_SEGMENTS + 1)) == (LIMIT, None)


# Damage


def format_places(made: Modules, *, sub: bool) -> list[tuple[int, int]]:
    """Rows and columns of one copy of the format information."""
    rows, columns = made.shape
    block = [(row, column) for row in range(1, 6) for column in range(8, 11)] + [(1, 11), (2, 11), (3, 11)]
    if not sub:
        return block
    by_the_sub_finder = [(rows - 6, columns - 5 + i) for i in range(3)]
    return [(rows - 7 + row, columns - 16 + column) for row, column in block[:15]] + by_the_sub_finder


@pytest.mark.parametrize("version", [1, 5, 6, 11, 20, 32])
def test_one_copy_of_the_format_information_is_enough(plane_reader: PlaneReader, version: int) -> None:
    rng = random.Random(version)
    made = made_of("3", version, "H")
    for lost in (False, True):
        for wrong in range(4):
            damaged = made.copy()
            for place in format_places(made, sub=lost):
                damaged[place] = 255 * rng.getrandbits(1)
            for place in rng.sample(format_places(made, sub=not lost), wrong):
                damaged[place] ^= 255

            content = read(plane_reader, damaged)
            assert (content.payload, content.ec_level) == (b"3", "H")


def test_without_format_information_nothing_is_read(plane_reader: PlaneReader) -> None:
    made = made_of("314", 20, "M")
    for sub in (False, True):
        for place in format_places(made, sub=sub):
            made[place] ^= 255

    assert plane_reader.read(RMQR, made)[0] in (FORMAT, CHECKSUM)


@pytest.mark.parametrize(
    ("version", "level"), [(1, "H"), (6, "M"), (14, "M"), (22, "H"), (32, "M"), (32, "H")]
)
def test_errors_within_a_third_of_the_check_codewords_are_corrected(
    plane_reader: PlaneReader, version: int, level: str
) -> None:
    rng = random.Random(version)
    made = made_of("7", version, level)
    rows, columns = made.shape
    inside = [(y, x) for y in range(1, rows - 1) for x in range(12, columns - 9)]
    for _ in range(60):
        damaged = made.copy()
        for place in rng.sample(inside, max(2, rows * columns // 180)):
            damaged[place] ^= 255
        content = read(plane_reader, damaged)
        assert content.payload == b"7"
        assert 0.0 <= content.ec_used <= 1.0


def test_damage_is_read_right_or_not_at_all(plane_reader: PlaneReader) -> None:
    rng = np.random.default_rng(7)
    read_n = 0
    for version in (1, 2, 6, 11, 12, 17, 24, 32):
        made = made_of("42", version, "M")
        for _ in range(150):
            noise = rng.normal(0, rng.uniform(20, 150), made.shape)
            damaged = np.clip(made.astype(np.float64) + noise, 0, 255).astype(np.uint8)
            status, content = plane_reader.read(RMQR, damaged)
            if status == OK:
                assert content is not None
                assert content.payload == b"42"
                read_n += 1
    assert read_n > 500


def blurred(made: Modules, across: float, down: float) -> Modules:
    """Each module with a share of its neighbours, and noise that decides where they agree against it."""
    grey = np.pad(made.astype(np.float64), 1)
    grey = (1 - 2 * across) * grey + across * (np.roll(grey, 1, 1) + np.roll(grey, -1, 1))
    grey = (1 - 2 * down) * grey + down * (np.roll(grey, 1, 0) + np.roll(grey, -1, 0))
    noise = np.random.default_rng(made.size).normal(0, 10, made.shape)
    return np.clip(grey[1:-1, 1:-1] + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("version", [3, 9, 15, 22, 32])
@pytest.mark.parametrize("shares", [(0.24, 0.0), (0.0, 0.24), (0.21, 0.21)])
def test_blur_is_taken_out(plane_reader: PlaneReader, version: int, shares: tuple[float, float]) -> None:
    sharp = made_of("27182", version, "M")

    seen = blurred(sharp, *shares)

    assert np.mean((seen >= 128) != (sharp >= 128)) > 0.03
    assert read(plane_reader, seen).payload == b"27182"


@pytest.mark.parametrize("version", VERSIONS)
def test_random_modules_are_no_symbol(plane_reader: PlaneReader, version: int) -> None:
    rng = np.random.default_rng(version)
    pattern = made_of("1", version, "M")
    for high in (2, 256) * 5:
        noise = (rng.integers(0, high, pattern.shape) * (255 // (high - 1))).astype(np.uint8)
        assert plane_reader.read(RMQR, noise)[0] in (FORMAT, CHECKSUM)


@pytest.mark.parametrize("version", [1, 2, 6, 11, 12, 17])
@pytest.mark.parametrize("level", LEVELS)
def test_random_content_between_sound_patterns_is_not_read(
    plane_reader: PlaneReader, version: int, level: str
) -> None:
    rng = random.Random(f"{version}{level}")
    many = [made_of(text, version, level) for text in ("1", "23", "45", "A", "Z", "79")]
    differ = np.any([other != many[0] for other in many], axis=0)
    rows, columns = many[0].shape
    places = [(y, x) for y in range(rows) for x in range(columns) if differ[y, x]]
    assert len(places) > 30  # data and check modules, of which the content changes most
    for _ in range(150):
        softness = rng.choice([1, 30, 128])
        made = many[0].copy()
        for place in places:
            made[place] = rng.choice([rng.randrange(softness), 255 - rng.randrange(softness)])
        assert plane_reader.read(RMQR, made)[0] in (FORMAT, CHECKSUM)


@pytest.mark.parametrize(
    ("columns", "rows"), [(43, 8), (27, 7), (27, 9), (27, 15), (43, 43), (7, 43), (139, 19)]
)
def test_a_size_that_is_none_is_refused(plane_reader: PlaneReader, columns: int, rows: int) -> None:
    assert plane_reader.read(RMQR, np.zeros((rows, columns), np.uint8))[0] == BAD_ARGUMENT
