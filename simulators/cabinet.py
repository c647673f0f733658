"""A whole cabinet from one station.toml: metal, lines, boards, scanners, printers and hands.

    python -m simulators.cabinet --config station.toml --labels DIR

runs it until Ctrl-C, for trying things by hand.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from simulators.cpcl_printer import CpclPrinter
from simulators.escpos_printer import EscPosPrinter
from simulators.faults import FaultMenu
from simulators.hands import Hands
from simulators.lock_kinds import board_ids, boards_of
from simulators.plan import CabinetPlan, PlanError, PrinterPlan, load_plan
from simulators.printer_body import PRINT_MM_S, PrinterBody
from simulators.pty_port import PortError
from simulators.rs485_line import Rs485Line
from simulators.scanner_base import AnyScanner
from simulators.scanner_kinds import simulated_scanner
from simulators.tspl_printer import TsplPrinter
from simulators.world import World
from simulators.zpl_printer import ZplPrinter

__all__ = ["SimulatedCabinet", "main", "run_devices"]

HOLD_EVERY_S: Final = 2.0
"""Longer than any window of repetition in use: each time counts."""
PRINTERS: dict[str, type[PrinterBody]] = {
    "zpl": ZplPrinter,
    "tspl": TsplPrinter,
    "escpos": EscPosPrinter,
    "cpcl": CpclPrinter,
}
"""Simulated printers by the kinds of station.toml."""


class SimulatedCabinet:
    """Everything a plan names, ready to start.  Devices are found by their ids in the plan."""

    def __init__(
        self,
        plan: CabinetPlan,
        out_dir: str | Path,
        *,
        seed: int = 0,
        realtime: bool = True,
        pace: float = 1.0,
    ) -> None:
        """Labels become pictures in `out_dir`.

        Without `realtime` bytes take no time on the wire and labels none under
        the head; pulses and doors keep theirs.  PlanError for a kind of device
        that has no simulator.
        """
        self.plan = plan
        self.out_dir = Path(out_dir)
        self.faults = FaultMenu(
            seed,
            {
                "line": [each.id for each in plan.lines],
                "board": board_ids(plan),
                "compartment": [each.id for each in plan.compartments],
                "scanner": [each.id for each in plan.scanners],
                "printer": [each.id for each in plan.printers],
            },
        )
        self.world = World(plan, faults=self.faults)
        self.hands = Hands(self.world, self.faults.rng, pace)
        on_lines = {each.id: boards_of(plan, each.id, self.world, self.faults) for each in plan.lines}
        self.boards = {name: board for boards in on_lines.values() for name, board in boards.items()}
        self.lines = {
            each.id: Rs485Line(
                each.port,
                list(on_lines[each.id].values()),
                self.faults,
                each.baud,
                realtime,
                name=each.id,
                echoes=each.echoes,
            )
            for each in plan.lines
        }
        self.scanners = {each.id: simulated_scanner(each, self.faults) for each in plan.scanners}
        self.printers = {each.id: self._printer(each, realtime) for each in plan.printers}
        self._started: list[Rs485Line | AnyScanner | PrinterBody] = []

    async def start(self) -> None:
        """Plug everything in; when one port cannot be had, OSError, and nothing stays plugged."""
        devices: list[Rs485Line | AnyScanner | PrinterBody]
        devices = [*self.lines.values(), *self.scanners.values(), *self.printers.values()]
        try:
            for device in devices:
                self._started.append(device)
                await device.start()
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Switch everything off and take the ports away."""
        while self._started:
            await self._started.pop().stop()

    def unplug(self, device: str) -> None:
        """Pull a line's adapter, a scanner or a printer out by its id; PlanError when there is none of it."""
        for fault, devices in (
            ("line_unplugged", self.lines),
            ("scanner_unplugged", self.scanners),
            ("printer_unplugged", self.printers),
        ):
            if device in devices:
                self.faults.inject(fault, device)
                return
        known = ", ".join([*self.lines, *self.scanners, *self.printers])
        raise PlanError(f"no device {device!r} to unplug; there are {known}")

    def trace(self, limit: int = 50) -> list[dict[str, Any]]:
        """The last bursts on all lines in order of time, each with its line; JSON-ready."""
        bursts = [{"line": name, **each} for name, line in self.lines.items() for each in line.trace(limit)]
        return sorted(bursts, key=lambda burst: float(burst["at_s"]))[-limit:]

    def ports(self) -> list[tuple[str, str]]:
        """What a host can open: device id and address."""
        found = [(name, line.address) for name, line in self.lines.items()]
        found += [(name, str(scanner.path)) for name, scanner in self.scanners.items()]
        return found + [(name, printer.address) for name, printer in self.printers.items()]

    def _printer(self, plan: PrinterPlan, realtime: bool) -> PrinterBody:
        options: dict[str, Any] = {
            "name": plan.id,
            "host": plan.host or "127.0.0.1",
            "tcp_port": plan.tcp_port,
            "path": plan.port,
            "scheme": plan.scheme,
            "baud": plan.baud,
            "paced": realtime and plan.scheme == "serial",
            "faults": self.faults,
            "width_dots": plan.width_dots,
            "print_mm_s": PRINT_MM_S if realtime else None,
        }
        if plan.kind == "tspl":
            return TsplPrinter(self.out_dir, black_bit=plan.black_bit, answers=plan.answers, **options)
        if plan.kind not in PRINTERS:
            known = ", ".join(PRINTERS)
            raise PlanError(f"{plan.id}: no simulator for {plan.kind!r}; there are {known}")
        return PRINTERS[plan.kind](self.out_dir, **options)


