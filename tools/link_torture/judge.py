"""The verdict, from the journal's file, the backend's file and the witness, never from the service's word."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from tools.link_torture.witness import Pulse

__all__ = ["Ledger", "read_backend", "read_journal", "unexplained", "weigh"]


@dataclass(frozen=True, slots=True)
class Ledger:
    """`events` are (sequence, body) in the order they were written, `results` pairs of command and result."""

    events: list[tuple[int, bytes]]
    results: list[tuple[str, str | None]]

    def facts(self, *types: str) -> list[dict[str, Any]]:
        """Decoded facts of these types, in order."""
        decoded = (json.loads(body) for _, body in self.events)
        return [event for event in decoded if event["type"] in types]


def read_journal(path: Path) -> Ledger:
    """The station's journal."""
    events = _rows(path, "SELECT seq, body FROM events ORDER BY seq")
    ledger = Ledger([(int(seq), bytes(body)) for seq, body in events], [])
    ends = ledger.facts("ph.audit.command-result.v1")
    ledger.results.extend((event["data"]["command"], event["data"]["result"]) for event in ends)
    return ledger


def read_backend(path: Path) -> Ledger:
    """The backend's store: facts in the order they were stored, every command ever sent."""
    events = _rows(path, "SELECT sequence, body FROM events ORDER BY rowid")
    commands = _rows(path, "SELECT id, result FROM commands ORDER BY rowid")
    return Ledger([(int(seq), bytes(body)) for seq, body in events], [(id_, end) for id_, end in commands])


def _rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def weigh(journal: Ledger, backend: Ledger, said: dict[str, str]) -> dict[str, int]:
    """Facts and commands held against each other.

    `said` are the final words the station sent.  A command is unresolved
    unless journal, backend and every final word agree on one result.
    """
    written, stored = dict(journal.events), dict(backend.events)
    head = max(written, default=0)
    order = [seq for seq, _ in backend.events]
    ids = Counter(json.loads(body)["id"] for _, body in backend.events)
    ends: dict[str, list[str | None]] = {}
    for command, result in journal.results:
        ends.setdefault(command, []).append(result)
    return {
        "events": len(written),
        "lost": sum(seq not in written or stored.get(seq) != written[seq] for seq in range(1, head + 1)),
        "invented": sum(seq not in written for seq in stored),
        "duplicated": sum(count - 1 for count in ids.values()) + len(order) - len(stored),
        "out_of_order": sum(later <= earlier for earlier, later in pairwise(order)),
        "commands": len(backend.results),
        "unresolved": sum(
            ends.get(command) != [result] or said.get(command, result) != result
            for command, result in backend.results
        ),
    }


def unexplained(pulses: Sequence[Pulse], journal: Ledger) -> int:
    """Pulses without a request of their own that was on disk before: a request explains one pulse at most."""
    asked: dict[str, list[int]] = {}
    for event in journal.facts("ph.door.unlock-requested.v1"):
        asked.setdefault(event["data"]["compartment"], []).append(_ms(event["recordedtime"]))
    missing = 0
    for pulse in sorted(pulses, key=lambda each: each.at_ms):
        open_requests = asked.get(pulse.compartment, [])
        # The latest one before it, and with it all older ones: an intent is carried out at once or never.
        at = bisect_right(open_requests, pulse.at_ms)
        missing += at == 0
        del open_requests[:at]
    return missing


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
