"""QR and Micro QR modules to content, against segno and zint; damaged ones read right or not at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import reduce
from itertools import product
from operator import xor
from pathlib import Path

import numpy as np
import pytest
import segno
import zint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.native.module_reader import (
    BAD_ARGUMENT,
    CHECKSUM,
    ECI_KANJI,
    ECI_NONE,
    FORMAT,
    LIMIT,
    MICRO_QR,
    OK,
    QR,
    Content,
    ModuleReader,
)
from tests.native.qr_symbols import (
    Modules,
    block_codewords,
    capacity,
    make,
    places,
    segno_modules,
    structure,
    zint_modules,
)

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
KANJI = "点茗日本語漢字駅配達荷物受取"
GS = b"\x1d"

MICRO_LEVELS = [
    ("M1", None),
    ("M2", "L"),
    ("M2", "M"),
    ("M3", "L"),
    ("M3", "M"),
    ("M4", "L"),
    ("M4", "M"),
    ("M4", "Q"),
]

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def reader(sanitised_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleReader]:
    with ModuleReader.build(sanitised_library, tmp_path_factory.mktemp("module_reader")) as running:
        yield running


def status_of(reader: ModuleReader, modules: Modules, *, micro: bool = False) -> tuple[int, Content | None]:
    return reader.read(modules.tobytes(), len(modules), micro=micro)


def read(reader: ModuleReader, modules: Modules, *, micro: bool = False) -> Content:
    status, content = status_of(reader, modules, micro=micro)
    assert status == OK
    assert content is not None
    return content


def spoil(modules: Modules, code: segno.QRCode, codewords: list[int], rng: random.Random) -> Modules:
    """The codewords, by index in the order of placement, become others."""
    spoilt = modules.copy()
    where = places(code)
    for index in codewords:
        for row, column in rng.sample(where[index], rng.randint(1, len(where[index]))):
            spoilt[row, column] ^= 255
    return spoilt


# Every structure


@pytest.mark.parametrize("version", range(1, 41))
def test_reads_every_version_and_level_of_two_encoders(reader: ModuleReader, version: int) -> None:
    for number, level in enumerate("LMQH"):
        mask = (version + number) % 8
        text = ("31415926535", "PIGEON", "Locker", KANJI[:3])[mask // 2]
        by_zint = zint_modules(
            text,
            option_1=number + 1,
            option_2=version,
            option_3=mask + 1 << 8,
            input_mode=zint.InputMode.UNICODE,
        )
        by_segno = segno_modules(make(text, version=version, level=level, mask=mask))
        expected = text.encode("shift_jis")

        for modules in (by_zint, by_segno):
            content = read(reader, modules)

            assert (content.payload, content.version, content.ec_level) == (expected, version, level)
            assert (content.symbology, content.mirrored, content.ec_used) == (QR, False, 0.0)
            assert content.append == (0, 0, 0)


@pytest.mark.parametrize("version", [1, 2, 7, 10, 27])
def test_reads_every_mask_mirrored_too(reader: ModuleReader, version: int) -> None:
    for mask in range(8):
        modules = segno_modules(
            make("MASK AND MIRROR" if version > 1 else "MASK", version=version, level="L", mask=mask)
        )

        assert not read(reader, modules).mirrored
        assert read(reader, np.ascontiguousarray(modules.T)).mirrored


@pytest.mark.parametrize(("version", "level"), MICRO_LEVELS)
def test_reads_every_micro_version_level_and_mask(
    reader: ModuleReader, version: str, level: str | None
) -> None:
    for mask in range(4):
        for text in ("0", "12345"):
            code = make(text, version=version, level=level, mask=mask)
            by_zint = zint_modules(
                text,
                micro=True,
                option_1="LMQ".index(level) + 1 if level else 0,
                option_2=int(version[1]),
                option_3=mask + 1 << 8,
            )
            for modules in (segno_modules(code), by_zint):
                content = read(reader, modules, micro=True)

                assert (content.payload, content.symbology) == (text.encode(), MICRO_QR)
                assert (f"M{content.version}", content.ec_level or None) == (version, level)
                assert content.identifier == "]Q1"
                assert not content.mirrored
                assert read(reader, np.ascontiguousarray(modules.T), micro=True).mirrored


# Every content


def halves(text: str) -> bytes:
    """Latin 1 where possible, else UTF-8: what zint's data becomes without an ECI."""
    return text.encode("latin-1")


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
def test_reads_back_what_zint_wrote(reader: ModuleReader, text: str, level: int, mask: int) -> None:
    modules = zint_modules(text.encode("latin-1"), option_1=level, option_3=mask + 1 << 8)

    content = read(reader, modules)

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
def test_reads_back_what_micro_qr_holds(reader: ModuleReader, data: str, mask: int, level: str) -> None:
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

    content = read(reader, segno_modules(code), micro=True)

    kanji = code.mode == "kanji"
    assert content.payload == data.encode(
        "shift_jis" if kanji else "utf-8" if code.mode == "byte" else "ascii"
    )
    assert content.segments == ((0, ECI_KANJI if kanji else ECI_NONE),)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 1000, 7086, 7088, 7089])
