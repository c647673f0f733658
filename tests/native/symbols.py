"""Pictures of symbols for tests, made by zint: one of each symbology, alone and in clean frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import zint
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

__all__ = ["EXAMPLES", "HEXAGON_PX", "Example", "drawn", "framed", "hexagons"]

GS1 = zint.InputMode.GS1 | zint.InputMode.GS1PARENS


@dataclass(frozen=True)
class Example:
    """What zint is asked for, and what the decoder should say of it."""

    format: str
    kind: zint.Symbology
    content: str
    text: str
    identifier: str
    gs1: bool = False

    @property
    def linear(self) -> bool:
        return self.format not in {
            "QRCode", "MicroQR", "rMQR", "DataMatrix", "Aztec", "MaxiCode", "PDF417", "MicroPDF417",
        }  # fmt: skip

    @property
    def row_modules(self) -> int:
        """How high a row of a symbol that is not linear is."""
        return 3 if "PDF417" in self.format else 1


_Z = zint.Symbology

EXAMPLES = (
    Example("Code128", _Z.CODE128, "PH-0042 locker", "PH-0042 locker", "]C0"),
    Example("Code128", _Z.GS1_128, "(00)370123456000000009", "00370123456000000009", "]C1", gs1=True),
    Example("EAN13", _Z.EANX, "400638133393", "4006381333931", "]E0"),
    Example("EAN8", _Z.EANX, "9638507", "96385074", "]E4"),
    Example("UPCA", _Z.UPCA, "03600029145", "036000291452", "]E0"),
    Example("UPCE", _Z.UPCE, "0425261", "04252614", "]E0"),
    Example("ITF", _Z.ITF14, "1540014128876", "15400141288763", "]I1"),
    Example("Code39", _Z.CODE39, "PIGEON-42", "PIGEON-42", "]A0"),
    Example("Code93", _Z.CODE93, "PIGEON 42", "PIGEON 42", "]G0"),
    Example("Codabar", _Z.CODABAR, "A40156B", "40156", "]F0"),
    Example("DataBar", _Z.DBAR_OMN, "0950110153001", "0109501101530010", "]e0"),
    Example("DataBarLimited", _Z.DBAR_LTD, "0950110153001", "0109501101530010", "]e0"),
    Example(
        "DataBarExpanded",
        _Z.DBAR_EXP,
        "(01)09501101530010(10)AB12",
        "010950110153001010AB12",
        "]e0",
        gs1=True,
    ),
    Example("QRCode", _Z.QRCODE, "https://pigeonhole.example/p/42", "https://pigeonhole.example/p/42", "]Q1"),
    Example("MicroQR", _Z.MICROQR, "PH42", "PH42", "]Q1"),
    Example("rMQR", _Z.RMQR, "PIGEON 42", "PIGEON 42", "]Q1"),
    Example("Aztec", _Z.AZTEC, "Pigeonhole 0042", "Pigeonhole 0042", "]z0"),
    Example("DataMatrix", _Z.DATAMATRIX, "Pigeonhole 0042", "Pigeonhole 0042", "]d1"),
    Example("MaxiCode", _Z.MAXICODE, "Pigeonhole 0042", "Pigeonhole 0042", "]U0"),
    Example("PDF417", _Z.PDF417, "Pigeonhole 0042", "Pigeonhole 0042", "]L2"),
    Example("MicroPDF417", _Z.MICROPDF417, "Pigeonhole 0042", "Pigeonhole 0042", "]L2"),
)


HEXAGON_PX = 12
"""A module's width in `hexagons`."""


def hexagons(content: str | bytes, **options: Any) -> Grey:
    """A MaxiCode symbol's ink, 0 or 255, without a quiet zone; options are attributes of `zint.Symbol`."""
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.MAXICODE
    symbol.scale = HEXAGON_PX / 10
    for name, value in options.items():
        setattr(symbol, name, value)
    symbol.encode(content)
    symbol.buffer()
    ink = np.where(np.asarray(symbol.bitmap)[:, :, 0] < 128, np.uint8(255), np.uint8(0))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _drawn_hexagons(content: str, module_px: int, quiet_modules: int) -> Grey:
    ink = hexagons(content)
    size = (ink.shape[1] * module_px // HEXAGON_PX, ink.shape[0] * module_px // HEXAGON_PX)
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX), np.float64)
    grey = (235.5 - 215 / 255 * small).astype(np.uint8)
    return np.pad(grey, quiet_modules * module_px, constant_values=235)


def drawn(example: Example, module_px: int = 3, quiet_modules: int = 12, height_px: int = 90) -> Grey:
    """The symbol alone: dark 20 on light 235, a linear one `height_px` high."""
    if example.kind is zint.Symbology.MAXICODE:
        return _drawn_hexagons(example.content, module_px, quiet_modules)
    symbol = zint.Symbol()
    symbol.symbology = example.kind
    symbol.input_mode = GS1 if example.gs1 else zint.InputMode.UNICODE
    symbol.show_text = False
    symbol.encode(example.content)
    bits = np.unpackbits(
        np.asarray(symbol.encoded_data, dtype=np.uint8)[: symbol.rows], axis=1, bitorder="little"
    )
    dark = np.repeat(bits[:, : symbol.width], module_px, axis=1)
    down = max(1, height_px // symbol.rows) if example.linear else module_px * example.row_modules
    dark = np.repeat(dark, down, axis=0)
    quiet = quiet_modules * module_px
    return np.pad(np.where(dark == 1, np.uint8(20), np.uint8(235)), quiet, constant_values=235)


def framed(example: Example, width: int = 640, height: int = 480) -> Grey:
    """The symbol in the middle of a light frame, a module 3 px wide or, if that is too wide, 2 px."""
    symbol = drawn(example, 3)
    if symbol.shape[1] > width:
        symbol = drawn(example, 2)
    frame = np.full((height, width), 235, np.uint8)
    top, left = (height - symbol.shape[0]) // 2, (width - symbol.shape[1]) // 2
    frame[top : top + symbol.shape[0], left : left + symbol.shape[1]] = symbol
    return frame
