"""Cameras that a contract can be tried on: each absent at first, then brought by `appear`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from hal.registry import CameraSettings, StartableCamera, build
from simulators.camera.belt import BeltSettings, belt_scene
from simulators.camera.server import CameraServer
from simulators.faults import FaultMenu

__all__ = ["DRIVERS", "SMALL", "CameraRig", "ScriptedCamera", "opened", "y4m"]

SMALL = BeltSettings(width=320, height=240, fps=50.0, px_per_mm=1.5)
WIDTH, HEIGHT = SMALL.width, SMALL.height


@dataclass
class CameraRig:
    """`url` for the driver; the camera is there while `appear` is."""

    url: str
    appear: Callable[[], AbstractAsyncContextManager[None]]


def y4m(count: int, rate: str = "50:1") -> bytes:
    """Frames whose pixels are all their number."""
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{rate} Cmono\n".encode()
    return head + b"".join(b"FRAME\n" + bytes([number]) * (WIDTH * HEIGHT) for number in range(count))


def _folder(folder: Path) -> CameraRig:
    @asynccontextmanager
    async def appear() -> AsyncIterator[None]:
        (folder / "new").mkdir()
        for number in range(5):
            picture = Image.fromarray(np.full((HEIGHT, WIDTH), number, np.uint8))
            picture.save(folder / "new" / f"{number:03d}.png")
        (folder / "new").rename(folder / "pictures")  # all at once
        yield

    return CameraRig(f"recording:{folder}/pictures?fps=50&loop=1", appear)


def _file(folder: Path) -> CameraRig:
    @asynccontextmanager
    async def appear() -> AsyncIterator[None]:
        (folder / "new").write_bytes(y4m(5))
        (folder / "new").rename(folder / "film.y4m")
        yield

    return CameraRig(f"recording:{folder}/film.y4m?loop=1", appear)


@asynccontextmanager
async def simulated(listen: str, faults: FaultMenu | None = None) -> AsyncIterator[CameraServer]:
    server = CameraServer(listen, belt_scene(1, 40, SMALL), faults)
    await server.start()
    running = asyncio.create_task(server.run())
    try:
        yield server
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await server.stop()


def _unix(folder: Path) -> CameraRig:
    @asynccontextmanager
    async def appear() -> AsyncIterator[None]:
        async with simulated(f"unix:{folder}/camera"):
            yield

    return CameraRig(f"unix:{folder}/camera", appear)


async def _tcp_rig() -> CameraRig:
    free = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = free.sockets[0].getsockname()[1]
    free.close()

    @asynccontextmanager
    async def appear() -> AsyncIterator[None]:
        async with simulated(f"tcp:127.0.0.1:{port}"):
            yield

    return CameraRig(f"tcp:127.0.0.1:{port}", appear)


async def rig(driver: str, folder: Path) -> CameraRig:
    return await _tcp_rig() if driver == "tcp" else DRIVERS[driver](folder)


DRIVERS: dict[str, Callable[[Path], CameraRig]] = {"folder": _folder, "file": _file, "unix": _unix}


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[StartableCamera]:
    hardware = build([], [], [], [], [CameraSettings("belt", url)])
    await hardware.start()
    try:
        camera = hardware.cameras["belt"]
        yield camera  # type: ignore[misc]  # every driver of the registry can be started and closed
    finally:
        await hardware.close()


class ScriptedCamera:
    """The camera's end of a Unix socket, which says what a test says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writers: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> ScriptedCamera:
        self._server = await asyncio.start_unix_server(
            lambda _, writer: self.writers.put_nowait(writer), self.path
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        while not self.writers.empty():
            self.writers.get_nowait().transport.abort()

    async def viewer(self) -> asyncio.StreamWriter:
        async with asyncio.timeout(10):
            return await self.writers.get()
