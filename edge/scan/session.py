"""One run: frames from the camera to the tracker, and what comes of them to the report."""

from __future__ import annotations

import time
from typing import Final, Protocol

from edge.scan.preview import Preview
from edge.scan.report import Report
from edge.scan.tally import Tally
from hal.errors import HalError
from hal.interfaces import Frame
from hal.registry import StartableCamera
from native.tracker import Update

__all__ = ["Session", "grey_plane"]

STATUS_S: Final = 1.0


class Feedable(Protocol):
    """What a session needs of `native.tracker.Tracker`."""

    def feed(self, image: object, at_s: float) -> Update:
        """Look at a frame."""
        ...

    def flush(self) -> Update:
        """The stream is over."""
        ...


class Session:
    """Runs until told to stop, `seconds` have passed, `frames` were looked at or the camera has ended."""

    def __init__(
        self,
        camera: StartableCamera,
        tracker: Feedable,
        report: Report,
        *,
        seconds: float | None = None,
        frames: int | None = None,
        preview: Preview | None = None,
    ) -> None:
        self._camera = camera
        self._tracker = tracker
        self._report = report
        self._frames = frames
        self._preview = preview
        self._begun_s = time.monotonic()
        self._ends_s = None if seconds is None else self._begun_s + seconds
        self._all = Tally(self._begun_s)
        self._lately = Tally(self._begun_s)
        self._visible = 0
        self._known: tuple[bool, str | None] = (False, None)
        self._stopped = False

    async def run(self) -> bool:
        """True when any frame came."""
        await self._camera.start()
        try:
            why = await self._look()
        finally:
            await self._camera.close()
        now_s = time.monotonic()
        for track in self._tracker.flush().lost:
            self._report.lost(track, now_s)
        if self._preview is not None:
            await self._preview.close()
        self._report.end(self._all.facts(now_s, self._camera.dropped, self._visible), why)
        return self._all.frames > 0

    async def stop(self) -> None:
        """End the run; `run` returns soon after."""
        self._stopped = True
        await self._camera.close()

    async def _look(self) -> str:
        while True:
            now_s = time.monotonic()
            if now_s >= self._lately.begun_s + STATUS_S:
                self._tell_status(now_s)
            if self._ends_s is not None and now_s >= self._ends_s:
                return "seconds"
            until_s = self._lately.begun_s + STATUS_S
            try:
                frame = await self._camera.next_frame(min(until_s, self._ends_s or until_s))
            except HalError:
                self._tell_camera()  # neither a frame nor an end: the clock is looked at above
                continue
            self._tell_camera()
            if frame is None:
                return "signal" if self._stopped else "camera"
            self._feed(frame)
            if self._all.frames == self._frames:
                return "frames"

    def _feed(self, frame: Frame) -> None:
        begun_s = time.monotonic()
        update = self._tracker.feed(grey_plane(frame), frame.at_s)
        now_s = time.monotonic()
        # A recording that waits may run ahead of its own clock.
        latency_ms = (now_s - min(frame.at_s, begun_s)) * 1e3
        for track in update.appeared:
            self._report.read(track, frame.number, latency_ms)
        for track in update.lost:
            self._report.lost(track, frame.at_s)
        for tally in (self._all, self._lately):
            tally.add(latency_ms, len(update.appeared), cut=update.stopped_by is not None)
        self._visible = len(update.visible)
        if self._preview is not None:
            seen = [track.symbol for track in update.visible if track.last_seen_s == frame.at_s]
            self._preview.show(frame, seen, now_s)

    def _tell_status(self, now_s: float) -> None:
        self._report.status(self._lately.facts(now_s, self._camera.dropped, self._visible))
        self._lately = Tally(now_s, self._camera.dropped)

    def _tell_camera(self) -> None:
        known = (self._camera.online, self._camera.trouble)
        if known != self._known and not self._camera.ended:
            self._known = known
            self._report.camera(*known)


def grey_plane(frame: Frame) -> memoryview:
    """The frame as rows by columns; copied only where rows are padded."""
    width, height, stride = frame.width, frame.height, frame.stride
    if stride == width:
        return frame.pixels[: width * height].cast("B", (height, width))
    rows = b"".join(frame.pixels[y * stride : y * stride + width] for y in range(height))
    return memoryview(rows).cast("B", (height, width))
