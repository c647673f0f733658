"""The contract of `LabelPrinter` under each fault of the printer, its paper or its cable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from hal.conformance.cases import Case, Need, expect
from hal.conformance.control import poll, soon
from hal.conformance.printer_bench import WAIT_S, PrinterBench
from hal.conformance.printer_cases import JOB_S, PRINTER_SUITE, flags_of
from hal.interfaces import PrinterFlag, PrintResult

__all__ = ["TOLD"]

TOLD = (
    "paper_out",
    "paper_low",
    "head_open",
    "ribbon_out",
    "paper_jam",
    "head_too_hot",
    "label_not_taken",
    "printer_paused",
    "printer_mute",
    "printer_off",
    "printer_unplugged",
)
"""Faults that a status tells of, each in its language's words."""
HOLDS = (
    "It is told in the language's words; where it is, a job is NOT_SENT; when it is over, a page prints once"
)
ANSWER_MS = 400
"""How long the driver waits for an answer in the cases with late ones."""
SPOILT: Mapping[str, Mapping[str, float]] = {
    "garbage_status": {"n": 0},
    "half_status": {"n": 0},
    "late_status": {"n": 0, "delay_s": 1.5 * ANSWER_MS / 1_000},
}
BELIEVES = "No answer is believed that is none, no job is sent on it; afterwards a page prints once"


def _under(name: str) -> Callable[[PrinterBench], Awaitable[str]]:
    async def run(bench: PrinterBench) -> str:
        await bench.is_ready()
        await bench.inject(name)
        status = await bench.printer.status(soon(10))
        words = bench.traits.words
        if name in words:
            due = words[name]
            also = {PrinterFlag.PAUSED} if name == "paper_jam" else set()  # in error a printer may pause too
            expect(status.flags - also == ({due} if due else set()), f"{flags_of(status.flags)} for {due}")
        held = not status.ready
        if held:
            result, _ = await bench.printer.print_page(bench.page(), soon(10))
            expect(result is PrintResult.NOT_SENT, f"{result.value} under {flags_of(status.flags)}")
            expect(await bench.waiting() == 0, "the printer has a job")
        await bench.clear(name)
        await bench.is_ready()
        expect(not await bench.labels(), "a label came out")
        await _prints_once(bench)
        return f"{flags_of(status.flags)}{'; NOT_SENT' if held else ''}; then printed"

    return run


async def _prints_once(bench: PrinterBench) -> None:
    page = bench.page(80)
    result, status = await bench.printer.print_page(page, soon(JOB_S))
    expect(result is PrintResult.PRINTED, f"{result.value} ({flags_of(status.flags)})")
    await bench.came_out(page)
    expect(len(await bench.labels()) == 1, f"{len(await bench.labels())} labels")


for _name in TOLD:
    PRINTER_SUITE.add(Case(f"under {_name}", f"{HOLDS}.", _under(_name), frozenset({Need.SIMULATOR}), _name))


def _spoilt(name: str) -> Callable[[PrinterBench], Awaitable[str]]:
    async def run(bench: PrinterBench) -> str:
        await bench.is_ready()
        await bench.inject("head_open")
        await bench.inject(name, **SPOILT[name])
        flags = (await bench.printer.status(soon(10))).flags
        # A late answer may be to the question before it; it must not look like another condition.
        expect(flags and flags <= {PrinterFlag.UNKNOWN, PrinterFlag.HEAD_OPEN}, flags_of(flags))
        result, _ = await bench.printer.print_page(bench.page(), soon(10))
        expect(result is PrintResult.NOT_SENT, result.value)
        await bench.do("clear_all")
        await bench.is_ready()
        await _prints_once(bench)
        return f"{flags_of(flags)}; NOT_SENT; then printed"

    return run


for _name in SPOILT:
    PRINTER_SUITE.add(
        Case(
            f"under {_name}",
            f"{BELIEVES}.",
            _spoilt(_name),
            frozenset({Need.SIMULATOR}),
            _name,
            {"answer_ms": ANSWER_MS},
        )
    )


