"""Frames over a Unix or TCP socket, framed as hal/framing/y4m.py says; the camera serves, this connects.

Each frame may carry the time at which it was taken, on the sender's monotonic clock.  What matters is
that the distances between frames are the sender's, whatever the network did to their arrival: the
sender's clock is mapped to ours by the frame that was fastest on its way, so that `at_s` is late by that
one's journey.  A sender on this machine has our clock, and its times are taken as they are.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Final

from hal.cameras.reader import RawFrame, Stop
from hal.framing.y4m import Y4mError, Y4mFrame, Y4mParser
from hal.transport.byte_stream import LinkLost

__all__ = ["SILENCE_S", "SenderClock", "SocketSource"]

LOOK_S: Final = 0.1
CONNECT_S: Final = 3.0
SILENCE_S: Final = 5.0
"""Without a byte the camera counts as lost: a cable that was pulled says nothing."""
READ_BYTES: Final = 1 << 16
DRIFT: Final = 2e-4
"""Seconds a second by which two cheap quartz clocks run apart at most."""
SAME_CLOCK_S: Final = 1.0
"""A first stamp so near before its arrival is one of our own clock: another machine booted in the very same
second is not to be feared."""
STEP_S: Final = 10.0
"""No frame is on its way for so long: the sender's clock was set back."""


class SenderClock:
    """Times of another clock as times of ours; one for each connection."""

    def __init__(self) -> None:
        self._ahead_s: float | None = None
        self._last_s = 0.0
        self._is_ours: bool | None = None

    def ours(self, sent_s: float, arrived_s: float) -> float:
        """When what was stamped `sent_s` there and came in at `arrived_s` happened, here; never later than
        it came in."""
        journey_s = arrived_s - sent_s
        if self._is_ours is None:
            self._is_ours = journey_s <= SAME_CLOCK_S
        self._is_ours = self._is_ours and 0 <= journey_s <= STEP_S
        if self._is_ours:
            return sent_s
        ahead_s = journey_s
        if self._ahead_s is not None:
            mapped_s = min(ahead_s, self._ahead_s + DRIFT * max(0.0, arrived_s - self._last_s))
            if ahead_s - mapped_s <= STEP_S:
                ahead_s = mapped_s
        self._ahead_s, self._last_s = ahead_s, arrived_s
        return sent_s + ahead_s


class SocketSource:
    """A `FrameSource` over a socket that `connect` makes; `name` is how people know the other side."""

    waits = False

    def __init__(self, name: str, connect: Callable[[], socket.socket]) -> None:
        self._name = name
        self._connect = connect
        self._socket: socket.socket | None = None
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._frames: Iterator[Y4mFrame] = iter(())
        self._parser = Y4mParser()
        self._clock = SenderClock()

    @classmethod
    def unix(cls, path: str) -> SocketSource:
        """A socket in the file system."""

        def connect() -> socket.socket:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                made.settimeout(CONNECT_S)
                made.connect(path)
            except OSError:
                made.close()
                raise
            return made

        return cls(path, connect)

    @classmethod
    def tcp(cls, host: str, port: int) -> SocketSource:
        """A camera on the network."""
        return cls(f"{host}:{port}", lambda: socket.create_connection((host, port), CONNECT_S))

    def open(self, stop: Stop) -> None:
        """Connect; the header comes with the first frame."""
        try:
            self._socket = self._connect()
        except OSError as error:
            raise LinkLost(f"{self._name}: {error.strerror or error}") from error
        # The kernel's time-out instead of Python's, which would make every call one that does not wait.
        self._socket.setblocking(True)
        self._socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, round(LOOK_S * 1e6))
        )
        self._parser, self._frames, self._clock = Y4mParser(), iter(()), SenderClock()

    def read(self, stop: Stop) -> RawFrame | None:
        """The next whole frame."""
        try:
            while True:
                for frame in self._frames:
                    return self._raw(frame)
                # A frame's pixels go to their place in one call: each return to Python waits for its turn.
                if room := self._parser.room:
                    whole = self._parser.filled(self._receive(room, socket.MSG_WAITALL, stop))
                    if whole is not None:
                        return self._raw(whole)
                else:
                    count = self._receive(self._buffer, 0, stop)
                    self._frames = self._parser.feed(self._buffer[:count])
        except Y4mError as error:
            raise LinkLost(f"{self._name}: {error}") from error

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _receive(self, into: memoryview, flags: int, stop: Stop) -> int:
        """At least one byte."""
        assert self._socket is not None
        silent_at_s = time.monotonic() + SILENCE_S
        while not stop.asked:
            try:
                count = self._socket.recv_into(into, 0, flags)
            except BlockingIOError:
                if time.monotonic() >= silent_at_s:
                    raise LinkLost(f"{self._name}: silent for {SILENCE_S:.0f} s") from None
                continue
            except OSError as error:
                raise LinkLost(f"{self._name}: {error.strerror or error}") from error
            if not count:
                cut = ", in the middle of a frame" if self._parser.pending else ""
                raise LinkLost(f"{self._name}: closed by the other side{cut}")
            return count
        raise LinkLost(f"{self._name}: closed here")

    def _raw(self, frame: Y4mFrame) -> RawFrame:
        arrived_s = time.monotonic()
        at_s = arrived_s if frame.at_s is None else self._clock.ours(frame.at_s, arrived_s)
        header = frame.header
        return RawFrame(memoryview(frame.pixels), header.width, header.height, header.width, at_s)
