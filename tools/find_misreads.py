"""Looks for misreads: python -m tools.find_misreads [COUNT] [--from NUMBER] [--kinds A,B] [--save FOLDER].

Draws COUNT random pictures (tests/native/misread_images.py), reads each with
one of the three efforts, and tells every read that is not what the picture
shows.  Progress on stderr; the last line, on stdout, is the result as JSON.
Ends with 1 when there was a misread.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PIL import Image

from native import barcode
from tests.native.misread_images import scene
from tests.native.misread_symbols import KINDS

if TYPE_CHECKING:
    from native.barcode import Effort

_PROGRESS_S = 10.0


def main() -> int:
    """Runs the search the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=50_000)
    parser.add_argument("--from", dest="first", type=int, default=0, help="number of the first picture")
    parser.add_argument(
        "--kinds", default=",".join(KINDS), help="what is drawn; the numbers' pictures change"
    )
    parser.add_argument("--save", type=Path, help="where pictures that are misread go")
    asked = parser.parse_args()
    kinds = asked.kinds.split(",")
    drawn, right, misread = Counter[str](), Counter[str](), Counter[str]()
    started = told = time.monotonic()
    for number in range(asked.first, asked.first + asked.count):
        shown = scene(number, kinds)
        effort = cast("Effort", tuple(barcode.EFFORTS)[number % len(barcode.EFFORTS)])
        symbols = barcode.read(shown.image, effort=effort)
        said = [(symbol.format, symbol.text + (symbol.add_on or "")) for symbol in symbols]
        wrong = [read for read in said if read[1] not in shown.contents]
        drawn[shown.kind] += 1
        right[shown.kind] += len(said) > len(wrong)
        if wrong:
            misread[shown.kind] += 1
            print(f"{number} {shown.kind} {effort}: {wrong}, not {sorted(shown.contents)}", file=sys.stderr)
            if asked.save:
                asked.save.mkdir(parents=True, exist_ok=True)
                Image.fromarray(shown.image).save(asked.save / f"{number}-{shown.kind}.png")
        if time.monotonic() - told >= _PROGRESS_S:
            told = time.monotonic()
            print(
                f"{drawn.total()} of {asked.count}, {right.total()} read, {misread.total()} misread",
                file=sys.stderr,
            )
    result = {
        "images": drawn.total(),
        "first": asked.first,
        "read": right.total(),
        "misread": misread.total(),
        "misread_kinds": dict(misread),
        "seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(result))
    return 1 if misread else 0


if __name__ == "__main__":
    sys.exit(main())
