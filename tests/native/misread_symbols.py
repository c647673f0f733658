"""Random symbols of all symbologies, also of those the decoder does not read, and what looks like symbols.

Modules as dark and light, and the contents that a reader may tell of them: of
a symbol with a wrong check, of a symbology that is not read and of stripes that
are none, any content is a misread.
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import zint

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Modules = NDArray[np.uint8]

__all__ = ["KINDS", "Drawing", "draw"]

_Z = zint.Symbology
_CAPITALS = string.ascii_uppercase + string.digits
_PRINTABLE = string.printable[:94]


@dataclass(frozen=True)
class Drawing:
    """1 is dark; rows and columns of modules."""

    modules: Modules
    contents: frozenset[str]
    linear: bool


def _some(of: str, least: int, most: int) -> Callable[[random.Random], str]:
    return lambda r: "".join(r.choice(of) for _ in range(r.randint(least, most)))


def check_digit(digits: str) -> str:
    """That of GS1: weights 3 and 1 from the right."""
    return str(-sum(int(d) * (3, 1)[i % 2] for i, d in enumerate(reversed(digits))) % 10)


def _expanded(upce: str) -> str:
    """The 11 digits that a number system and six digits of UPC-E stand for."""
    system, d = upce[0], upce[1:]
    if d[5] in "012":
        return system + d[:2] + d[5] + "0000" + d[2:5]
    if d[5] == "3":
        return system + d[:3] + "00000" + d[3:5]
    return system + d[:4] + "00000" + d[4] if d[5] == "4" else system + d[:5] + "0000" + d[5]


def _even(r: random.Random) -> str:
    return "".join(r.choice(string.digits) for _ in range(2 * r.randint(2, 9)))


def _upce(r: random.Random) -> str:
    digits = _some(string.digits, 5, 5)(r)
    last = r.choice("56789") if digits[4] != "0" else r.choice("012")
    return "0" + digits + last


def _codabar(r: random.Random) -> str:
    return r.choice("ABCD") + _some(string.digits + "-$:/.+", 3, 14)(r) + r.choice("ABCD")


def _gs1_expanded(r: random.Random) -> str:
    body = "9" + _some(string.digits, 12, 12)(r)
    return f"[01]{body}{check_digit(body)}[10]{_some(_CAPITALS, 1, 12)(r)}"


def _sscc(r: random.Random) -> str:
    body = _some(string.digits, 17, 17)(r)
    return f"[00]{body}{check_digit(body)}"


def _retail(content: str) -> set[str]:
    body, _, addon = content.partition("+")
    whole = body + check_digit(body)
    return {whole, whole + addon} | (
        {whole[1:], whole[1:] + addon} if len(whole) == 13 and whole[0] == "0" else set()
    )


def _plain(content: str) -> set[str]:
    return {content.replace("[", "").replace("]", "")}


def _gtin(content: str) -> set[str]:
    return {"01" + content + check_digit(content)}


def _none(content: str) -> set[str]:
    return set()


@dataclass(frozen=True)
class _Kind:
    symbology: zint.Symbology
    make: Callable[[random.Random], str]
    contents: Callable[[str], set[str]] = _none
    linear: bool = True
    gs1: bool = False


_OURS = {
    "code128": _Kind(_Z.CODE128, _some(_PRINTABLE.replace("[", "").replace("]", ""), 1, 24), _plain),
    "code128digits": _Kind(_Z.CODE128, _some(string.digits, 2, 24), _plain),
    "gs1-128": _Kind(_Z.GS1_128, _sscc, _plain, gs1=True),
    "ean13": _Kind(_Z.EANX, _some(string.digits, 12, 12), _retail),
    "ean13+2": _Kind(
        _Z.EANX, lambda r: _some(string.digits, 12, 12)(r) + "+" + _some(string.digits, 2, 2)(r), _retail
    ),
    "ean13+5": _Kind(
        _Z.EANX, lambda r: _some(string.digits, 12, 12)(r) + "+" + _some(string.digits, 5, 5)(r), _retail
    ),
    "ean8": _Kind(_Z.EANX, _some(string.digits, 7, 7), _retail),
    "upca": _Kind(_Z.UPCA, _some(string.digits, 11, 11), _retail),
    "upce": _Kind(_Z.UPCE, _upce, lambda c: {c + check_digit(_expanded(c))}),
    "itf": _Kind(_Z.C25INTER, _even, _plain),
    "itf14": _Kind(_Z.ITF14, _some(string.digits, 13, 13), _retail),
    "code39": _Kind(_Z.CODE39, _some(_CAPITALS, 1, 16), _plain),
    "code93": _Kind(_Z.CODE93, _some(_CAPITALS, 1, 16), _plain),
    "codabar": _Kind(_Z.CODABAR, _codabar, lambda c: {c[1:-1]}),
    "databar": _Kind(_Z.DBAR_OMN, _some(string.digits, 13, 13), _gtin),
    "databar-stacked": _Kind(_Z.DBAR_STK, _some(string.digits, 13, 13), _gtin),
    "databar-omnistacked": _Kind(_Z.DBAR_OMNSTK, _some(string.digits, 13, 13), _gtin),
    "databar-limited": _Kind(_Z.DBAR_LTD, lambda r: "0" + _some(string.digits, 12, 12)(r), _gtin),
    "databar-expanded": _Kind(_Z.DBAR_EXP, _gs1_expanded, _plain, gs1=True),
    "databar-expstacked": _Kind(_Z.DBAR_EXPSTK, _gs1_expanded, _plain, gs1=True),
    "qr": _Kind(_Z.QRCODE, _some(_PRINTABLE, 1, 120), lambda c: {c}, linear=False),
    "microqr": _Kind(_Z.MICROQR, _some(string.digits, 1, 10), _plain, linear=False),
    "rmqr": _Kind(_Z.RMQR, _some(_PRINTABLE, 1, 40), lambda c: {c}, linear=False),
    "rmqr-short": _Kind(_Z.RMQR, _some(string.digits, 1, 12), lambda c: {c}, linear=False),
    "aztec": _Kind(_Z.AZTEC, _some(_PRINTABLE, 1, 60), lambda c: {c}, linear=False),
    "aztec-rune": _Kind(_Z.AZRUNE, lambda r: f"{r.randrange(256):03}", lambda c: {c}, linear=False),
    "datamatrix": _Kind(_Z.DATAMATRIX, _some(_PRINTABLE, 1, 60), lambda c: {c}, linear=False),
    "maxicode": _Kind(_Z.MAXICODE, _some(_PRINTABLE, 1, 40), lambda c: {c}, linear=False),
    "pdf417": _Kind(_Z.PDF417, _some(_PRINTABLE, 1, 60), lambda c: {c}, linear=False),
    "pdf417-truncated": _Kind(_Z.PDF417COMP, _some(_PRINTABLE, 1, 60), lambda c: {c}, linear=False),
    "micropdf417": _Kind(_Z.MICROPDF417, _some(_PRINTABLE, 1, 40), lambda c: {c}, linear=False),
}

_FOREIGN = {
    "hanxin": _Kind(_Z.HANXIN, _some(_CAPITALS, 8, 24), linear=False),
    "gridmatrix": _Kind(_Z.GRIDMATRIX, _some(_CAPITALS, 8, 24), linear=False),
    "code11": _Kind(_Z.CODE11, _some(string.digits, 4, 12)),
    "msi": _Kind(_Z.MSI_PLESSEY, _some(string.digits, 4, 12)),
    "code25": _Kind(_Z.C25STANDARD, _some(string.digits, 4, 12)),
    "iata25": _Kind(_Z.C25IATA, _some(string.digits, 4, 12)),
    "plessey": _Kind(_Z.PLESSEY, _some(string.digits, 4, 12)),
    "telepen": _Kind(_Z.TELEPEN, _some(_CAPITALS, 4, 12)),
    "pharmacode": _Kind(_Z.PHARMA, lambda r: str(r.randint(3, 131070))),
    "channel": _Kind(_Z.CHANNEL, lambda r: str(r.randint(1, 999999))),
    "postnet": _Kind(_Z.POSTNET, _some(string.digits, 9, 9)),
    "code16k": _Kind(_Z.CODE16K, _some(_CAPITALS, 12, 40)),
    "codablockf": _Kind(_Z.CODABLOCKF, _some(_CAPITALS, 20, 80)),
    "code49": _Kind(_Z.CODE49, _some(_CAPITALS, 12, 30)),
}


def _encoded(kind: _Kind, content: str, r: random.Random) -> Modules:
    symbol = zint.Symbol()
    symbol.symbology = kind.symbology
    symbol.show_text = False
    hexagons = kind.symbology is _Z.MAXICODE
    symbol.scale = 1.2 if hexagons else 0.5  # a pixel a module, and twelve a hexagon
    if kind.gs1:
        symbol.input_mode = zint.InputMode.GS1
    if kind.contents is _plain and kind.linear and not kind.gs1:
        symbol.height = r.choice([0, 4, 8, 15, 40])
    symbol.encode(content)
    symbol.buffer()
    dark = (np.asarray(symbol.bitmap)[:, :, 0] < 128).astype(np.uint8)
    if hexagons:
        dark = dark[1::3, 1::3]
    rows, cols = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    return dark[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]


def _drawn(kind: _Kind, r: random.Random) -> Drawing:
    content = kind.make(r)
    return Drawing(_encoded(kind, content, r), frozenset(kind.contents(content)), kind.linear)


def _wrong_check(r: random.Random) -> Drawing:
    """One symbol character of another: every check must notice."""
    kind, first, last, width, count = r.choice(
        [("ean13", 3, 45, 7, 6), ("ean13", 50, 92, 7, 6), ("ean8", 3, 31, 7, 4), ("ean8", 36, 64, 7, 4),
         ("code128", 11, 0, 11, 0), ("code93", 9, 0, 9, 0), ("upca", 50, 92, 7, 6)]
    )  # fmt: skip
    made = _OURS[kind]
    content = made.make(r) if count else _some(_CAPITALS, 6, 12)(r)
    other = list(content)
    for i in range(1, len(other)):
        other[i] = r.choice(
            [c for c in (string.digits if count else string.ascii_uppercase) if c != content[i]]
        )
    a = _encoded(made, content, r)
    b = _encoded(made, content[0] + "".join(other[1:]), r)
    at = first + width * r.randrange(count or min(len(content), 6))
    height = min(a.shape[0], b.shape[0])
    a = a[:height].copy()
    if (a[:, at : at + width] == b[:height, at : at + width]).all():
        return Drawing(1 - a[:, :40], frozenset(), True)
    a[:, at : at + width] = b[:height, at : at + width]
    return Drawing(a, frozenset(made.contents(content)) if last < 0 else frozenset(), True)


def _random_bars(r: random.Random) -> Drawing:
    """Bars and spaces of random widths, as one of the symbologies has them or any."""
    most = r.choice([2, 3, 4])
    row: list[int] = []
    for i in range(2 * r.randint(12, 60) + 1):
        row += [1 - i % 2] * (r.choice([1, 1, 1, most]) if most < 4 else r.randint(1, most))
    if r.random() < 0.4:  # ITF's or Code 39's own start and stop
        start, stop = r.choice(
            [([1, 0, 1, 0], [1, 1, 1, 0, 1]), ([1, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 0],) * 2]
        )
        row = [*start, *row, 0, *stop]
    return Drawing(np.tile(np.array(row, np.uint8), (r.choice([8, 15, 40]), 1)), frozenset(), True)


def _fence(r: random.Random) -> Drawing:
    """Stripes of one pitch, as fences, blinds and keyboards have them, some of them missing or broken."""
    bar, space = r.randint(1, 3), r.randint(1, 4)
    row = np.tile([1] * bar + [0] * space, r.randint(8, 50)).astype(np.uint8)
    image = np.tile(row, (r.choice([8, 20, 60]), 1))
    for _ in range(r.randint(0, 12)):
        at = r.randrange(len(row))
        image[r.choice([0, 0, len(image) // 2]) :, at : at + r.randint(1, 4)] = r.randint(0, 1)
    if r.random() < 0.3:
        image[:: r.randint(2, 8)] = r.randint(0, 1)
    return Drawing(image, frozenset(), True)


def _repeated(r: random.Random) -> Drawing:
    """A symbol printed twice, the second time over the first."""
    first = _drawn(_OURS[r.choice([k for k, v in _OURS.items() if v.linear])], r)
    height, width = first.modules.shape
    right, down = r.randint(1, max(1, width // 2)), r.randint(0, height)
    image = np.zeros((height + down, width + right), np.uint8)
    image[:height, :width] = first.modules
    if r.random() < 0.5:
        image[down:, right:] |= first.modules
    else:
        image[down:, right:] = first.modules
    return Drawing(image, first.contents, True)


def _touching(r: random.Random) -> Drawing:
    """Two symbols with little or nothing between them, side by side or one above the other."""
    a, b = (_drawn(_OURS[r.choice([k for k, v in _OURS.items() if v.linear])], r) for _ in range(2))
    (ha, wa), (hb, wb), gap = a.modules.shape, b.modules.shape, r.choice([0, 1, 2, 4, 8])
    if r.random() < 0.5:
        image = np.zeros((max(ha, hb), wa + gap + wb), np.uint8)
        image[:ha, :wa], image[:hb, wa + gap :] = a.modules, b.modules
    else:
        image = np.zeros((ha + gap + hb, max(wa, wb)), np.uint8)
        image[:ha, :wa], image[ha + gap :, :wb] = a.modules, b.modules
    return Drawing(image, a.contents | b.contents, True)


_MADE: dict[str, Callable[[random.Random], Drawing]] = {
    "wrong-check": _wrong_check,
    "random-bars": _random_bars,
    "fence": _fence,
    "repeated": _repeated,
    "touching": _touching,
    "no-symbol": lambda r: Drawing(
        np.zeros((r.randint(20, 80), r.randint(60, 200)), np.uint8), frozenset(), True
    ),
}

KINDS = (*_OURS, *_FOREIGN, *_MADE)
"""Names of what may be drawn."""


def draw(kind: str, r: random.Random) -> Drawing:
    """A symbol of a kind, or what stands for one."""
    if kind in _MADE:
        return _MADE[kind](r)
    return _drawn(_OURS[kind] if kind in _OURS else _FOREIGN[kind], r)
