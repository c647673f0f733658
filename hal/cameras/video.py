"""Frames through PyAV (FFmpeg): what cannot be had without it says which package to install.

Of planar pictures the luma plane is taken as it is, so that nothing is converted; others are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from hal.transport.byte_stream import LinkLost

__all__ = ["NEEDS_PYAV", "Picture", "open_video", "pictures"]

NEEDS_PYAV: Final = "needs PyAV: install pigeonhole[camera]"
LUMA_FIRST: Final = frozenset(
    f"{name}{kind}p" for name in ("yuv", "yuvj") for kind in ("420", "411", "422", "440", "444")
) | {"nv12", "nv21", "gray"}

Picture = tuple[memoryview, int, int, int]
"""Pixels, width, height, stride."""


def open_video(name: str, kind: str | None, options: dict[str, str], timeout_s: float | None) -> Any:
    """An `av` container; raises LinkLost."""
    try:
        import av
    except ImportError:
        raise LinkLost(f"{name}: {NEEDS_PYAV}") from None
    try:
        return av.open(name, format=kind, options=options, timeout=timeout_s)
    except (OSError, ValueError) as error:  # PyAV's errors are kinds of these two
        raise LinkLost(f"{name}: {getattr(error, 'strerror', None) or error}") from error


def pictures(name: str, container: Any) -> Iterator[tuple[Picture, float | None]]:
    """Each picture with its time in the stream, s.  Raises LinkLost when it breaks off."""
    if not container.streams.video:
        raise LinkLost(f"{name}: holds no pictures")
    try:
        for frame in container.decode(container.streams.video[0]):
            yield _grey(frame), frame.time
    except EOFError:
        return
    except (OSError, ValueError) as error:
        raise LinkLost(f"{name}: {getattr(error, 'strerror', None) or error}") from error


def _grey(frame: Any) -> Picture:
    if frame.format.name not in LUMA_FIRST:
        frame = frame.reformat(format="gray")
    plane = frame.planes[0]
    return memoryview(bytes(plane)), frame.width, frame.height, plane.line_size


def close_video(container: Any) -> None:
    """Let go of it, whatever state it is in."""
    with contextlib.suppress(OSError, ValueError):
        container.close()
