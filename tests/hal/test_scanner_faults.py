"""Every driver under every fault of the menu: no scan that was not held before it, and life goes on."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from hal.interfaces import CommandResult, HostDrivenScanner, RefusedScan, ScanRead
from simulators.faults import FAULTS
from simulators.pty_port import PortError
from tests.hal.scanner_rig import FAMILIES, WINDOW, Bench, scanner_bench, soon
from tests.hal.scripted_line import until

KINDS = ["serial-line-acknowledged", *[name for name in FAMILIES if FAMILIES[name].kind == name]]
SCANNER_FAULTS = [name for name, kind in FAULTS.items() if kind.target == "scanner"]
OF_DEVICE_FILES = {
    "scanner_unplugged",
    "scanner_no_read",
    "scanner_double_read",
    "scanner_half_scan",
    "scanner_dead",
}
UNCHECKED = {"scanner_noise", "scanner_babble"}
"""What these do to lines without a check can be printable: nobody can tell."""
PARAMS: dict[str, dict[str, float]] = {
    "scanner_no_read": {"n": 1},
    "scanner_late_reply": {"delay_s": 0.3},
    "scanner_refuses": {"n": 1},
    "scanner_babble": {"every_s": 0.02, "count": 16},
}
TWICE = {("serial-line-acknowledged", "scanner_deaf_to_ack")}
"""A line that is sent again looks like one scanned again."""
HELD, AFTER = "EE123456785CN", "AFTER"
CASES = [
    (family, fault)
    for family in KINDS
    for fault in SCANNER_FAULTS
    if FAMILIES[family].serial or fault in OF_DEVICE_FILES
]


async def scan(bench: Bench, text: str) -> None:
    with contextlib.suppress(PortError):
        await bench.device.scan(text, "C0")


async def reads_until_after(bench: Bench) -> list[str]:
    """Hold AFTER before it until it is read: what came until then."""
    texts: list[str] = []
    async with asyncio.timeout(15):
        while AFTER not in texts:
            holding = asyncio.create_task(scan(bench, AFTER))
            with contextlib.suppress(TimeoutError):
                found = await bench.take(within_s=1.0)
                texts += [found.text] if isinstance(found, ScanRead) else []
                assert not isinstance(found, RefusedScan) or found.reason in ("not-text", "too-long")
            await holding
    return texts


@pytest.mark.parametrize(("family", "fault"), CASES)
async def test_under_a_fault_nothing_is_invented_and_after_it_scans_read(
    tmp_path: Path, family: str, fault: str
) -> None:
    async with scanner_bench(tmp_path, family, gap_ms=150) as bench:
        bench.faults.inject(fault, WINDOW, **PARAMS.get(fault, {}))
        holding = asyncio.create_task(scan(bench, HELD))
        if isinstance(bench.scanner, HostDrivenScanner):
            result = await bench.scanner.trigger(soon(0.4))
            assert result is not CommandResult.UNSUPPORTED
            if fault in ("scanner_dead", "scanner_no_answer", "scanner_unplugged"):
                assert result is not CommandResult.DONE or family == "ssi", "SSI asks again"
        await holding
        bench.faults.clear_all()
        await until(lambda: bench.scanner.online, within_s=8)

        texts = await reads_until_after(bench)

        if fault not in UNCHECKED or family == "ssi":
            assert set(texts) <= {HELD, AFTER}
            assert texts.count(HELD) <= (
                2 if (family, fault) in TWICE or fault == "scanner_double_read" else 1
            )


def test_every_fault_of_scanners_is_tried() -> None:
    assert {fault for _, fault in CASES} == set(SCANNER_FAULTS)
    assert {FAMILIES[family].kind for family, _ in CASES} == {made.kind for made in FAMILIES.values()}
