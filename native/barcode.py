"""What Python may ask of the C decoder; the importer of `native._barcode` beside
`native.picture_sum`.

Every call borrows its input without a copy, releases the interpreter lock
while C runs and may come from any thread.  The caller must not change the
bytes of its input during the call.
"""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Final, Literal

from native._barcode import ffi, lib
from native.image_buffer import MAX_SIDE, ImageBuffer
from native.payload_text import ECI_NONE, decode_payload
from native.symbol import Point, Result, StructuredAppend, Symbol
from native.symbology import Symbology, parse_symbologies

if TYPE_CHECKING:
    from native._barcode import CData, FoundSymbol
    from native.tracker import Track, Tracker, Update

__all__ = [
    "ALL",
    "EFFORTS",
    "MAX_SIDE",
    "MAX_SYMBOLS",
    "MAX_THRESHOLD",
    "MAX_WORK_US",
    "BarcodeError",
    "Effort",
    "Point",
    "Result",
    "StructuredAppend",
    "Symbol",
    "Symbology",
    "Track",
    "Tracker",
    "Update",
    "element_widths",
    "parse_symbologies",
    "read",
    "scan",
    "version",
    "workspace_bytes",
]

ALL: Final = Symbology.ALL
"""Every symbology there is."""

MAX_THRESHOLD: Final = 255
"""A grey level is one byte."""

MAX_SYMBOLS: Final = 1024
"""Symbols a call may be asked for; BC_MAX_SYMBOLS of bc.h."""

MAX_WORK_US: Final = 1_000_000_000
"""A bound beyond any image's own."""

Effort = Literal["fast", "normal", "thorough"]
"""How long to look: `fast` is what a good picture needs; `thorough` tries whatever there is to try."""

EFFORTS: Final[dict[str, int]] = {"fast": 0, "normal": 1, "thorough": 2}

_ALL: Final = int(ALL)
_LINEAR: Final = int(Symbology.LINEAR)
_MAXICODE: Final = int(Symbology.MaxiCode)
_ECI_LATIN_1: Final = 3
_NAMES: Final = {int(member): str(member.name) for member in Symbology}

_KEPT_CALLS: Final = 4
"""Memories of calls kept for the next: as many as the controller has cores, so as many as run at once."""

_KEPT_WORKSPACE_BYTES: Final = 32 << 20
"""A larger workspace, that of an image beyond some 20 megapixels, is given back after its call."""

_ALIGNMENT: Final = 64
"""Of the workspace; C asks for 16, a cache line keeps vector loads whole."""


class BarcodeError(Exception):
    """The C library refused; `status` is its name in bc.h, such as `BAD_ARGUMENT`."""

    def __init__(self, status: int) -> None:
        self.status = _text(lib.bc_status_str(status))
        super().__init__(self.status)


def version() -> str:
    """The C library's version, `major.minor.patch`."""
    return _text(lib.bc_version())


def workspace_bytes(width: int, height: int, symbologies: int = Symbology.ALL) -> int:
    """Memory that reading an image of this size (px) takes beside the image and the results.

    Raises ValueError for a size that no image may have.
    """
    size = lib.bc_workspace_size(width, height, _mask(symbologies)) if width > 0 and height > 0 else 0
    if size == 0:
        raise ValueError(f"{width} by {height} px is no size for an image; a side has 1 to {MAX_SIDE}")
    return size


