"""Labels as a reader and an independent renderer see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zplkit
import zplkit.rendering
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge.core.identifiers import Kind, candidates
from edge.depot.manifest import read_manifest
from edge.labels.page import Align, Box, LabelTooSmall, Page, Text
from edge.labels.receipt import ReceiptContent, draw_receipt
from edge.labels.samples import RECEIPTS, WAYBILLS
from edge.labels.symbols import SymbolError, code128, data_matrix, gs1_128, qr
from edge.labels.typeface import MissingGlyph, Weight, default_typeface
from edge.labels.waybill import WaybillContent, draw_waybill
from hal.framing.zpl import encode_page
from hal.interfaces import Raster

SAMPLE = Path(__file__).parents[2] / "examples" / "parcels.csv"
WAYBILL = WAYBILLS["waybill"]
RECEIPT = RECEIPTS["receipt"]


def picture(page: Raster) -> Image.Image:
    """Black on white, as on paper."""
    return Image.frombytes("1", (page.width_dots, page.height_dots), page.rows, "raw", "1;I").convert("L")


def read(page: Raster) -> dict[str, str]:
    """Format name of every symbol a reader finds → its text."""
    return {str(found.format): found.text for found in zxingcpp.read_barcodes(picture(page))}


def draw(content: WaybillContent | ReceiptContent) -> Raster:
    return draw_waybill(content) if isinstance(content, WaybillContent) else draw_receipt(content)


def one_of_each_kind() -> Iterator[tuple[str, str]]:
    """Tracking codes of the sample manifest, one a kind and length."""
    seen = set()
    for parcel in read_manifest(SAMPLE).parcels:
        found = candidates(parcel.tracking_code)[0]
        if (found.kind, found.carrier, len(parcel.tracking_code)) not in seen:
            seen.add((found.kind, found.carrier, len(parcel.tracking_code)))
            yield f"{found.kind}-{found.carrier}-{len(parcel.tracking_code)}", parcel.tracking_code


CODES = dict(one_of_each_kind())


def test_the_codes_below_cover_every_plain_kind() -> None:
    kinds = {candidates(code)[0].kind for code in CODES.values()}

    assert kinds >= set(Kind) - {Kind.SSCC, Kind.GSIN, Kind.GINC, Kind.OTHER}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_every_kind_of_tracking_code_reads_from_the_waybill(code: str) -> None:
    found = read(draw_waybill(replace(WAYBILL, tracking_code=code)))

    assert found == {"Code 128": code, "QR Code": code}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_every_kind_of_tracking_code_reads_from_the_receipt(code: str) -> None:
    found = read(draw_receipt(replace(RECEIPT, tracking_code=code)))

    assert list(found.values()) == [code]


def test_an_sscc_is_printed_as_gs1_128() -> None:
    page = draw_waybill(replace(WAYBILL, tracking_code="00370123456000000009", gs1=True))
    linear = next(found for found in zxingcpp.read_barcodes(picture(page)) if "128" in str(found.format))

    assert linear.symbology_identifier == "]C1"
    assert linear.text in ("(00)370123456000000009", "00370123456000000009")


def test_a_code_too_long_for_bars_is_printed_as_data_matrix() -> None:
    code = "A1B2C3D4E5F6G7H8I9J0K1L2M3N4O5"

    assert read(draw_waybill(replace(WAYBILL, tracking_code=code))) == {"Data Matrix": code, "QR Code": code}


@pytest.mark.parametrize(
    "code", ["1001901781990001000300617767839437", "420221534" + "9400100000000000000006", "9" * 38, "W" * 20]
)
def test_long_codes_keep_bars_of_two_dots_on_the_waybill(code: str) -> None:
    assert read(draw_waybill(replace(WAYBILL, tracking_code=code)))["Code 128"] == code


@settings(max_examples=40, deadline=None)
@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-", min_size=8, max_size=30))
def test_any_tracking_code_reads_from_both_labels(code: str) -> None:
    assert set(read(draw_waybill(replace(WAYBILL, tracking_code=code))).values()) == {code}
    assert set(read(draw_receipt(replace(RECEIPT, tracking_code=code))).values()) == {code}


def test_the_qr_text_may_differ_from_the_tracking_code() -> None:
    found = read(draw_waybill(replace(WAYBILL, qr_text="https://example.com/t/EE123456785CN?从=张")))

    assert found["QR Code"] == "https://example.com/t/EE123456785CN?从=张"


def test_a_data_matrix_of_its_own_reads() -> None:
    page = Page(200, 200, default_typeface())
    page.matrix(page.box, data_matrix("RR473124829CN"))

    assert read(page.raster()) == {"Data Matrix": "RR473124829CN"}


# Symbols and their place


@pytest.mark.parametrize("module", [1, 2, 3])
def test_modules_are_whole_dots(module: int) -> None:
    symbol = qr("RR473124829CN")
    drawn = symbol.drawn(module)

    assert drawn.width == symbol.modules.width * module
    for x in range(0, drawn.width, module):
        block = drawn.crop((x, 0, x + module, module))
        assert len(set(block.convert("L").tobytes())) == 1


def test_quiet_zones_stay_white() -> None:
    symbol = code128("EE123456785CN")
    page = Page(600, 80, default_typeface())
    module = page.linear(page.box, symbol)
    quiet = symbol.quiet_zone_modules * module
    ink = picture(page.raster()).point(lambda grey: 255 - grey).getbbox()

    assert ink is not None
    assert ink[0] >= quiet
    assert 600 - ink[2] >= quiet


@pytest.mark.parametrize(
    ("verb", "width", "height", "name"),
    [("linear", 300, 80, "Code 128"), ("matrix", 80, 80, "QR Code"), ("matrix", 50, 400, "Data Matrix")],
)
def test_a_symbol_without_room_is_refused_by_name(verb: str, width: int, height: int, name: str) -> None:
    symbol = {"Code 128": code128, "QR Code": qr, "Data Matrix": data_matrix}[name]("EE123456785CN")
    page = Page(width, height, default_typeface())

    with pytest.raises(LabelTooSmall, match=f"{name} needs [0-9]+ dots"):
        getattr(page, verb)(page.box, symbol)
    assert not any(page.raster().rows)


def test_a_qr_text_too_large_for_its_place_is_refused_by_name() -> None:
    with pytest.raises(LabelTooSmall, match="QR Code"):
        draw_waybill(replace(WAYBILL, qr_text="x" * 500))


@pytest.mark.parametrize("text", ["", "快递", "A\x00B", "A" * 49])
def test_texts_that_bars_cannot_hold_are_refused(text: str) -> None:
    with pytest.raises(SymbolError, match="Code 128"):
        code128(text)


@pytest.mark.parametrize("text", ["", "x" * 513, "\ud800" * 200])
def test_texts_that_a_matrix_cannot_hold_are_refused(text: str) -> None:
    with pytest.raises(SymbolError, match="QR Code"):
        qr(text)


def test_a_wrong_check_digit_is_refused_by_the_gs1_encoder() -> None:
    with pytest.raises(SymbolError, match="GS1-128"):
        gs1_128("(00)370123456000000003")


# Text


def ink_in(page: Raster, box: Box) -> int:
    part = picture(page).crop((box.x, box.y, box.right, box.bottom))
    return part.tobytes().count(0)


def test_every_text_of_the_waybill_leaves_ink() -> None:
    full = draw_waybill(WAYBILL)
    for field in (
        "carrier",
        "routing",
        "size",
        "recipient",
        "recipient_phone",
        "recipient_address",
        "sender",
        "sender_phone",
        "sender_address",
        "station_name",
        "station_address",
        "station_phone",
        "printed_at",
    ):
        changed: dict[str, Any] = {field: ""}
        assert draw_waybill(replace(WAYBILL, **changed)).rows != full.rows, field


def test_a_return_is_marked_black_on_top() -> None:
    band = Box(16, 16, 576, 92)
    plain, returned = draw_waybill(WAYBILL), draw_waybill(replace(WAYBILL, returned=True))

    assert ink_in(returned, band) > 0.6 * band.width * band.height
    assert ink_in(plain, band) < 0.4 * band.width * band.height


def test_names_and_numbers_are_masked_even_if_the_caller_forgot() -> None:
    masked = replace(WAYBILL, recipient="张*", recipient_phone="138****5678", sender="J*** S****")
    open_ = replace(WAYBILL, recipient="张小明", recipient_phone="13812345678", sender="John Smith")

    assert draw_waybill(open_) == draw_waybill(masked)
    assert draw_receipt(replace(RECEIPT, courier="王建国")) == draw_receipt(replace(RECEIPT, courier="王*"))


@pytest.mark.parametrize("size", [18, 30, 90])
@pytest.mark.parametrize("align", Align)
@pytest.mark.parametrize("text", ["张", "gjpqy|Åß", "国" * 200, "Wj" * 100, "f"])
def test_text_never_leaves_its_box(text: str, align: Align, size: int) -> None:
    page = Page(300, 120, default_typeface())
    box = Box(50, 40, 200, 40)
    page.text(box, text, Text(size, 14, Weight.BOLD, align))
    inside, everything = ink_in(page.raster(), box), ink_in(page.raster(), page.box)

    assert 0 < inside == everything


def test_text_shrinks_before_it_is_cut() -> None:
    page = Page(300, 60, default_typeface())
    style = Text(40, 20)

    assert page.text(page.box, "短", style) == 40
    assert 20 < page.text(page.box, "一二三四五六七八九十", style) < 40
    assert page.text(page.box, "国" * 60, style) == 20
    assert page.text(page.box, "", style) == 0


def test_a_code_is_never_cut() -> None:
    page = Page(200, 100, default_typeface())

    with pytest.raises(LabelTooSmall, match="30 characters"):
        page.code_lines(page.box, "W" * 30, Text(30, 28), 12)
    assert not any(page.raster().rows)


@settings(max_examples=30, deadline=None)
@given(
    name=st.text(st.sampled_from("张欧阳𠮷䶮 ABCgj-'"), max_size=60),
    address=st.text(st.sampled_from("上海市浦东 12ABCghj,（）"), max_size=300),
    returned=st.booleans(),
)
def test_no_text_spoils_the_symbols(name: str, address: str, returned: bool) -> None:
    content = replace(
        WAYBILL,
        carrier=name,
        routing=address,
        recipient=name,
        recipient_address=address,
        sender_address=address,
        station_name=address,
        compartment_number=name,
        returned=returned,
        return_reason=address,
    )

    assert read(draw_waybill(content)) == {
        "Code 128": WAYBILL.tracking_code,
        "QR Code": WAYBILL.tracking_code,
    }


@pytest.mark.parametrize("char", ["\ue000", "ก", "Ł"])
def test_a_missing_glyph_is_refused_by_name(char: str) -> None:
    with pytest.raises(MissingGlyph, match=f"U\\+{ord(char):04X}") as refusal:
        draw_waybill(replace(WAYBILL, station_name=f"A{char}B"))
    assert refusal.value.char == char


# The wire


@pytest.mark.parametrize("name", [*WAYBILLS, *RECEIPTS])
def test_an_independent_renderer_draws_the_same_dots(name: str) -> None:
    page = draw((WAYBILLS | RECEIPTS)[name])
    # The renderer has no ^PQ, the number of copies, which changes nothing in the picture.
    zpl = encode_page(page).replace(b"^PQ1,0,1,N", b"")
    options = zplkit.Options(width=page.width_dots, height=page.height_dots, dpi=203)
    limits = zplkit.rendering.Limits(graphic_bytes=400_000)
    (label,) = zplkit.render(zpl, options, limits=limits).labels
    raster = label.rasterize()

    assert (raster.width, raster.height) == (page.width_dots, page.height_dots)
    assert raster.pixels == picture(page).tobytes()


@pytest.mark.parametrize("name", [*WAYBILLS, *RECEIPTS])
def test_pages_are_whole_rasters(name: str) -> None:
    page = draw((WAYBILLS | RECEIPTS)[name])

    assert len(page.rows) == page.height_dots * ((page.width_dots + 7) // 8)
    assert page.dots_per_mm == 8


def test_padding_bits_are_white() -> None:
    page = Page(13, 3, default_typeface())
    page.fill(page.box)

    assert page.raster().rows == b"\xff\xf8" * 3


def test_the_sizes_are_76_by_130_and_60_by_40_mm() -> None:
    waybill, receipt = draw_waybill(WAYBILL), draw_receipt(RECEIPT)

    assert (waybill.width_dots, waybill.height_dots) == (608, 1040)
    assert (receipt.width_dots, receipt.height_dots) == (480, 320)
