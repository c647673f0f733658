"""Borrows the pixels of any Python buffer without a copy: where they are, and how far apart.

`memoryview` hides the address of what is not contiguous and cffi takes only
what is, so the buffer is asked for through the C API that both use
(`PyObject_GetBuffer`; its struct is part of the stable ABI since 3.11).
"""

from __future__ import annotations

import ctypes
from typing import Final

__all__ = ["MAX_SIDE", "ImageBuffer"]

MAX_SIDE: Final = 16384
"""px; BC_MAX_SIDE of bc.h."""

_RECORDS_RO: Final = 0x1C
"""PyBUF_RECORDS_RO: read only, with format, shape and strides."""

_UINT8: Final = frozenset((None, b"B", b"@B", b"=B", b"<B", b">B", b"!B"))
"""The ways a buffer says uint8 (module `struct`; none at all means it too)."""

_ssize_p = ctypes.POINTER(ctypes.c_ssize_t)


class _PyBuffer(ctypes.Structure):
    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", _ssize_p),
        ("strides", _ssize_p),
        ("suboffsets", _ssize_p),
        ("internal", ctypes.c_void_p),
    )


_get_buffer = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_void_p, ctypes.c_int)(
    ("PyObject_GetBuffer", ctypes.pythonapi)
)
_release_buffer = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(("PyBuffer_Release", ctypes.pythonapi))


class ImageBuffer:
    """The pixels of one image at a time: `borrow`, use, always `release`.  Not for two threads at once.

    While borrowed the owner cannot free or resize its memory; that nobody
    changes the pixels is for the caller to see to.
    """

    __slots__ = ("_view", "_view_at", "address", "height", "step", "stride", "width")

    def __init__(self) -> None:
        self._view = _PyBuffer()
        self._view_at = ctypes.addressof(self._view)
        self.address = 0
        """Of the top left pixel."""
        self.width = self.height = 0
        """px"""
        self.stride = self.step = 0
        """Bytes from a pixel to the one below, and to the one on its right; either may be negative."""

    def borrow(self, image: object, width: int | None, height: int | None, stride: int | None) -> None:
        """Take hold of `image`; see `native.barcode.read` for what it may be and which errors are raised."""
        try:
            _get_buffer(image, self._view_at, _RECORDS_RO)
        except (TypeError, BufferError, ValueError) as error:
            raise TypeError(
                f"an image is a 2-D uint8 buffer or flat bytes, not {type(image).__name__} ({error})"
            ) from None
        self._look(width, height, stride)

    def release(self) -> None:
        """Let go of the image; also after `borrow` raised, and nothing to do when nothing is held."""
        _release_buffer(self._view_at)

    def crop(self, left: int, top: int, width: int, height: int) -> None:
        """Only this part of what is borrowed, px, from now on; ValueError unless it lies in it."""
        if not (0 <= left < left + width <= self.width and 0 <= top < top + height <= self.height):
            raise ValueError(
                f"{width} by {height} px at {left}, {top} are no part of {self.width} by {self.height} px"
            )
        self.address += top * self.stride + left * self.step
        self.width, self.height = width, height

    def _look(self, width: int | None, height: int | None, stride: int | None) -> None:
        view = self._view
        if view.format not in _UINT8:
            raise TypeError(
                f"pixels are of format {view.format.decode('ascii', 'replace')!r}, not uint8 ('B'); "
                "convert them to grey levels 0 to 255 first"
            )
        if view.ndim == 2:
            if width is not None or height is not None or stride is not None:
                raise TypeError("width, height and stride are for flat bytes; this image has its own")
            self.height, self.width = view.shape[0], view.shape[1]
            self._check_size()
            self._look_up_steps()
        elif view.ndim == 1:
            self._look_flat(width, height, stride)
        else:
            raise ValueError(
                f"an image has 2 dimensions, rows and columns, not {view.ndim}"
                + ("; choose one channel, such as image[:, :, 1]" if view.ndim == 3 else "")
            )
        self.address = view.buf

    def _look_flat(self, width: int | None, height: int | None, stride: int | None) -> None:
        if width is None or height is None:
            raise TypeError("flat bytes need width and height")
        view = self._view
        self.width, self.height = width, height
        self._check_size()
        length = view.shape[0]
        if length > 1 and view.strides and view.strides[0] != 1:
            raise ValueError(f"flat bytes must be contiguous; these are {view.strides[0]} apart")
        self.step, self.stride = 1, width if stride is None else stride
        if self.stride < width:
            raise ValueError(f"a stride of {stride} bytes is less than a row of {width}")
        needed = self.stride * (height - 1) + width
        # With a stride of its own the buffer may end anywhere past the last row: camera buffers do.
        if length < needed or (stride is None and length != needed):
            raise ValueError(
                f"{length} bytes are not {height} rows of {width} px"
                + (f" every {stride} bytes" if stride is not None else "")
                + f", which take {needed}"
            )

    def _check_size(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"an image of {self.width} by {self.height} px holds nothing")
        if self.width > MAX_SIDE or self.height > MAX_SIDE:
            raise ValueError(
                f"an image of {self.width} by {self.height} px is too large: a side has at most {MAX_SIDE}"
            )

    def _look_up_steps(self) -> None:
        strides = self._view.strides
        self.stride, self.step = (strides[0], strides[1]) if strides else (self.width, 1)
        if self.width == 1:
            self.step = 1  # there is no neighbour, so a buffer may say anything
        if self.step == 0:
            raise ValueError("all pixels of a row are one byte (a broadcast array); copy the image first")
