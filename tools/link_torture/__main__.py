"""Tortures the link: `make link-torture`, or python -m tools.link_torture [OPTIONS].

The real service on simulated hardware talks to the miniature backend through a real broker and a proxy that
cuts, stalls, duplicates and reorders.  Meanwhile the broker is restarted, with its data and without, and the
service is killed.  Operators send commands, hands force doors, people come with parcels, codes and offline
grants, good ones, spent ones and revoked ones; a backend desires configurations, good ones and bad, and gives
long jobs.  When all has healed, the journal's file and the backend's file are held against each other.

Of a cluster one node is ended at a time, when the one before it has caught up.  Its store is taken away only
when the two others have been seen to hold the same: more than that JetStream does not promise to bear.

Progress is on stderr; the last line, on stdout, is one JSON object.  What is marked with a star must be 0:

  events                   facts in the journal
  lost *                   of those, not in the backend byte for byte
  invented *               facts in the backend that the journal does not have
  duplicated *             facts the backend stored twice
  out_of_order *           facts the backend stored before an earlier one
  commands                 sent by the backend
  unresolved *             of those, without one result that journal, backend and every answer agree on
  contradictions *         different last words on one command or job, one sequence told as two facts
  violations *             messages that break the published contract
  unexplained_pulses *     power on a coil without a journaled request of its own
  ends_of_its_own *        exits of the service that nobody had asked for, and a bad exit code in the end
  configs                  documents desired, configs_refused of them such as are to be refused as a whole
  configs_wrong *          documents applied twice, after a higher one, or not as desired to the last key; and
                           one if the last good document is not in force, and reported so, in the end.  What
                           the station takes back (third start on probation) is desired again, as a higher one
  refusals_untold *        documents to be refused of which no fact says so
  refusals_told_again *    further such facts on one document, restarts and late copies included
  jobs                     given: deadline shifts, diagnostics, and such as are to be rejected
  jobs_unresolved *        of those, not begun once and ended once as they should, in the journal and in words
  shifted_wrong *          parcels moved twice by one job, jobs that count others than they moved
  grants                   issued, each for one use; shown again when they are spent or revoked
  grants_opened_again *    used twice, or with a door opened in another visit than the one they were used in
  grants_opened_revoked *  used after the station had learned that they, or all of their epoch, were revoked
  grants_differ *          1 if station and backend do not know the same of grants in the end

  broker, mqtt (connections by version) and tls say what was spoken; disconnects, stalls, broker_restarts,
  brokers_wiped, kills, duplicates_injected and reordered_injected what was done; the others how much of what
  came of it.

Ends with 1 unless that is so and as many disconnects, restarts and kills were done as asked for.
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
        help="mosquitto; mosquitto-tls: MQTT 5 alone, the shipped files, certificates on both sides;"
        " embedded: one nats-server; nats: three of them (mosquitto)",
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
