"""Where overlays go, and that they show each symbol where it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from edge.decoding.overlay import COLOURS, OverlayError, OverlayNames, draw, write
from native.barcode import Point, Symbol
from tests.decoding.test_report import SYMBOL


def colour_at(image: Image.Image, x: float, y: float) -> str:
    pixel = image.getpixel((round(x), round(y)))
    assert isinstance(pixel, tuple)
    return "#{:02x}{:02x}{:02x}".format(*pixel)


def at(x: float, y: float, width: float = 120, height: float = 60) -> Symbol:
    corners = (Point(x, y), Point(x + width, y), Point(x + width, y + height), Point(x, y + height))
    return replace(SYMBOL, corners=corners, text="4006381333931")


# --- names ----------------------------------------------------------------------------------


def test_one_picture_goes_where_it_was_told(tmp_path: Path) -> None:
    names = OverlayNames(tmp_path / "found.png", [Path("label.jpg")])

    assert names.name(0, 1, 1) == tmp_path / "found.png"


def test_several_pictures_are_numbered_in_their_order(tmp_path: Path) -> None:
    names = OverlayNames(tmp_path / "found.jpg", [Path("b.png"), Path("a.png")])

    assert [names.name(0, 1, 1).name, names.name(1, 1, 1).name] == ["found-1.jpg", "found-2.jpg"]


def test_frames_are_numbered(tmp_path: Path) -> None:
    names = OverlayNames(tmp_path / "found.png", [Path("scan.tif")])

    assert [names.name(0, frame, 2).name for frame in (1, 2)] == ["found-frame1.png", "found-frame2.png"]


def test_a_folder_takes_them_by_name_and_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "found"
    names = OverlayNames(folder, [Path("a/label.jpg"), Path("b/label.png"), Path("c.gif")])

    assert folder.is_dir()
    assert [names.name(0, 1, 1).name, names.name(1, 1, 1).name, names.name(2, 2, 3).name] == [
        "label.found.png",
        "label.found-2.png",
        "c.found-frame2.png",
    ]


def test_a_picture_is_never_written_over(tmp_path: Path) -> None:
    picture = tmp_path / "label.png"
    picture.touch()

    with pytest.raises(OverlayError, match="one of the pictures"):
        OverlayNames(tmp_path / "label.png", [picture]).name(0, 1, 1)
    assert OverlayNames(tmp_path, [picture]).name(0, 1, 1) != picture


def test_a_kind_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(OverlayError, match=r"\.txt is no kind of picture"):
        OverlayNames(tmp_path / "found.txt", [Path("a.png")])


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OverlayError, match="file"):
        OverlayNames(tmp_path / "file" / "found", [Path("a.png")])


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OverlayError, match=r"none.found\.png: No such file"):
        write(Image.new("L", (8, 8)), [], tmp_path / "none" / "found.png")


# --- drawing --------------------------------------------------------------------------------


def test_every_outline_has_a_colour_of_its_own_where_its_symbol_is() -> None:
    picture = Image.new("L", (640, 480), 200)

    drawn = draw(picture, [at(50, 60), at(400, 300)])

    assert drawn.size == picture.size
    assert [colour_at(drawn, 50, 100), colour_at(drawn, 400, 340)] == list(COLOURS[:2])
    assert colour_at(drawn, 110, 90) == "#c8c8c8", "the symbol itself stays as it is"


def test_the_symbols_own_top_left_is_marked() -> None:
    upright, turned = at(200, 200), at(200, 200)
    turned = replace(turned, corners=turned.corners[2:] + turned.corners[:2])
    picture = Image.new("L", (640, 480), 200)

    def marks(symbol: Symbol) -> list[bool]:
        """Whether the colour reaches 3 px out of the first and the third corner."""
        drawn = draw(picture, [symbol])
        return [colour_at(drawn, x, y) == COLOURS[0] for x, y in ((197, 197), (323, 263))]

    assert marks(upright) == [True, False]
    assert marks(turned) == [False, True]


def test_labels_do_not_cover_each_other() -> None:
    """Three symbols in one place: each colour keeps an area the size of a label beside its outline."""
    drawn = draw(Image.new("L", (640, 480), 200), [at(100, 100), at(104, 104), at(108, 108)])
    counts: dict[str, int] = {}
    for count, pixel in drawn.getcolors(640 * 480) or []:
        assert isinstance(pixel, tuple)
        counts["#{:02x}{:02x}{:02x}".format(*pixel)] = count

    areas = [counts[colour] for colour in COLOURS[:3]]

    assert min(areas) > 0.6 * max(areas)


@pytest.mark.parametrize("corner", [(-30, -20), (620, 470), (-30, 470), (620, -20)])
def test_a_symbol_at_the_border_keeps_its_label_within_the_picture(corner: tuple[int, int]) -> None:
    drawn = draw(Image.new("L", (640, 480), 200), [at(*corner)])
    label = sum(
        count
        for count, pixel in drawn.getcolors(640 * 480) or []
        if isinstance(pixel, tuple) and "#{:02x}{:02x}{:02x}".format(*pixel) == COLOURS[0]
    )

    assert label > 1_500


def test_a_small_picture_is_enlarged_for_its_label() -> None:
    drawn = draw(Image.new("L", (60, 60), 200), [at(10, 10, 40, 40)])

    assert drawn.size == (300, 300)
    assert colour_at(drawn, 50, 125) == COLOURS[0]


@pytest.mark.parametrize("text", ["", "\x1b[2J\x1d", "张伟 测试", "x" * 5000, "\U0001f4e6 parcel"])
def test_any_text_can_be_drawn(text: str) -> None:
    drawn = draw(Image.new("RGB", (200, 100)), [replace(at(10, 10), text=text)])

    assert drawn.getbbox() is not None
