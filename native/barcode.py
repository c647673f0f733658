"""What Python may ask of the C decoder; the only importer of `native._barcode`.

Every call borrows its input without a copy, releases the interpreter lock
while C runs and may come from any thread.  The caller must not change the
bytes of its input during the call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from native._barcode import ffi, lib

if TYPE_CHECKING:
    from native._barcode import CData

__all__ = ["MAX_THRESHOLD", "BarcodeError", "element_widths", "version"]

MAX_THRESHOLD = 255
"""A grey level is one byte."""


class BarcodeError(Exception):
    """The C library refused; `status` is its name in bc.h, such as `BAD_ARGUMENT`."""

    def __init__(self, status: int) -> None:
        self.status = _text(lib.bc_status_str(status))
        super().__init__(self.status)


def version() -> str:
    """The C library's version, `major.minor.patch`."""
    return _text(lib.bc_version())


def element_widths(row: bytes | bytearray | memoryview, threshold: int) -> list[int]:
    """The run lengths of one grey row, in pixels: spaces at even places, bars at odd ones.

    `row` has one byte a pixel and is contiguous; a pixel below `threshold`
    (0…255) is dark.  The first element is a space, 0 wide when the row begins
    dark.  A run past 65,535 pixels is told as 65,535.  An empty row has no
    elements.  Raises ValueError for a threshold out of range.
    """
    if not 0 <= threshold <= MAX_THRESHOLD:
        raise ValueError(f"threshold {threshold} is not a grey level (0 to {MAX_THRESHOLD})")
    pixels = ffi.from_buffer("uint8_t[]", row)
    capacity = len(pixels) + 1  # every pixel its own element, after a space of width 0
    widths = ffi.new("uint16_t[]", capacity)
    count = ffi.new("size_t *")
    status = lib.bc_element_widths(pixels, len(pixels), threshold, widths, capacity, count)
    if status != lib.BC_OK:
        raise BarcodeError(status)
    return ffi.unpack(widths, count[0])


def _text(chars: CData) -> str:
    return ffi.string(chars).decode("ascii")


_NAMES = ["Code128","EAN13","EAN8","UPCA","UPCE","ITF","Code39","Code93","Codabar","DataBar","DataBarLimited","DataBarExpanded","QRCode","MicroQR"]
ALL = 0x3FFF

class Symbol:
    pass

_ws: dict[str, Any] = {}

def read(image: Any, *, symbologies: int = ALL, max_symbols: int = 64, effort: int = 1, flags: int = 0) -> list[Any]:
    """Interim: C-contiguous numpy arrays only."""
    h, w = image.shape
    px = ffi.from_buffer("uint8_t[]", image)
    need = lib.bc_workspace_size(w, h, symbologies)
    if _ws.get("n", 0) < need:
        _ws["b"] = ffi.new("uint8_t[]", need + 64)
        _ws["n"] = need
    if "o" not in _ws:
        _ws["o"] = ffi.new("bc_symbol[]", 64)
    base = ffi.cast("uintptr_t", _ws["b"])
    ptr = ffi.cast("void *", (int(base) + 63) // 64 * 64)
    im = ffi.new("bc_image *", {"px": px, "width": w, "height": h, "stride": w, "step": 1})
    opt = ffi.new("bc_options *", {"symbologies": symbologies, "effort": effort, "flags": flags})
    n = ffi.new("size_t *")
    status = lib.bc_decode(im, opt, ptr, _ws["n"], _ws["o"], max_symbols, n)
    if status not in (0, 1, 7, 8):
        raise BarcodeError(status)
    out = []
    for i in range(n[0]):
        c = _ws["o"][i]
        s = Symbol()
        s.data = bytes(ffi.buffer(c.payload, c.length))
        s.raw = s.data
        try:
            s.text = s.data.decode("utf-8")
        except UnicodeDecodeError:
            s.text = s.data.decode("latin-1")
        s.format = _NAMES[c.symbology.bit_length() - 1]
        s.identifier = ffi.string(c.identifier).decode()
        s.corners = [(c.corners[2 * k], c.corners[2 * k + 1]) for k in range(4)]
        s.module_px = c.module_px
        s.ec_used = c.ec_used
        out.append(s)
    return out
