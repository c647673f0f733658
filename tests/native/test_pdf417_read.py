"""PDF417, truncated PDF417 and MicroPDF417 of every size, mode and level in clean pictures, drawn by zint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zint
from hypothesis import given, settings
from hypothesis import strategies as st

from native import barcode
from native.barcode import StructuredAppend, Symbol, Symbology
from tests.native.zint_modules import modules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

FULL, TRUNCATED, MICRO = zint.Symbology.PDF417, zint.Symbology.PDF417COMP, zint.Symbology.MICROPDF417
RAW = zint.InputMode(0)
"""Bytes as they are."""
STACKED = Symbology.PDF417 | Symbology.MicroPDF417
MICRO_ROWS = {
    1: (11, 14, 17, 20, 24, 28),
    2: (8, 11, 14, 17, 20, 23, 26),
    3: (6, 8, 10, 12, 15, 20, 26, 32, 38, 44),
    4: (4, 6, 8, 10, 12, 15, 20, 26, 32, 38, 44),
}
"""The sizes of ISO/IEC 24728, table 1, in their order."""
MICRO_WIDTH = {1: 38, 2: 55, 3: 82, 4: 99}

unhurried = settings(deadline=None)


def picture(made: Grey, module_px: int = 3, row_modules: int = 3) -> Grey:
    """The symbol on paper, rows of so many modules in height."""
    cells = np.repeat(np.repeat(made, module_px, axis=1), module_px * row_modules, axis=0)
    return np.pad(np.where(cells > 0, np.uint8(30), np.uint8(230)), 4 * module_px, constant_values=230)


def read(kind: zint.Symbology, data: str | bytes, **options: Any) -> Symbol:
    [symbol] = barcode.read(picture(modules(kind, data, **options)), symbologies=STACKED)
    return symbol


@pytest.mark.parametrize("kind", [FULL, TRUNCATED])
@pytest.mark.parametrize("level", range(9))
def test_every_level_in_many_shapes(kind: zint.Symbology, level: int) -> None:
    for columns, text in ((1, "A1"), (2, "of two columns"), (5, "Five, " * 9), (13, "0123456789" * 12)):
        if columns * 90 < (2 << level) + len(text) or (columns == 1 and level > 4):
            continue
        made = modules(kind, text, option_1=level, option_2=columns)
        [symbol] = barcode.read(picture(made, 2), symbologies=STACKED)

        assert (symbol.text, symbol.format, symbol.identifier) == (text, "PDF417", "]L2")
        assert (symbol.ec_level, symbol.ec_used, symbol.size) == (str(level), 0.0, made.shape[::-1])


@pytest.mark.parametrize("columns", range(1, 31))
def test_every_width(columns: int) -> None:
    text = "PIGEON " * columns
    made = modules(FULL, text, option_1=2, option_2=columns)
    [symbol] = barcode.read(picture(made, 2), symbologies=STACKED)

    assert symbol.text == text
    assert made.shape[1] == 17 * columns + 69


@pytest.mark.parametrize("columns", MICRO_ROWS)
def test_every_size_of_micropdf417(columns: int) -> None:
    seen = {}
    for n in range(1, 300):
        text = "".join("ABCDEFGHJK"[i * i * 7 % 10] for i in range(n))
        try:
            made = modules(MICRO, text, option_2=columns)
        except RuntimeError:
            break
        if made.shape[1] != MICRO_WIDTH[columns]:
            break
        if made.shape[0] not in seen:
            [symbol] = barcode.read(picture(made, 3, 2), symbologies=STACKED)
            assert (symbol.text, symbol.format, symbol.size) == (text, "MicroPDF417", made.shape[::-1])
            seen[made.shape[0]] = symbol.version

    first = 1 + sum(len(rows) for narrower, rows in MICRO_ROWS.items() if narrower < columns)
    assert seen == {rows: first + i for i, rows in enumerate(MICRO_ROWS[columns])}


def compactions() -> st.SearchStrategy[bytes]:
    part = st.one_of(
        st.text("ABCXYZ ", min_size=1, max_size=12),
        st.text("abcxyz ", min_size=1, max_size=12),
        st.text("0123456789&,:#-.$/+%*=^", min_size=1, max_size=12),
        st.text(";<>@[]_`~!()?{}'|", min_size=1, max_size=6),
        st.text("0123456789", min_size=14, max_size=50),
        st.text(st.characters(max_codepoint=255), min_size=1, max_size=14),
    )
    return st.lists(part, min_size=1, max_size=4).map(lambda parts: "".join(parts).encode("latin-1"))


@unhurried
@given(compactions())
def test_texts_that_change_modes(data: bytes) -> None:
    assert read(FULL, data, input_mode=RAW).data == data


@unhurried
@given(st.one_of(compactions(), st.binary(min_size=1, max_size=60)).filter(lambda data: len(data) < 60))
def test_bytes_of_all_kinds_in_micropdf417(data: bytes) -> None:
    assert read(MICRO, data, input_mode=RAW).data == data


@pytest.mark.parametrize("kind", [FULL, MICRO])
@pytest.mark.parametrize(("eci", "text"), [(7, "Привет"), (26, "Grüße"), (20, "点茗"), (9, "Ελλάδα")])
def test_character_sets(kind: zint.Symbology, eci: int, text: str) -> None:
    symbol = read(kind, text, eci=eci, input_mode=zint.InputMode.UNICODE)

    assert (symbol.text, symbol.eci, symbol.identifier) == (text, eci, "]L1")


@pytest.mark.parametrize("kind", [FULL, TRUNCATED, MICRO])
def test_parts_of_a_text(kind: zint.Symbology) -> None:
    parts = [zint.StructApp(index, 3, b"017053") for index in range(1, 4)]
    told = [read(kind, "part", structapp=part).structured_append for part in parts]

    assert told == [StructuredAppend(index, 3, "017053") for index in range(3)]


def test_reader_programming_is_told() -> None:
    options = zint.OutputOptions.READER_INIT

    assert read(FULL, "beep", output_options=options).reader_init
    assert not read(FULL, "beep").reader_init
