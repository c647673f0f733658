"""A recipient's pseudonym: tells whether two parcels go to the same person, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from typing import Final

__all__ = ["recipient_key"]

_CHINA: Final = re.compile(r"(?:\+|00)?86(1[0-9]{10})")
_KEY_DIGITS: Final = 16
"""64 bits: two of a station's thousands of recipients are never taken for one, and it fits on a line."""


def recipient_key(pepper: bytes, *, recipient_id: str, phone: str, parcel_id: str) -> str:
    """16 hex digits, equal for equal recipients of stations with this pepper.

    `recipient_id` counts (trimmed, any case); without one the phone does
    (digits, without the Chinese country code).  A recipient nobody named is
    equal to nobody: the key then comes from the parcel.
    """
    person = _normal_id(recipient_id) or _normal_phone(phone)
    message = b"recipient/1\0" + person.encode() if person else b"parcel/1\0" + parcel_id.encode()
    return hmac.new(pepper, message, hashlib.sha256).hexdigest()[:_KEY_DIGITS]


def _normal_id(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().casefold()


def _normal_phone(text: str) -> str:
    digits = re.sub(r"[^0-9+]", "", unicodedata.normalize("NFKC", text))
    china = _CHINA.fullmatch(digits)
    return china[1] if china else digits.removeprefix("00").removeprefix("+")
