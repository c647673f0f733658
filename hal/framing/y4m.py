r"""YUV4MPEG2: raw frames behind one line of text each, in files and over sockets.

    YUV4MPEG2 W1280 H800 F30:1 Ip Cmono\n
    FRAME XAT=12.345678\n  <W * H bytes of Y> [chroma planes]
    FRAME\n                <…>

The format is that of mjpegtools, yuv4mpeg(5).  Of colour pictures the Y plane is kept, the others are
skipped.  `X` parameters are left to applications by the format; `XAT` is ours: the sender's monotonic
time in seconds at which the frame was taken.

Memory is bounded whatever arrives: lines and frames have limits, and a stream that breaks the format
ends with `Y4mError`; there is nothing in it to find the next frame by.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["MAX_FRAME_BYTES", "MAX_LINE_BYTES", "MAX_SIDE", "Y4mError", "Y4mFrame", "Y4mHeader", "Y4mParser"]

MAGIC = "YUV4MPEG2"
MAX_LINE_BYTES = 256
"""mjpegtools allows as much for the header; ours take 60."""
MAX_SIDE = 8192
"""px; no camera for labels has more."""
MAX_FRAME_BYTES = 32 << 20
"""Of a frame with its chroma: 20 megapixels in colour, 32 in grey."""
MAX_RATE = 10_000

_CHROMA_SHIFT = {"420": (1, 1), "411": (2, 0), "422": (1, 0), "444": (0, 0)}
"""Halvings of width and height."""
_DEFAULT_CHROMA = "420"
_KINDS_OF_420 = ("420jpeg", "420mpeg2", "420paldv")


class Y4mError(ValueError):
    """The stream is none of ours; the message says why, in few characters whatever came."""


@dataclass(frozen=True, slots=True)
class Y4mHeader:
    """What the first line says: px, frames a second (None when unknown), bytes behind the Y plane."""

    width: int
    height: int
    fps: float | None
    chroma_bytes: int


@dataclass(frozen=True, slots=True)
class Y4mFrame:
    """One frame: `pixels` is its Y plane, rows without gaps, and belongs to the receiver.

    `at_s` is what `XAT` said, None without.
    """

    header: Y4mHeader
    pixels: bytearray
    at_s: float | None


class Y4mParser:
    """Cuts a byte stream into frames.  Holds at most one line and one frame."""

    def __init__(self) -> None:
        self.header: Y4mHeader | None = None
        """None until the first line has come."""
        self._line = bytearray()
        self._pixels = bytearray()
        self._filled = 0
        self._chroma = 0
        self._at_s: float | None = None
        self._in_frame = False

    @property
    def pending(self) -> bool:
        """True while a frame has begun and not ended: a stream that stops here was cut."""
        return self._in_frame or bool(self._line)

    @property
    def room(self) -> memoryview:
        """Where the pixels that are still to come go: whoever fills it saves a copy and says `filled`.
        Empty between frames."""
        return memoryview(self._pixels)[self._filled :]

    def filled(self, count: int) -> Y4mFrame | None:
        """So many bytes were put into `room`; the frame if that ends it."""
        self._filled += count
        return self._ended() if self._is_whole() else None

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Y4mFrame]:
        """Every frame that `data` ends, in order, each made when it is asked for; raises Y4mError.

        The iterator must be taken to its end before the next call.
        """
        view = memoryview(data)
        while view:
            if not self._in_frame:
                view = self._take_line(view)
            elif self._filled < len(self._pixels):
                view = self._take_pixels(view)
            else:
                skipped = min(self._chroma, len(view))
                self._chroma -= skipped
                view = view[skipped:]
            if self._is_whole():
                yield self._ended()

    def _is_whole(self) -> bool:
        return self._in_frame and self._filled == len(self._pixels) and not self._chroma

    def _take_line(self, view: memoryview) -> memoryview:
        room = MAX_LINE_BYTES + 1 - len(self._line)
        head = bytes(view[:room])
        end = head.find(b"\n")
        if end < 0:
            self._line += head
            if len(self._line) > MAX_LINE_BYTES:
                raise Y4mError(f"a line of more than {MAX_LINE_BYTES} bytes")
            return view[len(head) :]
        self._line += head[:end]
        line, self._line = bytes(self._line), bytearray()
        if self.header is None:
            self.header = _header(line)
        else:
            self._begin(self.header, line)
        return view[end + 1 :]

    def _begin(self, header: Y4mHeader, line: bytes) -> None:
        self._at_s = _frame_time(line)
        self._pixels = bytearray(header.width * header.height)
        self._filled, self._chroma, self._in_frame = 0, header.chroma_bytes, True

    def _take_pixels(self, view: memoryview) -> memoryview:
        count = min(len(self._pixels) - self._filled, len(view))
        self._pixels[self._filled : self._filled + count] = view[:count]
        self._filled += count
        return view[count:]

    def _ended(self) -> Y4mFrame:
        assert self.header is not None
        frame = Y4mFrame(self.header, self._pixels, self._at_s)
        self._pixels, self._filled, self._in_frame = bytearray(), 0, False
        return frame


def _words(line: bytes, first: str) -> list[str]:
    words = line.decode("ascii", "replace").split(" ")
    if words[0] != first:
        raise Y4mError(f"{words[0][:16]!r} where {first} should stand")
    return [word for word in words[1:] if word]


def _header(line: bytes) -> Y4mHeader:
    width = height = 0
    fps: float | None = None
    colour = _DEFAULT_CHROMA
    for word in _words(line, MAGIC):
        tag, value = word[0], word[1:]
        if tag == "W":
            width = _number(word)
        elif tag == "H":
            height = _number(word)
        elif tag == "F":
            fps = _rate(value)
        elif tag == "C":
            colour = value
        elif tag == "I" and value not in ("p", "?"):
            raise Y4mError("interlaced pictures: a moving label is torn in them")
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise Y4mError(f"{width} by {height} px; a side has 1 to {MAX_SIDE}")
    chroma = _chroma_bytes(colour, width, height)
    if width * height + chroma > MAX_FRAME_BYTES:
        raise Y4mError(f"frames of {width * height + chroma} bytes; at most {MAX_FRAME_BYTES} are taken")
    return Y4mHeader(width, height, fps, chroma)


def _chroma_bytes(colour: str, width: int, height: int) -> int:
    if colour == "mono":
        return 0
    shift = _CHROMA_SHIFT.get("420" if colour in _KINDS_OF_420 else colour)
    if shift is None:
        raise Y4mError(f"colour space {colour[:16]!r}; known are mono, 420, 411, 422 and 444 of 8 bits")
    right, down = shift
    return 2 * (-(-width >> right)) * (-(-height >> down))


def _number(word: str) -> int:
    digits = word[1:]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 6):
        raise Y4mError(f"{word[:16]!r} is no size")
    return int(digits)


def _rate(value: str) -> float | None:
    over, colon, under = value.partition(":")
    if not (colon and all(part.isascii() and part.isdigit() and len(part) <= 9 for part in (over, under))):
        raise Y4mError(f"F{value[:16]!r} is no rate")
    if int(over) == 0 or int(under) == 0:
        return None
    fps = int(over) / int(under)
    if fps > MAX_RATE:
        raise Y4mError(f"{fps:.0f} frames a second; at most {MAX_RATE} are taken")
    return fps


def _frame_time(line: bytes) -> float | None:
    for word in _words(line, "FRAME"):
        if word.startswith("XAT="):
            try:
                at_s = float(word[4:])
            except ValueError:
                at_s = math.nan
            if not math.isfinite(at_s):
                raise Y4mError(f"{word[:16]!r} is no time")
            return at_s
    return None
