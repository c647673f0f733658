"""What a case is, and how one is run: on a driver of its own, within a time, and with the wire kept.

Knows no test runner: `pigeonhole conformance` and the project's own tests run the same cases.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from hal.conformance.control import NotSimulated
from hal.interfaces import TraceLine

__all__ = [
    "NEEDS",
    "Bench",
    "Case",
    "CaseFailed",
    "Doubtful",
    "Need",
    "Outcome",
    "Result",
    "Suite",
    "expect",
    "run_case",
]

CASE_S = 60.0
"""The longest a case may take on a busy machine; its own waits end sooner and say for what."""

TRIES = 3
"""Of a case whose failures are in doubt: a simulator that is stopped for a tenth of a second at the one
moment that matters, thrice, would be bad luck."""

TRACE_LINES = 16
"""The last bursts of the wire in the outcome of a failed case."""


TRACE_BYTES = 64
"""Of a burst; a page has thousands."""


class Need(StrEnum):
    """What a case takes beside the driver and its device."""

    PULSE = "pulse"
    SCAN = "scan"
    PRINT = "print"
    SIMULATOR = "simulator"


NEEDS: Mapping[Need, str] = {
    Need.PULSE: "needs --pulse CHANNEL: it opens that door",
    Need.SCAN: "needs --scan TEXT: you hold that symbol before the scanner",
    Need.PRINT: "needs --print: it uses paper",
    Need.SIMULATOR: "needs a simulator: --control SOCKET",
}
"""What is told of a case that lacks it."""


class CaseFailed(Exception):
    """The contract does not hold; the message says what was seen instead."""


class Doubtful(CaseFailed):
    """What was seen may be a device that its machine stopped for a while: the case is run again.

    A driver at fault is at fault every time.
    """


def expect(holds: object, seen: str) -> None:
    """Raise CaseFailed with `seen` unless it holds."""
    if not holds:
        raise CaseFailed(seen)


class Bench(Protocol):
    """A driver at its device, ready for one case."""

    def trace(self) -> tuple[TraceLine, ...]:
        """The last bytes of its wire, oldest first."""
        ...


B = TypeVar("B")
B_bench = TypeVar("B_bench", bound=Bench)


@dataclass(frozen=True, slots=True)
class Case(Generic[B]):
    """One clause of a contract.  `run` returns what was seen, or raises.

    `fault` is the entry of the simulators' menu it is run under, empty when all is well; `settings` are what
    the driver must be built with for it.
    """

    name: str
    clause: str
    run: Callable[[B], Awaitable[str]]
    needs: frozenset[Need] = frozenset()
    fault: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


class Suite(Generic[B]):
    """The cases of one interface, in order."""

    def __init__(self) -> None:
        self.cases: list[Case[B]] = []

    def case(
        self, *needs: Need, fault: str = "", **settings: Any
    ) -> Callable[[Callable[[B], Awaitable[str]]], Callable[[B], Awaitable[str]]]:
        """Make a case of a coroutine function: its name, and its docstring as the clause."""

        def add(run: Callable[[B], Awaitable[str]]) -> Callable[[B], Awaitable[str]]:
            clause = " ".join((run.__doc__ or "").split())
            name = getattr(run, "__name__", "").replace("_", " ")
            self.add(Case(name, clause, run, frozenset(needs), fault, settings))
            return run

        return add

    def add(self, case: Case[B]) -> None:
        """Add a case; ValueError when its name is taken or its clause is missing."""
        if not case.clause or case.name in {each.name for each in self.cases}:
            raise ValueError(f"{case.name!r} is there already or says no clause")
        self.cases.append(case)


class Result(StrEnum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the table; `trace` is the wire's end when it failed."""

    driver: str
    case: str
    result: Result
    seen: str
    seconds: float = 0.0
    trace: tuple[str, ...] = ()


async def run_case(
    driver: str,
    case: Case[B_bench],
    bench_for: Callable[[Case[B_bench]], AbstractAsyncContextManager[B_bench]],
    able: frozenset[Need],
    left_out: Mapping[str, str],
) -> Outcome:
    """Run a case on a bench of its own; whatever it raises is its outcome.

    `able` is what there is to meet its needs; `left_out` names cases and faults that do not apply, with the
    reason.
    """
    reason = left_out.get(case.name) or left_out.get(case.fault)
    missing = [text for need, text in NEEDS.items() if need in case.needs - able]
    if reason or missing:
        return Outcome(driver, case.name, Result.NOT_RUN, reason or missing[-1])
    for _ in range(TRIES - 1):
        outcome = await _run_once(driver, case, bench_for, last=False)
        if outcome is not None:
            return outcome
    outcome = await _run_once(driver, case, bench_for, last=True)
    assert outcome is not None
    return outcome


async def _run_once(
    driver: str,
    case: Case[B_bench],
    bench_for: Callable[[Case[B_bench]], AbstractAsyncContextManager[B_bench]],
    *,
    last: bool,
) -> Outcome | None:
    """The outcome; None when it is in doubt, and there is another try."""
    clock = asyncio.get_running_loop().time
    began_s = clock()
    bench: B_bench | None = None
    try:
        async with bench_for(case) as bench, asyncio.timeout(CASE_S):
            seen = await case.run(bench)
        return Outcome(driver, case.name, Result.PASSED, seen, clock() - began_s)
    except NotSimulated as error:
        return Outcome(driver, case.name, Result.NOT_RUN, str(error))
    except Exception as error:  # any failure of the driver or the device is what the table is for
        if isinstance(error, Doubtful) and not last:
            return None
        told = str(error) or "it did not come in time"
        seen = told if isinstance(error, CaseFailed) else f"{type(error).__name__}: {told}"
        return Outcome(driver, case.name, Result.FAILED, seen, clock() - began_s, _wire(bench))


def _wire(bench: Bench | None) -> tuple[str, ...]:
    if bench is None:
        return ()
    lines = bench.trace()[-TRACE_LINES:]
    return tuple(f"{line.at_s:.3f} {line.direction} {_hex(line.data)}" for line in lines)


def _hex(data: bytes) -> str:
    cut = f" … {len(data)} bytes" if len(data) > TRACE_BYTES else ""
    return data[:TRACE_BYTES].hex(" ") + cut
