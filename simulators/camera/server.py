r"""The simulated camera on its socket: YUV4MPEG2 (yuv4mpeg(5) of mjpegtools), grey, each frame with its time.

    YUV4MPEG2 W1280 H800 F30:1 Ip A1:1 Cmono\n
    FRAME XAT=12.345678\n <1280 * 800 bytes>

`XAT` is this machine's monotonic time of the exposure.  Whoever connects gets the stream from the next
frame on.  A viewer that is still busy with a frame misses the next, as with a real camera: nothing is
queued.  The belt starts with the first viewer and does not wait for anybody afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, TextIO

from simulators.camera.belt import Belt, BeltSettings, belt_scene
from simulators.camera.symbols import Grey
from simulators.faults import ActiveFault, FaultMenu, FaultStep

__all__ = ["NAME", "CameraServer", "run_camera", "write_truth"]

NAME: Final = "camera"
"""The target of its faults."""
SEND_BUFFER: Final = 1 << 22
"""A frame or two, as far as the kernel lets."""
FAULT_GAP_S: Final = 10.0
FAULT_LENGTH_S: Final = 1.0


@dataclass(slots=True)
class _Viewer:
    """A connection; `busy` while the frame it was given is not all handed to the kernel."""

    writer: asyncio.StreamWriter
    greeted: bool = False

    @property
    def busy(self) -> bool:
        return self.writer.transport.get_write_buffer_size() > 0


class CameraServer:
    """One camera over one belt.  `listen` is `unix:PATH` or `tcp:HOST:PORT`, port 0 takes a free one."""

    def __init__(self, listen: str, belt: Belt, faults: FaultMenu | None = None, name: str = NAME) -> None:
        """Raises ValueError for an address that is neither."""
        self.name = name
        self.faults = faults or FaultMenu()
        self.belt = belt
        self.sent = 0
        self.missed = 0
        """Frames that a busy viewer did not get."""
        self._kind, self._host, self._port = _address(listen)
        self._server: asyncio.Server | None = None
        self._viewers: list[_Viewer] = []
        self._arrived = asyncio.Event()
        self._unsubscribe = self.faults.subscribe(self._fault_changed)
        self._last: Grey | None = None

    @property
    def url(self) -> str:
        """What a host connects to."""
        return f"unix:{self._host}" if self._kind == "unix" else f"tcp:{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen; OSError when the address cannot be had."""
        if self._kind == "unix":
            Path(self._host).unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._welcome, self._host)
        else:
            self._server = await asyncio.start_server(self._welcome, self._host, self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def viewed(self) -> None:
        """Return when the first viewer has come."""
        await self._arrived.wait()

    async def run(self) -> None:
        """Send the whole belt in real time, from the first viewer on."""
        await self.viewed()
        begun_s, fps = time.monotonic(), self.belt.settings.fps
        for frame in self.belt:
            due_s = begun_s + frame.number / fps
            pause_s = due_s - time.monotonic() + self._lateness_s()
            await asyncio.sleep(max(0.0, pause_s))
            drops = self.faults.find("camera_drops", self.name)
            if drops is None or self.faults.rng.random() >= drops.params["rate"]:
                self._send(self._altered(frame.pixels), due_s)

    async def stop(self) -> None:
        """Cut all connections and listen no more."""
        self._unsubscribe()
        if self._server is not None:
            self._server.close()
            self._server = None
        self._hang_up()
        if self._kind == "unix":
            Path(self._host).unlink(missing_ok=True)

    def _lateness_s(self) -> float:
        late = self.faults.find("camera_late", self.name)
        return 0.0 if late is None else self.faults.rng.random() * float(late.params["by_ms"]) / 1_000

    def _altered(self, pixels: Grey) -> Grey:
        if self._last is not None and self.faults.strike("camera_freezes", self.name):
            return self._last
        if self.faults.strike("camera_black", self.name):
            pixels = pixels * 0
        self._last = pixels
        return pixels

    def _send(self, pixels: Grey, at_s: float) -> None:
        head = f"FRAME XAT={at_s:.6f}\n".encode("ascii")
        data = pixels.data.cast("B")
        if self._viewers and self.faults.strike("camera_cut_frame", self.name):
            data = data[: len(data) // 2]
        self._viewers = [each for each in self._viewers if not each.writer.is_closing()]
        for viewer in self._viewers:
            if viewer.busy:
                self.missed += 1
                continue
            if not viewer.greeted:
                viewer.greeted = True
                viewer.writer.write(self._greeting())
            viewer.writer.write(head)
            viewer.writer.write(data)
            self.sent += 1

    def _greeting(self) -> bytes:
        settings = self.belt.settings
        rate = Fraction(settings.fps).limit_denominator(1001)
        size = f"W{settings.width} H{settings.height}"
        return f"YUV4MPEG2 {size} F{rate.numerator}:{rate.denominator} Ip A1:1 Cmono\n".encode("ascii")

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.faults.find("camera_unplugged", self.name) is not None:
            writer.transport.abort()
            return
        peer: socket.socket = writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._viewers.append(_Viewer(writer))
        self._arrived.set()

    def _fault_changed(self, fault: ActiveFault, began: bool) -> None:
        if fault.name == "camera_unplugged" and fault.target == self.name and began:
            self._hang_up()

    def _hang_up(self) -> None:
        viewers, self._viewers = self._viewers, []
        for viewer in viewers:
            viewer.writer.transport.abort()


def _address(listen: str) -> tuple[str, str, int]:
    kind, _, rest = listen.partition(":")
    if kind == "unix" and rest:
        return kind, rest, 0
    host, _, port = rest.rpartition(":")
    if kind == "tcp" and host and port.isascii() and port.isdigit() and int(port) <= 65535:
        return kind, host, int(port)
    raise ValueError(f"{listen!r} is neither unix:PATH nor tcp:HOST:PORT")


def write_truth(belt: Belt, out: TextIO) -> None:
    """The belt's settings as one JSON line, then one for each parcel; times are seconds after the start."""
    facts = {"kind": "belt", "seed": belt.seed, "frames": belt.frames, **asdict(belt.settings)}
    out.write(json.dumps(facts) + "\n")
    for parcel in belt.parcels:
        out.write(json.dumps({"kind": "parcel", **parcel.to_dict()}) + "\n")
    out.flush()


async def run_camera(
    listen: str, seed: int, parcels: int, settings: BeltSettings, truth: Path | None, faults: list[str]
) -> int:
    """`pigeonhole-sim camera`: until the belt is empty; `faults` are names of the menu, in force by turns."""
    belt = belt_scene(seed, parcels, settings)
    if truth is not None:
        with truth.open("w", encoding="utf-8") as out:
            write_truth(belt, out)
    menu = FaultMenu(seed, {"camera": [NAME]})
    duration_s = belt.frames / settings.fps
    steps = menu.script(seed, duration_s, FAULT_GAP_S, FAULT_LENGTH_S, faults) if faults else []
    server = CameraServer(listen, belt, menu)
    await server.start()
    print(f"camera at {server.url}: {parcels} parcels, {duration_s:.1f} s from the first viewer", flush=True)
    unlucky = asyncio.create_task(_mishaps(server, menu, steps))
    try:
        await server.run()
    finally:
        unlucky.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await unlucky
        await server.stop()
    print(f"{belt.frames} frames, {server.sent} sent, {server.missed} missed by a busy viewer")
    return 0


async def _mishaps(server: CameraServer, menu: FaultMenu, steps: list[FaultStep]) -> None:
    await server.viewed()
    await menu.play(steps)
