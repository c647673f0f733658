"""Keyboard layouts a wedge can type on: what each key of linux/input-event-codes.h writes.

Three levels: plain, with Shift, with AltGr (right Alt).  Letters alone obey Caps Lock.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["KEYPAD", "LAYOUTS", "Layout"]

Layout = Mapping[int, tuple[str, str, str]]
"""Key code to what it writes on the three levels; empty for nothing."""

_DIGITS = range(2, 12)
_TOP, _HOME, _BOTTOM = range(16, 26), range(30, 39), range(44, 51)
_SPACE = 57
_SIGN_KEYS = (41, 12, 13, 26, 27, 43, 39, 40, 51, 52, 53, 86)
"""Left of 1; right of 0, two; right of p, two; by Enter; right of l, two; right of m, three; the 102nd."""

KEYPAD = dict(
    zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73, 83, 74, 78, 55, 98), "0123456789.-+*/", strict=True)
)
"""The keypad with Num Lock, the same on every layout."""


def _layout(
    letters: str, digits: str, shifted_digits: str, signs: str, shifted_signs: str
) -> dict[int, tuple[str, str, str]]:
    keys = (*_DIGITS, *_TOP, *_HOME, *_BOTTOM, *_SIGN_KEYS)
    plain = [*digits, *letters, *signs]
    shifted = [*shifted_digits, *letters.upper(), *shifted_signs]
    levels = zip(keys, plain, shifted, strict=True)
    return {key: (low, high, "") for key, low, high in levels} | {_SPACE: (" ", " ", "")}


_US = _layout(
    "qwertyuiopasdfghjklzxcvbnm",
    "1234567890",
    "!@#$%^&*()",
    "`-=[]\\;',./<",
    '~_+{}|:"<>?>',
)
_DE = _layout(
    "qwertzuiopasdfghjklyxcvbnm",
    "1234567890",
    '!"§$%&/()=',
    "^ß´ü+#öä,.-<",
    "°?`Ü*'ÖÄ;:_>",
)
_DE_ALT_GR = {16: "@", 18: "€", 8: "{", 9: "[", 10: "]", 11: "}", 12: "\\", 27: "~", 86: "|"}

LAYOUTS: Mapping[str, Layout] = {
    "us": _US,
    "de": {key: (low, high, _DE_ALT_GR.get(key, "")) for key, (low, high, _) in _DE.items()},
}
"""By the name in `layout`."""