def test_reads_the_longest_content(reader: ModuleReader, length: int) -> None:
    digits = ("271828182845904523536" * 340)[:length]

    assert read(reader, zint_modules(digits, option_1=1)).payload == digits.encode()


def test_kanji_and_plain_text_share_a_segment(reader: ModuleReader) -> None:
    """Shift JIS has ASCII in it, and mixed text changes mode more often than a symbol has segments."""
    turn = bits(("1000", 4), (1, 8), (0, 13), ("0010", 4), (1, 9), (10, 6))

    content = read(reader, symbol_of(turn * 18, version=5, level="L"))

    assert content.payload == b"\x81\x40A" * 18
    assert content.segments == ((0, ECI_KANJI),)


def test_more_changes_of_set_than_segments_are_said(reader: ModuleReader) -> None:
    turn = bits(
        ("0111", 4),
        (9, 8),
        ("0100", 4),
        (1, 8),
        (0xE1, 8),
        ("0111", 4),
        (7, 8),
        ("0100", 4),
        (1, 8),
        (0xE2, 8),
    )

    content = read(reader, symbol_of(turn * 8, version=5, level="L"))
    assert content.segments == tuple((i, 7 if i % 2 else 9) for i in range(16))
    assert content.payload == b"\xe1\xe2" * 8
    assert status_of(reader, symbol_of(turn * 8 + turn[:32], version=5, level="L")) == (LIMIT, None)


def test_bytes_that_say_nothing_of_their_set_are_apart_from_kanji(reader: ModuleReader) -> None:
    stream = bits(("1000", 4), (1, 8), (0x8140 - 0x8140, 13), ("0100", 4), (1, 8), (0xE9, 8))

    content = read(reader, symbol_of(stream))

    assert content.payload == b"\x81\x40\xe9"
    assert content.segments == ((0, ECI_KANJI), (2, ECI_NONE))


def test_hanzi_is_told_as_gb_2312(reader: ModuleReader) -> None:
    text = "书读百遍其义自现"

    content = read(reader, segno_modules(segno.make(text, mode="hanzi")))

    assert content.payload == text.encode("gb2312")
    assert content.segments == ((0, 29),)


@pytest.mark.parametrize("eci", [3, 26, 127, 128, 899, 16383, 16384, 999999])
def test_eci_designators_of_every_length(reader: ModuleReader, eci: int) -> None:
    content = read(reader, zint_modules(b"abc", eci=eci))

    assert (content.identifier, content.segments) == ("]Q2", ((0, eci),))
    assert content.payload == b"abc"


def test_segments_of_different_sets(reader: ModuleReader) -> None:
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.QRCODE
    symbol.encode_segs([zint.Seg(b"plain", 0), zint.Seg("é€".encode(), 26), zint.Seg(b"\xe1", 9)])
    rows = np.unpackbits(np.array(symbol.encoded_data, dtype=np.uint8), axis=1, bitorder="little")
    modules = (rows[: symbol.width, : symbol.width] * 255).astype(np.uint8)

    content = read(reader, modules)

    assert content.payload == b"plain" + "é€".encode() + b"\xe1"
    assert content.segments == ((0, ECI_NONE), (5, 26), (10, 9))


