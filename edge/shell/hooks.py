"""Commands of the operator's own, run for a job: install an update, carry a bundle away."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

__all__ = ["HookEnd", "run_hook"]

OUTPUT_MAX: Final = 2_000
"""Bytes of a hook's last output that are kept: its error message, not its progress."""

_READ_BYTES: Final = 4_096
_KILL_S: Final = 5.0
"""Between SIGTERM and SIGKILL when a hook's time is over."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HookEnd:
    """`code` is the exit code (negative: the signal), `output` the end of what it wrote."""

    code: int
    output: str


async def run_hook(command: Sequence[str], *words: str) -> HookEnd:
    """Run `command` with `words` behind it, in a session of its own, to its end.

    Raises OSError when it cannot be started.  A cancelled caller ends the hook and its children first.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    kept = b""
    try:
        while data := await process.stdout.read(_READ_BYTES):
            kept = (kept + data)[-OUTPUT_MAX:]
        code = await process.wait()
    except asyncio.CancelledError:
        await _end(process)
        raise
    return HookEnd(code, kept.decode("utf-8", "replace").strip())


async def _end(process: asyncio.subprocess.Process) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(TimeoutError):
            async with asyncio.timeout(_KILL_S):
                await process.wait()
                return
    _log.error("hook %d does not end", process.pid)
