"""What all cameras share: a thread that reads, the newest frame, and the way back after a loss.

A driver is a `FrameSource`: blocking calls, used by one thread only.  The thread holds at most two
frames, the one that is being filled and the newest whole one; a frame that is taken belongs to its
taker.  So memory does not depend on how slow the taker is, and what it takes is never old.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from dataclasses import dataclass
from typing import Protocol

from hal.errors import DeviceOffline, NoAnswer
from hal.interfaces import Frame
from hal.transport.backoff import Backoff
from hal.transport.byte_stream import LinkLost

__all__ = ["CLOSE_WAIT_S", "FrameSource", "RawFrame", "Stop", "ThreadedCamera"]

log = logging.getLogger(__name__)

CLOSE_WAIT_S = 2.0
"""For the thread to leave its last call.  A driver of the kernel that hangs is left to the process's end."""


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A frame as a source gives it: like `Frame`, `at_s` on this machine's monotonic clock, in any order."""

    pixels: memoryview
    width: int
    height: int
    stride: int
    at_s: float


class Stop:
    """Tells a source's calls to end: they look, or wait on it instead of sleeping."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def asked(self) -> bool:
        """True when the call should end."""
        return self._event.is_set()

    def ask(self) -> None:
        """From any thread."""
        self._event.set()

    def wait(self, for_s: float) -> bool:
        """Wait so long unless asked; True when asked."""
        return self._event.wait(for_s)


class FrameSource(Protocol):
    """Where frames come from.  All calls come from one thread and may block, as long as they look at `stop`
    at least ten times a second, or the device ends them by itself."""

    @property
    def waits(self) -> bool:
        """True for a recording of which no frame may be dropped: the next waits until the last is taken."""
        ...

    def open(self, stop: Stop) -> None:
        """Make frames come.  Raises LinkLost, also when `stop` is asked meanwhile."""
        ...

    def read(self, stop: Stop) -> RawFrame | None:
        """The next frame, or None when there will be none.  Raises LinkLost as `open` does."""
        ...

    def close(self) -> None:
        """Let go of the device; also after `open` failed, and more than once."""
        ...


class ThreadedCamera:
    """A `Camera` over a `FrameSource`."""

    def __init__(self, camera_id: str, source: FrameSource) -> None:
        self.id = camera_id
        self._source = source
        self._stop = Stop()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._lock = threading.Lock()
        self._taken = threading.Event()
        self._newest: Frame | None = None
        self._delivered = 0
        self._last_s = -math.inf
        self._dropped = 0
        self._online = False
        self._ended = False
        self._trouble: str | None = None

    @property
    def online(self) -> bool:
        """True while the source is open."""
        return self._online

    @property
    def ended(self) -> bool:
        """True after the last frame of a recording was taken, and after `close`."""
        return self._ended and self._newest is None

    @property
    def dropped(self) -> int:
        """Frames that a newer one replaced."""
        return self._dropped

    @property
    def trouble(self) -> str | None:
        """Why it is not online."""
        return self._trouble

    async def start(self) -> None:
        """Begin to read; a camera that is not there comes up offline and is tried again and again."""
        if self._thread is None and not self._ended:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._run, name=f"camera {self.id}", daemon=True)
            self._thread.start()

    async def close(self) -> None:
        """End the thread, let go of the device and of a frame that waits.  It does not start again."""
        self._stop.ask()
        self._taken.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.to_thread(thread.join, CLOSE_WAIT_S)
            if thread.is_alive():
                log.warning("camera %s: its driver does not return; left behind", self.id)
        with self._lock:
            self._newest = None
        self._ended, self._online = True, False
        self._changed.set()

    async def next_frame(self, deadline: float | None = None) -> Frame | None:
        """The newest frame, waited for; see `Camera`."""
        try:
            async with asyncio.timeout_at(deadline):
                while True:
                    self._changed.clear()
                    over = self._ended  # asked first: the last frame comes before the end
                    frame = self._take()
                    if frame is not None or over:
                        return frame
                    await self._changed.wait()
        except TimeoutError:
            if self._online:
                raise NoAnswer(f"camera {self.id}", "no frame came") from None
            raise DeviceOffline(f"camera {self.id}", self._trouble or "is not open yet") from None

    def _take(self) -> Frame | None:
        with self._lock:
            frame, self._newest = self._newest, None
        if frame is not None:
            self._taken.set()
            if self._ended:
                self._changed.set()  # whoever else waits learns that this was the last
        return frame

    # The thread.

    def _run(self) -> None:
        backoff = Backoff()
        try:
            while not self._stop.asked:
                try:
                    self._source.open(self._stop)
                    self._say(True, None)
                    over = self._read(backoff)
                except LinkLost as lost:
                    over = False
                    self._say(False, str(lost))
                finally:
                    self._source.close()
                if over or self._stop.wait(backoff.next_wait_s()):
                    break
        except Exception as error:  # the top of a thread: a camera that failed is told as one
            log.exception("camera %s: failed", self.id)
            self._trouble = f"{type(error).__name__}: {error}"
        self._online, self._ended = False, True
        self._wake()

    def _read(self, backoff: Backoff) -> bool:
        """Frames until the source has no more (True) or the camera is closed."""
        while not self._stop.asked:
            raw = self._source.read(self._stop)
            if raw is None:
                return True
            backoff.reset()
            self._put(raw)
            if self._source.waits:
                self._taken.wait()
        return False

    def _put(self, raw: RawFrame) -> None:
        self._last_s = max(raw.at_s, math.nextafter(self._last_s, math.inf))
        frame = Frame(raw.pixels, raw.width, raw.height, raw.stride, self._delivered, self._last_s)
        self._delivered += 1
        with self._lock:
            if self._newest is not None:
                self._dropped += 1
            self._newest = frame
            self._taken.clear()
            if self._stop.asked:
                self._taken.set()
        self._wake()

    def _say(self, online: bool, trouble: str | None) -> None:
        if not self._stop.asked and (online != self._online or trouble != self._trouble):
            log.info("camera %s: %s", self.id, "online" if online else f"offline: {trouble}")
        self._online, self._trouble = online, trouble
        self._wake()

    def _wake(self) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        try:
            loop.call_soon_threadsafe(self._changed.set)
        except RuntimeError:  # the loop closed meanwhile: nobody waits any more
            log.debug("camera %s: its loop is gone", self.id)
