"""The `pigeonhole` command.

Exit codes: 0 all well, 1 something is wrong that the output names, 2 wrong
usage or configuration, 74 the journal cannot be written (sysexits EX_IOERR).
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from edge.config import ConfigError, load_config
from edge.conformance.arguments import add_conformance_arguments
from edge.decoding.arguments import add_arguments
from edge.depot.manifest import read_manifest
from edge.printer_command import add_printer_command
from edge.scanner_arguments import add_scanner_arguments
from edge.shell.logs import set_up_logging
from hal.errors import DeviceConfigError

__all__ = ["main"]

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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pigeonhole", description="The edge service of a parcel locker station.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"pigeonhole {version('pigeonhole')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run the station until SIGTERM or Ctrl-C")
    _config_argument(run)
    run.add_argument("--manifest", type=Path, metavar="CSV", help="parcels to expect, read at the start")
    run.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    run.add_argument("--log-json", action="store_true", help="one JSON object a line, for a log collector")
    run.set_defaults(command=_run)

    doctor = commands.add_parser("doctor", help="look at every configured device and say what is there")
    _config_argument(doctor)
    doctor.add_argument("--json", action="store_true", help="one JSON object on stdout")
    doctor.set_defaults(command=_doctor)

    add_printer_command(commands)

    check = commands.add_parser("check-config", help="read station.toml and say whether it is sound")
    _config_argument(check)
    check.set_defaults(command=_check_config)

    manifest = commands.add_parser("check-manifest", help="read a manifest of parcels and name its bad rows")
    manifest.add_argument("manifest", type=Path, metavar="CSV")
    manifest.add_argument("--json", action="store_true", help="one JSON object on stdout")
    manifest.set_defaults(command=_check_manifest)

    decode = commands.add_parser("decode", help="read the barcodes in picture files")
    add_arguments(decode)
    decode.set_defaults(command=_decode)

    scanner = commands.add_parser("scanner", help="try a scanner: what it sends and what it takes")
    add_scanner_arguments(scanner)
    scanner.set_defaults(command=_scanner)

    conformance = commands.add_parser("conformance", help="try a driver by its interface's contract")
    add_conformance_arguments(conformance)
    conformance.set_defaults(command=_conformance)

    pin = commands.add_parser("hash-pin", help="make the pin_scrypt of a [[staff]] entry; asks for the PIN")
    pin.set_defaults(command=_hash_pin)

    contract = commands.add_parser("contract", help="write docs/contract from the code, or compare")
    contract.add_argument("--dir", type=Path, default=Path("docs/contract"), metavar="DIR")
    contract.add_argument("--check", action="store_true", help="write nothing; exit 1 naming each difference")
    contract.set_defaults(command=_contract)
    return parser


def _config_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="station.toml")


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
    from edge.doctor import examine, write_report

    set_up_logging("error", json_lines=False)
    report = asyncio.run(examine(load_config(args.config)))
    if args.json:
        print(msgspec.json.encode(report).decode())
    else:
        write_report(report, sys.stdout)
    return 0 if report.ok else EXIT_WRONG


def _check_config(args: argparse.Namespace) -> int:
    from hal.registry import build

    config = load_config(args.config)
    build(config.lines, config.boards, config.scanners, config.printers)
    print(
        f"{args.config}: sound; {len(config.layout.compartments)} compartments, {len(config.boards)} boards"
    )
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


def _scanner(args: argparse.Namespace) -> int:
    from edge.scanner_test import run

    set_up_logging("error", json_lines=False)
    return run(args)


def _conformance(args: argparse.Namespace) -> int:
    from edge.conformance.command import run

    set_up_logging("error", json_lines=False)
    return run(args)


def _hash_pin(args: argparse.Namespace) -> int:
    from edge.shell.pins import hash_pin

    pin = getpass.getpass("PIN (4 to 32 digits): ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 32):
        print("pigeonhole: a PIN is 4 to 32 digits", file=sys.stderr)
        return EXIT_CONFIG
    print(hash_pin(pin))
    return 0


def _contract(args: argparse.Namespace) -> int:
    from edge import contract

    if not args.check:
        contract.write(args.dir)
        return 0
    differences = contract.check(args.dir)
    for difference in differences:
        print(difference)
    return EXIT_WRONG if differences else 0


if __name__ == "__main__":
    sys.exit(main())
