"""The arguments of `pigeonhole decode`; apart, so that no other command loads the decoder for them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

__all__ = ["add_arguments"]

EFFORTS: Final = ("fast", "normal", "thorough")
MAX_SYMBOLS: Final = 1024
"""Both as in `native.barcode`; a test compares."""

DESCRIPTION: Final = """\
Reads the barcodes in picture files: linear symbologies, GS1 DataBar, QR, Micro
QR, rMQR, Data Matrix, Aztec, MaxiCode, PDF417 and MicroPDF417.  Pictures are
turned upright by their EXIF orientation first, and every frame of a file (TIFF,
GIF, WebP) is read."""

EPILOG: Final = """\
Exit codes: 0 every file was read, whatever was found; 1 one was not, and
stderr names it, the others were read all the same; 2 wrong usage.

Keys of a --json line: file, frame, frames, width, height, ms, stopped_by
(null, "max_symbols" or "work"), symbols.  Of a symbol: format, identifier,
text, data_hex, corners (x, y of its own top left, top right, bottom right,
bottom left, in px of the upright picture), rotation_deg, module_px, ec_used,
eci, add_on, mirrored, inverted, version, ec_level, size, reader_init,
structured_append.  A file that could not be read has only file and error."""


def add_arguments(decode: argparse.ArgumentParser) -> None:
    """Give the sub-command its arguments and its help."""
    decode.description = DESCRIPTION
    decode.epilog = EPILOG
    decode.formatter_class = argparse.RawDescriptionHelpFormatter
    decode.add_argument("files", nargs="+", metavar="FILE", help="a picture; - is standard input")
    decode.add_argument("--json", action="store_true", help="one JSON object a line, for each frame")
    decode.add_argument(
        "--formats",
        default="all",
        metavar="LIST",
        help="what to look for, such as Code128,QRCode, or linear, matrix, stacked, all (default: all)",
    )
    decode.add_argument(
        "--effort", default="normal", choices=EFFORTS, help="how long to look (default: normal)"
    )
    decode.add_argument(
        "--max-symbols", type=_symbol_count, default=64, metavar="N", help="wanted of a frame (default: 64)"
    )
    decode.add_argument(
        "--overlay",
        type=Path,
        metavar="OUT.png",
        help="draw what was found where; of several files OUT-1.png, OUT-2.png and so on; "
        "without a suffix a folder that gets NAME.found.png of each",
    )
    decode.add_argument("--code39-check", action="store_true", help="Code 39 must end in a check character")
    decode.add_argument(
        "--code39-full-ascii",
        action=argparse.BooleanOptionalAction,
        help="Code 39 pairs such as +A are ASCII, or never are (default: where a symbol holds lower case)",
    )


def _symbol_count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_SYMBOLS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MAX_SYMBOLS}")
    return int(text)
