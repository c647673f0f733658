"""Watching how long the certificates of the link still count, so that somebody renews them in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from edge.core.inputs import CertificateLooked, Input
from edge.shell.certificate import Certificate, CertificateError
from edge.shell.clock import Clock

__all__ = ["CertificateWatch"]

LOOK_S: Final = 3_600.0
"""Days are counted; an hour is soon enough, and a renewed file is noticed within it."""

MARKS_DAYS: Final = (30, 14, 7, 3, 1, 0)
"""Told when so much is left: a month to find out who does it, then more often.  0 is the end itself."""

_DAY_MS: Final = 86_400_000
_log = logging.getLogger(__name__)


class CertificateWatch:
    """Posts each mark once for each certificate; a renewed one begins anew.

    `files` are PEM files by the name under which they are told.  Of a file
    with several the longest-lived counts: authorities change by overlapping.
    `read` is `read_certificates` somewhere where it may block.
    """

    def __init__(
        self,
        files: Mapping[str, Path],
        clock: Clock,
        post: Callable[[Input], None],
        read: Callable[[Path], Awaitable[list[Certificate]]],
    ) -> None:
        self._files = files
        self._read = read
        self._clock = clock
        self._post = post
        self._told: dict[str, tuple[int, int]] = {}
        self._unreadable: set[str] = set()

    async def run(self) -> None:
        """Look for ever."""
        while True:
            for name, path in self._files.items():
                await self._look(name, path)
            await asyncio.sleep(LOOK_S)

    async def _look(self, name: str, path: Path) -> None:
        if self._clock.state() == "unset":
            return
        try:
            found = await self._read(path)
        except CertificateError as error:
            if name not in self._unreadable:
                _log.warning("%s", error)
            self._unreadable.add(name)
            return
        self._unreadable.discard(name)
        self._tell(name, max(each.not_after_ms for each in found))

    def _tell(self, name: str, not_after_ms: int) -> None:
        days_left = (not_after_ms - self._clock.wall_ms()) // _DAY_MS
        reached = [mark for mark in MARKS_DAYS if days_left < mark]
        if not reached or self._told.get(name) == (not_after_ms, min(reached)):
            return
        self._told[name] = (not_after_ms, min(reached))
        _log.warning("the %s certificate expires in %d days", name, days_left)
        self._post(CertificateLooked(name, not_after_ms, days_left))
