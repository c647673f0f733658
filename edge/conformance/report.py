"""Outcomes as a table for people, as JSON lines, and as the part of a document between two marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, TextIO

import msgspec

from edge.config import ConfigError
from hal.conformance.cases import Outcome, Result
from hal.conformance.subjects import Subject

__all__ = ["BEGIN", "END", "Totals", "marked", "markdown", "renew", "totals_of", "write_table"]

BEGIN: Final = (
    "<!-- conformance table: pigeonhole conformance --all-simulators --markdown docs/conformance.md -->"
)
END: Final = "<!-- end of the conformance table -->"
SEEN_WIDTH: Final = 90
SIGNS: Final = {Result.PASSED: "✓", Result.FAILED: "✗", Result.NOT_RUN: "–"}


class Totals(msgspec.Struct, frozen=True):
    """The last line with --json.  `cases` were run; what did not apply or was not allowed is `not_run`."""

    drivers: int
    cases: int
    passed: int
    failed: int
    not_run: int
    seconds: float


def totals_of(outcomes: Sequence[Outcome], seconds: float) -> Totals:
    """Count."""
    count = {result: sum(each.result is result for each in outcomes) for result in Result}
    return Totals(
        drivers=len({each.driver for each in outcomes}),
        cases=count[Result.PASSED] + count[Result.FAILED],
        passed=count[Result.PASSED],
        failed=count[Result.FAILED],
        not_run=count[Result.NOT_RUN],
        seconds=round(seconds, 1),
    )


def write_table(outcomes: Iterable[Outcome], out: TextIO) -> None:
    """A line a case; the wire of those that failed below them."""
    for each in outcomes:
        seen = " ".join(each.seen.split())
        cut = seen if each.result is Result.FAILED else seen[:SEEN_WIDTH]
        print(f"{each.driver:16} {each.result:8} {each.case:54} {cut}", file=out)
        for line in each.trace:
            print(f"{'':26}{line}", file=out)


def markdown(subjects: Sequence[Subject], outcomes: Sequence[Outcome]) -> str:
    """A table an interface: a row a case, a column a driver; why cases do not apply below it."""
    found = {(each.driver, each.case): each for each in outcomes}
    parts = []
    for interface in dict.fromkeys(subject.interface for subject in subjects):
        group = [subject for subject in subjects if subject.interface == interface]
        drivers = [subject.driver for subject in group]
        rows = []
        above = ""
        for case in group[0].cases:
            signs = [SIGNS[found[driver, case.name].result] for driver in drivers]
            clause = case.clause if case.clause != above else "〃"
            above = case.clause
            rows.append(f"| {case.name} | {clause} | {' | '.join(signs)} |")
        head = f"| case | what must hold | {' | '.join(drivers)} |"
        rule = f"|---|---|{':-:|' * len(drivers)}"
        parts.append("\n".join([f"### {interface.capitalize()}s", "", head, rule, *rows, ""]))
        parts.append(_reasons([each for each in outcomes if each.driver in drivers]))
    return "\n".join(part for part in parts if part)


def _reasons(outcomes: Sequence[Outcome]) -> str:
    """What was not run: why, of whom, and which cases."""
    not_run = [each for each in outcomes if each.result is Result.NOT_RUN]
    lines = []
    for reason in dict.fromkeys(each.seen for each in not_run):
        drivers = dict.fromkeys(each.driver for each in not_run if each.seen == reason)
        cases = dict.fromkeys(each.case for each in not_run if each.seen == reason)
        lines.append(f"– of {', '.join(drivers)}: {reason} ({', '.join(cases)}).\n")
    return "\n".join(lines)


def renew(path: Path, table: str) -> None:
    """Put the table between the marks of a document.  ConfigError when they are not there."""
    text = path.read_text(encoding="utf-8")
    before, _ = marked(path, text)
    after = text.split(END, 1)[1]
    path.write_text(f"{before}{BEGIN}\n\n{table}\n{END}{after}", encoding="utf-8")


def marked(path: Path, text: str) -> tuple[str, str]:
    """What is before the marks of a document, and what is between them.  ConfigError without marks."""
    before, begin, rest = text.partition(BEGIN)
    inside, end, _ = rest.partition(END)
    if not (begin and end):
        raise ConfigError(f"{path}: no marks of a conformance table")
    return before, inside
