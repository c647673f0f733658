"""GS1 DataBar from element widths to content, against zint; damaged symbols read right or not at all."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import zint
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.native.databar_reader import (
    ALL,
    EXPANDED,
    LIMITED,
    OMNI,
    QUIET,
    UNIT,
    DatabarReader,
    Line,
    is_separator,
    lines,
    symbol_rows,
    widths,
)

Z = zint.Symbology
GS = "\x1d"

relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)

GTIN_FORMS = [(Z.DBAR_OMN, OMNI), (Z.DBAR_STK, OMNI), (Z.DBAR_OMNSTK, OMNI), (Z.DBAR_LTD, LIMITED)]

ALPHANUMERIC = string.ascii_uppercase + string.digits + "*,-./"
ISO_646 = ALPHANUMERIC + string.ascii_lowercase + "!\"%&'()+:;<=>?_"


@pytest.fixture(scope="module")
def reader(sanitised_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabarReader]:
    with DatabarReader.build(sanitised_library, tmp_path_factory.mktemp("databar")) as running:
        yield running


def with_check_digit(digits: str) -> str:
    total = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def gtin_payload(digits: str) -> bytes:
    return ("01" + with_check_digit(digits)).encode()


spreads = st.floats(-0.45, 0.45)
jitters = st.floats(0, 0.06)
modules = st.floats(1.5, 9)
seeds = st.integers(0, 2**30)


@pytest.mark.parametrize(("kind", "symbology"), GTIN_FORMS)
@relaxed
@given(
    number=st.integers(0, 2 * 10**12 - 1) | st.integers(0, 10**13 - 1),
    upside_down=st.booleans(),
    module=modules,
    spread=spreads,
    jitter=jitters,
    seed=seeds,
)
def test_a_gtin_is_read_whichever_way_up(
    reader: DatabarReader,
    kind: zint.Symbology,
    symbology: int,
    number: int,
    upside_down: bool,
    module: float,
    spread: float,
    jitter: float,
    seed: int,
) -> None:
    assume(kind != Z.DBAR_LTD or number < 2 * 10**12)
    digits = f"{number:013}"
    rows = symbol_rows(kind, digits)

    [read] = reader.read(
        lines(rows, upside_down=upside_down, module=module, spread=spread, jitter=jitter, seed=seed, each=8)
    )

    assert (read.symbology, read.payload) == (symbology, gtin_payload(digits))
    assert read.reversed == upside_down
    assert read.one_row == (len(rows) == 1)
    assert read.identifier == "]e0"


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


def text(alphabet: str, most: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=most)


gtins = digits(13, 13).map(with_check_digit)
gtins_of_9 = digits(12, 12).map(lambda tail: with_check_digit("9" + tail))
dates = st.dates().map(lambda day: f"{day:%y%m%d}")
weights = st.integers(0, 99_999).map(lambda grams: f"{grams:06}")

Elements = list[tuple[str, str]]


def element(
    ai: str | st.SearchStrategy[str], data: st.SearchStrategy[str]
) -> st.SearchStrategy[tuple[str, str]]:
    return st.tuples(ai if isinstance(ai, st.SearchStrategy) else st.just(ai), data)


def elements(*parts: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[Elements]:
    return st.tuples(*parts).map(list)


ENCODATIONS = {
    "1: a GTIN and more": elements(element("01", gtins), element("10", text(ALPHANUMERIC, 12))),
    "00: anything": elements(
        element("21", digits(1, 20)), element("17", dates), element("10", text(ISO_646, 12))
    ),
    "00: text to text": elements(element("10", text(ISO_646, 14)), element("21", text(ALPHANUMERIC, 14))),
    "00: numbers": elements(element("10", digits(1, 20)), element("21", digits(1, 20))),
    "0100: kilograms": elements(
        element("01", gtins_of_9), element("3103", st.integers(0, 32_767).map(lambda grams: f"{grams:06}"))
    ),
    "0101: pounds to the hundredth": elements(
        element("01", gtins_of_9), element("3202", st.integers(0, 9_999).map(lambda weight: f"{weight:06}"))
    ),
    "0101: pounds to the thousandth": elements(
        element("01", gtins_of_9), element("3203", st.integers(0, 22_767).map(lambda weight: f"{weight:06}"))
    ),
    "01100: a price": elements(
        element("01", gtins_of_9), element(st.sampled_from(["3920", "3921", "3922", "3923"]), digits(1, 15))
    ),
    "01101: a price with its currency": elements(
        element("01", gtins_of_9),
        element(st.sampled_from(["3930", "3931", "3932", "3933"]), digits(1, 15).map("978".__add__)),
    ),
    "0111: weight and date": elements(
        element("01", gtins_of_9),
        element(st.sampled_from(["3100", "3101", "3104", "3105", "3200", "3204", "3205"]), weights),
        element(st.sampled_from(["11", "13", "15", "17"]), dates),
    ),
    "0111: weight alone": elements(
        element("01", gtins_of_9), element(st.sampled_from(["3101", "3105"]), weights)
    ),
}

PREDEFINED = ("01", "11", "13", "15", "17", "31", "32")


def element_string(parts: Elements) -> bytes:
    """What the symbol carries: a separator after each element of no predefined length but the last."""
    said = ""
    for i, (ai, data) in enumerate(parts):
        said += ai + data
        if i + 1 < len(parts) and ai[:2] not in PREDEFINED:
            said += GS
    return said.encode()


def bracketed(parts: Elements) -> str:
    return "".join(f"[{ai}]{data}" for ai, data in parts)


@pytest.mark.parametrize("method", ENCODATIONS)
@pytest.mark.parametrize("kind", [Z.DBAR_EXP, Z.DBAR_EXPSTK])
@settings(relaxed, max_examples=8)
@given(
    data=st.data(), columns=st.sampled_from([2, 4, 6]), upside_down=st.booleans(), spread=spreads, seed=seeds
)
def test_element_strings_of_every_encodation(
    reader: DatabarReader,
    kind: zint.Symbology,
    method: str,
    data: st.DataObject,
    columns: int,
    upside_down: bool,
    spread: float,
    seed: int,
) -> None:
    parts = data.draw(ENCODATIONS[method])
    rows = symbol_rows(kind, bracketed(parts), columns if kind == Z.DBAR_EXPSTK else 0)

    [read] = reader.read(lines(rows, upside_down=upside_down, spread=spread, jitter=0.03, seed=seed, each=10))

    assert (read.symbology, read.payload) == (EXPANDED, element_string(parts))
    assert read.one_row == (len(rows) == 1)


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5, 6])
def test_a_long_symbol_in_rows_of_every_length(reader: DatabarReader, columns: int) -> None:
    parts = [("01", with_check_digit("9501101530001")), ("10", "LOT-4711"), ("21", "A1B2C3D4E5F6G7H8")]
    rows = symbol_rows(Z.DBAR_EXPSTK, bracketed(parts), columns)
    assert len(rows) > 1

    for upside_down in (False, True):
        [read] = reader.read(lines(rows, upside_down=upside_down, each=12))
        assert read.payload == element_string(parts)


@pytest.mark.parametrize(
    ("kind", "primary", "payload"),
    [
        (Z.DBAR_OMN_CC, "0950110153001", b"0109501101530010"),
        (Z.DBAR_STK_CC, "0950110153001", b"0109501101530010"),
        (Z.DBAR_LTD_CC, "0950110153001", b"0109501101530010"),
        (Z.DBAR_EXP_CC, "[01]09501101530010[10]AB12", b"010950110153001010AB12"),
    ],
)
def test_the_linear_part_of_a_composite_says_what_it_says_alone(
    reader: DatabarReader, kind: zint.Symbology, primary: str, payload: bytes
) -> None:
    rows = symbol_rows(kind, "[21]A12345678", primary=primary)

    [read] = reader.read([(4 * i + j, widths(row)) for i, row in enumerate(rows) for j in range(4)])

    assert read.payload == payload


@pytest.mark.parametrize(("kind", "modules_wide"), [(Z.DBAR_OMN, 96), (Z.DBAR_LTD, 74), (Z.DBAR_STK, 50)])
def test_the_extent_is_the_symbols(reader: DatabarReader, kind: zint.Symbology, modules_wide: int) -> None:
    rows = symbol_rows(kind, "0950110153001")

    [read] = reader.read(lines(rows, each=5))

    assert read.extent == pytest.approx((QUIET * 3 * UNIT, (QUIET + modules_wide) * 3 * UNIT), abs=2 * UNIT)
    assert read.modules == pytest.approx(modules_wide, abs=0.5)
    assert read.rows == (0, 4 if len(rows) == 1 else 10)


@pytest.mark.parametrize("kind", [Z.DBAR_OMN, Z.DBAR_STK, Z.DBAR_LTD, Z.DBAR_EXP])
def test_one_line_alone_is_not_believed(reader: DatabarReader, kind: zint.Symbology) -> None:
    rows = symbol_rows(kind, "[01]09501101530010[10]AB12" if kind == Z.DBAR_EXP else "0950110153001")

    assert reader.read(lines(rows, each=1)) == []
    assert reader.read([(7, widths) for _, widths in lines(rows, each=9)]) == []
    assert len(reader.read(lines(rows, each=4))) == 1


@pytest.mark.parametrize("kind", [Z.DBAR_STK, Z.DBAR_OMNSTK, Z.DBAR_EXPSTK])
def test_a_symbol_with_a_row_missing_is_not_told(reader: DatabarReader, kind: zint.Symbology) -> None:
    content = "[01]09501101530010[10]AB12CD34" if kind == Z.DBAR_EXPSTK else "0950110153001"
    rows = symbol_rows(kind, content)
    whole = [row for i, row in enumerate(rows) if not is_separator(rows, i)]

    for missing in range(len(whole)):
        seen = [row for i, row in enumerate(whole) if i != missing]
        assert reader.read([line for row in seen for line in lines([row], each=6)]) == []


@pytest.mark.parametrize(("kind", "symbology"), [*GTIN_FORMS, (Z.DBAR_EXP, EXPANDED)])
def test_only_what_is_wanted_is_told(reader: DatabarReader, kind: zint.Symbology, symbology: int) -> None:
    rows = symbol_rows(kind, "[01]09501101530010[10]AB12" if kind == Z.DBAR_EXP else "0950110153001")

    assert len(reader.read(lines(rows, each=6), symbology)) == 1
    assert reader.read(lines(rows, each=6), ALL & ~symbology) == []


def test_halves_that_are_far_apart_are_not_put_together(reader: DatabarReader) -> None:
    """The upper row of one symbol over the lower row of another passes the check one time in 79."""
    random = Random(79)

    def mixed(upper: str, lower: str, gap: int) -> list[Line]:
        first, second = symbol_rows(Z.DBAR_STK, upper)[0], symbol_rows(Z.DBAR_STK, lower)[2]
        return lines([first], each=6) + [(row + 6 + gap, width) for row, width in lines([second], each=6)]

    numbers = [(f"{random.randrange(10**13):013}", f"{random.randrange(10**13):013}") for _ in range(400)]
    passing = [pair for pair in numbers if reader.read(mixed(*pair, gap=1))]

    assert 1 <= len(passing) < 20
    for pair in passing:
        assert reader.read(mixed(*pair, gap=60)) == []


@relaxed
@given(number=st.integers(0, 10**13 - 1), jitter=st.floats(0.1, 0.35), spread=spreads, seed=seeds)
@pytest.mark.parametrize("kind", [Z.DBAR_OMN, Z.DBAR_STK, Z.DBAR_EXP])
def test_what_all_lines_show_wrong_reads_right_or_not_at_all(
    reader: DatabarReader, kind: zint.Symbology, number: int, jitter: float, spread: float, seed: int
) -> None:
    """The same displaced edges on every line: a defect of the print, which votes do not help against."""
    content = f"{number:013}"
    rows = symbol_rows(kind, f"[01]{with_check_digit(content)}[21]7" if kind == Z.DBAR_EXP else content)
    seen: list[Line] = []
    for row in rows:
        defect = widths(row, spread=spread, jitter=jitter, seed=seed)
        seen += [(len(seen) + i, defect) for i in range(5)]

    payloads = [read.payload for read in reader.read(seen)]

    assert payloads in ([], [gtin_payload(content) + (b"217" if kind == Z.DBAR_EXP else b"")])


def test_light_on_dark_is_not_read_as_dark_on_light(reader: DatabarReader) -> None:
    """Turned round, the other polarity looks alike but for what lies outside; one in 79 passes the check."""
    random = Random(9)
    for _ in range(400):
        [row] = symbol_rows(Z.DBAR_OMN, f"{random.randrange(10**13):013}")
        dark = [1] * 12
        on_dark = widths(dark + [1 - module for module in row] + dark)
        assert reader.read([(i, on_dark) for i in range(4)]) == []


OTHERS = {
    Z.CODE128: string.printable[:94],
    Z.CODE39: string.ascii_uppercase + string.digits,
    Z.CODE93: string.ascii_uppercase + string.digits,
    Z.C25INTER: string.digits,
    Z.EANX: string.digits,
    Z.TELEPEN: string.ascii_uppercase,
    Z.PDF417: string.ascii_letters,
    Z.QRCODE: string.ascii_letters,
}


@pytest.mark.parametrize("kind", OTHERS, ids=lambda kind: kind.name)
def test_other_symbologies_are_none(reader: DatabarReader, kind: zint.Symbology) -> None:
    random = Random(kind.name)
    for _ in range(20):
        content = "".join(random.choices(OTHERS[kind], k=12 if kind == Z.EANX else 24))
        for row in symbol_rows(kind, content)[:6]:
            spread = random.uniform(-0.5, 0.5)
            assert reader.read(lines([row], spread=spread, jitter=0.05, seed=random.getrandbits(30))) == []
