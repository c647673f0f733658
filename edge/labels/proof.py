"""A page that shows how a printer prints: rulers, text, a Code 128 and a QR Code, in any size.

Rulers start at the page's corner, so that a page that comes out shifted, cut or stretched shows by how much.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.labels.page import DOTS_PER_MM, Align, Box, Page, Text
from edge.labels.symbols import code128, qr
from edge.labels.typeface import Typeface, Weight, default_typeface
from hal.interfaces import Raster

__all__ = ["MIN_PROOF_DOTS", "RARE_NAMES", "draw_proof"]

MIN_PROOF_DOTS = 384
"""48 mm, the head of receipt printers for 58 mm paper: less has no room for rulers, bars and a QR Code."""

RARE_NAMES = "䶮 㛃 𠮷"
"""Characters of people's names that many printers and typefaces lack."""

RULER = 52
LINE = 30
BARS = 88
TICK_DOTS = {1: 8, 5: 14, 10: 20}
"""Length of the tick at so many millimetres."""


def draw_proof(
    width_dots: int, height_dots: int, code: str, lines: Sequence[str], typeface: Typeface | None = None
) -> Raster:
    """`code` in both symbols, `lines` of text above them.

    Raises ValueError below MIN_PROOF_DOTS, LabelTooSmall, SymbolError, and MissingGlyph naming a character
    that the typeface lacks.
    """
    if min(width_dots, height_dots) < MIN_PROOF_DOTS:
        raise ValueError(
            f"a test page needs {MIN_PROOF_DOTS} dots each way, not {width_dots} x {height_dots}"
        )
    typeface = typeface or default_typeface()
    page = Page(width_dots, height_dots, typeface)
    with typeface.lock:
        page.frame(page.box, 1)
        _ruler(page)
        inner = Box(RULER, RULER, width_dots - RULER - 8, height_dots - RULER - 8)
        below = _text(page, inner, [f"鸽巢 Pigeonhole {RARE_NAMES}", *lines])
        page.linear(Box(inner.x, below, inner.width, BARS), code128(code))
        rest = Box(inner.x, below + BARS + 8, inner.width, inner.bottom - below - BARS - 8)
        side = min(rest.width, rest.height, 30 * DOTS_PER_MM)
        page.matrix(Box(rest.x, rest.y, side, side), qr(code))
        if rest.width - side > 8 * LINE // 2:
            beside = Box(rest.x + side, rest.y, rest.width - side, min(LINE * 2, side))
            page.text(beside, code, Text(28, 14, Weight.BOLD))
    return page.raster()


def _text(page: Page, box: Box, lines: Sequence[str]) -> int:
    """As many lines as leave room for the symbols; returns the row below them."""
    room = max(1, (box.height - BARS - 16 * DOTS_PER_MM) // LINE)
    shown = lines[:room]
    for number, line in enumerate(shown):
        page.text(Box(box.x, box.y + number * LINE, box.width, LINE), line, Text(24, 12))
    return box.y + len(shown) * LINE + 8


def _ruler(page: Page) -> None:
    """Millimetres along the top and the left edge, numbered by centimetres."""
    for mm in range(1, max(page.box.width, page.box.height) // DOTS_PER_MM):
        at = mm * DOTS_PER_MM
        tick = TICK_DOTS[next(step for step in (10, 5, 1) if mm % step == 0)]
        numbered = mm % 10 == 0
        if at < page.box.width:
            page.fill(Box(at, 0, 2, tick))
            if numbered:
                page.text(Box(at - 16, 20, 34, 20), str(mm), Text(18, 12, align=Align.CENTRE))
        if at < page.box.height:
            page.fill(Box(0, at, tick, 2))
            if numbered:
                page.text(Box(20, at - 10, 24, 20), str(mm), Text(16, 10, align=Align.CENTRE))
