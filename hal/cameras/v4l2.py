"""Cameras of the kernel, Video4Linux2, through PyAV.

Not tried on hardware yet: there is no camera where this was written.  Written from the documentation of
FFmpeg's video4linux2 input.  Its timestamps are the driver's, mostly of the monotonic clock and then
used as they are; others are replaced by the time of arrival.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from hal.cameras.reader import RawFrame, Stop
from hal.cameras.video import Picture, close_video, open_video, pictures

__all__ = ["V4l2Source"]

PLAUSIBLE_AGE_S: Final = 1.0
"""A timestamp that lies so near before its arrival is one of our monotonic clock."""
SILENCE_S: Final = 5.0


class V4l2Source:
    """A `FrameSource` over a device such as `/dev/video0`; size, rate and format are wishes to the driver.

    `pixels` is a format by FFmpeg's name: USB cameras send `mjpeg` where the bus is too slow for more.
    """

    waits = False

    def __init__(self, device: str, size: str | None, fps: float | None, pixels: str | None) -> None:
        self._device = device
        self._options = {"video_size": size} if size else {}
        if fps:
            self._options["framerate"] = f"{fps:g}"
        if pixels:
            self._options["input_format"] = pixels
        self._container: Any = None
        self._pictures: Iterator[tuple[Picture, float | None]] = iter(())

    def open(self, stop: Stop) -> None:
        """Open the device and start it."""
        self._container = open_video(self._device, "v4l2", self._options, SILENCE_S)
        self._pictures = pictures(self._device, self._container)

    def read(self, stop: Stop) -> RawFrame | None:
        """The next picture."""
        for (pixels, width, height, stride), stamp_s in self._pictures:
            now_s = time.monotonic()
            known = stamp_s is not None and 0 <= now_s - stamp_s <= PLAUSIBLE_AGE_S
            return RawFrame(
                pixels, width, height, stride, stamp_s if known and stamp_s is not None else now_s
            )
        return None

    def close(self) -> None:
        """Let go of the device."""
        if self._container is not None:
            close_video(self._container)
            self._container = None
