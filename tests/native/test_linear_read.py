"""Linear symbologies from element widths to content, against zint; what is cut off is no symbol."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import zint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.native import linear_reader
from tests.native.linear_reader import (
    CODABAR,
    CODE39,
    CODE39_CHECK,
    CODE39_FULL_ASCII,
    CODE93,
    CODE128,
    EAN8,
    EAN13,
    ITF,
    UPCE,
    LinearReader,
    symbol_elements,
    widths,
    with_ratio,
)

Z = zint.Symbology
VECTORS = Path(__file__).parent / "vectors" / "linear_elements.txt"

relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)


@pytest.fixture(scope="module")
def reader(sanitised_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LinearReader]:
    with LinearReader.build(sanitised_library, tmp_path_factory.mktemp("linear")) as running:
        yield running


def vectors() -> list[list[str]]:
    lines = VECTORS.read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector[0])
def test_vector_is_read_from_its_beginning_only(reader: LinearReader, vector: list[str]) -> None:
    _, symbology, flags, identifier, payload, digits = vector
    elements = [int(digit) for digit in digits]
    line = widths(elements, module=2.5)

    read = reader.read(line, flags=int(flags))

    assert read is not None
    assert read.symbology == getattr(linear_reader, symbology)
    assert (read.identifier, read.payload) == (identifier, bytes.fromhex(payload))
    assert (read.first, read.last) == (1, len(elements))
    assert read.modules == pytest.approx(sum(elements), rel=0.02)
    assert reader.read(line[::-1], flags=int(flags)) is None


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(string.digits, min_size=count, max_size=count)


def is_upce(number: str) -> bool:
    """Zeros are suppressed in the first way that fits, so not every seven digits are a UPC-E."""
    kind = number[6]
    if kind == "3":
        return number[3] > "2"
    return kind < "3" or number[4 if kind == "4" else 5] != "0"


# Without +, which in pairs with letters may be read as lower case.
CODE39_TEXT = string.digits + string.ascii_uppercase + "-. $/%"
ASCII = "".join(map(chr, range(128)))

SYMBOLS: dict[int, st.SearchStrategy[tuple[zint.Symbology, str, bytes | None]]] = {
    CODE128: st.text(ASCII, min_size=1, max_size=20).map(lambda text: (Z.CODE128, text, text.encode())),
    EAN13: digits(12).map(lambda text: (Z.EANX, text, None)),
    EAN8: digits(7).map(lambda text: (Z.EANX, text, None)),
    UPCE: st.tuples(st.sampled_from("01"), digits(6))
    .map("".join)
    .filter(is_upce)
    .map(lambda text: (Z.UPCE, text, None)),
    ITF: st.integers(3, 12)
    .flatmap(lambda pairs: digits(2 * pairs))
    .map(lambda text: (Z.C25INTER, text, text.encode())),
    CODE39: st.text(CODE39_TEXT, min_size=1, max_size=15).map(lambda text: (Z.CODE39, text, text.encode())),
    CODE93: st.text(ASCII, min_size=1, max_size=15).map(lambda text: (Z.CODE93, text, text.encode())),
    CODABAR: st.text(string.digits + "-$:/.+", min_size=3, max_size=15).map(
        lambda text: (Z.CODABAR, f"A{text}B", text.encode())
    ),
}
TWO_WIDTHS = (ITF, CODE39, CODABAR)


def elements_of(symbology: int, kind: zint.Symbology, content: str, ratio: float) -> Sequence[float]:
    elements = symbol_elements(kind, content)
    return with_ratio(elements, ratio) if symbology in TWO_WIDTHS else elements


@pytest.mark.parametrize("symbology", SYMBOLS)
@relaxed
@given(
    data=st.data(),
    module=st.floats(1.5, 12),
    ratio=st.floats(2, 3),
    spread=st.floats(-0.35, 0.35),
    tilt=st.floats(-0.2, 0.2),
    jitter=st.floats(0, 0.025),
    seed=st.integers(0, 2**30),
)
def test_symbol_is_read_whatever_its_print(
    reader: LinearReader,
    symbology: int,
    data: st.DataObject,
    module: float,
    ratio: float,
    spread: float,
    tilt: float,
    jitter: float,
    seed: int,
) -> None:
    kind, content, payload = data.draw(SYMBOLS[symbology])
    elements = elements_of(symbology, kind, content, ratio)

    read = reader.read(widths(elements, module, spread, jitter, tilt, seed))

    assert read is not None
    assert read.symbology == symbology
    if payload is None:  # zint adds the check digit
        assert read.payload[:-1] == content.encode().rjust(len(read.payload) - 1, b"0")
    else:
        assert read.payload == payload


@pytest.mark.parametrize("symbology", SYMBOLS)
@relaxed
@given(data=st.data(), ratio=st.floats(2, 3), jitter=st.floats(0.05, 0.3), seed=st.integers(0, 2**30))
def test_displaced_edges_are_read_right_or_want_more_lines(
    reader: LinearReader, symbology: int, data: st.DataObject, ratio: float, jitter: float, seed: int
) -> None:
    kind, content, _ = data.draw(SYMBOLS[symbology])
    elements = elements_of(symbology, kind, content, ratio)
    right = reader.read(widths(elements))
    assert right is not None

    read = reader.read(widths(elements, jitter=jitter, seed=seed))

    assert read is None or read.payload == right.payload or read.votes_needed >= 4


@pytest.mark.parametrize("symbology", SYMBOLS)
@relaxed
@given(data=st.data())
def test_symbol_cut_off_by_the_line_is_none(
    reader: LinearReader, symbology: int, data: st.DataObject
) -> None:
    kind, content, _ = data.draw(SYMBOLS[symbology])
    line = widths(symbol_elements(kind, content))
    cut = 2 * data.draw(st.integers(1, (len(line) - 3) // 2))

    assert reader.read(line[:-cut]) is None
    assert reader.read(line[cut:]) is None


@pytest.mark.parametrize("symbology", SYMBOLS)
@relaxed
@given(data=st.data(), at_end=st.booleans())
def test_symbol_without_a_quiet_zone_is_none(
    reader: LinearReader, symbology: int, data: st.DataObject, at_end: bool
) -> None:
    kind, content, _ = data.draw(SYMBOLS[symbology])
    line = widths(symbol_elements(kind, content), module=3)
    module = 3 * linear_reader.UNIT
    near = [2 * module, module, 10 * module]  # a space of two modules, a bar of one and light
    beside = [*line[:-1], *near] if at_end else [*near[::-1], *line[1:]]

    assert reader.read(beside) is None


def test_ean13_is_no_upce_or_ean8(reader: LinearReader) -> None:
    for number in range(200):
        line = widths(symbol_elements(Z.EANX, f"{number * 4999999993 % 10**12:012}"))
        for turned in (line, line[::-1]):
            assert (
                reader.read(turned, symbologies=UPCE | EAN8 | ITF | CODE39 | CODABAR | CODE128 | CODE93)
                is None
            )


@pytest.mark.parametrize("symbology", SYMBOLS)
@relaxed
@given(data=st.data())
def test_a_symbology_is_no_other(reader: LinearReader, symbology: int, data: st.DataObject) -> None:
    kind, content, _ = data.draw(SYMBOLS[symbology])
    line = widths(symbol_elements(kind, content))

    for turned in (line, line[::-1]):
        assert reader.read(turned, symbologies=linear_reader.ALL & ~symbology) is None


def test_itf14_needs_its_check_digit_for_its_identifier(reader: LinearReader) -> None:
    right = reader.read(widths(symbol_elements(Z.C25INTER, "15400141288763")))
    wrong = reader.read(widths(symbol_elements(Z.C25INTER, "15400141288764")))

    assert right is not None
    assert wrong is not None
    assert (right.identifier, wrong.identifier) == ("]I1", "]I0")
    assert wrong.votes_needed > right.votes_needed


def test_short_itf_wants_more_lines(reader: LinearReader) -> None:
    votes = []
    for content in ("12", "1234", "123456", "1234567890"):
        read = reader.read(widths(symbol_elements(Z.C25INTER, content)))
        assert read is not None
        votes.append(read.votes_needed)
    assert votes == sorted(votes, reverse=True)
    assert votes[0] > votes[-1] >= 2


def test_code39_check_is_by_flag(reader: LinearReader) -> None:
    plain = widths(symbol_elements(Z.CODE39, "PIGEON-42"))

    assert reader.read(plain, flags=CODE39_CHECK) is None  # 2 is not its check character
    read = reader.read(plain)
    assert read is not None
    assert (read.identifier, read.payload) == ("]A0", b"PIGEON-42")


def test_code39_full_ascii_is_by_flag(reader: LinearReader) -> None:
    line = widths(symbol_elements(Z.EXCODE39, "a"))
    stray = widths(symbol_elements(Z.CODE39, "A+1"))

    plain, full = reader.read(line), reader.read(line, flags=CODE39_FULL_ASCII)

    assert plain is not None
    assert full is not None
    assert (plain.payload, full.payload) == (b"+A", b"a")
    assert reader.read(stray, flags=CODE39_FULL_ASCII) is None


def test_damaged_check_characters_are_seen(reader: LinearReader) -> None:
    """A Code 128 and a Code 93 with one data character replaced by another."""
    for kind, first, second in ((Z.CODE128, "ABCDEFG", "ABXDEFG"), (Z.CODE93, "ABCDEFG", "ABXDEFG")):
        one, other = symbol_elements(kind, first), symbol_elements(kind, second)
        character = slice(6 * 3, 6 * 4)
        assert one[character] != other[character]
        forged = [*one[: character.start], *other[character], *one[character.stop :]]

        assert reader.read(widths(one)) is not None
        assert reader.read(widths(forged)) is None