def test_gs1_has_separators_and_its_identifier(reader: ModuleReader) -> None:
    for text, payload in (
        ("[01]09501101530003[10]ABC1[21]X", b"010950110153000310ABC1" + GS + b"21X"),
        ("[01]09501101530003[10]A%C[21]x", b"010950110153000310A%C" + GS + b"21x"),
        ("[10]A%[21]B", b"10A%" + GS + b"21B"),
    ):
        content = read(reader, zint_modules(text, input_mode=zint.InputMode.GS1))

        assert (content.identifier, content.payload) == ("]Q3", payload)


def test_structured_append_of_two_encoders(reader: ModuleReader) -> None:
    text = "Pigeonhole: a parcel locker's edge service, told in some symbols"
    parity = reduce(xor, text.encode())
    parts = [read(reader, segno_modules(code)) for code in segno.make_sequence(text, symbol_count=4)]

    assert b"".join(part.payload for part in parts).decode() == text
    assert [part.append for part in parts] == [(index, len(parts), parity) for index in range(len(parts))]
    assert read(reader, zint_modules("x", structapp=zint.StructApp(16, 16, b"255"))).append == (15, 16, 255)


# Streams that no encoder here writes


def bits(*fields: tuple[str | int, int]) -> str:
    return "".join(value if isinstance(value, str) else f"{value:0{width}b}" for value, width in fields)


def check_codewords(data: bytes, count: int) -> bytes:
    """Reed–Solomon by long division over 0x11D, roots alpha^0 on."""

    def times(a: int, b: int) -> int:
        product = 0
        while b:
            product ^= a if b & 1 else 0
            a = (a << 1) ^ (0x11D if a & 0x80 else 0)
            b >>= 1
        return product

    generator, root = [1], 1
    for _ in range(count):
        shifted = [*generator, 0]
        generator = [a ^ times(b, root) for a, b in zip(shifted, [0, *generator], strict=True)]
        root = times(root, 2)
    rest = [*data, *[0] * count]
    for at in range(len(data)):
        factor = rest[at]
        for i, coefficient in enumerate(generator):
            rest[at + i] ^= times(factor, coefficient)
    return bytes(rest[-count:])


def symbol_of(stream: str, *, pad: bytes = b"\xec\x11", version: int = 2, level: str = "M") -> Modules:
    """A symbol of one block whose data codewords hold these bits, terminated and padded."""
    code = make("0", version=version, level=level, mask=0)
    ((total, data_n),) = structure(code)
    stream += "0000"[: data_n * 8 - len(stream)]
    stream += "0" * (-len(stream) % 8)
    data = bytes(int(stream[i : i + 8], 2) for i in range(0, len(stream), 8))
    filling = pad * data_n
    data = (data + filling)[:data_n]
    codewords = data + check_codewords(data, total - data_n)
    modules = segno_modules(code)
    for codeword, where in zip(codewords, places(code), strict=False):
        for bit, (row, column) in enumerate(where):
            masked = (row + column) % 2 == 0
            modules[row, column] = 255 if (codeword >> (7 - bit) & 1) ^ masked else 0
    return modules


def test_the_symbol_maker_makes_what_encoders_make(reader: ModuleReader) -> None:
    stream = bits(("0100", 4), (5, 8), *((byte, 8) for byte in b"hello"))

    assert np.array_equal(symbol_of(stream), zint_modules(b"hello", option_1=2, option_2=2, option_3=1 << 8))


@pytest.mark.parametrize(("indicator", "prefix"), [(7, b"07"), (99, b"99"), (165, b"A"), (222, b"z")])
def test_fnc1_in_second_position_puts_its_indicator_first(
    reader: ModuleReader, indicator: int, prefix: bytes
) -> None:
    stream = bits(("1001", 4), (indicator, 8), ("0010", 4), (4, 9), (38 * 45 + 10, 11), (38 * 45 + 38, 11))

    content = read(reader, symbol_of(stream))

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
def test_a_stream_that_breaks_a_rule_is_no_content(reader: ModuleReader, stream: str) -> None:
    assert status_of(reader, symbol_of(stream)) == (FORMAT, None)


