"""The memory in which a label printer draws: dots that later commands overwrite, add to or invert."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageChops

__all__ = ["DotJob", "DotPage", "DrawingError"]

MAX_WIDTH_DOTS: Final = 4_096
"""A 168 mm head at 600 dpi has 3,968 dots."""
MAX_LENGTH_DOTS: Final = 32_000
"""Four metres at 203 dpi."""
INK: Final = 255
"""How Pillow keeps a dot that is set."""
MAX_PAGE_DOTS: Final = 40_000_000
"""5 MB of bit map, what a printer has."""


class DrawingError(ValueError):
    """What cannot be drawn; a printer leaves it out."""


@dataclass(slots=True)
class DotJob:
    """A finished label."""

    image: Image.Image
    copies_left: int = 1
    not_drawn: set[str] = field(default_factory=set)

    @property
    def width_dots(self) -> int:
        """Across the head."""
        return self.image.width

    @property
    def length_dots(self) -> int:
        """Along the paper."""
        return self.image.height

    def picture(self) -> bytes:
        """A one-bit PNG, black on white."""
        png = io.BytesIO()
        ImageChops.invert(self.image).save(png, "PNG")
        return png.getvalue()


class DotPage:
    """`width` x `length` dots, white at first; ink is 1."""

    def __init__(self, width: int, length: int) -> None:
        """DrawingError beyond what a printer's memory holds."""
        if not (1 <= width <= MAX_WIDTH_DOTS and 1 <= length <= MAX_LENGTH_DOTS):
            raise DrawingError(f"a page of {width} x {length} dots")
        if width * length > MAX_PAGE_DOTS:
            raise DrawingError(f"a page of {width} x {length} dots is beyond the memory")
        self._image = Image.new("1", (width, length), 0)

    @property
    def size(self) -> tuple[int, int]:
        """Width and length in dots."""
        return self._image.size

    def overwrite(self, left: int, top: int, row_bytes: int, dots: bytes) -> None:
        """Put a block there, its white included; what lies outside the page is lost."""
        self._image.paste(_block(row_bytes, dots), (left, top))

    def add(self, left: int, top: int, row_bytes: int, dots: bytes) -> None:
        """Put only its ink there."""
        block = _block(row_bytes, dots)
        self._image.paste(INK, (left, top), block)

    def invert(self, left: int, top: int, row_bytes: int, dots: bytes) -> None:
        """Turn every dot over where the block has ink."""
        layer = Image.new("1", self._image.size, 0)
        layer.paste(_block(row_bytes, dots), (left, top))
        self._image = ImageChops.logical_xor(self._image, layer)

    def copy(self) -> Image.Image:
        """The dots now."""
        return self._image.copy()


def _block(row_bytes: int, dots: bytes) -> Image.Image:
    if row_bytes < 1 or not dots or len(dots) % row_bytes:
        raise DrawingError(f"{len(dots)} bytes in rows of {row_bytes}")
    return Image.frombytes("1", (row_bytes * 8, len(dots) // row_bytes), dots)
