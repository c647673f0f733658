"""A journal with a day in it, for what reads journals."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from edge.contract.example_facts import FACTS
from edge.core.events import Event
from edge.shell.blocking import InlineBlocking
from edge.shell.clock import SystemClock
from edge.shell.journal import Fact, Journal, StationIdentity

__all__ = ["IDENTITY", "START_MS", "tamper", "write"]

IDENTITY = StationIdentity("acme", "demo-01")
START_MS = 1_790_000_000_000
"""2026-09-21T14:13:20Z; the facts follow each other by a minute."""


def write(path: Path, facts: tuple[Event, ...] = FACTS) -> Path:  # type: ignore[assignment]  # examples are events
    """One of every fact, a minute apart."""

    async def main() -> None:
        journal = Journal.open(path, IDENTITY, SystemClock(), InlineBlocking())
        for number, event in enumerate(facts):
            await journal.append([Fact(event, START_MS + number * 60_000)])
        await journal.close()

    asyncio.run(main())
    return path


def tamper(path: Path, statement: str, *args: object) -> None:
    """Change the file behind the journal's back."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(statement, args)
