"""Tracking codes: what a scanned or typed text may be, and the one form under which parcels are looked up.

Pure text work.  A reading is a hint and the backend decides; the text as scanned is kept by the caller.

Two rules stand against mixing parcels up: text is GS1 only when the scanner says so (or a person wrote the
brackets), and `normalise` drops only what labels add around a number, never a part of the number.
"""

from __future__ import annotations

import re

from edge.core.ident_formats import USPS_ROUTED, Identified, Kind, plain_candidates
from edge.core.ident_gs1 import GS, GS1_IDENTIFIERS, Element, Gs1Error, gs1

__all__ = [
    "GS1_IDENTIFIERS",
    "Element",
    "Gs1Error",
    "Identified",
    "Kind",
    "candidates",
    "gs1",
    "normalise",
]

MAX_TYPED = 128
"""Longest text taken for a tracking code: the longest form has 38 characters, the rest is blanks."""

_WAYBILL = re.compile(r"(?=.*[0-9A-Z])[0-9A-Z-]{8,30}")
"""What is accepted without any known form."""

_WITH_PIECES = re.compile(r"([0-9A-Z]{8,30})-[0-9]{1,4}-[0-9]{1,4}-?")
"""`-1-1-`: piece and pieces, printed after the number by JD and others.

Taken off only a number without hyphens of its own: in any other they may be part of it.
"""

_BRACKETED_SSCC = re.compile(r"\(00\)([0-9]{18})")
_FULL_WIDTH = {0xFF01 + n: 0x21 + n for n in range(0x7E - 0x21 + 1)} | {0x3000: " "}
"""What a Chinese input method types for ASCII, and the ideographic space."""

_BLANKS = str.maketrans("", "", " \t\r\n")


def candidates(text: str, identifier: str = "") -> list[Identified]:
    """What `text` may be, likeliest first: a right check digit, then forms without one, then wrong check
    digits.

    `identifier` is the AIM identifier without `]`.  Empty for text that cannot be a tracking code at all; a
    waybill of no known form gives one `Kind.OTHER`.
    """
    found = _gs1_candidates(text, identifier)
    code = _plain(text)
    if code is not None:
        found += _sscc_in_brackets(code)
        found += plain_candidates(code)
        if not found and _WAYBILL.fullmatch(code):
            found = [Identified(Kind.OTHER, "", code, None)]
    order = {True: 0, None: 1, False: 2}
    return sorted(dict.fromkeys(found), key=lambda each: order[each.check_ok])


def normalise(text: str, identifier: str = "") -> str | None:
    """The form under which the same parcel is found whether it was scanned, typed or announced; None if it
    is none.

    ASCII upper case without blanks; full-width characters as their ASCII twins; a piece suffix (`-1-1-`) and
    the routing before a USPS number taken off; an SSCC as `00` and its 18 digits.  Accepts the longer forms
    that check, otherwise 8 to 30 of `0-9 A-Z -`.  `normalise(normalise(x)) == normalise(x)`.
    """
    for reading in _gs1_candidates(text, identifier):
        if reading.check_ok is not False:
            return reading.tracking_code
    code = _plain(text)
    if code is None:
        return None
    for reading in (*_sscc_in_brackets(code), *plain_candidates(code)):
        if reading.check_ok and reading.kind in (Kind.SSCC, Kind.USPS_IMPB, Kind.FEDEX_34):
            return reading.tracking_code
    return code if _WAYBILL.fullmatch(code) else None


def _plain(text: str) -> str | None:
    """ASCII upper case without what labels add around the number; None for what nobody prints as one.

    Separators inside belong to GS1 strings; only the one between the routing and the USPS number is let
    through.
    """
    if len(text) > MAX_TYPED:
        return None
    code = text.translate(_FULL_WIDTH).translate(_BLANKS).removeprefix(GS)
    if not code.isascii():
        return None
    code = code.upper()
    if GS in code:
        code = code.replace(GS, "")
        return code if USPS_ROUTED.fullmatch(code) else None
    match = _WITH_PIECES.fullmatch(code)
    return match[1] if match else code


def _gs1_candidates(text: str, identifier: str) -> list[Identified]:
    if identifier not in GS1_IDENTIFIERS:
        return []
    try:
        elements = gs1(text, identifier)
    except Gs1Error:
        # A keyboard wedge may have dropped the separators: the plain forms still know a USPS number.
        return []
    readings = []
    for ai, value, check_ok in ((each.ai, each.value, each.check_ok) for each in elements):
        if ai == "00":
            readings.append(Identified(Kind.SSCC, "", ai + value, check_ok))
        elif ai == "402":
            readings.append(Identified(Kind.GSIN, "", value, check_ok))
        elif ai == "401" and _WAYBILL.fullmatch(value.upper()):
            readings.append(Identified(Kind.GINC, "", value.upper(), None))
        elif ai in ("91", "92", "93", "94", "95"):
            readings += [each for each in plain_candidates(ai + value) if each.kind is Kind.USPS_IMPB]
    return readings


def _sscc_in_brackets(compact: str) -> list[Identified]:
    """An SSCC as people write it: the brackets say GS1 as clearly as a symbology identifier."""
    match = _BRACKETED_SSCC.fullmatch(compact)
    if match is None:
        return []
    digits = match[1]
    code = "00" + digits
    return [Identified(Kind.SSCC, "", code, gs1(code, "C1")[0].check_ok)]
