"""The arguments of `pigeonhole scanner`, apart from what they need to run."""

from __future__ import annotations

import argparse

__all__ = ["add_scanner_arguments"]

HELP = "hold symbols before the scanner: each is shown with identifier, text, bytes and latency"


def add_scanner_arguments(parser: argparse.ArgumentParser) -> None:
    """`test` and its options."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    test = actions.add_parser("test", help=HELP, description=f"{HELP[0].upper()}{HELP[1:]}.")
    test.add_argument(
        "--port", required=True, help="serial port, /dev/hidraw… or /dev/input/by-id/…-event-kbd"
    )
    test.add_argument("--kind", required=True, help="as in station.toml: serial-line, ssi, honeywell, …")
    test.add_argument("--baud", type=int, default=9600, metavar="N", help="of a serial port (9600)")
    test.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=r"any other key of [[scanner]], as --set suffix=\r\n --set mode=host; may be repeated",
    )
    test.add_argument("--trigger", action="store_true", help="trigger each read, where the scanner can be")
    test.add_argument("--beep", action="store_true", help="let it beep once at the start")
    test.add_argument("--count", type=int, default=0, metavar="N", help="end after so many scans (0: do not)")
    test.add_argument("--seconds", type=float, default=60.0, metavar="S", help="end after so long (60)")
    test.add_argument("--json", action="store_true", help="one JSON object a line; the last is the summary")
