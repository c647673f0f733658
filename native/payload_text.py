"""A symbol's bytes as text: by what it says of its character set, otherwise by the likeliest guess.

A symbol that names its character set by an ECI (AIM ITS/04-023) is taken at
its word.  QR Kanji mode is Shift JIS.  Everything else should be ISO 8859-1
by the standards; in the field it is what the printing software had at hand,
so the bytes are UTF-8 if they are valid UTF-8, otherwise Shift JIS, GB 18030
or Latin-1, whichever makes the most plausible text.  Big5 and EUC-KR look too
much like GB 18030 to be guessed: they need their ECI.

Bytes that are none in their character set become U+FFFD, and those of an ECI
not known here are taken as if it had not been said.  Nothing here raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["ECI_KANJI", "ECI_NONE", "decode_payload"]

ECI_NONE: Final = -1
"""The symbol does not say (BC_ECI_NONE of bc.h)."""
ECI_KANJI: Final = -2
"""QR Kanji mode (BC_ECI_KANJI)."""

_SHIFT_JIS: Final = ("shift_jis", "cp932")  # JIS X 0208 by the letter, then with the vendors' additions

_CODECS: Final[dict[int, tuple[str, ...]]] = {
    ECI_KANJI: _SHIFT_JIS,
    0: ("cp437",),
    1: ("latin-1",),
    2: ("cp437",),
    **{2 + part: (f"iso8859-{part}",) for part in range(1, 17) if part != 12},  # 8859-12 was never made
    20: _SHIFT_JIS,
    21: ("cp1250",),
    22: ("cp1251",),
    23: ("cp1252",),
    24: ("cp1256",),
    25: ("utf-16-be",),
    26: ("utf-8-sig",),
    27: ("ascii",),
    28: ("big5", "cp950", "big5hkscs"),
    29: ("gb18030",),  # holds all of GB 2312
    30: ("euc_kr", "cp949"),
    31: ("gb18030",),  # and of GBK
    32: ("gb18030",),
    33: ("utf-16-le",),
    34: ("utf-32-be",),
    35: ("utf-32-le",),
    170: ("ascii",),  # ISO 646 invariant, a part of it
    899: ("latin-1",),  # binary: each byte the character of its number
}
"""ECI assignment numbers and the codecs to try in turn, the last one with U+FFFD for what is none."""


def decode_payload(data: bytes, segments: Sequence[tuple[int, int]]) -> str:
    """The text of `data`, whose parts begin at the first of each pair and have the second as their ECI.

    Without segments nothing is said of the character set.
    """
    if len(segments) <= 1:
        eci = segments[0][1] if segments else ECI_NONE
        return _decode(data, _CODECS.get(eci) or _guess(data))
    starts = [start for start, _ in segments]
    parts = [
        (data[start:end], eci) for (start, eci), end in zip(segments, [*starts[1:], len(data)], strict=True)
    ]
    unsaid = b"".join(part for part, eci in parts if eci not in _CODECS)
    kanji = any(eci == ECI_KANJI for _, eci in parts)
    guessed = _SHIFT_JIS if kanji and _decodes(unsaid, _SHIFT_JIS[0]) else _guess(unsaid)
    return "".join(_decode(part, _CODECS.get(eci, guessed)) for part, eci in parts)


def _decode(data: bytes, codecs: tuple[str, ...]) -> str:
    for codec in codecs:
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            pass
    return data.decode(codecs[-1], "replace")


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _guess(data: bytes) -> tuple[str, ...]:
    """The codec of bytes that nothing is said of."""
    if data.isascii() or _decodes(data, "utf-8"):
        return ("utf-8-sig",)
    costs = {
        "gb18030": _cost_as_gb(data),
        "shift_jis": _cost_as_shift_jis(data),
        "latin-1": _cost_as_latin(data),
    }
    return (min(costs, key=lambda codec: costs[codec]),)


# --- plausibility ---------------------------------------------------------------------------
#
# Each reading of the bytes above 0x7F has a cost, about the negative logarithm of how often text has
# such a character in such a place: ordinary ones 1, rare ones more.  The numbers were set by hand and
# are held by the examples in tests/native/test_payload_text.py.

_IMPOSSIBLE: Final = 1e9

_BESIDE_ASCII_LETTER: Final = 1.0
"""A Chinese or Japanese character that touches a Latin letter; each side."""

_VOICED: Final = frozenset(range(0xB6, 0xC5)) | frozenset(range(0xCA, 0xCF)) | {0xB3}
"""Halfwidth kana that a voicing mark (0xDE, 0xDF) may follow: ka to to, ha to ho, u."""


def _letter(data: bytes, at: int) -> bool:
    return 0 <= at < len(data) and data[at] < 0x80 and chr(data[at]).isalpha()


def _cost_as_gb(data: bytes) -> float:
    """GB 18030: GB 2312's signs and its hanzi in use (leads B0 to D7), its rarer hanzi, then all others."""
    if not _decodes(data, "gb18030"):
        return _IMPOSSIBLE
    cost, at = 0.0, 0
    while at < len(data):
        lead = data[at]
        if lead < 0x80:
            at += 1
            continue
        trail = data[at + 1]
        size = 4 if trail < 0x40 else 2
        if size == 2 and lead >= 0xA1 and trail >= 0xA1:
            cost += 1.0 if lead <= 0xA3 or 0xB0 <= lead <= 0xD7 else 3.0
        else:
            cost += 5.0
        cost += _BESIDE_ASCII_LETTER * (_letter(data, at - 1) + _letter(data, at + size))
        at += size
    return cost


def _cost_as_shift_jis(data: bytes) -> float:
    """Shift JIS: kana and signs (leads 81 to 84), kanji in use (88 to 98), rarer kanji; halfwidth kana."""
    if not _decodes(data, "shift_jis"):
        return _IMPOSSIBLE
    cost, at = 0.0, 0
    while at < len(data):
        lead = data[at]
        if lead < 0x80:
            at += 1
            continue
        if 0xA1 <= lead <= 0xDF:
            end = at
            while end < len(data) and 0xA1 <= data[end] <= 0xDF:
                end += 1
            cost += _cost_of_halfwidth(data[at:end])
        else:
            end = at + 2
            cost += 0.5 if lead <= 0x84 else 1.0 if lead <= 0x98 else 4.0
        cost += _BESIDE_ASCII_LETTER * (_letter(data, at - 1) + _letter(data, end))
        at = end
    return cost


def _cost_of_halfwidth(run: bytes) -> float:
    """A run of halfwidth kana: words of it have voicing marks where they belong, and are longer than one."""
    if len(run) == 1:
        return 4.0
    cost = 0.0
    for before, char in zip(b"\0" + run, run, strict=False):
        if char >= 0xDE:  # a voicing mark belongs to the kana before
            cost += 0.2 if before in _VOICED else 4.0
        elif char == 0xB0:  # the sign that lengthens the vowel before
            cost += 0.6 if before >= 0xB1 or before in range(0xA6, 0xB0) else 4.0
        else:
            cost += 0.6 if char >= 0xA6 else 2.0
    return cost


def _cost_as_latin(data: bytes) -> float:
    """Latin-1: letters stand among letters; signs are rarer, control characters (80 to 9F) hardly occur."""
    cost = 0.0
    for at, char in enumerate(data):
        if char < 0x80:
            continue
        if char < 0xA0:
            cost += 6.0
        elif char >= 0xC0 and (_letter(data, at - 1) or _letter(data, at + 1)):
            cost += 1.0
        else:
            cost += 2.0
    return cost
