"""Symbols as modules, drawn by zint: the decoder under test has no part in its own questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import zint
from numpy.typing import NDArray
from PIL import Image

__all__ = ["FORMATS", "LINEAR", "MATRIX", "Grey", "PrintedSymbol", "SymbolKind", "printed", "scaled"]

Grey = NDArray[np.uint8]
"""Rows by columns, 0 black to 255 white."""

PAPER: Final = 226
INK: Final = 26
MAXICODE_MODULES: Final = 30
"""ISO/IEC 16023: in the longer rows."""
QUIET_MODULES: Final = 10
"""Of a linear symbol; ISO/IEC 15417 asks for as many, others for less."""


@dataclass(frozen=True, slots=True)
class SymbolKind:
    """One way to print a parcel's number.  `content` gets it as `{n}`, a number below ten million."""

    format: str
    zint: zint.Symbology
    content: str
    text: str = "{n:07d}"
    """What a reader should say, where it is not the content itself."""
    gs1: bool = False


@dataclass(frozen=True, slots=True)
class PrintedSymbol:
    """The truth about one symbol."""

    format: str
    text: str


_Z = zint.Symbology
_CODE: Final = "PH{n:07d}CN"
_URL: Final = "https://ph.example/p/{n:07d}"

_LINEAR: Final = (
    SymbolKind("Code128", _Z.CODE128, _CODE, _CODE),
    SymbolKind("Code128", _Z.GS1_128, "(00)3701234{n:07d}000{check}", "003701234{n:07d}000{check}", gs1=True),
    SymbolKind("Code39", _Z.CODE39, "P{n:07d}", "P{n:07d}"),
    SymbolKind("ITF", _Z.ITF14, "100123{n:07d}", "100123{n:07d}{check}"),
    SymbolKind("EAN13", _Z.EANX, "21000{n:07d}", "21000{n:07d}{check}"),
    SymbolKind("Code93", _Z.CODE93, "P{n:07d}", "P{n:07d}"),
    SymbolKind("DataBarExpanded", _Z.DBAR_EXP, "(90)P{n:07d}", "90P{n:07d}", gs1=True),
    SymbolKind("Codabar", _Z.CODABAR, "A{n:07d}B", "{n:07d}"),
)
_MATRIX: Final = (
    SymbolKind("QRCode", _Z.QRCODE, _URL, _URL),
    SymbolKind("DataMatrix", _Z.DATAMATRIX, _URL, _URL),
    SymbolKind("Aztec", _Z.AZTEC, _URL, _URL),
    SymbolKind("MicroQR", _Z.MICROQR, "{n:07d}"),
    SymbolKind("PDF417", _Z.PDF417, _CODE, _CODE),
    SymbolKind("rMQR", _Z.RMQR, _CODE, _CODE),
    SymbolKind("MaxiCode", _Z.MAXICODE, _CODE, _CODE),
)

LINEAR: Final[frozenset[str]] = frozenset(each.format for each in _LINEAR)
MATRIX: Final[frozenset[str]] = frozenset(each.format for each in _MATRIX)

FORMATS: Final[Mapping[str, tuple[SymbolKind, ...]]] = {
    name: tuple(each for each in (*_LINEAR, *_MATRIX) if each.format == name)
    for name in dict.fromkeys(each.format for each in (*_LINEAR, *_MATRIX))
}
"""Ways to print each format that the belt knows."""


def printed(kind: SymbolKind, number: int) -> PrintedSymbol:
    """What the symbol of this parcel number says."""
    return PrintedSymbol(kind.format, _filled(kind, kind.text, number))


def _symbol(kind: SymbolKind, number: int) -> zint.Symbol:
    symbol = zint.Symbol()
    symbol.symbology = kind.zint
    symbol.input_mode = zint.InputMode.GS1 | zint.InputMode.GS1PARENS if kind.gs1 else zint.InputMode.UNICODE
    symbol.show_text = False
    symbol.encode(_filled(kind, kind.content, number))
    return symbol


def _hexagons(kind: SymbolKind, number: int, module_px: float) -> Grey:
    """A MaxiCode as zint draws it: its modules are no squares.  30 modules wide."""
    symbol = _symbol(kind, number)
    symbol.buffer()
    drawn = Image.fromarray(np.asarray(symbol.bitmap, dtype=np.uint8)).convert("L")
    drawn = drawn.point([INK + round(level * (PAPER - INK) / 255) for level in range(256)])
    factor = MAXICODE_MODULES * module_px / drawn.width
    size = (round(drawn.width * factor), round(drawn.height * factor))
    margin = round(2 * module_px)
    return np.pad(np.asarray(drawn.resize(size), dtype=np.uint8), margin, constant_values=PAPER)


def _modules(kind: SymbolKind, number: int) -> tuple[Grey, float]:
    """The symbol's modules, 1 dark, and the height of a row in modules."""
    symbol = _symbol(kind, number)
    packed = np.asarray(symbol.encoded_data, dtype=np.uint8)[: symbol.rows]
    dark = np.unpackbits(packed, axis=1, bitorder="little")[:, : symbol.width]
    return dark, float(symbol.height) / symbol.rows


def scaled(kind: SymbolKind, number: int, module_px: float, linear_px: float, max_px: float) -> Grey:
    """The symbol on paper with its quiet zone, never wider than `max_px`.

    A module is `module_px` wide if that fits; a linear symbol is `linear_px` high.
    """
    if kind.zint is _Z.MAXICODE:
        return _hexagons(kind, number, module_px)
    dark, row_modules = _modules(kind, number)
    linear = kind.format in LINEAR
    quiet = QUIET_MODULES if linear else 4
    module_px = min(module_px, max_px / (dark.shape[1] + 2 * quiet))
    rows = _places(len(dark), linear_px if linear else row_modules * module_px)
    columns = _places(dark.shape[1], module_px)
    grey = np.where(dark == 1, np.uint8(INK), np.uint8(PAPER))[rows][:, columns]
    margin = round(quiet * module_px)
    return np.pad(grey, ((0 if linear else margin,) * 2, (margin,) * 2), constant_values=PAPER)


def _places(count: int, each_px: float) -> NDArray[np.int64]:
    """For each pixel of `count` modules in a row the module it lies in, by the pixel's middle."""
    middles = np.arange(round(count * each_px)) + 0.5
    return np.minimum((middles / each_px).astype(np.int64), count - 1)


def _filled(kind: SymbolKind, pattern: str, number: int) -> str:
    if "{check}" not in pattern:
        return pattern.format(n=number)
    digits = "".join(each for each in pattern.replace("{check}", "").format(n=number) if each.isdigit())
    return pattern.format(n=number, check=_check_digit(digits[2:] if kind.gs1 else digits))


def _check_digit(digits: str) -> int:
    """GS1 General Specifications 7.9: weights 3 and 1 from the right."""
    total = sum(int(each) * (3 if place % 2 == 0 else 1) for place, each in enumerate(reversed(digits)))
    return -total % 10
