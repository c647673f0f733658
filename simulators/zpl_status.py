"""What a Zebra printer says when asked: ~HS, ~HQES, ~HI and ~HM.

Sources: ZPL II Programming Guide 45541L, ~HS, ~HI, ~HM; docs.zebra.com,
"Host Query" for ~HQES.  Each string of ~HS stands between 02 and 03 and ends
with CR LF.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from simulators.printer_body import Conditions

__all__ = ["PrinterState", "errors_and_warnings", "host_identification", "host_memory", "host_status"]

LINE_SETTINGS: Final = 30
"""XON/XOFF, no parity, one stop bit, eight data bits, 9600 baud."""

FUNCTION_SETTINGS: Final = 1
"""Die-cut labels, thermal transfer."""

THERMAL_TRANSFER: Final = 1
TEAR_OFF: Final = 2

PEEL: Final = 1

MEDIA_OUT: Final = 0x1
RIBBON_OUT: Final = 0x2
HEAD_OPEN: Final = 0x4
CUTTER_FAULT: Final = 0x8
HEAD_TOO_HOT: Final = 0x10
"""~HQES has no pause but in kiosk printers, and nothing for a full rewinder."""


@dataclass(frozen=True, slots=True)
class PrinterState:
    """What the sensors and the queue say; `peels`: direct thermal with a peeler instead of a ribbon."""

    now: Conditions = field(default_factory=Conditions)
    partial_format: bool = False
    formats_waiting: int = 0
    labels_left: int = 0
    length_dots: int = 0
    peels: bool = False

    @property
    def silences_host_status(self) -> bool:
        """True in the states in which current firmware leaves ~HS unanswered."""
        return self.now.paper_out or self.now.ribbon_out or self.now.head_open or self.now.too_hot


def host_status(state: PrinterState) -> bytes:
    """The three strings of ~HS."""
    now = state.now
    halted = now.paused or now.in_error
    first = (
        f"{LINE_SETTINGS:03},{now.paper_out:d},{halted:d},{min(state.length_dots, 9_999):04},"
        f"{min(state.formats_waiting, 999):03},{now.buffer_full:d},0,{state.partial_format:d},000,0,0,"
        f"{now.too_hot:d}"
    )
    transfer, mode = (0, PEEL) if state.peels else (THERMAL_TRANSFER, TEAR_OFF)
    second = (
        f"{FUNCTION_SETTINGS:03},0,{now.head_open:d},{now.ribbon_out:d},{transfer},{mode},"
        f"6,{now.label_waiting:d},{min(state.labels_left, 99_999_999):08},1,000"
    )
    return b"".join(_framed(line) for line in (first, second, "1234,0"))


def errors_and_warnings(state: PrinterState) -> bytes:
    """The reply to ~HQES; nibbles 1 and 2 of group 1."""
    now = state.now
    bits = (
        MEDIA_OUT * now.paper_out
        | RIBBON_OUT * now.ribbon_out
        | HEAD_OPEN * now.head_open
        | CUTTER_FAULT * now.jam
        | HEAD_TOO_HOT * now.too_hot
    )
    return (
        b"\x02\r\n\r\nPRINTER STATUS\r\n"
        + f"   ERRORS:         {bool(bits):d} 00000000 {bits:08X}\r\n".encode("ascii")
        + b"   WARNINGS:       0 00000000 00000000\r\n\x03"
    )


def host_identification(model: str, dots_per_mm: int) -> bytes:
    """The reply to ~HI."""
    return _framed(f"{model},V84.20.18Z,{dots_per_mm},8176KB")


def host_memory() -> bytes:
    """The reply to ~HM: kB installed, usable, free."""
    return _framed("1024,0780,0780")


def _framed(line: str) -> bytes:
    return b"\x02" + line.encode("ascii") + b"\x03\r\n"