@PRINTER_SUITE.case(Need.SIMULATOR, fault="printer_babbles")
async def under_printer_babbles_no_end_is_heard_out_of_noise(bench: PrinterBench) -> str:
    """Noise while a job is watched is not its end: with the head open the job is UNKNOWN."""
    asked = asyncio.create_task(bench.printer.print_page(bench.page(400), soon(6)))
    await bench.job_waits()
    await bench.inject("head_open")
    await bench.inject("printer_babbles")
    result, _ = await asked
    expect(result is PrintResult.UNKNOWN, result.value)
    expect(not await bench.labels(), "a label came out")
    return result.value


@PRINTER_SUITE.case(Need.SIMULATOR, fault="split_status")
async def under_split_status_answers_in_pieces_are_read(bench: PrinterBench) -> str:
    """An answer that comes in two pieces is the same answer."""
    await bench.inject("split_status")
    status = await bench.printer.status(soon(10))
    expect(status.ready, flags_of(status.flags))
    await _prints_once(bench)
    return "ready; printed"


@PRINTER_SUITE.case(Need.SIMULATOR, fault="slow_printer")
async def under_slow_printer_a_page_prints_once(bench: PrinterBench) -> str:
    """A printer that takes its bytes slowly is waited for, not sent to again."""
    await bench.inject("slow_printer", bytes_s=8_000)
    await _prints_once(bench)
    return "printed"


@PRINTER_SUITE.case(Need.SIMULATOR, fault="printer_stalls")
async def under_printer_stalls_no_job_is_sent(bench: PrinterBench) -> str:
    """A printer that takes no more bytes is UNKNOWN and gets no job; afterwards a page prints once."""
    await bench.inject("printer_stalls")
    result, status = await _refused(bench)
    await bench.clear("printer_stalls")
    await bench.is_ready()
    return f"{flags_of(status)}; {result.value}"


@PRINTER_SUITE.case(Need.SIMULATOR, fault="printer_buffer_full")
async def under_printer_buffer_full_a_job_is_not_printed(bench: PrinterBench) -> str:
    """A full printer is never said to have printed; what was sent comes out once at most."""
    await bench.inject("printer_buffer_full")
    result, status = await bench.printer.print_page(bench.page(), soon(1.5))
    expect(result is not PrintResult.PRINTED, result.value)
    await bench.clear("printer_buffer_full")
    await bench.is_ready()
    again, _ = await bench.printer.print_page(bench.page(80), soon(JOB_S))
    expect(again is PrintResult.PRINTED, f"afterwards {again.value}")

    async def empty() -> bool:
        return await bench.waiting() == 0

    await poll(empty, WAIT_S, "the queue is empty")
    heights = [label["height"] for label in await bench.labels()]
    expect(heights.count(240) <= 1 and heights.count(80) == 1, f"labels of {heights} rows")
    return f"{flags_of(status.flags)}; {result.value}; then printed"


async def _refused(bench: PrinterBench) -> tuple[PrintResult, frozenset[PrinterFlag]]:
    async def not_ready() -> bool:  # what is already under way may still be taken
        return not (await bench.printer.status(soon(3))).ready

    await poll(not_ready, WAIT_S, "it is not ready")
    result, status = await bench.printer.print_page(bench.page(), soon(10))
    expect(result is PrintResult.NOT_SENT, result.value)
    return result, status.flags


@PRINTER_SUITE.case(Need.SIMULATOR, fault="paper_out")
async def paper_put_back_in_time_prints_the_page_once(bench: PrinterBench) -> str:
    """Paper that ends within a job: one label, and PRINTED only of languages known to print anew."""
    page = bench.page(400)
    asked = asyncio.create_task(bench.printer.print_page(page, soon(JOB_S)))
    await bench.job_waits()
    await bench.inject("paper_out")

    async def noticed() -> bool:
        return asked.done() or await bench.waiting() > 0

    await poll(noticed, WAIT_S, "the job waits for paper")
    await asyncio.wait([asked], timeout=1.5)
    await bench.clear("paper_out")
    result, _ = await asked
    expect(result is PrintResult.UNKNOWN or bench.traits.prints_anew, result.value)
    expect(len(await bench.labels()) == 1, f"{len(await bench.labels())} labels")
    await bench.came_out(page)
    return result.value


