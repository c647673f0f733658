"""The cases find what they are for: drivers that are wrong in one way each fail by name, and nothing that
opens a door is done without leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hal.conformance.cases import Outcome, Result
from hal.conformance.simulated import simulated_subjects
from hal.conformance.subjects import LockSubject, Subject, try_case
from hal.interfaces import LockBoard, LockFeedback, PrintResult, PulseResult, ScanRead
from hal.registry import LOCKS, PRINTERS, SCANNERS, LockKind
from tests.hal.conformance_rig import outcomes_of, simulator_for

BOARD, SCANNER, PRINTER = "8a80", "gm65", "cpcl"


def subject_of(kind: str) -> Subject:
    return next(subject for subject in simulated_subjects() if subject.driver == kind)


async def failed(kind: str, folder: Path, *names: str) -> set[str]:
    """Which of these cases the driver fails; all but those of faults when none is named."""
    subject = subject_of(kind)
    cases = [case for case in subject.cases if case.name in names or (not names and not case.fault)]
    assert len(cases) >= len(names)
    outcomes = await outcomes_of([(subject, case) for case in cases], folder)
    return {each.case for each in outcomes if each.result is Result.FAILED}


class Wrong:
    """A driver with one method replaced; everything else is the real one's."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class Repeats(Wrong):
    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        result: PulseResult = await self.real.pulse(channel, deadline)
        return result if result is PulseResult.ACKNOWLEDGED else await self.real.pulse(channel, deadline)


class Twice(Wrong):
    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        await self.real.pulse(channel, deadline)
        again: PulseResult = await self.real.pulse(channel, deadline)
        return again


class Believes(Wrong):
    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        await self.real.pulse(channel, deadline)
        return PulseResult.ACKNOWLEDGED


class CountsFromZero(Wrong):
    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        result: PulseResult = await self.real.pulse(max(1, channel - 1), deadline)
        return result


class Remembers(Wrong):
    """Tells its first reading for ever."""

    told: tuple[LockFeedback, ...] | None = None

    async def read_feedback(self, deadline: float) -> tuple[LockFeedback, ...]:
        self.told = self.told or await self.real.read_feedback(deadline)
        return self.told


class Backwards(Wrong):
    async def read_feedback(self, deadline: float) -> tuple[LockFeedback, ...]:
        told: tuple[LockFeedback, ...] = await self.real.read_feedback(deadline)
        return told[::-1]


class Ignores(Wrong):
    """Takes its deadline for a suggestion."""

    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        result: PulseResult = await self.real.pulse(channel, asyncio.get_running_loop().time() + 5)
        return result


LOCK_FAULTS: dict[Callable[[Any], Any], tuple[str, ...]] = {
    Repeats: ("under no_answer",),
    Twice: ("one pulse opens its own door and no other",),
    Believes: ("under board_dead",),
    CountsFromZero: ("one pulse opens its own door and no other",),
    Remembers: ("a door opened by force reads unlocked",),
    Backwards: ("one pulse opens its own door and no other",),
    Ignores: ("pulse past its deadline is not sent",),
}


@pytest.mark.parametrize("wrong", LOCK_FAULTS)
async def test_a_wrong_lock_board_driver_fails(
    wrong: Callable[[Any], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LOCKS[BOARD]

    def make(*settings: Any) -> LockBoard:
        made: LockBoard = wrong(real.make(*settings))
        return made

    monkeypatch.setattr("hal.conformance.lock_bench.WAIT_S", 2.0)
    monkeypatch.setitem(LOCKS, BOARD, LockKind(make, real.protocol, real.answers_8a))

    assert await failed(BOARD, tmp_path, *LOCK_FAULTS[wrong]) == set(LOCK_FAULTS[wrong])


class Halves(Wrong):
    """Takes what comes for text, whole or not."""

    async def scans(self) -> Any:
        async for scan in self.real.scans():
            yield scan if isinstance(scan, ScanRead) else ScanRead("EE12", "C0", scan.at_s)


class Lower(Wrong):
    async def scans(self) -> Any:
        async for scan in self.real.scans():
            yield replace(scan, text=scan.text.lower()) if isinstance(scan, ScanRead) else scan


@pytest.mark.parametrize(
    ("wrong", "case"),
    [(Halves, "a scan cut off is never read in half"), (Lower, "a scan arrives as text")],
)
async def test_a_wrong_scanner_driver_fails(
    wrong: Callable[[Any], Any], case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SCANNERS[SCANNER]
    monkeypatch.setitem(SCANNERS, SCANNER, lambda settings: wrong(real(settings)))

    assert await failed(SCANNER, tmp_path, case) == {case}


class Insists(Wrong):
    """Prints until it sees it printed."""

    async def print_page(self, page: Any, deadline: float, progress: Any = None) -> Any:
        result, status = await self.real.print_page(page, deadline, progress)
        if result is PrintResult.UNKNOWN:
            later = asyncio.get_running_loop().time() + 10
            while not (await self.real.status(later)).ready:
                await asyncio.sleep(0.01)
            return await self.real.print_page(page, later, None)
        return result, status


class Inverts(Wrong):
    async def print_page(self, page: Any, deadline: float, progress: Any = None) -> Any:
        rows = bytes(byte ^ 0xFF for byte in page.rows)
        return await self.real.print_page(replace(page, rows=rows), deadline, progress)


@pytest.mark.parametrize(
    ("wrong", "case"),
    [
        (Insists, "power lost within the job is never printed"),
        (Inverts, "a page comes out once"),
    ],
)
async def test_a_wrong_printer_driver_fails(
    wrong: Callable[[Any], Any], case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = PRINTERS[PRINTER]
    monkeypatch.setitem(PRINTERS, PRINTER, lambda settings: wrong(real(settings)))

    assert await failed(PRINTER, tmp_path, case) == {case}


async def _as_real(folder: Path, channel: int | None) -> tuple[list[Outcome], dict[str, int]]:
    """All cases at a board that nobody says is simulated; a hand shuts what opens, when it is asked to."""
    subject = subject_of(BOARD)
    assert isinstance(subject, LockSubject)
    control = simulator_for(subject, folder / "board")
    await control.do("restart")
    world = control.cabinet.world
    real = replace(
        subject,
        line=replace(subject.line, port=control.cabinet.lines["line"].address),
        boards=subject.boards[:1],
        channel=channel,
    )
    shutting: list[asyncio.Task[None]] = []

    async def shut() -> None:
        while not all(world.close_door(door) for door in world.open_doors()):
            await asyncio.sleep(0.01)

    def hand(text: str) -> None:
        shutting.append(asyncio.create_task(shut()))

    try:
        outcomes = [await try_case(real, case, None, hand) for case in real.cases]
    finally:
        await control.stop()
    pulses = {each.id: world.pulses(each.id) for each in world.plan.compartments}
    return outcomes, {door: count for door, count in pulses.items() if count}


async def test_without_leave_no_door_is_pulsed(tmp_path: Path) -> None:
    outcomes, pulsed = await _as_real(tmp_path, None)

    assert pulsed == {}
    assert {each.result for each in outcomes} == {Result.PASSED, Result.NOT_RUN}
    [told] = {each.seen for each in outcomes if each.case.startswith("one pulse")}
    assert told == "needs --pulse CHANNEL: it opens that door"


async def test_with_leave_one_door_is_pulsed_and_once(tmp_path: Path) -> None:
    outcomes, pulsed = await _as_real(tmp_path, 5)

    assert pulsed == {"one-5": 1}
    assert [each for each in outcomes if each.result is Result.FAILED] == []
