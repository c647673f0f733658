"""A pty whose other end does what a test says: no protocol in here."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.patience import PATIENCE_S

__all__ = ["ScriptedLine", "scripted_line", "until"]

WAIT_S = PATIENCE_S


async def until(condition: Callable[[], bool], within_s: float = WAIT_S) -> None:
    """Return when `condition` holds; TimeoutError when it does not come to."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.005)


class ScriptedLine:
    """The device's end of a serial line at `path`: `heard` collects what came, `say` answers.

    `answer(data)`, when set, is called with every burst heard and its result is said at once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard = bytearray()
        self.answer: Callable[[bytes], bytes] | None = None
        self._device = -1
        self._line = -1

    def plug(self) -> None:
        self._device, self._line = os.openpty()
        tty.setraw(self._line)
        os.set_blocking(self._device, False)
        self.path.symlink_to(os.ttyname(self._line))
        asyncio.get_running_loop().add_reader(self._device, self._on_readable)

    def unplug(self) -> None:
        if self._device < 0:
            return
        self.path.unlink()
        asyncio.get_running_loop().remove_reader(self._device)
        os.close(self._device)
        os.close(self._line)
        self._device = self._line = -1

    def stop_listening(self) -> None:
        """Take no more bytes: the kernel's buffer fills."""
        asyncio.get_running_loop().remove_reader(self._device)

    def listen(self) -> None:
        asyncio.get_running_loop().add_reader(self._device, self._on_readable)

    def say(self, data: bytes) -> int:
        """As much of `data` as the line takes now."""
        with contextlib.suppress(BlockingIOError):
            return os.write(self._device, data)
        return 0

    def carried(self) -> None:
        """Wait until what was said is at the program's end; the kernel carries it when it comes to it."""
        readable, _, _ = select.select([self._line], [], [], WAIT_S)
        assert readable

    def _on_readable(self) -> None:
        try:
            data = os.read(self._device, 4096)
        except OSError:  # no program has the line open
            return
        self.heard += data
        if self.answer is not None:
            self.say(self.answer(data))


@asynccontextmanager
async def scripted_line(path: Path) -> AsyncIterator[ScriptedLine]:
    line = ScriptedLine(path)
    line.plug()
    try:
        yield line
    finally:
        line.unplug()
