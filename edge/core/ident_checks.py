"""Check digits of parcel identifiers, each a function from the digits before it to the digit itself.

Owns the arithmetic only; which text is which identifier is `edge.core.ident_formats`' business.  Every
function returns one character `0`…`9` and raises ValueError for characters or lengths its rule does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

__all__ = [
    "deutsche_post_check_digit",
    "dhl_check_digit",
    "fedex_check_digit",
    "mod10_check_digit",
    "s10_check_digit",
    "ups_check_digit",
]

_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_GS1_WEIGHTS_FROM_RIGHT = (3, 1)
_FEDEX_WEIGHTS_FROM_RIGHT = (1, 3, 7)
_DEUTSCHE_POST_WEIGHTS = (4, 9)


def mod10_check_digit(body: str) -> str:
    """GS1 General Specifications, "Standard check digit calculation": weights 3, 1 from the right of `body`.

    SSCC, GTIN, GLN, GSIN, GSRN, and after them USPS IMpb and FedEx Ground.
    """
    return str(-_weighted(_digits(body)[::-1], _GS1_WEIGHTS_FROM_RIGHT) % 10)


def s10_check_digit(serial: str) -> str:
    """UPU standard S10: eight digits, weights 8 6 4 2 3 5 9 7, eleven minus the remainder by eleven (10 → 0,
    11 → 5)."""
    if len(serial) != len(_S10_WEIGHTS):
        raise ValueError("an S10 serial number has eight digits")
    rest = 11 - _weighted(_digits(serial), _S10_WEIGHTS) % 11
    return {10: "0", 11: "5"}.get(rest, str(rest))


def ups_check_digit(body: str) -> str:
    """UPS: a letter counts (ASCII − 63) mod 10, each second character twice.

    `body` is what follows `1Z`, fifteen characters; OnTrac uses the same rule over `C` and thirteen digits.
    """
    if not (body.isascii() and body.isalnum() and body == body.upper()):
        raise ValueError("only 0-9 and A-Z have a value in this rule")
    values = [int(char) if char.isdigit() else (ord(char) - 63) % 10 for char in body]
    return str(-_weighted(values, (1, 2)) % 10)


def fedex_check_digit(body: str) -> str:
    """FedEx Express: weights 1, 3, 7 from the right, remainder by eleven, then by ten.

    `body` is the eleven digits of a 12-digit number or digits 21–33 of the 34-digit label code: the two rules
    FedEx writes from the left (3 1 7 … and 1 7 3 …) are the same one from the right.
    """
    return str(_weighted(_digits(body)[::-1], _FEDEX_WEIGHTS_FROM_RIGHT) % 11 % 10)


def dhl_check_digit(body: str) -> str:
    """DHL Express: the whole number modulo seven."""
    return str(int("".join(map(str, _digits(body)))) % 7)


def deutsche_post_check_digit(body: str) -> str:
    """Deutsche Post Identcode (11 digits) and Leitcode (13): weights 4, 9 from the left."""
    return str(-_weighted(_digits(body), _DEUTSCHE_POST_WEIGHTS) % 10)


def _digits(text: str) -> list[int]:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("only the digits 0-9 have a value in this rule")
    return [int(char) for char in text]


def _weighted(values: Sequence[int], weights: Sequence[int]) -> int:
    return sum(value * weight for value, weight in zip(values, cycle(weights), strict=False))
