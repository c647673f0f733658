"""Scans as inputs: every read once, the echo of a held symbol never, refusals counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from edge.core.inputs import Input, Scan, ScanUnusable
from edge.shell.scanning import REPEAT_WINDOW_S, UNUSABLE_BURST, Scanning
from hal.interfaces import RefusedScan, ScanRead, TraceLine
from tests.support.virtual_time import VirtualClock, run_virtual


class NoTrace:
    def lines(self) -> tuple[TraceLine, ...]:
        return ()


class FakeScanner:
    def __init__(self, scanner_id: str = "window") -> None:
        self.id = scanner_id
        self.online = True
        self.trace = NoTrace()
        self.dropped = 0
        self.reads: asyncio.Queue[ScanRead | RefusedScan] = asyncio.Queue()

    def scans(self) -> AsyncIterator[ScanRead | RefusedScan]:
        return self._scans()

    async def _scans(self) -> AsyncIterator[ScanRead | RefusedScan]:
        while True:
            yield await self.reads.get()


def handed_in(
    *reads: ScanRead | RefusedScan, accept: bool = True, window_s: float | None = None
) -> tuple[list[Input], int]:
    """What the station is offered of these reads, and how many were refused."""
    offered: list[Input] = []

    async def main() -> int:
        scanner = FakeScanner()

        def offer(item: Input) -> bool:
            offered.append(item)
            return accept

        windows_s = None if window_s is None else {"window": window_s}
        scanning = Scanning({"window": scanner}, offer, VirtualClock(), windows_s)
        task = asyncio.create_task(scanning.run())
        for read in reads:
            scanner.reads.put_nowait(read)
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return scanning.refused

    return offered, run_virtual(main)


def read(text: str, at_s: float) -> ScanRead:
    return ScanRead(text, "C1", at_s)


def test_a_read_is_an_input_with_its_device_and_identifier() -> None:
    assert handed_in(read("RR123", 1.0)) == ([Scan("window", "RR123", "C1")], 0)


@pytest.mark.parametrize(
    ("gaps_s", "inputs"),
    [
        ([0.49], 1),
        ([REPEAT_WINDOW_S], 2),
        ([0.51], 2),
        ([0.4, 0.4, 0.4, 0.4], 1),  # held before the window for long: still the same symbol
        ([0.4, 0.4, 0.6], 2),
    ],
)
def test_the_same_text_again_within_the_window_is_the_same_symbol(gaps_s: list[float], inputs: int) -> None:
    times_s = [0.0]
    for gap_s in gaps_s:
        times_s.append(times_s[-1] + gap_s)
    offered, _ = handed_in(*[read("A", at_s) for at_s in times_s])
    assert len(offered) == inputs


@pytest.mark.parametrize(("window_s", "inputs"), [(0.0, 3), (0.2, 2), (3.0, 1)])
def test_a_scanners_own_window_decides(window_s: float, inputs: int) -> None:
    offered, _ = handed_in(*[read("A", at_s) for at_s in (0.0, 0.1, 0.4)], window_s=window_s)
    assert len(offered) == inputs


def test_another_text_counts_at_once_and_so_does_the_first_after_it() -> None:
    offered, _ = handed_in(read("A", 0.0), read("B", 0.1), read("A", 0.2))
    assert [item.text for item in offered if isinstance(item, Scan)] == ["A", "B", "A"]


def test_unusable_bytes_keep_only_their_length() -> None:
    refused = RefusedScan("too-long", 10_000_000, 1.0)
    assert handed_in(refused)[0] == [ScanUnusable("window", "too-long", 10_000_000)]


def test_a_noisy_line_does_not_fill_the_journal() -> None:
    noise = [RefusedScan("not-text", 3, n / 500) for n in range(500)]
    offered, refused = handed_in(*noise, read("A", 1.0))
    assert sum(isinstance(item, ScanUnusable) for item in offered) == UNUSABLE_BURST
    assert offered[-1] == Scan("window", "A", "C1")
    assert refused == 0


def test_a_symbol_around_unusable_bytes_is_still_the_same_symbol() -> None:
    offered, _ = handed_in(read("A", 0.0), RefusedScan("not-text", 3, 0.1), read("A", 0.2))
    assert [type(item) for item in offered] == [Scan, ScanUnusable]


def test_what_the_station_refuses_is_counted() -> None:
    offered, refused = handed_in(read("A", 0.0), read("B", 0.0), accept=False)
    assert (len(offered), refused) == (2, 2)


def test_each_scanner_is_heard() -> None:
    async def main() -> None:
        offered: list[Input] = []
        scanners = {name: FakeScanner(name) for name in ("left", "right")}

        def offer(item: Input) -> bool:
            offered.append(item)
            return True

        task = asyncio.create_task(Scanning(scanners, offer, VirtualClock()).run())
        for scanner in scanners.values():
            scanner.reads.put_nowait(read("A", 0.0))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert sorted(item.device for item in offered if isinstance(item, Scan)) == ["left", "right"]

    run_virtual(main)
