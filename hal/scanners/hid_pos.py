"""USB scanners in HID POS mode, read through hidraw (see hal/framing/hid_pos.py).

The report descriptor is asked for whenever the file was opened; where it names no decoded data, or the file
is no hidraw device, reports are taken to be of the usual layout.
"""

from __future__ import annotations

import fcntl
import logging

from hal.framing.hid_pos import USUAL, HidPosParser, read_layout
from hal.framing.scan_line import LineRead
from hal.scanners.options import checked, wrong
from hal.scanners.reading import ReadingScanner
from hal.settings import ScannerSettings
from hal.transport.node_link import NodeLink, OpenNode, open_plain

__all__ = ["KIND", "HidPosScanner", "make"]

log = logging.getLogger(__name__)

KIND = "hid-pos"
REST_GAP_S = 1.0
"""For the next report of a longer scan: they follow each other within some 10 ms."""
HIDIOCGRDESCSIZE = 0x80044801
HIDIOCGRDESC = 0x90044802
"""linux/hidraw.h: the size as int; size and 4096 bytes of descriptor."""
MAX_DESCRIPTOR_BYTES = 4096


class HidPosScanner(ReadingScanner[NodeLink, LineRead]):
    """A `Scanner`."""


def _descriptor(file: int) -> bytes:
    """The report descriptor of a hidraw device.  Raises OSError."""
    size = bytearray(4)
    fcntl.ioctl(file, HIDIOCGRDESCSIZE, size)
    told = bytearray(size) + bytearray(MAX_DESCRIPTOR_BYTES)
    fcntl.ioctl(file, HIDIOCGRDESC, told)
    return bytes(told[4 : 4 + int.from_bytes(size, "little")])


def make(settings: ScannerSettings) -> HidPosScanner:
    """The driver of these settings; no I/O."""
    checked(settings)
    if settings.mode:
        raise wrong(settings, "mode", f"{KIND!r} cannot be set to a mode")
    parser = HidPosParser(aim=settings.aim)

    def opener(path: str) -> OpenNode:
        node = open_plain(path)
        try:
            parser.layout = read_layout(_descriptor(node.descriptor)) or USUAL
        except OSError:
            parser.layout = USUAL
        log.info("scanner %s: reports are %s", settings.id, parser.layout)
        return node

    return HidPosScanner(
        settings.id,
        NodeLink(settings.port, opener),
        parser,
        gap_s=settings.gap_ms / 1000 if settings.gap_ms else REST_GAP_S,
        no_read=settings.no_read,
    )
