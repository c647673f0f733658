"""What is tried: a driver by its settings, what its family can do, and the bench of each case.

Every case gets a driver of its own, and at a simulator also a device as delivered.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from hal.conformance.cases import Case, Need, Outcome, run_case
from hal.conformance.control import Control
from hal.conformance.lock_bench import LockBench, LockTraits
from hal.conformance.lock_cases import LOCK_SUITE
from hal.conformance.lock_faults import FAULTS as LOCK_FAULTS
from hal.conformance.lock_timing import TIMED
from hal.conformance.printer_bench import PrinterBench, PrinterTraits
from hal.conformance.printer_cases import PRINTER_SUITE
from hal.conformance.printer_faults import TOLD as PRINTER_FAULTS
from hal.conformance.scanner_bench import ScannerBench, ScannerTraits
from hal.conformance.scanner_cases import SCANNER_SUITE
from hal.conformance.scanner_faults import PARAMS as SCANNER_FAULTS
from hal.interfaces import LabelPrinter
from hal.registry import build
from hal.settings import BoardSettings, LineSettings, PrinterSettings, ScannerSettings

__all__ = [
    "FAULTS_TRIED",
    "LockSubject",
    "PrinterSubject",
    "ScannerSubject",
    "Subject",
    "Tell",
    "try_all",
    "try_case",
]

Tell = Callable[[str], None]

FAULTS_TRIED = frozenset(
    {*LOCK_FAULTS, *TIMED, *SCANNER_FAULTS, *PRINTER_FAULTS}
    | {case.fault for case in LOCK_SUITE.cases}
    | {case.fault for case in SCANNER_SUITE.cases}
    | {case.fault for case in PRINTER_SUITE.cases}
) - {""}
"""Of the simulators' menu; cameras have a contract of their own."""


@dataclass(frozen=True, slots=True)
class LockSubject:
    """A kind of lock board; `boards` is one, or the two a simulator has on its line.

    `channel` is the one that may be opened.
    """

    driver: str
    line: LineSettings
    boards: tuple[BoardSettings, ...]
    traits: LockTraits = field(default_factory=LockTraits)
    channel: int | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    interface: str = "lock board"

    @property
    def able(self) -> frozenset[Need]:
        """What it may be asked without a simulator."""
        return frozenset() if self.channel is None else frozenset({Need.PULSE})

    @property
    def cases(self) -> list[Case[Any]]:
        """The contract."""
        return LOCK_SUITE.cases

    @asynccontextmanager
    async def bench(self, control: Control | None, tell: Tell, case: Case[Any]) -> AsyncIterator[LockBench]:
        """A driver at the device, built with the settings of the case."""
        port = await _fresh_port(control, self.line.id) or self.line.port
        line = replace(self.line, port=port, **case.settings)
        hardware = build([line], self.boards, [], [])
        await hardware.start()
        try:
            first, *rest = hardware.boards.values()
            yield LockBench(first, rest[0] if rest else None, control, self.traits, self.channel, tell)
        finally:
            await hardware.close()


@dataclass(frozen=True, slots=True)
class ScannerSubject:
    """A kind of scanner; `text` is what is held before a real one."""

    driver: str
    settings: ScannerSettings
    traits: ScannerTraits = field(default_factory=ScannerTraits)
    text: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    interface: str = "scanner"

    @property
    def able(self) -> frozenset[Need]:
        """What it may be asked without a simulator."""
        return frozenset({Need.SCAN}) if self.text else frozenset()

    @property
    def cases(self) -> list[Case[Any]]:
        """The contract."""
        return SCANNER_SUITE.cases

    @asynccontextmanager
    async def bench(
        self, control: Control | None, tell: Tell, case: Case[Any]
    ) -> AsyncIterator[ScannerBench]:
        """A driver at the device, built with the settings of the case."""
        port = await _fresh_port(control, self.settings.id) or self.settings.port
        hardware = build([], [], [replace(self.settings, port=port, **case.settings)], [])
        await hardware.start()
        try:
            scanner = hardware.scanners[self.settings.id]
            yield ScannerBench(scanner, control, self.traits, self.text, tell)
        finally:
            await hardware.close()


@dataclass(frozen=True, slots=True)
class PrinterSubject:
    """A kind of printer; `paper` lets it print."""

    driver: str
    settings: PrinterSettings
    traits: PrinterTraits = field(default_factory=PrinterTraits)
    paper: bool = False
    left_out: Mapping[str, str] = field(default_factory=dict)
    interface: str = "printer"

    @property
    def able(self) -> frozenset[Need]:
        """What it may be asked without a simulator."""
        return frozenset({Need.PRINT}) if self.paper else frozenset()

    @property
    def cases(self) -> list[Case[Any]]:
        """The contract."""
        return PRINTER_SUITE.cases

    @asynccontextmanager
    async def bench(
        self, control: Control | None, tell: Tell, case: Case[Any]
    ) -> AsyncIterator[PrinterBench]:
        """A driver at the device, built with the settings of the case."""
        settings = replace(self.settings, **case.settings)
        port = await _fresh_port(control, settings.id)
        if port is not None:
            _, mark, query = settings.address.partition("?")
            settings = replace(settings, address=port + mark + query)
        hardware = build([], [], [], [settings])
        await hardware.start()
        try:
            printer: LabelPrinter = hardware.printers[settings.id]
            yield PrinterBench(printer, settings.width_dots, control, self.traits, tell)
        finally:
            await hardware.close()


Subject = LockSubject | ScannerSubject | PrinterSubject


async def try_case(subject: Subject, case: Case[Any], control: Control | None, tell: Tell) -> Outcome:
    """Run one case of the subject's contract; with a simulator every case can be run."""
    able = subject.able if control is None else frozenset(Need)

    def bench(case: Case[Any]) -> AbstractAsyncContextManager[Any]:
        return subject.bench(control, tell, case)

    return await run_case(subject.driver, case, bench, able, subject.left_out)


async def try_all(
    subject: Subject, control: Control | None, tell: Tell, told: Callable[[Outcome], None]
) -> list[Outcome]:
    """Run the whole contract, case after case; `told` hears of each outcome when it is there."""
    outcomes = []
    for case in subject.cases:
        outcomes.append(await try_case(subject, case, control, tell))
        told(outcomes[-1])
    return outcomes


async def _fresh_port(control: Control | None, name: str) -> str | None:
    """Where a simulator has the device now that it is as delivered; None for a real device."""
    if control is None:
        return None
    answer: Mapping[str, Any] = await control.do("restart")
    port: str | None = answer.get("ports", {}).get(name)
    return port
