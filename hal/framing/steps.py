"""What one look at a buffer can say: a frame, "need more", or "discard n".

Every stream parser of this package is a pure function of the *beginning* of its buffer that returns one of
these three.  A decision never depends on how much more has already arrived, so a stream gives the same frames
whole, split anywhere, or byte by byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Discard", "Found", "NeedMore", "Step"]

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
