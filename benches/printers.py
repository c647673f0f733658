"""Printers measured: labels through every language, and a 324 kB page on a serial line.

    python -m benches.printers [--labels 50] [--baud 115200]

Labels are drawn once, sent through each language's framing into the simulated printer and compared, dot for
dot, with the page and with zplkit's rendering of the ZPL; zxing-cpp reads them.  The page on the line meets
an adapter that is pulled out in its middle.  The last line of stdout is one JSON object; exit 1 when `ok` is
false.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hal.interfaces import LabelPrinter, PrintResult, Raster
from hal.registry import PrinterSettings, build
from simulators.printer_body import PrinterBody
from tests.support.paper import (
    ENCODERS,
    PRINTERS,
    by_zplkit,
    generated_label,
    picture_of,
    printed,
    symbols_on,
)

WIDTH_DOTS, HEIGHT_DOTS = 1200, 2160
LARGE = Raster(WIDTH_DOTS, HEIGHT_DOTS, random.Random(5).randbytes(WIDTH_DOTS // 8 * HEIGHT_DOTS))
"""324,000 bytes that nothing compresses."""
SMALL = Raster(384, 200, LARGE.rows[: 48 * 200])


async def labels(count: int, folder: Path) -> dict[str, Any]:
    """How many of `count` generated labels come out right, and the bytes they take in each language."""
    same = dict.fromkeys(ENCODERS, 0)
    sizes = dict.fromkeys(ENCODERS, 0)
    zplkit_same = symbols_expected = symbols_read = raw_bytes = 0
    for seed in range(count):
        page, symbols = generated_label(seed)
        wanted = picture_of(page).tobytes()
        papers = {kind: await printed(kind, page, folder) for kind in ENCODERS}
        for kind, paper in papers.items():
            same[kind] += paper.tobytes() == wanted
            sizes[kind] += len(ENCODERS[kind](page))
        zplkit_same += papers["zpl"].tobytes() == by_zplkit(page).tobytes()
        symbols_expected += len(symbols)
        symbols_read += len(symbols & symbols_on(papers["zpl"]))
        raw_bytes += len(page.rows)
        print(f"label {seed + 1} of {count}", file=sys.stderr)
    right = zplkit_same == count and symbols_read == symbols_expected and set(same.values()) == {count}
    return {
        "labels": count,
        "zpl_equals_zplkit": zplkit_same,
        "equals_page": same,
        "symbols": symbols_expected,
        "symbols_read": symbols_read,
        "mean_job_bytes": {kind: round(size / count) for kind, size in sizes.items()},
        "mean_page_bytes": round(raw_bytes / count),
        "ok": right,
    }


@asynccontextmanager
async def printer_on_line(baud: int, folder: Path) -> AsyncIterator[tuple[LabelPrinter, PrinterBody]]:
    """A simulated printer on a line that takes its time, and the driver."""
    path = folder / "printer"
    simulated = PRINTERS["tspl"](
        folder / "labels", name="label", path=path, baud=baud, paced=True, width_dots=WIDTH_DOTS
    )
    await simulated.start()
    hardware = build([], [], [], [PrinterSettings("label", "tspl", f"serial:{path}?baud={baud}", WIDTH_DOTS)])
    await hardware.start()
    try:
        yield hardware.printers["label"], simulated
    finally:
        await hardware.close()
        await simulated.stop()


async def slow_line(baud: int, folder: Path) -> dict[str, Any]:
    """A large page whole, another unplugged in its middle, and a small one after that."""
    loop = asyncio.get_running_loop()
    told: list[int] = []

    def tell(sent: int, total: int) -> None:
        told.append(sent)
        if len(told) % 32 == 0:
            print(f"sent {sent:,} of {total:,} bytes", file=sys.stderr)

    async with printer_on_line(baud, folder) as (printer, simulated):
        faults = simulated.faults

        def pull(sent: int, total: int) -> None:
            tell(sent, total)
            if sent > total // 2 and not faults.active():
                faults.inject("printer_unplugged", "label")

        patience_s = 60 + printer.wire_time_s(LARGE)
        began_s = loop.time()
        whole, _ = await printer.print_page(LARGE, began_s + patience_s, tell)
        whole_s, reports, job_bytes = loop.time() - began_s, len(told), told[-1]
        half, _ = await printer.print_page(LARGE, loop.time() + patience_s, pull)
        faults.clear("printer_unplugged", "label")
        while not (await printer.status(loop.time() + 5)).ready:
            await asyncio.sleep(0.1)
        after, _ = await printer.print_page(SMALL, loop.time() + 60)
        heights = [label.height for label in simulated.labels]
    results = [whole, half, after]
    right = results == [PrintResult.PRINTED, PrintResult.UNKNOWN, PrintResult.PRINTED]
    return {
        "baud": baud,
        "page_bytes": len(LARGE.rows),
        "job_bytes": job_bytes,
        "seconds": round(whole_s, 1),
        "wire_seconds": round(job_bytes * 10 / baud, 1),
        "progress_reports": reports,
        "results": [each.value for each in results],
        "labels_out": heights,
        "ok": right and heights == [HEIGHT_DOTS, SMALL.height_dots],
    }


async def measure(count: int, baud: int) -> dict[str, Any]:
    """Both, in folders that go away."""
    with tempfile.TemporaryDirectory() as folder:
        on_paper = await labels(count, Path(folder))
        on_line = await slow_line(baud, Path(folder))
    return {"labels": on_paper, "slow_line": on_line, "ok": on_paper["ok"] and on_line["ok"]}


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benches.printers", description=__doc__.split("\n")[0])
    parser.add_argument("--labels", type=int, default=50, metavar="N", help="generated labels (50)")
    parser.add_argument("--baud", type=int, default=115_200, metavar="N", help="of the slow line (115200)")
    args = parser.parse_args()
    told = asyncio.run(measure(args.labels, args.baud))
    print(json.dumps(told))
    return 0 if told["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
