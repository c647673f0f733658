"""USB scanners that need no serial line: a keyboard wedge and a HID POS scanner, as the kernel shows them.

The wedge types on a US keyboard; what is not on it goes out as Alt codes on
the keypad, one for each byte; GS is Ctrl+].  Every key makes EV_MSC, EV_KEY
and EV_SYN events as a real keyboard does.  (linux/input-event-codes.h.)

The HID POS scanner sends reports of 64 bytes: 02, count, AIM identifier, 56
data bytes, symbology, reserved, and bit 0 of the last for more.  (Access-IS
LSR110 manual.)
"""

from __future__ import annotations

import asyncio
import string
import struct
from abc import abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from simulators.faults import ActiveFault, FaultMenu
from simulators.packet_node import PacketNode
from simulators.pty_port import PortError

__all__ = ["HidPosScanner", "KeyboardWedge", "NodeScanner"]

EVENT: Final = struct.Struct("@llHHi")
SYN, KEY, MSC = 0, 1, 4
SCAN_CODE: Final = 4
SHIFT, CTRL, ALT, ENTER, TAB = 42, 29, 56, 28, 15

KEYS: Final = {
    **dict(zip("1234567890-=", range(2, 14), strict=True)),
    **dict(zip("qwertyuiop[]", range(16, 28), strict=True)),
    **dict(zip("asdfghjkl;'`", range(30, 42), strict=True)),
    **dict(zip("\\zxcvbnm,./", range(43, 54), strict=True)),
    " ": 57,
}
SHIFTED: Final = {
    **dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True)),
    **dict(zip(string.ascii_uppercase, string.ascii_lowercase, strict=True)),
}
KEYPAD: Final = dict(zip("0123456789", (82, 79, 80, 81, 75, 76, 77, 71, 72, 73), strict=True))

REPORT_BYTES: Final = 64
REPORT_DATA: Final = 56


class NodeScanner:
    """The common part.  `name` is the target of its faults."""

    def __init__(
        self, path: str | Path, *, aim: bool = True, name: str = "scanner", faults: FaultMenu | None = None
    ) -> None:
        """AIM identifiers are sent with `aim`."""
        self.name = name
        self.scans = 0
        self.faults = faults or FaultMenu()
        self.node = PacketNode(path)
        self._aim = aim
        self._sending = asyncio.Lock()
        self._unsubscribe: Callable[[], None] | None = None

    @abstractmethod
    def packets(self, data: bytes, identifier: str) -> Iterator[bytes]:
        """A scan as the kernel hands it on."""

    @property
    def path(self) -> Path:
        """What a host opens."""
        return self.node.path

    @property
    def plugged(self) -> bool:
        """True while the path leads to it."""
        return self.node.plugged

    async def start(self) -> None:
        """Plug it in."""
        self._unsubscribe = self.faults.subscribe(self._fault_changed)
        if self.faults.find("scanner_unplugged", self.name) is None:
            self.node.plug()

    async def stop(self) -> None:
        """Take it away."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self.node.unplug()

    async def scan(self, text: str | bytes, identifier: str = "C0") -> None:
        """Hold one symbol before it; PortError when unplugged."""
        if not self.node.plugged:
            raise PortError(f"{self.node.path} is unplugged: nothing can be scanned")
        if self.faults.find("scanner_dead", self.name) is not None:
            return
        self.scans += 1
        if self.faults.strike("scanner_no_read", self.name) is not None:
            return
        data = text.encode() if isinstance(text, str) else text
        async with self._sending:
            await self._send(data, identifier)
            again = self.faults.strike("scanner_double_read", self.name)
            if again is not None:
                await asyncio.sleep(float(again.params["gap_s"]))
                await self._send(data, identifier)

    async def _send(self, data: bytes, identifier: str) -> None:
        packets = list(self.packets(data, identifier))
        if self.faults.strike("scanner_half_scan", self.name) is not None:
            packets = packets[: len(packets) // 2]
        for packet in packets:
            await self.node.send(packet)

    def _fault_changed(self, fault: ActiveFault, began: bool) -> None:
        if fault.name == "scanner_unplugged" and fault.target == self.name:
            (self.node.unplug if began else self.node.plug)()


class KeyboardWedge(NodeScanner):
    """Types each scan, ended by `suffix`: CR is Enter, TAB is Tab, nothing is nothing.

    ValueError for another suffix.
    """

    def __init__(
        self,
        path: str | Path,
        suffix: bytes = b"\r",
        *,
        aim: bool = False,
        name: str = "scanner",
        faults: FaultMenu | None = None,
    ) -> None:
        """AIM identifiers are typed with `aim`."""
        super().__init__(path, aim=aim, name=name, faults=faults)
        ends = {b"\r": [ENTER], b"\t": [TAB], b"": []}
        if suffix not in ends:
            raise ValueError(f"a wedge ends its scans with CR, TAB or nothing, not {suffix!r}")
        self._ends = ends[suffix]

    def packets(self, data: bytes, identifier: str) -> Iterator[bytes]:
        """The events of one character at a time."""
        mark = f"]{identifier}".encode("ascii") if self._aim else b""
        shifted = False
        for byte in mark + data:
            wanted = chr(byte) in SHIFTED
            change = [(SHIFT, int(wanted))] if wanted != shifted else []
            shifted = wanted
            yield b"".join(_event(code, value) for code, value in [*change, *_strokes(byte)])
        last = [(SHIFT, 0)] if shifted else []
        for code in self._ends:
            last += _pressed(code)
        if last:
            yield b"".join(_event(code, value) for code, value in last)


def _strokes(byte: int) -> list[tuple[int, int]]:
    """The keys that write one byte, down and up, Shift being held where it must."""
    char = chr(byte)
    if char in KEYS:
        return _pressed(KEYS[char])
    if char in SHIFTED:
        return _pressed(KEYS[SHIFTED[char]])
    if byte == 0x1D:
        return [(CTRL, 1), *_pressed(KEYS["]"]), (CTRL, 0)]
    digits = [key for digit in f"0{byte}" for key in _pressed(KEYPAD[digit])]
    return [(ALT, 1), *digits, (ALT, 0)]


def _pressed(code: int) -> list[tuple[int, int]]:
    return [(code, 1), (code, 0)]


def _event(code: int, value: int) -> bytes:
    """A key as a keyboard tells it: its scan code, the key, and that this was all."""
    told = ((MSC, SCAN_CODE, 0x70000 + code), (KEY, code, value), (SYN, 0, 0))
    return b"".join(EVENT.pack(0, 0, *each) for each in told)


class HidPosScanner(NodeScanner):
    """Sends each scan in reports."""

    def packets(self, data: bytes, identifier: str) -> Iterator[bytes]:
        """Reports of 56 data bytes; the identifier is in each of them."""
        mark = f"]{identifier}".encode("ascii") if self._aim else bytes(3)
        starts = list(range(0, max(len(data), 1), REPORT_DATA))
        for start in starts:
            part = data[start : start + REPORT_DATA]
            more = start != starts[-1]
            yield bytes((2, len(part))) + mark + part.ljust(REPORT_DATA, b"\0") + bytes((0, 0, more))
