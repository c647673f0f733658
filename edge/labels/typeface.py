"""The typeface of the labels: Noto Sans CJK SC, found, checked, and asked before a character is drawn.

A collection (`.ttc`) holds one face a region; the wrong one prints Japanese shapes for Chinese characters and
another typeface may lack rare characters of names.  So the family name is checked at loading, and `require`
refuses a character the face has no glyph for instead of printing an empty box.
"""

from __future__ import annotations

import mmap
import struct
import threading
import unicodedata
from array import array
from bisect import bisect_right
from enum import Enum
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

__all__ = ["MissingGlyph", "Typeface", "TypefaceError", "Weight", "default_typeface"]

FAMILY = "Noto Sans CJK SC"
DEBIAN_FOLDER = Path("/usr/share/fonts/opentype/noto")
"""Where Debian's fonts-noto-cjk puts its collections."""

VISIBLE_REPLACEMENT = "〓"
"""U+3013, the mark Chinese and Japanese printers set for a character they do not have."""

_WITHOUT_STROKE = {"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "Ŧ": "T", "ŧ": "t", "ı": "i"}
"""Letters that Unicode does not take apart into a letter and a mark."""

MAX_FACES = 16
"""Faces looked at in a collection; Noto Sans CJK holds ten."""

MAX_CMAP_GROUPS = 200_000
"""Groups read of a character map; the Noto collections hold about 17,000."""

SIZES_KEPT = 64
"""Sizes of a face kept open: the labels use a dozen, shrinking a long text some more."""


class TypefaceError(Exception):
    """The typeface is not there or is another one; the message names the file."""


class MissingGlyph(ValueError):
    """The typeface has no glyph for `char`."""

    def __init__(self, char: str) -> None:
        super().__init__(f"the typeface has no glyph for {char!r} (U+{ord(char):04X})")
        self.char = char


class Weight(Enum):
    """Regular and bold; the value is the part of the file name."""

    REGULAR = "Regular"
    BOLD = "Bold"


class Typeface:
    """Both weights of one family.  Threads take turns by `lock`: FreeType's faces are not theirs to share."""

    def __init__(self, folder: Path = DEBIAN_FOLDER) -> None:
        """Open `NotoSansCJK-Regular.ttc` and `-Bold.ttc` in `folder`; raises TypefaceError."""
        self.lock = threading.Lock()
        self._files = {weight: folder / f"NotoSansCJK-{weight.value}.ttc" for weight in Weight}
        self._faces = {weight: _face_index(file) for weight, file in self._files.items()}
        self._glyphs = {weight: _characters(self._files[weight], self._faces[weight]) for weight in Weight}
        self._sized = lru_cache(maxsize=SIZES_KEPT)(self._open)

    @property
    def family(self) -> str:
        """The family name as the files tell it."""
        return FAMILY

    def face_index(self, weight: Weight) -> int:
        """Which face of the collection is used."""
        return self._faces[weight]

    def font(self, weight: Weight, size_dots: int) -> ImageFont.FreeTypeFont:
        """The face at `size_dots` a em."""
        return self._sized(weight, size_dots)

    def has(self, char: str) -> bool:
        """True when both weights have a glyph for `char`."""
        return all(glyphs.holds(ord(char)) for glyphs in self._glyphs.values())

    def require(self, text: str) -> None:
        """Raise MissingGlyph for the first character of `text` without a glyph."""
        for char in text:
            if not self.has(char):
                raise MissingGlyph(char)

    def with_replacements(self, text: str) -> str:
        """`text` without the characters that have no glyph, for callers who choose to print all the same.

        A Latin letter gives its letter without the mark (the face has few beyond French and Vietnamese),
        anything else 〓.
        """
        return "".join(char if self.has(char) else self._replacement(char) for char in text)

    def _replacement(self, char: str) -> str:
        plain = _WITHOUT_STROKE.get(char) or unicodedata.normalize("NFD", char)[0]
        return plain if plain.isascii() and plain.isalpha() else VISIBLE_REPLACEMENT

    def _open(self, weight: Weight, size_dots: int) -> ImageFont.FreeTypeFont:
        # The basic engine places characters one after the other, which Chinese and Latin need no more than;
        # it takes a third of the time of the shaping engine.
        return ImageFont.truetype(
            str(self._files[weight]),
            size_dots,
            index=self._faces[weight],
            layout_engine=ImageFont.Layout.BASIC,
        )


@lru_cache(maxsize=1)
def default_typeface() -> Typeface:
    """Debian's, opened once a process; raises TypefaceError."""
    return Typeface()


def _face_index(file: Path) -> int:
    """Which face of the collection is `FAMILY`: asked of the file, since the order is the distributor's."""
    if not file.is_file():
        # Pillow would go and look for a file of this name in the system's other folders.
        raise TypefaceError(f"{file}: is not there (Debian package fonts-noto-cjk)")
    for index in range(MAX_FACES):
        try:
            face = ImageFont.truetype(str(file), 16, index=index)
        except OSError as error:
            if index:
                break
            raise TypefaceError(f"{file}: cannot be opened as a typeface") from error
        if face.getname()[0] == FAMILY:
            return index
    raise TypefaceError(f"{file}: holds no {FAMILY}")


class _Characters:
    """The code points a face has glyphs for, as runs: 44,000 of them would be megabytes as a set."""

    def __init__(self) -> None:
        self._firsts = array("L")
        self._lasts = array("L")

    def add(self, first: int, last: int) -> None:
        """Add a run; runs come in rising order, as the format demands."""
        if self._lasts and first == self._lasts[-1] + 1:
            self._lasts[-1] = last
        else:
            self._firsts.append(first)
            self._lasts.append(last)

    def holds(self, code: int) -> bool:
        """True when `code` lies in a run."""
        at = bisect_right(self._firsts, code) - 1
        return at >= 0 and code <= self._lasts[at]


def _characters(file: Path, index: int) -> _Characters:
    """Every code point of the face's Unicode character map (OpenType `cmap`, subtable format 12)."""
    with file.open("rb") as font, mmap.mmap(font.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _format_12(data, _table(data, index, b"cmap"))
        except (struct.error, LookupError) as error:
            raise TypefaceError(f"{file}: face {index} has no readable character map") from error


def _table(data: mmap.mmap, index: int, tag: bytes) -> int:
    """The offset of table `tag` (OpenType, "Font Collections" and "Table Directory")."""
    start = struct.unpack_from(">I", data, 12 + 4 * index)[0] if data[:4] == b"ttcf" else 0
    (count,) = struct.unpack_from(">H", data, start + 4)
    for at in range(start + 12, start + 12 + 16 * count, 16):
        if data[at : at + 4] == tag:
            return int(struct.unpack_from(">I", data, at + 8)[0])
    raise LookupError(tag)


def _format_12(data: mmap.mmap, cmap: int) -> _Characters:
    """The code points of the first format 12 subtable (segmented coverage, the whole of Unicode)."""
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    for record in range(count):
        subtable = cmap + int(struct.unpack_from(">I", data, cmap + 4 + 8 * record + 4)[0])
        if struct.unpack_from(">H", data, subtable)[0] == 12:
            groups = min(int(struct.unpack_from(">I", data, subtable + 12)[0]), MAX_CMAP_GROUPS)
            found = _Characters()
            for first, last, glyph in struct.iter_unpack(
                ">III", data[subtable + 16 : subtable + 16 + 12 * groups]
            ):
                if glyph:
                    found.add(first, last)
            return found
    raise LookupError("format 12")
