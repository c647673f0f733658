"""What a Zebra printer says when asked: ~HS, ~HQES, ~HI and ~HM.

Sources: ZPL II Programming Guide 45541L, ~HS, ~HI, ~HM; docs.zebra.com,
"Host Query" for ~HQES.  Each string of ~HS stands between 02 and 03 and ends
with CR LF.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["PrinterState", "errors_and_warnings", "host_identification", "host_memory", "host_status"]

LINE_SETTINGS: Final = 30
"""XON/XOFF, no parity, one stop bit, eight data bits, 9600 baud."""

FUNCTION_SETTINGS: Final = 1
"""Die-cut labels, thermal transfer."""

THERMAL_TRANSFER: Final = 1
TEAR_OFF: Final = 2

MEDIA_OUT: Final = 0x1
RIBBON_OUT: Final = 0x2
HEAD_OPEN: Final = 0x4


@dataclass(frozen=True, slots=True)
class PrinterState:
    """What the sensors and the queue say."""

    paper_out: bool = False
    head_open: bool = False
    ribbon_out: bool = False
    paused: bool = False
    buffer_full: bool = False
    partial_format: bool = False
    formats_waiting: int = 0
    labels_left: int = 0
    length_dots: int = 0

    @property
    def in_error(self) -> bool:
        """True when it cannot print until somebody comes."""
        return self.paper_out or self.head_open or self.ribbon_out


def host_status(state: PrinterState) -> bytes:
    """The three strings of ~HS."""
    halted = state.paused or state.in_error
    first = (
        f"{LINE_SETTINGS:03},{state.paper_out:d},{halted:d},{min(state.length_dots, 9_999):04},"
        f"{min(state.formats_waiting, 999):03},{state.buffer_full:d},0,{state.partial_format:d},000,0,0,0"
    )
    second = (
        f"{FUNCTION_SETTINGS:03},0,{state.head_open:d},{state.ribbon_out:d},{THERMAL_TRANSFER},{TEAR_OFF},"
        f"6,0,{min(state.labels_left, 99_999_999):08},1,000"
    )
    return b"".join(_framed(line) for line in (first, second, "1234,0"))


def errors_and_warnings(state: PrinterState) -> bytes:
    """The reply to ~HQES; nibble 1 of group 1 tells media, ribbon and head."""
    bits = MEDIA_OUT * state.paper_out | RIBBON_OUT * state.ribbon_out | HEAD_OPEN * state.head_open
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
