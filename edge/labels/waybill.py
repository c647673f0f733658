"""The waybill, 76 × 130 mm: the single-sheet size most Chinese carriers' label services print.

    +----------------------------+
    | carrier             (size) |   black with 退回 RETURN and the reason when the parcel goes back
    +----------------------------+
    |      routing code          |
    +----------------------------+
    |   |||||||||||||||||||||    |   Code 128 or GS1-128; Data Matrix for a code too long for bars
    |      tracking code         |
    +----------------------------+
    | 收  recipient, masked      |
    +----------------------------+
    | 寄  sender, masked         |   left out when nobody is known
    +--------------+-------------+
    |  QR          | compartment |
    +--------------+-------------+
    | station, time              |
    +----------------------------+

Names and telephone numbers are masked here once more, whatever the caller passed.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.core.masking import mask_name, mask_phone
from edge.labels.page import Align, Box, LabelTooSmall, Page, Text
from edge.labels.symbols import code128, data_matrix, gs1_128, qr
from edge.labels.typeface import Typeface, Weight, default_typeface
from hal.interfaces import Raster

__all__ = ["WAYBILL_HEIGHT_DOTS", "WAYBILL_WIDTH_DOTS", "WaybillContent", "draw_waybill"]

WAYBILL_WIDTH_DOTS = 76 * 8
WAYBILL_HEIGHT_DOTS = 130 * 8

EDGE = 16
"""2 mm: what a printer may feed askew without losing a line."""

PAD = 16
TAG_WIDTH = 72

CODE_CHARACTERS_BESIDE = 12
"""A line of a tracking code beside a Data Matrix: 30 characters make three lines."""

_HEADER = Box(EDGE, 16, WAYBILL_WIDTH_DOTS - 2 * EDGE, 92)
_ROUTING = Box(EDGE, 108, _HEADER.width, 124)
_CODE = Box(EDGE, 232, _HEADER.width, 208)
_RECIPIENT = Box(EDGE, 440, _HEADER.width, 140)
_SENDER = Box(EDGE, 580, _HEADER.width, 100)
_LOWER = Box(EDGE, 680, _HEADER.width, 244)
_FOOTER = Box(EDGE, 924, _HEADER.width, 100)
_RULED = (_ROUTING, _CODE, _RECIPIENT, _LOWER, _FOOTER)

_BOLD = Weight.BOLD


@dataclass(frozen=True, slots=True)
class WaybillContent:
    """What stands on a waybill; empty texts leave their place blank.

    `tracking_code` in its normal form; `gs1` says it is an SSCC with its `00` before it and prints GS1-128.
    `routing` is opaque (三段码); without it the compartment number takes its place.  An empty `qr_text` means
    the tracking code.  `printed_at` is local time as it shall read.
    """

    tracking_code: str
    carrier: str
    compartment_number: str
    recipient: str
    recipient_phone: str
    station_name: str
    printed_at: str
    routing: str = ""
    recipient_address: str = ""
    sender: str = ""
    sender_phone: str = ""
    sender_address: str = ""
    station_address: str = ""
    station_phone: str = ""
    size: str = ""
    qr_text: str = ""
    gs1: bool = False
    returned: bool = False
    return_reason: str = ""


def draw_waybill(content: WaybillContent, typeface: Typeface | None = None) -> Raster:
    """Draw the waybill, 608 × 1040 dots.

    Raises MissingGlyph (choose with `Typeface.with_replacements`), SymbolError for a text no symbol can hold,
    LabelTooSmall for a symbol that does not fit.  CPU only, about 10 ms; callable from any thread.
    """
    typeface = typeface or default_typeface()
    page = Page(WAYBILL_WIDTH_DOTS, WAYBILL_HEIGHT_DOTS, typeface)
    with typeface.lock:
        page.frame(Box(EDGE, _HEADER.y, _HEADER.width, _FOOTER.bottom - _HEADER.y), 3)
        for row in _RULED:
            page.rule(row, row.y)
        _header(page, content)
        routing = content.routing or content.compartment_number
        page.text(_ROUTING.inset(PAD, 6), routing, Text(96, 36, _BOLD, Align.CENTRE))
        _tracking_code(page, content)
        _people(page, content)
        _lower(page, content)
        _footer(page, content)
    return page.raster()


def _header(page: Page, content: WaybillContent) -> None:
    inner = _HEADER.inset(PAD, 4)
    if content.returned:
        page.fill(_HEADER)
        left = Box(inner.x, inner.y, 308, inner.height)
        right = Box(left.right + PAD, inner.y, inner.width - left.width - PAD, inner.height)
        page.text(left, "退回 RETURN", Text(52, 30, _BOLD), white=True)
        half = right.height // 2
        upper, lower = Box(*right[:3], half), Box(right.x, right.y + half, right.width, half)
        page.text(upper, content.carrier, Text(30, 18, _BOLD, Align.RIGHT), white=True)
        page.text(lower, content.return_reason, Text(28, 18, align=Align.RIGHT), white=True)
        return
    badge = Box(inner.right - 76, inner.y + 8, 76, inner.height - 16)
    page.text(
        Box(inner.x, inner.y, inner.width - badge.width - PAD, inner.height),
        content.carrier,
        Text(52, 26, _BOLD),
    )
    if content.size:
        page.frame(badge, 3)
        page.text(badge, content.size, Text(46, 24, _BOLD, Align.CENTRE))


def _tracking_code(page: Page, content: WaybillContent) -> None:
    """Bars and the code in figures below; a code too long for bars of two dots becomes a Data Matrix beside
    it."""
    code = content.tracking_code
    shown = f"({code[:2]}){code[2:]}" if content.gs1 else code
    symbol = gs1_128(shown) if content.gs1 else code128(code)
    hri = Text(40, 20, _BOLD, Align.CENTRE)
    try:
        # Quiet zones may run over the frame's margin to the paper's edge, but not over the frame itself.
        page.linear(Box(_CODE.x + 4, _CODE.y + 16, _CODE.width - 8, 132), symbol)
    except LabelTooSmall:
        square = Box(_CODE.x + PAD, _CODE.y + 6, _CODE.height - 12, _CODE.height - 12)
        page.matrix(square, data_matrix(code))
        beside = Box(square.right + PAD, _CODE.y + 8, _CODE.right - square.right - 2 * PAD, _CODE.height - 16)
        page.code_lines(beside, shown, hri, CODE_CHARACTERS_BESIDE)
    else:
        page.code_lines(Box(_CODE.x + PAD, _CODE.y + 154, _CODE.width - 2 * PAD, 48), shown, hri, len(shown))


def _people(page: Page, content: WaybillContent) -> None:
    tag = "原收" if content.returned else "收"
    recipient = (content.recipient, content.recipient_phone, content.recipient_address)
    sender = (content.sender, content.sender_phone, content.sender_address)
    if not any(sender):
        _person(page, _RECIPIENT._replace(height=_RECIPIENT.height + _SENDER.height), tag, recipient, 52)
        return
    _person(page, _RECIPIENT, tag, recipient, 44)
    _person(page, _SENDER, "寄", sender, 32)
    page.rule(_SENDER, _SENDER.y)
    page.fill(Box(_SENDER.x + 3, _SENDER.y, TAG_WIDTH - 3, 2), white=True)


def _person(page: Page, box: Box, tag: str, person: tuple[str, str, str], size: int) -> None:
    """A black tag, name and telephone number in one line, the address below."""
    name, phone, address = person
    page.fill(Box(box.x, box.y, TAG_WIDTH, box.height))
    page.text(
        Box(box.x + 6, box.y, TAG_WIDTH - 12, box.height),
        tag,
        Text(size, 20, _BOLD, Align.CENTRE),
        white=True,
    )
    inner = Box(box.x + TAG_WIDTH + PAD, box.y + 8, box.width - TAG_WIDTH - 2 * PAD, box.height - 14)
    line = round(size * 1.25)
    half = inner.width // 2
    page.text(Box(inner.x, inner.y, half, line), mask_name(name), Text(size, 22, _BOLD))
    if phone:
        right = Box(inner.x + half + 8, inner.y, inner.width - half - 8, line)
        page.text(right, mask_phone(phone), Text(size - 8, 18, _BOLD, Align.RIGHT))
    below = Box(inner.x, inner.y + line + 2, inner.width, inner.height - line - 2)
    page.paragraph(below, address, Text(round(size * 0.3) + 14, 20))


def _lower(page: Page, content: WaybillContent) -> None:
    square = Box(_LOWER.x + 4, _LOWER.y + 4, _LOWER.height - 6, _LOWER.height - 6)
    page.matrix(square, qr(content.qr_text or content.tracking_code))
    page.fill(Box(square.right + 4, _LOWER.y, 2, _LOWER.height))
    right = Box(square.right + 6, _LOWER.y, _LOWER.right - square.right - 6, _LOWER.height)
    caption = Box(right.x + PAD, right.y + 12, right.width - 2 * PAD, 36)
    page.text(caption, "格口 COMPARTMENT", Text(26, 18, align=Align.CENTRE))
    number = Box(right.x + PAD, caption.bottom, right.width - 2 * PAD, right.bottom - caption.bottom - 12)
    page.text(number, content.compartment_number, Text(140, 40, _BOLD, Align.CENTRE))


def _footer(page: Page, content: WaybillContent) -> None:
    inner = _FOOTER.inset(PAD, 8)
    page.text(Box(inner.x, inner.y, inner.width, 32), content.station_name, Text(28, 18, _BOLD))
    page.text(Box(inner.x, inner.y + 32, inner.width, 26), content.station_address, Text(22, 16))
    left = Box(inner.x, inner.y + 58, inner.width // 2, 26)
    right = Box(left.right, left.y, inner.width - left.width, 26)
    page.text(left, content.printed_at, Text(22, 16))
    page.text(right, content.station_phone, Text(22, 16, align=Align.RIGHT))
