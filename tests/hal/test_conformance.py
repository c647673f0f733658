"""Every driver by the whole contract of its interface, clean and under each fault, at its own simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from hal.conformance.cases import Result
from hal.conformance.simulated import simulated_subjects
from hal.conformance.subjects import FAULTS_TRIED
from hal.registry import LOCKS, PRINTERS, SCANNERS
from simulators.faults import FAULTS
from tests.hal.conformance_rig import failures, outcomes_of

SUBJECTS = simulated_subjects()
SHARES = [
    *(("lock board", share) for share in range(3)),
    *(("scanner", share) for share in range(2)),
    *(("printer", share) for share in range(2)),
]


def test_no_driver_and_no_fault_is_left_out() -> None:
    assert [subject.driver for subject in SUBJECTS] == [*LOCKS, *SCANNERS, *PRINTERS]
    assert frozenset(FAULTS) == FAULTS_TRIED


@pytest.mark.parametrize(("interface", "share"), SHARES)
async def test_the_contract_holds_for_every_driver(tmp_path: Path, interface: str, share: int) -> None:
    shares = sum(name == interface for name, _ in SHARES)
    subjects = [subject for subject in SUBJECTS if subject.interface == interface]
    pairs = [(subject, case) for subject in subjects for case in subject.cases[share::shares]]

    outcomes = await outcomes_of(pairs, tmp_path)

    assert not failures(outcomes), failures(outcomes)
    not_run = [each for each in outcomes if each.result is Result.NOT_RUN]
    assert {each.driver for each in not_run} <= {"keyboard-wedge", "hid-pos", "tspl", "escpos", "cpcl"}
