"""Recordings played as if a camera took them: a folder of pictures, a .y4m file, or any video PyAV opens.

Frame k is due k / fps seconds after the start, and `at_s` says when it was due.  Of a folder the
pictures come in the order of their names.  What cannot be read in the middle ends a file and is left out
of a folder, with a line in the log; a recording that cannot be opened at all counts as a camera that is
away, and is tried again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from hal.cameras.reader import RawFrame, Stop
from hal.cameras.video import Picture, close_video, open_video, pictures
from hal.framing.y4m import MAX_SIDE, Y4mError, Y4mParser
from hal.transport.byte_stream import LinkLost

__all__ = ["DEFAULT_FPS", "PICTURE_SUFFIXES", "RecordingSource"]

log = logging.getLogger(__name__)

DEFAULT_FPS: Final = 30.0
"""Where neither the setting nor the file says."""
PICTURE_SUFFIXES: Final = frozenset((".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".tif", ".tiff", ".webp"))
READ_BYTES: Final = 1 << 18


class RecordingSource:
    """A `FrameSource` over a path.

    `fps` None takes the file's own rate.  `loop` begins again at the end.  `waits` plays a frame only
    after the one before was taken, and as fast as they are taken: for judging a decoder by a recording.
    """

    def __init__(self, path: Path, *, fps: float | None, loop: bool, waits: bool) -> None:
        self.waits = waits
        self._path = path
        self._fps = fps
        self._loop = loop
        self._frames: Iterator[Picture] = iter(())
        self._rate = DEFAULT_FPS
        self._next_s = 0.0
        self._close: Callable[[], None] | None = None
        self._ahead: Picture | None = None

    def open(self, stop: Stop) -> None:
        """Find the first frame."""
        self._ahead = self._begin()
        self._next_s = time.monotonic()

    def read(self, stop: Stop) -> RawFrame | None:
        """The next frame, when it is due."""
        picture, self._ahead = self._ahead, None
        if picture is None:
            picture = next(self._frames, None)
        if picture is None and self._loop:
            picture = self._begin()
        if picture is None:
            return None
        due_s, now_s = self._next_s, time.monotonic()
        if not self.waits:
            due_s = max(due_s, now_s - 1 / self._rate)  # a file that is slow to read goes on from where it is
            if stop.wait(max(0.0, due_s - now_s)):
                raise LinkLost(f"{self._path}: closed here")
        self._next_s = due_s + 1 / self._rate
        pixels, width, height, stride = picture
        return RawFrame(pixels, width, height, stride, due_s)

    def close(self) -> None:
        """Let go of the file."""
        close, self._close = self._close, None
        if close is not None:
            close()

    def _begin(self) -> Picture:
        self.close()
        self._rate = self._fps or DEFAULT_FPS
        if self._path.is_dir():
            self._frames = _folder(self._path)
        elif self._path.suffix.lower() == ".y4m":
            self._frames = self._y4m()
        else:
            self._frames = self._video()
        first = next(self._frames, None)
        if first is None:
            raise LinkLost(f"{self._path}: holds no picture that can be read")
        return first

    def _y4m(self) -> Iterator[Picture]:
        parser = Y4mParser()
        try:
            file = self._path.open("rb")
        except OSError as error:
            raise LinkLost(f"{self._path}: {error.strerror}") from error
        self._close = file.close
        try:
            while data := file.read(READ_BYTES):
                for frame in parser.feed(data):
                    header = frame.header
                    self._rate = self._fps or header.fps or DEFAULT_FPS
                    yield memoryview(frame.pixels), header.width, header.height, header.width
        except (OSError, Y4mError) as error:
            self._breaks_off(str(error))
        if parser.pending:
            self._breaks_off("cut in the middle of a frame")

    def _video(self) -> Iterator[Picture]:
        container = open_video(str(self._path), None, {}, None)
        self._close = lambda: close_video(container)
        try:
            if container.streams.video:
                own = container.streams.video[0].average_rate
                self._rate = self._fps or (float(own) if own else DEFAULT_FPS)
            for picture, _ in pictures(str(self._path), container):
                yield picture
        except LinkLost as lost:
            self._breaks_off(str(lost))

    def _breaks_off(self, reason: str) -> None:
        log.warning("recording %s: ends early: %s", self._path, reason)


def _folder(folder: Path) -> Iterator[Picture]:
    for path in sorted(each for each in folder.iterdir() if each.suffix.lower() in PICTURE_SUFFIXES):
        try:
            with Image.open(path) as picture:
                if max(picture.size) > MAX_SIDE:
                    raise ValueError(f"{picture.width} by {picture.height} px is too large")
                grey = ImageOps.exif_transpose(picture).convert("L")
        except Exception as error:  # the unit is a file: Pillow's readers raise anything over damaged bytes
            log.warning("recording: %s is left out: %s", path, error)
            continue
        yield memoryview(grey.tobytes()), grey.width, grey.height, grey.width
