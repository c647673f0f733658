"""One page drawn once comes out of every printer language as the same dots, and its symbols read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ImageFont

from edge.labels.page import Page, Text
from edge.labels.proof import RARE_NAMES, draw_proof
from edge.labels.symbols import SymbolError
from edge.labels.typeface import MissingGlyph, Weight, default_typeface
from hal.interfaces import Raster
from tests.support.paper import (
    ENCODERS,
    Paper,
    by_zplkit,
    generated_label,
    picture_of,
    printed,
    symbols_on,
)

LABELS = 50


@pytest.mark.parametrize("seed", range(LABELS))
async def test_a_generated_label_is_the_same_in_every_language(seed: int, tmp_path: Path) -> None:
    page, symbols = generated_label(seed)
    wanted = picture_of(page).tobytes()

    assert (await printed("zpl", page, tmp_path)).tobytes() == by_zplkit(page).tobytes() == wanted
    papers = {kind: await printed(kind, page, tmp_path) for kind in ("tspl", "escpos", "cpcl")}
    assert {kind: paper.tobytes() == wanted for kind, paper in papers.items()} == dict.fromkeys(papers, True)
    assert symbols_on(papers["tspl"]) == symbols


@pytest.mark.parametrize("kind", ENCODERS)
async def test_rare_characters_of_names_come_out_in_their_own_shape(kind: str, tmp_path: Path) -> None:
    def page_of(text: str) -> Raster:
        page = Page(64, 64, default_typeface())
        page.text(page.box, text, Text(48, 48))
        return page.raster()

    shapes = {}
    for char in RARE_NAMES.replace(" ", ""):
        paper = await printed(kind, page_of(char), tmp_path)
        assert paper.tobytes() == picture_of(page_of(char)).tobytes()
        shapes[char] = paper.tobytes()

    assert len(shapes) == len(set(shapes.values())) == 3
    font: ImageFont.FreeTypeFont = default_typeface().font(Weight.REGULAR, 48)
    empty_box = bytes(font.getmask("\U0010ffff", mode="1"))
    assert all(bytes(font.getmask(char, mode="1")) != empty_box for char in shapes)


@pytest.mark.parametrize("char", ["ก", "\U0002ffff"])
def test_a_missing_glyph_is_an_error_that_names_it(char: str) -> None:
    with pytest.raises(MissingGlyph, match=f"U\\+{ord(char):04X}"):
        draw_proof(608, 640, "PH1", [f"张{char}"])


@pytest.mark.parametrize(("width", "height"), [(608, 640), (384, 384), (800, 1200), (384, 480)])
async def test_the_proof_page_reads_in_every_size(width: int, height: int, tmp_path: Path) -> None:
    page = draw_proof(width, height, "PH261126150405", ["zpl tcp://127.0.0.1:9100", "2026-11-26"])

    paper = await printed("cpcl", page, tmp_path)

    assert symbols_on(paper) == {("Code 128", "PH261126150405"), ("QR Code", "PH261126150405")}


def test_a_proof_page_too_small_or_without_code_is_refused() -> None:
    with pytest.raises(ValueError, match="384 dots"):
        draw_proof(383, 640, "PH1", [])
    with pytest.raises(SymbolError):
        draw_proof(608, 640, "", [])


@pytest.mark.parametrize("kind", ENCODERS)
@pytest.mark.parametrize(
    "page",
    [
        Raster(1, 1, b"\x80"),
        Raster(9, 3, b"\x00\x00\xff\x80\x00\x00"),
        Raster(64, 40, bytes(8 * 40)),
        Raster(64, 300, bytes(8 * 99) + b"\x00\x01" + bytes(8 * 200) + bytes(6)),
        Raster(800, 200, b"\xaa\x55" * (50 * 200)),
    ],
    ids=["a dot", "an odd width", "white", "one dot far down", "more than a raster holds"],
)
async def test_odd_pages_come_out_dot_for_dot(kind: str, page: Raster, tmp_path: Path) -> None:
    paper = await printed(kind, page, tmp_path)

    # Receipt paper is as wide as its head in whole bytes; the page is on its left.
    assert paper.crop((0, 0, page.width_dots, page.height_dots)).tobytes() == picture_of(page).tobytes()


@pytest.mark.parametrize("kind", ENCODERS)
async def test_a_job_cut_at_any_byte_into_two_reads_is_the_same_label(kind: str, tmp_path: Path) -> None:
    page = Raster(16, 12, bytes.fromhex("80000001") + bytes(16) + bytes.fromhex("10040d0a"))
    job = ENCODERS[kind](page)
    for split in range(1, len(job)):
        paper = Paper(kind, tmp_path, width_dots=16)
        await paper.hear(job[:split])
        await paper.hear(job[split:])
        [label] = paper.labels
        assert label.image.size == (16, 12) if kind != "zpl" else label.graphics
        assert list(paper.printer.problems) == []


def test_white_paper_costs_nothing() -> None:
    """Two lines of ink on a page of 79 kB: what is sent is theirs."""
    rows = bytearray(76 * 1040)
    for row in (10, 1000):
        rows[row * 76 : (row + 1) * 76] = b"\xff" * 76
    page = Raster(608, 1040, bytes(rows))

    sizes = {kind: len(encode(page)) for kind, encode in ENCODERS.items()}

    assert max(sizes["zpl"], sizes["tspl"], sizes["cpcl"]) < 300
    assert sizes["escpos"] < 76 * 2 + 1040 + 110
