"""USB scanners that type (HID keyboard wedge), read below the console (see hal/framing/key_events.py).

The event file is opened by python-evdev and grabbed, so that what is scanned is not typed into whatever has
the screen.  A file that is no character device, a recorded or simulated stream of events, is read as it is.
"""

from __future__ import annotations

import os
import stat

from hal.framing.key_events import KeyLineParser
from hal.framing.key_layouts import LAYOUTS
from hal.framing.scan_line import LineRead
from hal.scanners.options import STALE_GAP_S, checked, wrong
from hal.scanners.reading import ReadingScanner
from hal.settings import ScannerSettings
from hal.transport.node_link import NodeLink, OpenNode, open_plain

__all__ = ["KIND", "KeyboardWedgeScanner", "make", "open_grabbed"]

KIND = "keyboard-wedge"
IDLE_GAP_S = 0.1
"""Ends a scan of a wedge that types no Enter; a key takes 1 to 10 ms."""


class KeyboardWedgeScanner(ReadingScanner[NodeLink, LineRead]):
    """A `Scanner`."""


def open_grabbed(path: str) -> OpenNode:
    """The event file at `path`, for this process alone.  Raises OSError, also without python-evdev."""
    if not stat.S_ISCHR(os.stat(path).st_mode):
        return open_plain(path)
    try:
        # Imported here: an optional extra, which only stations with a wedge have.
        from evdev import InputDevice
    except ImportError as exc:
        raise OSError("a keyboard wedge needs python-evdev: pip install 'pigeonhole[evdev]'") from exc
    device = InputDevice(path)
    try:
        device.grab()
    except OSError:
        device.close()
        raise
    os.set_blocking(device.fd, False)
    return OpenNode(device.fd, device.close)


def make(settings: ScannerSettings) -> KeyboardWedgeScanner:
    """The driver of these settings; no I/O."""
    checked(settings)
    if settings.layout not in LAYOUTS:
        raise wrong(settings, "layout", f"{settings.layout!r} is none of {', '.join(LAYOUTS)}")
    if settings.mode:
        raise wrong(settings, "mode", f"{KIND!r} cannot be set to a mode")
    parser = KeyLineParser(
        LAYOUTS[settings.layout],
        aim=settings.aim,
        ends_by_silence=not settings.suffix,
        prefix=settings.prefix,
        alt_unicode=settings.alt_unicode,
    )
    return KeyboardWedgeScanner(
        settings.id,
        NodeLink(settings.port, open_grabbed),
        parser,
        gap_s=settings.gap_ms / 1000 if settings.gap_ms else STALE_GAP_S if settings.suffix else IDLE_GAP_S,
        no_read=settings.no_read,
    )
