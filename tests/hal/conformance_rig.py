"""The contracts' cases before simulators in the same process, many at a time: wires take their real time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hal.conformance.cases import Case, Outcome, Result
from hal.conformance.control import ControlFailed
from hal.conformance.simulated import station_toml
from hal.conformance.subjects import Subject, try_case
from simulators.cabinet import SimulatedCabinet
from simulators.control import CabinetControl, ControlError
from simulators.plan import load_plan

__all__ = ["InProcess", "failures", "outcomes_of", "simulator_for"]

AT_ONCE = 24


class InProcess:
    """A `Control` without a socket."""

    def __init__(self, cabinet: CabinetControl) -> None:
        self._cabinet = cabinet

    async def do(self, what: str, **arguments: Any) -> Mapping[str, Any]:
        try:
            return await self._cabinet.do(what, **arguments)
        except ControlError as error:
            raise ControlFailed(str(error)) from error


def silent(text: str) -> None:
    """Nobody to tell."""


def simulator_for(subject: Subject, folder: Path) -> CabinetControl:
    """The device of `subject`, not yet plugged in."""
    folder.mkdir(parents=True)
    config = folder / "station.toml"
    config.write_text(station_toml(subject), encoding="utf-8")
    plan = load_plan(config)
    return CabinetControl(lambda: SimulatedCabinet(plan, folder / "labels", seed=1))


async def outcomes_of(pairs: Iterable[tuple[Subject, Case[Any]]], folder: Path) -> list[Outcome]:
    """Every case with a simulator of its own, several at once."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, subject: Subject, case: Case[Any]) -> Outcome:
        async with slots:
            control = simulator_for(subject, folder / str(number))
            try:
                return await try_case(subject, case, InProcess(control), silent)
            finally:
                await control.stop()

    return await asyncio.gather(*(one(number, *pair) for number, pair in enumerate(pairs)))


def failures(outcomes: Iterable[Outcome]) -> str:
    """What failed, with the wire; empty when nothing did."""
    return "\n".join(
        "\n  ".join([f"{each.driver}: {each.case}: {each.seen}", *each.trace])
        for each in outcomes
        if each.result is Result.FAILED
    )
