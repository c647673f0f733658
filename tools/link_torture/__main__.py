"""Tortures the link: `make link-torture`, or python -m tools.link_torture [OPTIONS].

The real service on simulated hardware talks to the miniature backend through a real broker and a proxy that
cuts, stalls, duplicates and reorders.  Meanwhile the broker is restarted, with its data and without, and the
service is killed.  Operators send commands, hands force doors, people come with parcels.  When all has
healed, the journal's file and the backend's file are held against each other.

Progress is on stderr; the last line, on stdout, is one JSON object:

  events        facts in the journal
  lost          of those, not in the backend byte for byte
  invented      facts in the backend that the journal does not have
  duplicated    facts the backend stored twice
  out_of_order  facts the backend stored before an earlier one
  commands      sent by the backend
  unresolved    of those, without exactly one result that journal, backend and every answer agree on
  contradictions     different final answers to one command, or one sequence told as two facts
  violations         messages that break the published contract
  unexplained_pulses power on a coil without a journaled request of its own

Ends with 1 unless all of them but events and commands are 0.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.link_torture.sites import SITES
from tools.link_torture.torture import Options, kept, torture

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="link_torture", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    usual = Options()
    parser.add_argument(
        "--broker",
        default=usual.broker,
        choices=list(SITES),
        help="mosquitto; mosquitto-tls: with the shipped files, certificates on both sides; embedded: one"
        " nats-server; nats: three of them (mosquitto)",
    )
    for name, help_ in (
        ("disconnects", "connections cut"),
        ("restarts", "of the broker, every second one without its data"),
        ("kills", "SIGKILLs of the service"),
        ("seed", "of all chance"),
    ):
        value = getattr(usual, name)
        parser.add_argument(f"--{name}", type=int, default=value, metavar="N", help=f"{help_} ({value})")
    for name, help_ in (
        ("duplicate", "share of publications told twice at once"),
        ("reorder", "share of publications that others overtake"),
        ("late", "share of publications followed by an old one"),
    ):
        value = getattr(usual, name)
        parser.add_argument(f"--{name}", type=float, default=value, metavar="X", help=f"{help_} ({value})")
    parser.add_argument("--folder", type=Path, help="keep all files here")
    parser.add_argument("--json", action="store_true", help="the last line alone, no progress")
    return parser


def _say(text: str) -> None:
    """Progress goes to stderr: stdout's last line is for a script."""
    print(text, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run as the command line says; returns the exit code."""
    args = vars(_parser().parse_args(argv))
    folder, quiet = args.pop("folder"), args.pop("json")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    options = Options(**args)
    verdict = asyncio.run(torture(options, folder, (lambda text: None) if quiet else _say))
    print(json.dumps(verdict), flush=True)
    return 0 if kept(verdict, options) else 1


if __name__ == "__main__":
    sys.exit(main())
