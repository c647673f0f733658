"""From a scanner's kind in station.toml to its simulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from simulators.cipherlab_scanner import CipherlabScanner
from simulators.faults import FaultMenu
from simulators.gm65_scanner import Gm65Scanner
from simulators.honeywell_scanner import HoneywellScanner
from simulators.newland_scanner import NewlandScanner
from simulators.plan import PlanError, ScannerPlan
from simulators.scanner_base import AnyScanner
from simulators.serial_scanner import SerialScanner
from simulators.ssi_scanner import SsiScanner
from simulators.usb_scanners import HidPosScanner, KeyboardWedge

__all__ = ["simulated_scanner"]

Maker = Callable[[ScannerPlan, FaultMenu], AnyScanner]


def _serial_line(plan: ScannerPlan, faults: FaultMenu) -> AnyScanner:
    return SerialScanner(
        plan.port,
        plan.suffix,
        plan.prefix,
        plan.aim,
        name=plan.id,
        baud=plan.baud,
        faults=faults,
        acknowledged=plan.acknowledge,
    )


def _ssi(plan: ScannerPlan, faults: FaultMenu) -> AnyScanner:
    return SsiScanner(plan.port, aim=plan.aim, name=plan.id, baud=plan.baud, faults=faults)


def _line_of(
    make: type[HoneywellScanner] | type[NewlandScanner] | type[CipherlabScanner],
) -> Maker:
    return lambda plan, faults: make(
        plan.port, plan.suffix, plan.prefix, plan.aim, name=plan.id, baud=plan.baud, faults=faults
    )


def _gm65(plan: ScannerPlan, faults: FaultMenu) -> AnyScanner:
    return Gm65Scanner(plan.port, plan.suffix, plan.aim, name=plan.id, baud=plan.baud, faults=faults)


def _wedge(plan: ScannerPlan, faults: FaultMenu) -> AnyScanner:
    return KeyboardWedge(plan.port, plan.suffix, aim=plan.aim, name=plan.id, faults=faults)


def _hid_pos(plan: ScannerPlan, faults: FaultMenu) -> AnyScanner:
    return HidPosScanner(plan.port, aim=plan.aim, name=plan.id, faults=faults)


_KINDS: Final[Mapping[str, Maker]] = {
    "serial-line": _serial_line,
    "ssi": _ssi,
    "honeywell": _line_of(HoneywellScanner),
    "newland": _line_of(NewlandScanner),
    "cipherlab": _line_of(CipherlabScanner),
    "gm65": _gm65,
    "keyboard-wedge": _wedge,
    "hid-pos": _hid_pos,
}


def simulated_scanner(plan: ScannerPlan, faults: FaultMenu) -> AnyScanner:
    """The scanner of a plan; PlanError for a kind that has no simulator or cannot be so."""
    if plan.kind not in _KINDS:
        raise PlanError(f"{plan.id}: no simulator for {plan.kind!r}; there are {', '.join(_KINDS)}")
    try:
        return _KINDS[plan.kind](plan, faults)
    except ValueError as error:
        raise PlanError(f"{plan.id}: {error}") from error
