"""The forms of carriers' tracking codes: a table of pattern, carrier and check rule, one row each.

Owns what a plain text may be.  A row whose pattern fits gives a candidate, not an answer: lengths collide
(twelve digits are FedEx, an older SF number or an Identcode).  GS1 symbols are `edge.core.ident_gs1`'s
business.

Sources: UPU standard S10; USPS Publication 199 (IMpb); the carriers' published check rules as collected in
the tracking-number data of several open projects; Deutsche Post's Identcode and Leitcode sheet.  The
patterns of the Chinese carriers have no published check digit and are unverified heuristics.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from edge.core.ident_checks import (
    deutsche_post_check_digit,
    dhl_check_digit,
    fedex_check_digit,
    mod10_check_digit,
    s10_check_digit,
    ups_check_digit,
)

__all__ = ["USPS_ROUTED", "Identified", "Kind", "plain_candidates"]


class Kind(StrEnum):
    """What sort of identifier a tracking code is."""

    S10 = "s10"
    SSCC = "sscc"
    GSIN = "gsin"
    GINC = "ginc"
    USPS_IMPB = "usps-impb"
    UPS = "ups"
    FEDEX_12 = "fedex-12"
    FEDEX_15 = "fedex-15"
    FEDEX_34 = "fedex-34"
    DHL_EXPRESS = "dhl-express"
    IDENTCODE = "identcode"
    LEITCODE = "leitcode"
    AMAZON_TBA = "amazon-tba"
    ONTRAC = "ontrac"
    CHINA = "china"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Identified:
    """One reading of a tracking code.

    `carrier` is empty where the form does not tell it.  `tracking_code` is in the form of `normalise`.
    `check_ok` is None where the form has no check digit.
    """

    kind: Kind
    carrier: str
    tracking_code: str
    check_ok: bool | None


USPS_ROUTED = re.compile(r"420(?:[0-9]{9}|[0-9]{5})9[1-5](?:[0-9]{20}|[0-9]{24})")
"""A USPS label's whole text: application identifier 420, a ZIP code of nine or five digits, the IMpb."""

_IMPB_FORMS = tuple(
    re.compile(rf"{routing}(9[1-5][0-9]{{{rest}}})")
    for routing in ("", "420[0-9]{9}", "420[0-9]{5}")
    for rest in (20, 24)
)
"""USPS IMpb of 22 or 26 digits, bare or routed.  34 digits can be read two ways; the check digit tells."""


@dataclass(frozen=True, slots=True)
class _Form:
    kind: Kind
    carrier: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None


def _last(rule: Callable[[str], str], skip: int = 0) -> Callable[[str], bool]:
    """A check of the last character by `rule` over what stands before it, from `skip` on."""
    return lambda code: rule(code[skip:-1]) == code[-1]


def _s10_ok(code: str) -> bool:
    return s10_check_digit(code[2:10]) == code[10]


def _form(kind: Kind, carrier: str, pattern: str, check: Callable[[str], bool] | None = None) -> _Form:
    return _Form(kind, carrier, re.compile(pattern), check)


_FORMS = (
    _form(Kind.S10, "ems", r"E[A-Z][0-9]{9}CN", _s10_ok),
    _form(Kind.S10, "china-post", r"(?!E)[A-Z]{2}[0-9]{9}CN", _s10_ok),
    _form(Kind.S10, "", r"[A-Z]{2}[0-9]{9}(?!CN)[A-Z]{2}", _s10_ok),
    _form(Kind.UPS, "ups", r"1Z[0-9A-Z]{15}[0-9]", _last(ups_check_digit, skip=2)),
    _form(Kind.AMAZON_TBA, "amazon", r"TBA[0-9]{12}"),
    _form(Kind.ONTRAC, "ontrac", r"C[0-9]{14}", _last(ups_check_digit)),
    _form(Kind.CHINA, "sf", r"SF[0-9A-Z][0-9]{12}|[0-9]{12}"),
    _form(Kind.CHINA, "yto", r"YT[0-9]{13}"),
    _form(Kind.CHINA, "jt", r"JT[0-9]{12,13}"),
    _form(Kind.CHINA, "jd", r"JD[0-9A-Z]{2}[0-9]{11}|JD[XK][0-9]{12}"),
    _form(Kind.CHINA, "deppon", r"DPK[0-9]{12}"),
    _form(Kind.CHINA, "ems", r"P[A-Z][0-9]{11}|[189][0-9]{12}"),
    _form(Kind.CHINA, "zto", r"7[3-68][0-9]{12}|[0-9]{12}"),
    _form(Kind.CHINA, "sto", r"77[0-9]{13}|43[0-9]{12,15}"),
    _form(Kind.CHINA, "yunda", r"[34][0-9]{14}|5[0-9]{12}"),
    _form(Kind.CHINA, "cainiao", r"621[0-9]{12}"),
    _form(
        Kind.FEDEX_34,
        "fedex",
        r"100[0-9]{31}|96[0-9]{32}",
        _last(fedex_check_digit, skip=20),
    ),
    _form(Kind.FEDEX_12, "fedex", r"[0-9]{12}", _last(fedex_check_digit)),
    _form(Kind.FEDEX_15, "fedex", r"[0-9]{15}", _last(mod10_check_digit)),
    _form(Kind.DHL_EXPRESS, "dhl", r"[0-9]{10,11}", _last(dhl_check_digit)),
    _form(Kind.IDENTCODE, "deutsche-post", r"[0-9]{12}", _last(deutsche_post_check_digit)),
    _form(Kind.LEITCODE, "deutsche-post", r"[0-9]{14}", _last(deutsche_post_check_digit)),
)


def plain_candidates(code: str) -> Iterator[Identified]:
    """Every form that `code` (upper case, without blanks) fits, in the order of the table."""
    for impb in dict.fromkeys(match[1] for form in _IMPB_FORMS if (match := form.fullmatch(code))):
        yield Identified(Kind.USPS_IMPB, "usps", impb, mod10_check_digit(impb[:-1]) == impb[-1])
    for form in _FORMS:
        if form.pattern.fullmatch(code):
            yield Identified(form.kind, form.carrier, code, form.check(code) if form.check else None)
