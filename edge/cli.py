"""The `pigeonhole` command.

Exit codes: 0 all well, 1 something is wrong that the output names, 2 wrong
usage or configuration, 74 the journal cannot be written (sysexits EX_IOERR), 75
an update is installed and wants a new start (EX_TEMPFAIL).
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from edge.commission.arguments import add_arguments as add_commission_arguments
from edge.config import ConfigError, load_config
from edge.conformance.arguments import add_conformance_arguments
from edge.decoding.arguments import add_arguments as add_decode_arguments
from edge.depot.manifest import read_manifest
from edge.doctor_arguments import add_doctor_arguments
from edge.export.arguments import add_audit_arguments, add_events_arguments
from edge.printer_command import add_printer_arguments
from edge.scan.arguments import add_arguments as add_scan_arguments
from edge.scanner_arguments import add_scanner_arguments
from edge.shell.logs import set_up_logging
from hal.errors import DeviceConfigError

__all__ = ["COMMANDS", "main"]

EXIT_WRONG: Final = 1
EXIT_CONFIG: Final = 2
EXIT_JOURNAL: Final = 74

_log = logging.getLogger("pigeonhole")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        result: int = args.command(args)
    except ConfigError as error:
        print(f"pigeonhole: {error}", file=sys.stderr)
        return EXIT_CONFIG
    except DeviceConfigError as error:
        print(f"pigeonhole: {args.config}: {error}", file=sys.stderr)
        return EXIT_CONFIG
    except KeyboardInterrupt:
        return 130
    return result


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand: `arguments` declares its options, `run` carries it out and returns the exit code.

    Both are called late, so what only `run` needs is imported in it: `check-config` should not wait for the
    decoder, aiohttp and Pillow.
    """

    name: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pigeonhole", description="The edge service of a parcel locker station.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"pigeonhole {version('pigeonhole')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        subparser = commands.add_parser(command.name, help=command.help)
        command.arguments(subparser)
        subparser.set_defaults(command=command.run)
    return parser


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    """For a command that takes none."""


def _config_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="station.toml")


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    _config_argument(parser)
    parser.add_argument("--manifest", type=Path, metavar="CSV", help="parcels to expect, read at the start")
    parser.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    parser.add_argument("--log-json", action="store_true", help="one JSON object a line, for a log collector")


def _manifest_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("manifest", type=Path, metavar="CSV")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def _contract_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dir", type=Path, default=Path("docs/contract"), metavar="DIR")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 naming each difference")


def _run(args: argparse.Namespace) -> int:
    # Imported here: the other commands should not wait for aiohttp, paho and Pillow.
    from edge.app import serve
    from edge.shell.journal import JournalFailed
    from edge.shell.pepper import PepperError

    set_up_logging(args.log_level, json_lines=args.log_json)
    config = load_config(args.config)
    try:
        return asyncio.run(serve(config, args.manifest))
    except JournalFailed as failure:
        _log.critical("%s; nothing was acted on that is not recorded", failure)
        return EXIT_JOURNAL
    except PepperError as error:
        _log.critical("%s", error)
        return EXIT_CONFIG
    except OSError as error:
        _log.critical("cannot start: %s", error)
        return EXIT_WRONG


def _doctor(args: argparse.Namespace) -> int:
    from edge.doctor_command import run

    set_up_logging("error", json_lines=False)
    return run(args)


def _check_config(args: argparse.Namespace) -> int:
    from edge.remote_config import describe_remote
    from hal.registry import build

    config = load_config(args.config)
    build(config.lines, config.boards, config.scanners, config.printers)
    print(
        f"{args.config}: sound; {len(config.layout.compartments)} compartments, {len(config.boards)} boards"
    )
    for line in describe_remote(config):
        print(line)
    return 0


