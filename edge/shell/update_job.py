"""The job `update`: the operator's own command installs, a restart follows, the version then judges.

The command is called with the version and the digest of what to install; it fetches, checks the digest,
installs, and exits with 0.  It may restart the service itself.  It is never called twice for a job.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from edge.core.model import JobRecord, State
from edge.shell.hooks import run_hook
from edge.shell.jobs import Outcome
from edge.shell.twin_messages import JobNext

__all__ = ["UpdateJob"]

IDLE_LOOK_S: Final = 1.0
"""How often it is looked whether somebody still stands at the screen."""


class UpdateJob:
    """`restart` asks for the end of this process in good order; `state` tells if somebody is being served."""

    steps = ("install", "restart")

    def __init__(
        self, command: Sequence[str], version: str, state: Callable[[], State], restart: Callable[[], None]
    ) -> None:
        self._command = command
        self._version = version
        self._state = state
        self._restart = restart

    def objection(self, job: JobNext) -> str | None:
        """See `Worker.objection`."""
        return None if self._command else "this station has no [update] command"

    async def do(self, step: str, job: JobRecord) -> Outcome | None:
        """See `Worker.do`."""
        return await (self._install(job) if step == "install" else self._leave())

    def resume(self, step: str, job: JobRecord) -> Outcome:
        """The service was started anew: the version that runs says how it went."""
        wanted = job.parameters["version"]
        if self._version == wanted:
            return Outcome("succeeded", result={"version": self._version})
        interrupted = " and the command did not end" if step == "install" else ""
        return Outcome("failed", f"{self._version} runs after the restart, not {wanted}{interrupted}")

    async def _install(self, job: JobRecord) -> Outcome | None:
        version, digest = str(job.parameters["version"]), str(job.parameters["digest"])
        if version == self._version:
            return Outcome("succeeded", "it runs already", {"version": version})
        try:
            end = await run_hook(self._command, version, digest)
        except OSError as error:
            return Outcome("failed", f"{self._command[0]}: {error.strerror}")
        if end.code != 0:
            return Outcome("failed", f"{self._command[0]} ended with {end.code}: {end.output[-300:]}")
        return None

    async def _leave(self) -> Outcome | None:
        """Nobody is interrupted; whoever supervises the service starts the new version."""
        while self._state().session is not None or self._state().unlock is not None:
            await asyncio.sleep(IDLE_LOOK_S)
        self._restart()
        await asyncio.get_running_loop().create_future()
        return None
