"""The contract of `LabelPrinter` while all is well."""

from __future__ import annotations

import asyncio

from hal.conformance.cases import Need, Suite, expect
from hal.conformance.control import soon
from hal.conformance.printer_bench import PrinterBench
from hal.interfaces import PrinterFlag, PrintResult

__all__ = ["PRINTER_SUITE", "flags_of"]

PRINTER_SUITE: Suite[PrinterBench] = Suite()
JOB_S = 30.0
AT_ONCE_S = 5.0
"""On a busy machine."""


def flags_of(flags: frozenset[PrinterFlag]) -> str:
    """For people."""
    return ", ".join(sorted(flag.value for flag in flags)) or "ready"


@PRINTER_SUITE.case()
async def tells_its_condition(bench: PrinterBench) -> str:
    """`status` asks now and never raises for the wire: what is wrong is a flag."""
    status = await bench.printer.status(soon(10))
    if bench.control is not None:
        expect(status.ready, flags_of(status.flags))
        queue = bench.traits.tells_queue
        expect(queue is None or status.queued == (0 if queue else None), f"queued {status.queued}")
    ways = {line.direction for line in bench.trace()}
    expect(bench.control is None or ways == {">", "<"}, f"the trace has {ways or 'nothing'}")
    return flags_of(status.flags)


@PRINTER_SUITE.case()
async def a_status_past_its_deadline_ends(bench: PrinterBench) -> str:
    """With a deadline that is over `status` raises nothing and does not wait for the printer."""
    began_s = soon(0)
    status = await bench.printer.status(soon(-1))
    took_s = soon(0) - began_s
    expect(took_s < AT_ONCE_S, f"it took {took_s:.1f} s")
    return flags_of(status.flags)


@PRINTER_SUITE.case()
async def names_itself_or_does_not(bench: PrinterBench) -> str:
    """`model` is what the printer says of itself, or None."""
    model = await bench.printer.model(soon(10))
    expect(model is None or model.strip(), "an empty name")
    if bench.control is not None and bench.traits.words:
        expect(model == bench.traits.model, f"{model!r} for {bench.traits.model!r}")
    return model or "no name"


@PRINTER_SUITE.case()
async def tells_how_long_a_page_takes(bench: PrinterBench) -> str:
    """`wire_time_s` is what sending takes on a line of stated speed, 0 elsewhere; no I/O."""
    short, long = (bench.printer.wire_time_s(bench.page(height)) for height in (80, 800))
    expect(0 <= short <= long, f"{short:g} s for 80 rows, {long:g} s for 800")
    expect(not bench.trace(), "something was on the wire")
    return f"{long:.1f} s for 800 rows"


@PRINTER_SUITE.case(Need.PRINT)
async def a_page_past_its_deadline_is_not_sent(bench: PrinterBench) -> str:
    """A job whose deadline is over is NOT_SENT and never comes out later."""
    result, _ = await bench.printer.print_page(bench.page(), soon(-1))
    expect(result is PrintResult.NOT_SENT, result.value)
    if bench.control is not None:
        await bench.is_ready()
        expect(not await bench.labels(), "a label came out")
    return result.value


@PRINTER_SUITE.case(Need.PRINT)
async def a_page_comes_out_once(bench: PrinterBench) -> str:
    """`print_page` sends the page once and sees its end; progress grows to the whole; each dot is right."""
    told: list[tuple[int, int]] = []
    page = bench.page()
    deadline = soon(JOB_S + bench.printer.wire_time_s(page))
    result, status = await bench.printer.print_page(page, deadline, lambda *at: told.append(at))
    expect(result is PrintResult.PRINTED, f"{result.value} ({flags_of(status.flags)})")
    expect(told and told == sorted(told), f"progress {told[:6]}")
    expect(told[-1][0] == told[-1][1], f"progress ends at {told[-1]}")
    if bench.control is not None:
        expect(len(await bench.labels()) == 1, f"{len(await bench.labels())} labels")
        await bench.came_out(page)
    return f"{result.value}, {told[-1][1]:,} bytes"


@PRINTER_SUITE.case(Need.SIMULATOR)
async def pages_of_many_tasks_come_out_once_each(bench: PrinterBench) -> str:
    """Jobs do not mix: whoever asks together is served one after the other."""
    heights = (100, 120, 140)
    pages = [bench.page(height) for height in heights]
    results = await asyncio.gather(*(bench.printer.print_page(each, soon(2 * JOB_S)) for each in pages))
    expect(
        {result for result, _ in results} == {PrintResult.PRINTED}, f"{[each[0].value for each in results]}"
    )
    came = sorted(label["height"] for label in await bench.labels())
    expect(came == list(heights), f"labels of {came} rows")
    return "3 pages, 3 labels"
