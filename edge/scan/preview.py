"""A picture of what the camera sees now, written over and over, beside the run and never in its way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from edge.decoding.overlay import OverlayError, write
from hal.interfaces import Frame
from native.barcode import Symbol

__all__ = ["EVERY_S", "Preview", "PreviewError"]

EVERY_S: Final = 1.0


class PreviewError(Exception):
    """The preview cannot be written; the message says where and why."""


class Preview:
    """One file.  A frame is drawn in a thread; while one is being drawn the next is left out."""

    def __init__(self, out: Path) -> None:
        """Raises PreviewError when `out` is no kind of picture, or lies nowhere."""
        if Image.registered_extensions().get(out.suffix.lower()) not in Image.SAVE:
            raise PreviewError(f"{out}: is no kind of picture that can be written; .png is")
        if not out.parent.is_dir():
            raise PreviewError(f"{out.parent}: is no folder")
        self.trouble: str | None = None
        """Why the last one could not be written."""
        self._out = out
        self._next_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def show(self, frame: Frame, symbols: Sequence[Symbol], now_s: float) -> None:
        """Draw this frame if the last one is a second old."""
        if now_s >= self._next_s and (self._task is None or self._task.done()):
            self._next_s = now_s + EVERY_S
            self._task = asyncio.create_task(asyncio.to_thread(self._write, frame, tuple(symbols)))

    async def close(self) -> None:
        """Wait for what is being drawn."""
        if self._task is not None:
            await self._task

    def _write(self, frame: Frame, symbols: Sequence[Symbol]) -> None:
        size = (frame.width, frame.height)
        picture = Image.frombytes("L", size, bytes(frame.pixels), "raw", "L", frame.stride, 1)
        fresh = self._out.with_name(f".{self._out.stem}.new{self._out.suffix}")
        try:
            write(picture, symbols, fresh)
            fresh.replace(self._out)  # who looks at it never finds half a picture
            self.trouble = None
        except OverlayError as error:
            self.trouble = str(error)
        except OSError as error:
            self.trouble = f"{self._out}: {error.strerror}"
