"""`pigeonhole doctor`: look at every configured device once and say what is there.

Opens the ports itself, so the service must not be running.  Pulses nothing,
prints nothing.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Iterable, Iterator
from typing import Final, TextIO

import msgspec

from edge.config import Config
from hal.errors import HalError
from hal.interfaces import HostDrivenScanner, LabelPrinter, LockBoard, LockFeedback, Scanner, ScannerVerb
from hal.ports import list_ports
from hal.registry import Hardware, build

__all__ = ["Finding", "Report", "examine", "write_report"]

ANSWER_S: Final = 2.0
"""For one question to one device; boards answer within 100 ms, printers within a second."""


class Finding(msgspec.Struct, frozen=True):
    """One device: `ok`, and in words what was seen or what to do."""

    kind: str
    id: str
    where: str
    ok: bool
    detail: str
    doors: dict[str, str] = {}


class Report(msgspec.Struct, frozen=True):
    """`ok` is False when anything configured is not as it should be; `ports` are those of the machine."""

    ok: bool
    ports: list[str]
    findings: list[Finding]


async def examine(config: Config, progress: TextIO = sys.stderr) -> Report:
    """Ask every device; progress is one line a device."""
    hardware = build(config.lines, config.boards, config.scanners, config.printers)
    findings: list[Finding] = []
    await hardware.start()
    try:
        for kind, name, question in _questions(config, hardware):
            print(f"asking {kind} {name} …", file=progress, flush=True)
            findings.append(await question)
    finally:
        await hardware.close()
    ports = [f"{port.device} {port.description}".strip() for port in list_ports()]
    return Report(ok=all(f.ok for f in findings), ports=ports, findings=findings)


def _questions(config: Config, hardware: Hardware) -> Iterator[tuple[str, str, Awaitable[Finding]]]:
    for board in hardware.boards.values():
        yield "board", board.info.id, _board(config, board)
    ports = {s.id: s.port for s in config.scanners}
    for scanner in hardware.scanners.values():
        yield "scanner", scanner.id, _scanner(scanner, ports[scanner.id])
    addresses = {p.id: p.address for p in config.printers}
    for printer in hardware.printers.values():
        yield "printer", printer.id, _printer(printer, addresses[printer.id])


def _deadline() -> float:
    return asyncio.get_running_loop().time() + ANSWER_S


async def _board(config: Config, board: LockBoard) -> Finding:
    info = board.info
    where = f"{info.port} address {info.address}"
    try:
        feedback = await board.read_feedback(_deadline())
        version = await board.version(_deadline())
    except HalError as error:
        advice = "check the port, the wiring and the address switch; stop the service if it runs"
        return Finding("board", info.id, where, False, f"{error.detail}; {advice}")
    doors = {
        c.number: feedback[c.channel - 1].value
        for c in config.layout.compartments.values()
        if c.board == info.id
    }
    unknown = [number for number, level in doors.items() if level == LockFeedback.UNKNOWN]
    detail = f"{info.kind}, {info.channels} channels, version {version or 'not told by this protocol'}"
    if unknown:
        detail += f"; no feedback from {', '.join(unknown)}"
    return Finding("board", info.id, where, not unknown, detail, doors)


async def _scanner(scanner: Scanner, port: str) -> Finding:
    if not scanner.online:
        return Finding(
            "scanner",
            scanner.id,
            port,
            False,
            "unplugged: the port is not there or is held by another process",
        )
    if not isinstance(scanner, HostDrivenScanner) or ScannerVerb.PROBE not in scanner.verbs:
        return Finding("scanner", scanner.id, port, True, "the port is open")
    said = await scanner.probe(_deadline())
    if said is None:
        advice = "is it powered, of this kind, and at this baud rate?"
        return Finding("scanner", scanner.id, port, False, f"the port is open, the scanner silent; {advice}")
    return Finding("scanner", scanner.id, port, True, f"the port is open, the scanner says: {said}")


async def _printer(printer: LabelPrinter, address: str) -> Finding:
    status = await printer.status(_deadline())
    model = await printer.model(_deadline()) if status.ready else None
    words = ", ".join(sorted(flag.value for flag in status.flags)) or "ready"
    detail = f"{model}: {words}" if model else words
    return Finding("printer", printer.id, address, status.ready, detail)


def write_report(report: Report, out: TextIO) -> None:
    """The report for people."""
    print("serial ports of this machine:", file=out)
    for port in report.ports or ["  (none)"]:
        print(f"  {port.strip()}", file=out)
    for finding in report.findings:
        mark = "ok  " if finding.ok else "FAIL"
        print(f"{mark} {finding.kind} {finding.id} at {finding.where}: {finding.detail}", file=out)
        if finding.doors:
            print(f"       {_doors(finding.doors.items())}", file=out)
    print("all well" if report.ok else "something is wrong, see FAIL above", file=out)


def _doors(doors: Iterable[tuple[str, str]]) -> str:
    words = {"LOCKED": "closed", "UNLOCKED": "OPEN", "UNKNOWN": "UNKNOWN"}
    return "  ".join(f"{number} {words[level]}" for number, level in doors)