def read(
    image: object,
    *,
    width: int | None = None,
    height: int | None = None,
    stride: int | None = None,
    symbologies: int = ALL,
    max_symbols: int = 64,
    effort: Effort = "normal",
    code39_check: bool = False,
    code39_full_ascii: bool | None = None,
    portable: bool = False,
) -> list[Symbol]:
    """The symbols in a grey image, in the order they were found; none is told twice.

    `image` is any 2-D buffer of uint8, rows by columns, 0 black to 255 white: a
    numpy array or a memoryview, also one with gaps or running backwards, such
    as `frame[::-1]` or `rgb[:, :, 1]`.  Or it is flat bytes with `width` and
    `height` (px) and, when rows are further apart than that, `stride` (bytes);
    then the buffer may go on past the last row.  Nothing is copied here.

    `symbologies` says what to look for (`Symbology`, or its bits as an int),
    `max_symbols` (1 to 1024) how many are wanted, `effort` how long to look.
    `code39_check`: Code 39 must end in a valid check character, which is then
    left out.  `code39_full_ascii`: whether pairs such as `+A` are read as full
    ASCII; None decides by the symbol, which must hold two lower case letters.
    `portable` keeps to code without SIMD; the answer is the same.

    Raises TypeError for what is no buffer, has other pixels than uint8, or
    lacks a width; ValueError for a shape, size, length or option out of range;
    BarcodeError should the library refuse.  A look cut short by its bounds is
    not told from one that was not: `scan` tells.
    """
    return scan(
        image,
        width=width,
        height=height,
        stride=stride,
        symbologies=symbologies,
        max_symbols=max_symbols,
        effort=effort,
        code39_check=code39_check,
        code39_full_ascii=code39_full_ascii,
        portable=portable,
    ).symbols


def scan(
    image: object,
    *,
    width: int | None = None,
    height: int | None = None,
    stride: int | None = None,
    symbologies: int = ALL,
    max_symbols: int = 64,
    effort: Effort = "normal",
    code39_check: bool = False,
    code39_full_ascii: bool | None = None,
    portable: bool = False,
    work_us: int = 0,
    part: tuple[int, int, int, int] | None = None,
) -> Result:
    """What `read` finds, and whether the look was complete or which bound ended it.

    `work_us` bounds the work tighter than effort does, in microseconds of a
    3 GHz core; 0 leaves it at that.  `part`, as left, top, width and height in
    px, is all that is looked at; corners are still those in the whole image.
    """
    if not 1 <= max_symbols <= MAX_SYMBOLS:
        raise ValueError(f"max_symbols {max_symbols} is not in 1 to {MAX_SYMBOLS}")
    if not 0 <= work_us <= MAX_WORK_US:
        raise ValueError(f"work_us {work_us} is not in 0 to {MAX_WORK_US}")
    mask, level = _mask(symbologies), _effort(effort)
    flags = (
        lib.BC_PORTABLE * bool(portable)
        | lib.BC_CODE39_CHECK * bool(code39_check)
        | lib.BC_CODE39_FULL_ASCII * (code39_full_ascii is True)
        | lib.BC_CODE39_PLAIN * (code39_full_ascii is False)
    )
    call = _idle_call()
    try:
        call.pixels.borrow(image, width, height, stride)
        if part is not None:
            call.pixels.crop(*part)
        status = call.decode(mask, level, flags, max_symbols, work_us)
        if status not in _ENDS:
            raise BarcodeError(status)
        symbols = [_symbol(call.found[i]) for i in range(call.found_n[0])]
        if part is not None:
            symbols = [symbol.placed(part[0], part[1]) for symbol in symbols]
        return Result(symbols, _ENDS[status])
    finally:
        call.pixels.release()
        call.put_back()


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


_ENDS: Final[dict[int, Literal["max_symbols", "work"] | None]] = {
    lib.BC_OK: None,
    lib.BC_NO_READ: None,
    lib.BC_OUTPUT_FULL: "max_symbols",
    lib.BC_LIMIT: "work",
}
"""The statuses that are answers, and what ended the look."""

_new_uncleared = ffi.new_allocator(should_clear_after_alloc=False)
"""C clears what it needs clear; pages never touched are never taken from the system."""


