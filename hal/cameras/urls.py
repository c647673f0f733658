"""From a camera's URL to its driver."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

from hal.cameras.reader import ThreadedCamera
from hal.cameras.recording import RecordingSource
from hal.cameras.sockets import SocketSource
from hal.cameras.v4l2 import V4l2Source
from hal.errors import DeviceConfigError
from hal.framing.y4m import MAX_RATE
from hal.settings import CameraSettings

__all__ = ["MAKERS"]

LONGEST_UNIX_PATH: Final = 107
"""Bytes; unix(7)."""


def _v4l2(camera: CameraSettings) -> ThreadedCamera:
    path, options = _parts(camera, ("size", "fps", "format"))
    size, pixels = options.get("size"), options.get("format")
    if size is not None and not re.fullmatch(r"[1-9][0-9]{0,4}x[1-9][0-9]{0,4}", size):
        raise _wrong(camera, f"size={size} is no WIDTHxHEIGHT")
    if pixels is not None and not re.fullmatch(r"[a-z0-9_]{1,16}", pixels):
        raise _wrong(camera, f"format={pixels} is no name such as mjpeg or yuyv422")
    return ThreadedCamera(camera.id, V4l2Source(path, size, _fps(camera, options), pixels))


def _recording(camera: CameraSettings) -> ThreadedCamera:
    path, options = _parts(camera, ("fps", "loop", "wait"))
    source = RecordingSource(
        Path(path),
        fps=_fps(camera, options),
        loop=_flag(camera, options, "loop"),
        waits=_flag(camera, options, "wait"),
    )
    return ThreadedCamera(camera.id, source)


def _unix(camera: CameraSettings) -> ThreadedCamera:
    path, _ = _parts(camera, ())
    if len(path.encode()) > LONGEST_UNIX_PATH:
        raise _wrong(camera, f"a socket's path has at most {LONGEST_UNIX_PATH} bytes")
    return ThreadedCamera(camera.id, SocketSource.unix(path))


def _tcp(camera: CameraSettings) -> ThreadedCamera:
    address, _ = _parts(camera, ())
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise _wrong(camera, f"{camera.url!r} is no tcp:HOST:PORT")
    return ThreadedCamera(camera.id, SocketSource.tcp(host, int(port)))


MAKERS: Final[Mapping[str, Callable[[CameraSettings], ThreadedCamera]]] = {
    "v4l2": _v4l2,
    "recording": _recording,
    "unix": _unix,
    "tcp": _tcp,
}
"""By what stands before the URL's first colon."""


def _parts(camera: CameraSettings, known: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """The path and the options of a URL; options only where the kind has any, as a path may hold a `?`."""
    _, _, rest = camera.url.partition(":")
    path, _, query = rest.partition("?") if known else (rest, "", "")
    if not path:
        raise _wrong(camera, f"{camera.url!r} names no place")
    try:
        options = dict(parse_qsl(query, strict_parsing=True)) if query else {}
    except ValueError as error:
        raise _wrong(camera, f"{query!r}: {error}") from error
    for option in options:
        if option not in known:
            raise _wrong(camera, f"no option {option!r}; there are {', '.join(known)}")
    return path, options


def _fps(camera: CameraSettings, options: Mapping[str, str]) -> float | None:
    text = options.get("fps")
    if text is None:
        return None
    try:
        fps = float(text)
    except ValueError:
        fps = math.nan
    if not 0 < fps <= MAX_RATE:
        raise _wrong(camera, f"fps={text} is not a rate above 0 and up to {MAX_RATE}")
    return fps


def _flag(camera: CameraSettings, options: Mapping[str, str], name: str) -> bool:
    text = options.get(name, "0")
    if text not in ("0", "1"):
        raise _wrong(camera, f"{name}={text} is neither 0 nor 1")
    return text == "1"


def _wrong(camera: CameraSettings, detail: str) -> DeviceConfigError:
    return DeviceConfigError(f"camera {camera.id}", f"url: {detail}")