def test_odd_padding_is_forgiven_while_the_correction_is_sure(reader: ModuleReader) -> None:
    code = make("0", version=2, level="M", mask=0)
    modules = symbol_of(bits(("0001", 4), (1, 10), (7, 4)), pad=b"\x11\xec")
    rng = random.Random(1)

    assert read(reader, spoil(modules, code, [3, 9, 20, 30], rng)).payload == b"7"
    at_the_limit = rng.sample(range(44), capacity(code))
    assert status_of(reader, spoil(modules, code, at_the_limit, rng)) == (CHECKSUM, None)


# Damage


@pytest.mark.parametrize(
    ("version", "level"),
    [*((version, level) for version in (1, 2, 3, 5, 8, 14, 25) for level in "LMQH"), *MICRO_LEVELS[1:]],
)
def test_damage_up_to_the_capacity_is_corrected_and_beyond_it_never_wrong(
    reader: ModuleReader, version: int | str, level: str
) -> None:
    micro = isinstance(version, str)
    rng = random.Random(f"{version}{level}")
    code = make("314", version=version, level=level)
    modules = segno_modules(code)
    blocks, most = block_codewords(code), capacity(code)
    for _ in range(4):
        victims = [index for block in blocks for index in rng.sample(block, most)]

        content = read(reader, spoil(modules, code, victims, rng), micro=micro)

        assert content.payload == b"314"
        assert 0.79 < content.ec_used <= 1.0
    for more in (1, 2, most, 3 * most):
        worst = rng.choice(blocks)
        victims = rng.sample(worst, min(most + more, len(worst)))

        status, _ = status_of(reader, spoil(modules, code, victims, rng), micro=micro)

        assert status == CHECKSUM


def test_m1_only_detects_errors(reader: ModuleReader) -> None:
    code = make("12345", version="M1", level=None)
    rng = random.Random(5)
    for index in range(5):
        spoilt = spoil(segno_modules(code), code, [index], rng)

        assert status_of(reader, spoilt, micro=True)[0] == CHECKSUM


@pytest.mark.parametrize(
    ("version", "level"), [(1, "M"), (1, "H"), (3, "M"), (7, "Q"), ("M4", "Q"), ("M3", "M")]
)
def test_codewords_in_doubt_are_erased_with_a_margin(
    reader: ModuleReader, version: int | str, level: str
) -> None:
    """Twice as many as errors, less what guards against misreads: four codewords and the attempts' share."""
    rng = random.Random(f"doubt {version}{level}")
    code = make("27", version=version, level=level)
    blocks, where = block_codewords(code), places(code)
    total, data = structure(code)[0]
    doubtful = total - data - 5
    for _ in range(5):
        modules = segno_modules(code)
        for block in blocks:
            for index in rng.sample(block, doubtful):
                for row, column in where[index]:
                    modules[row, column] = rng.choice([110, 146])

        content = read(reader, modules, micro=isinstance(version, str))

        assert content.payload == b"27"
        assert content.ec_used > 0.5


@pytest.mark.parametrize(("version", "level"), [(2, "M"), (4, "H"), (8, "L"), ("M4", "M")])
def test_many_single_modules_in_doubt_are_told_by_the_sure_ones(
    reader: ModuleReader, version: int | str, level: str
) -> None:
    """As blur leaves it: wrong codewords half beyond plain correction, one module in each."""
    rng = random.Random(f"soft {version}{level}")
    code = make("27", version=version, level=level)
    blocks, where = block_codewords(code), places(code)
    wrong = capacity(code) * 3 // 2
    for _ in range(5):
        modules = segno_modules(code)
        for codeword in where:
            for row, column in codeword:
                sureness = rng.randint(20, 127)
                modules[row, column] = 128 + sureness if modules[row, column] else 127 - sureness
        for block in blocks:
            for index in rng.sample(block, wrong):
                row, column = rng.choice(where[index])
                modules[row, column] = (
                    rng.randint(108, 127) if modules[row, column] >= 128 else rng.randint(128, 147)
                )

        content = read(reader, modules, micro=isinstance(version, str))

        assert content.payload == b"27"
        assert content.ec_used > 0.6


