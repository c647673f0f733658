"""The decoders that the benches put side by side, each as a function from a grey image to what it read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
import zxingcpp

from native import barcode

if TYPE_CHECKING:
    from benches.scenes import Grey

__all__ = ["DECODERS", "Decoder", "Read", "decoder", "reads"]

Decoder = Callable[["Grey"], set[str]]

_SAME: Final = zxingcpp.barcode_formats_from_str(
    "Code128,EAN13,EAN8,UPCA,UPCE,ITF,Code39,Code93,Codabar,DataBar,DataBarLtd,DataBarExp,QRCode,MicroQRCode,"
    "RMQRCode,DataMatrix,Aztec,MaxiCode,PDF417,MicroPDF417"
)
"""What pigeonhole reads; zxing-cpp would otherwise look for more, and take longer."""


class Read(NamedTuple):
    """One symbol in the form that tools which compare decoders ask for; `raw` is what `text` was made of."""

    text: str
    format: str
    raw: bytes


def reads(image: Grey) -> list[Read]:
    """What the decoder reads with its defaults, for such a tool: `benches.decoders:reads`."""
    return [Read(symbol.text, symbol.format, symbol.data) for symbol in barcode.read(image)]


def _pigeonhole(image: Grey) -> set[str]:
    return {symbol.text for symbol in barcode.read(image)}


def _zxing(image: Grey) -> set[str]:
    """With its defaults: it tries turned, smaller and inverted images too."""
    found = zxingcpp.read_barcodes(image, formats=_SAME, text_mode=zxingcpp.TextMode.Plain)
    return {symbol.text for symbol in found}


@cache
def _zbar() -> Decoder:
    pyzbar = pytest.importorskip("pyzbar.pyzbar", reason="needs Debian's libzbar0", exc_type=ImportError)
    kinds = [pyzbar.ZBarSymbol[name] for name in _ZBAR_KINDS]

    def decode(image: Grey) -> set[str]:
        return {symbol.data.decode("utf-8", "replace") for symbol in pyzbar.decode(image, kinds)}

    return decode


_ZBAR_KINDS: Final = (
    *("CODE128", "EAN13", "EAN8", "UPCA", "UPCE", "I25", "CODE39", "CODE93", "CODABAR"),
    *("DATABAR", "DATABAR_EXP", "QRCODE"),
)

DECODERS: Final = ("pigeonhole", "zxing-cpp", "zbar")


def decoder(name: str) -> Decoder:
    """One of `DECODERS`; skips the test when it cannot be had here."""
    if name == "zbar":
        return _zbar()
    return _pigeonhole if name == "pigeonhole" else _zxing
