"""Simulators as processes of their own: this package never runs in the same process as what it tries."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from hal.conformance.control import ControlFailed, SocketControl
from hal.conformance.simulated import station_toml
from hal.conformance.subjects import Subject

__all__ = ["simulator_of"]

START_S: Final = 30.0
STOP_S: Final = 10.0


@asynccontextmanager
async def simulator_of(subject: Subject) -> AsyncIterator[SocketControl]:
    """The device that `subject` drives, simulated until the block ends.  Raises ControlFailed."""
    with tempfile.TemporaryDirectory(prefix="pigeonhole-") as name:
        folder = Path(name)
        config, socket = folder / "station.toml", folder / "control"
        config.write_text(station_toml(subject), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "simulators.cli", "devices", "--config", str(config)),
            *("--labels", str(folder / "labels"), "--control", str(socket)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        control = SocketControl(socket)
        try:
            await _listens(process)
            await control.start()
            yield control
        finally:
            await control.close()
            await _end(process)


async def _listens(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_S)
    except TimeoutError as error:
        raise ControlFailed(f"the simulator does not start within {START_S:g} s") from error
    if not line:
        told = (await process.stderr.read()).decode(errors="replace").strip()
        raise ControlFailed(f"the simulator does not start: {told}")


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.communicate(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.communicate()
