"""Drawing a label against sending it: the wire must stay the slow part."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from edge.labels.receipt import draw_receipt
from edge.labels.samples import RECEIPTS, WAYBILLS
from edge.labels.symbols import code128, qr
from edge.labels.waybill import draw_waybill
from hal.framing.zpl import encode_page
from hal.interfaces import Raster

BAUD = 115_200
BITS_PER_BYTE = 10
"""One start bit, eight data bits, one stop bit."""

MAX_SHARE_OF_WIRE = 0.25
"""Drawing takes an eightieth of the transmission here; a quarter leaves room for slow machines."""


def wire_s(page: Raster) -> float:
    """How long the label takes on a serial line."""
    return len(encode_page(page)) * BITS_PER_BYTE / BAUD


def middle_s(work: Callable[[], object], runs: int = 9) -> float:
    """The median of a few runs, in this thread's own time: what else runs does not count into it."""
    times = []
    for _ in range(runs):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return sorted(times)[runs // 2]


@pytest.mark.parametrize("name", WAYBILLS)
def test_draw_waybill(benchmark: BenchmarkFixture, name: str) -> None:
    page = benchmark(draw_waybill, WAYBILLS[name])
    benchmark.extra_info["wire_ms_at_115200"] = round(wire_s(page) * 1000)
    benchmark.extra_info["zpl_bytes"] = len(encode_page(page))

    assert (page.width_dots, page.height_dots) == (608, 1040)


def test_draw_receipt(benchmark: BenchmarkFixture) -> None:
    page = benchmark(draw_receipt, RECEIPTS["receipt"])
    benchmark.extra_info["wire_ms_at_115200"] = round(wire_s(page) * 1000)

    assert (page.width_dots, page.height_dots) == (480, 320)


def test_encode_waybill_as_zpl(benchmark: BenchmarkFixture) -> None:
    page = draw_waybill(WAYBILLS["waybill"])

    assert benchmark(encode_page, page).startswith(b"^XA")


def test_encode_code_128(benchmark: BenchmarkFixture) -> None:
    assert benchmark(code128, "EE123456785CN").width_modules > 100


def test_encode_qr(benchmark: BenchmarkFixture) -> None:
    assert benchmark(qr, "EE123456785CN").width_modules == 29


@pytest.mark.parametrize("name", WAYBILLS)
def test_drawing_is_a_small_share_of_the_wire_time(name: str) -> None:
    page = draw_waybill(WAYBILLS[name])

    share = middle_s(lambda: draw_waybill(WAYBILLS[name])) / wire_s(page)

    assert share < MAX_SHARE_OF_WIRE
