"""The contract of `Scanner`, and of `HostDrivenScanner` where a driver is one, while all is well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hal.conformance.cases import Need, Suite, expect
from hal.conformance.control import poll, soon
from hal.conformance.scanner_bench import HANDS_S, WAIT_S, ScannerBench
from hal.interfaces import CommandResult, RefusedScan, ScanMode, ScannerVerb, ScanRead

__all__ = ["SCANNER_SUITE"]

SCANNER_SUITE: Suite[ScannerBench] = Suite()


@SCANNER_SUITE.case()
async def opens_its_port(bench: ScannerBench) -> str:
    """`online` is true while the port is open; nothing is dropped before anything came."""

    async def online() -> bool:
        return bench.scanner.online

    await poll(online, WAIT_S, "the port is open")
    expect(bench.scanner.dropped == 0, f"{bench.scanner.dropped} scans dropped")
    return "online"


@SCANNER_SUITE.case()
async def tells_which_commands_it_takes(bench: ScannerBench) -> str:
    """Only drivers that take commands have them; what is not in `verbs` is UNSUPPORTED and sends nothing."""
    driven = bench.driven
    expect(bench.traits.commands in (None, driven is not None), f"it takes commands: {driven is not None}")
    if driven is None:
        return "takes none"
    await bench.ready()
    before = sum(line.direction == ">" for line in bench.trace())
    asked: dict[ScannerVerb, Callable[[], Awaitable[CommandResult]]] = {
        ScannerVerb.TRIGGER: lambda: driven.trigger(soon(2)),
        ScannerVerb.RELEASE: lambda: driven.release(soon(2)),
        ScannerVerb.MODE: lambda: driven.set_mode(ScanMode.HOST, soon(2)),
        ScannerVerb.BEEP: lambda: driven.beep(soon(2)),
        ScannerVerb.LIGHT: lambda: driven.light(True, soon(2)),
        ScannerVerb.SIGNALS: lambda: driven.set_signals(True, True, soon(2)),
    }
    for verb, ask in asked.items():
        if verb not in driven.verbs:
            result = await ask()
            expect(result is CommandResult.UNSUPPORTED, f"{verb}: {result.value}")
    if driven.verbs:
        expect(sum(line.direction == ">" for line in bench.trace()) == before, "something was sent")
    return ", ".join(sorted(driven.verbs))


@SCANNER_SUITE.case()
async def answers_a_probe(bench: ScannerBench) -> str:
    """Where `probe` is among the verbs, a scanner that is there answers it with text."""
    driven = bench.driven
    if driven is None or ScannerVerb.PROBE not in driven.verbs:
        return "has no such question"
    await bench.ready()
    told = await driven.probe(soon(5))
    expect(told, "no answer")
    return str(told)


@SCANNER_SUITE.case()
async def a_command_past_its_deadline_is_not_sent(bench: ScannerBench) -> str:
    """A command whose deadline is over is NOT_SENT, and does not raise."""
    driven = bench.driven
    if driven is None:
        return "takes none"
    await bench.ready()
    result = await driven.release(soon(-1))
    expect(result in (CommandResult.NOT_SENT, CommandResult.UNSUPPORTED), result.value)
    return result.value


@SCANNER_SUITE.case(Need.SCAN)
async def a_scan_arrives_as_text(bench: ScannerBench) -> str:
    """`scans` gives text without prefix, identifier and terminator, the AIM identifier apart, in order."""
    await bench.ready()
    if bench.control is None:
        bench.tell(f"hold the symbol of {bench.text!r} before the scanner now")
        scan = await bench.take(HANDS_S)
        told = scan.text if isinstance(scan, ScanRead) else f"refused: {scan.reason}"
        expect(told == bench.text, f"{told!r} for {bench.text!r}")
        return f"{told!r}, identifier {scan.identifier if isinstance(scan, ScanRead) else ''!r}"
    texts = [("EE123456785CN", "C0"), ("快递单号 1", "Q1"), ("10A\x1d21B", "d2")]
    for text, identifier in texts:
        await bench.hold(text, identifier)
        await bench.reads(text, identifier)
    expect(any(line.direction == "<" for line in bench.trace()), "nothing received in the trace")
    return f"{len(texts)} scans, in order"


@SCANNER_SUITE.case(Need.SIMULATOR)
async def a_leading_separator_is_no_data(bench: ScannerBench) -> str:
    """FNC1 sent as one leading GS is dropped; GS between elements stays."""
    await bench.ready()
    await bench.hold("\x1d00370123456000000009\x1d10A", "C1")
    await bench.reads("00370123456000000009\x1d10A", "C1")
    return "GS kept inside, not in front"


@SCANNER_SUITE.case(Need.SIMULATOR)
async def gb18030_is_read(bench: ScannerBench) -> str:
    """What is no UTF-8 and is GB 18030 is read as that."""
    await bench.ready()
    await bench.hold("快递单号".encode("gb18030"), "Q1")
    await bench.reads("快递单号", "Q1")
    return "快递单号"


@SCANNER_SUITE.case(Need.SIMULATOR)
async def a_large_symbol_is_read_whole(bench: ScannerBench) -> str:
    """A QR Code of 2,920 characters is one scan."""
    await bench.ready()
    text = "https://example.org/" + "x" * 2900
    await bench.hold(text, "Q1")
    await bench.reads(text, "Q1")
    return f"{len(text)} characters"


@SCANNER_SUITE.case(Need.SIMULATOR)
async def what_is_no_text_is_refused(bench: ScannerBench) -> str:
    """Bytes that are no text give one RefusedScan `not-text` with their length, and no scan."""
    await bench.ready()
    for data in (b"A\x00B", b"\x80\xff"):
        await bench.hold(data)
        scan = await bench.take()
        expect(isinstance(scan, RefusedScan) and scan.reason == "not-text", f"{data!r} gives {scan}")
        length = scan.length if isinstance(scan, RefusedScan) else 0
        expect(len(data) <= length <= len(data) + 4, f"length {length}")  # with identifier and prefix
    return "not-text"


@SCANNER_SUITE.case(Need.SIMULATOR)
async def an_over_long_scan_is_one_refusal(bench: ScannerBench) -> str:
    """More than `max_length` is refused as `too-long` with its length; the next scan reads."""
    await bench.ready()
    size = 10_000
    sending = asyncio.create_task(bench.hold("7" * size, "Q1"))
    refused = [await bench.take()]
    if bench.traits.acknowledged and not bench.traits.checked:  # told that it was refused, it tries again
        refused += [await bench.take(), await bench.take()]
    await sending
    for scan in refused:
        expect(isinstance(scan, RefusedScan) and scan.reason == "too-long", f"{str(scan)[:60]}")
        length = scan.length if isinstance(scan, RefusedScan) else 0
        expect(size <= length <= size + 4, f"length {length}")
    await bench.hold("after")
    await bench.reads("after", "C0")
    return "too-long, then read on"


@SCANNER_SUITE.case(Need.SIMULATOR)
async def scans_nobody_takes_are_dropped_oldest_first(bench: ScannerBench) -> str:
    """At most 64 scans wait; the oldest is dropped and counted."""
    await bench.ready()
    for number in range(70):
        await bench.hold(str(number))

    async def dropped() -> bool:
        return bench.scanner.dropped == 6

    await poll(dropped, WAIT_S, "six of seventy are dropped")
    await bench.reads("6", "C0")
    return "6 of 70"


@SCANNER_SUITE.case(Need.SIMULATOR)
async def the_no_read_message_is_no_scan(bench: ScannerBench) -> str:
    """The text a scanner sends when it read nothing is not taken for a symbol."""
    await bench.ready()
    await bench.hold("NR", "A0")
    await bench.hold("EE123456785CN")
    await bench.reads("EE123456785CN", "C0")
    return "NR left out"
