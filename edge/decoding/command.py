"""The command itself: its arguments, and one file after the other from opening to printing."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge.decoding.overlay import OverlayError, OverlayNames, write
from edge.decoding.pictures import Frame, PictureError, frames
from edge.decoding.report import Reading, Unread, json_line, printable, table
from native.barcode import Symbology, parse_symbologies, scan

__all__ = ["run"]

EXIT_WRONG: Final = 1
EXIT_USAGE: Final = 2

STDIN: Final = "-"

NAME_COLUMNS: Final = 50
"""Of a file's name in the line of progress, so that it stays one line of 80 columns."""


def run(args: argparse.Namespace) -> int:
    """`pigeonhole decode`; 0 when every file was read, whatever was found in it."""
    try:
        symbologies = parse_symbologies(args.formats)
        names = OverlayNames(args.overlay, [_path(file) for file in args.files]) if args.overlay else None
    except (ValueError, OverlayError) as error:
        print(f"pigeonhole: {error}", file=sys.stderr)
        return EXIT_USAGE
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # a terminal's character set need not hold every text
    try:
        return _Run(args, symbologies, names).all()
    except BrokenPipeError:  # whoever read our lines has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_WRONG


def _path(file: str) -> Path:
    return Path("stdin" if file == STDIN else file)


class _Run:
    """One run of the command over its files."""

    def __init__(self, args: argparse.Namespace, symbologies: Symbology, names: OverlayNames | None) -> None:
        self._args = args
        self._symbologies = symbologies
        self._names = names
        self._progress = _Progress(args.files)

    def all(self) -> int:
        code = 0
        for index, file in enumerate(self._args.files):
            self._progress.at(index)
            name = "standard input" if file == STDIN else file
            try:
                for frame in frames(sys.stdin.buffer if file == STDIN else Path(file)):
                    self._frame(index, name, frame)
            except PictureError as error:
                code = EXIT_WRONG
                self._complain(Unread(name, str(error)))
            except OverlayError as error:
                code = EXIT_WRONG
                self._progress.clear()
                print(f"pigeonhole: {error}", file=sys.stderr)
        self._progress.clear()
        return code

    def _frame(self, index: int, name: str, frame: Frame) -> None:
        reading = self._read(name, frame)
        self._progress.clear()
        for line in [json_line(reading)] if self._args.json else table(reading):
            print(line)
        sys.stdout.flush()  # a script may wait for each file
        if self._names:
            write(frame.picture, reading.result.symbols, self._names.name(index, frame.number, frame.count))

    def _read(self, name: str, frame: Frame) -> Reading:
        width, height = frame.grey.size
        pixels = frame.grey.tobytes()
        begun = time.perf_counter()
        try:
            result = scan(
                pixels,
                width=width,
                height=height,
                symbologies=self._symbologies,
                max_symbols=self._args.max_symbols,
                effort=self._args.effort,
                code39_check=self._args.code39_check,
                code39_full_ascii=self._args.code39_full_ascii,
            )
        except ValueError as error:  # of its size: everything else was checked before
            raise PictureError(str(error)) from None
        ms = (time.perf_counter() - begun) * 1e3
        return Reading(name, frame.number, frame.count, width, height, ms, result)

    def _complain(self, unread: Unread) -> None:
        self._progress.clear()
        if self._args.json:
            print(json_line(unread), flush=True)
        print(f"pigeonhole: {printable(unread.file)}: {unread.error}", file=sys.stderr)


class _Progress:
    """Which of many files is being read, on a terminal only; gone before anything else is said."""

    def __init__(self, files: Sequence[str]) -> None:
        self._files = files
        self._shown = len(files) > 1 and sys.stderr.isatty()
        self._on_screen = False

    def at(self, index: int) -> None:
        if self._shown:
            name = printable(self._files[index])[-NAME_COLUMNS:]
            sys.stderr.write(f"\r\x1b[Kreading {index + 1} of {len(self._files)}: {name}")
            sys.stderr.flush()
            self._on_screen = True

    def clear(self) -> None:
        if self._on_screen:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._on_screen = False
