"""The arguments of `pigeonhole commission`, apart from what they need to run."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_arguments"]

DESCRIPTION = """\
Opens every door of the station, one after another, asks which one opened, and
has it shut again.  From that it learns which channel opens which compartment
and whether a closed contact means locked or unlocked, shows what would change
in station.toml, and writes it when told to; comments and order are kept.

The service must not run: its journal and ports are taken.  Doors that the
journal takes for occupied are left out unless named with --door.  Ctrl-C or the
answer q ends it at any moment; the same command goes on where it stopped
(FILE.commission.json beside the file) and tries again what was not found.

Each door gets one pulse a run."""

EPILOG = """\
Exit codes: 0 every door was found and the file fits; 1 something is wrong or
left over, and the output says what; 2 wrong usage or configuration."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options, with a description and what the exit codes mean."""
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="station.toml")
    parser.add_argument(
        "--door",
        action="append",
        default=[],
        metavar="NUMBER",
        help="only this door, also when it is occupied; may be repeated",
    )
    parser.add_argument("--board", action="append", default=[], metavar="ID", help="only doors of this board")
    parser.add_argument(
        "--all-channels", action="store_true", help="also channels that no compartment is wired to"
    )
    parser.add_argument("--restart", action="store_true", help="forget what an interrupted run learned")
    parser.add_argument(
        "--yes-simulated",
        type=Path,
        metavar="SOCKET",
        help="for tests: ask the hands of `pigeonhole-sim devices --control SOCKET` instead of a person",
    )
