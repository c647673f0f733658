"""A label as a page of dots, and the few things labels are made of: text in a box, lines, symbols.

Every drawing verb takes the box it may fill and leaves nothing outside of it: text shrinks, then ends in an
ellipsis; a symbol that does not fit raises `LabelTooSmall`, since a cut symbol looks printed and cannot be
read.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from PIL import Image, ImageDraw

from edge.labels.symbols import Symbol
from edge.labels.typeface import Typeface, Weight
from hal.interfaces import Raster

__all__ = ["DOTS_PER_MM", "Align", "Box", "LabelTooSmall", "Page", "Text"]

DOTS_PER_MM = 8
"""203 dpi, the usual print head."""

MIN_LINEAR_MODULE_DOTS = 2
"""0.25 mm: narrower bars grow together on a thermal head and below what ISO/IEC 15417 users print for
logistics."""

MAX_LINEAR_MODULE_DOTS = 4
"""0.5 mm: wider bars gain nothing at arm's length and crowd the quiet zones."""

MIN_MATRIX_MODULE_DOTS = 3
"""0.375 mm: what a telephone's camera still resolves at 20 cm."""

MAX_TEXT = 300
"""Characters of one text looked at: no box of a label holds more at the smallest size."""

ELLIPSIS = "…"
BASELINE_BELOW_MIDDLE = 0.375
"""Of the em: capitals and ideographs of this typeface are centred that far above the baseline."""

LINE_HEIGHT = 1.2
"""Of the em: room for one line, so that descenders do not touch the line below."""

INK = 1


class LabelTooSmall(ValueError):
    """A symbol does not fit its place; the message names symbology, needed and given dots."""


