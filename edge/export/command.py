"""`pigeonhole events` and `pigeonhole audit verify`: facts on stdout, progress and trouble on stderr."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from edge.config import load_config
from edge.export import epcis, table
from edge.export.moments import MomentError, parse_moment
from edge.export.reader import Choice, Entry, JournalReader, open_reader
from edge.shell.envelope import rfc3339
from edge.shell.journal_file import ChainBreak, JournalFailed

__all__ = ["run_audit", "run_events"]

EXIT_WRONG: Final = 1
EXIT_USAGE: Final = 2

FOLLOW_EVERY_S: Final = 0.5
"""How often --follow looks: soon enough for a person, and a look costs the station a millisecond."""

PROGRESS_EVERY_S: Final = 1.0


def run_events(args: argparse.Namespace) -> int:
    """Print the chosen facts."""
    try:
        choice = _choice(args)
    except MomentError as error:
        return _complain(str(error), EXIT_USAGE)
    if args.follow and args.epcis:
        return _complain("--epcis is a whole document: it cannot follow", EXIT_USAGE)
    try:
        with open_reader(_journal(args)) as reader:
            _print_events(reader, choice, args)
            sys.stdout.flush()
    except JournalFailed as failure:
        return _complain(str(failure), EXIT_WRONG)
    except BrokenPipeError:
        # Whoever read has seen enough; what Python would flush at its end goes nowhere, quietly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def run_audit(args: argparse.Namespace) -> int:
    """Walk the chain and say how it stands."""
    try:
        with open_reader(_journal(args)) as reader:
            first, head = reader.first, reader.head
            broken = reader.find_break(_progress(head))
            verdict = _verdict(reader, first, head, broken)
    except JournalFailed as failure:
        if args.json:
            print(json.dumps({"ok": False, "problem": str(failure)}))
        return _complain(str(failure), EXIT_WRONG)
    print(json.dumps(verdict) if args.json else _sentence(verdict))
    return EXIT_WRONG if broken else 0


def _journal(args: argparse.Namespace) -> Path:
    if args.journal is not None:
        path: Path = args.journal
        return path
    return load_config(args.config).paths.data / "journal.sqlite"


def _complain(text: str, code: int) -> int:
    print(f"pigeonhole: {text}", file=sys.stderr)
    return code


def _choice(args: argparse.Namespace) -> Choice:
    now_ms = time.time_ns() // 1_000_000
    after, since_ms = parse_moment(args.since, now_ms) if args.since else (None, None)
    up_to, until_ms = parse_moment(args.until, now_ms) if args.until else (None, None)
    types = tuple(args.type) or (("ph.parcel.*",) if args.epcis else ())
    return Choice(after or 0, up_to, since_ms, until_ms, types)


def _print_events(reader: JournalReader, choice: Choice, args: argparse.Namespace) -> None:
    if args.epcis:
        now_ms = time.time_ns() // 1_000_000
        sys.stdout.writelines(epcis.document_lines(reader.identity, reader.entries(choice), now_ms))
        return
    shown: Callable[[Entry], str] = _as_json if args.json else table.line
    for entry in _followed(reader, choice) if args.follow else reader.entries(choice):
        print(shown(entry), flush=args.follow)


def _followed(reader: JournalReader, choice: Choice) -> Iterator[Entry]:
    after = choice.after_seq
    while True:
        head = reader.head
        yield from reader.entries(replace(choice, after_seq=after, up_to_seq=head))
        after = max(after, head)
        time.sleep(FOLLOW_EVERY_S)


def _as_json(entry: Entry) -> str:
    return entry.body.decode("utf-8")


def _progress(head: int) -> Callable[[int], None]:
    """Tells on a terminal how far it is, at most once a second."""
    last = time.monotonic()

    def seen(seq: int) -> None:
        nonlocal last
        if sys.stderr.isatty() and time.monotonic() - last >= PROGRESS_EVERY_S:
            last = time.monotonic()
            print(f"\r{seq:,} of {head:,} records", end="", file=sys.stderr, flush=True)

    return seen


def _verdict(reader: JournalReader, first: int, head: int, broken: ChainBreak | None) -> dict[str, object]:
    verdict: dict[str, object] = {
        "ok": broken is None,
        "station": reader.identity.source,
        "first": first,
        "last": head,
        "records": max(0, head - first + 1),
        "without_content": reader.count_reduced(),
        "last_hash": reader.hash_of(head),
    }
    if broken is not None:
        happened_ms = reader.happened_ms(broken.seq)
        verdict["broken"] = {
            "sequence": broken.seq,
            "reason": broken.reason,
            "id": broken.id,
            "time": None if happened_ms is None else rfc3339(happened_ms),
        }
    return verdict


def _sentence(verdict: dict[str, object]) -> str:
    about = f"{verdict['records']:,} records, {verdict['first']} to {verdict['last']}"
    if verdict["without_content"]:
        about += f", {verdict['without_content']:,} of them without their content"
    if verdict["ok"]:
        return f"whole: {about}; last hash {verdict['last_hash'] or 'none'}"
    broken = verdict["broken"]
    assert isinstance(broken, dict)
    where = f"record {broken['sequence']}" + (f" ({broken['id']}, {broken['time']})" if broken["id"] else "")
    return f"broken at {where}: {broken['reason']}; {about}"
