"""Every driver by the whole contract of its interface, clean and under each fault, at its own simulator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hal.conformance.cases import Result
from hal.conformance.scanner_bench import ScannerTraits
from hal.conformance.simulated import simulated_subjects
from hal.conformance.subjects import FAULTS_TRIED, PrinterSubject, ScannerSubject, Subject
from hal.registry import LOCKS, PRINTERS, SCANNERS
from simulators.faults import FAULTS
from tests.hal.conformance_rig import failures, outcomes_of

SUBJECTS = simulated_subjects()
OTHER_WAYS = {
    "zpl": "serial:label?baud=115200",
    "tspl": "usb:label",
    "cpcl": "tcp://127.0.0.1:0",
}
CABLE_FAULTS = ("printer_unplugged", "printer_stalls", "paper_out")
SHARES = [
    *(("lock board", share) for share in range(3)),
    *(("scanner", share) for share in range(2)),
    *(("printer", share) for share in range(2)),
]


def _otherwise(subject: Subject) -> list[Subject]:
    """The same driver by another way, or with another setting, where there is one."""
    if isinstance(subject, ScannerSubject) and subject.driver == "serial-line":
        settings = replace(subject.settings, acknowledge=True)
        return [replace(subject, settings=settings, traits=ScannerTraits(acknowledged=True, commands=False))]
    if isinstance(subject, PrinterSubject) and subject.driver in OTHER_WAYS:
        way = replace(subject.settings, address=OTHER_WAYS[subject.driver])
        return [replace(subject, settings=way)]
    return []


async def test_the_contract_holds_by_other_ways_too(tmp_path: Path) -> None:
    pairs = [
        (other, case)
        for subject in SUBJECTS
        for other in _otherwise(subject)
        for case in other.cases
        if isinstance(other, ScannerSubject) or not case.fault or case.fault in CABLE_FAULTS
    ]

    outcomes = await outcomes_of(pairs, tmp_path)

    assert len({each.driver for each in outcomes}) == 1 + len(OTHER_WAYS)
    assert not failures(outcomes), failures(outcomes)


def test_no_driver_and_no_fault_is_left_out() -> None:
    assert [subject.driver for subject in SUBJECTS] == [*LOCKS, *SCANNERS, *PRINTERS]
    assert {name for name, fault in FAULTS.items() if fault.target != "camera"} == FAULTS_TRIED


@pytest.mark.parametrize(("interface", "share"), SHARES)
async def test_the_contract_holds_for_every_driver(tmp_path: Path, interface: str, share: int) -> None:
    shares = sum(name == interface for name, _ in SHARES)
    subjects = [subject for subject in SUBJECTS if subject.interface == interface]
    pairs = [(subject, case) for subject in subjects for case in subject.cases[share::shares]]

    outcomes = await outcomes_of(pairs, tmp_path)

    assert not failures(outcomes), failures(outcomes)
    not_run = [each for each in outcomes if each.result is Result.NOT_RUN]
    assert {each.driver for each in not_run} <= {
        "modbus-stm8",
        "keyboard-wedge",
        "hid-pos",
        "tspl",
        "escpos",
        "cpcl",
    }
