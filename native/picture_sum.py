"""Frames of one moving place added up in C: where it lies in each, their sum, their mean; and where to look.

Beside `native.barcode` the only importer of `native._barcode`.  Memory is
given once, when an object is made, and used again for every frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from native._barcode import ffi, lib
from native.barcode import BarcodeError
from native.image_buffer import ImageBuffer

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["MAX_FRAMES", "Box", "BusyPlaces", "Finder", "Picture", "PictureSum"]

MAX_FRAMES: Final = lib.BC_MAX_FRAMES
"""Frames a sum holds."""

_ALIGNMENT: Final = 16


class Box(NamedTuple):
    """An upright rectangle of a picture, px."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where the pixels to its right begin."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Where the pixels below it begin."""
        return self.top + self.height


class Picture:
    """A borrowed image that several calls look at: `with Picture(frame) as picture`."""

    def __init__(self, image: object, width: int | None = None, height: int | None = None) -> None:
        self._pixels = ImageBuffer()
        try:
            self._pixels.borrow(image, width, height, None)
        except BaseException:
            self._pixels.release()
            raise
        self.c = ffi.new("bc_image *")
        self.c.px = ffi.cast("uint8_t *", self._pixels.address)
        self.c.width, self.c.height = self._pixels.width, self._pixels.height
        self.c.stride, self.c.step = self._pixels.stride, self._pixels.step

    @property
    def width(self) -> int:
        """px"""
        return self._pixels.width

    @property
    def height(self) -> int:
        """px"""
        return self._pixels.height

    def __enter__(self) -> Picture:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pixels.release()


class PictureSum:
    """What one place shows in several frames, added up on a grid `scale` times as fine as pixels."""

    def __init__(self, width: int, height: int, scale: int) -> None:
        """`width` and `height` in px of the picture; `scale` is 1 or 2."""
        self.width, self.height, self.scale = width, height, scale
        self._n = width * height * scale * scale
        self._sums = bytearray(2 * self._n)
        self._mean = bytearray(self._n)
        self._c = ffi.new("bc_sum *")
        self._sums_c = ffi.from_buffer("uint8_t[]", self._sums)
        self._mean_c = ffi.from_buffer("uint8_t[]", self._mean)
        self._c.sum = ffi.cast("uint16_t *", self._sums_c)
        self._c.width, self._c.height, self._c.scale = width * scale, height * scale, scale

    @property
    def frames(self) -> int:
        """How many were added."""
        return self._c.frames

    @property
    def bytes_used(self) -> int:
        """Memory of the sums and the mean."""
        return len(self._sums) + len(self._mean)

    def add(self, picture: Picture, x: float, y: float) -> bool:
        """Add what the picture shows from x, y on; False unless that is half a pixel inside, or when full."""
        status = lib.bc_accumulate(picture.c, x, y, self._c)
        return bool(status == lib.BC_OK)

    def mean(self) -> memoryview:
        """The mean of what was added, `width * scale` by `height * scale` px; good until the next call."""
        status = lib.bc_mean(self._c, self._mean_c, self._n)
        if status != lib.BC_OK:
            raise BarcodeError(status)
        return memoryview(self._mean).toreadonly()


class Finder:
    """Finds a part again in later frames."""

    def __init__(self, picture: Picture, box: Box) -> None:
        """The part is what `picture` shows in `box`, whose sides are whole pixels."""
        self.width, self.height = int(box.width), int(box.height)
        one = PictureSum(self.width, self.height, 1)
        if not one.add(picture, box.left, box.top):
            raise ValueError(f"{box} is not half a pixel inside the picture")
        self._part = bytes(one.mean())
        self._part_c = ffi.from_buffer("uint8_t[]", self._part)
        self._at = ffi.new("bc_shift *")
        self._room = bytearray()

    def find(self, picture: Picture, x: float, y: float, radius: int) -> tuple[float, float, float] | None:
        """Its place within `radius` px of x, y, and how clear that is (0 to 1); None outside the picture."""
        needed = lib.bc_find_shift_workspace(self.width, self.height, radius)
        if len(self._room) < needed + _ALIGNMENT:
            self._room = bytearray(needed + _ALIGNMENT)
        self._at.x, self._at.y = x, y
        room = ffi.from_buffer("uint8_t[]", self._room)
        status = lib.bc_find_shift(
            picture.c, self._part_c, self.width, self.height, radius, room, len(self._room), self._at
        )
        if status == lib.BC_NO_READ:
            return None
        if status != lib.BC_OK:
            raise BarcodeError(status)
        return self._at.x, self._at.y, self._at.contrast


class BusyPlaces:
    """Finds the areas of a picture that look as symbols do."""

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._boxes = ffi.new("bc_box[]", most)
        self._n = ffi.new("size_t *")
        self._room = bytearray()

    def find(self, picture: Picture) -> list[Box]:
        """Boxes of whole blocks of 32 px; at most as many as were asked for."""
        needed = lib.bc_busy_workspace(picture.width, picture.height)
        if len(self._room) < needed:
            self._room = bytearray(needed)
        room = ffi.from_buffer("uint8_t[]", self._room)
        status = lib.bc_busy(picture.c, room, len(self._room), self._boxes, self._most, self._n)
        if status not in (lib.BC_OK, lib.BC_NO_READ, lib.BC_OUTPUT_FULL):
            raise BarcodeError(status)
        boxes = (self._boxes[i] for i in range(self._n[0]))
        return [Box(box.left, box.top, box.width, box.height) for box in boxes]
