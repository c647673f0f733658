"""Picture files of every depth, colour and turning as upright grey frames."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from edge.decoding import pictures
from edge.decoding.pictures import Frame, PictureError, frames

DARK_CORNER = (3, 2)
"""The one dark pixel of the pattern, x and y."""

SIZE = (40, 24)


def pattern(mode: str = "L") -> Image.Image:
    """White with one dark pixel: enough to see turning and polarity."""
    image = Image.new("L", SIZE, 255)
    image.putpixel(DARK_CORNER, 0)
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def only(file: io.BytesIO) -> Frame:
    (frame,) = frames(file)
    return frame


def dark_places(image: Image.Image) -> list[tuple[int, int]]:
    assert image.mode == "L"
    pixels = image.tobytes()
    return [(at % image.width, at // image.width) for at, grey in enumerate(pixels) if grey < 128]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA"])
def test_every_mode_becomes_the_same_grey(mode: str) -> None:
    frame = only(saved(pattern(mode), "PNG"))

    assert frame.grey.size == SIZE
    assert dark_places(frame.grey) == [DARK_CORNER]


def test_print_colours_become_grey() -> None:
    assert dark_places(only(saved(pattern("CMYK"), "TIFF")).grey) == [DARK_CORNER]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_lies_on_white(mode: str) -> None:
    """Black at no opacity is what drawing programs leave around a symbol."""
    image = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    image.putpixel(DARK_CORNER, (0, 0, 0, 255))

    assert dark_places(only(saved(image.convert(mode), "PNG")).grey) == [DARK_CORNER]


def test_a_transparent_entry_of_a_palette_lies_on_white() -> None:
    image = Image.new("P", SIZE, 1)
    image.putpalette([0, 0, 0, 0, 0, 0])
    image.putpixel(DARK_CORNER, 0)

    assert dark_places(only(saved(image, "PNG", transparency=1)).grey) == [DARK_CORNER]


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_deep_grey_is_spread_whatever_part_of_it_is_used(bits: int) -> None:
    image = Image.new("I;16", SIZE, (1 << bits) - 1)
    image.putpixel(DARK_CORNER, 1 << (bits - 4))

    grey = only(saved(image, "PNG")).grey

    assert grey.getextrema() == (0, 255)
    assert dark_places(grey) == [DARK_CORNER]


def test_floats_are_spread() -> None:
    image = Image.new("F", SIZE, 0.75)
    image.putpixel(DARK_CORNER, -3.0)

    assert dark_places(only(saved(image, "TIFF")).grey) == [DARK_CORNER]


def test_deep_grey_of_one_level_is_nothing_dark() -> None:
    assert dark_places(only(saved(Image.new("I;16", SIZE, 900), "PNG")).grey) == []


@pytest.mark.parametrize(
    ("orientation", "size", "dark"),
    [
        (1, (40, 24), (3, 2)),
        (2, (40, 24), (36, 2)),
        (3, (40, 24), (36, 21)),
        (6, (24, 40), (21, 3)),
        (8, (24, 40), (2, 36)),
    ],
)
def test_exif_orientation_is_honoured(orientation: int, size: tuple[int, int], dark: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    frame = only(saved(pattern(), "PNG", exif=exif))

    assert frame.grey.size == frame.picture.size == size
    assert dark_places(frame.grey) == [dark]


def test_every_page_is_a_frame() -> None:
    pages = [Image.new("L", (10 + page, 5), page) for page in range(3)]
    file = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])

    read = [(frame.number, frame.count, frame.grey.width) for frame in frames(file)]

    assert read == [(1, 3, 10), (2, 3, 11), (3, 3, 12)]


def test_a_film_is_read_to_the_bound_and_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_FRAMES", 2)
    pages = [Image.new("L", (8, 8), page) for page in range(3)]
    reading = frames(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))

    assert [next(reading).number, next(reading).number] == [1, 2]
    with pytest.raises(PictureError, match="3 frames; only the first 2"):
        next(reading)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"hello, world", "no picture"), (b"\x89PNG\r\n\x1a\n", "picture|damaged")],
)
def test_what_is_no_picture_is_told(data: bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        list(frames(io.BytesIO(data)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"])
def test_a_file_cut_anywhere_is_read_or_told(kind: str) -> None:
    """Never another exception: one bad file must not end a run over many."""
    whole = saved(pattern("RGB"), kind).getvalue()
    told = 0
    for length in range(0, len(whole), max(1, len(whole) // 50)):
        try:
            list(frames(io.BytesIO(whole[:length])))
        except PictureError:
            told += 1

    assert told


def test_a_file_that_is_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_FILE_BYTES", 100)

    with pytest.raises(PictureError, match="longer"):
        list(frames(io.BytesIO(bytes(101))))


def test_files_of_the_disk_tell_what_the_system_says(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="No such file"):
        list(frames(tmp_path / "none.png"))
    with pytest.raises(PictureError, match="Is a directory"):
        list(frames(tmp_path))
