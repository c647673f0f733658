"""The command itself: from its arguments to a run, and from the run to an exit code."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import signal
import sys
from typing import Final

from edge.scan.preview import Preview, PreviewError
from edge.scan.report import JsonReport, PeopleReport
from edge.scan.session import Session
from hal.errors import DeviceConfigError
from hal.registry import CameraSettings, build_camera
from native.barcode import parse_symbologies
from native.tracker import Tracker

__all__ = ["run"]

EXIT_WRONG: Final = 1
EXIT_USAGE: Final = 2


def run(args: argparse.Namespace) -> int:
    """`pigeonhole scan`; 0 when frames came until it was stopped."""
    try:
        tracker = Tracker(symbologies=parse_symbologies(args.formats), effort=args.effort)
        camera = build_camera(CameraSettings("scan", args.camera))
        preview = Preview(args.preview) if args.preview else None
    except DeviceConfigError as error:
        return _usage(f"--camera: {error.detail.removeprefix('url: ')}")
    except (ValueError, PreviewError) as error:
        return _usage(str(error))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as `decode` does
    report = JsonReport() if args.json else PeopleReport()
    session = Session(camera, tracker, report, seconds=args.seconds, frames=args.frames, preview=preview)
    try:
        saw = asyncio.run(_run(session))
    except BrokenPipeError:  # whoever read our lines has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_WRONG
    if preview is not None and preview.trouble is not None:
        print(f"pigeonhole: {preview.trouble}", file=sys.stderr)
        return EXIT_WRONG
    return 0 if saw else EXIT_WRONG


def _usage(said: str) -> int:
    print(f"pigeonhole: {said}", file=sys.stderr)
    return EXIT_USAGE


async def _run(session: Session) -> bool:
    loop = asyncio.get_running_loop()
    stopping: list[asyncio.Task[None]] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: stopping.append(loop.create_task(session.stop())))
    return await session.run()
