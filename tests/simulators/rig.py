"""Cabinets and raw ports for the simulators' own tests."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulators.plan import BankPlan, BoardPlan, CabinetPlan, CompartmentPlan, LinePlan, load_plan

STATION = """
[station]
id = "demo-01"
tenant = "demo"
name = "鸽巢"
[paths]
data = "x.sqlite"

[[line]]
id = "line-a"
port = "dev/line-a"
baud = 9600
protocol = "modbus-rtu"
[[line]]
id = "line-b"
port = "dev/line-b"
baud = 9600
protocol = "8a80"

[[board]]
id = "a1"
line = "line-a"
kind = "modbus-relay"
address = 1
channels = 8
contact_closed_means = "locked"
[[board]]
id = "a2"
line = "line-a"
kind = "modbus-relay"
address = 2
channels = 8
contact_closed_means = "locked"
[[board]]
id = "b1"
line = "line-b"
kind = "8a80"
address = 1
channels = 24
contact_closed_means = "locked"
[[board]]
id = "b2"
line = "line-b"
kind = "8a80"
address = 2
channels = 12
contact_closed_means = "unlocked"

[[bank]]
id = "A"
name = "A"

[[scanner]]
id = "window"
kind = "serial-line"
port = "dev/scanner"
prefix = ""
suffix = "\\r"
aim = true

[[printer]]
id = "label"
kind = "zpl"
address = "tcp://127.0.0.1:{port}"
width_dots = 608
"""

COMPARTMENT = """
[[compartment]]
number = "{number}"
bank = "A"
size = "S"
board = "{board}"
channel = {channel}
floor_mm = 400
"""


def station_toml(folder: Path, printer_port: int = 9) -> Path:
    """A station of four boards: a1 A01-A08, a2 B01-B08, b1 C01-C24, b2 D01-D12."""
    wired = [("A", "a1", 8), ("B", "a2", 8), ("C", "b1", 24), ("D", "b2", 12)]
    text = STATION.format(port=printer_port) + "".join(
        COMPARTMENT.format(number=f"{letter}{channel:02}", board=board, channel=channel)
        for letter, board, channels in wired
        for channel in range(1, channels + 1)
    )
    path = folder / "station.toml"
    path.write_text(text, encoding="utf-8")
    return path


def small_plan(locks: int = 8, means: str = "locked") -> CabinetPlan:
    """One line, one board `x1`, compartments c01...; nothing on disk."""
    return CabinetPlan(
        source=Path("small.toml"),
        station_id="small",
        name="small",
        lines=(LinePlan("line", Path("line"), 9600, "any"),),
        boards=(BoardPlan("x1", "line", "any", 1, locks, 500, means),),
        banks=(BankPlan("C", "C"),),
        compartments=tuple(
            CompartmentPlan(f"c{channel:02}", f"C{channel:02}", "C", "S", "x1", channel, 400)
            for channel in range(1, locks + 1)
        ),
        scanners=(),
        printers=(),
    )


def full_plan(folder: Path) -> CabinetPlan:
    """The plan of `station_toml`."""
    return load_plan(station_toml(folder))


class RawPort:
    """A host's end of a simulated port: raw os.read and os.write, nothing of ours in between."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.descriptor)

    def set_baud(self, speed: int) -> None:
        settings = termios.tcgetattr(self.descriptor)
        settings[4] = settings[5] = speed
        termios.tcsetattr(self.descriptor, termios.TCSANOW, settings)

    def write(self, data: bytes) -> None:
        assert os.write(self.descriptor, data) == len(data)

    def write_some(self, data: bytes | memoryview) -> int:
        """How many bytes the port took; BlockingIOError when it takes none."""
        return os.write(self.descriptor, data)

    async def read(self, count: int, within_s: float = 3.0) -> bytes:
        """Exactly `count` bytes, or what came until the time was over."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + within_s
        got = b""
        while len(got) < count and (left_s := deadline_s - loop.time()) > 0:
            readable = asyncio.Event()
            loop.add_reader(self.descriptor, readable.set)
            try:
                await asyncio.wait_for(readable.wait(), left_s)
                got += os.read(self.descriptor, count - len(got))
            except TimeoutError:
                break
            finally:
                loop.remove_reader(self.descriptor)
        return got

    async def ask(self, request: str, count: int, within_s: float = 3.0) -> str:
        """Send hex, return `count` bytes of the reply as spaced hex."""
        self.write(bytes.fromhex(request))
        return (await self.read(count, within_s)).hex(" ").upper()

    def close(self) -> None:
        os.close(self.descriptor)


@contextmanager
def raw_port(path: Path) -> Iterator[RawPort]:
    port = RawPort(path)
    try:
        yield port
    finally:
        port.close()


async def until(condition: object, within_s: float = 5.0) -> None:
    """Return when `condition()` is true; AssertionError when the time is over."""
    assert callable(condition)
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + within_s
    while not condition():
        assert loop.time() < deadline_s, "the condition did not come true in time"
        await asyncio.sleep(0.005)