class _Call:
    """The memory of one call at a time: its arguments as C structs, the workspace, the output."""

    def __init__(self) -> None:
        self.pixels = ImageBuffer()
        self.image = ffi.new("bc_image *")
        self.options = ffi.new("bc_options *")
        self.found_n = ffi.new("size_t *")
        self._give_workspace(0)
        self._give_output(0)

    def decode(self, symbologies: int, effort: int, flags: int, max_symbols: int, work_us: int) -> int:
        """Run C on the borrowed pixels; its status."""
        pixels, image, options = self.pixels, self.image, self.options
        options.symbologies, options.effort, options.flags = symbologies, effort, flags
        options.work_us = work_us
        image.px = ffi.cast("uint8_t *", pixels.address)
        image.width, image.height = pixels.width, pixels.height
        image.stride, image.step = pixels.stride, pixels.step
        needed = lib.bc_workspace_size(pixels.width, pixels.height, symbologies)
        if needed > self._workspace_n:
            self._give_workspace(needed)
        if max_symbols > self._found_cap:
            self._give_output(max_symbols)
        return lib.bc_decode(
            image, options, self._workspace, self._workspace_n, self.found, max_symbols, self.found_n
        )

    def put_back(self) -> None:
        """Keep this for the next call, whichever thread makes it."""
        if self._workspace_n > _KEPT_WORKSPACE_BYTES:
            self._give_workspace(0)
        if len(_idle) < _KEPT_CALLS:
            _idle.append(self)

    def _give_workspace(self, size: int) -> None:
        self._workspace_n = size
        self._memory = _new_uncleared("uint8_t[]", size + _ALIGNMENT)
        start = int(ffi.cast("uintptr_t", self._memory))
        self._workspace = ffi.cast("void *", start + -start % _ALIGNMENT)

    def _give_output(self, capacity: int) -> None:
        self._found_cap = capacity
        self.found = _new_uncleared("bc_symbol[]", capacity)


def __getattr__(name: str) -> object:
    """What is built on this module and offered here: loaded when first asked for."""
    if name not in ("Track", "Tracker", "Update"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from native import tracker

    return getattr(tracker, name)


_idle: Final[list[_Call]] = []
"""Shared by all threads (`pop` and `append` are atomic): as many as there are calls at once, not threads."""


def _idle_call() -> _Call:
    try:
        return _idle.pop()
    except IndexError:
        return _Call()


def _mask(symbologies: int) -> int:
    mask = index(symbologies)
    if mask & ~_ALL:
        raise ValueError(f"symbologies {mask:#x} has bits that are no symbology (all of them are {_ALL:#x})")
    return mask


def _effort(effort: str) -> int:
    try:
        return EFFORTS[effort]
    except (KeyError, TypeError):
        raise ValueError(f"effort {effort!r} is none of {', '.join(EFFORTS)}") from None


def _symbol(found: FoundSymbol) -> Symbol:
    data = ffi.buffer(found.payload, found.length)[:]
    segments = [(segment.start, segment.eci) for segment in found.segments[0 : found.segment_n]]
    x = ffi.unpack(found.corners, 8)
    return Symbol(
        text=_content(found.symbology, data, segments),
        data=data,
        format=_NAMES[found.symbology],
        identifier=_text(found.identifier),
        corners=(Point(x[0], x[1]), Point(x[2], x[3]), Point(x[4], x[5]), Point(x[6], x[7])),
        rotation_deg=found.rotation_deg,
        module_px=found.module_px,
        ec_used=found.ec_used,
        eci=next((eci for _, eci in reversed(segments) if eci >= 0), None),
        add_on=_text(found.add_on) or None,
        mirrored=bool(found.mirrored),
        inverted=bool(found.inverted),
        version=found.version or None,
        ec_level=chr(found.ec_level) if found.ec_level else None,
        size=(found.columns, found.rows) if found.columns else None,
        reader_init=bool(found.reader_init),
        structured_append=_append(found) if found.append_count else None,
    )


def _content(symbology: int, data: bytes, segments: list[tuple[int, int]]) -> str:
    if symbology & _LINEAR:
        return data.decode("latin-1")
    if symbology & _MAXICODE and not _is_utf_8(data):
        # Its code sets are those of ISO 8859-1 by name (ISO/IEC 16023, 4.3): nothing else is guessed.
        segments = [(start, _ECI_LATIN_1 if eci == ECI_NONE else eci) for start, eci in segments]
    return decode_payload(data, segments)


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


_COUNT_UNKNOWN: Final = 0xFFFFFFFF
"""BC_APPEND_COUNT_UNKNOWN of bc.h."""


def _append(found: FoundSymbol) -> StructuredAppend:
    count = found.append_count if found.append_count != _COUNT_UNKNOWN else 0
    return StructuredAppend(found.append_index, count, _text(found.append_id))


def _text(chars: CData) -> str:
    """Of a C string; what is not ASCII, in the identification of an Aztec structured append, is Latin-1."""
    return ffi.string(chars).decode("latin-1")
