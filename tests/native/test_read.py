"""`native.barcode.read` and `scan`: what comes back, whatever lies in memory how, with which options."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING

import numpy as np
import pytest
import segno
import zint
from PIL import Image

from native import _barcode, barcode
from native.barcode import Result, StructuredAppend, Symbology
from tests.native.symbols import EXAMPLES, Example, drawn, framed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.native.symbols import Grey

BY_FORMAT = {example.format: example for example in EXAMPLES}
QR = BY_FORMAT["QRCode"]
CODE128 = BY_FORMAT["Code128"]


BC_WORKSPACE_TOO_SMALL = 6


def each_example() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.format}{e.identifier}")


def with_two() -> Grey:
    """A frame with a Code 128 above a QR code."""
    above, below = framed(CODE128, height=240), framed(QR, height=240)
    return np.vstack([above, below])


def by_segno(code: segno.QRCode) -> Grey:
    """Four pixels a module, with its quiet zone."""
    matrix = np.array([list(row) for row in code.matrix_iter(scale=4, border=4)], np.uint8)
    return np.where(matrix == 1, np.uint8(20), np.uint8(235))


# --- what comes back ------------------------------------------------------------------------


@each_example()
def test_every_symbology_is_read(example: Example) -> None:
    result = barcode.scan(framed(example))

    assert result.complete
    (symbol,) = result.symbols
    assert (symbol.format, symbol.text, symbol.identifier) == (
        example.format,
        example.text,
        example.identifier,
    )
    assert symbol.data == example.text.encode()
    assert symbol.module_px == pytest.approx(3 if drawn(example).shape[1] <= 640 else 2, rel=0.05)
    assert (symbol.mirrored, symbol.inverted, symbol.structured_append) == (False, False, None)
    assert (symbol.version is None) == (example.linear or example.format == "PDF417")
    assert (symbol.size is None) == example.linear
    assert (symbol.ec_level is None) == (example.format not in ("QRCode", "MicroQR", "PDF417"))
    assert symbol.ec_used == 0.0


@each_example()
@pytest.mark.parametrize("turns", range(4))
def test_corners_and_rotation_turn_with_the_symbol(example: Example, turns: int) -> None:
    upright = framed(example)
    turned = np.ascontiguousarray(np.rot90(upright, -turns))  # clockwise
    height, width = upright.shape
    (before,) = barcode.read(upright)

    (after,) = barcode.read(turned)

    away = (after.rotation_deg - before.rotation_deg - 90 * turns + 180) % 360 - 180
    assert abs(away) < 1.0
    turn: tuple[Callable[[float, float], tuple[float, float]], ...] = (
        lambda x, y: (x, y),
        lambda x, y: (height - y, x),
        lambda x, y: (width - x, height - y),
        lambda x, y: (y, width - x),
    )
    for corner, expected in zip(after.corners, (turn[turns](p.x, p.y) for p in before.corners), strict=True):
        assert corner == pytest.approx(expected, abs=1.5 * after.module_px)


@each_example()
@pytest.mark.parametrize("angle", [10, 23, 38, 67, 112, 157, 201, 290])
def test_a_symbol_at_any_angle_is_read_and_said_to_lie_so(example: Example, angle: int) -> None:
    upright = drawn(example)
    turned = np.asarray(
        Image.fromarray(upright).rotate(-angle, Image.Resampling.BICUBIC, expand=True, fillcolor=235)
    )

    (symbol,) = barcode.read(turned)

    assert symbol.text == example.text
    assert abs((symbol.rotation_deg - angle + 180) % 360 - 180) < 1.5
    to_left, to_top = upright.shape[1] / 2 - 36, upright.shape[0] / 2 - 36  # 12 modules of 3 px around it
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    across, down = np.array([cos, sin]), np.array([-sin, cos])
    middle = np.array([turned.shape[1], turned.shape[0]]) / 2
    expected = [
        middle + x * to_left * across + y * to_top * down for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    modules = (
        6 if example.format == "DataBarLimited" else 2
    )  # zint's picture of that one ends in a space of five
    for corner, place in zip(symbol.corners, expected, strict=True):
        assert np.hypot(*(np.array(corner) - place)) < modules * symbol.module_px


@each_example()
def test_corners_enclose_the_dark_modules(example: Example) -> None:
    image = framed(example)
    (symbol,) = barcode.read(image)
    ys, xs = np.nonzero(image < 128)
    box = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)

    found = (
        *(min(p[axis] for p in symbol.corners) for axis in (0, 1)),
        *(max(p[axis] for p in symbol.corners) for axis in (0, 1)),
    )

    assert (found[0], found[2]) == pytest.approx((box[0], box[2]), abs=1.5 * symbol.module_px)
    assert symbol.corners[0].x < symbol.corners[1].x, "its own top left comes first"
    assert symbol.corners[0].y < symbol.corners[3].y
    if not example.linear:  # how far up bars are followed is not promised
        assert (found[1], found[3]) == pytest.approx((box[1], box[3]), abs=1.5 * symbol.module_px)


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if "DataBar" not in e.format], ids=lambda e: e.format
)
def test_light_on_dark_is_read_and_said(example: Example) -> None:
    (symbol,) = barcode.read(255 - framed(example))

    assert (symbol.text, symbol.inverted) == (example.text, True)


@pytest.mark.parametrize("name", ["QRCode", "MicroQR"])
def test_a_mirrored_qr_code_is_read_and_said(name: str) -> None:
    (symbol,) = barcode.read(framed(BY_FORMAT[name])[:, ::-1])

    assert (symbol.text, symbol.mirrored) == (BY_FORMAT[name].text, True)


@pytest.mark.parametrize("level", ["L", "M", "Q", "H"])
@pytest.mark.parametrize("version", [1, 5, 7, 14])
def test_a_qr_code_tells_its_version_and_level(version: int, level: str) -> None:
    (symbol,) = barcode.read(by_segno(segno.make_qr("PH42", version=version, error=level, boost_error=False)))

    assert (symbol.text, symbol.version, symbol.ec_level) == ("PH42", version, level)


@pytest.mark.parametrize(
    ("text", "encoding", "eci"),
    [
        ("Größe", "utf-8", 26),
        ("łódź", "iso-8859-2", 4),
        ("Жук", "iso-8859-5", 7),
        ("東京ﾃﾞ", "shift_jis", 20),
    ],
)
def test_a_qr_code_tells_its_character_set(text: str, encoding: str, eci: int) -> None:
    (symbol,) = barcode.read(by_segno(segno.make_qr(text, encoding=encoding, eci=True)))

    assert (symbol.text, symbol.data, symbol.eci) == (text, text.encode(encoding), eci)


def test_kanji_mode_is_text_and_no_eci() -> None:
    (symbol,) = barcode.read(by_segno(segno.make_qr("点茗", mode="kanji")))

    assert (symbol.text, symbol.data, symbol.eci) == ("点茗", "点茗".encode("shift_jis"), None)


def test_parts_of_a_text_tell_their_places() -> None:
    text = "Parcels of one shipment, told in three parts. " * 3
    parts = list(segno.make_sequence(text, symbol_count=3))

    read = [symbol for part in parts for symbol in barcode.read(by_segno(part))]

    parity = 0
    for byte in text.encode():
        parity ^= byte
    parts = [StructuredAppend(i, 3, str(parity)) for i in range(3)]
    assert [symbol.structured_append for symbol in read] == parts
    assert "".join(symbol.text for symbol in read) == text


def test_two_symbols_of_one_content_are_two() -> None:
    image = np.vstack([framed(CODE128, height=240)] * 2)

    assert [symbol.text for symbol in barcode.read(image)] == [CODE128.text] * 2


def test_a_symbol_is_a_plain_value() -> None:
    """It outlives the image and the next calls, compares by content and cannot be changed."""
    first = barcode.read(framed(QR))
    barcode.read(framed(CODE128))

    assert first == barcode.read(framed(QR))
    assert hash(first[0]) == hash(barcode.read(framed(QR))[0])
    with pytest.raises(FrozenInstanceError):
        first[0].text = "other"  # type: ignore[misc]  # what is tested


@pytest.mark.parametrize("level", [0, 20, 128, 255])
def test_an_even_image_holds_nothing(level: int) -> None:
    assert barcode.scan(np.full((480, 640), level, np.uint8)) == Result([], None)


@pytest.mark.parametrize("seed", range(3))
def test_noise_holds_nothing(seed: int) -> None:
    assert barcode.read(np.random.default_rng(seed).integers(0, 256, (480, 640), dtype=np.uint8)) == []


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 2), (2, 1), (7, 7), (19, 21), (1, 16384), (16384, 1), (3, 5000), (5000, 3)]
)
@pytest.mark.parametrize("effort", barcode.EFFORTS)
def test_images_of_odd_shapes_hold_nothing(shape: tuple[int, int], effort: barcode.Effort) -> None:
    bars = np.resize(np.repeat(np.array([20, 235], np.uint8), 3), shape)

    assert barcode.read(bars, effort=effort) == []


# --- what lies in memory how ------------------------------------------------------------------


def in_a_channel(image: Grey) -> Grey:
    colours = np.random.default_rng(5).integers(0, 256, (*image.shape, 3), dtype=np.uint8)
    colours[:, :, 1] = image
    return colours[:, :, 1]


def every_second_of_a_larger_one(image: Grey) -> Grey:
    height, width = image.shape
    larger = np.random.default_rng(6).integers(0, 256, (2 * height, 3 * width), dtype=np.uint8)
    larger[::2, ::3] = image
    return larger[::2, ::3]


def with_padded_rows(image: Grey) -> Grey:
    padded = np.zeros((image.shape[0], image.shape[1] + 37), np.uint8)
    padded[:, : image.shape[1]] = image
    return padded[:, : image.shape[1]]


def upside_down_in_memory(image: Grey) -> Grey:
    return np.ascontiguousarray(image[::-1])[::-1]


def backwards_in_memory(image: Grey) -> Grey:
    return np.ascontiguousarray(image[::-1, ::-1])[::-1, ::-1]


def columns_first(image: Grey) -> Grey:
    return np.asfortranarray(image)


def a_memoryview(image: Grey) -> memoryview:
    return image.data


def a_sliced_memoryview(image: Grey) -> memoryview:
    return np.repeat(image[::-1], 2, axis=0).data[::-2]


LAYOUTS: tuple[Callable[[Grey], object], ...] = (
    in_a_channel,
    every_second_of_a_larger_one,
    with_padded_rows,
    upside_down_in_memory,
    backwards_in_memory,
    columns_first,
    a_memoryview,
    a_sliced_memoryview,
)


@each_example()
@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_image_reads_the_same_however_it_lies_in_memory(
    example: Example, layout: Callable[[Grey], object]
) -> None:
    image = framed(example)

    assert barcode.read(layout(image)) == barcode.read(image) != []


@each_example()
def test_flat_bytes_read_as_the_array_does(example: Example) -> None:
    image = framed(example)
    height, width = image.shape
    padded = np.pad(image, ((0, 0), (0, 24)))

    expected = barcode.read(image)

    assert barcode.read(image.tobytes(), width=width, height=height) == expected
    assert (
        barcode.read(bytearray(padded.tobytes()), width=width, height=height, stride=width + 24) == expected
    )


@pytest.mark.parametrize("view", [(slice(None), slice(None, None, -1)), (slice(None, None, -1), slice(None))])
def test_a_view_running_backwards_is_the_image_it_shows(view: tuple[slice, slice]) -> None:
    image = framed(QR)[view]

    assert barcode.read(image) == barcode.read(np.ascontiguousarray(image)) != []


def test_the_image_is_not_written() -> None:
    image = with_two()
    before = image.copy()

    barcode.read(image, effort="thorough")

    assert np.array_equal(image, before)


def test_the_image_is_let_go_after_the_call() -> None:
    frame = bytearray(framed(QR).tobytes())

    assert barcode.read(frame, width=640, height=480)
    frame.append(0)


# --- options ------------------------------------------------------------------------------------


def test_only_what_is_asked_for_is_looked_for() -> None:
    image = with_two()

    def formats(symbologies: int) -> set[str]:
        return {symbol.format for symbol in barcode.read(image, symbologies=symbologies)}

    assert formats(Symbology.ALL) == formats(0x3FFF) == {"Code128", "QRCode"}
    assert formats(Symbology.MATRIX) == formats(Symbology.QRCode) == {"QRCode"}
    assert formats(Symbology.LINEAR) == {"Code128"}
    assert formats(Symbology.ALL & ~Symbology.QRCode & ~Symbology.Code128) == set()
    assert formats(Symbology.LINEAR & ~Symbology.Code128) == set()
    assert formats(0) == set()


def test_more_symbols_than_wanted_are_told() -> None:
    image = with_two()

    one = barcode.scan(image, max_symbols=1)
    two = barcode.scan(image, max_symbols=2)

    assert (len(one.symbols), one.stopped_by, one.complete) == (1, "max_symbols", False)
    assert (len(two.symbols), two.stopped_by, two.complete) == (2, None, True)
    assert len(barcode.read(image, max_symbols=1)) == 1
    assert barcode.scan(image, max_symbols=barcode.MAX_SYMBOLS) == barcode.scan(image)


def test_the_bound_of_work_is_told_and_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = barcode._Call.decode

    def cut_short(*args: int) -> int:
        whole(*args)  # type: ignore[arg-type]  # passed on as they come
        return _barcode.lib.BC_LIMIT

    monkeypatch.setattr(barcode._Call, "decode", cut_short)

    result = barcode.scan(framed(QR))

    assert ([symbol.text for symbol in result.symbols], result.stopped_by) == ([QR.text], "work")


def test_another_refusal_is_an_error_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(barcode._Call, "decode", lambda *_: BC_WORKSPACE_TOO_SMALL)

    with pytest.raises(barcode.BarcodeError, match="WORKSPACE_TOO_SMALL"):
        barcode.read(framed(QR))


def test_a_bool_says_whether_code_39_ends_in_a_check_character() -> None:
    checked = framed(Example("Code39", BY_FORMAT["Code39"].kind, "PIGEON42/", "", ""))
    unchecked = framed(BY_FORMAT["Code39"])

    def texts(image: Grey, check: bool) -> list[str]:
        return [
            symbol.text for symbol in barcode.read(image, code39_check=check, symbologies=Symbology.Code39)
        ]

    assert texts(checked, True) == ["PIGEON42"]
    assert texts(checked, False) == ["PIGEON42/"]
    assert texts(unchecked, True) == []


@pytest.mark.parametrize("add_on", ["04", "51299"])
@pytest.mark.parametrize(
    ("format_", "kind", "content", "text"),
    [
        ("EAN13", zint.Symbology.EANX, "978020137962", "9780201379624"),
        ("UPCA", zint.Symbology.UPCA, "03600029145", "036000291452"),
        ("UPCE", zint.Symbology.UPCE, "0425261", "04252614"),
    ],
)
def test_an_add_on_is_told_beside_the_number(
    format_: str, kind: zint.Symbology, content: str, text: str, add_on: str
) -> None:
    (symbol,) = barcode.read(framed(Example(format_, kind, f"{content}+{add_on}", "", "")))

    assert (symbol.format, symbol.text, symbol.add_on, symbol.identifier) == (format_, text, add_on, "]E0")


@pytest.mark.parametrize(
    ("content", "undecided", "full"),
    [
        ("P+H/A42", "P+H/A42", "Ph!42"),  # one lower case letter may be chance
        ("P+H+I/A42", "Phi!42", "Phi!42"),
        ("+A99912345/9901510X3", "+A99912345/9901510X3", None),  # a health industry label: / 9 is no pair
    ],
)
def test_code_39_is_full_ascii_as_asked_or_where_it_shows(
    content: str, undecided: str, full: str | None
) -> None:
    image = framed(Example("Code39", BY_FORMAT["Code39"].kind, content, "", ""))

    def texts(full_ascii: bool | None) -> list[str]:
        return [symbol.text for symbol in barcode.read(image, code39_full_ascii=full_ascii)]

    assert texts(None) == [undecided]
    assert texts(False) == [content]
    assert texts(True) == ([full] if full else [])


@each_example()
@pytest.mark.parametrize("effort", ["fast", "thorough"])
def test_every_effort_reads_a_clean_symbol(example: Example, effort: barcode.Effort) -> None:
    assert [symbol.text for symbol in barcode.read(framed(example), effort=effort)] == [example.text]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"effort": "hard"}, "effort 'hard' is none of fast, normal, thorough"),
        ({"effort": 1}, "effort 1 is none of"),
        ({"effort": ["fast"]}, "is none of"),
        ({"max_symbols": 0}, "max_symbols 0 is not in 1 to 1024"),
        ({"max_symbols": 1025}, "max_symbols 1025"),
        ({"symbologies": 1 << 31}, "0x80000000 has bits that are no symbology"),
        ({"symbologies": -1}, "no symbology"),
    ],
)
def test_options_out_of_range_are_told(options: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        barcode.read(framed(QR), **options)  # type: ignore[arg-type]  # what is tested


def test_symbologies_by_name_are_for_parse_symbologies() -> None:
    with pytest.raises(TypeError):
        barcode.read(framed(QR), symbologies="QRCode")  # type: ignore[arg-type]  # what is tested


def test_an_error_leaves_nothing_behind() -> None:
    """The next call reads as if there had been none."""
    for bad in (b"abc", np.zeros((0, 0), np.uint8), None):
        with pytest.raises((TypeError, ValueError)):
            barcode.read(bad)

    assert [symbol.text for symbol in barcode.read(framed(QR))] == [QR.text]


# --- memory --------------------------------------------------------------------------------------


def test_the_workspace_of_a_camera_frame_is_at_most_16_mib() -> None:
    assert barcode.workspace_bytes(1920, 1200) <= 16 << 20


def test_the_workspace_grows_with_the_pixels() -> None:
    sizes = [barcode.workspace_bytes(width, width) for width in (256, 512, 1024, 4096, 16384)]

    assert sizes == sorted(sizes)
    assert sizes[-1] < 5 * 16384 * 16384


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, 5), (16385, 5), (5, 16385)])
def test_the_workspace_of_no_size_is_told(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is no size"):
        barcode.workspace_bytes(*size)


def test_memory_of_a_large_image_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(barcode, "_KEPT_WORKSPACE_BYTES", 1 << 20)
    barcode.read(np.full((2000, 3000), 200, np.uint8))

    assert max(call._workspace_n for call in barcode._idle) <= 1 << 20
    assert [symbol.text for symbol in barcode.read(framed(QR))] == [QR.text]


# --- many ------------------------------------------------------------------------------------


def test_a_page_of_labels_is_read_to_the_last_one() -> None:
    labels = [
        drawn(Example("Code128", zint.Symbology.CODE128, f"L{i:05}", f"L{i:05}", "]C0")) for i in range(60)
    ]
    height, width = (max(label.shape[axis] for label in labels) for axis in (0, 1))
    page = np.full((12 * (height + 60), 5 * (width + 60)), 235, np.uint8)
    for i, label in enumerate(labels):
        top, left = i // 5 * (height + 60), i % 5 * (width + 60)
        page[top : top + label.shape[0], left : left + label.shape[1]] = label

    result = barcode.scan(page)

    assert result.complete
    assert sorted(symbol.text for symbol in result.symbols) == [f"L{i:05}" for i in range(60)]


def test_more_strips_than_there_is_room_for_is_said() -> None:
    tile = np.full((40, 96), 235, np.uint8)
    tile[8:24, 12:64:4] = tile[8:24, 13:64:4] = 20  # stripes: no symbol, but the place for one
    page = np.tile(tile, (30, 8))

    assert barcode.scan(page, effort="fast").stopped_by == "work"
    assert barcode.scan(page[:120, :192], effort="fast").complete
