"""The contract of `Scanner` under each fault: nothing is invented, and afterwards it reads on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from hal.conformance.cases import Case, CaseFailed, Need, expect
from hal.conformance.control import poll, soon
from hal.conformance.scanner_bench import WAIT_S, ScannerBench
from hal.conformance.scanner_cases import SCANNER_SUITE
from hal.interfaces import CommandResult, ScanRead

__all__ = ["OF_DEVICE_FILES", "PARAMS"]

PARAMS: Mapping[str, Mapping[str, float]] = {
    "scanner_unplugged": {},
    "scanner_no_read": {"n": 1},
    "scanner_double_read": {},
    "scanner_bytewise": {},
    "scanner_dead": {},
    "scanner_no_answer": {},
    "scanner_late_reply": {"delay_s": 0.3},
    "scanner_half_reply": {},
    "scanner_half_scan": {},
    "scanner_garbled": {},
    "scanner_refuses": {"n": 1},
    "scanner_deaf_to_ack": {},
    "scanner_noise": {"rate": 0.02},
    "scanner_echo": {},
    "scanner_babble": {"every_s": 0.02, "count": 16},
}
OF_DEVICE_FILES = frozenset(
    {"scanner_unplugged", "scanner_no_read", "scanner_double_read", "scanner_half_scan", "scanner_dead"}
)
"""Faults of scanners that are no serial line."""

UNCHECKED = ("scanner_noise", "scanner_babble")
"""What these make of a line without a check can be printable: nobody can tell."""
MUTE = ("scanner_dead", "scanner_no_answer", "scanner_unplugged")
HELD, AFTER = "EE123456785CN", "AFTER"
WORDS = "No scan comes that was not held before it, none more often than sent; afterwards it reads"


def _under(name: str) -> Callable[[ScannerBench], Awaitable[str]]:
    async def run(bench: ScannerBench) -> str:
        await bench.ready()
        await bench.inject(name, **PARAMS[name])
        holding = asyncio.create_task(bench.hold_quietly(HELD))
        told = await _triggers(bench, name)
        await holding
        await bench.do("clear_all")

        async def online() -> bool:
            return bench.scanner.online

        await poll(online, WAIT_S, "the port is open again")
        texts = await bench.reads_until(AFTER)
        if name not in UNCHECKED or bench.traits.checked:
            expect(set(texts) <= {HELD, AFTER}, f"read {texts}")
            # A line that is sent again because it was not heard looks like one scanned again.
            again = name == "scanner_double_read" or (
                name == "scanner_deaf_to_ack" and bench.traits.acknowledged and not bench.traits.checked
            )
            expect(texts.count(HELD) <= 1 + again, f"read {texts.count(HELD)} times")
        return f"{told}read {texts.count(HELD)} of 1, then on"

    return run


async def _triggers(bench: ScannerBench, fault: str) -> str:
    """Ask for a read under the fault: it must not raise, nor be done where nothing answers."""
    driven = bench.driven
    if driven is None:
        return ""
    result = await driven.trigger(soon(0.4))
    expect(result is not CommandResult.UNSUPPORTED, "trigger is unsupported")
    if fault in MUTE and not bench.traits.asks_again:
        expect(result is not CommandResult.DONE, "done, where nothing can answer")
    return f"trigger {result.value}; "


for _name in PARAMS:
    SCANNER_SUITE.add(
        Case(
            f"under {_name}",
            f"{WORDS}.",
            _under(_name),
            frozenset({Need.SIMULATOR}),
            _name,
            {"gap_ms": 150},
        )
    )


@SCANNER_SUITE.case(Need.SIMULATOR, fault="scanner_unplugged")
async def unplugged_it_is_offline_and_sends_nothing(bench: ScannerBench) -> str:
    """Without its port it says so, and a command is NOT_SENT; plugged in again it reads by itself."""
    await bench.ready()
    await bench.inject("scanner_unplugged")

    async def offline() -> bool:
        return not bench.scanner.online

    await poll(offline, WAIT_S, "the driver says that it is offline")
    if bench.driven is not None:
        result = await bench.driven.trigger(soon(2))
        expect(result is CommandResult.NOT_SENT, f"a command without a port: {result.value}")
    await bench.clear("scanner_unplugged")
    await bench.ready()
    await bench.hold(HELD)
    await bench.reads(HELD, "C0")
    return "offline, then read on"


@SCANNER_SUITE.case(Need.SIMULATOR, fault="scanner_half_scan", gap_ms=150)
async def a_scan_cut_off_is_never_read_in_half(bench: ScannerBench) -> str:
    """A scan that breaks off is refused, or read whole where it is sent again."""
    await bench.ready()
    await bench.inject("scanner_half_scan")
    text = "EE123456785CN" * 10
    holding = asyncio.create_task(bench.hold(text))
    scan = await bench.take()
    await holding
    if isinstance(scan, ScanRead):
        expect(bench.traits.acknowledged and scan.text == text, f"read {scan.text!r}")
        return "sent again and read whole"
    if scan.reason != "not-text":
        raise CaseFailed(f"refused: {scan.reason}")
    return "refused"
