"""What a station's configuration says about its hardware: frozen facts, checked by the registry."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BoardSettings", "LineSettings", "PrinterSettings", "ScannerSettings"]


@dataclass(frozen=True, slots=True)
class LineSettings:
    """One serial line with lock boards.  `protocol` is `modbus-rtu` or `8a80`.

    `discard_echo` is for two-wire adapters that hear themselves.  Where it is forgotten, the echo of a pulse
    passes for a dead board's acknowledgement, and the echo of a read for "no contact closed" of an 8-way 8a80
    board.
    """

    id: str
    port: str
    protocol: str
    baud: int = 9600
    discard_echo: bool = False


@dataclass(frozen=True, slots=True)
class BoardSettings:
    """One lock board.  `pulse_ms` 1..3000; `contact_closed_means` is `locked` or `unlocked`; `answers_8a`
    False for 8a80 boards that never answer an unlock."""

    id: str
    line: str
    kind: str
    address: int
    channels: int
    pulse_ms: int = 500
    contact_closed_means: str = "locked"
    answers_8a: bool = True


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """One scanner.  With an empty `suffix` silence ends a scan; `aim` says it sends AIM identifiers."""

    id: str
    kind: str
    port: str
    baud: int = 9600
    prefix: bytes = b""
    suffix: bytes = b"\r"
    aim: bool = True


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