@PRINTER_SUITE.case(Need.SIMULATOR, fault="paper_out")
async def paper_that_ends_with_a_label_holds_the_next_back(bench: PrinterBench) -> str:
    """The last label of a roll comes out; the next job is NOT_SENT, and the paper is named."""
    await bench.is_ready()
    await bench.inject("paper_out", after_labels=1)
    first, _ = await bench.printer.print_page(bench.page(80), soon(2))
    expect(first in (PrintResult.PRINTED, PrintResult.UNKNOWN), first.value)

    async def came_out() -> bool:
        return len(await bench.labels()) == 1

    await poll(came_out, WAIT_S, "the last label comes out")
    second, status = await bench.printer.print_page(bench.page(80), soon(5))
    expect(second is PrintResult.NOT_SENT, second.value)
    expect(PrinterFlag.PAPER_OUT in status.flags, flags_of(status.flags))
    return f"{first.value}, then {second.value}: {flags_of(status.flags)}"


@PRINTER_SUITE.case(Need.SIMULATOR, fault="head_open")
async def a_head_opened_within_the_job_leaves_it_unknown(bench: PrinterBench) -> str:
    """A job whose end is not seen by its deadline is UNKNOWN, and the condition is named."""
    asked = asyncio.create_task(bench.printer.print_page(bench.page(400), soon(5)))
    await bench.job_waits()
    await bench.inject("head_open")
    result, status = await asked
    expect(result is PrintResult.UNKNOWN, result.value)
    expect(PrinterFlag.HEAD_OPEN in status.flags, flags_of(status.flags))
    return f"{result.value}: {flags_of(status.flags)}"


@PRINTER_SUITE.case(Need.SIMULATOR, fault="printer_unplugged")
async def a_cable_pulled_within_the_job_leaves_it_unknown(bench: PrinterBench) -> str:
    """Unplugged half-way the job is UNKNOWN; plugged in again nothing is sent a second time."""
    halfway = asyncio.Event()

    def tell(sent: int, total: int) -> None:
        if sent > total // 2:
            halfway.set()

    asked = asyncio.create_task(bench.printer.print_page(bench.page(2_000), soon(JOB_S), tell))
    await asyncio.wait_for(halfway.wait(), WAIT_S)
    await bench.inject("printer_unplugged")
    result, status = await asked
    expect(result is PrintResult.UNKNOWN, result.value)
    expect(not status.ready, "ready, without a cable")
    await bench.clear("printer_unplugged")

    async def reachable() -> bool:
        return PrinterFlag.UNREACHABLE not in (await bench.printer.status(soon(5))).flags

    await poll(reachable, WAIT_S, "the printer is reachable")
    came = len(await bench.labels())
    expect(came <= 1, f"{came} labels")
    return f"{result.value}, labels: {came}"


@PRINTER_SUITE.case(Need.SIMULATOR, fault="printer_off")
async def power_lost_within_the_job_is_never_printed(bench: PrinterBench) -> str:
    """What was in a printer without power is gone: the job is UNKNOWN and does not come out later."""
    asked = asyncio.create_task(bench.printer.print_page(bench.page(400), soon(6)))
    await bench.job_waits()
    await bench.inject("printer_off")
    await asyncio.wait([asked], timeout=2.0)
    await bench.clear("printer_off")
    result, _ = await asked
    expect(result is PrintResult.UNKNOWN, result.value)
    expect(not await bench.labels(), "a label came out")
    return result.value


@PRINTER_SUITE.case(Need.SIMULATOR, fault="dropped_connection")
async def a_connection_that_breaks_within_the_job_leaves_it_unknown(bench: PrinterBench) -> str:
    """A connection that breaks half-way: UNKNOWN, and nothing is sent a second time."""
    await bench.inject("dropped_connection", after_bytes=4_000)
    result, _ = await bench.printer.print_page(bench.page(), soon(JOB_S))
    expect(result is PrintResult.UNKNOWN, result.value)
    expect(not await bench.labels(), "a label came out")
    await bench.is_ready()
    await _prints_once(bench)
    return f"{result.value}; then printed"
