"""The arguments of `pigeonhole events` and `pigeonhole audit`, apart from what they need to run."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_audit_arguments", "add_events_arguments"]

_EVENTS = """\
Shows the facts a station has recorded: a line each, as JSON, or the parcels'
journeys as an EPCIS 2.0 document.  Reads beside the running service, or a copy
of its journal."""

_EVENTS_END = """\
MOMENT is a time (2026-11-26T10:00, local unless it says otherwise), an age
(15min, 2h, 7d) or a sequence (#4711).  --type takes * and ?, as
--type 'ph.parcel.*', and may be repeated.

--json prints each fact as it is published, a CloudEvent a line.  A fact whose
content has left the journal shows as ph.health.shed.v1.

Exit codes: 0 done; 1 the journal cannot be read; 2 wrong usage or configuration."""

_AUDIT = """\
verify: walks the chain of hashes from the first record to the last and names
the first broken link.  Reads beside the running service, or a copy."""

_AUDIT_END = """\
Whole means that no record was changed, removed or put in between since each was
written.  Whoever can write the file can write the whole chain anew: compare the
last hash with what the backend stored (docs/operations/journal.md).

Exit codes: 0 whole; 1 broken, or not readable; 2 wrong usage or configuration."""


def add_events_arguments(parser: argparse.ArgumentParser) -> None:
    """What to show of which journal, and how."""
    _describe(parser, _EVENTS, _EVENTS_END)
    _journal(parser)
    parser.add_argument("--since", metavar="MOMENT", help="from this moment or behind this sequence")
    parser.add_argument("--until", metavar="MOMENT", help="before this moment or up to this sequence")
    parser.add_argument("--type", action="append", default=[], metavar="GLOB", help="only such types")
    parser.add_argument("--follow", action="store_true", help="go on with what is recorded from now on")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="each fact as one line of JSON")
    form.add_argument("--epcis", action="store_true", help="an EPCIS 2.0 document (JSON-LD) of parcel facts")


def add_audit_arguments(parser: argparse.ArgumentParser) -> None:
    """What to verify."""
    _describe(parser, _AUDIT, _AUDIT_END)
    parser.add_argument("action", choices=["verify"])
    _journal(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def _describe(parser: argparse.ArgumentParser, description: str, epilog: str) -> None:
    parser.description = description
    parser.epilog = epilog
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def _journal(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--config", type=Path, metavar="FILE", help="station.toml of the station")
    where.add_argument("--journal", type=Path, metavar="FILE", help="a journal, or a copy of one")
