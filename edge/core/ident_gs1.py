"""GS1 element strings: the text of a GS1 symbol into its (application identifier, value) pairs.

The text is what a scanner sends after the AIM identifier: no leading FNC1, later FNC1 as GS (0x1D).

    00 370123456000000009      two-digit AI, length known from the AI: nothing after it
    37 24 <GS> 400 PO-778      variable length: up to GS or the end

Lengths, character sets and the predefined-length table come from the GS1 General Specifications (section 3,
application identifiers; section 7.8, processing of data).  The table below holds the identifiers that
parcels, pallets and their contents carry; any other is an error, since its length would be a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from edge.core.ident_checks import mod10_check_digit

__all__ = ["GS1_IDENTIFIERS", "Element", "Gs1Error", "gs1", "known_application_identifiers"]

GS = "\x1d"

GS1_IDENTIFIERS = frozenset({"C1", "e0", "d2", "Q3", "J1"})
"""AIM identifiers (ISO/IEC 15424, without `]`) that promise GS1 content: GS1-128, DataBar, DataMatrix, QR,
DotCode."""

MAX_TEXT = 4096
"""Longest text looked at: the largest GS1 symbol (QR version 40) holds fewer characters."""

_PREDEFINED = {
    **dict.fromkeys(("00",), 18),
    **dict.fromkeys(("01", "02", "03"), 14),
    **dict.fromkeys([f"{first}" for first in range(11, 20)], 6),
    **dict.fromkeys(("20",), 2),
    **dict.fromkeys([f"{first}" for first in range(31, 37)], 6),
    **dict.fromkeys(("41",), 13),
}
"""First two digits of the AI → characters of the value; no separator is needed after these."""

_FORMATS = {
    "00": "N18",
    "01 02 03": "N14",
    "10 21 22": "X..20",
    "11 12 13 15 16 17": "N6",
    "20": "N2",
    "240 241 250 251": "X..30",
    "243 254": "X..20",
    "30 37": "N..8",
    "400 401 403": "X..30",
    "402": "N17",
    "410 411 412 413 414 415 416 417": "N13",
    "420": "X..20",
    "421": "N3 X..9",
    "4300 4301 4310 4311 4320": "X..35",
    "4302 4303 4304 4305 4306 4312 4313 4314 4315 4316": "X..70",
    "4307 4317": "X2",
    "4308 4319": "X..30",
    "4309": "N20",
    "4318": "X..20",
    "4321 4322 4323": "N1",
    "4324 4325": "N10",
    "4326": "N6",
    "8004": "X..30",
    "8006": "N18",
    "8017 8018": "N18",
    "90": "X..30",
    "91 92 93 94 95 96 97 98 99": "X..90",
}
_MEASURES = (*range(310, 317), *range(320, 338), *range(340, 358), *range(360, 370))
"""Trade and logistic measures: a fourth digit 0–5 tells the decimals, the value is N6."""

_WITH_CHECK_DIGIT = re.compile(r"00|0[123]|402|41\d|801[78]")
_SET_82 = r"!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z"


class Gs1Error(ValueError):
    """The text is no GS1 element string; the message says what is wrong and at which character (from 0)."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: `check_ok` tells whether its check digit is right, None where it has none."""

    ai: str
    value: str
    check_ok: bool | None = None


class _Shape(NamedTuple):
    pattern: re.Pattern[str]
    spec: str


def gs1(text: str, identifier: str) -> tuple[Element, ...]:
    """The elements of `text` in order; raises Gs1Error.

    `identifier` is the AIM identifier without `]`.  Without one of `GS1_IDENTIFIERS` the text is never taken
    for GS1: a 20-digit waybill that starts with 00 is not an SSCC.  A wrong check digit is no error, see
    `Element.check_ok`.  An identifier may come twice only with the same value.
    """
    if identifier not in GS1_IDENTIFIERS:
        raise Gs1Error(f"symbology identifier {identifier!r} does not announce GS1 data")
    if len(text) > MAX_TEXT:
        raise Gs1Error(f"longer than {MAX_TEXT} characters")
    at = 1 if text.startswith(GS) else 0
    if at == len(text):
        raise Gs1Error("empty")
    elements: list[Element] = []
    while at < len(text):
        element, at = _element(text, at)
        elements.append(element)
    _refuse_contradictions(elements)
    return tuple(elements)


def known_application_identifiers() -> dict[str, tuple[str, bool]]:
    """Every identifier of the table → its format (`N18`, `X..20`, `N3 X..9`) and whether GS ends it."""
    return {ai: (shape.spec, ai[:2] not in _PREDEFINED) for ai, shape in _TABLE.items()}


def _element(text: str, at: int) -> tuple[Element, int]:
    """The element at `at` and where the next one starts."""
    ai = next((text[at : at + n] for n in (2, 3, 4) if text[at : at + n] in _TABLE), None)
    if ai is None:
        raise Gs1Error(f"unknown application identifier at character {at}")
    start = at + len(ai)
    fixed = _PREDEFINED.get(ai[:2])
    end = text.find(GS, start) if fixed is None else start + fixed
    if end < 0:
        end = len(text)
    value = text[start:end]
    if not _TABLE[ai].pattern.fullmatch(value):
        raise Gs1Error(f"({ai}) at character {at} is not {_TABLE[ai].spec}")
    if text[end : end + 1] == GS:
        end += 1
    return Element(ai, value, _check(ai, value)), end


def _check(ai: str, value: str) -> bool | None:
    if ai == "8006":
        value = value[:14]
    elif not _WITH_CHECK_DIGIT.fullmatch(ai):
        return None
    return mod10_check_digit(value[:-1]) == value[-1]


def _refuse_contradictions(elements: list[Element]) -> None:
    seen: dict[str, str] = {}
    for element in elements:
        if seen.setdefault(element.ai, element.value) != element.value:
            raise Gs1Error(f"({element.ai}) comes twice with different values")


def _shape(spec: str) -> _Shape:
    """`N3 X..9` → a pattern of three digits and one to nine characters of set 82."""
    pattern = ""
    for part in spec.split():
        chars = "[0-9]" if part[0] == "N" else f"[{_SET_82}]"
        count = part[1:]
        pattern += chars + (f"{{1,{count[2:]}}}" if count.startswith("..") else f"{{{count}}}")
    return _Shape(re.compile(pattern), spec)


_TABLE: dict[str, _Shape] = {
    **{ai: _shape(spec) for ais, spec in _FORMATS.items() for ai in ais.split()},
    **{f"{measure}{decimals}": _shape("N6") for measure in _MEASURES for decimals in range(6)},
}
