"""What one look at a buffer can say: a frame, "need more", or "discard n".

Every stream parser of this package is a pure function of the *beginning* of its buffer that returns one of
these three.  A decision never depends on how much more has already arrived, so a stream gives the same frames
whole, split anywhere, or byte by byte.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["MAX_BUFFER_BYTES", "Discard", "Found", "NeedMore", "Step", "StreamParser"]

MAX_BUFFER_BYTES = 256
"""More than the longest frame of any lock board; holds a line full of garbage between two looks."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """`frame` takes the first `used` bytes of the buffer."""

    frame: T
    used: int


@dataclass(frozen=True, slots=True)
class NeedMore:
    """The buffer may be the beginning of a frame; look again when it has `total` bytes."""

    total: int


@dataclass(frozen=True, slots=True)
class Discard:
    """The first `count` bytes begin no frame."""

    count: int


Step = Found[T] | NeedMore | Discard


class StreamParser(Generic[T]):
    """Feeds a stream through `look`; takes at most MAX_BUFFER_BYTES at a time."""

    def __init__(self, look: Callable[[bytes], Step[T]]) -> None:
        self._look = look
        self._buffer = b""
        self.discarded = 0
        """Bytes thrown away so far."""

    def feed(self, data: bytes) -> list[T]:
        """Every frame that `data` completes, in order."""
        frames: list[T] = []
        for start in range(0, len(data), MAX_BUFFER_BYTES):
            self._buffer += data[start : start + MAX_BUFFER_BYTES]
            frames += self._drain()
        return frames

    def _drain(self) -> list[T]:
        frames: list[T] = []
        while True:
            step = self._look(self._buffer)
            if isinstance(step, NeedMore):
                return frames
            if isinstance(step, Discard):
                self.discarded += step.count
                self._buffer = self._buffer[step.count :]
                continue
            frames.append(step.frame)
            self._buffer = self._buffer[step.used :]