async def run_devices(
    config: Path, labels: Path, unplugged: Sequence[str] = (), seed: int = 0, held: Sequence[str] = ()
) -> int:
    """Run a station's hardware until SIGINT or SIGTERM, printing its ports; returns 0.

    `unplugged` names devices that are pulled out from the start, `held` symbols
    as SCANNER=TEXT that are held before a scanner every two seconds.  PlanError
    or OSError when it cannot be built or plugged in.
    """
    cabinet = SimulatedCabinet(load_plan(config), labels, seed=seed)
    for device in unplugged:
        cabinet.unplug(device)
    symbols = [_held(cabinet, each) for each in held]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    await cabinet.start()
    holding = [asyncio.create_task(_hold(scanner, text)) for scanner, text in symbols]
    try:
        for name, address in cabinet.ports():
            print(f"{name:12} {address}", flush=True)
        await stop.wait()
    finally:
        for task in holding:
            task.cancel()
        await cabinet.stop()
    return 0


def _held(cabinet: SimulatedCabinet, given: str) -> tuple[AnyScanner, str]:
    name, equals, text = given.partition("=")
    if not equals or not text or name not in cabinet.scanners:
        raise PlanError(f"{given!r} is not SCANNER=TEXT; there are {', '.join(cabinet.scanners) or 'none'}")
    return cabinet.scanners[name], text


async def _hold(scanner: AnyScanner, text: str) -> None:
    while True:
        await asyncio.sleep(HOLD_EVERY_S)
        with contextlib.suppress(PortError):
            await scanner.scan(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a cabinet until SIGINT or SIGTERM; 1 when it cannot be built or plugged in."""
    parser = argparse.ArgumentParser(
        prog="python -m simulators.cabinet",
        description="Simulated hardware of one station: the same bytes on the wire, no metal.",
        epilog="Faults: "
        + "; ".join(
            f"{each['name']} ({each['target']}): {each['summary']}"
            for each in FaultMenu().describe()
            if each["target"] != "camera"  # a cabinet has none
        ),
    )
    parser.add_argument(
        "--config", type=Path, required=True, help="the station.toml that names ports and boards"
    )
    parser.add_argument("--labels", type=Path, required=True, help="folder for pictures of printed labels")
    parser.add_argument("--seed", type=int, default=0, help="of all chance in the faults (0)")
    options = parser.parse_args(argv)
    try:
        return asyncio.run(run_devices(options.config, options.labels, seed=options.seed))
    except (PlanError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
