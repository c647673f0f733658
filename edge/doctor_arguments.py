"""The arguments of `pigeonhole doctor`, apart from what they need to run."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_doctor_arguments"]

DESCRIPTION = """\
With --config: asks every configured device once.  Without, or with --discover:
looks for lock boards, scanners and printers on the ports of this machine, under
their stable names, and on those of --port and --printer.

Opens the ports itself, so the service must not be running.  Asks reads only:
nothing is pulsed, printed or set."""

EPILOG = """\
Exit codes: 0 all well; 1 something is wrong, and the output names it; 2 wrong
usage or configuration.

A silent port takes some 40 s, longer with more speeds or addresses.  --json:
without discovery `ok`, `ports` and `findings`; with it `ok` and `found`, each
with port, what (board, scanner, printer, silent, unusable), kind, protocol,
baud, address, channels, echo, says and problem."""


def add_doctor_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options, with a description and what the exit codes mean."""
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--config", type=Path, metavar="FILE", help="station.toml")
    parser.add_argument("--discover", action="store_true", help="look for devices, whatever is configured")
    parser.add_argument(
        "--port",
        action="append",
        default=[],
        help="look on this one too: a serial device, a pty or tcp://host:port of a box; may be repeated",
    )
    parser.add_argument(
        "--printer",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="ask a printer at tcp://host:9100 or usb:/dev/usb/lp0 for its language; may be repeated",
    )
    parser.add_argument("--only", action="store_true", help="only --port and --printer")
    parser.add_argument(
        "--baud", default="9600,19200", metavar="N,N", help="speeds of lock boards (9600,19200)"
    )
    parser.add_argument(
        "--addresses", metavar="N-N", help="of lock boards, as 1-8; by default as each family has them"
    )
    parser.add_argument(
        "--reply-ms", type=int, default=100, metavar="N", help="how long a board may take to answer (100)"
    )
    parser.add_argument("--draft", type=Path, metavar="FILE", help="write a station.toml of what was found")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