def blurred(modules: Modules, kernel: list[list[float]], grain: float = 10.0, seed: int = 0) -> Modules:
    """Each module mixed with its neighbours, and some noise; beyond the symbol all is light."""
    reach = len(kernel) // 2
    around = np.pad(modules.astype(float), reach)
    size = len(modules)
    mixed = sum(
        weight * around[row : row + size, column : column + size]
        for row, weights in enumerate(kernel)
        for column, weight in enumerate(weights)
    )
    noise = np.random.default_rng(seed).normal(0.0, grain, modules.shape)
    return np.clip(np.rint(mixed + noise), 0, 255).astype(np.uint8)


ROUND = [[0.05, 0.11, 0.05], [0.11, 0.36, 0.11], [0.05, 0.11, 0.05]]
MOVED_ACROSS = [[0.0, 0.0, 0.0], [0.24, 0.52, 0.24], [0.0, 0.0, 0.0]]
MOVED_DOWN = [list(row) for row in zip(*MOVED_ACROSS, strict=True)]


@pytest.mark.parametrize(
    ("version", "level", "kernel"),
    [
        *product((1,), "M", (ROUND, MOVED_ACROSS, MOVED_DOWN)),
        *product((3, 14), "L", (ROUND, MOVED_ACROSS, MOVED_DOWN)),
        *product(("M3",), "M", (MOVED_ACROSS, MOVED_DOWN)),
        *product(("M4",), "L", (MOVED_ACROSS, MOVED_DOWN)),
    ],
)
def test_blur_is_taken_out(
    reader: ModuleReader, version: int | str, level: str, kernel: list[list[float]]
) -> None:
    """A module that weighs no more than its neighbours together is in doubt wherever they agree."""
    code = make("314159", version=version, level=level)
    sharp = segno_modules(code)

    modules = blurred(sharp, kernel, seed=len(sharp))

    assert np.mean((modules >= 128) != (sharp >= 128)) > 0.03
    assert read(reader, modules, micro=isinstance(version, str)).payload == b"314159"
    assert read(reader, np.ascontiguousarray(modules.T), micro=isinstance(version, str)).mirrored


def test_a_block_that_is_read_helps_the_others(reader: ModuleReader) -> None:
    """Without what one block teaches none of these reads: their blocks differ in luck."""
    modules = segno_modules(make("314159", version=14, level="M"))

    answers = [status_of(reader, blurred(modules, ROUND, 16.0, seed)) for seed in range(6)]

    payloads = [content.payload for _, content in answers if content is not None]
    assert payloads == [b"314159"] * len(payloads)
    assert len(payloads) >= 4


def test_every_codeword_in_doubt_reads_nothing(reader: ModuleReader) -> None:
    rng = random.Random(8)
    for version, level in ((1, "L"), (2, "H"), (7, "M")):
        code = make("27", version=version, level=level)
        for _ in range(60):
            modules = segno_modules(code)
            for codeword in places(code):
                for row, column in codeword:
                    modules[row, column] = rng.randint(100, 155)

            assert status_of(reader, modules)[0] in (CHECKSUM, FORMAT)


