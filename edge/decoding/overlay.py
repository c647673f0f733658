"""Pictures of what was found where: each symbol outlined, its first corner marked, its text beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from edge.decoding.report import printable
from edge.labels.typeface import TypefaceError, Weight, default_typeface
from native.barcode import Symbol

__all__ = ["OverlayError", "OverlayNames", "draw", "write"]

COLOURS: Final = ("#00a651", "#0072ce", "#d6006e", "#e06c00", "#7a3fb0", "#008c95")
"""Dark enough for white letters on them and bright enough to be seen on labels and cardboard."""

MAX_TEXT: Final = 48
"""Characters of a label; the whole text is in the table."""

ROOMY_PX: Final = 300
MAX_ENLARGED_PX: Final = 1600
"""A picture with a shorter side is enlarged, as far as the longer side stays within the second."""

MAX_STEPS: Final = 8
"""Places tried below and above a symbol for its label."""

_NEAREST: Final = Image.Resampling.NEAREST

Box = tuple[float, float, float, float]


class OverlayError(Exception):
    """The overlay cannot be written; the message names what and why."""


class OverlayNames:
    """Where the overlay of each picture goes.

    `out` with a suffix is a file: with several pictures `found.png` becomes
    `found-1.png`, `found-2.png` and so on in their order.  Without one it is
    a folder, made if need be, and `label.jpg` gives `label.found.png` in it.
    Frames of one file add `-frame2`.
    """

    def __init__(self, out: Path, pictures: Sequence[Path]) -> None:
        """Raises OverlayError when `out` cannot be an overlay, or is one of the pictures."""
        self._out = out
        self._pictures = [picture.resolve() for picture in pictures]
        self._taken: set[Path] = set()
        self._is_folder = out.is_dir() or not out.suffix
        if self._is_folder:
            try:
                out.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OverlayError(f"{out}: {error.strerror}") from None
        elif Image.registered_extensions().get(out.suffix.lower()) not in Image.SAVE:
            raise OverlayError(f"{out}: {out.suffix} is no kind of picture that can be written; .png is")

    def name(self, index: int, frame: int, frames: int) -> Path:
        """The file for a frame (from 1 of `frames`) of the picture at `index` (from 0)."""
        page = f"-frame{frame}" if frames > 1 else ""
        if self._is_folder:
            chosen = self._free(f"{self._pictures[index].stem}.found{page}")
        else:
            number = f"-{index + 1}" if len(self._pictures) > 1 else ""
            chosen = self._out.with_stem(f"{self._out.stem}{number}{page}")
        if chosen.resolve() in self._pictures:
            raise OverlayError(f"{chosen}: is one of the pictures to be read")
        self._taken.add(chosen)
        return chosen

    def _free(self, stem: str) -> Path:
        """Pictures of one name in several folders get numbers."""
        chosen, number = self._out / f"{stem}.png", 1
        while chosen in self._taken:
            number += 1
            chosen = self._out / f"{stem}-{number}.png"
        return chosen


def draw(picture: Image.Image, symbols: Sequence[Symbol]) -> Image.Image:
    """A copy of `picture` in RGB with every symbol outlined and labelled; small ones are enlarged."""
    factor = _enlargement(picture.size)
    canvas = picture.convert("RGB").resize((picture.width * factor, picture.height * factor), _NEAREST)
    pen = ImageDraw.Draw(canvas)
    line = max(2, round(min(canvas.size) / 250))
    outlines = [[(p.x * factor, p.y * factor) for p in symbol.corners] for symbol in symbols]
    for number, points in enumerate(outlines):
        colour = COLOURS[number % len(COLOURS)]
        pen.line([*points, points[0], points[1]], fill="white", width=3 * line, joint="curve")
        pen.line([*points, points[0], points[1]], fill=colour, width=line, joint="curve")
        pen.circle(points[0], 2.5 * line, fill=colour, outline="white", width=max(1, line // 2))
    labels = _Labels(pen, canvas.size, [_bounds(points) for points in outlines])
    for number, symbol in enumerate(symbols):  # last, so that no outline crosses them
        labels.add(number, _words(symbol), COLOURS[number % len(COLOURS)])
    return canvas


def _enlargement(size: tuple[int, int]) -> int:
    """A whole number that makes room for labels on a small picture without making a long one huge."""
    return max(1, min(-(-ROOMY_PX // min(size)), MAX_ENLARGED_PX // max(size)))


def _bounds(points: Sequence[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs), min(ys), max(xs), max(ys))


def write(picture: Image.Image, symbols: Sequence[Symbol], out: Path) -> None:
    """The same as a file; raises OverlayError."""
    try:
        draw(picture, symbols).save(out)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise OverlayError(f"{out}: {reason or error}") from None


def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return default_typeface().font(Weight.BOLD, size_px)
    except TypefaceError:
        return ImageFont.load_default(size_px)  # Latin only


def _words(symbol: Symbol) -> str:
    text = printable(symbol.text)
    text = f"{text[: MAX_TEXT - 1]}…" if len(text) > MAX_TEXT else text
    try:
        text = default_typeface().with_replacements(text)
    except TypefaceError:
        text = text.encode("latin-1", "replace").decode("latin-1")
    return f"{symbol.format}  {text}"


class _Labels:
    """Texts in boxes beside their symbols, off each other and off other symbols where there is room."""

    def __init__(self, pen: ImageDraw.ImageDraw, size: tuple[int, int], symbols: Sequence[Box]) -> None:
        self._pen = pen
        self._size = size
        self._font = _font(max(12, round(min(size) / 36)))
        self._symbols = symbols
        self._boxes: list[Box] = []
        _, self._top, _, bottom = pen.textbbox((0, 0), "Ågj鸽", font=self._font)
        self._height = bottom - self._top
        self._pad = max(2.0, self._height / 6)

    def add(self, number: int, words: str, colour: str) -> None:
        left, _, right, _ = self._pen.textbbox((0, 0), words, font=self._font)
        box = self._place(number, right - left + 2 * self._pad, self._height + 2 * self._pad)
        self._boxes.append(box)
        self._pen.rounded_rectangle(box, radius=self._pad, fill=colour, outline="white")
        at = (box[0] + self._pad - left, box[1] + self._pad - self._top)
        self._pen.text(at, words, font=self._font, fill="white")

    def _place(self, number: int, width: float, height: float) -> Box:
        """Below its symbol or above it, else further down or up; the best there is when all are taken."""
        x0, y0, _, y1 = self._symbols[number]
        left = min(max(0.0, x0), max(0.0, self._size[0] - width - 1))
        step = height * 1.15
        tops = [y1 + step / 6, y0 - step]
        tops += [top for n in range(1, MAX_STEPS) for top in (y1 + step * (n + 1 / 6), y0 - step * (n + 1))]
        lowest = max(0.0, self._size[1] - height - 1)
        boxes = [(left, top, left + width, top + height) for top in (min(max(0.0, t), lowest) for t in tops)]
        others = [box for other, box in enumerate(self._symbols) if other != number]
        return min(boxes, key=lambda box: 2 * _hits(box, self._boxes) + _hits(box, others))


def _hits(box: Box, others: Sequence[Box]) -> int:
    return sum(box[0] < x1 and x0 < box[2] and box[1] < y1 and y0 < box[3] for x0, y0, x1, y1 in others)
