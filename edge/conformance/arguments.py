"""The arguments of `pigeonhole conformance`, apart from what they need to run."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_conformance_arguments"]


def add_conformance_arguments(parser: argparse.ArgumentParser) -> None:
    """One driver at one device, or all drivers at their simulators."""
    parser.description = (
        "Runs the contract of a driver's interface and prints a table: case, result, what was seen. "
        "Without --pulse, --scan or --print nothing is opened, asked for or printed."
    )
    parser.add_argument(
        "kind", nargs="?", metavar="KIND", help="as in station.toml, also of an installed driver"
    )
    parser.add_argument("--port", help="serial device, tcp://host:port, device file, or a printer's address")
    parser.add_argument("--address", type=int, default=1, metavar="N", help="of a lock board (1)")
    parser.add_argument("--channels", type=int, default=8, metavar="N", help="of a lock board (8)")
    parser.add_argument(
        "--baud", type=int, metavar="N", help="of the line; as the kind is delivered by default"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="any other key of [[line]], [[board]], [[scanner]] or [[printer]], or options.KEY",
    )
    parser.add_argument(
        "--pulse", type=int, metavar="CHANNEL", help="open this door, and be there to shut it"
    )
    parser.add_argument("--scan", default="", metavar="TEXT", help="hold a symbol with this text when asked")
    parser.add_argument("--print", action="store_true", dest="paper", help="use paper")
    parser.add_argument("--no-feedback", action="store_true", help="this lock board tells no states")
    parser.add_argument("--no-check", action="store_true", help="this protocol has no check over its frames")
    parser.add_argument("--control", type=Path, metavar="SOCKET", help="of a simulator (docs/conformance.md)")
    parser.add_argument(
        "--all-simulators", action="store_true", help="every driver of this package at its own simulator"
    )
    parser.add_argument("--only", action="append", default=[], metavar="KIND", help="with --all-simulators")
    parser.add_argument("--jobs", type=int, default=6, metavar="N", help="simulators at a time (6)")
    parser.add_argument("--json", action="store_true", help="JSON lines; the last one counts")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="renew the table between FILE's marks")
