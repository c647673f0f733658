"""Masking of personal data for screens, labels, events and logs.

Total functions: any text gives a masked text, never an exception.  What cannot be recognised is hidden
whole, so that an identity number typed into the wrong field does not come out.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["mask_name", "mask_phone"]

HIDDEN = "****"
"""What stands for a text of which nothing is shown."""

MAX_WORDS = 4
"""Words of a name that are shown by their initial; the longest waybill field holds about as many."""

MAX_STARS = 8
"""Stars for the rest of a word, so that a long text cannot push other fields off a label."""

MIN_PHONE_DIGITS = 11
"""Shortest number that shows three and four digits and still hides four."""

MAX_PHONE_DIGITS = 14
"""Longest number shown at all: E.164 allows 15, but so many digits had old identity numbers."""

_PHONE = re.compile(r"\+?[0-9 ().-]+")
_MASKED_PHONE = re.compile(r"\+?[0-9]{3}\*{4}[0-9]{4}")
_CHINA_PREFIX = re.compile(r"(?:\+|00)?86(1[0-9]{10})")
_SYLLABIC = ("CJK ", "HANGUL ", "HIRAGANA ", "KATAKANA ", "BOPOMOFO ", "IDEOGRAPHIC ", "YI ")


def mask_name(name: str) -> str:
    """张伟 → 张*, John Smith → J*** S****: the first letter of every word.

    Chinese, Japanese and Korean names show the first character of the whole.

    Words without a letter are hidden, digits are never shown.  `mask_name(mask_name(x)) == mask_name(x)`.
    """
    words = unicodedata.normalize("NFC", name).split()[:MAX_WORDS]
    if not words:
        return "*"
    if _is_syllabic(_initial(words[0])):
        return _initial(words[0]) + "*"
    return " ".join(_mask_word(word) for word in words)


def mask_phone(phone: str) -> str:
    """13812345678 → 138****5678, +442071234567 → +442****4567: three digits, four stars, four digits.

    The Chinese country code is taken off.  Shorter and longer numbers and everything else come out as `****`.
    An already masked number stays as it is.
    """
    text = phone.strip()
    if _MASKED_PHONE.fullmatch(text):
        return text
    if not (text.isascii() and _PHONE.fullmatch(text)):
        return HIDDEN
    digits = re.sub(r"[^0-9+]", "", text)
    if china := _CHINA_PREFIX.fullmatch(digits):
        digits = china[1]
    plus = "+" if digits.startswith("+") else ""
    digits = digits.removeprefix("+")
    if not MIN_PHONE_DIGITS <= len(digits) <= MAX_PHONE_DIGITS:
        return HIDDEN
    return f"{plus}{digits[:3]}{HIDDEN}{digits[-4:]}"


def _initial(word: str) -> str:
    """The first character of `word` if it is a letter, otherwise nothing."""
    return word[0] if word[0].isalpha() else ""


def _mask_word(word: str) -> str:
    initial = _initial(word)
    return initial + "*" * max(1, min(MAX_STARS, len(word) - len(initial)))


def _is_syllabic(char: str) -> bool:
    return bool(char) and unicodedata.name(char, "").startswith(_SYLLABIC)
