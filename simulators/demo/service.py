"""The real service as a child process, started with its station.toml alone, killed and restarted at will."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import Final

from simulators.broker import ENDS_WITH_US

__all__ = ["Service", "ServiceError"]

STOP_WITHIN_S: Final = 10.0
"""The service closes its journal and says good-bye to the broker; longer is a fault of its own."""


class ServiceError(RuntimeError):
    """The service ended by itself; names its exit code and log."""


class Service:
    """Supervises one service process.  `kills` counts SIGKILLs by `kill`, `starts` all starts."""

    def __init__(self, station_toml: Path, log: Path, extra: list[str] | None = None) -> None:
        self._command = [
            *ENDS_WITH_US,  # it would go on opening ports whose names somebody else gets
            sys.executable,
            "-m",
            "edge.cli",
            "run",
            "--config",
            str(station_toml),
            *(extra or []),
        ]
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._wanted = False
        self.kills = 0
        self.starts = 0
        self.unasked_ends: list[int] = []

    @property
    def running(self) -> bool:
        """True while the process lives."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it; its log goes on at the end of the file."""
        self._wanted = True
        self.starts += 1
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._watch = asyncio.create_task(self._supervise(self._process), name="service")

    async def _supervise(self, process: asyncio.subprocess.Process) -> None:
        """A service that ends by itself is started again, as systemd would, and the end is recorded."""
        code = await process.wait()
        if self._wanted and process is self._process:
            self.unasked_ends.append(code)
            await asyncio.sleep(1.0)
            if self._wanted and process is self._process:
                await self.start()

    async def kill(self) -> None:
        """SIGKILL, and start again at once."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        self._wanted = False
        self.kills += 1
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await self.start()

    async def stop(self) -> int:
        """SIGTERM and wait; returns the exit code.  Raises ServiceError when it does not end."""
        self._wanted = False
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        try:
            return await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise ServiceError(
                f"the service did not stop within {STOP_WITHIN_S:g} s, see {self._log}"
            ) from None

    def end_of_log(self, lines: int = 15) -> str:
        """The last lines it wrote."""
        try:
            return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except OSError:
            return "(no log)"
