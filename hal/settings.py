"""What a station's configuration says about its hardware: frozen facts, checked by the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BoardSettings", "CameraSettings", "LineSettings", "PrinterSettings", "ScannerSettings"]


@dataclass(frozen=True, slots=True)
class LineSettings:
    """One line with lock boards: `port` is a serial device or `tcp://host:port` of a serial-to-TCP box.
    `protocol` is what all its boards speak (see hal/registry.py); `baud` None is that protocol's usual.

    `discard_echo` is for two-wire adapters that hear themselves.  Where it is forgotten, the echo of a pulse
    passes for a dead board's acknowledgement, and the echo of a read for "no contact closed" of an 8-way 8a80
    board.
    """

    id: str
    port: str
    protocol: str
    baud: int | None = None
    discard_echo: bool = False


@dataclass(frozen=True, slots=True)
class BoardSettings:
    """One lock board.  `pulse_ms` 1..3000; `contact_closed_means` is `locked` or `unlocked`; `answers_8a`
    False for 8a80 boards that never answer an unlock.  `options` are the keys of its kind
    (docs/lock-boards.md), checked by the kind's maker."""

    id: str
    line: str
    kind: str
    address: int
    channels: int
    pulse_ms: int = 500
    contact_closed_means: str = "locked"
    answers_8a: bool = True
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """One scanner.

    Of every kind: `aim` says it sends AIM identifiers; the same text again within `repeat_window_ms` is the
    same symbol (0: never); a scan of exactly `no_read` is the scanner's message that it read nothing (empty:
    it sends none).  `port` is a serial port, a /dev/input/by-id/…-event-kbd or a /dev/hidraw….

    Of those that send lines: with an empty `suffix` silence of `gap_ms` (0: as the kind is delivered) ends a
    scan; `acknowledge` answers each scan with ACK or NAK; `xonxoff` lets either side stop the other.

    Of those that take commands: `mode` is `host`, `continuous`, or empty to leave the scanner as it is set.

    Of one kind: `continuous_value` is what SSI parameter 8Ah is set to for `continuous` (7 presentation, 4
    continuous of laser engines); `short_trigger` starts a Newland read by its three-byte command, which is
    not answered; `checksum` False sends GM65 frames with AB CD instead of their CRC; `layout` names the
    keyboard layout a wedge types on, `alt_unicode` says that its Alt codes above 255 are Unicode, not GBK.
    """

    id: str
    kind: str
    port: str
    baud: int = 9600
    prefix: bytes = b""
    suffix: bytes = b"\r"
    aim: bool = True
    repeat_window_ms: int = 500
    no_read: str = "NR"
    gap_ms: int = 0
    acknowledge: bool = False
    xonxoff: bool = False
    mode: str = ""
    continuous_value: int = 7
    short_trigger: bool = False
    checksum: bool = True
    layout: str = "us"
    alt_unicode: bool = False


@dataclass(frozen=True, slots=True)
class PrinterSettings:
    """One printer.  `address` is `tcp://host:port`, `serial:path?baud=9600&flow=xonxoff` (or `rtscts`,
    `none`) or `usb:/dev/usb/lp0`; `kind` is `zpl`, `tspl`, `escpos` or `cpcl`.

    `answers` False is for printers that never answer a status question: nothing is asked, and every job ends
    as unknown.  `answer_ms` is how long an answer may take: one comes within some 100 ms, also from a printer
    at work, later over Bluetooth.  `media` (`gap`, `mark`, `continuous`) is for tspl and cpcl, `gap_mm` and
    `black_bit` (1 for clones that print TSC's pictures white on black) for tspl, `cut` for escpos.
    """

    id: str
    kind: str
    address: str
    width_dots: int = 608
    answers: bool = True
    answer_ms: int = 1500
    media: str = "gap"
    gap_mm: int = 3
    black_bit: int = 0
    cut: bool = True


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """One camera.  `url` is `v4l2:/dev/video0?size=1280x800&fps=30&format=mjpeg`,
    `recording:PATH?fps=30&loop=1&wait=1`, `unix:PATH` or `tcp:HOST:PORT`; what stands before the first colon
    is the kind of driver."""

    id: str
    url: str
