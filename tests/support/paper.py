"""What a simulated printer's paper shows for the bytes of a job, without plug, queue or time."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import zplkit
import zplkit.rendering
import zxingcpp
from PIL import Image

from edge.labels.receipt import draw_receipt
from edge.labels.samples import RECEIPTS, WAYBILLS
from edge.labels.waybill import draw_waybill
from hal.framing import cpcl, escpos, tspl, zpl
from hal.interfaces import Raster
from simulators.cpcl_printer import CpclPrinter
from simulators.escpos_printer import EscPosPrinter
from simulators.printer_body import PrinterBody
from simulators.tspl_printer import TsplPrinter
from simulators.zpl_printer import ZplPrinter

ENCODERS: dict[str, Callable[[Raster], bytes]] = {
    "zpl": zpl.encode_page,
    "tspl": tspl.encode_page,
    "escpos": escpos.encode_page,
    "cpcl": cpcl.encode_page,
}
PRINTERS: dict[str, Callable[..., PrinterBody]] = {
    "zpl": ZplPrinter,
    "tspl": TsplPrinter,
    "escpos": EscPosPrinter,
    "cpcl": CpclPrinter,
}
SURNAMES = "张王李欧司䶮㛃𠮷"
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


class Paper:
    """A printer's head: hears bytes, gives the labels they make."""

    def __init__(self, kind: str, folder: Path, **options: Any) -> None:
        self.printer = PRINTERS[kind](folder, **options)
        self.labels: list[Any] = []
        self.printer.take = self._take  # type: ignore[method-assign]  # no paper behind the queue's end

    async def _take(self, item: Any) -> None:
        if not callable(item):
            self.labels.append(item)

    async def hear(self, data: bytes, piece_bytes: int = 4096) -> None:
        async def say(text: bytes) -> None:
            del text

        for start in range(0, len(data), piece_bytes):
            await self.printer.hear(data[start : start + piece_bytes], say)


def picture_of(page: Raster) -> Image.Image:
    """Black on white, as it should come out."""
    return Image.frombytes("1", (page.width_dots, page.height_dots), page.rows, "raw", "1;I")


async def printed(kind: str, page: Raster, folder: Path) -> Image.Image:
    """The page through one language: the framing's bytes, drawn by the simulated printer."""
    paper = Paper(kind, folder, width_dots=page.width_dots)
    await paper.hear(ENCODERS[kind](page))
    assert list(paper.printer.problems) == []
    [label] = paper.labels
    assert not label.not_drawn
    return Image.open(io.BytesIO(label.picture()))


def by_zplkit(page: Raster) -> Image.Image:
    """The page's ZPL as an independent renderer draws it; it has no ^PQ, which changes no dot."""
    options = zplkit.Options(width=page.width_dots, height=page.height_dots, dpi=203)
    limits = zplkit.rendering.Limits(graphic_bytes=400_000)
    job = zpl.encode_page(page).replace(b"^PQ1,0,1,N", b"")
    (label,) = zplkit.render(job, options, limits=limits).labels
    raster = label.rasterize()
    size = (raster.width, raster.height)
    return Image.frombytes("L", size, raster.pixels).convert("1", dither=Image.Dither.NONE)


def symbols_on(picture: Image.Image) -> set[tuple[str, str]]:
    """Symbology and text of every symbol that zxing-cpp reads."""
    return {(str(each.format), each.text) for each in zxingcpp.read_barcodes(picture.convert("L"))}


def generated_label(seed: int) -> tuple[Raster, set[tuple[str, str]]]:
    """A waybill or receipt with made-up names and codes, and the symbols that must read."""
    rng = random.Random(seed)
    code = "".join(rng.choice(LETTERS) for _ in range(2)) + f"{rng.randrange(10**9):09}CN"
    expected = {("Code 128", code)}
    if seed % 2:
        receipt = replace(RECEIPTS["receipt"], tracking_code=code, courier=_name(rng))
        return draw_receipt(replace(receipt, compartment_number=_number(rng))), expected
    waybill = replace(
        WAYBILLS["waybill"],
        tracking_code=code,
        recipient=_name(rng),
        recipient_phone=f"1{rng.randrange(10**10):010}",
        compartment_number=_number(rng),
        returned=rng.random() < 0.3,
        return_reason="逾期未取",
        routing=f"{rng.randrange(1000):03}-{_number(rng)}" if rng.random() < 0.7 else "",
        sender=_name(rng) if rng.random() < 0.6 else "",
    )
    return draw_waybill(waybill), expected | {("QR Code", code)}


def _name(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + rng.choice(["伟", "敏", "静怡", "㛃", "𠮷"])


def _number(rng: random.Random) -> str:
    return rng.choice(LETTERS) + f"{rng.randrange(1, 40):02}"