def _check_manifest(args: argparse.Namespace) -> int:
    try:
        manifest = read_manifest(args.manifest)
    except OSError as error:
        print(f"pigeonhole: {args.manifest}: {error.strerror}", file=sys.stderr)
        return EXIT_CONFIG
    if args.json:
        faults = [{"line": f.line, "column": f.column, "reason": f.reason} for f in manifest.faults]
        print(msgspec.json.encode({"parcels": len(manifest.parcels), "faults": faults}).decode())
    else:
        for fault in manifest.faults:
            print(f"{args.manifest}:{fault.line}: {fault.column}: {fault.reason}")
        print(f"{len(manifest.parcels)} parcels, {len(manifest.faults)} bad rows")
    return EXIT_WRONG if manifest.faults else 0


def _decode(args: argparse.Namespace) -> int:
    from edge.decoding.command import run

    return run(args)


def _scan(args: argparse.Namespace) -> int:
    from edge.scan.command import run

    set_up_logging("warning", json_lines=False)
    return run(args)


def _scanner(args: argparse.Namespace) -> int:
    from edge.scanner_test import run

    set_up_logging("error", json_lines=False)
    return run(args)


def _printer(args: argparse.Namespace) -> int:
    from edge.printer_command import run

    return run(args)


def _commission(args: argparse.Namespace) -> int:
    from edge.commission.command import run

    set_up_logging("error", json_lines=False)
    return run(args)


def _conformance(args: argparse.Namespace) -> int:
    from edge.conformance.command import run

    set_up_logging("error", json_lines=False)
    return run(args)


def _events(args: argparse.Namespace) -> int:
    from edge.export.command import run_events

    return run_events(args)


def _audit(args: argparse.Namespace) -> int:
    from edge.export.command import run_audit

    return run_audit(args)


def _hash_pin(args: argparse.Namespace) -> int:
    from edge.shell.pins import hash_pin

    pin = getpass.getpass("PIN (4 to 32 digits): ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 32):
        print("pigeonhole: a PIN is 4 to 32 digits", file=sys.stderr)
        return EXIT_CONFIG
    print(hash_pin(pin))
    return 0


def _contract(args: argparse.Namespace) -> int:
    from edge.contract import published

    try:
        if not args.check:
            published.write(args.dir)
            return 0
        differences = published.check(args.dir)
    except RuntimeError as error:
        print(f"pigeonhole: {error}", file=sys.stderr)
        return EXIT_CONFIG
    for difference in differences:
        print(difference)
    return EXIT_WRONG if differences else 0


COMMANDS: Final = (
    Command("run", "run the station until SIGTERM or Ctrl-C", _run_arguments, _run),
    Command(
        "doctor",
        "say what hangs on the ports, or if what is configured is there",
        add_doctor_arguments,
        _doctor,
    ),
    Command(
        "commission",
        "open every door with a person before it and learn how it is wired",
        add_commission_arguments,
        _commission,
    ),
    Command("printer", "print a test page and say what became of it", add_printer_arguments, _printer),
    Command("scanner", "try a scanner: what it sends and what it takes", add_scanner_arguments, _scanner),
    Command(
        "conformance", "try a driver by its interface's contract", add_conformance_arguments, _conformance
    ),
    Command("check-config", "read station.toml and say whether it is sound", _config_argument, _check_config),
    Command(
        "check-manifest",
        "read a manifest of parcels and name its bad rows",
        _manifest_arguments,
        _check_manifest,
    ),
    Command("decode", "read the barcodes in picture files", add_decode_arguments, _decode),
    Command("scan", "read the barcodes that pass a camera", add_scan_arguments, _scan),
    Command("events", "show or export the facts a station has recorded", add_events_arguments, _events),
    Command("audit", "prove that recorded facts are as they were written", add_audit_arguments, _audit),
    Command(
        "hash-pin", "make the pin_scrypt of a [[staff]] entry; asks for the PIN", _no_arguments, _hash_pin
    ),
    Command("contract", "write docs/contract from the code, or compare", _contract_arguments, _contract),
)
"""Every command, in the order of --help.  The next one is a line here."""


if __name__ == "__main__":
    sys.exit(main())
