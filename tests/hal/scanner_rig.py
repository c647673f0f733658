"""Scanner drivers before the simulated scanners of their families, for the contract suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hal.interfaces import HostDrivenScanner, RefusedScan, Scanner, ScanRead
from hal.registry import ScannerSettings, build
from simulators.cipherlab_scanner import CipherlabScanner
from simulators.faults import FaultMenu
from simulators.gm65_scanner import Gm65Scanner
from simulators.honeywell_scanner import HoneywellScanner
from simulators.newland_scanner import NewlandScanner
from simulators.scanner_base import SerialPortScanner
from simulators.serial_scanner import SerialScanner
from simulators.ssi_scanner import SsiScanner
from simulators.usb_scanners import HidPosScanner, KeyboardWedge, NodeScanner

WINDOW = "window"


@dataclass(frozen=True)
class Family:
    """A kind of scanner: its simulator and what the two must agree on."""

    kind: str
    simulator: Callable[..., Any]
    settings: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    serial: bool = True
    """On a serial line, with all its faults."""


FAMILIES = {
    "serial-line": Family("serial-line", SerialScanner),
    "serial-line-crlf": Family("serial-line", SerialScanner, {"suffix": b"\r\n"}, {"suffix": b"\r\n"}),
    "serial-line-framed": Family(
        "serial-line",
        SerialScanner,
        {"prefix": b"\x02", "suffix": b"\x03\x04"},
        {"prefix": b"\x02", "suffix": b"\x03\x04"},
    ),
    "serial-line-silence": Family("serial-line", SerialScanner, {"suffix": b""}, {"suffix": b""}),
    "serial-line-acknowledged": Family(
        "serial-line", SerialScanner, {"acknowledge": True}, {"acknowledged": True, "response_s": 0.4}
    ),
    "ssi": Family("ssi", SsiScanner, {}, {"response_s": 0.4}),
    "honeywell": Family("honeywell", HoneywellScanner),
    "newland": Family("newland", NewlandScanner),
    "cipherlab": Family("cipherlab", CipherlabScanner, {}, {"aim": True}),
    "gm65": Family("gm65", Gm65Scanner),
    "gm65-unchecked": Family("gm65", Gm65Scanner, {"checksum": False}),
    "keyboard-wedge": Family("keyboard-wedge", KeyboardWedge, {}, {"aim": True}, serial=False),
    "hid-pos": Family("hid-pos", HidPosScanner, serial=False),
}
HOST_DRIVEN = ["ssi", "honeywell", "newland", "cipherlab", "gm65"]


@dataclass
class Bench:
    """One scanner, simulated and driven."""

    device: SerialPortScanner | NodeScanner
    scanner: Scanner
    faults: FaultMenu

    @property
    def simulated(self) -> SerialPortScanner:
        assert isinstance(self.device, SerialPortScanner)
        return self.device

    @property
    def driven(self) -> HostDrivenScanner:
        assert isinstance(self.scanner, HostDrivenScanner)
        return self.scanner

    async def take(self, within_s: float = 15.0) -> ScanRead | RefusedScan:
        async with asyncio.timeout(within_s):
            async for scan in self.scanner.scans():
                return scan
        raise AssertionError("the scans ended")

    async def read(self, within_s: float = 15.0) -> tuple[str, str]:
        scan = await self.take(within_s)
        assert isinstance(scan, ScanRead), scan
        return scan.text, scan.identifier


def soon(seconds: float = 2.0) -> float:
    return asyncio.get_running_loop().time() + seconds


@asynccontextmanager
async def scanner_bench(folder: Path, family: str, **settings: Any) -> AsyncIterator[Bench]:
    made = FAMILIES[family]
    faults = FaultMenu(seed=1)
    simulated = made.simulator(folder / "scanner", name=WINDOW, faults=faults, **made.options)
    await simulated.start()
    hardware = build(
        [],
        [],
        [ScannerSettings(WINDOW, made.kind, str(folder / "scanner"), **{**made.settings, **settings})],
        [],
    )
    await hardware.start()
    try:
        bench = Bench(simulated, hardware.scanners[WINDOW], faults)
        await _ready(bench)
        yield bench
    finally:
        await hardware.close()
        await simulated.stop()


async def _ready(bench: Bench) -> None:
    """An SSI scanner sends packets once its driver has asked for them."""
    if isinstance(bench.device, SsiScanner):
        async with asyncio.timeout(5):
            while not bench.device.parameters[0xEE]:
                await asyncio.sleep(0.005)
