"""The arguments of `pigeonhole scan`; apart, so that no other command loads the decoder for them."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Final

from edge.decoding.arguments import EFFORTS

__all__ = ["add_arguments"]

MAX_FRAMES: Final = 10**12

DESCRIPTION: Final = """\
Looks through a camera and prints each symbol once, when it comes into sight:
time, format, text, and the milliseconds from the exposure to the print.
Ctrl-C, --seconds, --frames or a recording's end stop it."""

EPILOG: Final = """\
Cameras:
  v4l2:/dev/video0?size=1280x800&fps=30&format=mjpeg
                                          a camera of the kernel *
  recording:PATH?fps=30&loop=1&wait=1     a folder of pictures, a .y4m file, or
                                          a video *; wait=1 drops no frame
  unix:PATH, tcp:HOST:PORT                grey YUV4MPEG2, as pigeonhole-sim
                                          camera sends it
  * needs the extra pigeonhole[camera]

stderr says when the camera comes and goes; on a terminal also, each second, the
frames looked at a second, the latency of half of them and of 99 %, and how many
were dropped because a newer one came first.

Exit codes: 0 stopped as asked; 1 no frame ever came, or the preview could not
be written; 2 wrong usage.

With --json each line is an object whose kind is
  read    at, frame, track, latency_ms, and the symbol's keys as those of
          pigeonhole decode --json
  lost    at, track, format, text, first_seen, last_seen, frames
  camera  at, online, trouble
  status  at, seconds, frames, fps, latency_p50_ms, latency_p99_ms, dropped,
          cut (looks that ended at their bound), reads, visible; of the time
          since the last one
  end     the same of the whole run, and why: frames, seconds, signal, camera"""


def add_arguments(scan: argparse.ArgumentParser) -> None:
    """Give the sub-command its arguments and its help."""
    scan.description = DESCRIPTION
    scan.epilog = EPILOG
    scan.formatter_class = argparse.RawDescriptionHelpFormatter
    scan.add_argument("--camera", required=True, metavar="URL", help="where to look; see below")
    scan.add_argument("--json", action="store_true", help="one JSON object a line")
    scan.add_argument(
        "--preview", type=Path, metavar="OUT.png", help="each second a frame with what was read outlined"
    )
    scan.add_argument(
        "--formats",
        default="all",
        metavar="LIST",
        help="what to look for, such as Code128,QRCode, or linear, matrix, retail, all (default: all)",
    )
    scan.add_argument("--effort", default="fast", choices=EFFORTS, help="how long to look (default: fast)")
    scan.add_argument("--seconds", type=_seconds, metavar="N", help="stop after so long")
    scan.add_argument("--frames", type=_count, metavar="N", help="stop after so many frames were looked at")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:13]) <= MAX_FRAMES):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)
