"""`pigeonhole printer test`: one page with rulers, a QR Code and a Code 128, and what became of it.

Opens the printer itself, so the service must not be using it.  The page is sent once and carries a code of
its own: whoever prints another tells the two apart.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import msgspec

from edge.config import ConfigError, load_config
from edge.labels.proof import MIN_PROOF_DOTS, draw_proof
from hal.errors import DeviceConfigError
from hal.interfaces import LabelPrinter, PrinterStatus, PrintResult
from hal.registry import PRINTERS, Hardware, PrinterSettings, build

__all__ = ["TestReport", "add_printer_arguments", "run"]

STATUS_S: Final = 10.0
"""For connecting and all questions of a status."""

PROGRESS_STEPS: Final = 20
"""Lines of progress a page at most."""


class TestReport(msgspec.Struct, frozen=True):
    """What a test page told: conditions before and after, `result` printed, not_sent or unknown."""

    __test__ = False

    printer: str
    kind: str
    address: str
    model: str | None
    code: str
    before: list[str]
    result: str
    after: list[str]
    sent_bytes: int
    job_bytes: int
    seconds: float


def add_printer_arguments(parser: argparse.ArgumentParser) -> None:
    """`test` and its options."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    test = actions.add_parser("test", help="print one test page and watch its end")
    test.add_argument("--config", type=Path, metavar="FILE", help="station.toml, with --printer")
    test.add_argument(
        "--printer", metavar="ID", help="which [[printer]] of the file; the only one by default"
    )
    test.add_argument(
        "--address", help="tcp://host:9100, serial:/dev/ttyUSB0?baud=9600 or usb:/dev/usb/lp0, with --kind"
    )
    test.add_argument("--kind", help=f"{', '.join(PRINTERS)} or a kind of an installed driver")
    test.add_argument("--width-dots", type=int, default=608, metavar="N", help="of the print head (608)")
    test.add_argument("--height-dots", type=int, default=640, metavar="N", help="of the page (640)")
    test.add_argument("--media", default="gap", help="gap, mark or continuous (gap)")
    test.add_argument("--gap-mm", type=int, default=3, metavar="N", help="between labels (3)")
    test.add_argument("--black-bit", type=int, default=0, help="1 for tspl clones that print the inverse (0)")
    test.add_argument("--no-cut", action="store_true", help="do not cut after the page (escpos)")
    test.add_argument("--no-answers", action="store_true", help="the printer never answers: send unasked")
    test.add_argument(
        "--timeout", type=float, default=60.0, metavar="S", help="beside the time of the wire (60)"
    )
    test.add_argument("--json", action="store_true", help="the last line of stdout is one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when the page is printed, 1 when not or when it is not known.  Raises ConfigError."""
    settings = _settings(args)
    try:
        hardware = build([], [], [], [settings])
    except DeviceConfigError as error:
        raise ConfigError(str(error)) from error
    if args.height_dots < MIN_PROOF_DOTS or settings.width_dots < MIN_PROOF_DOTS:
        raise ConfigError(f"a test page needs {MIN_PROOF_DOTS} dots each way")
    report = asyncio.run(_test(hardware, settings, args))
    if args.json:
        print(msgspec.json.encode(report).decode())
    else:
        _write(report, sys.stdout)
    return 0 if report.result == PrintResult.PRINTED.value else 1


def _settings(args: argparse.Namespace) -> PrinterSettings:
    if args.config is None:
        if not (args.address and args.kind):
            raise ConfigError("give --address and --kind, or --config and --printer")
        return PrinterSettings(
            "test",
            args.kind,
            args.address,
            width_dots=args.width_dots,
            answers=not args.no_answers,
            media=args.media,
            gap_mm=args.gap_mm,
            black_bit=args.black_bit,
            cut=not args.no_cut,
        )
    found = [each for each in load_config(args.config).printers if args.printer in (None, each.id)]
    if len(found) != 1:
        raise ConfigError(f"{args.config}: --printer must name one [[printer]]")
    return found[0]


async def _test(hardware: Hardware, settings: PrinterSettings, args: argparse.Namespace) -> TestReport:
    await hardware.start()
    try:
        return await _print(hardware.printers[settings.id], settings, args)
    finally:
        await hardware.close()


async def _print(printer: LabelPrinter, settings: PrinterSettings, args: argparse.Namespace) -> TestReport:
    loop = asyncio.get_running_loop()
    now = datetime.now(UTC)
    code = f"PH{now:%y%m%d%H%M%S}"
    before = await printer.status(loop.time() + STATUS_S)
    model = await printer.model(loop.time() + STATUS_S)
    print(f"{model or 'a printer that gives no name'}: {_words(before) or 'ready'}", file=sys.stderr)
    lines = [f"{settings.kind} {settings.address}", model or "", f"{now:%Y-%m-%d %H:%M:%S} UTC"]
    page = await asyncio.to_thread(
        draw_proof, settings.width_dots, args.height_dots, code, [each for each in lines if each]
    )
    progress = _Progress(sys.stderr)
    began_s = loop.time()
    deadline = began_s + args.timeout + printer.wire_time_s(page)
    result, after = await printer.print_page(page, deadline, progress)
    return TestReport(
        printer=settings.id,
        kind=settings.kind,
        address=settings.address,
        model=model,
        code=code,
        before=_flags(before),
        result=result.value,
        after=_flags(after),
        sent_bytes=progress.sent,
        job_bytes=progress.total,
        seconds=round(loop.time() - began_s, 3),
    )


class _Progress:
    """Tells of bytes sent, a line each time another part of the whole has left."""

    def __init__(self, out: TextIO) -> None:
        self.sent = 0
        self.total = 0
        self._out = out
        self._told = 0

    def __call__(self, sent: int, total: int) -> None:
        self.sent, self.total = sent, total
        step = sent * PROGRESS_STEPS // total
        if step > self._told:
            self._told = step
            print(f"sent {sent:,} of {total:,} bytes", file=self._out, flush=True)


def _flags(status: PrinterStatus) -> list[str]:
    return sorted(flag.value for flag in status.flags)


def _words(status: PrinterStatus) -> str:
    return ", ".join(_flags(status))


def _write(report: TestReport, out: TextIO) -> None:
    meaning = {
        PrintResult.PRINTED: "printed",
        PrintResult.NOT_SENT: "not sent",
        PrintResult.UNKNOWN: "unknown: look whether a page with this code came out; it is not sent again",
    }[PrintResult(report.result)]
    conditions = f" ({', '.join(report.after)})" if report.after else ""
    print(f"{report.code}: {meaning}{conditions}", file=out)
    print(f"{report.sent_bytes:,} of {report.job_bytes:,} bytes in {report.seconds:.1f} s", file=out)