@pytest.mark.parametrize("size", [11, 13, 15, 17, 21, 25, 45, 177])
def test_noise_is_no_symbol(reader: ModuleReader, size: int) -> None:
    rng = np.random.default_rng(size)
    for turn in range(400 if size < 40 else 40):
        high = 256 if turn % 2 else 2
        modules = (rng.integers(0, high, (size, size)) * (255 // (high - 1))).astype(np.uint8)

        assert status_of(reader, modules, micro=size < 20)[0] in (FORMAT, CHECKSUM)


@pytest.mark.parametrize(("version", "level"), [(1, "L"), (2, "L"), (1, "M"), *MICRO_LEVELS])
def test_noise_between_sound_patterns_is_no_symbol(
    reader: ModuleReader, version: int | str, level: str | None
) -> None:
    """Format information and timing are right, only the data is anything."""
    rng = random.Random(f"noise {version}{level}")
    code = make("1", version=version, level=level)
    where = [place for codeword in places(code) for place in codeword]
    modules = segno_modules(code)
    for _ in range(300):
        softness = rng.choice([1, 30, 128])
        for row, column in where:
            modules[row, column] = rng.choice([rng.randrange(softness), 255 - rng.randrange(softness)])

        assert status_of(reader, modules, micro=isinstance(version, str))[0] in (FORMAT, CHECKSUM)


def inner_format(size: int) -> list[tuple[int, int]]:
    around = [(8, column) for column in range(9) if column != 6]
    return around + [(row, 8) for row in range(8) if row != 6]


def outer_format(size: int) -> list[tuple[int, int]]:
    return [(row, 8) for row in range(size - 7, size)] + [(8, column) for column in range(size - 8, size)]


@pytest.mark.parametrize("version", [1, 6, 30])
def test_one_copy_of_the_format_information_is_enough(reader: ModuleReader, version: int) -> None:
    rng = random.Random(version)
    code = make("314159", version=version, level="Q")
    size = 17 + 4 * version
    for lost, kept in ((inner_format(size), outer_format(size)), (outer_format(size), inner_format(size))):
        for wrong in (0, 1, 2):
            modules = segno_modules(code)
            for row, column in lost:
                modules[row, column] = 255 * rng.getrandbits(1)
            for row, column in rng.sample(kept, wrong):
                modules[row, column] ^= 255

            assert read(reader, modules).payload == b"314159"


def test_three_wrong_bits_in_each_copy_are_corrected(reader: ModuleReader) -> None:
    rng = random.Random(3)
    for _ in range(20):
        modules = segno_modules(make("314159", version=2, level="M"))
        for row, column in [*rng.sample(inner_format(25), 3), *rng.sample(outer_format(25), 3)]:
            modules[row, column] ^= 255

        assert read(reader, modules).payload == b"314159"


def test_version_information_of_another_size_is_refused(reader: ModuleReader) -> None:
    modules = segno_modules(make("314", version=8, level="M"))
    other = segno_modules(make("314", version=12, level="M"))
    modules[-11:-8, :6] = other[-11:-8, :6]
    assert read(reader, modules).version == 8  # one copy is enough

    modules[:6, -11:-8] = other[:6, -11:-8]
    assert status_of(reader, modules)[0] == FORMAT


@pytest.mark.parametrize("size", [1, 9, 10, 12, 17, 18, 19, 20, 22, 23, 179, 181])
def test_a_size_that_is_none_is_refused(reader: ModuleReader, size: int) -> None:
    micro = size in (9, 10, 12, 18)

    status, _ = status_of(reader, np.zeros((size, size), dtype=np.uint8), micro=micro)

    assert status == BAD_ARGUMENT


@relaxed
@given(n=st.integers(4, 153), ec_n=st.integers(2, 30), seed=st.integers(0, 2**32))
def test_reed_solomon_corrects_errors_beside_erasures(
    reader: ModuleReader, n: int, ec_n: int, seed: int
) -> None:
    rng = random.Random(seed)
    ec_n = min(ec_n, n - 1)
    data = rng.randbytes(n - ec_n)
    sent = data + check_codewords(data, ec_n)
    erasure_n = rng.randint(0, ec_n)
    error_n = rng.randint(0, (ec_n - erasure_n) // 2)
    error_n = min(error_n, n - erasure_n)
    chosen = rng.sample(range(n), erasure_n + error_n)
    received = bytearray(sent)
    for place in chosen[erasure_n:]:
        received[place] ^= rng.randint(1, 255)
    for place in chosen[:erasure_n]:
        received[place] = rng.randint(0, 255)

    assert reader.correct(bytes(received), ec_n, bytes(chosen[:erasure_n])) == (True, error_n, sent)
