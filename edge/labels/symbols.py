"""Barcode symbols as exact modules: no pixel of them is grey and every module is a whole number of dots.

zint does the encoding; sizes and quiet zones are ours.  Minimum quiet zones, in modules: Code 128 ten
(ISO/IEC 15417), QR four (ISO/IEC 18004), Data Matrix one (ISO/IEC 16022; two are left here, since the
neighbour may print a dot too wide).
"""

from __future__ import annotations

from dataclasses import dataclass

import zint
from PIL import Image

__all__ = ["Symbol", "SymbolError", "code128", "data_matrix", "gs1_128", "qr"]

CODE_128_QUIET = 10
QR_QUIET = 4
DATA_MATRIX_QUIET = 2

MAX_LINEAR_TEXT = 48
"""Characters of a linear symbol: two SSCC-long GS1 strings; more does not fit a label of this project."""

MAX_MATRIX_TEXT = 512
"""Bytes of a matrix symbol: a QR code of some 90 modules, at three dots 34 mm, half a label."""

QR_LEVEL_M = 2


class SymbolError(ValueError):
    """The text cannot be encoded; the message names the symbology."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One encoded symbol: `modules` has one pixel a module (1 = dark), a linear symbol is one row high."""

    symbology: str
    modules: Image.Image
    quiet_zone_modules: int

    @property
    def linear(self) -> bool:
        """True when the height carries no information."""
        return self.modules.height == 1

    @property
    def width_modules(self) -> int:
        """With both quiet zones."""
        return self.modules.width + 2 * self.quiet_zone_modules

    @property
    def height_modules(self) -> int:
        """With both quiet zones; 1 for a linear symbol."""
        return 1 if self.linear else self.modules.height + 2 * self.quiet_zone_modules

    def drawn(self, module_dots: int, height_dots: int = 0) -> Image.Image:
        """The symbol without quiet zones, `module_dots` a module; `height_dots` is the height of linear
        bars."""
        size = (
            self.modules.width * module_dots,
            height_dots if self.linear else self.modules.height * module_dots,
        )
        return self.modules.resize(size, Image.Resampling.NEAREST)


def code128(text: str) -> Symbol:
    """Code 128 of printable ASCII, at most `MAX_LINEAR_TEXT` characters; raises SymbolError."""
    _check_linear("Code 128", text)
    return _encode("Code 128", zint.Symbology.CODE128, text, CODE_128_QUIET)


def gs1_128(element_string: str) -> Symbol:
    """GS1-128 of an element string with bracketed identifiers, `(00)370123456000000009`; raises SymbolError.

    Check digits and lengths are checked by the encoder.
    """
    _check_linear("GS1-128", element_string)
    return _encode("GS1-128", zint.Symbology.GS1_128, element_string, CODE_128_QUIET, gs1=True)


def qr(text: str) -> Symbol:
    """QR Code model 2, error correction level M, UTF-8, at most `MAX_MATRIX_TEXT` bytes; raises
    SymbolError."""
    _check_matrix("QR Code", text)
    return _encode("QR Code", zint.Symbology.QRCODE, text, QR_QUIET, level=QR_LEVEL_M)


def data_matrix(text: str) -> Symbol:
    """Square Data Matrix ECC 200, at most `MAX_MATRIX_TEXT` bytes; raises SymbolError."""
    _check_matrix("Data Matrix", text)
    square = int(zint.DataMatrixOptions.SQUARE)
    return _encode("Data Matrix", zint.Symbology.DATAMATRIX, text, DATA_MATRIX_QUIET, shape=square)


def _check_linear(symbology: str, text: str) -> None:
    if not (text and text.isascii() and text.isprintable() and len(text) <= MAX_LINEAR_TEXT):
        raise SymbolError(f"{symbology}: needs 1 to {MAX_LINEAR_TEXT} printable ASCII characters")


def _check_matrix(symbology: str, text: str) -> None:
    if not 1 <= len(text.encode("utf-8", "surrogatepass")) <= MAX_MATRIX_TEXT:
        raise SymbolError(f"{symbology}: needs 1 to {MAX_MATRIX_TEXT} bytes")


def _encode(
    name: str,
    symbology: zint.Symbology,
    text: str,
    quiet: int,
    *,
    gs1: bool = False,
    level: int | None = None,
    shape: int | None = None,
) -> Symbol:
    symbol = zint.Symbol()
    symbol.symbology = symbology
    symbol.input_mode = zint.InputMode.GS1 | zint.InputMode.GS1PARENS if gs1 else zint.InputMode.UNICODE
    if gs1:
        # A wrong check digit is only a warning otherwise.
        symbol.warn_level = zint.WarningLevel.FAIL_ALL
    if level is not None:
        symbol.option_1 = level
    if shape is not None:
        symbol.option_3 = shape
    try:
        symbol.encode(text)
    except (RuntimeError, UnicodeEncodeError) as error:
        raise SymbolError(f"{name}: {error}") from error
    data = symbol.encoded_data
    rows = data.tobytes()[: symbol.rows * data.shape[1]]  # type: ignore[index]  # a memoryview of two dimensions
    modules = Image.frombytes("1", (symbol.width, symbol.rows), rows, "raw", "1;R", data.shape[1], 1)  # type: ignore[index]  # as above
    return Symbol(name, modules, quiet)
