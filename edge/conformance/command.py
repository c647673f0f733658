"""`pigeonhole conformance`: from its arguments to what is tried, and from outcomes to what is shown."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from importlib.metadata import entry_points
from typing import Any, Final

import msgspec

from edge.config import ConfigError
from edge.conformance.processes import simulator_of
from edge.conformance.report import markdown, renew, totals_of, write_table
from hal.conformance.cases import Outcome, Result
from hal.conformance.control import ControlFailed, SocketControl
from hal.conformance.lock_bench import LockTraits
from hal.conformance.simulated import simulated_subjects
from hal.conformance.subjects import LockSubject, PrinterSubject, ScannerSubject, Subject, try_all
from hal.errors import DeviceConfigError
from hal.registry import LOCKS, PRINTERS, SCANNERS, build
from hal.settings import BoardSettings, LineSettings, PrinterSettings, ScannerSettings

__all__ = ["run", "subject_of"]

EXIT_FAILED: Final = 1


def run(args: argparse.Namespace) -> int:
    """0 when no case failed, 1 when one did.  Raises ConfigError."""
    began_s = time.monotonic()
    if args.all_simulators:
        subjects = _chosen(args.only)
        outcomes = asyncio.run(_at_simulators(subjects, max(1, args.jobs)))
    else:
        if args.kind is None or args.port is None:
            raise ConfigError("give KIND and --port, or --all-simulators")
        subjects = [subject_of(args)]
        outcomes = asyncio.run(_at_device(subjects[0], args))
    if args.json:
        for each in outcomes:
            print(msgspec.json.encode(each).decode())
    else:
        write_table(outcomes, sys.stdout)
    if args.markdown is not None:
        renew(args.markdown, markdown(subjects, outcomes))
    totals = totals_of(outcomes, time.monotonic() - began_s)
    print(msgspec.json.encode(totals).decode())
    return EXIT_FAILED if totals.failed else 0


def _chosen(kinds: Sequence[str]) -> list[Subject]:
    subjects = simulated_subjects()
    unknown = set(kinds) - {subject.driver for subject in subjects}
    if unknown:
        raise ConfigError(f"no simulator for {', '.join(sorted(unknown))}")
    return [subject for subject in subjects if not kinds or subject.driver in kinds]


async def _at_simulators(subjects: Sequence[Subject], jobs: int) -> list[Outcome]:
    """All of them, some at a time; those of a simulator that does not start have failed."""
    slots = asyncio.Semaphore(jobs)

    async def one(subject: Subject) -> list[Outcome]:
        async with slots:
            try:
                async with simulator_of(subject) as control:
                    return await try_all(subject, control, _tell, _progress)
            except (ControlFailed, OSError) as error:
                return [Outcome(subject.driver, "the simulator", Result.FAILED, str(error))]

    return [each for outcomes in await asyncio.gather(*map(one, subjects)) for each in outcomes]


async def _at_device(subject: Subject, args: argparse.Namespace) -> list[Outcome]:
    if args.control is None:
        return await try_all(subject, None, _tell, _progress)
    control = SocketControl(args.control)
    try:
        await control.start()
    except OSError as error:
        raise ConfigError(f"--control {args.control}: {error}") from error
    try:
        return await try_all(subject, control, _tell, _progress)
    finally:
        await control.close()


def _progress(outcome: Outcome) -> None:
    print(f"{outcome.driver}: {outcome.case}: {outcome.result} ({outcome.seconds:.1f} s)", file=sys.stderr)


def _tell(text: str) -> None:
    print(f"\a>>> {text}", file=sys.stderr, flush=True)


def subject_of(args: argparse.Namespace) -> Subject:
    """What the arguments name; ConfigError when no driver can be so."""
    makers: Mapping[str, Callable[[argparse.Namespace, dict[str, Any]], Subject]] = {
        "pigeonhole.locks": _lock,
        "pigeonhole.scanners": _scanner,
        "pigeonhole.printers": _printer,
    }
    tables: Mapping[str, Mapping[str, object]] = {
        "pigeonhole.locks": LOCKS,
        "pigeonhole.scanners": SCANNERS,
        "pigeonhole.printers": PRINTERS,
    }
    for group, make in makers.items():
        if args.kind in tables[group] or args.kind in entry_points(group=group).names:
            try:
                subject = make(args, _pairs(args.set))
                _check(subject)
            except (DeviceConfigError, TypeError) as error:
                raise ConfigError(str(error)) from error
            return subject
    known = [name for table in tables.values() for name in table]
    known += [name for group in tables for name in entry_points(group=group).names]
    raise ConfigError(f"{args.kind!r} is none of {', '.join(known)}")


def _lock(args: argparse.Namespace, given: dict[str, Any]) -> Subject:
    shipped = next((each for each in simulated_subjects() if each.driver == args.kind), None)
    traits = shipped.traits if isinstance(shipped, LockSubject) else LockTraits()
    if args.no_feedback or args.no_check:
        traits = LockTraits(traits.acknowledges, not args.no_feedback, not args.no_check)
    if args.pulse is not None and not 1 <= args.pulse <= args.channels:
        raise ConfigError(f"--pulse {args.pulse} is not in 1..{args.channels}")
    protocol = LOCKS[args.kind].protocol if args.kind in LOCKS else args.kind
    names = {field.name for field in fields(LineSettings)}
    line = {key: given.pop(key) for key in list(given) if key in names}
    return LockSubject(
        args.kind,
        LineSettings(**{"id": "line", "port": args.port, "protocol": protocol, "baud": args.baud, **line}),
        (BoardSettings("one", "line", args.kind, args.address, args.channels, **given),),
        traits,
        args.pulse,
    )


def _scanner(args: argparse.Namespace, given: dict[str, Any]) -> Subject:
    wire = {key: value.encode("latin-1") for key, value in given.items() if key in ("prefix", "suffix")}
    baud = {} if args.baud is None else {"baud": args.baud}
    settings = ScannerSettings("window", args.kind, args.port, **{**baud, **given, **wire})
    return ScannerSubject(args.kind, settings, text=args.scan)


def _printer(args: argparse.Namespace, given: dict[str, Any]) -> Subject:
    return PrinterSubject(
        args.kind, PrinterSettings("label", args.kind, args.port, **given), paper=args.paper
    )


def _check(subject: Subject) -> None:
    """Build it once, without I/O: a wrong setting is told before anything is tried."""
    if isinstance(subject, LockSubject):
        build([subject.line], subject.boards, [], [])
    elif isinstance(subject, ScannerSubject):
        build([], [], [subject.settings], [])
    else:
        build([], [], [], [subject.settings])


def _pairs(pairs: Sequence[str]) -> dict[str, Any]:
    r"""KEY=VALUE as settings: numbers, true and false as in TOML, anything else as text with \xNN and \r."""
    given: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not key or not equals:
            raise ConfigError(f"--set {pair} is not KEY=VALUE")
        try:
            value = json.loads(text)
        except ValueError:
            value = text.encode("latin-1", "replace").decode("unicode_escape")
        section, dot, option = key.partition(".")
        if dot and section == "options":
            given.setdefault("options", {})[option] = value
        else:
            given[key] = value
    return given
