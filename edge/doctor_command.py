"""`pigeonhole doctor`: which of its two looks is wanted, and what is printed."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from typing import Final

import msgspec

from edge.config import ConfigError, load_config
from edge.discover import Search, discover, draft, write_inventory
from edge.doctor import examine, write_report

__all__ = ["run"]

EXIT_WRONG: Final = 1
MAX_ADDRESS: Final = 255


def run(args: argparse.Namespace) -> int:
    """Carry the command out; see --help for the exit codes.  Raises ConfigError and DeviceConfigError."""
    if args.config is None or args.discover:
        return _discover(args)
    if args.port or args.printer or args.only or args.draft or args.addresses:
        raise ConfigError("--port, --printer, --only, --addresses and --draft go with --discover")
    report = asyncio.run(examine(load_config(args.config)))
    if args.json:
        print(msgspec.json.encode(report).decode())
    else:
        write_report(report, sys.stdout)
    return 0 if report.ok else EXIT_WRONG


def _discover(args: argparse.Namespace) -> int:
    if args.draft is not None and args.draft.exists():
        raise ConfigError(f"{args.draft}: is there already and is not overwritten")
    search = Search(
        ports=args.port,
        printers=args.printer,
        own_ports=not args.only,
        bauds=_bauds(args.baud),
        addresses=_addresses(args.addresses),
        reply_s=args.reply_ms / 1000,
    )
    inventory = asyncio.run(discover(search))
    if args.draft is not None:
        try:
            with args.draft.open("x", encoding="utf-8") as file:
                file.write(draft(inventory))
        except OSError as error:
            raise ConfigError(f"{args.draft}: {error.strerror}") from error
    if args.json:
        print(msgspec.json.encode(inventory).decode())
    else:
        write_inventory(inventory, sys.stdout)
    return 0 if inventory.ok else EXIT_WRONG


def _bauds(text: str) -> list[int]:
    if not re.fullmatch(r"\d{3,7}(,\d{3,7})*", text):
        raise ConfigError(f"--baud {text}: is no list of speeds")
    return [int(each) for each in text.split(",")]


def _addresses(text: str | None) -> range | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", text)
    first = int(found[1]) if found else 0
    last = int(found[2] or found[1]) if found else -1
    if not 0 <= first <= last <= MAX_ADDRESS:
        raise ConfigError(f"--addresses {text}: is no range within 0-{MAX_ADDRESS}")
    return range(first, last + 1)