class Align(Enum):
    """Where a text stands in its box."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


class Box(NamedTuple):
    """A rectangle in dots: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below it."""
        return self.y + self.height

    def inset(self, dx: int, dy: int = 0) -> Box:
        """Smaller by `dx` on the left and right and `dy` above and below."""
        return Box(self.x + dx, self.y + dy, self.width - 2 * dx, self.height - 2 * dy)


class Text(NamedTuple):
    """How a text is set: wanted and smallest size in dots a em."""

    size: int
    min_size: int
    weight: Weight = Weight.REGULAR
    align: Align = Align.LEFT


class Page:
    """A white page of `width` × `height` dots to draw on."""

    def __init__(self, width: int, height: int, typeface: Typeface) -> None:
        self._image = Image.new("1", (width, height), 0)
        self._draw = ImageDraw.Draw(self._image)
        self._typeface = typeface

    @property
    def box(self) -> Box:
        """The whole page."""
        return Box(0, 0, *self._image.size)

    def raster(self) -> Raster:
        """The page as it goes to a printer."""
        width, height = self._image.size
        return Raster(width, height, self._image.tobytes(), DOTS_PER_MM)

    def image(self) -> Image.Image:
        """A picture of the paper: black on white."""
        return self._image.point(lambda ink: 0 if ink else 255)

    def fill(self, box: Box, *, white: bool = False) -> None:
        """A black area, or a white one."""
        self._image.paste(0 if white else INK, (box.x, box.y, box.right, box.bottom))

    def frame(self, box: Box, thickness: int = 2) -> None:
        """A rectangle's outline, inside the box."""
        self._draw.rectangle((box.x, box.y, box.right - 1, box.bottom - 1), outline=INK, width=thickness)

    def rule(self, box: Box, y: int, thickness: int = 2) -> None:
        """A horizontal line at `y` over the width of `box`."""
        self.fill(Box(box.x, y, box.width, thickness))

    def text(self, box: Box, text: str, style: Text, *, white: bool = False) -> int:
        """One line in the middle of the height of `box`; returns the size it was set in, 0 for nothing to
        set.

        `white` sets it out of a black area.  Raises MissingGlyph.
        """
        size, fitted = self._fit(text, box.width, style._replace(size=min(style.size, box.height)))
        if fitted:
            self._set(box, fitted, size, style, white=white)
        return size if fitted else 0

    def paragraph(self, box: Box, text: str, style: Text) -> None:
        """As many lines from the top of `box` as it holds, broken between words and ideographs; raises
        MissingGlyph."""
        height = round(style.size * LINE_HEIGHT)
        room = max(1, box.height // height)
        lines = self._break(text, box.width, style)
        for number, line in enumerate(lines[:room]):
            place = Box(box.x, box.y + number * height, box.width, min(height, box.height))
            if number == room - 1 < len(lines) - 1:
                self.text(place, "".join(lines[number:]), style._replace(min_size=style.size))
            else:
                self.text(place, line, style)

    def code_lines(self, box: Box, code: str, style: Text, per_line: int) -> None:
        """`code` whole, `per_line` characters a line, in the middle of `box`: a code with an ellipsis is
        none.

        Raises LabelTooSmall when it does not go in at the smallest size; MissingGlyph.
        """
        lines = [code[at : at + per_line] for at in range(0, len(code), per_line)]
        size = min(style.size, int(box.height / LINE_HEIGHT / max(1, len(lines))))
        fitted = [self._fit(line, box.width, style._replace(size=size)) for line in lines]
        size = min((each for each, _ in fitted), default=size)
        if size < style.min_size or [text for _, text in fitted] != lines:
            raise LabelTooSmall(f"{len(code)} characters do not fit {box.width} by {box.height} dots")
        height = round(size * LINE_HEIGHT)
        top = box.y + (box.height - height * len(lines)) // 2
        for number, line in enumerate(lines):
            self._set(Box(box.x, top + number * height, box.width, height), line, size, style, white=False)

    def linear(self, box: Box, symbol: Symbol) -> int:
        """A linear symbol as wide as `box` allows, centred, over its whole height; returns the module in
        dots.

        The quiet zones lie inside `box`.  Raises LabelTooSmall below `MIN_LINEAR_MODULE_DOTS`.
        """
        module = min(MAX_LINEAR_MODULE_DOTS, box.width // symbol.width_modules)
        if module < MIN_LINEAR_MODULE_DOTS:
            needed = symbol.width_modules * MIN_LINEAR_MODULE_DOTS
            raise LabelTooSmall(f"{symbol.symbology} needs {needed} dots, {box.width} are there")
        drawn = symbol.drawn(module, box.height)
        self._image.paste(drawn, (box.x + (box.width - drawn.width) // 2, box.y))
        return module

    def matrix(self, box: Box, symbol: Symbol) -> int:
        """A matrix symbol as large as `box` allows, in its middle; returns the module in dots.

        The quiet zones lie inside `box`.  Raises LabelTooSmall below `MIN_MATRIX_MODULE_DOTS`.
        """
        module = min(box.width // symbol.width_modules, box.height // symbol.height_modules)
        if module < MIN_MATRIX_MODULE_DOTS:
            needed = max(symbol.width_modules, symbol.height_modules) * MIN_MATRIX_MODULE_DOTS
            raise LabelTooSmall(
                f"{symbol.symbology} needs {needed} dots, {min(box.width, box.height)} are there"
            )
        drawn = symbol.drawn(module)
        self._image.paste(
            drawn, (box.x + (box.width - drawn.width) // 2, box.y + (box.height - drawn.height) // 2)
        )
        return module

    def _fit(self, text: str, width: int, style: Text) -> tuple[int, str]:
        """The largest size in which `text` is at most `width` wide, and the text, shortened if none is."""
        text = " ".join(text[:MAX_TEXT].split())
        self._typeface.require(text)
        if not text:
            return style.size, ""
        size = style.size
        # Widths grow very nearly with the size: go there at once, then step down the rest.
        while size > style.min_size and (length := self._length(text, size, style.weight)) > width:
            size = max(style.min_size, min(size - 1, int(size * width / length)))
        while text and self._length(text, size, style.weight) > width:
            text = text.removesuffix(ELLIPSIS)[:-1].rstrip()
            text = text + ELLIPSIS if text else ""
        return size, text

    def _length(self, text: str, size: int, weight: Weight) -> float:
        return self._typeface.font(weight, size).getlength(text, mode="1")

    def _set(self, box: Box, text: str, size: int, style: Text, *, white: bool) -> None:
        """Draw on a page of the box's own size first, so that nothing can reach beyond it."""
        font = self._typeface.font(style.weight, size)
        x, anchor = {
            Align.LEFT: (0, "ls"),
            Align.CENTRE: (box.width / 2, "ms"),
            Align.RIGHT: (box.width, "rs"),
        }[style.align]
        line = Image.new("1", (box.width, box.height), 0)
        baseline = round(box.height / 2 + size * BASELINE_BELOW_MIDDLE)
        ImageDraw.Draw(line).text((x, baseline), text, fill=INK, font=font, anchor=anchor)
        self._image.paste(0 if white else INK, (box.x, box.y), line)

    def _break(self, text: str, width: int, style: Text) -> list[str]:
        text = " ".join(text[:MAX_TEXT].split())
        self._typeface.require(text)
        lines, used = [""], 0.0
        for part in re.findall(r"[\x21-\x7e]+ *|.", text):
            if used and used + self._length(part.rstrip(), style.size, style.weight) > width:
                lines.append("")
                used = 0.0
            lines[-1] += part
            used += self._length(part, style.size, style.weight)
        return lines
