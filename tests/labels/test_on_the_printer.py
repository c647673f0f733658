"""From the drawing over a socket into the simulated printer: the paper shows the page, dot for dot."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from edge.labels.receipt import draw_receipt
from edge.labels.samples import RECEIPTS, WAYBILLS
from edge.labels.waybill import draw_waybill
from hal.framing.zpl import encode_page
from hal.interfaces import Raster
from simulators.zpl_printer import PrintedLabel, ZplPrinter

PAGES = {name: draw_waybill(content) for name, content in WAYBILLS.items()} | {
    name: draw_receipt(content) for name, content in RECEIPTS.items()
}
DEADLINE_S = 10.0


async def printed(page: Raster, folder: Path) -> PrintedLabel:
    """Send `page` as ZPL to a printer and wait for the label that comes out."""
    printer = ZplPrinter(folder, print_mm_s=None)
    out: asyncio.Queue[PrintedLabel] = asyncio.Queue()
    printer.subscribe(out.put_nowait)
    await printer.start()
    try:
        _, writer = await asyncio.open_connection(printer.host, printer.tcp_port)
        writer.write(encode_page(page))
        await writer.drain()
        label = await asyncio.wait_for(out.get(), DEADLINE_S)
        writer.close()
        assert list(printer.problems) == []
        return label
    finally:
        await printer.stop()


@pytest.mark.parametrize("name", PAGES)
async def test_the_printer_draws_the_same_dots(name: str, tmp_path: Path) -> None:
    page = PAGES[name]

    label = await printed(page, tmp_path)

    with Image.open(label.path) as paper:
        black = paper.convert("1").point(lambda white: 0 if white else 255)
        assert paper.size == (label.width, label.height) == (page.width_dots, page.height_dots)
        assert black.tobytes() == page.rows
    assert label.not_drawn == ()


async def test_the_paper_reads(tmp_path: Path) -> None:
    label = await printed(PAGES["waybill"], tmp_path)

    with Image.open(label.path) as paper:
        found = {str(each.format): each.text for each in zxingcpp.read_barcodes(paper.convert("L"))}
    assert found == {"Code 128": "EE123456785CN", "QR Code": "EE123456785CN"}
