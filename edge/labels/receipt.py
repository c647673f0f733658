"""The deposit receipt, 60 × 40 mm: what a courier takes along.

    +-----------------------------+
    | station           | number  |
    | time, courier     |         |
    +-----------------------------+
    |   |||||||||||||||||||||     |   Code 128; QR for a code too long for bars
    |      tracking code          |
    +-----------------------------+

The courier's name is masked here once more, whatever the caller passed.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.core.masking import mask_name
from edge.labels.page import Align, Box, LabelTooSmall, Page, Text
from edge.labels.symbols import code128, qr
from edge.labels.typeface import Typeface, Weight, default_typeface
from hal.interfaces import Raster

__all__ = ["RECEIPT_HEIGHT_DOTS", "RECEIPT_WIDTH_DOTS", "ReceiptContent", "draw_receipt"]

RECEIPT_WIDTH_DOTS = 60 * 8
RECEIPT_HEIGHT_DOTS = 40 * 8

PAD = 16
NUMBER_WIDTH = 152

CODE_CHARACTERS_BESIDE = 12
"""A line of a tracking code beside a QR code."""

_UPPER = Box(0, 8, RECEIPT_WIDTH_DOTS, 156)
_CODE = Box(0, _UPPER.bottom + 4, RECEIPT_WIDTH_DOTS, RECEIPT_HEIGHT_DOTS - _UPPER.bottom - 12)


@dataclass(frozen=True, slots=True)
class ReceiptContent:
    """What stands on a receipt; `deposited_at` is local time as it shall read."""

    tracking_code: str
    compartment_number: str
    station_name: str
    deposited_at: str
    courier: str
    carrier: str = ""


def draw_receipt(content: ReceiptContent, typeface: Typeface | None = None) -> Raster:
    """Draw the receipt, 480 × 320 dots; raises as `edge.labels.waybill.draw_waybill`."""
    typeface = typeface or default_typeface()
    page = Page(RECEIPT_WIDTH_DOTS, RECEIPT_HEIGHT_DOTS, typeface)
    with typeface.lock:
        _facts(page, content)
        page.rule(page.box.inset(PAD), _UPPER.bottom)
        _tracking_code(page, content.tracking_code)
    return page.raster()


def _facts(page: Page, content: ReceiptContent) -> None:
    number = Box(RECEIPT_WIDTH_DOTS - PAD - NUMBER_WIDTH, _UPPER.y + 4, NUMBER_WIDTH, _UPPER.height - 12)
    page.frame(number, 3)
    page.fill(Box(number.x, number.y, number.width, 40))
    page.text(
        Box(number.x + 6, number.y, number.width - 12, 40),
        "格口 No.",
        Text(26, 18, align=Align.CENTRE),
        white=True,
    )
    below = Box(number.x + 8, number.y + 42, number.width - 16, number.height - 46)
    page.text(below, content.compartment_number, Text(84, 28, Weight.BOLD, Align.CENTRE))

    courier = " ".join(part for part in (content.carrier, mask_name(content.courier)) if part)
    lines = (
        ("投递凭证 DEPOSITED", Text(28, 20, Weight.BOLD)),
        (content.station_name, Text(26, 18)),
        (content.deposited_at, Text(26, 18)),
        (courier, Text(26, 18)),
    )
    height = _UPPER.height // len(lines)
    for row, (text, style) in enumerate(lines):
        page.text(Box(PAD, _UPPER.y + row * height, number.x - 2 * PAD, height), text, style)


def _tracking_code(page: Page, code: str) -> None:
    style = Text(30, 18, Weight.BOLD, Align.CENTRE)
    try:
        page.linear(Box(_CODE.x, _CODE.y + 8, _CODE.width, _CODE.height - 52), code128(code))
    except LabelTooSmall:
        square = Box(PAD, _CODE.y, _CODE.height, _CODE.height)
        page.matrix(square, qr(code))
        beside = Box(square.right + PAD, _CODE.y, RECEIPT_WIDTH_DOTS - square.right - 2 * PAD, _CODE.height)
        page.code_lines(beside, code, style, CODE_CHARACTERS_BESIDE)
    else:
        page.code_lines(Box(PAD, _CODE.bottom - 40, RECEIPT_WIDTH_DOTS - 2 * PAD, 40), code, style, len(code))
